//! Accounts: under which id they are known.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Reason;
use super::normal::sid;
use crate::property::{DOMAIN, Draft, NAME, Properties};

/// What makes an account one account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountIds {
    /// The bare name as the service writes it, so that ids stay what they are in data of IBM's connector. Accounts of one name are one,
    /// whatever their domains.
    #[default]
    Name,
    /// `domain\name` in lower case, as Windows compares them; the bare name where the service gives no domain.
    DomainName,
}

impl fmt::Display for AccountIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::DomainName => "domain and name",
        })
    }
}

/// What a record says about an account.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AccountWords<'a> {
    /// The account's name, with or without its domain.
    pub(crate) name: Option<&'a str>,
    /// Its domain.
    pub(crate) domain: Option<&'a str>,
    /// The service's id of it, `domain\name`.
    pub(crate) id: Option<&'a str>,
    /// Its security id.
    pub(crate) sid: Option<&'a str>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// The key of its node, and of its person's.
    pub(crate) key: String,
    /// What its node says: nothing that differs between two accounts of one key.
    pub(crate) properties: Properties,
    /// The domain under which it was seen.
    pub(crate) domain: Option<String>,
    /// Its security id.
    pub(crate) sid: Option<String>,
}

impl Account {
    /// The account that a record speaks of.
    ///
    /// # Errors
    /// [`Reason::NoAccountName`].
    pub(crate) fn of(words: AccountWords<'_>, ids: AccountIds) -> Result<Self, Reason> {
        let (name, domain) = name_and_domain(words).ok_or(Reason::NoAccountName)?;
        let (key, name, shown) = match (ids, &domain) {
            (AccountIds::Name, _) => (name.to_owned(), name.to_owned(), None),
            (AccountIds::DomainName, None) => (name.to_lowercase(), name.to_lowercase(), None),
            (AccountIds::DomainName, Some(domain)) => {
                let (name, domain) = (name.to_lowercase(), domain.to_lowercase());
                (format!("{domain}\\{name}"), name, Some(domain))
            }
        };
        let properties = Draft::default()
            .text(NAME, Some(&name))
            .text(DOMAIN, shown.as_deref())
            .done();
        Ok(Self {
            key,
            properties,
            domain: domain.map(str::to_lowercase),
            sid: words.sid.and_then(sid),
        })
    }
}

/// The name without its domain, and the domain, from wherever the record has them.
fn name_and_domain(words: AccountWords<'_>) -> Option<(&str, Option<&str>)> {
    let said = |word: Option<&'_ str>| word.is_some_and(|word| !word.trim().is_empty());
    let (name, own) = if said(words.name) {
        split(words.name?.trim())
    } else {
        split(words.id?.trim())
    };
    let given = words
        .domain
        .map(str::trim)
        .filter(|domain| !domain.is_empty());
    (!name.is_empty()).then_some((name, given.or(own)))
}

/// `domain\name` in its parts. A name with an `@` is left whole: it is the account's full name in Entra.
fn split(account: &str) -> (&str, Option<&str>) {
    match account.split_once('\\') {
        Some((domain, name)) => (name.trim(), Some(domain.trim()).filter(|d| !d.is_empty())),
        None => (account, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(
        words: (Option<&str>, Option<&str>, Option<&str>),
        ids: AccountIds,
    ) -> Result<String, Reason> {
        let words = AccountWords {
            name: words.0,
            domain: words.1,
            id: words.2,
            sid: None,
        };
        Account::of(words, ids).map(|account| account.key)
    }

    #[test]
    fn an_account_is_known_by_its_name_or_by_domain_and_name() {
        let cases = [
            ((Some("Ana"), Some("CONTOSO"), None), "Ana", "contoso\\ana"),
            ((Some("CONTOSO\\Ana"), None, None), "Ana", "contoso\\ana"),
            ((None, None, Some("contoso\\ana")), "ana", "contoso\\ana"),
            (
                (Some(" "), None, Some("contoso\\ana")),
                "ana",
                "contoso\\ana",
            ),
            ((Some("ana"), None, Some("other\\id")), "ana", "ana"),
            (
                (Some("ana@contoso.com"), None, None),
                "ana@contoso.com",
                "ana@contoso.com",
            ),
            (
                (Some("SYSTEM"), Some("NT AUTHORITY"), None),
                "SYSTEM",
                "nt authority\\system",
            ),
            (
                (Some("PC-1$"), Some("contoso"), None),
                "PC-1$",
                "contoso\\pc-1$",
            ),
        ];
        for (words, bare, full) in cases {
            assert_eq!(
                key(words, AccountIds::Name),
                Ok(bare.to_owned()),
                "{words:?}"
            );
            assert_eq!(
                key(words, AccountIds::DomainName),
                Ok(full.to_owned()),
                "{words:?}"
            );
        }
        for words in [
            (None, Some("contoso"), None),
            (Some("contoso\\"), None, None),
        ] {
            assert_eq!(key(words, AccountIds::Name), Err(Reason::NoAccountName));
        }
    }

    #[test]
    fn accounts_of_one_key_say_the_same_of_themselves() {
        let of = |domain, ids| {
            let words = AccountWords {
                name: Some("ana"),
                domain: Some(domain),
                ..AccountWords::default()
            };
            Account::of(words, ids).unwrap()
        };
        let (one, other) = (of("a", AccountIds::Name), of("b", AccountIds::Name));
        assert_eq!((&one.key, &one.properties), (&other.key, &other.properties));
        assert_ne!(one.domain, other.domain);
        let (one, other) = (
            of("A", AccountIds::DomainName),
            of("a", AccountIds::DomainName),
        );
        assert_eq!(one, other);
    }
}
