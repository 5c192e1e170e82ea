//! IP addresses and ranges in running text.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::Range;

use super::scan::Scanner;
use super::token::Candidate;
use crate::recognise::{as_pairs, is_port};
use crate::{IpRange, Observable, Reason, ip};

impl Scanner<'_> {
    /// Looks at digits, dots and hyphens: an address, a range, or a version.
    pub(super) fn numbers(&mut self, candidate: &Candidate) {
        let span = candidate.span.clone();
        let text = self.slice(span.clone());
        let Some((first, last)) = text.split_once('-') else {
            return self.dotted_quad(candidate);
        };
        if ip::parse_v4(first).is_err() {
            return self.numbers_with_hyphens(candidate);
        }
        let outcome = match ip::parse_v4(last) {
            Ok(_) => IpRange::parse(text).map(Observable::from),
            Err(Reason::OctetOutOfRange(octet)) => Err(Reason::OctetOutOfRange(octet)),
            Err(_) => Err(Reason::RangeAbbreviated),
        };
        self.push(span, outcome);
    }

    /// Hyphens that make no range: each part stands for itself.
    fn numbers_with_hyphens(&mut self, candidate: &Candidate) {
        let mut start = candidate.span.start;
        for part in self.slice(candidate.span.clone()).split('-') {
            let span = start..start + part.len();
            let tail = candidate.tail.filter(|_| span.end == candidate.span.end);
            start = span.end + 1;
            self.dotted_quad(&Candidate {
                span,
                tail,
                ..*candidate
            });
        }
    }

    fn dotted_quad(&mut self, candidate: &Candidate) {
        let span = candidate.span.clone();
        match ip::parse_v4(self.slice(span.clone())) {
            Err(Reason::OctetCount(_) | Reason::Unrecognised) => {}
            _ if self.is_version(&span) => {
                self.version_end = Some(span.end);
                self.refuse(span, Reason::VersionNumber);
            }
            _ if self.is_part_of_path(&span) => self.refuse(span, Reason::FilePath),
            Err(reason) => self.refuse(span, reason),
            Ok(address) => self.address(candidate, address.into()),
        }
    }

    /// An address that is certain; what follows it makes it a network or a URL, or is its port.
    fn address(&mut self, candidate: &Candidate, address: IpAddr) {
        let span = candidate.span.clone();
        if let Some((number, end)) = candidate
            .tail
            .and_then(|tail| self.number_after_slash(span.start, tail))
        {
            self.at = self.at.max(end);
            let network = u8::try_from(number)
                .ok()
                .filter(|_| candidate.port.is_none());
            let network = network.and_then(|length| IpRange::network(address, length));
            return match network {
                Some(network) => self.push(span.start..end, Ok(network.into())),
                None => self.push_with_port(span, address.into(), candidate.port.or(Some(number))),
            };
        }
        let has_path = address.is_ipv4() && self.url_without_scheme(candidate);
        if !has_path {
            self.push_with_port(span, address.into(), candidate.port);
        }
    }

    /// The number in `/24` or `/443` at `slash` behind the address at `start`, and where it ends.
    fn number_after_slash(&self, start: usize, slash: usize) -> Option<(u16, usize)> {
        let rest = self.slice(slash..self.text.len()).strip_prefix('/')?;
        let digits = rest.bytes().take(6).take_while(u8::is_ascii_digit).count();
        let end = slash + 1 + digits;
        let goes_on = rest.as_bytes().get(digits).is_some_and(|byte| match byte {
            // A query, or the end of a question.
            b'?' => self.url_end(start, slash) > end,
            byte => byte.is_ascii_alphanumeric() || b"/_-".contains(byte),
        });
        let is_decimal = rest.get(digits..digits + 2).is_some_and(|next| {
            next.starts_with('.')
                && next.ends_with(|character: char| character.is_ascii_alphanumeric())
        });
        let number = rest.get(..digits)?.parse().ok()?;
        (!goes_on && !is_decimal).then_some((number, end))
    }

    /// Looks at a token with colons that can be an IPv6 address or pairs of hex digits; whether it was.
    pub(super) fn colons_of_address(&mut self, span: &Range<usize>) -> bool {
        let span = self.without_label(span);
        let text = self.slice(span.clone());
        let text = text.trim_end_matches(['.', '-', '_', '+']);
        let bare = text
            .strip_suffix(':')
            .filter(|bare| !bare.ends_with(':'))
            .unwrap_or(text);
        let span = span.start..span.start + bare.len();
        if bare.bytes().filter(|byte| *byte == b':').count() < 2 {
            return false;
        }
        if let Some(outcome) = as_pairs(bare) {
            self.push(span, outcome);
            return true;
        }
        self.ipv6(span, bare)
    }

    fn ipv6(&mut self, span: Range<usize>, text: &str) -> bool {
        if let Some(Ok(range)) = text.contains('-').then(|| IpRange::parse(text)) {
            self.push(span, Ok(range.into()));
            return true;
        }
        let Ok(address) = text.parse::<Ipv6Addr>() else {
            return false;
        };
        match ambiguity(text) {
            _ if address.is_unspecified() => {}
            Some(reason) if !self.is_defanged(&span) => self.refuse(span, reason),
            _ => self.ipv6_with_tail(span, address.to_canonical()),
        }
        true
    }

    fn ipv6_with_tail(&mut self, span: Range<usize>, address: IpAddr) {
        let port = self.port_after_bracket(&span);
        let tail = Some(span.end).filter(|_| port.is_none());
        self.address(&Candidate { span, port, tail }, address);
    }

    /// The port of `[2001:db8::1]:443`.
    fn port_after_bracket(&self, span: &Range<usize>) -> Option<u16> {
        let rest = self.slice(span.end..self.text.len()).strip_prefix("]:")?;
        let digits = rest.bytes().take(6).take_while(u8::is_ascii_digit).count();
        rest.get(..digits)
            .filter(|port| !port.is_empty() && is_port(port))?
            .parse()
            .ok()
    }

    /// Drops words before an address: `ip:` of `ip:2001:db8::1`.
    fn without_label(&self, span: &Range<usize>) -> Range<usize> {
        let mut start = span.start;
        while let Some((word, _)) = self.slice(start..span.end).split_once(':') {
            let is_group = word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_group {
                break;
            }
            start += word.len() + 1;
        }
        start..span.end
    }
}

/// Why something that parses as IPv6 may be something else: `a::b` of C++, or eight pairs of digits.
fn ambiguity(text: &str) -> Option<Reason> {
    let is_eui64 = text.split(':').all(|group| group.len() == 2) && text.len() == 23;
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    match (is_eui64, has_digit) {
        (true, _) => Some(Reason::HardwareAddress),
        (_, false) => Some(Reason::JoinedWords),
        _ => None,
    }
}
