//! Where the scripts of the world put no blanks between words.

/// Scripts that are written without blanks, so that a name can touch the prose around it.
pub(crate) fn is_unspaced(character: char) -> bool {
    matches!(
        character,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{2e80}'..='\u{2fff}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{a4cf}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// Whether a name ends between two characters: at a letter of a script without blanks that touches
/// an ASCII letter or digit.
pub(crate) fn is_script_border(before: char, after: char) -> bool {
    before.is_ascii_alphanumeric() && is_unspaced(after)
        || is_unspaced(before) && after.is_ascii_alphanumeric()
}
