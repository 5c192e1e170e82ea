//! Domain names under a public suffix.

use std::fmt;
use std::str::FromStr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use psl::{Psl, Type};

use crate::{Reason, Refusal};

/// Longest name, in bytes of its ASCII form, without the root's dot. Source: RFC 1035, section 2.3.4.
pub(crate) const NAME_BYTES_MAX: usize = 253;

/// Longest label, in bytes of its ASCII form. Source: RFC 1035, section 2.3.4.
const LABEL_BYTES_MAX: usize = 63;

/// Zones that exist only inside an organisation.
///
/// Sources: RFC 6762, section 3 and appendix G; RFC 8375; ICANN's reservation of `internal` of 2024.
const INTERNAL_ZONES: [&str; 11] = [
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "intra",
    "lan",
    "local",
    "localdomain",
    "localnet",
    "private",
];

/// A domain name that ends in a suffix of the [public suffix list](https://publicsuffix.org).
///
/// Kept in ASCII (Unicode Technical Standard 46, non-transitional) and lower case, without the dot
/// of the root. Has at least one label more than an ICANN suffix: `co.uk` is none, `github.io` is one,
/// because it was registered and is worth searching for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainName(Box<str>);

impl DomainName {
    /// The name in ASCII, lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as people write it: `xn--mnchen-3ya.de` gives `münchen.de`.
    #[must_use]
    pub fn to_unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }

    /// The part that was registered: `example.co.uk` of `a.b.example.co.uk`.
    ///
    /// Private suffixes count, so that customers of one host stay apart: `mallory.github.io` is its
    /// own registrable part, and so is `github.io`.
    #[must_use]
    pub fn registrable(&self) -> &str {
        let registrable =
            |name: &str| Some(name.len() - psl::List.domain(name.as_bytes())?.as_bytes().len());
        let start = registrable(&self.0).or_else(|| icann_registrable_start(&self.0));
        start
            .and_then(|start| self.0.get(start..))
            .unwrap_or(&self.0)
    }

    /// Whether anybody can register names below this one, as with `github.io` or `duckdns.org`.
    ///
    /// Such a name stands for all customers of a host; a hit on it says little. It is never one that registries sell names under, such as
    /// `co.uk`: that is no [`DomainName`].
    #[must_use]
    pub fn is_shared_suffix(&self) -> bool {
        let suffix_length =
            |name: &[u8]| psl::List.suffix(name).map(|suffix| suffix.as_bytes().len());
        // A wildcard of the list, such as `*.kobe.jp`, makes suffixes of the names below and none of this one.
        let below = format!("a.{self}");
        suffix_length(self.0.as_bytes()) == Some(self.0.len())
            || suffix_length(below.as_bytes()) == Some(below.len())
    }

    /// The name and every name above it, down to the registrable part.
    ///
    /// `a.b.example.com` gives `a.b.example.com`, `b.example.com`, `example.com`.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        let last = self.registrable().len();
        std::iter::successors(Some(&*self.0), |name| {
            name.split_once('.').map(|(_, parent)| parent)
        })
        .take_while(move |name| name.len() >= last)
    }

    /// Whether `self` is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let above = self.0.strip_suffix(&*other.0);
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    }

    /// Reads a name; one trailing dot is dropped.
    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        let ascii = ascii_name(text)?;
        check_suffix(&ascii)?;
        Ok(Self(ascii))
    }
}

/// A well-formed name in ASCII and lower case, whatever it ends in; one trailing dot is dropped.
pub(crate) fn ascii_name(text: &str) -> Result<Box<str>, Reason> {
    let ascii = to_ascii(text.strip_suffix('.').unwrap_or(text))?;
    check_labels(&ascii)?;
    Ok(ascii)
}

