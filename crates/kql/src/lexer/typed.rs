//! Typed literals such as `datetime(…)`, which are one token, booleans, and bare GUIDs.

use super::keyword::Keyword;
use super::token::LiteralKind;
use super::trivia::is_line_end;

/// The type of the literal that starts with `keyword`, if the bracket follows at once.
pub(super) fn literal_kind(
    keyword: Keyword,
    bytes: &[u8],
    keyword_length: usize,
) -> Option<LiteralKind> {
    if bytes.get(keyword_length) != Some(&b'(') {
        return None;
    }
    Some(match keyword {
        Keyword::Long | Keyword::Int64 => LiteralKind::Long,
        Keyword::Int | Keyword::Int32 => LiteralKind::Int,
        Keyword::Real | Keyword::Double => LiteralKind::Real,
        Keyword::Decimal => LiteralKind::Decimal,
        Keyword::Bool => LiteralKind::Bool,
        Keyword::DateTime | Keyword::Date => LiteralKind::DateTime,
        Keyword::TimeSpan | Keyword::Time => LiteralKind::TimeSpan,
        Keyword::Guid => LiteralKind::Guid,
        _ => return None,
    })
}

/// The length of `(…)` at the start of `rest`, and whether it is closed on its line.
pub(super) fn scan_body(rest: &str) -> (usize, bool) {
    let end = rest
        .find(|character| character == ')' || is_line_end(character))
        .unwrap_or(rest.len());
    let closed = rest.as_bytes().get(end) == Some(&b')');
    (end + usize::from(closed), closed)
}

pub(super) fn is_boolean(word: &[u8]) -> bool {
    matches!(
        word,
        b"true" | b"True" | b"TRUE" | b"false" | b"False" | b"FALSE"
    )
}

const GUID_LENGTH: usize = 36;

/// The length of a GUID in its usual form at the start of `bytes`.
pub(super) fn raw_guid_length(bytes: &[u8]) -> Option<usize> {
    let candidate = bytes.get(..GUID_LENGTH)?;
    let fits = candidate.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    fits.then_some(GUID_LENGTH)
}
