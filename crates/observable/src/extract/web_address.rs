//! URLs in running text: where they start, and where they end.

use std::ops::Range;

use super::scan::Scanner;
use super::token::Candidate;
use crate::file_name::is_rather_a_file;
use crate::recognise::as_address;
use crate::script::{is_script_border, is_unspaced};
use crate::{DomainName, Observable, Url, ip};

/// Schemes that may follow other letters without a border (`\nhttp://`), and those that may not
/// (`ws` in `news://`).
const OPEN_SCHEMES: [&str; 2] = ["https", "http"];
const BORDERED_SCHEMES: [&str; 3] = ["ftp", "wss", "ws"];

/// Transport protocols, which some write behind an address and a slash.
const PROTOCOLS: [&str; 3] = ["tcp", "udp", "icmp"];

impl Scanner<'_> {
    /// Where a URL starts whose scheme the token from `start` ends with.
    pub(super) fn url_at_token_end(&self, start: usize) -> Option<usize> {
        let has_colon = self.byte_before(self.at) == Some(b':');
        let follows = self
            .bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(b"//"));
        if !has_colon || !follows {
            return None;
        }
        let word = self.slice(start..self.at - 1);
        let open = OPEN_SCHEMES
            .into_iter()
            .find(|scheme| ends_with(word, scheme));
        let bordered = || {
            BORDERED_SCHEMES
                .into_iter()
                .find(|scheme| ends_with_word(word, scheme))
        };
        open.or_else(bordered)
            .map(|scheme| self.at - 1 - scheme.len())
    }

    /// Looks at a URL whose scheme starts at `start`; `at` is behind its colon.
    pub(super) fn web_address(&mut self, start: usize) {
        let authority = self.at + 2;
        let end = self.url_end(start, authority);
        self.at = end.max(authority);
        let span = start..end;
        if span.end <= authority {
            return;
        }
        let outcome = Url::parse(self.slice(span.clone())).map(Observable::Url);
        self.push(span, outcome);
    }

    /// Looks for a path behind a host without scheme; whether host and path were taken as a URL.
    pub(super) fn url_without_scheme(&mut self, candidate: &Candidate) -> bool {
        let Some(slash) = candidate.tail.filter(|tail| self.byte(*tail) == Some(b'/')) else {
            return false;
        };
        let start = candidate.span.start;
        // Behind a scheme that is none of ours, only the host is of use.
        if self.slice(start.saturating_sub(3)..start) == "://" {
            return false;
        }
        let end = self.url_end(start, slash);
        let path = self.slice(slash + 1..end.max(slash + 1));
        if path.trim_matches('/').is_empty()
            || PROTOCOLS
                .iter()
                .any(|protocol| protocol.eq_ignore_ascii_case(path))
        {
            return false;
        }
        if is_host(path) {
            self.listed_at = Some(slash + 1);
            return false;
        }
        let text = self.slice(start..end);
        // `1.2.3.4/24.5` is a malformed network for whoever reads it alone.
        let outcome = as_address(text).unwrap_or_else(|| Url::parse(text).map(Observable::Url));
        self.push(start..end, outcome);
        // Also behind what was refused, so that nothing is read twice.
        self.at = self.at.max(end);
        true
    }

    /// Where the URL ends that starts at `start`, looked for from `from` on.
    pub(super) fn url_end(&self, start: usize, from: usize) -> usize {
        let before = self.byte_before(start);
        let is_quoted = before == Some(b'\'');
        let is_field = start == self.line_start || before == Some(b',');
        let ends_at_semicolon = before == Some(b';');
        let mut brackets = Brackets::default();
        let mut has_slash = false;
        let mut at = from;
        while let Some(byte) = self.byte(at) {
            has_slash |= byte == b'/';
            let ends = match byte {
                0..=b' ' | 0x7f | b'"' | b'<' | b'>' | b'`' | b'|' | b'^' | b'\\' => true,
                b'\'' => is_quoted,
                b',' => is_field || self.is_scheme_at(at + 1),
                b';' => ends_at_semicolon || self.is_scheme_at(at + 1),
                b'(' | b'[' | b'{' | b')' | b']' | b'}' => !brackets.accept(byte),
                0x80.. => self.is_prose_at(at, from, has_slash),
                _ => false,
            };
            if ends {
                break;
            }
            at += 1;
        }
        self.without_trailing_punctuation(from..at)
    }

    fn without_trailing_punctuation(&self, span: Range<usize>) -> usize {
        const TRAILING: &[char] = &[
            '.', ',', ';', ':', '!', '?', '\'', '*', '@', '(', '[', '{', '…',
        ];
        span.start + self.slice(span.clone()).trim_end_matches(TRAILING).len()
    }

    fn is_scheme_at(&self, at: usize) -> bool {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let starts_with = |scheme: &str| {
            let (name, mark) = (rest.get(..scheme.len()), rest.get(scheme.len()..));
            name.is_some_and(|name| name.eq_ignore_ascii_case(scheme.as_bytes()))
                && mark.is_some_and(|mark| mark.starts_with(b"://"))
        };
        OPEN_SCHEMES
            .into_iter()
            .chain(BORDERED_SCHEMES)
            .any(starts_with)
    }

    /// Whether a character beyond ASCII is not a part of the URL: punctuation of other scripts, or a
    /// letter of a script without blanks that touches ASCII or stands behind the host.
    fn is_prose_at(&self, at: usize, from: usize, has_slash: bool) -> bool {
        let Some(character) = self.text.get(at..).and_then(|rest| rest.chars().next()) else {
            return false;
        };
        let is_punctuation = matches!(
            character,
            '\u{a0}' | '«' | '»' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff1f}'
        );
        let before = self.slice(from..at).chars().next_back();
        let is_behind_host = is_unspaced(character) && has_slash;
        is_punctuation
            || is_behind_host
            || before.is_some_and(|before| is_script_border(before, character))
    }
}

fn ends_with(word: &str, scheme: &str) -> bool {
    let start = word.len().checked_sub(scheme.len());
    start
        .and_then(|start| word.get(start..))
        .is_some_and(|end| end.eq_ignore_ascii_case(scheme))
}

fn ends_with_word(word: &str, scheme: &str) -> bool {
    let before = word
        .len()
        .checked_sub(scheme.len() + 1)
        .and_then(|before| word.as_bytes().get(before));
    ends_with(word, scheme) && before.is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// Whether what follows a slash is another host rather than a path.
fn is_host(path: &str) -> bool {
    let is_short_name = path.len() <= 253 && !path.contains(['/', '?', '#', '=']);
    is_short_name
        && (ip::parse_v4(path).is_ok()
            || !is_rather_a_file(path) && DomainName::parse(path).is_ok())
}

/// Brackets that a URL opened and did not close yet.
#[derive(Default)]
struct Brackets {
    round: u32,
    square: u32,
    curly: u32,
}

impl Brackets {
    /// Counts a bracket; false for a closing one that was not opened.
    fn accept(&mut self, bracket: u8) -> bool {
        let count = match bracket {
            b'(' | b')' => &mut self.round,
            b'[' | b']' => &mut self.square,
            _ => &mut self.curly,
        };
        let next = match bracket {
            b'(' | b'[' | b'{' => Some(count.saturating_add(1)),
            _ => count.checked_sub(1),
        };
        *count = next.unwrap_or(0);
        next.is_some()
    }
}
