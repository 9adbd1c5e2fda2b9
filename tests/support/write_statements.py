"""Writes statements with their chains, good ones and ones that are wrong in one way, as JSON.

Everything is written octet by octet, so that anything can be wrong. Keys and signatures alone are of the package
`cryptography`. Each case starts from good certificates whose fields a function changes; then they are signed, by default
with the keys that should sign them: the issuer was careless. What an attacker can do without these keys stands apart.
"""

import base64
import hashlib
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

# --- DER ---------------------------------------------------------------------------------------------------------------


def tlv(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def seq(*parts):
    return tlv(0x30, *parts)


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(text):
    first, second, *rest = [int(arc) for arc in text.split(".")]
    out = b""
    for arc in [first * 40 + second, *rest]:
        group = [arc & 0x7F]
        while arc := arc >> 7:
            group.append(0x80 | arc & 0x7F)
        out += bytes(reversed(group))
    return tlv(6, out)


def utf8(text):
    return tlv(0x0C, text.encode())


def utc(text):
    return tlv(0x17, text.encode())


def generalized(text):
    return tlv(0x18, text.encode())


def rdn(*attributes):
    return tlv(0x31, *[seq(oid(kind), value) for kind, value in attributes])


def octets(value):
    return tlv(4, value)


# --- The two arcs ------------------------------------------------------------------------------------------------------

CN, O = "2.5.4.3", "2.5.4.10"
SKI, KU, BC, POLICIES, AKI, EKU = "2.5.29.14", "2.5.29.15", "2.5.29.19", "2.5.29.32", "2.5.29.35", "2.5.29.37"
NAME_CONSTRAINTS = "2.5.29.30"
OURS = "2.25.167357310102105099079929388927412430796"
KEYSTEAD = {
    "key_id": OURS + ".1.1",
    "generated": OURS + ".2.1",
    "never": OURS + ".2.2",
    "facts": OURS + ".3.1",
    "challenge": OURS + ".3.2",
    "usage": OURS + ".4.1",
    "policy": OURS + ".5.1",
}
THEIRS = "1.3.6.1.4.1.49690"
FORTANIX = {
    "key_id": THEIRS + ".1.2.2",
    "generated": THEIRS + ".2.4.1.1",
    "never": THEIRS + ".2.4.1.2",
    "usage": THEIRS + ".8.1",
    "policy": THEIRS + ".6.1.2",
}
ID = "780e1d5b-ee3b-43b2-aec8-db99b99adc4e"
EMPTY = seq()
BITS = {
    "digitalSignature": 0,
    "nonRepudiation": 1,
    "keyEncipherment": 2,
    "dataEncipherment": 3,
    "keyAgreement": 4,
    "keyCertSign": 5,
    "cRLSign": 6,
    "decipherOnly": 8,
}


def usage(*names):
    number = sum(0x8000 >> BITS[name] for name in names)
    octet = number.to_bytes(2, "big").rstrip(b"\0")
    unused = (octet[-1] & -octet[-1]).bit_length() - 1 if octet else 0
    return tlv(3, bytes([unused]) + octet)


def constraints(ca, most=None):
    return seq(b"\1\1\xff" if ca else b"", b"" if most is None else integer(most))


def policies(*names):
    return seq(*[seq(oid(name)) for name in names])


def usages(*names):
    return seq(*[oid(name) for name in names])


def facts(origin=1, stored="20261122060000Z", algorithm="ES256", exportable=None, exported=None, more=b""):
    return seq(
        tlv(0x0A, bytes([origin])),
        generalized(stored),
        b"" if algorithm is None else utf8(algorithm),
        b"" if exportable is None else tlv(0x80, exportable.encode()),
        b"" if exported is None else tlv(0x81, exported.encode()),
        more,
    )


# --- Keys and signatures -----------------------------------------------------------------------------------------------


def spki(key):
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def point(key, form=serialization.PublicFormat.UncompressedPoint):
    return key.public_key().public_bytes(serialization.Encoding.X962, form)


def bit_string_of(der):
    """The content of the BIT STRING that ends a SubjectPublicKeyInfo."""
    at = 1 if der[1] < 0x80 else 1 + (der[1] & 0x7F)
    rest = der[at + 1 :]
    size = rest[1]
    rest = rest[2 + size :]
    header = 2 if rest[1] < 0x80 else 2 + (rest[1] & 0x7F)
    return rest[header + 1 :]


def key_id(key):
    return hashlib.sha1(bit_string_of(spki(key))).digest()


ECDSA = {"sha1": "1.2.840.10045.4.1", "sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4"}
RSA = {"sha256": "1.2.840.113549.1.1.11", "sha384": "1.2.840.113549.1.1.12"}
HASH = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


def algorithm(key, hash_name):
    if isinstance(key, rsa.RSAPrivateKey):
        return seq(oid(RSA[hash_name]), tlv(5))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return seq(oid("1.3.101.112"))
    return seq(oid(ECDSA[hash_name]))


def sign(key, hash_name, message):
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), HASH[hash_name])
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(message)
    return key.sign(message, ec.ECDSA(HASH[hash_name]))


def p256():
    return ec.generate_private_key(ec.SECP256R1())


