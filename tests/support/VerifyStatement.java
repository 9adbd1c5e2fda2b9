import java.io.FileInputStream;
import java.math.BigInteger;
import java.security.SignatureException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Validates authority and CA below the root by PKIX, then the statement's signature with the authority's key. */
class VerifyStatement {
    static final String ARC = "2.25.167357310102105099079929388927412430796";

    static X509Certificate read(String file) throws Exception {
        try (var in = new FileInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    static void require(boolean held, String what) {
        if (!held) throw new AssertionError(what);
    }

    public static void main(String[] arguments) throws Exception {
        var statement = read("statement.der");
        var authority = read("authority.der");
        var ca = read("ca.der");
        var root = read("root.der");
        for (var certificate : List.of(statement, authority, ca, root)) {
            require(!certificate.hasUnsupportedCriticalExtension(), "a critical extension that Java does not know");
            require(certificate.getSerialNumber().signum() > 0, "serial number");
            System.out.println(certificate.getSubjectX500Principal().getName("RFC1779"));
            System.out.println("  by " + certificate.getIssuerX500Principal().getName("RFC1779"));
            System.out.println("  from " + certificate.getNotBefore().toInstant() + " to " + certificate.getNotAfter().toInstant());
            System.out.println("  signed with " + certificate.getSigAlgName());
            System.out.println("  key usage " + Arrays.toString(certificate.getKeyUsage()).replace("true", "1").replace("false", "0"));
            System.out.println("  extended key usage " + certificate.getExtendedKeyUsage());
            System.out.println("  certificates below " + certificate.getBasicConstraints());
            System.out.println("  critical " + new TreeSet<>(certificate.getCriticalExtensionOIDs()));
            System.out.println("  others " + new TreeSet<>(certificate.getNonCriticalExtensionOIDs()));
        }

        var at = Date.from(Instant.parse(arguments[0]));
        var parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(at);
        // The policy of CA and authority, and the authority's usage, are asked for by name.
        parameters.setInitialPolicies(Set.of(ARC + ".5.1"));
        parameters.setExplicitPolicyRequired(true);
        var target = new X509CertSelector();
        target.setExtendedKeyUsage(Set.of(ARC + ".4.1"));
        parameters.setTargetCertConstraints(target);
        var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(authority, ca));
        var result = CertPathValidator.getInstance("PKIX").validate(path, parameters);
        System.out.println("path: " + result.getClass().getSimpleName());

        statement.verify(authority.getPublicKey());
        statement.checkValidity(at);
        require(statement.getIssuerX500Principal().equals(authority.getSubjectX500Principal()), "issuer");
        for (var other : List.of(ca, root, statement)) {
            try {
                statement.verify(other.getPublicKey());
                throw new AssertionError("another's signature");
            } catch (SignatureException | java.security.InvalidKeyException expected) {
                // Not signed by this one.
            }
        }
        // An OCTET STRING around the value: 04 02 30 00.
        for (var claim : List.of(".2.1", ".2.2")) {
            System.out.println("claim " + claim + " " + new BigInteger(1, statement.getExtensionValue(ARC + claim)).toString(16));
        }
    }
}
