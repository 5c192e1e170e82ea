//! E-mail addresses in running text.

use std::ops::Range;

use super::scan::Scanner;
use super::token::Candidate;
use crate::{EmailAddress, Observable, Reason};

impl Scanner<'_> {
    /// Looks at a token with `@`: an address, perhaps between colons as in `mailto:a@b.com:password`.
    pub(super) fn token_with_at(&mut self, span: Range<usize>) {
        let mut start = span.start;
        for part in self.slice(span.clone()).split(':') {
            let part_span = start..start + part.len();
            start = part_span.end + 1;
            match part.contains('@') {
                true => self.email(part_span),
                false => {
                    let tail = Some(part_span.end).filter(|end| *end == span.end);
                    self.candidate(Candidate {
                        span: part_span,
                        port: None,
                        tail,
                    });
                }
            }
        }
    }

    fn email(&mut self, span: Range<usize>) {
        let text = self.slice(span.clone());
        let end = span.start + text.trim_end_matches(['.', '-', '_', '+']).len();
        let start = span.end - text.trim_start_matches(['.', '-', '+']).len();
        let trimmed = start..end.max(start);
        match EmailAddress::parse_public(self.slice(trimmed.clone())) {
            Ok(_) if self.is_message_id(&trimmed) => self.refuse(trimmed, Reason::MessageId),
            Ok(email) => self.push(trimmed, Ok(Observable::Email(email))),
            Err(reason @ (Reason::UnknownTopLevel(_) | Reason::InternalName(_)))
                if !self.is_address_at_end(&trimmed) =>
            {
                self.refuse(trimmed, reason);
            }
            Err(_) => self.parts_between_at(span),
        }
    }

    fn is_address_at_end(&self, span: &Range<usize>) -> bool {
        self.byte_before(span.end)
            .is_some_and(|byte| byte.is_ascii_digit())
    }

    /// What has `@` but is no e-mail address: `root@1.2.3.4`, `@evil.com`.
    fn parts_between_at(&mut self, span: Range<usize>) {
        let mut start = span.start;
        for part in self.slice(span.clone()).split('@') {
            let part_span = start..start + part.len();
            start = part_span.end + 1;
            let tail = Some(part_span.end).filter(|end| *end == span.end);
            self.candidate(Candidate {
                span: part_span,
                port: None,
                tail,
            });
        }
    }
}
