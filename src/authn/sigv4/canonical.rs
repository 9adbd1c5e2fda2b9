//! The canonical request: what every signer and every verifier makes of a request alike.

use super::headers::Headers;
use super::{Refusal, malformed};
use crate::authn::SignedRequest;
use crate::model::Invalid;

const MOST_METHOD: usize = 32;
const MOST_TARGET: usize = 16 * 1024;
const MOST_BODY: usize = 1 << 20;

/// Before any work is done.
pub(super) fn check_bounds(request: &SignedRequest) -> Result<(), Refusal> {
    let sizes = [
        ("path", request.path.len(), MOST_TARGET),
        ("query", request.query.len(), MOST_TARGET),
        ("body", request.body.len(), MOST_BODY),
    ];
    if let Some((what, got, most)) = sizes.into_iter().find(|(_, got, most)| got > most) {
        return Err(malformed(format!("the {what} has {got} bytes, at most {most}")));
    }
    let method = &request.method;
    if method.is_empty() || method.len() > MOST_METHOD || !method.bytes().all(Headers::is_token) {
        let got = Invalid::quote(method);
        return Err(malformed(format!("the method is {got}, allowed is that of an HTTP request, such as POST")));
    }
    let absolute = request.path.is_empty() || request.path.starts_with('/');
    if !absolute || request.path.contains(['?', '#']) {
        let got = Invalid::quote(&request.path);
        return Err(malformed(format!("the path is {got}, allowed is what begins with '/' and ends before '?'")));
    }
    Ok(())
}

/// Method, path, query, headers, their names and the digest of the body, each on lines of its own.
pub(super) fn request(
    request: &SignedRequest,
    headers: &Headers<'_>,
    signed: &[&str],
    digest: &str,
) -> Result<String, Refusal> {
    let mut out = String::with_capacity(1024);
    out.push_str(&request.method);
    out.push('\n');
    write_path(&mut out, &request.path);
    out.push('\n');
    write_query(&mut out, &request.query)?;
    out.push('\n');
    for name in signed {
        write_header(&mut out, name, headers.values(name))?;
    }
    out.push('\n');
    out.push_str(&signed.join(";"));
    out.push('\n');
    out.push_str(digest);
    Ok(out)
}

/// Without dot segments (RFC 3986, section 5.2.4) and empty ones, and encoded once more than it came.
fn write_path(out: &mut String, path: &str) {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    for segment in &segments {
        out.push('/');
        segment.bytes().for_each(|byte| encode(out, byte));
    }
    let ends_in_slash = matches!(path.rsplit('/').next(), Some("" | "." | ".."));
    if segments.is_empty() || ends_in_slash {
        out.push('/');
    }
}

/// Names and values are encoded anew, in one way, and sorted by that.
fn write_query(out: &mut String, query: &str) -> Result<(), Refusal> {
    let mut parameters = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let Some(encoded) = encoded_anew(name).zip(encoded_anew(value)) else {
            let got = Invalid::quote(parameter);
            return Err(malformed(format!("the query has {got}, allowed are two hex digits behind each '%'")));
        };
        parameters.push(encoded);
    }
    parameters.sort_unstable();
    for (at, (name, value)) in parameters.iter().enumerate() {
        if at > 0 {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    Ok(())
}

/// A plus sign is a plus sign: SDKs of AWS write a space as `%20`.
fn encoded_anew(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' { hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)? } else { byte };
        encode(&mut out, byte);
    }
    Some(out)
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| value.try_into().ok())
}

/// As it is when it is unreserved (RFC 3986, section 2.3), else `%` and two digits in upper case.
fn encode(out: &mut String, byte: u8) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        out.push(char::from(byte));
        return;
    }
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or_default();
    out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
}

/// Values are trimmed, their inner spaces collapsed, and joined by commas.
fn write_header(out: &mut String, name: &str, values: &[&str]) -> Result<(), Refusal> {
    out.push_str(name);
    for (at, value) in values.iter().enumerate() {
        // A line end would let a value pass for a header of its own.
        if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(malformed(format!("the header {name} has a control character, allowed is none")));
        }
        out.push(if at == 0 { ':' } else { ',' });
        for (at, word) in value.split([' ', '\t']).filter(|word| !word.is_empty()).enumerate() {
            if at > 0 {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    out.push('\n');
    Ok(())
}
