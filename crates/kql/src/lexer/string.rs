//! String literals: finding their end, and reading their value.
//!
//! Source: "The string data type", learn.microsoft.com/kusto/query/scalar-data-types/string.

use std::borrow::Cow;

use super::trivia::is_line_end;
use crate::span::Span;

/// How a string literal is written, after its `h` and `@`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// `"…"` or `'…'` with backslash escapes, on one line.
    Escaped(u8),
    /// `@"…"` or `@'…'`: backslashes stand for themselves, the quote is doubled; on one line.
    Verbatim(u8),
    /// ```` ```…``` ```` or `~~~…~~~`: everything stands for itself.
    MultiLine(&'static str),
}

impl Quoting {
    /// What ends the literal, for messages.
    pub(super) fn closing(self) -> String {
        match self {
            Self::Escaped(quote) | Self::Verbatim(quote) => format!("`{}`", char::from(quote)),
            Self::MultiLine(quote) => quote.to_owned(),
        }
    }
}

/// A string literal that was found in a text.
#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) quoting: Quoting,
    /// Offset after the closing quote, or after the last character before the line end.
    pub(super) end: usize,
    pub(super) terminated: bool,
    pub(super) invalid_escapes: Vec<Span>,
}

/// The string literal whose `@` or quote stands at `start`; `None` when none does.
pub(super) fn scan(text: &str, start: usize) -> Option<Scanned> {
    let (quoting, content) = opening(text.as_bytes(), start)?;
    Some(match quoting {
        Quoting::Escaped(quote) => scan_escaped(text, content, quote),
        Quoting::Verbatim(quote) => scan_verbatim(text, content, quote),
        Quoting::MultiLine(quote) => scan_multi_line(text, content, quote),
    })
}

/// The quoting at `start` and where the content begins.
fn opening(bytes: &[u8], start: usize) -> Option<(Quoting, usize)> {
    let verbatim = bytes.get(start) == Some(&b'@');
    let at = start + usize::from(verbatim);
    match bytes.get(at)? {
        quote @ (b'"' | b'\'') if verbatim => Some((Quoting::Verbatim(*quote), at + 1)),
        quote @ (b'"' | b'\'') => Some((Quoting::Escaped(*quote), at + 1)),
        b'`' if bytes.get(at..)?.starts_with(b"```") => Some((Quoting::MultiLine("```"), at + 3)),
        b'~' if bytes.get(at..)?.starts_with(b"~~~") => Some((Quoting::MultiLine("~~~"), at + 3)),
        _ => None,
    }
}

fn scan_multi_line(text: &str, content: usize, quote: &'static str) -> Scanned {
    let found = text.get(content..).and_then(|rest| rest.find(quote));
    Scanned {
        quoting: Quoting::MultiLine(quote),
        end: found.map_or(text.len(), |at| content + at + quote.len()),
        terminated: found.is_some(),
        invalid_escapes: Vec::new(),
    }
}

/// Whether a line end starts at `at`: `\n`, `\r`, U+2028 or U+2029.
fn line_ends_at(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        Some(b'\n' | b'\r') => true,
        Some(0xe2) => matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xa8 | 0xa9])),
        _ => false,
    }
}

fn scan_verbatim(text: &str, content: usize, quote: u8) -> Scanned {
    let bytes = text.as_bytes();
    let mut at = content;
    let scanned = |end, terminated| Scanned {
        quoting: Quoting::Verbatim(quote),
        end,
        terminated,
        invalid_escapes: Vec::new(),
    };
    while let Some(&byte) = bytes.get(at) {
        if byte == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return scanned(at + 1, true);
            }
            at += 1;
        } else if line_ends_at(bytes, at) {
            break;
        }
        at += 1;
    }
    scanned(at, false)
}

fn scan_escaped(text: &str, content: usize, quote: u8) -> Scanned {
    let bytes = text.as_bytes();
    let mut at = content;
    let mut invalid_escapes = Vec::new();
    let mut terminated = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => match escape_length(bytes.get(at..).unwrap_or_default()) {
                Some(length) => at += length,
                None => {
                    let span = invalid_escape_span(text, at);
                    at = span.end;
                    invalid_escapes.push(span);
                }
            },
            _ if byte == quote => {
                terminated = true;
                at += 1;
                break;
            }
            b'\n' | b'\r' | 0xe2 if line_ends_at(bytes, at) => break,
            _ => at += 1,
        }
    }
    Scanned {
        quoting: Quoting::Escaped(quote),
        end: at,
        terminated,
        invalid_escapes,
    }
}

/// The backslash and the character after it, unless that ends the line.
fn invalid_escape_span(text: &str, at: usize) -> Span {
    let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
    let length = next
        .filter(|&character| !is_line_end(character))
        .map_or(0, char::len_utf8);
    Span::new(at, at + 1 + length)
}

