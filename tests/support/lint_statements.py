"""Lints `statement.der`, `authority.der`, `ca.der` and `root.der` with pkilint, each alone and each with the one above it.

Prints a list of [certificate, severity, code], as JSON.
"""

import contextlib
import io
import json

from pkilint import document
from pkilint.bin import lint_pkix_cert, lint_pkix_signer_signee_cert_chain
from pyasn1.codec.der import decoder

# Its decoder in Rust takes no arc beyond 32 bits; pyasn1's own, whose types it fills, takes an UUID's (X.667).
document.decode_der = decoder.decode

NAMES = ("statement", "authority", "ca", "root")


def findings(lint, *files):
    said = io.StringIO()
    words = ["lint", "--format", "JSON", "--severity", "DEBUG", "--document-format", "DER"]
    with contextlib.redirect_stdout(said):
        lint.main(words + [f"{name}.der" for name in files])
    for result in json.loads(said.getvalue())["results"]:
        for finding in result["finding_descriptions"]:
            yield [files[-1], finding["severity"], finding["code"]]


found = []
for name, above in zip(NAMES, NAMES[1:] + NAMES[-1:]):
    found += findings(lint_pkix_cert, name)
    found += findings(lint_pkix_signer_signee_cert_chain, above, name)
print(json.dumps(found))
