"""Signs requests with AWS Signature Version 4, after the steps of AWS's documentation and with nothing but hashes.

Each line of standard input is a JSON object with access_key_id, secret_key, at (such as 20261122T120000Z), method, path and
body; for each there is a line with the headers of the signed request.
"""
import hashlib
import hmac
import json
import sys


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


for line in sys.stdin:
    asked = json.loads(line)
    day, names = asked["at"][:8], "content-type;host;x-amz-date"
    headers = {"Content-Type": "application/json", "Host": "xks.example.com", "X-Amz-Date": asked["at"]}
    canonical = [asked["method"], asked["path"], ""]
    canonical += [f"{name.lower()}:{value}" for name, value in headers.items()]
    canonical += ["", names, hashlib.sha256(asked["body"].encode()).hexdigest()]
    scope = f"{day}/eu-west-1/kms-xks-proxy/aws4_request"
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    key = b"AWS4" + asked["secret_key"].encode()
    for part in scope.split("/"):
        key = mac(key, part)
    signature = mac(key, "\n".join(["AWS4-HMAC-SHA256", asked["at"], scope, digest])).hex()
    credential = f"Credential={asked['access_key_id']}/{scope}"
    headers["Authorization"] = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature}"
    print(json.dumps(headers))
