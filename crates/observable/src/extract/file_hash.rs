//! Hashes: whole runs of letters and digits.

use std::ops::Range;

use super::scan::Scanner;
use crate::recognise::hash_of;
use crate::{Observable, Reason, Thumbprint, hash};

/// Fewest digits of a run that is worth reporting.
const RUN_DIGITS_MIN: usize = 30;

/// Runs this much longer or shorter than a hash are reported as damaged hashes.
const DAMAGE_DIGITS_MAX: usize = 2;

impl Scanner<'_> {
    /// Finds the hashes of a token; whether there were any.
    pub(super) fn hashes(&mut self, span: &Range<usize>) -> bool {
        if span.len() < RUN_DIGITS_MIN {
            return false;
        }
        let mut start = span.start;
        let mut is_any = false;
        let text = self.slice(span.clone());
        for run in text.split(|character: char| !character.is_ascii_alphanumeric()) {
            is_any |= self.hash_run(start..start + run.len());
            // Separators can be wider than a byte.
            start += run.len();
            start += self
                .slice(start..span.end)
                .chars()
                .next()
                .map_or(0, char::len_utf8);
        }
        is_any
    }

    fn hash_run(&mut self, span: Range<usize>) -> bool {
        let digits = self.slice(span.clone());
        if digits.len() < RUN_DIGITS_MIN || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return false;
        }
        match self.judged_hash(&span, digits) {
            Some(outcome) => {
                self.push(span, outcome);
                true
            }
            None => false,
        }
    }

    fn judged_hash(&self, span: &Range<usize>, digits: &str) -> Option<Result<Observable, Reason>> {
        match hash_of(digits) {
            Ok(_) if hash::is_filler(digits) => Some(Err(Reason::FillerHash)),
            Ok(Observable::Sha1(_)) if self.is_after_word(span.start, is_thumbprint_word) => {
                Some(Thumbprint::parse(digits).map(Observable::CertificateThumbprint))
            }
            Ok(observable) => Some(Ok(observable)),
            Err(Reason::HashLength { nearest_digits, .. })
                if nearest_digits.abs_diff(digits.len()) > DAMAGE_DIGITS_MAX =>
            {
                None
            }
            Err(reason) => Some(Err(reason)),
        }
    }
}

fn is_thumbprint_word(word: &str) -> bool {
    word.len() >= 10
        && word
            .get(word.len() - 10..)
            .is_some_and(|end| end.eq_ignore_ascii_case("thumbprint"))
}
