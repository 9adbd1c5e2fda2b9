"""Reads the certificates `0.der`, `1.der` ... and prints a list of what each says, as JSON.

Everything is read twice: by the package `cryptography`, and by the few lines of DER below, which share no code with it.
Both must find the same; what only the lines below find (tags, raw octets, our own extensions) is printed too.
"""

import datetime
import hashlib
import json
import os

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

ARC = "2.25.167357310102105099079929388927412430796"
KEY_USAGES = (
    "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"
).split()
TAGS = {12: "UTF8String", 19: "PrintableString", 22: "IA5String"}


def element(der):
    """Tag, value and what comes after the first element. Lengths must be as short as they can be, as DER has it."""
    tag, first = der[0], der[1]
    assert tag & 0x1F != 0x1F, "a tag of several octets"
    if first < 0x80:
        head, length = 2, first
    else:
        head = 2 + (first & 0x7F)
        length = int.from_bytes(der[2:head], "big")
        assert length >= 0x80 and der[2] != 0, "a length that is not the shortest"
    assert len(der) >= head + length, "it ends too early"
    return tag, der[head : head + length], der[head + length :]


def elements(der):
    found = []
    while der:
        tag, value, der = element(der)
        found.append((tag, value))
    return found


def only(der, wanted):
    [(tag, value)] = elements(der)
    assert tag == wanted, (tag, wanted)
    return value


def dotted(content):
    arcs, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first] + arcs[1:]))


def name(content):
    """Each attribute with its type and the kind of its string; each alone in its set."""
    parts = []
    for tag, part in elements(content):
        assert tag == 0x31
        (oid_tag, oid), (kind, text) = elements(only(part, 0x30))
        assert oid_tag == 6
        parts.append([dotted(oid), TAGS[kind], text.decode()])
    return parts


def time(tag, text):
    text = text.decode("ascii")
    form = {23: "%y%m%d%H%M%SZ", 24: "%Y%m%d%H%M%SZ"}[tag]
    parsed = datetime.datetime.strptime(text, form)
    assert len(text) == {23: 13, 24: 15}[tag] and text.endswith("Z")
    return parsed.isoformat() + "Z"


def key_facts(value):
    """KeyFacts, as the manual writes it down."""
    fields = elements(only(value, 0x30))
    (tag, origin), (since_tag, since) = fields[:2]
    assert tag == 10 and since_tag == 24
    facts = {"origin": {b"\x01": "Generated", b"\x02": "Imported"}[origin], "storedSince": time(24, since)}
    last = 0
    for tag, field in fields[2:]:
        assert tag > last, "fields stand in their order, each once"
        last = tag
        if tag == 12:
            facts["algorithm"] = field.decode()
        else:
            facts[{0x80: "exportableSince", 0x81: "exportedAt"}[tag]] = time(24, field)
    return facts


