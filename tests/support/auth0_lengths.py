"""How long a certificate is with each length of RSA and the longest name: prints a JSON object of bits and octets of DER.

It says what those of a ring say, in values of the same length.
"""
import datetime
import json
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

# X.520 allows 64 characters.
warnings.simplefilter("ignore", UserWarning)
# 128 characters of four bytes.
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "\N{KEY}" * 128, _validate=False)])
start = datetime.datetime(2026, 11, 22)
lengths = {}
for bits in (2048, 4096):
    key = rsa.generate_private_key(65537, bits)
    usage = dict.fromkeys(
        ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only", "decipher_only"],
        False,
    )
    builder = x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
    builder = builder.serial_number((1 << 127) - 1).not_valid_before(start).not_valid_after(start.replace(year=2027))
    builder = builder.add_extension(x509.BasicConstraints(True, None), True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    builder = builder.add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), True)
    lengths[bits] = len(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
print(json.dumps(lengths))
