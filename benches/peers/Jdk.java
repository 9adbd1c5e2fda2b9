// A PKCS#12 file written by the JDK's own KeyStore, with its settings as they come: PBES2 with AES-256 and 10,000 rounds a
// key. The whole file is written anew for each durable change: to a draft, synced, and renamed. Speaks as serve.rs does.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Jdk {
    record Given(String name, byte[] secret) {}

    interface Work { void run() throws Exception; }

    static final char[] PASSWORD = "keystead".toCharArray();
    static final byte[] MESSAGE = new byte[200];
    static final HexFormat HEX = HexFormat.of();

    final Path folder;
    final List<Given> keys = new ArrayList<>();
    final long budget;
    // KeyStore wants one beside each private key, and does not ask whose it is.
    final Certificate[] chain;
    KeyStore store;
    Path path;
    int fresh;
    int made;
    int at;

    public static void main(String[] arguments) throws Exception {
        Locale.setDefault(Locale.ROOT);
        Arrays.fill(MESSAGE, (byte) 0x65);
        var jdk = new Jdk(Path.of(arguments[0]), Path.of(arguments[1]), Long.parseLong(arguments[2]) * 1_000_000);
        var in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;) {
            String answer;
            try {
                answer = "ok " + jdk.answer(line.split(" "));
            } catch (Exception error) {
                answer = "no " + error.toString().replace('\n', ' ');
            }
            System.out.println(answer);
            System.out.flush();
        }
    }

    Jdk(Path folder, Path keys, long budget) throws Exception {
        this.folder = folder;
        this.budget = budget;
        for (String line : Files.readAllLines(keys)) {
            int tab = line.indexOf('\t');
            this.keys.add(new Given(line.substring(0, tab), HEX.parseHex(line.substring(tab + 1))));
        }
        var one = folder.resolve("certificate.p12");
        var keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "one", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=one",
                "-storetype", "PKCS12", "-storepass", new String(PASSWORD), "-keystore", one.toString());
        keytool.redirectError(ProcessBuilder.Redirect.DISCARD).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        if (keytool.start().waitFor() != 0) throw new Exception("keytool failed");
        load(one);
        chain = store.getCertificateChain("one");
        Files.delete(one);
    }

    String answer(String[] words) throws Exception {
        switch (words[0]) {
            case "about":
                return "JDK " + Runtime.version().feature() + " PKCS12 KeyStore";
            case "fill":
                create(folder.resolve("small"));
                create(folder.resolve("big"));
                return seconds(List.of(time(() -> take(keys))));
            case "for":
                toStore("big");
                var key = key(words[1], HEX.parseHex(words[2]));
                store.setKeyEntry(words[1], key, PASSWORD, key instanceof PrivateKey ? chain : null);
                save();
                return "true";
            case "generate":
                toStore(words[1]);
                return samples(() -> time(() -> {
                    var generator = KeyPairGenerator.getInstance("EC");
                    generator.initialize(new ECGenParameterSpec("secp256r1"));
                    var name = String.format("made %06d token", ++made);
                    store.setKeyEntry(name, generator.generateKeyPair().getPrivate(), PASSWORD, chain);
                    save();
                }));
            case "import":
                create(folder.resolve("fresh" + ++fresh));
                return seconds(List.of(time(() -> take(keys.subList(0, Integer.parseInt(words[1]))))));
            case "open":
                return samples(() -> time(() -> {
                    load(folder.resolve("big"));
                    find(next());
                }));
            case "find":
                toStore("big");
                return samples(() -> time(() -> find(next())));
            case "sign":
                toStore("big");
                if (words[1].equals("any")) return samples(() -> time(() -> sign(find(next()), "ES256")));
                return batches(() -> sign(find(words[1]), words[1]));
            case "held":
                toStore("big");
                var held = find(words[1]);
                return batches(() -> sign(held, words[1]));
            case "prove":
                toStore("big");
                var proof = HEX.formatHex(sign(find(words[1]), words[1]));
                return proof + " " + proof;
            case "memory":
                for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                    if (line.startsWith("VmRSS:")) return line.split("\\s+")[1];
                }
                return "0";
            default:
                throw new Exception("what is " + words[0] + "?");
        }
    }

    void create(Path at) throws Exception {
        store = KeyStore.getInstance("PKCS12");
        store.load(null, PASSWORD);
        path = at;
        save();
    }

    void load(Path at) throws Exception {
        store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(at)) {
            store.load(in, PASSWORD);
        }
        path = at;
    }

    void toStore(String name) throws Exception {
        if (!path.equals(folder.resolve(name))) load(folder.resolve(name));
    }

    /** What the store is now is on disk when this returns. */
    void save() throws Exception {
        var bytes = new ByteArrayOutputStream();
        store.store(bytes, PASSWORD);
        var draft = folder.resolve("draft");
        try (OutputStream out = Files.newOutputStream(draft)) {
            bytes.writeTo(out);
        }
        try (var file = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (var directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    void take(List<Given> some) throws Exception {
        for (Given given : some) {
            store.setKeyEntry(given.name(), key("ES256", given.secret()), PASSWORD, chain);
        }
        save();
    }

    Key find(String name) throws Exception {
        var key = store.getKey(name, PASSWORD);
        if (key == null) throw new Exception(name + " is not there");
        return key;
    }

    static Key key(String algorithm, byte[] secret) throws Exception {
        if (algorithm.startsWith("HS")) return new SecretKeySpec(secret, "HmacSHA256");
        var factory = KeyFactory.getInstance(algorithm.startsWith("RS") ? "RSA" : "EC");
        return factory.generatePrivate(new PKCS8EncodedKeySpec(secret));
    }

    static byte[] sign(Key key, String algorithm) throws Exception {
        if (algorithm.startsWith("HS")) {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return mac.doFinal(MESSAGE);
        }
        var signature = Signature.getInstance(switch (algorithm) {
            case "ES384" -> "SHA384withECDSAinP1363Format";
            case "ES512" -> "SHA512withECDSAinP1363Format";
            case "RS256" -> "SHA256withRSA";
            default -> "SHA256withECDSAinP1363Format";
        });
        signature.initSign((PrivateKey) key);
        signature.update(MESSAGE);
        return signature.sign();
    }

    String next() {
        at = (at + 61_803) % keys.size();
        return keys.get(at).name();
    }

    interface Timed { double run() throws Exception; }

    static double time(Work work) throws Exception {
        long begun = System.nanoTime();
        work.run();
        return (System.nanoTime() - begun) / 1e9;
    }

    String samples(Timed work) throws Exception {
        long begun = System.nanoTime();
        var all = new ArrayList<Double>();
        while (all.isEmpty() || System.nanoTime() - begun < budget) all.add(work.run());
        return seconds(all);
    }

    String batches(Work work) throws Exception {
        double once = time(work);
        int count = (int) Math.max(1, Math.min(10_000, 0.5e-3 / once));
        return samples(() -> time(() -> {
            for (int n = 0; n < count; n++) work.run();
        }) / count);
    }

    static String seconds(List<Double> all) {
        var text = new StringBuilder();
        for (double seconds : all) text.append(text.isEmpty() ? "" : " ").append(seconds);
        return text.toString();
    }
}