KEYS = {name: p256() for name in ["root", "ca", "upper", "authority", "attested", "other", "evil root", "evil ca", "evil authority", "evil"]}
RSA_2048 = rsa.generate_private_key(65537, 2048)
RSA_1024 = rsa.generate_private_key(65537, 1024)
ED25519 = ed25519.Ed25519PrivateKey.generate()
P224 = ec.generate_private_key(ec.SECP224R1())
K256 = ec.generate_private_key(ec.SECP256K1())

# --- Certificates ------------------------------------------------------------------------------------------------------


class Certificate:
    """Fields in DER, but for the extensions: a dictionary from identifier to (critical, value)."""

    def __init__(self, subject, issuer, key, signer, not_before, not_after, extensions):
        self.version, self.serial = 2, integer(0x4142434445464748494A4B4C4D4E4F50)
        self.subject, self.issuer = subject, issuer
        self.spki, self.signer, self.hash = spki(key), signer, "sha256"
        self.inner = self.outer = None
        self.not_before, self.not_after = not_before, not_after
        self.extensions = dict(extensions)
        self.twice = b""
        self.after = b""

    def set(self, kind, value, critical=None):
        before = self.extensions.get(kind, (False, b""))[0]
        self.extensions[kind] = (before if critical is None else critical, value)

    def drop(self, *kinds):
        for kind in kinds:
            del self.extensions[kind]

    def uncritical(self, kind):
        self.extensions[kind] = (False, self.extensions[kind][1])

    def plain(self, version):
        """A version without extensions."""
        self.version, self.extensions = version, {}

    def write(self):
        inner = self.inner or algorithm(self.signer, self.hash)
        one = lambda kind, critical, value: seq(oid(kind), b"\1\1\xff" if critical else b"", octets(value))
        extensions = b"".join(one(kind, *rest) for kind, rest in self.extensions.items()) + self.twice
        tbs = seq(
            b"" if self.version == 0 else tlv(0xA0, integer(self.version)),
            self.serial,
            inner,
            self.issuer,
            seq(self.not_before, self.not_after),
            self.subject,
            self.spki,
            tlv(0xA3, seq(extensions)) if extensions else b"",
        )
        signature = tlv(3, b"\0", sign(self.signer, self.hash, tbs))
        return seq(tbs, self.outer or inner, signature) + self.after


def aki(key):
    return seq(tlv(0x80, key_id(key)))


class World:
    """A statement and its chain, before they are signed."""

    def __init__(self, arc=KEYSTEAD, keys=KEYS):
        self.arc, self.keys = arc, keys
        self.profile = "keystead" if arc is KEYSTEAD else "fortanix"
        self.now = "2030-01-01T00:00:00Z"
        name = lambda *parts: seq(*[rdn(part) for part in parts])
        root = name((O, utf8("Acme")), (CN, utf8("Attestation Root")))
        ca = name((O, utf8("Acme")), (CN, utf8("Attestation CA")))
        authority = name((CN, utf8("Attestation Authority")))
        subject = name((CN, utf8("Key Attestation")), (arc["key_id"], utf8(ID)))
        signs = usage("digitalSignature", "keyCertSign", "cRLSign")
        key = keys
        self.root = Certificate(root, root, key["root"], key["root"], utc("261101000000Z"), utc("361029000000Z"), {
            BC: (True, constraints(True)),
            KU: (True, signs),
            SKI: (False, octets(key_id(key["root"]))),
        })
        self.ca = Certificate(ca, root, key["ca"], key["root"], utc("261102000000Z"), utc("291101000000Z"), {
            BC: (True, constraints(True)),
            KU: (True, signs),
            SKI: (False, octets(key_id(key["ca"]))),
            POLICIES: (False, policies(arc["policy"])),
            AKI: (False, aki(key["root"])),
        })
        self.authority = Certificate(authority, ca, key["authority"], key["ca"], utc("261120000000Z"), utc("261220000000Z"), {
            KU: (True, usage("digitalSignature")),
            BC: (True, constraints(False)),
            SKI: (False, octets(key_id(key["authority"]))),
            EKU: (False, usages(arc["usage"])),
            POLICIES: (False, policies(arc["policy"])),
            AKI: (False, aki(key["ca"])),
        })
        said = {KU: (True, usage("digitalSignature")), arc["generated"]: (False, EMPTY), arc["never"]: (False, EMPTY)}
        if arc is KEYSTEAD:
            said[arc["facts"]] = (False, facts())
        said[AKI] = (False, aki(key["authority"]))
        self.statement = Certificate(
            subject, authority, key["attested"], key["authority"], utc("261122070000Z"), generalized("99991231235959Z"), said
        )
        # What comes behind the authority, the root last.
        self.above = [self.ca, self.root]
        # Whether the root that is pinned is the one of the chain.
        self.pinned = None

    def write(self):
        text = lambda der: base64.b64encode(der).decode()
        chain = [certificate.write() for certificate in [self.authority, *self.above]]
        chain = self.rearrange(chain)
        pinned = self.pinned if self.pinned is not None else chain[-1]
        return {
            "profile": self.profile,
            "statement": text(self.statement.write()),
            "chain": [text(der) for der in chain],
            "root": text(pinned),
            "now": self.now,
        }

    def rearrange(self, chain):
        return chain

    def add_upper_ca(self):
        """A second CA, between the root and the first."""
        name = seq(rdn((CN, utf8("Upper CA"))))
        upper = Certificate(
            name, self.root.subject, self.keys["upper"], self.keys["root"], utc("261101000000Z"), utc("301101000000Z"), self.ca.extensions
        )
        upper.set(SKI, octets(key_id(self.keys["upper"])))
        self.ca.issuer, self.ca.signer = name, self.keys["upper"]
        self.ca.set(AKI, aki(self.keys["upper"]))
        self.upper = upper
        self.above = [self.ca, upper, self.root]