/// The ASCII form in lower case, with the bounds on length checked.
fn to_ascii(text: &str) -> Result<Box<str>, Reason> {
    // Decoding can only shorten a label to a quarter, so that nothing valid is refused here.
    if text.len() > 4 * NAME_BYTES_MAX {
        return Err(Reason::NameTooLong(text.len()));
    }
    let is_plain = text.is_ascii() && !has_encoded_label(text);
    let ascii = match is_plain {
        true => text.to_ascii_lowercase(),
        false => Uts46::new()
            .to_ascii(
                text.as_bytes(),
                AsciiDenyList::EMPTY,
                Hyphens::Allow,
                DnsLength::Ignore,
            )
            .map_err(|_| Reason::Internationalised)?
            .into_owned(),
    };
    match ascii.len() {
        length if length > NAME_BYTES_MAX => Err(Reason::NameTooLong(length)),
        _ => Ok(ascii.into()),
    }
}

fn has_encoded_label(text: &str) -> bool {
    let prefix = |label: &str| {
        label
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
    };
    text.split('.').any(prefix)
}

/// Checks labels of an ASCII name: 1 to 63 letters, digits, underscores and inner hyphens.
pub(crate) fn check_labels(name: &str) -> Result<(), Reason> {
    name.split('.').try_for_each(check_label)
}

fn check_label(label: &str) -> Result<(), Reason> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if label.is_empty() {
        return Err(Reason::LabelEmpty);
    }
    if label.len() > LABEL_BYTES_MAX {
        return Err(Reason::LabelTooLong(label.len()));
    }
    if let Some(strange) = label.bytes().find(|byte| !is_allowed(*byte)) {
        return Err(Reason::NameCharacter(char::from(strange)));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(Reason::LabelHyphen);
    }
    Ok(())
}

/// Checks that a name lies below an ICANN suffix.
fn check_suffix(name: &str) -> Result<(), Reason> {
    if let Some(zone) = internal_zone(name) {
        return Err(Reason::InternalName(zone.into()));
    }
    let Some(top) = name.rsplit('.').next().filter(|top| *top != name) else {
        return Err(if is_top_level(name) {
            Reason::PublicSuffix
        } else {
            Reason::SingleLabel
        });
    };
    let suffix = psl::List
        .suffix(name.as_bytes())
        .filter(psl::Suffix::is_known);
    match suffix {
        None => Err(Reason::UnknownTopLevel(top.into())),
        Some(suffix) if suffix.as_bytes().len() < name.len() => Ok(()),
        Some(suffix)
            if suffix.typ() == Some(Type::Private) && icann_registrable_start(name).is_some() =>
        {
            Ok(())
        }
        Some(_) => Err(Reason::PublicSuffix),
    }
}

/// Whether a label is a top-level domain of the public suffix list. Expects ASCII lower case.
pub(crate) fn is_top_level(label: &str) -> bool {
    psl::List
        .suffix(label.as_bytes())
        .is_some_and(|suffix| suffix.is_known())
}

/// The internal zone that `name` (ASCII lower case) lies in, if any.
pub(crate) fn internal_zone(name: &str) -> Option<&'static str> {
    let is_below = |zone: &&&str| {
        name.strip_suffix(**zone)
            .is_some_and(|above| above.is_empty() || above.ends_with('.'))
    };
    INTERNAL_ZONES
        .iter()
        .filter(is_below)
        .max_by_key(|zone| zone.len())
        .copied()
}

/// Where the part of `name` starts that was registered with an ICANN registry.
fn icann_registrable_start(name: &str) -> Option<usize> {
    let starts = std::iter::once(0).chain(name.match_indices('.').map(|(dot, _)| dot + 1));
    let mut previous = None;
    for start in starts {
        let suffix = psl::List.suffix(name.get(start..)?.as_bytes())?;
        if suffix.typ() == Some(Type::Icann) {
            let suffix_start = name.len() - suffix.as_bytes().len();
            return match suffix_start == start {
                true => previous,
                false => label_start_before(name, suffix_start),
            };
        }
        previous = Some(start);
    }
    None
}

/// Where the label starts that ends right before the label at `start`.
fn label_start_before(name: &str, start: usize) -> Option<usize> {
    let above = name.get(..start)?.strip_suffix('.')?;
    Some(above.rfind('.').map_or(0, |dot| dot + 1))
}