def extension(oid, value):
    """What is in an extension, read by hand."""
    match oid:
        case "2.5.29.15":
            bits = only(value, 3)
            unused, octets = bits[0], bits[1:]
            assert octets[-1] & ((1 << unused) - 1) == 0 and octets[-1] >> unused & 1 == 1, "trailing bits are left out"
            return [KEY_USAGES[bit] for bit in range(8 * len(octets) - unused) if octets[bit // 8] >> (7 - bit % 8) & 1]
        case "2.5.29.19":
            fields = elements(only(value, 0x30))
            assert fields in ([], [(1, b"\xff")]), "what is the default is left out"
            return {"ca": bool(fields)}
        case "2.5.29.14":
            return {"keyid": only(value, 4).hex()}
        case "2.5.29.35":
            return {"keyid": only(only(value, 0x30), 0x80).hex()}
        case "2.5.29.37":
            return [dotted(purpose) for tag, purpose in elements(only(value, 0x30)) if tag == 6]
        case "2.5.29.32":
            return [dotted(only(policy, 6)) for tag, policy in elements(only(value, 0x30)) if tag == 0x30]
        case _ if oid == ARC + ".3.1":
            return key_facts(value)
        case _ if oid == ARC + ".3.2":
            return only(value, 4).hex()
        case _:
            return value.hex()


def by_hand(der):
    (tbs_tag, tbs), (_, outer), (signature_tag, signature) = elements(only(der, 0x30))
    assert (tbs_tag, signature_tag, signature[0]) == (0x30, 3, 0)
    version, serial, inner, issuer, validity, subject, spki, extensions = elements(tbs)
    assert version == (0xA0, b"\x02\x01\x02") and serial[0] == 2 and extensions[0] == 0xA3
    assert inner[1] == outer, "two signature algorithms"
    (algorithm_tag, algorithm), *parameters = elements(outer)
    (before_tag, before), (after_tag, after) = elements(validity[1])
    for tag, text in elements(validity[1]):
        assert (tag == 23) == (1950 <= int(time(tag, text)[:4]) < 2050), "RFC 5280, section 4.1.2.5"
    _, (key_tag, key) = elements(spki[1])
    assert key_tag == 3 and key[0] == 0
    listed = []
    for tag, content in elements(only(extensions[1], 0x30)):
        fields = elements(content)
        assert tag == 0x30 and fields[0][0] == 6 and fields[-1][0] == 4
        assert fields[1:-1] in ([], [(1, b"\xff")]), "critical FALSE is the default, and left out"
        oid = dotted(fields[0][1])
        listed.append([oid, len(fields) == 3, extension(oid, fields[-1][1])])
    return {
        "serial": serial[1].hex(),
        "signature": [dotted(algorithm), [[tag, content.hex()] for tag, content in parameters]],
        "issuer": name(issuer[1]),
        "not_before": time(before_tag, before),
        "not_after": time(after_tag, after),
        "subject": name(subject[1]),
        "key": key[1:].hex(),
        "key_sha1": hashlib.sha1(key[1:]).hexdigest(),
        "extensions": listed,
    }


def same_name(read, theirs):
    theirs = [[attribute.oid.dotted_string, attribute._type.name, attribute.value] for attribute in theirs]
    return theirs == read


def check(read, certificate):
    """What `cryptography` finds is what the lines above found."""
    assert certificate.version == x509.Version.v3
    assert certificate.serial_number == int(read["serial"], 16) > 0
    assert certificate.not_valid_before_utc.replace(tzinfo=None).isoformat() + "Z" == read["not_before"]
    assert certificate.not_valid_after_utc.replace(tzinfo=None).isoformat() + "Z" == read["not_after"]
    assert same_name(read["issuer"], certificate.issuer) and same_name(read["subject"], certificate.subject)
    assert certificate.signature_algorithm_oid.dotted_string == read["signature"][0]
    assert [extension.oid.dotted_string for extension in certificate.extensions] == [oid for oid, _, _ in read["extensions"]]
    for theirs, (oid, critical, value) in zip(certificate.extensions, read["extensions"]):
        assert theirs.critical == critical, oid
        match theirs.oid:
            case ExtensionOID.KEY_USAGE:
                assert [usage for usage in KEY_USAGES if getattr(theirs.value, usage)] == value
            case ExtensionOID.BASIC_CONSTRAINTS:
                assert theirs.value.ca == value["ca"] and theirs.value.path_length is None
            case ExtensionOID.SUBJECT_KEY_IDENTIFIER:
                assert theirs.value.digest.hex() == value["keyid"]
                # Method 1 of RFC 5280, section 4.2.1.2.
                assert x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()) == theirs.value
            case ExtensionOID.AUTHORITY_KEY_IDENTIFIER:
                assert theirs.value.key_identifier.hex() == value["keyid"]
                assert theirs.value.authority_cert_issuer is None and theirs.value.authority_cert_serial_number is None
            case ExtensionOID.EXTENDED_KEY_USAGE:
                assert [usage.dotted_string for usage in theirs.value] == value
            case ExtensionOID.CERTIFICATE_POLICIES:
                assert [policy.policy_identifier.dotted_string for policy in theirs.value] == value
                assert all(policy.policy_qualifiers is None for policy in theirs.value)
            case _:
                assert isinstance(theirs.value, x509.UnrecognizedExtension), oid


found = []
while os.path.exists(f"{len(found)}.der"):
    der = open(f"{len(found)}.der", "rb").read()
    read = by_hand(der)
    check(read, x509.load_der_x509_certificate(der))
    found.append(read)
print(json.dumps(found))