# --- The cases ---------------------------------------------------------------------------------------------------------

CASES = {}


def case(name, arc=KEYSTEAD):
    def register(change):
        world = World(arc)
        changed = change(world)
        assert name not in CASES, name
        CASES[name] = (changed or world).write()

    return register


def cases(part, table, arc=KEYSTEAD):
    """Cases that change one certificate of a chain each."""
    for name, change in table.items():
        world = World(arc)
        change(getattr(world, part))
        name = f"{part}: {name}" if arc is KEYSTEAD else f"fortanix {part}: {name}"
        assert name not in CASES, name
        CASES[name] = world.write()


def fields(**values):
    def change(certificate):
        for field, value in values.items():
            assert hasattr(certificate, field)
            setattr(certificate, field, value)

    return change


def ext(kind, value, critical=None):
    return lambda certificate: certificate.set(kind, value, critical)


def drop(*kinds):
    return lambda certificate: certificate.drop(*kinds)


def both(*changes):
    def change(certificate):
        for one in changes:
            one(certificate)

    return change


def subject(*parts):
    return fields(subject=seq(*parts))


COMMON = (CN, utf8("Key Attestation"))
K = KEYSTEAD
UNKNOWN = "1.2.3.4"
OFF_CURVE = spki(KEYS["attested"])[:-1] + bytes([spki(KEYS["attested"])[-1] ^ 1])
COMPRESSED = seq(
    seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
    tlv(3, b"\0", point(KEYS["attested"], serialization.PublicFormat.CompressedPoint)),
)
EXPLICIT = seq(seq(oid("1.2.840.10045.2.1"), seq(integer(1))), tlv(3, b"\0", point(KEYS["attested"])))
PSS_KEY = seq(seq(oid("1.2.840.113549.1.1.10")), tlv(3, b"\0", bit_string_of(spki(RSA_2048))))
LATE = "20261122080000Z"


