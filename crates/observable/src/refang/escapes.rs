//! Backslashes: `evil\.com`, JSON's `\/` and `\u002e`, Markdown's `\_`.

use super::{Place, Replacement, brackets, is_word};

/// Punctuation that a backslash may escape, and that is part of observables.
const ESCAPED: [(u8, &str); 14] = [
    (b'/', "/"),
    (b':', ":"),
    (b'@', "@"),
    (b'-', "-"),
    (b'_', "_"),
    (b'&', "&"),
    (b'?', "?"),
    (b'=', "="),
    (b'#', "#"),
    (b'%', "%"),
    (b'[', "["),
    (b']', "]"),
    (b'(', "("),
    (b')', ")"),
];

/// ASCII punctuation by its code, for `\u00XX` and numeric entities.
pub(super) fn punctuation(code: u32) -> Option<&'static str> {
    const ALL: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    let byte = u8::try_from(code).ok()?;
    let at = ALL.bytes().position(|known| known == byte)?;
    ALL.get(at..=at)
}

/// The rule for a backslash.
pub(super) fn backslash(place: &Place<'_>) -> Option<Replacement> {
    let (at, next) = (place.at, place.byte(place.at + 1));
    match next {
        b'u' => code_point(place, at + 2, 4).or_else(|| slash(place)),
        b'x' => code_point(place, at + 2, 2).or_else(|| slash(place)),
        b'.' | b'\\' => dots(place).or_else(|| slash(place)),
        b'[' | b'(' | b'{' => {
            let bracket = Place {
                at: at + 1,
                ..*place
            };
            brackets::opening(&bracket, at).or_else(|| escaped(place, next))
        }
        _ => escaped(place, next).or_else(|| slash(place)),
    }
}

/// One or more backslashes before a dot inside a name: `evil\.com`, `evil\\.com`.
fn dots(place: &Place<'_>) -> Option<Replacement> {
    const BACKSLASHES_MAX: usize = 4;
    let run = place
        .bytes
        .iter()
        .skip(place.at)
        .take(BACKSLASHES_MAX)
        .take_while(|byte| **byte == b'\\')
        .count();
    let dot = place.at + run;
    let is_inside = is_word(place.byte_before(place.at)) && is_word(place.byte(dot + 1));
    (place.byte(dot) == b'.' && is_inside)
        .then(|| Replacement::defanging(place.at..dot + 1, "."))?
}

/// A backslash for a slash in a URL whose scheme has backslashes too.
fn slash(place: &Place<'_>) -> Option<Replacement> {
    place
        .has_backslash_scheme
        .then(|| Replacement::defanging(place.at..place.at + 1, "/"))?
}

fn escaped(place: &Place<'_>, next: u8) -> Option<Replacement> {
    let (_, plain) = ESCAPED.iter().find(|(byte, _)| *byte == next)?;
    let is_itself_escaped = place.byte_before(place.at) == b'\\';
    (!is_itself_escaped).then(|| Replacement::encoding(place.at..place.at + 2, plain))?
}

/// `\u002e` or `\x2e`: punctuation by its code.
fn code_point(place: &Place<'_>, from: usize, digits: usize) -> Option<Replacement> {
    let end = from + digits;
    let text = place
        .text
        .get(from..end)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let plain = punctuation(u32::from_str_radix(text, 16).ok()?)?;
    Replacement::encoding(place.at..end, plain)
}
