//! Tokens with characters beyond ASCII: internationalised names, and prose around plain names.

use std::ops::Range;

use super::scan::Scanner;
use crate::script::is_script_border;

/// Letters, digits, and the marks that belong to letters.
fn is_name_character(character: char) -> bool {
    let is_mark = matches!(character, '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}');
    character.is_ascii() || character.is_alphanumeric() || is_mark
}

impl Scanner<'_> {
    /// Splits a token at punctuation of other scripts and where scripts meet, and looks at the parts.
    pub(super) fn token_of_other_script(&mut self, span: Range<usize>) {
        let mut part_start = span.start;
        let mut before = None;
        for (offset, character) in self.slice(span.clone()).char_indices() {
            let place = span.start + offset;
            if !is_name_character(character) {
                self.part(part_start..place);
                part_start = place + character.len_utf8();
            } else if before.is_some_and(|before| is_script_border(before, character)) {
                self.part(part_start..place);
                part_start = place;
            }
            before = Some(character);
        }
        self.part(part_start..span.end);
    }

    fn part(&mut self, span: Range<usize>) {
        if span.len() >= 3 {
            self.token(span);
        }
    }
}