def statement_cases():
    made = lambda *args, **more: ext(K["facts"], facts(*args, **more))
    cases("statement", {
        "as it should be": fields(),
        "version 1": lambda it: it.plain(0),
        "version 2": lambda it: it.plain(1),
        "version 2 with extensions": fields(version=1),
        "version 4": fields(version=3),
        "serial number of 20 octets": fields(serial=integer((1 << 160) - 1)),
        "serial number of 21 octets": fields(serial=integer(1 << 160)),
        "serial number 0": fields(serial=integer(0)),
        "serial number negative": fields(serial=integer(-5)),
        "signed with SHA-512": fields(hash="sha512"),
        "signed with SHA-1": fields(hash="sha1"),
        "another algorithm outside": fields(outer=seq(oid(ECDSA["sha384"]))),
        "another algorithm inside": fields(inner=seq(oid(ECDSA["sha384"])), outer=seq(oid(ECDSA["sha256"]))),
        "algorithm with NULL": fields(inner=seq(oid(ECDSA["sha256"]), tlv(5))),
        "signed by another": fields(signer=KEYS["other"]),
        "signed by the CA": fields(signer=KEYS["ca"]),
        "signed by itself": fields(signer=KEYS["attested"]),
        "another issuer": fields(issuer=seq(rdn((CN, utf8("Another Authority"))))),
        "issuer in another kind of string": fields(issuer=seq(rdn((CN, tlv(0x13, b"Attestation Authority"))))),
        "no issuer": fields(issuer=seq()),
        "signed as the authority begins": fields(not_before=utc("261120000000Z"), extensions={
            **World().statement.extensions, K["facts"]: (False, facts(stored="20261120000000Z"))}),
        "signed before the authority begins": fields(not_before=utc("261119235959Z"), extensions={
            **World().statement.extensions, K["facts"]: (False, facts(stored="20261119000000Z"))}),
        "signed as the authority ends": fields(not_before=utc("261220000000Z")),
        "signed after the authority ended": fields(not_before=utc("261220000001Z")),
        "signed at a time with an offset": fields(not_before=utc("261122070000+0000")),
        "ends a second early": fields(not_after=generalized("99991231235958Z")),
        "ends with the century": fields(not_after=utc("491231235959Z")),
        "ends in a year with a minute too much": fields(not_after=generalized("99991231236059Z")),
        "ends before it begins": fields(not_after=utc("261122065959Z")),
        "subject without the key id": subject(rdn(COMMON)),
        "subject without the common name": subject(rdn((K["key_id"], utf8(ID)))),
        "subject in another order": subject(rdn((K["key_id"], utf8(ID))), rdn(COMMON)),
        "subject in one part": subject(rdn(COMMON, (K["key_id"], utf8(ID)))),
        "subject with more": subject(rdn(COMMON), rdn((K["key_id"], utf8(ID))), rdn((O, utf8("Acme")))),
        "subject with two key ids": subject(rdn(COMMON), rdn((K["key_id"], utf8(ID))), rdn((K["key_id"], utf8(ID)))),
        "subject empty": subject(),
        "subject with an empty part": subject(rdn(COMMON), rdn((K["key_id"], utf8(ID))), rdn()),
        "subject with the vendor's key id": subject(rdn(COMMON), rdn((FORTANIX["key_id"], utf8(ID)))),
        "common name printable": subject(rdn((CN, tlv(0x13, b"Key Attestation"))), rdn((K["key_id"], utf8(ID)))),
        "common name of wide characters": subject(rdn((CN, tlv(0x1E, b"\0K"))), rdn((K["key_id"], utf8(ID)))),
        "common name no UTF-8": subject(rdn((CN, tlv(0x0C, b"\xff"))), rdn((K["key_id"], utf8(ID)))),
        "common name empty": subject(rdn((CN, utf8(""))), rdn((K["key_id"], utf8(ID)))),
        "key id printable": subject(rdn(COMMON), rdn((K["key_id"], tlv(0x13, ID.encode())))),
        "key id in upper case": subject(rdn(COMMON), rdn((K["key_id"], utf8(ID.upper())))),
        "key id without hyphens": subject(rdn(COMMON), rdn((K["key_id"], utf8(ID.replace("-", ""))))),
        "key id no UUID": subject(rdn(COMMON), rdn((K["key_id"], utf8("x" * 36)))),
        "key id nil": subject(rdn(COMMON), rdn((K["key_id"], utf8("00000000-0000-0000-0000-000000000000")))),
        "key id no UTF-8": subject(rdn(COMMON), rdn((K["key_id"], tlv(0x0C, b"\xff" * 36)))),
        "key RSA of 1024 bits": fields(spki=spki(RSA_1024)),
        "key RSA of 2048 bits": both(fields(spki=spki(RSA_2048)), made(algorithm="PS384")),
        "key RSA marked for PSS": fields(spki=PSS_KEY),
        "key Ed25519": fields(spki=spki(ED25519)),
        "key on secp256k1": fields(spki=spki(K256)),
        "key on P-224": fields(spki=spki(P224)),
        "key off its curve": fields(spki=OFF_CURVE),
        "key compressed": fields(spki=COMPRESSED),
        "key on a curve of its own": fields(spki=EXPLICIT),
        "key empty": fields(spki=seq()),
        "key usage of ten bits": ext(KU, tlv(3, b"\6\x80\x40"), True),
        "longer than 64 KiB": ext(UNKNOWN, bytes(1 << 16)),
        "64 extensions": lambda it: [it.set(f"{UNKNOWN}.{at}", b"") for at in range(64 - len(it.extensions))],
        "65 extensions": lambda it: [it.set(f"{UNKNOWN}.{at}", b"") for at in range(65 - len(it.extensions))],
        "key usage missing": drop(KU),
        "key usage not critical": lambda it: it.uncritical(KU),
        "key usage of every kind allowed": ext(KU, usage("digitalSignature", "keyEncipherment", "dataEncipherment", "keyAgreement")),
        "key usage keyCertSign": ext(KU, usage("digitalSignature", "keyCertSign")),
        "key usage cRLSign": ext(KU, usage("cRLSign")),
        "key usage nonRepudiation": ext(KU, usage("digitalSignature", "nonRepudiation")),
        "key usage decipherOnly": ext(KU, usage("keyAgreement", "decipherOnly")),
        "key usage none": ext(KU, tlv(3, b"\0")),
        "key usage no BIT STRING": ext(KU, integer(1)),
        "constraints of no CA": ext(BC, constraints(False), True),
        "constraints of a CA": ext(BC, constraints(True), True),
        "constraints of a CA, not critical": ext(BC, constraints(True)),
        "constraints with a length": ext(BC, constraints(False, 0), True),
        "constraints malformed": ext(BC, b"\5\0", True),
        "authority key identifier missing": drop(AKI),
        "authority key identifier of another": ext(AKI, aki(KEYS["other"])),
        "authority key identifier of the CA": ext(AKI, aki(KEYS["ca"])),
        "authority key identifier without one": ext(AKI, seq()),
        "authority key identifier malformed": ext(AKI, b"\4\0"),
        "authority key identifier twice in one": ext(AKI, seq(tlv(0x80, key_id(KEYS["authority"])), tlv(0x80, key_id(KEYS["ca"])))),
        "authority key identifier with issuer and serial number": ext(AKI, seq(
            tlv(0x80, key_id(KEYS["authority"])), tlv(0xA1, tlv(0xA4, seq())), tlv(0x82, b"\1"))),
        "authority key identifier with its parts swapped": ext(AKI, seq(
            tlv(0x80, key_id(KEYS["authority"])), tlv(0x82, b"\1"), tlv(0xA1, tlv(0xA4, seq())))),
        "authority key identifier cut": ext(AKI, seq(tlv(0x80, key_id(KEYS["authority"])[:-1]))),
        "unknown extension": ext(UNKNOWN, b"\5\0"),
        "unknown extension, critical": ext(UNKNOWN, b"\5\0", True),
        "usage of an authority": ext(EKU, usages(K["usage"])),
        "usage of an authority, critical": ext(EKU, usages(K["usage"]), True),
        "an extension twice": fields(twice=seq(oid(KU), octets(usage("digitalSignature")))),
        "a claim twice": fields(twice=seq(oid(K["generated"]), octets(EMPTY))),
        "claim with NULL": ext(K["generated"], tlv(5)),
        "claim with FALSE": ext(K["generated"], tlv(1, b"\0")),
        "claim with something inside": ext(K["never"], seq(tlv(1, b"\xff"))),
        "claim with nothing": ext(K["never"], b""),
        "claim with something behind": ext(K["never"], EMPTY + b"\0"),
        "claim critical": ext(K["generated"], EMPTY, True),
        "claim of the vendor beside ours": ext(FORTANIX["generated"], EMPTY),
        "claims of the vendor alone": both(drop(K["generated"], K["never"]), ext(FORTANIX["generated"], EMPTY), ext(FORTANIX["never"], EMPTY)),
        "claim generated dropped": drop(K["generated"]),
        "claim never exportable dropped": drop(K["never"]),
        "claim generated of an imported key": made(2),
        "claim never exportable of an exportable key": made(exportable="20261122060000Z"),
        "claim never exportable of an exported key": made(exportable="20261122060000Z", exported="20261122061000Z"),
        "imported, not exportable": both(drop(K["generated"]), made(2)),
        "imported, exportable, exported": both(drop(K["generated"], K["never"]), made(2, exportable="20261122060000Z", exported="20261122061000Z")),
        "facts missing": drop(K["facts"]),
        "facts cut": ext(K["facts"], facts()[:-1]),
        "facts with more behind": ext(K["facts"], facts() + b"\0"),
        "facts with more inside": made(more=tlv(0x82, b"")),
        "facts critical": ext(K["facts"], facts(), True),
        "facts of origin 0": made(0),
        "facts of origin 3": made(3),
        "facts of no algorithm": made(algorithm=None),
        "facts of an unknown algorithm": made(algorithm="ES255"),
        "facts of HMAC": made(algorithm="HS256"),
        "facts of another curve": made(algorithm="ES384"),
        "facts of another kind of key": made(algorithm="RS256"),
        "facts with parts of a second": made(stored="20261122060000.5Z"),
        "stored as it was signed": made(stored="20261122070000Z"),
        "stored after it was signed": made(stored="20261122070001Z"),
        "exportable before it was stored": both(drop(K["never"]), made(exportable="20261122055959Z")),
        "exportable after it was signed": both(drop(K["never"]), made(exportable=LATE)),
        "exported before it was exportable": both(drop(K["never"]), made(exportable="20261122061000Z", exported="20261122060959Z")),
        "exported and never exportable": both(drop(K["never"]), made(exported="20261122061000Z")),
        "exported after it was signed": both(drop(K["never"]), made(exportable="20261122060000Z", exported=LATE)),
        "challenge of 1 byte": ext(K["challenge"], octets(b"c")),
        "challenge of 64 bytes": ext(K["challenge"], octets(b"c" * 64)),
        "challenge of 65 bytes": ext(K["challenge"], octets(b"c" * 65)),
        "challenge empty": ext(K["challenge"], octets(b"")),
        "challenge bare": ext(K["challenge"], b"challenge"),
        "challenge of another type": ext(K["challenge"], utf8("challenge")),
        "something behind": fields(after=b"\0"),
    })


