// Judges the JWK sets of rings with the crypto of node alone: node auth0_jwks.js FILE. The file is a JSON array of
// {jwks, message, signatures: [{kid, signature}], private: [{kid, pkcs8}]}, all bytes in base64. Prints a JSON array of what is
// wrong, which is empty.
const crypto = require("node:crypto");
const fs = require("node:fs");

const wrong = [];
const expect = (fine, what) => fine || wrong.push(what);
const bytes = (text) => Buffer.from(text, "base64");

function verifies(jwk, message, signature) {
  const key = crypto.createPublicKey({ format: "jwk", key: jwk });
  const options = { key, dsaEncoding: "ieee-p1363" };
  if (jwk.alg.startsWith("PS")) {
    options.padding = crypto.constants.RSA_PKCS1_PSS_PADDING;
    options.saltLength = crypto.constants.RSA_PSS_SALTLEN_DIGEST;
  }
  return crypto.verify(`sha${jwk.alg.slice(2)}`, message, options, signature);
}

function decrypts(jwk, pkcs8) {
  const publicKey = crypto.createPublicKey({ format: "jwk", key: jwk });
  const privateKey = crypto.createPrivateKey({ format: "der", type: "pkcs8", key: pkcs8 });
  if (jwk.kty === "RSA") {
    const options = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
    const sealed = crypto.publicEncrypt({ key: publicKey, ...options }, Buffer.from("secret"));
    return crypto.privateDecrypt({ key: privateKey, ...options }, sealed).toString() === "secret";
  }
  const other = crypto.generateKeyPairSync("ec", { namedCurve: jwk.crv });
  const sent = crypto.diffieHellman({ privateKey: other.privateKey, publicKey });
  return sent.equals(crypto.diffieHellman({ privateKey, publicKey: other.publicKey }));
}

for (const ring of JSON.parse(fs.readFileSync(process.argv[2], "utf8"))) {
  const byKid = new Map(ring.jwks.keys.map((jwk) => [jwk.kid, jwk]));
  expect(byKid.size === ring.jwks.keys.length, "a kid comes twice");
  const message = bytes(ring.message);
  for (const { kid, signature } of ring.signatures) {
    const jwk = byKid.get(kid);
    expect(jwk && jwk.use === "sig" && verifies(jwk, message, bytes(signature)), `signature of ${kid}`);
    expect(jwk && !verifies(jwk, Buffer.concat([message, message]), bytes(signature)), `no signature of ${kid}`);
  }
  for (const { kid, pkcs8 } of ring.private) {
    const jwk = byKid.get(kid);
    expect(jwk && jwk.use === "enc" && jwk.alg === undefined && decrypts(jwk, bytes(pkcs8)), `encryption to ${kid}`);
  }
  for (const jwk of ring.jwks.keys) {
    // The certificate beside the key is that of the key.
    if (jwk.x5c) {
      const { kty, n, e, crv, x, y } = new crypto.X509Certificate(bytes(jwk.x5c[0])).publicKey.export({ format: "jwk" });
      const same = kty === jwk.kty && n === jwk.n && e === jwk.e && crv === jwk.crv && x === jwk.x && y === jwk.y;
      expect(same, `certificate of ${jwk.kid}`);
    }
    expect(!["d", "p", "q", "dp", "dq", "qi", "k"].some((name) => name in jwk), `private members of ${jwk.kid}`);
  }
}
console.log(JSON.stringify(wrong));
