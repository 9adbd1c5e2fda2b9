//! What of a signed request is refused before its signature is looked at, and in which words.

use jiff::Timestamp;

use super::sigv4::Expected;
use super::{Reason, SignedRequest};

const EXPECTED: Expected<'_> = Expected {
    access_key_id: "AKIDEXAMPLEAKIDEXAMPLE",
    secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEYwJalr",
    service: "kms-xks-proxy",
};
const DATE: &str = "20150830T123600Z";
const DIGEST_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn credential() -> String {
    format!("AWS4-HMAC-SHA256 Credential={}/20150830/eu-west-1/kms-xks-proxy/aws4_request", EXPECTED.access_key_id)
}

/// In order but for the signature.
fn authorization() -> String {
    format!("{}, SignedHeaders=host;x-amz-date, Signature={}", credential(), "0".repeat(64))
}

fn with(authorization: impl Into<String>) -> SignedRequest {
    bare().header("Authorization", authorization)
}

fn bare() -> SignedRequest {
    SignedRequest::new("POST", "/kms/xks/v1/health").header("Host", "xks.example.com").header("X-Amz-Date", DATE)
}

fn said(request: &SignedRequest) -> String {
    let now: Timestamp = "2015-08-30T12:36:00Z".parse().unwrap();
    let message = EXPECTED.check(request, now).unwrap_err().to_string();
    assert!(!message.contains(EXPECTED.secret_key) && message.len() < 400, "{message}");
    message
}