def authority_cases():
    cases("authority", {
        "version 1": lambda it: it.plain(0),
        "serial number of 21 octets": fields(serial=integer((1 << 167) - 1)),
        "serial number of 22 octets": fields(serial=integer((1 << 175) - 1)),
        "serial number 0": fields(serial=integer(0)),
        "signed with SHA-384": fields(hash="sha384"),
        "signed with SHA-1": fields(hash="sha1"),
        "another algorithm outside": fields(outer=seq(oid(ECDSA["sha384"]))),
        "signed by another": fields(signer=KEYS["other"]),
        "signed by the root": fields(signer=KEYS["root"]),
        "signed by itself": fields(signer=KEYS["authority"]),
        "another issuer": fields(issuer=seq(rdn((CN, utf8("Another CA"))))),
        "another subject": fields(subject=seq(rdn((CN, utf8("Another Authority"))))),
        "its own issuer": fields(issuer=World().authority.subject),
        "key of another": fields(spki=spki(KEYS["other"])),
        "key Ed25519": fields(spki=spki(ED25519)),
        "key usage missing": drop(KU),
        "key usage not critical": lambda it: it.uncritical(KU),
        "key usage keyCertSign too": ext(KU, usage("digitalSignature", "keyCertSign")),
        "key usage of another kind": ext(KU, usage("keyAgreement")),
        "constraints missing": drop(BC),
        "constraints not critical": lambda it: it.uncritical(BC),
        "constraints of no CA written out": ext(BC, seq(b"\1\1\0")),
        "constraints of a CA": ext(BC, constraints(True)),
        "constraints with a length": ext(BC, constraints(False, 0)),
        "subject key identifier missing": drop(SKI),
        "subject key identifier of another": ext(SKI, octets(key_id(KEYS["other"]))),
        "usage missing": drop(EKU),
        "usage of another kind": ext(EKU, usages("1.3.6.1.5.5.7.3.1")),
        "usage of the vendor": ext(EKU, usages(FORTANIX["usage"])),
        "usage of another kind too": ext(EKU, usages("1.3.6.1.5.5.7.3.2", K["usage"])),
        "usage any": ext(EKU, usages(EKU + ".0")),
        "usage any too": ext(EKU, usages(K["usage"], EKU + ".0")),
        "usage critical": ext(EKU, usages(K["usage"]), True),
        "usage malformed": ext(EKU, octets(b"")),
        "usage of a claim": ext(EKU, usages(K["generated"])),
        "policy missing": drop(POLICIES),
        "policy of another": ext(POLICIES, policies("2.5.29.32.0")),
        "policy of the vendor": ext(POLICIES, policies(FORTANIX["policy"])),
        "policy of another too": ext(POLICIES, policies("1.2.3", K["policy"])),
        "policy malformed": ext(POLICIES, seq(oid(K["policy"]))),
        "authority key identifier missing": drop(AKI),
        "authority key identifier of another": ext(AKI, aki(KEYS["other"])),
        "unknown extension": ext(UNKNOWN, b"\5\0"),
        "unknown extension, critical": ext(UNKNOWN, b"\5\0", True),
        "an extension twice": fields(twice=seq(oid(EKU), octets(usages(K["usage"])))),
        "begins after it ends": fields(not_after=utc("261119000000Z")),
        "something behind": fields(after=b"\0"),
    })

    @case("authority: key RSA of 2048 bits")
    def _(world):
        world.authority.spki = spki(RSA_2048)
        world.authority.set(SKI, octets(key_id(RSA_2048)))
        world.statement.signer = RSA_2048
        world.statement.set(AKI, aki(RSA_2048))

    @case("authority: key on P-224")
    def _(world):
        world.authority.spki = spki(P224)
        world.statement.signer = P224

    @case("authority: key identifier over the whole key")
    def _(world):
        whole = hashlib.sha1(world.authority.spki).digest()
        world.authority.set(SKI, octets(whole))
        world.statement.set(AKI, seq(tlv(0x80, whole), tlv(0x82, b"\1")))


