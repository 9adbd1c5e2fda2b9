"""Writes requests that botocore signed: python3 sign_requests.py, with "SEED COUNT" on standard input.

Each line is a JSON object with the request as it would go over the wire and what it was signed with. botocore resolves no
dot segment at the end of a path as RFC 3986 does, and encodes no query anew, so paths do not end in one and queries are
written as the SDKs of AWS write them.
"""
import datetime
import json
import random
import string
import sys
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

seed, count = map(int, sys.stdin.read().split())
rng = random.Random(seed)
KEY_ID = string.ascii_uppercase + "234567"
SECRET = string.ascii_letters + string.digits + "/+="
TEXT = string.ascii_letters + string.digits + " -._~!$&'()*+,;=:@/?#[]%\"<>\\^`{|}äé字😀"
PATH = string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@"


def text(letters, least, most):
    return "".join(rng.choice(letters) for _ in range(rng.randint(least, most)))


def segment():
    kind = rng.random()
    if kind < 0.1:
        return rng.choice([".", "..", "", "%2e%2e", "..."])
    return quote(text(PATH + " äé字%", 1, 12), safe=PATH) if kind < 0.4 else text(PATH, 1, 12)


def path():
    if rng.random() < 0.3:
        return f"/kms/xks/v1/keys/{text(string.ascii_lowercase, 4, 20)}/encrypt"
    return "/" + "".join(segment() + "/" for _ in range(rng.randint(0, 5))) + rng.choice(["", "end"])


def query():
    pairs = [(text(TEXT, 1, 8), text(TEXT, 0, 12)) for _ in range(rng.choice([0, 0, 1, 2, 5]))]
    if len(pairs) > 1:
        pairs[-1] = (pairs[0][0], pairs[-1][1])
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)


def request():
    at = datetime.datetime(2026, rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))
    botocore.auth.get_current_datetime = lambda: at
    secret = text(SECRET, 43, 64)
    credentials = Credentials(text(KEY_ID, 20, 30), secret)
    parts = {"method": rng.choice(["POST", "POST", "GET", "PUT", "DELETE"]), "path": path(), "query": query()}
    body = text(TEXT, 0, 200)
    host = rng.choice(["xks.example.com", "xks.example.com:8443", "proxy.example"])
    url = f"https://{host}{parts['path']}" + (f"?{parts['query']}" if parts["query"] else "")
    headers = [("Content-Type", "application/json"), ("X-Amz-Meta-Note", text(string.ascii_letters + "  \t", 1, 20) + "x"), ("X-Custom", text(TEXT, 1, 20) + "x")]
    headers = {name: value for name, value in headers if rng.random() < 0.5}
    signed = AWSRequest(method=parts["method"], url=url, data=body.encode(), headers=headers)
    botocore.auth.SigV4Auth(credentials, "kms-xks-proxy", rng.choice(["eu-west-1", "us-gov-east-1"])).add_auth(signed)
    wire = [("Host", host)] + [(name, value) for name, value in signed.headers.items()]
    rng.shuffle(wire)
    late = datetime.timedelta(seconds=rng.randint(-300, 300))
    return parts | {
        "headers": wire,
        "body": body,
        "access_key_id": credentials.access_key,
        "secret_key": secret,
        "at": (at + late).isoformat() + "Z",
    }


for _ in range(count):
    print(json.dumps(request()))
