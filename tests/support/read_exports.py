"""Reads what `exports.json` lists with the package `cryptography`, and computes every fingerprint anew.

Each entry: file, kind, password or null, spki (hex; for a secret its bytes). Prints a line of JSON for each key's
digests, then the number of files read.
"""

import base64
import hashlib
import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12


def url(text):
    assert "=" not in text and "+" not in text and "/" not in text, text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text):
    return int.from_bytes(url(text), "big")


def from_jwk(jwk, private):
    if jwk["kty"] == "oct":
        return url(jwk["k"])
    if jwk["kty"] == "RSA":
        public = rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"]))
        if private:
            names = ("p", "q", "d", "dp", "dq", "qi")
            return rsa.RSAPrivateNumbers(*(number(jwk[name]) for name in names), public).private_key()
    else:
        curve, field = {"P-256": (ec.SECP256R1(), 32), "P-384": (ec.SECP384R1(), 48), "P-521": (ec.SECP521R1(), 66)}[jwk["crv"]]
        assert all(len(url(jwk[name])) == field for name in ("x", "y", "d") if name in jwk)
        public = ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), curve)
        if private:
            return ec.EllipticCurvePrivateNumbers(number(jwk["d"]), public).private_key()
    assert not set(jwk) & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}, "a public JWK with private parts"
    return public.public_key()


def check_jwk(jwk, entry):
    assert jwk["kid"] == entry["kid"] and jwk["alg"] == entry["alg"] and jwk["use"] == "sig", jwk
    if "x5c" in jwk:
        der = base64.b64decode(jwk["x5c"][0], validate=True)
        assert url(jwk["x5t"]) == hashlib.sha1(der).digest()
        assert url(jwk["x5t#S256"]) == hashlib.sha256(der).digest()
        assert spki(x509.load_der_x509_certificate(der).public_key()).hex() == entry["spki"]
    else:
        assert jwk["kty"] == "oct" and "x5t" not in jwk and "x5t#S256" not in jwk


def spki(key):
    if isinstance(key, bytes):
        return key
    if hasattr(key, "private_bytes"):
        key = key.public_key()
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def read(entry):
    data = open(entry["file"], "rb").read()
    password = entry["password"] and entry["password"].encode()
    kind = entry["kind"]
    match kind:
        case "private-pem":
            return serialization.load_pem_private_key(data, password)
        case "private-der":
            return serialization.load_der_private_key(data, password)
        case "public-pem":
            return serialization.load_pem_public_key(data)
        case "public-der":
            return serialization.load_der_public_key(data)
        case "certificate-pem":
            return x509.load_pem_x509_certificate(data).public_key()
        case "certificate-der":
            return x509.load_der_x509_certificate(data).public_key()
        case "pkcs7-pem":
            [certificate] = pkcs7.load_pem_pkcs7_certificates(data)
            return certificate.public_key()
        case "pkcs7-der":
            [certificate] = pkcs7.load_der_pkcs7_certificates(data)
            return certificate.public_key()
        case "pkcs12":
            found = pkcs12.load_pkcs12(data, password)
            assert spki(found.cert.certificate.public_key()) == spki(found.key)
            assert found.cert.friendly_name == entry["name"].encode(), found.cert.friendly_name
            assert not found.additional_certs
            return found.key
        case "jwk-public" | "jwk-private":
            jwk = json.loads(data)
            check_jwk(jwk, entry)
            return from_jwk(jwk, kind == "jwk-private")
        case "raw":
            return data
    raise AssertionError(kind)


def digests(entry):
    """Every fingerprint of a public key, and of a certificate."""
    key = serialization.load_der_public_key(bytes.fromhex(entry["spki"]))
    numbers = key.public_numbers()

    def text(n, size=None):
        return base64.urlsafe_b64encode(n.to_bytes(size or (n.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()

    if isinstance(key, rsa.RSAPublicKey):
        members = {"e": text(numbers.e), "kty": "RSA", "n": text(numbers.n)}
    else:
        size = (key.key_size + 7) // 8
        members = {"crv": f"P-{key.key_size}", "kty": "EC", "x": text(numbers.x, size), "y": text(numbers.y, size)}
    jwk = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    line = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    ssh = base64.b64decode(line.split()[1])
    certificate = bytes.fromhex(entry["certificate"])
    hashes = ("md5", "sha1", "sha256")
    return {
        "certificate": [hashlib.new(name, certificate).hexdigest() for name in hashes],
        "public_key": [hashlib.new(name, bytes.fromhex(entry["spki"])).hexdigest() for name in hashes],
        "jwk": [hashlib.sha1(jwk).hexdigest(), hashlib.sha256(jwk).hexdigest()],
        "openssh": "SHA256:" + base64.b64encode(hashlib.sha256(ssh).digest()).rstrip(b"=").decode(),
    }


listed = json.load(open("exports.json"))
for entry in listed["digests"]:
    print(json.dumps(digests(entry)))
for entry in listed["files"]:
    try:
        assert spki(read(entry)).hex() == entry["spki"], "another key"
    except Exception as error:
        sys.exit(f"{entry['file']}: {type(error).__name__}: {error}")
print(len(listed["files"]))