def ca_cases():
    cases("ca", {
        "version 1": lambda it: it.plain(0),
        "signed with SHA-1": fields(hash="sha1"),
        "signed by another": fields(signer=KEYS["other"]),
        "signed by itself": fields(signer=KEYS["ca"]),
        "another issuer": fields(issuer=seq(rdn((CN, utf8("Another Root"))))),
        "another subject": fields(subject=seq(rdn((CN, utf8("Another CA"))))),
        "its own issuer": fields(issuer=World().ca.subject),
        "key of another": fields(spki=spki(KEYS["other"])),
        "begins as it was signed": fields(not_before=utc("261122070000Z")),
        "begins after it was signed": fields(not_before=utc("261122070001Z")),
        "ends as it was signed": fields(not_after=utc("261122070000Z")),
        "ended before it was signed": fields(not_after=utc("261122065959Z")),
        "key usage missing": drop(KU),
        "key usage not critical": lambda it: it.uncritical(KU),
        "key usage keyCertSign alone": ext(KU, usage("keyCertSign")),
        "key usage without keyCertSign": ext(KU, usage("digitalSignature", "cRLSign")),
        "key usage in bits that are unused": ext(KU, tlv(3, b"\7\x86"), True),
        "key usage of another kind too": ext(KU, usage("keyCertSign", "keyEncipherment")),
        "constraints missing": drop(BC),
        "constraints not critical": lambda it: it.uncritical(BC),
        "constraints of no CA": ext(BC, constraints(False)),
        "constraints with length 0": ext(BC, constraints(True, 0)),
        "subject key identifier missing": drop(SKI),
        "subject key identifier of another": ext(SKI, octets(key_id(KEYS["other"]))),
        "authority key identifier missing": drop(AKI),
        "authority key identifier of another": ext(AKI, aki(KEYS["other"])),
        "usage of another kind": ext(EKU, usages("1.3.6.1.5.5.7.3.1")),
        "usage of authorities": ext(EKU, usages(K["usage"])),
        "usage any": ext(EKU, usages(EKU + ".0")),
        "policy missing": drop(POLICIES),
        "policy of another": ext(POLICIES, policies("1.2.3")),
        "names constrained": ext(NAME_CONSTRAINTS, seq(tlv(0xA0)), True),
        "policies constrained": ext("2.5.29.36", seq(tlv(0x80, b"\0")), True),
        "an extension twice": fields(twice=seq(oid(BC), octets(constraints(False)))),
    })

    @case("ca: key RSA of 2048 bits")
    def _(world):
        world.ca.spki, world.authority.signer = spki(RSA_2048), RSA_2048

    @case("ca: key Ed25519")
    def _(world):
        world.ca.spki, world.authority.signer = spki(ED25519), ED25519

    @case("two CAs")
    def _(world):
        world.add_upper_ca()

    @case("two CAs: the upper one of length 0")
    def _(world):
        world.add_upper_ca()
        world.upper.set(BC, constraints(True, 0))

    @case("two CAs: the upper one of length 1, the lower of 0")
    def _(world):
        world.add_upper_ca()
        world.upper.set(BC, constraints(True, 1))
        world.ca.set(BC, constraints(True, 0))

    @case("two CAs: the root of length 1")
    def _(world):
        world.add_upper_ca()
        world.root.set(BC, constraints(True, 1))

    @case("two CAs: the upper one ended before it was signed")
    def _(world):
        world.add_upper_ca()
        world.upper.not_after = utc("261122065959Z")

    @case("two CAs: the upper one is none")
    def _(world):
        world.add_upper_ca()
        world.upper.set(BC, constraints(False))

    @case("no CA but the root")
    def _(world):
        world.above = [world.root]
        world.authority.issuer, world.authority.signer = world.root.subject, KEYS["root"]
        world.authority.set(AKI, aki(KEYS["root"]))


