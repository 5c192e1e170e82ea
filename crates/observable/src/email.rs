//! E-mail addresses, and the names of accounts that are written like them.

use std::fmt;
use std::str::FromStr;

use crate::domain::ascii_name;
use crate::file_name::has_file_extension;
use crate::{DomainName, Reason, Refusal};

/// Longest local part, in bytes. Source: RFC 5321, section 4.5.3.1.1.
const LOCAL_PART_BYTES_MAX: usize = 64;

/// An e-mail address, or the user principal name of an account, which is written like one.
///
/// Its domain is public (`eve@evil.com`) or known inside an organisation only, as those of Active Directory often are: in an internal
/// zone (`ada@contoso.local`), a single label (`ada@contoso`), or below a suffix that is no top-level domain (`ada@contoso.priv`).
/// Running text is read for addresses at public domains only; see [`extract`](crate::extract()).
///
/// Lower case throughout: no mail service in use tells addresses apart by case. Quoted local parts
/// and address literals (`user@[1.2.3.4]`) are refused.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress {
    // The domain comes first, so that addresses sort by it.
    domain: MailDomain,
    local_part: Box<str>,
}

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum MailDomain {
    Public(DomainName),
    /// In ASCII and lower case, without the dot of the root.
    Internal(Box<str>),
}

impl EmailAddress {
    /// The part after the `@`, if it is a public domain.
    #[must_use]
    pub fn domain(&self) -> Option<&DomainName> {
        match &self.domain {
            MailDomain::Public(domain) => Some(domain),
            MailDomain::Internal(_) => None,
        }
    }

    /// The part after the `@`, public or not.
    #[must_use]
    pub fn domain_part(&self) -> &str {
        match &self.domain {
            MailDomain::Public(domain) => domain.as_str(),
            MailDomain::Internal(name) => name,
        }
    }

    /// The part before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        &self.local_part
    }

    /// Reads an address at any domain.
    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        Self::at(text, |domain| match DomainName::parse(domain) {
            Ok(public) => Ok(MailDomain::Public(public)),
            Err(reason) => internal_domain(domain, reason).map(MailDomain::Internal),
        })
    }

    /// Reads an address at a public domain.
    pub(crate) fn parse_public(text: &str) -> Result<Self, Reason> {
        Self::at(text, |domain| {
            DomainName::parse(domain).map(MailDomain::Public)
        })
    }

    fn at(
        text: &str,
        domain_of: impl FnOnce(&str) -> Result<MailDomain, Reason>,
    ) -> Result<Self, Reason> {
        let (local_part, domain) = text.rsplit_once('@').ok_or(Reason::LocalPart)?;
        check_local_part(local_part)?;
        Ok(Self {
            domain: domain_of(domain)?,
            local_part: local_part.to_lowercase().into(),
        })
    }
}

/// A domain that is no public one because of `reason`, if an organisation can use it for its accounts.
///
/// Versions (`lodash@4.17.21`), addresses (`root@1.2.3.4`) and files (`icon@2x.png`) are none.
fn internal_domain(text: &str, reason: Reason) -> Result<Box<str>, Reason> {
    let is_outside_of_registries = matches!(
        reason,
        Reason::InternalName(_) | Reason::SingleLabel | Reason::UnknownTopLevel(_)
    );
    let name = ascii_name(text)?;
    let ends_in_number = name
        .rsplit('.')
        .next()
        .is_none_or(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    match is_outside_of_registries && !ends_in_number && !has_file_extension(&name) {
        true => Ok(name),
        false => Err(reason),
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
        write!(formatter, "{}@{}", self.local_part, self.domain_part())
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
        assert_eq!(
            email.domain().map(DomainName::registrable),
            Some("evil.com")
        );
        assert_eq!(email.domain_part(), "mail.evil.com");
        assert_eq!(email.local_part(), "eve.o'hara+x");
    }

    #[test]
    fn accounts_of_internal_domains_are_addresses_without_public_domain() {
        let cases = [
            ("Ada@Contoso.Local", "ada@contoso.local", "internal-name"),
            ("ada@ad.contoso.lan", "ada@ad.contoso.lan", "internal-name"),
            (
                "ada@contoso.internal",
                "ada@contoso.internal",
                "internal-name",
            ),
            (
                "ada@emea.contoso.corp",
                "ada@emea.contoso.corp",
                "internal-name",
            ),
            ("ada@local", "ada@local", "internal-name"),
            ("ada@CONTOSO", "ada@contoso", "single-label"),
            ("ada@contoso.priv", "ada@contoso.priv", "unknown-top-level"),
            ("ada@contoso.local.", "ada@contoso.local", "internal-name"),
            (
                "ada@my_forest.loc",
                "ada@my_forest.loc",
                "unknown-top-level",
            ),
            (
                "ada@münchen.local",
                "ada@xn--mnchen-3ya.local",
                "internal-name",
            ),
        ];
        for (given, canonical, code_in_public) in cases {
            let account = EmailAddress::parse(given).unwrap();
            assert_eq!(account.to_string(), canonical, "{given}");
            assert_eq!(account.domain(), None, "{given}");
            assert_eq!(EmailAddress::parse(canonical), Ok(account), "{given}");
            let public = EmailAddress::parse_public(given).unwrap_err();
            assert_eq!(public.code(), code_in_public, "{given}");
        }
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
            ("a@[1.2.3.4]", "name-character"),
            ("a@1.2.3.4", "unknown-top-level"),
            ("a@18", "single-label"),
            ("a@4.17.21", "unknown-top-level"),
            ("a@2x.png", "unknown-top-level"),
            ("a@co.uk", "public-suffix"),
            ("a@com", "public-suffix"),
            ("a@", "label-empty"),
            ("a@.local", "label-empty"),
            ("a@-contoso.local", "label-hyphen"),
            ("a@con toso.local", "name-character"),
            ("a@contoso.local' or 1", "name-character"),
            ("a..b@contoso.local", "local-part"),
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
