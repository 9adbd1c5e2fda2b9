"""Judges answers of Auth0's connection keys: python3 auth0_keys.py < LINES.

A line is a JSON array of a call's name (`list`, `created`, `rotated`) and its answer. For each there is a line with a JSON
array: what is wrong by the vendor's document, then for each key what its certificate says. Of the values that are computed
from others there is only whether they are right.
"""
import base64
import hashlib
import json
import re
import sys
import warnings

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7
from cryptography.utils import CryptographyDeprecationWarning
from jsonschema import Draft202012Validator

# Versions of certificates, and names longer than 64 characters.
warnings.simplefilter("ignore", CryptographyDeprecationWarning)
warnings.simplefilter("ignore", UserWarning)

# From the vendor's document: names, types, lengths, enumeration, what is required.
KEY = {
    "type": "object",
    "required": ["kid", "cert", "fingerprint", "thumbprint"],
    "additionalProperties": False,
    "properties": {
        "kid": {"type": "string", "maxLength": 255},
        "cert": {"type": "string", "maxLength": 4096},
        "fingerprint": {"type": "string"},
        "thumbprint": {"type": "string", "maxLength": 255},
        "pkcs": {"type": "string", "maxLength": 4096},
        "current": {"type": "boolean"},
        "next": {"type": "boolean"},
        "current_since": {"type": "string"},
        "algorithm": {"type": "string"},
        "key_use": {"type": "string", "enum": ["encryption", "signing"]},
        "subject_dn": {"type": "string", "maxLength": 132},
    },
}
# A list can show a previous key; a rotation shows the new next one.
LISTED = {**KEY, "properties": {**KEY["properties"], "previous": {"type": "boolean"}}}
NEXT = {name: rule for name, rule in KEY["properties"].items() if name not in ("current", "current_since")}
SCHEMAS = {
    "created": {"type": "array", "items": KEY},
    "list": {"type": "array", "items": LISTED},
    "rotated": {**KEY, "properties": NEXT},
}
# What the examples of the document show of texts.
FORMS = {
    "cert": r"-----BEGIN CERTIFICATE-----\r\n([A-Za-z0-9+/]{64}\r\n)*[A-Za-z0-9+/=]{1,64}\r\n-----END CERTIFICATE-----\r\n",
    "pkcs": r"-----BEGIN PKCS7-----\r\n([A-Za-z0-9+/]{64}\r\n)*[A-Za-z0-9+/=]{1,64}\r\n-----END PKCS7-----\r\n",
    "fingerprint": r"([0-9A-F]{2}:){19}[0-9A-F]{2}",
    "thumbprint": r"[0-9A-F]{40}",
    "current_since": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "kid": r"[A-Za-z0-9_-]{43}",
}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def thumbprint(public):
    """RFC 7638 with SHA-256."""
    numbers = public.public_numbers()
    if isinstance(public, rsa.RSAPublicKey):
        integer = lambda value: base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        members = {"e": integer(numbers.e), "kty": "RSA", "n": integer(numbers.n)}
    else:
        size = public.curve.key_size // 8
        names = {"secp256r1": "P-256", "secp384r1": "P-384"}
        coordinate = lambda value: base64url(value.to_bytes(size, "big"))
        members = {
            "crv": names[public.curve.name],
            "kty": "EC",
            "x": coordinate(numbers.x),
            "y": coordinate(numbers.y),
        }
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return base64url(hashlib.sha256(text.encode()).digest())


def key_identifier(public):
    """RFC 5280, section 4.2.1.2, method 1."""
    if isinstance(public, rsa.RSAPublicKey):
        bits = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    else:
        bits = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return hashlib.sha1(bits).digest()


def facts(key):
    wrong = [name for name, form in FORMS.items() if name in key and not re.fullmatch(form, key[name])]
    certificate = x509.load_pem_x509_certificate(key["cert"].encode())
    der = certificate.public_bytes(Encoding.DER)
    public = certificate.public_key()
    if base64.b64decode("".join(key["cert"].split("\r\n")[1:-2])) != der:
        wrong.append("DER")
    digest = hashlib.sha1(der).hexdigest().upper()
    expected = {
        "kid": thumbprint(public),
        "thumbprint": digest,
        "fingerprint": ":".join(re.findall("..", digest)),
        "subject_dn": "/" + certificate.subject.rfc4514_string(),
    }
    wrong += [name for name, value in expected.items() if key.get(name, value) != value]
    if "pkcs" in key and pkcs7.load_pem_pkcs7_certificates(key["pkcs"].encode()) != [certificate]:
        wrong.append("pkcs")
    try:
        certificate.verify_directly_issued_by(certificate)
    except Exception as error:  # Whatever it is, it is what is wrong.
        wrong.append(f"signature: {error!r}")
    identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if end != start.replace(year=start.year + 1):
        wrong.append("not one year")
    if not 0 < certificate.serial_number < 1 << 159:
        wrong.append("serial number")
    kind = "RSA" if isinstance(public, rsa.RSAPublicKey) else "EC"
    return {
        "wrong": wrong,
        "version": certificate.version.name,
        "key": f"{kind} {public.key_size}",
        "signature": f"{certificate.signature_algorithm_oid.dotted_string} {certificate.signature_hash_algorithm.name}",
        "from": start.isoformat(),
        "own_identifier": identifier == key_identifier(public),
        "extensions": [
            [extension.oid.dotted_string, extension.critical, extension.value.public_bytes().hex()]
            for extension in certificate.extensions
            if extension.oid != x509.SubjectKeyIdentifier.oid or identifier.hex() not in extension.value.public_bytes().hex()
        ],
        "order": [extension.oid.dotted_string for extension in certificate.extensions],
        "length": len(der),
    }


for line in sys.stdin:
    call, answer = json.loads(line)
    errors = [error.message[:200] for error in Draft202012Validator(SCHEMAS[call]).iter_errors(answer)]
    keys = answer if isinstance(answer, list) else [answer]
    print(json.dumps([errors, [facts(key) for key in keys] if not errors else []]))