def root_cases():
    """The altered root is the one that is pinned."""
    cases("root", {
        "version 1": lambda it: it.plain(0),
        "signed with SHA-1": fields(hash="sha1"),
        "signed by another": fields(signer=KEYS["other"]),
        "another issuer": fields(issuer=seq(rdn((CN, utf8("Another Root"))))),
        "another algorithm outside": fields(outer=seq(oid(ECDSA["sha384"]))),
        "ended before it was signed": fields(not_after=utc("261122065959Z")),
        "key usage missing": drop(KU),
        "key usage without keyCertSign": ext(KU, usage("cRLSign")),
        "constraints missing": drop(BC),
        "constraints of length 0": ext(BC, constraints(True, 0)),
        "constraints of length 1": ext(BC, constraints(True, 1)),
        "subject key identifier missing": drop(SKI),
        "authority key identifier of its own": ext(AKI, aki(KEYS["root"])),
        "authority key identifier of another": ext(AKI, aki(KEYS["other"])),
        "unknown extension, critical": ext(UNKNOWN, b"\5\0", True),
        "serial number 0": fields(serial=integer(0)),
    })


def arrangements():
    good = World()
    root = good.root.write()
    rearranged = {
        "empty": lambda c: [],
        "the authority alone": lambda c: c[:1],
        "without its root": lambda c: c[:2],
        "without its CA": lambda c: [c[0], c[2]],
        "without its authority": lambda c: c[1:],
        "reversed": lambda c: c[::-1],
        "CA and authority swapped": lambda c: [c[1], c[0], c[2]],
        "CA and root swapped": lambda c: [c[0], c[2], c[1]],
        "authority twice": lambda c: [c[0], *c],
        "CA twice": lambda c: [*c[:2], *c[1:]],
        "root twice": lambda c: [*c, c[2]],
        "a stranger behind": lambda c: [*c, World(keys=EVIL).root.write()],
        "a stranger between": lambda c: [c[0], World(keys=EVIL).ca.write(), *c[1:]],
        "the authority at the end": lambda c: [*c, c[0]],
        "of six": lambda c: c * 2,
        "of a thousand": lambda c: [c[0]] * 1000,
        "an empty certificate": lambda c: [c[0], b"", c[2]],
        "a cut certificate": lambda c: [c[0], c[1][:-1], c[2]],
        "a certificate in PEM": lambda c: [c[0], b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(c[1]) + b"\n-----END CERTIFICATE-----\n", c[2]],
        "a certificate of 64 KiB": lambda c: [c[0], c[1] + bytes(65536 - len(c[1])), c[2]],
        "a certificate longer than 64 KiB": lambda c: [c[0], c[1] + bytes(65537 - len(c[1])), c[2]],
        "an authority that cannot be read": lambda c: [b"0", *c[1:]],
    }
    for name, rearrange in rearranged.items():
        world = World()
        world.root.write = lambda: root
        world.pinned, world.rearrange = root, rearrange
        CASES[f"chain: {name}"] = world.write()


EVIL = {**KEYS, "root": KEYS["evil root"], "ca": KEYS["evil ca"], "authority": KEYS["evil authority"], "attested": KEYS["evil"]}


