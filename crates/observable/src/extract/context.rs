//! What stands before a candidate, and what it says about it.

use std::ops::Range;

use super::scan::Scanner;

/// Blanks and punctuation that may stand between a word and the number it announces.
const GAP_BYTES_MAX: usize = 6;

/// Longest word that is looked at.
const WORD_BYTES_MAX: usize = 24;

/// Words that announce a version or a section. A word that ends in `Version` does too.
const VERSION_WORDS: [&str; 27] = [
    "appendix",
    "build",
    "chapter",
    "clause",
    "fig",
    "figure",
    "fileversion",
    "firmware",
    "oid",
    "paragraph",
    "productversion",
    "rel",
    "release",
    "releases",
    "rev",
    "revision",
    "sec",
    "section",
    "sections",
    "subversion",
    "table",
    "v",
    "ver",
    "vers",
    "version",
    "versions",
    "§",
];

/// What may stand between the version numbers of an enumeration.
const ENUMERATION_BYTES_MAX: usize = 12;

impl Scanner<'_> {
    /// Whether a dotted quad is the number of a version or section, by what stands before it.
    pub(super) fn is_version(&self, span: &Range<usize>) -> bool {
        if self.is_defanged(span) || self.listed_at == Some(span.start) {
            return false;
        }
        let is_object_identifier = self.byte_before(span.start) == Some(b'.');
        is_object_identifier
            || self.is_after_product_slash(span.start)
            || self.is_after_word(span.start, is_version_word)
            || self.is_after_version(span.start)
    }

    /// `Chrome/1.2.3.4`.
    fn is_after_product_slash(&self, start: usize) -> bool {
        let is_slash = self.byte_before(start) == Some(b'/');
        is_slash
            && self
                .byte_before(start - 1)
                .is_some_and(|byte| byte.is_ascii_alphabetic())
    }

    /// Whether the word before `start`, on the same line, is one that `is_wanted` accepts.
    pub(super) fn is_after_word(&self, start: usize, is_wanted: fn(&str) -> bool) -> bool {
        let line_start = self.line_start.min(start);
        let before = self.slice(
            self.floor_boundary(
                line_start.max(start.saturating_sub(GAP_BYTES_MAX + WORD_BYTES_MAX)),
            )..start,
        );
        let is_gap = |character: char| {
            matches!(
                character,
                ' ' | '\t' | ':' | '=' | '"' | '\'' | '(' | '.' | '#'
            )
        };
        let end = before.trim_end_matches(is_gap);
        if before.len() - end.len() > GAP_BYTES_MAX {
            return false;
        }
        let is_letter = |character: char| character.is_alphabetic() || character == '§';
        let word_start = end.trim_end_matches(is_letter).len();
        end.get(word_start..)
            .is_some_and(|word| !word.is_empty() && is_wanted(word))
    }

    fn floor_boundary(&self, at: usize) -> usize {
        self.text.floor_char_boundary(at)
    }

    /// Whether only a comma, `and`, `to` and the like lie between a version number and `start`.
    fn is_after_version(&self, start: usize) -> bool {
        let Some(end) = self.version_end.filter(|end| *end <= start) else {
            return false;
        };
        if start - end > ENUMERATION_BYTES_MAX {
            return false;
        }
        let is_connector =
            |word: &str| matches!(word, "" | "and" | "or" | "to" | "through" | "-" | "&");
        let mut words = self.slice(end..start).split([' ', ',', ';', '/']);
        words.all(is_connector)
    }

    /// Whether a host or name is a part of a path in a file system, by what stands before it.
    pub(super) fn is_part_of_path(&self, span: &Range<usize>) -> bool {
        if self.listed_at == Some(span.start) || self.is_defanged(span) {
            return false;
        }
        match self.byte_before(span.start) {
            Some(b'\\') => !self.is_host_of_share(span.start),
            Some(b'/') => self.is_behind_path_slash(span),
            _ => false,
        }
    }

    /// `\\host`, also with its backslashes doubled: two or more of them behind a delimiter.
    fn is_host_of_share(&self, start: usize) -> bool {
        let run = self.run_before(start, b'\\');
        run >= 2 && self.is_delimited(start - run)
    }

    fn is_behind_path_slash(&self, span: &Range<usize>) -> bool {
        let run = self.run_before(span.start, b'/');
        let before = span.start - run;
        let is_number = self
            .byte(span.start)
            .is_some_and(|byte| byte.is_ascii_digit());
        // Java prints `host/1.2.3.4` and `/1.2.3.4`; a version was ruled out before.
        run == 1
            && !(is_number
                && (self.is_delimited(before)
                    || self
                        .byte_before(before)
                        .is_some_and(|byte| byte.is_ascii_digit())))
    }

    /// How many bytes `byte` stand right before `start`; at most four are counted.
    fn run_before(&self, start: usize, byte: u8) -> usize {
        let before = self
            .bytes
            .get(start.saturating_sub(4)..start)
            .unwrap_or_default();
        before
            .iter()
            .rev()
            .take_while(|found| **found == byte)
            .count()
    }

    fn is_delimited(&self, at: usize) -> bool {
        self.byte_before(at)
            .is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'`<>()[]{}=,;|".contains(&byte))
    }

    /// Whether the backslash at `at` stands in a path that began with a drive, a share, a variable or
    /// a hive of the registry.
    pub(super) fn is_inside_path(&mut self, at: usize) -> bool {
        let start = self.path_start(at);
        match self.bytes.get(start..at).unwrap_or_default() {
            [b'\\', b'\\', ..] | [b'%' | b'$', ..] | [b'H', b'K', ..] => true,
            [drive, b':', ..] => drive.is_ascii_alphabetic(),
            _ => false,
        }
    }

    /// Where the path starts that reaches to `at`, if there is one. Remembers what it looked at, since
    /// a path can be long and asked for at each of its parts.
    fn path_start(&mut self, at: usize) -> usize {
        let known = self.path_looked_at.clone();
        let between = self.bytes.get(known.end..at).unwrap_or_default();
        let is_border = |byte: &u8| byte.is_ascii_whitespace() || b"\"'<>|,;()".contains(byte);
        let border = between.iter().rposition(is_border);
        let start = border.map_or(known.start, |border| known.end + border + 1);
        self.path_looked_at = start..at.max(known.end);
        start
    }

    /// Whether an address stands in a header that names messages (RFC 5322, section 3.6.4).
    pub(super) fn is_message_id(&self, span: &Range<usize>) -> bool {
        const HEADERS: [&str; 4] = ["message-id:", "in-reply-to:", "references:", "content-id:"];
        let line = self.slice(self.line_start.min(span.start)..span.start);
        let names_messages = |header: &str| {
            line.get(..header.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(header))
        };
        HEADERS.into_iter().any(names_messages)
    }
}

fn is_version_word(word: &str) -> bool {
    // `FileVersion`, but not `conversion`.
    word.ends_with("Version") || VERSION_WORDS.contains(&word.to_lowercase().as_str())
}