#[test]
fn authorizations() {
    let (credential, none) = (credential(), "0".repeat(64));
    let names = "SignedHeaders=host;x-amz-date";
    let signature = format!("Signature={none}");
    let mut lines = vec![said(&bare()), said(&bare().query("a=b&X-Amz-Signature=00"))];
    for value in [
        authorization(),
        format!("{credential},{names},{signature}"),
        format!("AWS4-HMAC-SHA256  {signature},   {}, {names} ", &credential[17..]),
        authorization().replace("HMAC-SHA256", "ECDSA-P256-SHA256"),
        "Basic QUtJRDpzZWNyZXQ=".into(),
        String::new(),
        credential.clone(),
        format!("{credential}, {signature}"),
        format!("{credential}, {names}"),
        format!("{}, {names}", authorization()),
        format!("{}, Expires=5", authorization()),
        format!("{},", authorization()),
        authorization().replace("/20150830", ""),
        authorization().replace("Credential=", "Credential=a/"),
        authorization().replace("aws4_request", "aws4"),
        authorization().replace("eu-west-1", ""),
        authorization().replace("eu-west-1", "eu west"),
        authorization().replace(EXPECTED.access_key_id, "AKIDEXAMPLE"),
        authorization().replace("kms-xks-proxy", "s3"),
        authorization().replace("20150830", "20150831"),
        authorization().replace(&none, "00"),
        authorization().replace(&none, &"A".repeat(64)),
        authorization().replace(&none, &"é".repeat(32)),
        "a".repeat(8193),
    ] {
        lines.push(said(&with(value)));
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    not_presented: the request has no header authorization
    not_presented: the request has no header authorization, which a signature in the query string does not replace
    bad_signature: the signature is not that of this request under the secret key
    bad_signature: the signature is not that of this request under the secret key
    bad_signature: the signature is not that of this request under the secret key
    malformed: authorization does not begin with AWS4-HMAC-SHA256 and a space
    malformed: authorization does not begin with AWS4-HMAC-SHA256 and a space
    malformed: authorization does not begin with AWS4-HMAC-SHA256 and a space
    malformed: authorization has no SignedHeaders, which is needed
    malformed: authorization has no SignedHeaders, which is needed
    malformed: authorization has no Signature, which is needed
    malformed: authorization has SignedHeaders twice, allowed is once
    malformed: authorization has ' Expires=5', allowed are Credential, SignedHeaders and Signature
    malformed: authorization has '', allowed are Credential, SignedHeaders and Signature
    malformed: Credential is not of the form <access key id>/<day>/<region>/<service>/aws4_request
    malformed: Credential is not of the form <access key id>/<day>/<region>/<service>/aws4_request
    malformed: Credential is not of the form <access key id>/<day>/<region>/<service>/aws4_request
    malformed: the region is '', allowed are 1 to 64 letters, digits and hyphens
    malformed: the region is 'eu west', allowed are 1 to 64 letters, digits and hyphens
    wrong_access_key: the access key id is 'AKIDEXAMPLE', which is not the app's
    wrong_scope: the service is 's3', allowed is kms-xks-proxy
    wrong_scope: the day of the credential is '20150831', allowed is that of x-amz-date, which is 20150830T123600Z
    malformed: Signature has 2 characters, allowed are 64 hex digits in lower case
    malformed: Signature has 64 characters, allowed are 64 hex digits in lower case
    malformed: Signature has 64 characters, allowed are 64 hex digits in lower case
    malformed: authorization has 8193 bytes, at most 8192
    ");
}

#[test]
fn signed_headers() {
    let signs = |names: &str| authorization().replace("host;x-amz-date", names);
    let mut lines: Vec<_> = [
        "",
        "host",
        "x-amz-date",
        "host;host;x-amz-date",
        "x-amz-date;host",
        "Host;x-amz-date",
        "host;;x-amz-date",
        "host;x-amz-date;x\n",
        "absent;host;x-amz-date",
        ":;host;x-amz-date",
    ]
    .map(|names| said(&with(signs(names))))
    .into();
    for request in [
        with(authorization()).header("authorization", authorization()),
        with(authorization()).header("x-amz-date", DATE),
        with(authorization()).header("HOST", "other.example.com"),
        with(authorization()).header(":authority", "other.example.com"),
        with(authorization()).header("X-Amz-Target", "1"),
        with(signs("host;x-amz-date;x-note")).header("X-Note", "a\nx-forged:b"),
    ] {
        lines.push(said(&request));
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    malformed: SignedHeaders has '', allowed are names of headers in lower case
    malformed: SignedHeaders has no x-amz-date, which is needed
    malformed: SignedHeaders has no host, which is needed
    malformed: SignedHeaders is not in order, allowed is each name once, sorted by its bytes
    malformed: SignedHeaders is not in order, allowed is each name once, sorted by its bytes
    malformed: SignedHeaders has 'Host', allowed are names of headers in lower case
    malformed: SignedHeaders has '', allowed are names of headers in lower case
    malformed: SignedHeaders has 'x\n', allowed are names of headers in lower case
    malformed: SignedHeaders has 'absent', and the request has no such header
    malformed: SignedHeaders has ':', allowed are names of headers in lower case
    malformed: the request has authorization 2 times, allowed is once
    malformed: the request has x-amz-date 2 times, allowed is once
    malformed: the request has host 2 times, allowed is once
    malformed: the header ':authority' is not signed, and must be where it is there
    malformed: the header 'x-amz-target' is not signed, and must be where it is there
    malformed: the header x-note has a control character, allowed is none
    ");
}

#[test]
fn times_and_digests() {
    let dated = |date: &str| {
        SignedRequest::new("POST", "/")
            .header("Host", "a")
            .header("X-Amz-Date", date)
            .header("Authorization", authorization())
    };
    let mut lines: Vec<_> = [
        "20150830T124101Z",
        "20150830T123059Z",
        "20150831T123600Z",
        "20150830T123600",
        "20150830t123600Z",
        "20150830T126000Z",
        "20150230T123600Z",
        "2015083éT12360Z",
        "Sun, 30 Aug 2015 12:36:00 GMT",
        "",
    ]
    .map(|date| said(&dated(date)))
    .into();
    let date_alone =
        SignedRequest::new("POST", "/").header("Host", "a").header("Date", "Sun, 30 Aug 2015 12:36:00 GMT");
    lines.push(said(&date_alone.header("Authorization", authorization().replace("host;x-amz-date", "date;host"))));
    let names = "host;x-amz-content-sha256;x-amz-date";
    let digested =
        |digest: &str| with(authorization().replace("host;x-amz-date", names)).header("X-Amz-Content-Sha256", digest);
    for digest in [
        DIGEST_OF_NOTHING,
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "",
        &DIGEST_OF_NOTHING.to_uppercase(),
        &"0".repeat(64),
    ] {
        lines.push(said(&digested(digest)));
    }
    lines.push(said(&digested(DIGEST_OF_NOTHING).header("x-amz-content-sha256", DIGEST_OF_NOTHING)));
    lines.push(said(&with(authorization()).header("x-amz-content-sha256", DIGEST_OF_NOTHING)));
    insta::assert_snapshot!(lines.join("\n"), @"
    not_yet_valid: x-amz-date is 20150830T124101Z, now it is 20150830T123600Z, allowed is a difference of at most 300 s
    expired: x-amz-date is 20150830T123059Z, now it is 20150830T123600Z, allowed is a difference of at most 300 s
    wrong_scope: the day of the credential is '20150830', allowed is that of x-amz-date, which is 20150831T123600Z
    malformed: x-amz-date is '20150830T123600', allowed are times such as 20150830T123600Z
    malformed: x-amz-date is '20150830t123600Z', allowed are times such as 20150830T123600Z
    malformed: x-amz-date is '20150830T126000Z', allowed are times such as 20150830T123600Z
    malformed: x-amz-date is '20150230T123600Z', allowed are times such as 20150830T123600Z
    malformed: x-amz-date is '2015083éT12360Z', allowed are times such as 20150830T123600Z
    malformed: x-amz-date is 'Sun, 30 Aug 2015 12:36:00 GMT', allowed are times such as 20150830T123600Z
    malformed: x-amz-date is '', allowed are times such as 20150830T123600Z
    malformed: SignedHeaders has no x-amz-date, which is needed
    bad_signature: the signature is not that of this request under the secret key
    malformed: x-amz-content-sha256 is 'UNSIGNED-PAYLOAD', allowed is the digest of the body in hex
    malformed: x-amz-content-sha256 is 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', allowed is the digest of the body in hex
    malformed: x-amz-content-sha256 is '', allowed is the digest of the body in hex
    malformed: x-amz-content-sha256 is 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4…', allowed is the digest of the body in hex
    bad_signature: x-amz-content-sha256 is not the digest of the body
    malformed: the request has x-amz-content-sha256 2 times, allowed is once
    malformed: the header 'x-amz-content-sha256' is not signed, and must be where it is there
    ");
}

#[test]
fn methods_and_targets() {
    let there = |method: &str, path: &str, query: &str| {
        let request = SignedRequest::new(method, path).query(query).header("Host", "a").header("X-Amz-Date", DATE);
        said(&request.header("Authorization", authorization()))
    };
    let mut lines: Vec<_> = [
        ("", "/", ""),
        ("POST\n/", "/", ""),
        ("PO ST", "/", ""),
        ("POST", "health", ""),
        ("POST", "/a?b", ""),
        ("POST", "/a#b", ""),
        ("POST", "/", "a=%"),
        ("POST", "/", "a=%4"),
        ("POST", "/", "a=%zz&b"),
        ("POST", "/", "%é"),
        ("POST", "", "&&=&"),
        ("POST", "/../..//\u{0}\n", "%00=%ff"),
    ]
    .map(|(method, path, query)| there(method, path, query))
    .into();
    lines.push(there(&"A".repeat(33), "/", ""));
    lines.push(there("POST", &format!("/{}", "../".repeat(5461)), ""));
    lines.push(there("POST", &format!("/{}", "a".repeat(16384)), ""));
    lines.push(there("POST", "/", &"&".repeat(16385)));
    lines.push(said(&with(authorization()).body(vec![0; (1 << 20) + 1])));
    lines.push(said(&(0..254).fold(with(authorization()), |request, at| request.header(format!("a{at}"), ""))));
    lines.push(said(&with(authorization()).header("a", "b".repeat(1 << 16))));
    insta::assert_snapshot!(lines.join("\n"), @r"
    malformed: the method is '', allowed is that of an HTTP request, such as POST
    malformed: the method is 'POST\n/', allowed is that of an HTTP request, such as POST
    malformed: the method is 'PO ST', allowed is that of an HTTP request, such as POST
    malformed: the path is 'health', allowed is what begins with '/' and ends before '?'
    malformed: the path is '/a?b', allowed is what begins with '/' and ends before '?'
    malformed: the path is '/a#b', allowed is what begins with '/' and ends before '?'
    malformed: the query has 'a=%', allowed are two hex digits behind each '%'
    malformed: the query has 'a=%4', allowed are two hex digits behind each '%'
    malformed: the query has 'a=%zz', allowed are two hex digits behind each '%'
    malformed: the query has '%é', allowed are two hex digits behind each '%'
    bad_signature: the signature is not that of this request under the secret key
    bad_signature: the signature is not that of this request under the secret key
    malformed: the method is 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', allowed is that of an HTTP request, such as POST
    bad_signature: the signature is not that of this request under the secret key
    malformed: the path has 16385 bytes, at most 16384
    malformed: the query has 16385 bytes, at most 16384
    malformed: the body has 1048577 bytes, at most 1048576
    malformed: the request has 257 headers, at most 256
    malformed: the headers have 65798 bytes, at most 65536
    ");
}

/// With HTTP/2 the target comes as a pseudo-header, which sorts before all others.
#[test]
fn authority_stands_for_host() {
    let request = SignedRequest::new("POST", "/").header(":authority", "a").header("X-Amz-Date", DATE);
    let refusal = EXPECTED.check(
        &request.header("Authorization", authorization().replace("host", ":authority")),
        "2015-08-30T12:36:00Z".parse().unwrap(),
    );
    assert_eq!(refusal.unwrap_err().reason, Reason::BadSignature);
}