def attacks():
    """What somebody can do who has none of the chain's keys. Names and key identifiers he copies."""
    good = World()
    chain = [certificate.write() for certificate in [good.authority, good.ca, good.root]]

    def evil():
        world = World(keys=EVIL)
        world.pinned = chain[2]
        for mine, theirs in [(world.root, good.root), (world.ca, good.ca), (world.authority, good.authority)]:
            mine.set(SKI, theirs.extensions[SKI][1])
            if AKI in theirs.extensions:
                mine.set(AKI, theirs.extensions[AKI][1])
        world.statement.set(AKI, good.statement.extensions[AKI][1])
        return world

    def attack(name, arrange):
        world = evil()
        world.rearrange = lambda mine: arrange(world, mine)
        CASES[f"attack: {name}"] = world.write()

    attack("a chain of his own", lambda world, mine: mine)
    attack("his chain below our root", lambda world, mine: [*mine[:2], chain[2]])
    attack("his authority below our CA", lambda world, mine: [mine[0], *chain[1:]])
    attack("his statement below our chain", lambda world, mine: chain)
    attack("our chain behind his", lambda world, mine: [*mine[:2], *chain[1:]])

    # He has an imported key attested, and knows its private part: the statement is a genuine certificate of it.
    imported = World(keys={**KEYS, "attested": KEYS["evil"]})
    imported.statement.drop(K["generated"])
    imported.statement.set(K["facts"], facts(2))
    imported = imported.statement.write()

    def signs(world, subject, key, identifier=None):
        """A statement by this key, as it is named in its certificate."""
        world.statement.signer, world.statement.issuer = key, subject
        world.statement.spki = spki(KEYS["other"])
        world.statement.set(AKI, aki(identifier or key))

    @case("attack: a genuine statement as authority")
    def _(world):
        signs(world, good.statement.subject, KEYS["evil"])
        world.rearrange = lambda _: [imported, *chain]
        world.pinned = chain[2]

    @case("attack: a genuine statement in place of the authority")
    def _(world):
        signs(world, good.statement.subject, KEYS["evil"])
        world.rearrange = lambda _: [imported, *chain[1:]]
        world.pinned = chain[2]

    # A server's certificate by the same CA, whose key he has.
    @case("attack: a server as authority")
    def _(world):
        server = world.authority
        server.subject, server.spki = seq(rdn((CN, utf8("server.acme.com")))), spki(KEYS["evil"])
        server.set(SKI, octets(key_id(KEYS["evil"])))
        server.set(EKU, usages("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"))
        server.set(POLICIES, policies("2.23.140.1.2.1"))
        signs(world, server.subject, KEYS["evil"])

    # A certificate request that he got signed with all that was in it, but as a server.
    @case("attack: a server with the authority's name")
    def _(world):
        server = world.authority
        server.spki = spki(KEYS["evil"])
        server.set(SKI, octets(key_id(KEYS["evil"])))
        server.set(EKU, usages("1.3.6.1.5.5.7.3.1"))
        signs(world, server.subject, KEYS["evil"])

    @case("attack: the CA as authority, signed by him")
    def _(world):
        signs(world, good.ca.subject, KEYS["evil"], KEYS["ca"])
        world.rearrange = lambda _: chain[1:]
        world.pinned = chain[2]

    @case("attack: the CA as authority, signed by the CA")
    def _(world):
        signs(world, good.ca.subject, KEYS["ca"])
        world.rearrange = lambda _: chain[1:]
        world.pinned = chain[2]

    @case("attack: the root as authority, signed by the root")
    def _(world):
        signs(world, good.root.subject, KEYS["root"])
        world.rearrange = lambda _: [chain[2], chain[2]]
        world.pinned = chain[2]

    @case("attack: an authority as CA")
    def _(world):
        """The authority was made to certify another one."""
        second = world.authority
        first = World().authority
        second.subject, second.spki = seq(rdn((CN, utf8("Second Authority")))), spki(KEYS["evil"])
        second.set(SKI, octets(key_id(KEYS["evil"])))
        second.issuer, second.signer = first.subject, KEYS["authority"]
        second.set(AKI, aki(KEYS["authority"]))
        signs(world, second.subject, KEYS["evil"])
        world.above = [first, world.ca, world.root]

    @case("attack: a statement of another store")
    def _(world):
        """Both stores are genuine and name their authorities alike."""
        world.statement.signer = KEYS["evil authority"]
        world.statement.set(AKI, aki(KEYS["evil authority"]))

    for name, change in {
        "another key put in": fields(spki=spki(KEYS["evil"])),
        "another key id put in": fields(subject=good.statement.subject.replace(b"780e", b"880e")),
        "a challenge put in": ext(K["challenge"], octets(b"c")),
        "another time put in": fields(not_before=utc("261122070001Z")),
    }.items():
        altered, signed = World(), World().statement.write()
        change(altered.statement)
        altered = altered.statement.write()
        # The signature of the genuine one behind what was altered.
        body = lambda der: der[4 : 4 + 4 + int.from_bytes(der[6:8], "big")]
        assert signed[:2] == altered[:2] == b"\x30\x82" and body(signed)[:2] == b"\x30\x82"
        forged = seq(body(altered), signed[4 + len(body(signed)) :])
        CASES[f"attack: {name}"] = {**World().write(), "statement": base64.b64encode(forged).decode()}

    @case("attack: a root of the same name and key")
    def _(world):
        world.pinned = chain[2]
        world.root.serial = integer(7)


def vendor_cases():
    F = FORTANIX
    cases("statement", {
        "as it should be": fields(),
        "24 hours before the authority begins": fields(not_before=utc("261119000000Z")),
        "longer before the authority begins": fields(not_before=utc("261118235959Z")),
        "after the authority ended": fields(not_before=utc("261220000001Z")),
        "claim with NULL": ext(F["never"], tlv(5)),
        "claim of ours beside theirs": ext(K["generated"], EMPTY),
        "no claims": drop(F["generated"], F["never"]),
        "our key id": subject(rdn(COMMON), rdn((K["key_id"], utf8(ID)))),
        "our challenge": ext(K["challenge"], octets(b"c")),
    }, F)
    cases("authority", {
        "policy missing": drop(POLICIES),
        "our usage": ext(EKU, usages(K["usage"])),
        "our policy": ext(POLICIES, policies(K["policy"])),
    }, F)
    cases("ca", {
        "policy missing": drop(POLICIES),
        "policy of another": ext(POLICIES, policies("2.5.29.32.0")),
        "begins after it was signed": fields(not_before=utc("261122070001Z")),
    }, F)

    @case("fortanix: two CAs", F)
    def _(world):
        world.add_upper_ca()

    @case("fortanix: no CA but the root", F)
    def _(world):
        world.above = [world.root]
        world.authority.issuer, world.authority.signer = world.root.subject, KEYS["root"]
        world.authority.set(AKI, aki(KEYS["root"]))

    @case("keystead taken for fortanix")
    def _(world):
        world.profile = "fortanix"

    @case("fortanix taken for keystead", F)
    def _(world):
        world.profile = "keystead"


statement_cases()
authority_cases()
ca_cases()
root_cases()
arrangements()
attacks()
vendor_cases()
print(json.dumps(CASES))
