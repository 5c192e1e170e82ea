//! Invisible characters, and characters of other scripts that look like the dot or the at sign.

use super::{Place, Replacement};

/// The rule for a character beyond ASCII.
pub(super) fn character(place: &Place<'_>) -> Option<Replacement> {
    let found = place.text.get(place.at..)?.chars().next()?;
    let source = place.at..place.at + found.len_utf8();
    match found {
        _ if is_invisible(found) => Replacement::encoding(source, ""),
        // One dot leader, small full stop, fullwidth full stop.
        '\u{2024}' | '\u{fe52}' | '\u{ff0e}' => Replacement::defanging(source, "."),
        // Fullwidth and small commercial at.
        '\u{ff20}' | '\u{fe6b}' => Replacement::defanging(source, "@"),
        _ => None,
    }
}

/// Soft hyphen, zero-width characters, marks of writing direction, byte-order mark.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}
