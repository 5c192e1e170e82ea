//! Domains and device names in running text.

use std::ops::Range;

use super::scan::Scanner;
use super::token::Candidate;
use crate::domain::is_top_level;
use crate::file_name::{has_file_extension, is_rather_a_file};
use crate::{DeviceName, DomainName, Observable, Reason, ip};

/// Names of programs that are domains too. Compared as they are spelled.
const PROGRAM_NAMES: [&str; 5] = ["ASP.NET", "ADO.NET", "VB.NET", "ML.NET", "Paint.NET"];

/// Top-level domains outside the DNS root that malware uses; worth reporting without defanging.
const ALTERNATIVE_ROOTS: [&str; 6] = ["bazar", "bit", "coin", "emc", "eth", "lib"];

impl Scanner<'_> {
    /// Looks at a dotted word that is not all digits.
    pub(super) fn name(&mut self, candidate: &Candidate) {
        let text = self.slice(candidate.span.clone());
        let start = candidate.span.end - text.rsplit('+').next().unwrap_or(text).len();
        let candidate = Candidate {
            span: start..candidate.span.end,
            ..*candidate
        };
        let text = self.slice(candidate.span.clone());
        let Some(top) = text.rsplit('.').next().filter(|top| *top != text) else {
            return;
        };
        match top.bytes().all(|byte| byte.is_ascii_digit()) {
            true => self.version_with_name(&candidate.span),
            false => self.dotted_name(&candidate, top),
        }
    }

    fn dotted_name(&mut self, candidate: &Candidate, top: &str) {
        let span = candidate.span.clone();
        let text = self.slice(span.clone());
        let is_defanged = self.is_defanged(&span);
        if !is_defanged && has_file_extension(text) && (is_rather_a_file(text) || !is_known(top)) {
            return self.refuse(span, Reason::FileName);
        }
        if !is_worth_parsing(top, is_defanged) {
            return;
        }
        match DomainName::parse(text) {
            Ok(domain) => self.domain(candidate, domain, is_defanged),
            Err(Reason::InternalName(zone)) => self.internal_name(span, zone),
            Err(Reason::UnknownTopLevel(_) | Reason::Internationalised)
                if !is_defanged && !is_alternative(top) => {}
            Err(reason) => self.refuse(span, reason),
        }
    }

    fn domain(&mut self, candidate: &Candidate, domain: DomainName, is_defanged: bool) {
        let span = candidate.span.clone();
        let doubt = match is_defanged {
            true => None,
            false => self.doubt(&span, &domain),
        };
        match doubt {
            Some(reason) => self.refuse(span, reason),
            None if self.url_without_scheme(candidate) => {}
            None => self.push_with_port(span, Observable::Domain(domain), candidate.port),
        }
    }

    /// Why a well-formed domain in running text may be none.
    fn doubt(&self, span: &Range<usize>, domain: &DomainName) -> Option<Reason> {
        let text = self.slice(span.clone());
        let is_code = domain.registrable().contains('_')
            || PROGRAM_NAMES.contains(&text)
            || has_capitalised_top(text)
            || self.slice(span.end..self.text.len()).starts_with("()");
        match () {
            () if self.is_part_of_path(span) => Some(Reason::FilePath),
            () if is_code => Some(Reason::JoinedWords),
            () => None,
        }
    }

    /// A name in an internal zone is a device if it has a label for the host and one for the domain.
    fn internal_name(&mut self, span: Range<usize>, zone: Box<str>) {
        let text = self.slice(span.clone());
        if text.split('.').count() < 3 {
            return;
        }
        match DeviceName::parse(text) {
            _ if self.is_part_of_path(&span) => self.refuse(span, Reason::FilePath),
            Ok(name) => self.push(span, Ok(Observable::DeviceName(name))),
            Err(_) => self.refuse(span, Reason::InternalName(zone)),
        }
    }

    /// `agent-1.2.3.4`, `v1.2.3.4`, `1.2.3.4-5.el7.1`: a dotted quad with a name.
    fn version_with_name(&mut self, span: &Range<usize>) {
        let text = self.slice(span.clone());
        let is_number = |character: char| character.is_ascii_digit() || character == '.';
        let number = text.trim_start_matches(|character| !is_number(character));
        if ip::parse_v4(number).is_ok() {
            let start = span.end - number.len();
            self.version_end = Some(span.end);
            self.refuse(start..span.end, Reason::VersionNumber);
        }
    }
}

/// Whether a dotted word ends as a domain does, and not as the name of a file.
pub(super) fn is_domain_like(text: &str) -> bool {
    text.rsplit_once('.')
        .is_some_and(|(_, top)| is_known(top) && !is_rather_a_file(text))
}

/// Whether a last label can make a name that is found or reported.
fn is_worth_parsing(top: &str, is_defanged: bool) -> bool {
    is_defanged || !top.is_ascii() || is_known(top) || is_alternative(top) || is_internal_top(top)
}

/// Whether the label is a known top-level domain, whatever its case.
fn is_known(top: &str) -> bool {
    // The longest top-level domain has 24 letters; this keeps long words from being copied.
    (2..=24).contains(&top.len()) && is_top_level(&top.to_ascii_lowercase())
}

fn is_alternative(top: &str) -> bool {
    ALTERNATIVE_ROOTS
        .iter()
        .any(|root| root.eq_ignore_ascii_case(top))
}

fn is_internal_top(top: &str) -> bool {
    crate::domain::internal_zone(&top.to_ascii_lowercase()).is_some()
}

/// `end.In`, `System.Net`: a capital letter first and a small one later.
fn has_capitalised_top(text: &str) -> bool {
    let top = text.rsplit('.').next().unwrap_or_default();
    top.starts_with(|first: char| first.is_ascii_uppercase())
        && top.bytes().any(|byte| byte.is_ascii_lowercase())
}
