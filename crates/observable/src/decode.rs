//! Text out of bytes of unknown encoding.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are looked at to tell text from binary data and to guess UTF-16.
const SAMPLE_BYTES: usize = 8_192;

/// Text that was decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'b> {
    /// The text, without a byte-order mark. Borrowed if it was UTF-8.
    pub text: Cow<'b, str>,
    /// What it was written in.
    pub encoding: TextEncoding,
    /// Whether some bytes meant nothing in that encoding and became U+FFFD.
    pub had_errors: bool,
}

/// Encodings that [`decode`] tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextEncoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16LittleEndian,
    /// UTF-16, high byte first.
    Utf16BigEndian,
    /// Anything else that is text, read as Windows-1252 (a superset of Latin-1).
    Windows1252,
}

impl TextEncoding {
    /// The name, such as `UTF-16LE`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16LittleEndian => "UTF-16LE",
            Self::Utf16BigEndian => "UTF-16BE",
            Self::Windows1252 => "windows-1252",
        }
    }
}

/// Why bytes were not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A file format that has to be converted first.
    #[error("this is a {0}, not text; convert it to text first")]
    Format(&'static str),
    /// UTF-32, which nothing else here writes.
    #[error("this is UTF-32; save it as UTF-8 first")]
    Utf32,
    /// Binary data.
    #[error("this is binary data, not text: {0}")]
    Binary(&'static str),
}

/// The first bytes of formats that people take for text.
const FORMATS: [(&[u8], &str); 9] = [
    (b"%PDF-", "PDF file"),
    (b"PK\x03\x04", "ZIP archive or Office document"),
    (b"\xd0\xcf\x11\xe0", "Microsoft Office or Outlook file"),
    (b"\x1f\x8b", "gzip file"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (b"\x89PNG", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"MZ\x90\x00", "Windows program"),
    (b"\x7fELF", "Linux program"),
];

/// Turns bytes into text.
///
/// A byte-order mark decides. Without one, UTF-16 is recognised by the zero bytes of its ASCII
/// characters; anything that is valid UTF-8 is that; the rest is read as Windows-1252. Data with a
/// zero byte or more than one control character in ten bytes among its first 8,192 is refused as
/// binary; zero bytes farther in stay in the text.
///
/// # Errors
/// [`DecodeError`] for binary data and for formats that have to be converted first.
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, DecodeError> {
    if bytes.starts_with(b"\xff\xfe\0\0") || bytes.starts_with(b"\0\0\xfe\xff") {
        return Err(DecodeError::Utf32);
    }
    if let Some((encoding, mark_length)) = Encoding::for_bom(bytes) {
        return checked(decoded(
            bytes.get(mark_length..).unwrap_or_default(),
            encoding,
        ));
    }
    if let Some((_, name)) = FORMATS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(DecodeError::Format(name));
    }
    if let Some(encoding) = guess_utf16(bytes) {
        return checked(decoded(bytes, encoding));
    }
    let encoding = if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    };
    checked(decoded(bytes, encoding))
}

fn decoded<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> Decoded<'b> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    let encoding = match encoding {
        _ if encoding == UTF_8 => TextEncoding::Utf8,
        _ if encoding == UTF_16LE => TextEncoding::Utf16LittleEndian,
        _ if encoding == UTF_16BE => TextEncoding::Utf16BigEndian,
        _ => TextEncoding::Windows1252,
    };
    Decoded {
        text,
        encoding,
        had_errors,
    }
}

/// UTF-16 without a mark: of the first bytes, those on one side of the pairs are mostly zero, and
/// none on the other side are.
fn guess_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let (pairs, _) = bytes.get(..SAMPLE_BYTES.min(bytes.len()))?.as_chunks::<2>();
    let high_zeros = pairs.iter().filter(|[first, _]| *first == 0).count();
    let low_zeros = pairs.iter().filter(|[_, second]| *second == 0).count();
    let is_most = |count: usize| count > 0 && count * 10 >= pairs.len() * 4;
    match (high_zeros, low_zeros) {
        (0, zeros) if is_most(zeros) => Some(UTF_16LE),
        (zeros, 0) if is_most(zeros) => Some(UTF_16BE),
        _ => None,
    }
}

