//! Bent schemes: `hxxp`, `hXXps`, `h**p`, `meow`, `fxp`.

use std::ops::Range;

use super::{Disguise, Place, Replacement, is_word};

/// Most bytes of a bent scheme.
const SCHEME_BYTES_MAX: usize = 7;

/// Bent schemes that do not follow the pattern of [`bent_http`].
const OTHERS: [(&[u8], &str); 8] = [
    (b"meows", "https"),
    (b"meow", "http"),
    (b"ttps", "https"),
    (b"ttp", "http"),
    (b"fxp", "ftp"),
    (b"f*p", "ftp"),
    (b"fxxp", "ftp"),
    (b"xxp", "http"),
];

/// The rule for a colon: a bent scheme before it, or a scheme with backslashes behind it.
pub(super) fn at_colon(place: &Place<'_>) -> Option<Replacement> {
    let (next, second) = (place.byte(place.at + 1), place.byte(place.at + 2));
    if !matches!(next, b'/' | b'\\' | b'[' | b'(' | b'{') {
        return None;
    }
    let is_backslashed = next == b'\\' && second == b'\\';
    let (end, symbol) = if is_backslashed {
        (place.at + 3, "://")
    } else {
        (place.at + 1, ":")
    };
    match bent_before(place, place.at) {
        Some(bent) => replace(bent, end, symbol),
        None if is_backslashed && has_plain_scheme(place) => {
            Replacement::defanging(place.at..end, symbol)
        }
        None => None,
    }
}

fn has_plain_scheme(place: &Place<'_>) -> bool {
    let before = place.bytes.get(place.floor..place.at).unwrap_or_default();
    let start_of = |scheme: &str| {
        let start = before.len().checked_sub(scheme.len())?;
        let is_scheme = before.get(start..)?.eq_ignore_ascii_case(scheme.as_bytes());
        is_scheme.then_some(place.floor + start)
    };
    let is_bordered = |start: usize| !is_word(place.byte_before(start));
    start_of("http").or_else(|| start_of("https")).is_some()
        || start_of("ftp").is_some_and(is_bordered)
}

/// A bent scheme that ends right before `colon`: where it stands, and what it stands for.
pub(super) fn bent_before(place: &Place<'_>, colon: usize) -> Option<(Range<usize>, &'static str)> {
    let at = |length: usize| {
        let start = colon
            .checked_sub(length)
            .filter(|start| *start >= place.floor)?;
        let word = place.bytes.get(start..colon)?;
        let plain = bent_http(word).or_else(|| other(place, start, word))?;
        Some((start..colon, plain))
    };
    (3..=SCHEME_BYTES_MAX).rev().find_map(at)
}

/// `h`, two or three of the letters people put there, `p` and perhaps `s`; but not `http` itself.
fn bent_http(word: &[u8]) -> Option<&'static str> {
    let [b'h' | b'H', middle @ .., last] = word else {
        return None;
    };
    let is_secure = last.eq_ignore_ascii_case(&b's');
    let middle = match (is_secure, middle, last) {
        (true, [middle @ .., b'p' | b'P'], _) => middle,
        (false, middle, b'p' | b'P') => middle,
        _ => return None,
    };
    let is_filler = |byte: &u8| b"tTxX*_+#zZmMyY-".contains(byte);
    let is_bent = (2..=3).contains(&middle.len())
        && middle.iter().all(is_filler)
        && !middle.eq_ignore_ascii_case(b"tt");
    is_bent.then_some(if is_secure { "https" } else { "http" })
}

/// One of [`OTHERS`], as a word of its own.
fn other(place: &Place<'_>, start: usize, word: &[u8]) -> Option<&'static str> {
    if place.byte_before(start).is_ascii_alphanumeric() {
        return None;
    }
    let is_word = |(bent, _): &&(&[u8], &str)| bent.eq_ignore_ascii_case(word);
    OTHERS.iter().find(is_word).map(|(_, plain)| *plain)
}

/// Replaces a bent scheme and everything up to `end` by the plain scheme and `symbol`.
pub(super) fn replace(
    (bent, plain): (Range<usize>, &'static str),
    end: usize,
    symbol: &'static str,
) -> Option<Replacement> {
    Some(Replacement {
        source: bent.start..end,
        with: [plain, symbol],
        disguise: Disguise::Defanging,
    })
}
