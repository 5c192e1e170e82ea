//! E-mail addresses.

use std::fmt;
use std::str::FromStr;

use crate::{DomainName, Reason, Refusal};

/// Longest local part, in bytes. Source: RFC 5321, section 4.5.3.1.1.
const LOCAL_PART_BYTES_MAX: usize = 64;

/// An e-mail address at a public domain.
///
/// Lower case throughout: no mail service in use tells addresses apart by case. Quoted local parts
/// and address literals (`user@[1.2.3.4]`) are refused.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress {
    // The domain comes first, so that addresses sort by it.
    domain: DomainName,
    local_part: Box<str>,
}

impl EmailAddress {
    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// The part before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        &self.local_part
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        let (local_part, domain) = text.rsplit_once('@').ok_or(Reason::LocalPart)?;
        check_local_part(local_part)?;
        let domain = DomainName::parse(domain)?;
        Ok(Self {
            domain,
            local_part: local_part.to_lowercase().into(),
        })
    }
}

fn check_local_part(text: &str) -> Result<(), Reason> {
    let is_dotted_well = text.split('.').all(|atom| !atom.is_empty());
    let is_short = text.len() <= LOCAL_PART_BYTES_MAX;
    match is_short && is_dotted_well && text.chars().all(is_local_character) {
        true => Ok(()),
        false => Err(Reason::LocalPart),
    }
}

/// RFC 5322's `atext` and the dot; RFC 6531's letters of other scripts.
fn is_local_character(character: char) -> bool {
    character.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(character)
}

impl FromStr for EmailAddress {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).map_err(|reason| reason.of(text))
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.local_part, self.domain)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EmailAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lower_case() {
        let email = EmailAddress::parse("Eve.O'Hara+x@Mail.Evil.COM").unwrap();
        assert_eq!(email.to_string(), "eve.o'hara+x@mail.evil.com");
        assert_eq!(email.domain().registrable(), "evil.com");
        assert_eq!(email.local_part(), "eve.o'hara+x");
    }

    #[test]
    fn what_is_no_address_says_why() {
        let long = format!("{}@evil.com", "a".repeat(65));
        let cases = [
            ("@evil.com", "local-part"),
            ("a..b@evil.com", "local-part"),
            (".a@evil.com", "local-part"),
            ("a b@evil.com", "local-part"),
            ("a@b@evil.com", "local-part"),
            ("evil.com", "local-part"),
            (&long, "local-part"),
            ("a@evil", "single-label"),
            ("a@[1.2.3.4]", "name-character"),
            ("a@evil.cmo", "unknown-top-level"),
        ];
        for (given, code) in cases {
            assert_eq!(
                EmailAddress::parse(given).unwrap_err().code(),
                code,
                "{given}"
            );
        }
    }
}