/// The length of the escape sequence at the start of `bytes`, backslash included; `None` when there is no such escape.
fn escape_length(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'\\' | b'\'' | b'"' | b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' => Some(2),
        b'x' => hexadecimal(bytes, 2).map(|_| 4),
        b'u' => hexadecimal(bytes, 4).map(|_| 6),
        b'U' => hexadecimal(bytes, 8)
            .filter(|&code| code <= 0x0010_ffff)
            .map(|_| 10),
        b'0'..=b'7' => Some(1 + octal_digits(bytes)),
        _ => None,
    }
}

/// The value of the `digits` hexadecimal digits after the first two bytes.
fn hexadecimal(bytes: &[u8], digits: usize) -> Option<u32> {
    let text = bytes.get(2..2 + digits)?;
    text.iter().try_fold(0, |value: u32, &byte| {
        Some(value << 4 | char::from(byte).to_digit(16)?)
    })
}

/// One to three digits; three only up to `\377`.
fn octal_digits(bytes: &[u8]) -> usize {
    let is_octal = |at: usize| matches!(bytes.get(at), Some(b'0'..=b'7'));
    match (
        is_octal(2),
        is_octal(3) && bytes.get(1).is_some_and(|first| *first <= b'3'),
    ) {
        (true, true) => 3,
        (true, false) => 2,
        _ => 1,
    }
}

/// The value of a string literal as written, with its `h`, `@` and quotes.
///
/// What the lexer has complained about is read as far as it goes.
pub(crate) fn decode(literal: &str) -> Cow<'_, str> {
    let bytes = literal.as_bytes();
    let start = usize::from(matches!(bytes.first(), Some(b'h' | b'H')));
    let Some((quoting, content)) = opening(bytes, start) else {
        return Cow::Borrowed(literal);
    };
    let inner = literal.get(content..).unwrap_or_default();
    match quoting {
        Quoting::MultiLine(quote) => Cow::Borrowed(inner.strip_suffix(quote).unwrap_or(inner)),
        Quoting::Verbatim(quote) => undouble(strip_quote(inner, quote), quote),
        Quoting::Escaped(quote) => unescape(strip_quote(inner, quote)),
    }
}

fn strip_quote(inner: &str, quote: u8) -> &str {
    inner.strip_suffix(char::from(quote)).unwrap_or(inner)
}

fn undouble(inner: &str, quote: u8) -> Cow<'_, str> {
    let (double, single) = if quote == b'"' {
        ("\"\"", "\"")
    } else {
        ("''", "'")
    };
    if inner.contains(double) {
        Cow::Owned(inner.replace(double, single))
    } else {
        Cow::Borrowed(inner)
    }
}

fn unescape(inner: &str) -> Cow<'_, str> {
    let Some(first) = inner.find('\\') else {
        return Cow::Borrowed(inner);
    };
    let mut value = String::with_capacity(inner.len());
    let mut rest = inner;
    let mut next = Some(first);
    while let Some(at) = next {
        value.push_str(rest.get(..at).unwrap_or_default());
        rest = unescape_one(rest.get(at..).unwrap_or_default(), &mut value);
        next = rest.find('\\');
    }
    value.push_str(rest);
    Cow::Owned(value)
}

/// Adds the value of the escape sequence at the start of `text` to `value` and returns what follows it.
fn unescape_one<'a>(text: &'a str, value: &mut String) -> &'a str {
    let bytes = text.as_bytes();
    let Some(length) = escape_length(bytes) else {
        value.push('\\');
        return text.get(1..).unwrap_or_default();
    };
    let code = escape_code(bytes, length);
    let (code, length) = join_surrogates(bytes, code, length);
    value.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    text.get(length..).unwrap_or_default()
}

fn escape_code(bytes: &[u8], length: usize) -> u32 {
    match bytes.get(1) {
        Some(b'a') => 0x07,
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        Some(b'n') => 0x0a,
        Some(b'r') => 0x0d,
        Some(b't') => 0x09,
        Some(b'v') => 0x0b,
        Some(b'x' | b'u' | b'U') => hexadecimal(bytes, length - 2).unwrap_or_default(),
        Some(b'0'..=b'7') => bytes
            .iter()
            .take(length)
            .skip(1)
            .fold(0, |value, &digit| value << 3 | u32::from(digit - b'0')),
        Some(&byte) => u32::from(byte),
        None => 0,
    }
}

/// `\ud83d\ude00` is one character in two escapes.
fn join_surrogates(bytes: &[u8], code: u32, length: usize) -> (u32, usize) {
    let low = bytes
        .get(length..)
        .filter(|rest| rest.starts_with(b"\\u"))
        .and_then(|rest| hexadecimal(rest, 4));
    match (code, low) {
        (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => (
            0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00),
            length + 6,
        ),
        _ => (code, length),
    }
}
