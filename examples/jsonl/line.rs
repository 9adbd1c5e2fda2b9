//! Lines of bounded length.

use std::io::{self, BufRead};

/// The longest line taken. A longer one is read to its end and forgotten.
const MOST_BYTES: usize = 16 << 20;

/// The next line without its end; `None` at the end of input, and an error in words for one that is too long.
pub(crate) fn read(input: &mut impl BufRead) -> io::Result<Option<Result<Vec<u8>, String>>> {
    let mut line = Vec::new();
    let mut len = 0;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() && len == 0 {
            return Ok(None);
        }
        let end = chunk.iter().position(|&byte| byte == b'\n');
        let part = chunk.split(|&byte| byte == b'\n').next().unwrap_or_default();
        len += part.len();
        if len <= MOST_BYTES {
            line.extend_from_slice(part);
        } else {
            line = Vec::new();
        }
        let at_end_of_input = chunk.is_empty();
        let taken = end.map_or(chunk.len(), |end| end + 1);
        input.consume(taken);
        if end.is_some() || at_end_of_input {
            let too_long = || format!("the line is {len} bytes, at most {MOST_BYTES}");
            return Ok(Some(if len <= MOST_BYTES { Ok(line) } else { Err(too_long()) }));
        }
    }
}
