//! Tokens that start with a digit: numbers, timespans, bare GUIDs, and names such as `7days_ago`.

use super::token::{LiteralKind, TokenKind, is_word_byte};
use super::typed::raw_guid_length;
use crate::constant::timespan_unit;

/// The token at the start of `bytes`, whose first byte is a digit.
pub(super) fn scan(bytes: &[u8]) -> (usize, TokenKind) {
    let literal = |kind| move |length| (length, TokenKind::Literal(kind));
    raw_guid_length(bytes)
        .map(|length| (length, TokenKind::RawGuid))
        .or_else(|| real_length(bytes).map(literal(LiteralKind::Real)))
        .or_else(|| timespan_length(bytes).map(literal(LiteralKind::TimeSpan)))
        .or_else(|| long_length(bytes).map(literal(LiteralKind::Long)))
        .unwrap_or_else(|| (super::token::word_length(bytes), TokenKind::Identifier))
}

fn digits(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

fn from(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}

/// `length`, unless the word goes on after it.
fn ends_word(bytes: &[u8], length: usize) -> Option<usize> {
    (!is_word_byte(byte(bytes, length))).then_some(length)
}

/// `1.5`, `1.`, `1e5`, `1.5e-3`; `1..5` is a range.
fn real_length(bytes: &[u8]) -> Option<usize> {
    let whole = digits(bytes);
    let is_range = byte(bytes, whole + 1) == b'.' && byte(bytes, whole + 2) != b'.';
    if byte(bytes, whole) == b'.' && !is_range {
        let fraction_end = whole + 1 + digits(from(bytes, whole + 1));
        let exponent = exponent_length(from(bytes, fraction_end)).unwrap_or(0);
        return ends_word(bytes, fraction_end + exponent);
    }
    let exponent = exponent_length(from(bytes, whole))?;
    ends_word(bytes, whole + exponent)
}

fn exponent_length(bytes: &[u8]) -> Option<usize> {
    if !matches!(byte(bytes, 0), b'e' | b'E') {
        return None;
    }
    let sign = usize::from(matches!(byte(bytes, 1), b'+' | b'-'));
    let digits = digits(from(bytes, 1 + sign));
    (digits > 0).then_some(1 + sign + digits)
}

/// `1d`, `2.5h`, `10ms`.
fn timespan_length(bytes: &[u8]) -> Option<usize> {
    let mut number = digits(bytes);
    if byte(bytes, number) == b'.' {
        let fraction = digits(from(bytes, number + 1));
        number += if fraction > 0 { fraction + 1 } else { 0 };
    }
    let unit = from(bytes, number)
        .iter()
        .take_while(|&&byte| is_word_byte(byte))
        .count();
    let name = std::str::from_utf8(bytes.get(number..number + unit)?).ok()?;
    timespan_unit(name).map(|_| number + unit)
}

fn long_length(bytes: &[u8]) -> Option<usize> {
    hexadecimal_length(bytes).or_else(|| ends_word(bytes, digits(bytes)))
}

fn hexadecimal_length(bytes: &[u8]) -> Option<usize> {
    if byte(bytes, 0) != b'0' || !matches!(byte(bytes, 1), b'x' | b'X') {
        return None;
    }
    let digits = from(bytes, 2)
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    if digits == 0 {
        return None;
    }
    ends_word(bytes, 2 + digits)
}