/// Refuses text whose beginning has a zero or too many control characters.
fn checked(decoded: Decoded<'_>) -> Result<Decoded<'_>, DecodeError> {
    let sample = decoded.text.as_bytes();
    let sample = sample
        .get(..SAMPLE_BYTES.min(sample.len()))
        .unwrap_or_default();
    if sample.contains(&0) {
        return Err(DecodeError::Binary("it has zero bytes"));
    }
    let is_odd = |byte: &&u8| byte.is_ascii_control() && !b"\t\n\x0b\x0c\r\x1b".contains(byte);
    match sample.iter().filter(is_odd).count() * 10 > sample.len() {
        true => Err(DecodeError::Binary(
            "more than a tenth of it are control characters",
        )),
        false => Ok(decoded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn text_is_decoded() {
        let le = utf16("evil.com\r\nпример", u16::to_le_bytes);
        let be = utf16("evil.com\r\n1.2.3.4", u16::to_be_bytes);
        let marked = [b"\xff\xfe".as_slice(), &le].concat();
        let cases: [(&[u8], &str, TextEncoding, bool); 9] = [
            (b"", "", TextEncoding::Utf8, false),
            (b"evil.com", "evil.com", TextEncoding::Utf8, false),
            (
                b"\xef\xbb\xbfevil.com",
                "evil.com",
                TextEncoding::Utf8,
                false,
            ),
            (
                "münchen.de".as_bytes(),
                "münchen.de",
                TextEncoding::Utf8,
                false,
            ),
            (
                b"m\xfcnchen.de \x93x\x94",
                "münchen.de “x”",
                TextEncoding::Windows1252,
                false,
            ),
            (
                &marked,
                "evil.com\r\nпример",
                TextEncoding::Utf16LittleEndian,
                false,
            ),
            (
                &le,
                "evil.com\r\nпример",
                TextEncoding::Utf16LittleEndian,
                false,
            ),
            (
                &be,
                "evil.com\r\n1.2.3.4",
                TextEncoding::Utf16BigEndian,
                false,
            ),
            (
                b"\xff\xfea\0\x00\xd8",
                "a\u{fffd}",
                TextEncoding::Utf16LittleEndian,
                true,
            ),
        ];
        for (bytes, text, encoding, had_errors) in cases {
            let expected = Decoded {
                text: text.into(),
                encoding,
                had_errors,
            };
            assert_eq!(decode(bytes), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_text_is_refused() {
        let controls = b"\x01\x02\x03abc".repeat(50);
        let cases: [(&[u8], DecodeError); 6] = [
            (b"%PDF-1.7\n", DecodeError::Format("PDF file")),
            (
                b"PK\x03\x04abc",
                DecodeError::Format("ZIP archive or Office document"),
            ),
            (b"\xff\xfe\0\0a\0\0\0", DecodeError::Utf32),
            (b"abc\0def", DecodeError::Binary("it has zero bytes")),
            (b"\0\0\0\0\0\0", DecodeError::Binary("it has zero bytes")),
            (
                &controls,
                DecodeError::Binary("more than a tenth of it are control characters"),
            ),
        ];
        for (bytes, expected) in cases {
            assert_eq!(decode(bytes), Err(expected));
        }
    }

    #[test]
    fn a_zero_byte_far_into_a_log_does_not_refuse_the_log() {
        let bytes = [
            b"a line of a log\n".repeat(1000).as_slice(),
            b"\0evil.com\n",
        ]
        .concat();
        assert!(decode(&bytes).unwrap().text.ends_with("\0evil.com\n"));
    }
}
