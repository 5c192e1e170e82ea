//! Reading compressed texts. Writing them is refused: the service's compressor makes other bytes than any that is known to us.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::{GzDecoder, ZlibDecoder};

use super::arguments::Arguments;
use super::rowwise::{self, Cell, Unsupported};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};

const DEFAULT: ResultName = ResultName::Default;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("gzip_decompress_from_base64_string", 1..=1, DEFAULT, gzip),
    function("zlib_decompress_from_base64_string", 1..=1, DEFAULT, zlib),
];

type Call = Result<Bound, CallError>;

/// Longest text that is unpacked, in bytes: a few bytes can stand for gigabytes.
const BYTES_MAX: u64 = 16 << 20;

fn decompress(
    context: &CallContext<'_>,
    name: &'static str,
    arguments: Vec<Bound>,
    read: fn(&[u8], &mut Vec<u8>) -> std::io::Result<usize>,
) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(rowwise::text(context, name, inputs, move |row| {
        unpacked(row.text(0), read)
    }))
}

/// The text; none for what is not Base64 or not compressed.
fn unpacked(text: &str, read: fn(&[u8], &mut Vec<u8>) -> std::io::Result<usize>) -> Cell<String> {
    let Ok(packed) = STANDARD.decode(text) else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    if read(&packed, &mut bytes).is_err() {
        return Ok(None);
    }
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Unsupported::new("so long a text"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Unsupported::new("bytes that are not UTF-8")),
    }
}

/// `gzip_decompress_from_base64_string(text)`: empty for what is not Base64 of gzip (RFC 1952).
///
/// Source: learn.microsoft.com/kusto/query/gzip-base64-decompress.
fn gzip(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let name = "gzip_decompress_from_base64_string";
    decompress(context, name, arguments, |packed, bytes| {
        GzDecoder::new(packed)
            .take(BYTES_MAX + 1)
            .read_to_end(bytes)
    })
}

/// `zlib_decompress_from_base64_string(text)`: empty for what is not Base64 of zlib (RFC 1950).
///
/// Source: learn.microsoft.com/kusto/query/zlib-base64-decompress-function.
fn zlib(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let name = "zlib_decompress_from_base64_string";
    decompress(context, name, arguments, |packed, bytes| {
        ZlibDecoder::new(packed)
            .take(BYTES_MAX + 1)
            .read_to_end(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, eval, text};
    use super::*;

    fn zlib_of(bytes: &[u8]) -> String {
        let mut packed = Vec::new();
        let mut encoder = flate2::read::ZlibEncoder::new(bytes, flate2::Compression::best());
        encoder.read_to_end(&mut packed).unwrap();
        STANDARD.encode(packed)
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let gzip = "H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==";
        for (name, argument, expected) in [
            ("gzip_decompress_from_base64_string", gzip, "hello"),
            ("gzip_decompress_from_base64_string", "aGVsbG8=", ""),
            ("gzip_decompress_from_base64_string", "?", ""),
            (
                "zlib_decompress_from_base64_string",
                &zlib_of(b"hello"),
                "hello",
            ),
            ("zlib_decompress_from_base64_string", "", ""),
        ] {
            check(name, &[(&[text(argument)], text(expected))]);
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = zlib_of(&vec![b'a'; 64 << 20]);
        let result = eval("zlib_decompress_from_base64_string", &[text(&bomb)]);
        assert_eq!(result, Err("not folded".to_owned()));
    }
}
