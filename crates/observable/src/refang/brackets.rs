//! Brackets around or beside a separator: `[.]`, ` (dot) `, `[://]`, `[.com`, `.]com`.

use super::{Place, Replacement, is_word, scheme};

/// Blanks that may stand on either side of a bracketed separator, and inside it.
const BLANKS_MAX: usize = 2;

/// What may stand between brackets, and what it stands for. Longer ones come first.
const CONTENTS: [(&[u8], &str); 18] = [
    (b"dot", "."),
    (b"d0t", "."),
    (b"at", "@"),
    (b"\\.", "."),
    (b".", "."),
    (b"@", "@"),
    (b"://", "://"),
    (b":\\/\\/", "://"),
    (b":\\\\", "://"),
    (b"//", "//"),
    (b"\\/\\/", "//"),
    (b"\\\\", "//"),
    (b":/", ":/"),
    (b"::", "::"),
    (b":", ":"),
    (b"\\/", "/"),
    (b"/", "/"),
    (b"-", "-"),
];

/// The rule for an opening bracket. `start` is where the change starts if there is no blank before:
/// at the bracket, or at a backslash that escapes it.
pub(super) fn opening(place: &Place<'_>, start: usize) -> Option<Replacement> {
    enclosed(place, start).or_else(|| unclosed(place, start))
}

/// `[.]` and the like, with blanks around it.
fn enclosed(place: &Place<'_>, start: usize) -> Option<Replacement> {
    let opener = place.byte(place.at);
    let (content_start, end, symbol) = content(place, opener)?;
    let is_separator = matches!(symbol, "." | "@");
    if opener == b'<' && !is_separator {
        return None;
    }
    let after = if is_separator {
        skip_blanks(place, end)
    } else {
        end
    };
    let before = if is_separator {
        skip_blanks_back(place, start)
    } else {
        start
    };
    let left = place.byte_before(before);
    let is_joined = match symbol {
        "." | "@" => {
            (is_word(left) || b"])}".contains(&left))
                && (is_word(place.byte(after)) || b"[({\\".contains(&place.byte(after)))
        }
        "-" => is_word(left) && is_word(place.byte(after)),
        // What an address can begin with.
        ":" | "::" if before == 0 => true,
        _ => is_word(left) || b"])}:/*".contains(&left),
    };
    if !is_joined {
        return None;
    }
    debug_assert!(
        content_start > place.at,
        "the content lies inside the brackets"
    );
    if symbol.starts_with(':')
        && let Some(bent) = scheme::bent_before(place, before)
    {
        return scheme::replace(bent, end, symbol);
    }
    Replacement::defanging(before..after, symbol)
}

/// Where the content starts, where the closing bracket ends, and what the content stands for.
fn content(place: &Place<'_>, opener: u8) -> Option<(usize, usize, &'static str)> {
    let is_doubled = place.byte(place.at + 1) == opener;
    let start = skip_blanks(place, place.at + 1 + usize::from(is_doubled));
    let rest = place.bytes.get(start..)?;
    let matches = |content: &[u8]| {
        rest.get(..content.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(content))
    };
    let closes = |(content, symbol): &(&[u8], &'static str)| {
        let end = closed_at(place, skip_blanks(place, start + content.len()), opener)?;
        Some((start, end, *symbol))
    };
    CONTENTS
        .iter()
        .filter(|(content, _)| matches(content))
        .find_map(closes)
        .map(|(start, end, symbol)| {
            let is_closed_twice = is_doubled && closed_at(place, end, opener).is_some();
            (start, end + usize::from(is_closed_twice), symbol)
        })
}

/// Where a closing bracket at `at` ends, a backslash before it included.
fn closed_at(place: &Place<'_>, at: usize, opener: u8) -> Option<usize> {
    let at = at + usize::from(place.byte(at) == b'\\');
    let is_closing = match opener {
        b'<' => place.byte(at) == b'>',
        _ => b"])}".contains(&place.byte(at)),
    };
    is_closing.then_some(at + 1)
}

/// An opening bracket without its partner: `evil[.com`, `user[@evil.com`, `evil.[com`.
fn unclosed(place: &Place<'_>, start: usize) -> Option<Replacement> {
    let next = place.byte(place.at + 1);
    let before = place.byte_before(start);
    if place.byte(place.at) == b'<' {
        return None;
    }
    if matches!(next, b'.' | b'@') && is_word(before) && is_word(place.byte(place.at + 2)) {
        return Replacement::defanging(start..place.at + 1, "");
    }
    let is_after_dot = before == b'.' && start >= 2 && is_word(place.byte(start - 2));
    (is_after_dot && next.is_ascii_alphabetic())
        .then(|| Replacement::defanging(start..place.at + 1, ""))?
}

/// A closing bracket without its partner: `evil.]com`, or `evil].com` after `evil.[`.
pub(super) fn closing(place: &Place<'_>) -> Option<Replacement> {
    let at = place.at;
    let (before, next) = (place.byte_before(at), place.byte(at + 1));
    let is_behind_dot = before == b'.' && at >= 2 && is_word(place.byte(at - 2));
    if is_behind_dot && (next.is_ascii_lowercase() || next.is_ascii_digit()) {
        return Replacement::defanging(at..at + 1, "");
    }
    let is_before_dot =
        next == b'.' && is_word(before) && place.byte(at + 2).is_ascii_alphanumeric();
    (place.is_bracket_open && is_before_dot).then(|| Replacement::defanging(at..at + 1, ""))?
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn skip_blanks(place: &Place<'_>, from: usize) -> usize {
    let blanks = place
        .bytes
        .iter()
        .skip(from)
        .take(BLANKS_MAX)
        .take_while(|byte| is_blank(**byte));
    from + blanks.count()
}

fn skip_blanks_back(place: &Place<'_>, from: usize) -> usize {
    let lowest = place.floor.max(from.saturating_sub(BLANKS_MAX));
    let before = place.bytes.get(lowest..from).unwrap_or_default();
    from - before
        .iter()
        .rev()
        .take_while(|byte| is_blank(**byte))
        .count()
}