impl FromStr for DomainName {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).map_err(|reason| reason.of(text))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DomainName({self})")
    }
}

impl AsRef<str> for DomainName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> DomainName {
        DomainName::parse(text).unwrap_or_else(|reason| panic!("{text}: {reason}"))
    }

    #[test]
    fn names_have_one_canonical_form() {
        let cases = [
            ("Evil.COM", "evil.com"),
            ("evil.com.", "evil.com"),
            ("MÜNCHEN.de", "xn--mnchen-3ya.de"),
            ("XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de"),
            ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
            ("ｅｖｉｌ．ｃｏｍ", "evil.com"),
            ("faß.de", "xn--fa-hia.de"),
            ("_dmarc.evil.com", "_dmarc.evil.com"),
            (
                "r3---sn-4g5e6nz7.googlevideo.com",
                "r3---sn-4g5e6nz7.googlevideo.com",
            ),
            ("expyuzz4wqqyqhjn.onion", "expyuzz4wqqyqhjn.onion"),
            ("a.b.kobe.jp", "a.b.kobe.jp"),
            ("github.io", "github.io"),
        ];
        for (given, expected) in cases {
            assert_eq!(domain(given).as_str(), expected, "{given}");
        }
    }

    #[test]
    fn what_is_no_domain_says_why() {
        let long_label = format!("{}.com", "a".repeat(64));
        let long_name = format!("{}com", "abc.".repeat(70));
        let cases = [
            ("co.uk", Reason::PublicSuffix),
            ("com", Reason::PublicSuffix),
            ("рф", Reason::PublicSuffix),
            ("evil", Reason::SingleLabel),
            ("evil.cmo", Reason::UnknownTopLevel("cmo".into())),
            ("1.2.3.4", Reason::UnknownTopLevel("4".into())),
            ("evil..com", Reason::LabelEmpty),
            (".evil.com", Reason::LabelEmpty),
            ("", Reason::LabelEmpty),
            ("-evil.com", Reason::LabelHyphen),
            ("evil-.com", Reason::LabelHyphen),
            ("ev il.com", Reason::NameCharacter(' ')),
            ("evil.com/x", Reason::NameCharacter('/')),
            ("xn--a.com", Reason::Internationalised),
            ("a\u{202e}b.com", Reason::Internationalised),
            ("dc01.corp.local", Reason::InternalName("local".into())),
            (&long_label, Reason::LabelTooLong(64)),
            (&long_name, Reason::NameTooLong(283)),
        ];
        for (given, expected) in cases {
            assert_eq!(DomainName::parse(given), Err(expected), "{given}");
        }
    }

    #[test]
    fn the_registrable_part_follows_the_public_suffix_list() {
        let cases = [
            ("a.b.example.com", "example.com"),
            ("a.example.co.uk", "example.co.uk"),
            ("x.mallory.github.io", "mallory.github.io"),
            ("github.io", "github.io"),
            ("www.ck", "www.ck"),
            ("a.city.kobe.jp", "city.kobe.jp"),
        ];
        for (given, expected) in cases {
            assert_eq!(domain(given).registrable(), expected, "{given}");
        }
        for (name, is_shared) in [
            ("duckdns.org", true),
            ("evil.duckdns.org", false),
            ("kobe.jp", true),
            ("city.kobe.jp", false),
            ("evil.com", false),
        ] {
            assert_eq!(domain(name).is_shared_suffix(), is_shared, "{name}");
        }
    }

    #[test]
    fn parents_end_at_the_registrable_part() {
        let name = domain("a.b.example.co.uk");
        let parents: Vec<&str> = name.parents().collect();
        assert_eq!(
            parents,
            ["a.b.example.co.uk", "b.example.co.uk", "example.co.uk"]
        );
    }

    #[test]
    fn within_is_by_label() {
        assert!(domain("www.evil.com").is_within(&domain("evil.com")));
        assert!(domain("evil.com").is_within(&domain("evil.com")));
        assert!(!domain("notevil.com").is_within(&domain("evil.com")));
        assert!(!domain("evil.com").is_within(&domain("www.evil.com")));
    }
}
