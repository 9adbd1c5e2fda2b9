"""Writes good statements with their chains by the package `cryptography`, of every kind of key, as JSON.

Times are of 2026: the statements were signed on 2026-11-22T07:00:00Z.
"""

import base64
import datetime
import hashlib
import json
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

OURS = "2.25.167357310102105099079929388927412430796"
THEIRS = "1.3.6.1.4.1.49690"
ARCS = {
    "keystead": [f"{OURS}.{tail}" for tail in ["1.1", "2.1", "2.2", "4.1", "5.1"]],
    "fortanix": [f"{THEIRS}.{tail}" for tail in ["1.2.2", "2.4.1.1", "2.4.1.2", "8.1", "6.1.2"]],
}
oid = x509.ObjectIdentifier
time = lambda text: datetime.datetime.fromisoformat(text)
HASHES = {256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512()}
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
MADE = {}


def key(kind):
    """A new key; of RSA one for each length, since they take long to make."""
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind])
    if kind not in MADE:
        MADE[kind] = rsa.generate_private_key(65537, kind)
    return MADE[kind]


def usage(*names):
    every = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    every += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{name: name in names for name in every})


def name(*pairs):
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in pairs])


def sign(builder, signer, scheme):
    """`scheme` is the length of the hash, negative for RSASSA-PSS."""
    hash_ = HASHES[abs(scheme)]
    pss = padding.PSS(padding.MGF1(hash_), padding.PSS.DIGEST_LENGTH) if scheme < 0 else None
    return builder.sign(signer, hash_, rsa_padding=pss)


def attest(profile, kinds, schemes, attested, challenge=None):
    """`kinds` of root, CA and authority; `schemes` of the signatures by them."""
    key_id, generated, never, usage_of_authority, policy = ARCS[profile]
    root_key, ca_key, authority_key = [key(kind) for kind in kinds]
    identify = x509.SubjectKeyIdentifier.from_public_key
    aki = x509.AuthorityKeyIdentifier.from_issuer_public_key
    policies = x509.CertificatePolicies([x509.PolicyInformation(oid(policy), None)])
    cn, organization = x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME
    root_name = name((organization, "Acme"), (cn, "Root"))
    ca_name = name((organization, "Acme"), (cn, "CA"))
    authority_name = name((cn, "Authority"))

    def builder(subject, issuer, public, begins, ends):
        new = x509.CertificateBuilder().serial_number(x509.random_serial_number()).subject_name(subject)
        new = new.issuer_name(issuer).public_key(public).not_valid_before(time(begins))
        return new.not_valid_after(time(ends))

    signs = usage("digital_signature", "key_cert_sign", "crl_sign")
    root = builder(root_name, root_name, root_key.public_key(), "2026-01-01", "2035-12-30")
    root = root.add_extension(x509.BasicConstraints(True, None), True).add_extension(signs, True)
    root = sign(root.add_extension(identify(root_key.public_key()), False), root_key, schemes[0])
    ca = builder(ca_name, root_name, ca_key.public_key(), "2026-01-02", "2029-01-01")
    ca = ca.add_extension(x509.BasicConstraints(True, 0), True).add_extension(signs, True)
    ca = ca.add_extension(identify(ca_key.public_key()), False).add_extension(policies, False)
    ca = sign(ca.add_extension(aki(root_key.public_key()), False), root_key, schemes[0])
    authority = builder(authority_name, ca_name, authority_key.public_key(), "2026-11-20", "2026-12-20")
    authority = authority.add_extension(x509.BasicConstraints(False, None), True)
    authority = authority.add_extension(usage("digital_signature"), True).add_extension(policies, False)
    authority = authority.add_extension(x509.ExtendedKeyUsage([oid(usage_of_authority)]), False)
    authority = authority.add_extension(identify(authority_key.public_key()), False)
    authority = sign(authority.add_extension(aki(ca_key.public_key()), False), ca_key, schemes[1])

    attested_key = key(attested)
    subject = name((cn, "Key Attestation"), (oid(key_id), str(uuid.uuid4())))
    statement = builder(subject, authority_name, attested_key.public_key(), "2026-11-22T07:00:00", "9999-12-31T23:59:59")
    statement = statement.add_extension(usage("digital_signature"), True)
    statement = statement.add_extension(x509.UnrecognizedExtension(oid(generated), b"\x30\0"), False)
    statement = statement.add_extension(x509.UnrecognizedExtension(oid(never), b"\x30\0"), False)
    if profile == "keystead":
        facts = b"\x0a\1\1\x18\x0f20261122065500Z"
        statement = statement.add_extension(
            x509.UnrecognizedExtension(oid(f"{OURS}.3.1"), bytes([0x30, len(facts)]) + facts), False
        )
    if challenge:
        value = bytes([4, len(challenge)]) + challenge
        statement = statement.add_extension(x509.UnrecognizedExtension(oid(f"{OURS}.3.2"), value), False)
    statement = sign(statement.add_extension(aki(authority_key.public_key()), False), authority_key, schemes[2])

    text = lambda der: base64.b64encode(der).decode()
    der = lambda certificate: text(certificate.public_bytes(serialization.Encoding.DER))
    spki = attested_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "profile": profile,
        "kinds": f"{kinds} {schemes} {attested}",
        "statement": der(statement),
        "chain": [der(certificate) for certificate in [authority, ca, root]],
        "key_id": subject.get_attributes_for_oid(oid(key_id))[0].value,
        "spki": text(spki),
        "sha256": hashlib.sha256(spki).hexdigest(),
    }


print(json.dumps([
    attest("keystead", ["P-384", "P-384", "P-256"], [384, 384, 256], "P-256", b"a nonce of the verifier"),
    attest("keystead", ["P-256", "P-256", "P-256"], [512, 384, 256], "P-521"),
    attest("keystead", ["P-384", "P-521", "P-384"], [256, 256, 512], "P-384"),
    attest("keystead", ["P-521", "P-256", "P-521"], [512, 256, 384], 2048),
    attest("keystead", [4096, 4096, 3072], [256, 384, 512], 3072),
    attest("keystead", [4096, "P-256", 3072], [-512, 256, -256], "P-256"),
    attest("fortanix", [4096, 4096, 3072], [256, 256, 256], 2048),
    attest("fortanix", ["P-384", 4096, "P-256"], [384, -384, 256], "P-384"),
]))
