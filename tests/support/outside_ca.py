"""A CA outside: issues a chain for a certificate request. Reads request.pem and what.json, writes chain.pem (leaf first),
chain.der (one certificate behind the other), chain.p7b and, when it made the key itself, key.pem."""

import datetime
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ARC = "2.25.167357310102105099079929388927412430796"
what = json.load(open("what.json"))
begin = datetime.datetime.fromisoformat(what.get("begin", "2026-11-22T06:00:00+00:00"))


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Outside Ltd."), x509.NameAttribute(NameOID.COMMON_NAME, text)])


def new_key(kind):
    if kind.startswith("RSA"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    return ec.generate_private_key({"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}[kind]())


def usage(*bits):
    every = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{bit: bit in bits for bit in every})


def issue(subject, public, by, key, days, extensions):
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(by).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=days))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[what.get("hash", "sha256")])


def identified(public, above):
    return [(x509.SubjectKeyIdentifier.from_public_key(public), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False)]


# The CAs, from the root down.
cas, key, subject = [], None, None
for at, kind in enumerate(what.get("cas", ["P-384", "P-256"])):
    own = new_key(kind)
    above, by = (key or own), (subject or name("CA 0"))
    constraints = x509.BasicConstraints(True, what.get("path", None) if at == 0 else None)
    extensions = [(usage("digital_signature", "key_cert_sign", "crl_sign"), True), (constraints, True)]
    extensions += identified(own.public_key(), above.public_key())
    days = what.get("ca_days", 1000)
    cas.append(issue(name(f"CA {at}"), own.public_key(), by, above, days, extensions))
    key, subject = own, name(f"CA {at}")

if "own_key" in what:
    private = new_key(what["own_key"])
    public = private.public_key()
    requested, asked = name("An authority of its own"), {}
else:
    private = None
    request = x509.load_pem_x509_csr(open("request.pem", "rb").read())
    assert request.is_signature_valid
    requested, public = request.subject, request.public_key()
    if "other_key" in what:
        public = new_key(what["other_key"]).public_key()

extensions = [
    ("usage", usage(*what.get("usage", ["digital_signature"])), True),
    ("constraints", x509.BasicConstraints(what.get("is_ca", False), None), True),
    ("eku", x509.ExtendedKeyUsage([x509.ObjectIdentifier(ARC + ".4.1")] + [ExtendedKeyUsageOID.CLIENT_AUTH] * what.get("more_usages", False)), False),
    ("policy", x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(what.get("policy", ARC + ".5.1")), None)]), False),
]
extensions = [(value, critical) for title, value, critical in extensions if title not in what.get("without", [])]
if private is None:
    # What the request asks for is what such an authority needs.
    asked = {extension.oid: extension for extension in request.extensions}
    for value, critical in extensions:
        if not {"usage", "is_ca", "more_usages", "policy"} & set(what):
            assert asked[value.oid].value == value and asked[value.oid].critical == critical, value
    assert asked[x509.SubjectKeyIdentifier.oid].value == x509.SubjectKeyIdentifier.from_public_key(request.public_key())
    assert len(asked) == 5
extensions += identified(public, key.public_key()) if "ids" not in what.get("without", []) else []
leaf = issue(requested, public, subject, key, what.get("days", 90), extensions)

chain = [leaf] + cas[::-1]
if what.get("without_root"):
    chain.pop()
if what.get("shuffled"):
    chain.reverse()
pem = lambda certificate: certificate.public_bytes(serialization.Encoding.PEM)
open("chain.pem", "wb").write(b"".join(map(pem, chain)))
open("chain.der", "wb").write(b"".join(one.public_bytes(serialization.Encoding.DER) for one in chain))
open("chain.p7b", "wb").write(pkcs7.serialize_certificates(chain, serialization.Encoding.DER))
if private is not None:
    plain = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    open("key.pem", "wb").write(plain)
    secret = serialization.BestAvailableEncryption(b"open sesame")
    open("key.enc.pem", "wb").write(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret))
    open("bundle.p12", "wb").write(pkcs12.serialize_key_and_certificates(b"authority", private, leaf, cas, secret))
