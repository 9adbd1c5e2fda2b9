"""Keys of every kind in every form that the package `cryptography` writes, as files, and `written.json` about them.

Each entry: file, password or null, private, spki (hex), thumbprint (RFC 7638, SHA-256, base64url).
"""

import base64
import datetime
import hashlib
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

PASSWORD = b"from python"
Encoding, Private, Public = serialization.Encoding, serialization.PrivateFormat, serialization.PublicFormat
keys = {
    "p256": ec.generate_private_key(ec.SECP256R1()),
    "p384": ec.generate_private_key(ec.SECP384R1()),
    "p521": ec.generate_private_key(ec.SECP521R1()),
    # The scalar, and both coordinates, begin with zeros.
    "small": ec.derive_private_key(379, ec.SECP256R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
}
written = []


def url(n, size):
    return base64.urlsafe_b64encode(n.to_bytes(size, "big")).rstrip(b"=").decode()


def jwk(key, private):
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        fields = dict(n=numbers.public_numbers.n, e=numbers.public_numbers.e)
        if private:
            fields |= dict(d=numbers.d, p=numbers.p, q=numbers.q, dp=numbers.dmp1, dq=numbers.dmq1, qi=numbers.iqmp)
        return {"kty": "RSA"} | {name: url(n, (n.bit_length() + 7) // 8) for name, n in fields.items()}
    size = (key.key_size + 7) // 8
    public = key.public_key().public_numbers()
    fields = {"kty": "EC", "crv": f"P-{key.key_size}", "x": url(public.x, size), "y": url(public.y, size)}
    return fields | ({"d": url(key.private_numbers().private_value, size)} if private else {})


for name, key in keys.items():
    public = key.public_key()
    spki = public.public_bytes(Encoding.DER, Public.SubjectPublicKeyInfo)
    required = {member: jwk(key, False)[member] for member in sorted(jwk(key, False))}
    thumbprint = hashlib.sha256(json.dumps(required, separators=(",", ":")).encode()).digest()

    def write(form, data, private=True, password=None):
        file = f"{name}.{form}"
        open(file, "wb").write(data)
        written.append(dict(
            file=file, private=private, password=password and password.decode(), spki=spki.hex(),
            thumbprint=base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode(),
        ))

    plain, locked = serialization.NoEncryption(), serialization.BestAvailableEncryption(PASSWORD)
    for form, encoding in (("pem", Encoding.PEM), ("der", Encoding.DER)):
        write(f"pkcs8.{form}", key.private_bytes(encoding, Private.PKCS8, plain))
        write(f"locked.{form}", key.private_bytes(encoding, Private.PKCS8, locked), password=PASSWORD)
        write(f"traditional.{form}", key.private_bytes(encoding, Private.TraditionalOpenSSL, plain))
        write(f"spki.{form}", public.public_bytes(encoding, Public.SubjectPublicKeyInfo), private=False)
    if name == "rsa":
        write("pkcs1", public.public_bytes(Encoding.PEM, Public.PKCS1), private=False)
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(issuer, issuer, public, 7, now, now + datetime.timedelta(30))
    certificate = builder.sign(key, hashes.SHA256())
    write("certificate.pem", certificate.public_bytes(Encoding.PEM), private=False)
    write("certificate.der", certificate.public_bytes(Encoding.DER), private=False)
    write("pkcs7.pem", pkcs7.serialize_certificates([certificate], Encoding.PEM), private=False)
    write("pkcs7.der", pkcs7.serialize_certificates([certificate], Encoding.DER), private=False)
    write("p12", pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, None, locked), password=PASSWORD)
    write("jwk", json.dumps(jwk(key, False)).encode(), private=False)
    write("private.jwk", json.dumps(jwk(key, True)).encode())
    write("jwks", json.dumps({"keys": [jwk(key, True)]}).encode())
json.dump(written, open("written.json", "w"))
