//! What a token is: an e-mail address, something with colons, or a single candidate.

use std::ops::Range;

use super::name::is_domain_like;
use super::scan::Scanner;
use crate::Reason;
use crate::recognise::is_port;

/// Longest token that is looked at as a whole: a name of 253 bytes, a local part of 64, a label, a port.
/// Longer ones are only searched for hashes.
const TOKEN_BYTES_MAX: usize = 1_024;

/// One candidate inside a token.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) span: Range<usize>,
    pub(super) port: Option<u16>,
    /// Where the token goes on behind candidate and port, if it ends there: a path may follow.
    pub(super) tail: Option<usize>,
}

impl Scanner<'_> {
    /// Looks at a token of ASCII characters, or of one script.
    pub(super) fn token(&mut self, span: Range<usize>) {
        let span = self.without_escape_remains(span);
        let text = self.slice(span.clone());
        if span.len() > TOKEN_BYTES_MAX {
            return self.oversized_token(&span, text);
        }
        match text.contains('@') {
            true => self.token_with_at(span),
            false => self.token_without_at(span),
        }
    }

    /// A token too long for anything but hashes; refused if it could have held names.
    fn oversized_token(&mut self, span: &Range<usize>, text: &str) {
        let is_any = self.hashes(span);
        if !is_any && text.contains(['.', '@']) {
            let reason = Reason::TooLong {
                bytes: text.len(),
                bytes_max: TOKEN_BYTES_MAX,
            };
            self.refuse(span.clone(), reason);
        }
    }

    /// Drops what is left of an escape before a token: `20` of `%20evil.com`, `n` of `\nevil.com`.
    ///
    /// `\n`, `\r` and `\t` are escapes unless they stand in a path (`C:\new.com`).
    fn without_escape_remains(&mut self, span: Range<usize>) -> Range<usize> {
        match self.byte_before(span.start) {
            Some(b'%')
                if span.len() > 2 && self.is_hex(span.start) && self.is_hex(span.start + 1) =>
            {
                span.start + 2..span.end
            }
            Some(b'\\') if self.is_escape_letter(span.start) => span.start + 1..span.end,
            _ => span,
        }
    }

    fn is_hex(&self, at: usize) -> bool {
        self.byte(at).is_some_and(|byte| byte.is_ascii_hexdigit())
    }

    fn is_escape_letter(&mut self, at: usize) -> bool {
        let is_letter = matches!(self.byte(at), Some(b'n' | b'r' | b't'));
        let is_single = self.byte_before(at.saturating_sub(1)) != Some(b'\\');
        is_letter && is_single && !self.is_inside_path(at - 1)
    }

    /// Splits at colons: an IPv6 address, pairs of hex digits, or candidates with ports.
    pub(super) fn token_without_at(&mut self, span: Range<usize>) {
        let text = self.slice(span.clone());
        if !text.contains(':') {
            let tail = Some(span.end);
            return self.candidate(Candidate {
                span,
                port: None,
                tail,
            });
        }
        if !self.colons_of_address(&span) {
            self.candidates_with_ports(&span);
        }
    }

    fn candidates_with_ports(&mut self, span: &Range<usize>) {
        let text = self.slice(span.clone());
        let mut start = span.start;
        let mut parts = text.split(':').peekable();
        while let Some(part) = parts.next() {
            let end = start + part.len();
            let port_text = parts.peek().copied().filter(|next| is_port(next));
            let port = port_text.and_then(|port| port.parse().ok());
            let behind = end + port_text.map_or(0, |port| port.len() + 1);
            let tail = (behind == span.end).then_some(behind);
            self.candidate(Candidate {
                span: start..end,
                port,
                tail,
            });
            start = end + 1;
        }
    }

    /// Looks at one candidate without colons.
    pub(super) fn candidate(&mut self, candidate: Candidate) {
        let Candidate { span, port, tail } = candidate;
        let text = self.slice(span.clone());
        let is_trimmed = |character: char| matches!(character, '.' | '-' | '_' | '+');
        let end = span.start + text.trim_end_matches(is_trimmed).len();
        let start = span.end - text.trim_start_matches(is_trimmed).len();
        if start >= end {
            return;
        }
        let tail = tail.filter(|_| port.is_some() || end == span.end);
        let candidate = Candidate {
            span: start..end,
            port,
            tail,
        };
        let text = self.slice(start..end);
        // A hash can be the label of a domain, as in those that content networks hand out.
        let is_hash = !is_domain_like(text) && self.hashes(&candidate.span);
        if is_hash || !text.contains('.') {
            return;
        }
        match text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
        {
            true => self.numbers(&candidate),
            false => self.name(&candidate),
        }
    }
}
