//! What tells indicators apart.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::{Indicator, IndicatorType};

/// Type, value and device groups: two indicators of one key are one for us.
///
/// Which fields the service itself compares on a submission is not documented; type and value are the usual reading.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The type.
    #[serde(rename = "type")]
    pub kind: IndicatorType,
    /// The value, in one spelling.
    pub value: String,
    /// Names of device groups; all devices where there is none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
}

impl Key {
    /// The key of a value, which is brought into one spelling: hashes and names in lower case, IPv6 addresses with all groups.
    #[must_use]
    pub fn new(kind: IndicatorType, value: &str, groups: impl IntoIterator<Item = String>) -> Self {
        Self {
            value: spelled(&kind, value),
            kind,
            groups: groups.into_iter().collect(),
        }
    }

    /// The key of the same value for all devices.
    #[must_use]
    pub fn everywhere(&self) -> Self {
        Self {
            kind: self.kind.clone(),
            value: self.value.clone(),
            groups: BTreeSet::new(),
        }
    }

    /// The key of an indicator of the tenant.
    #[must_use]
    pub fn of(indicator: &Indicator) -> Self {
        let kind = indicator
            .kind
            .clone()
            .unwrap_or_else(|| IndicatorType::Other(String::new()));
        let value = indicator.value.as_deref().unwrap_or_default();
        Self::new(kind, value, indicator.rbac_group_names.iter().cloned())
    }

    /// Whether it is `other`. The names of device groups are compared in any letter case: the service tells them as they were made.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.target() == other.target() && self.has_groups_of(other)
    }

    /// Whether it holds for the devices that `other` holds for.
    #[must_use]
    pub fn has_groups_of(&self, other: &Self) -> bool {
        let names = |key: &Self| -> BTreeSet<String> {
            key.groups.iter().map(|name| name.to_lowercase()).collect()
        };
        self.groups == other.groups || names(self) == names(other)
    }

    /// Type and value, without the device groups.
    #[must_use]
    pub fn target(&self) -> (&IndicatorType, &str) {
        (&self.kind, &self.value)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.value)?;
        if self.groups.is_empty() {
            return Ok(());
        }
        let groups: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        write!(f, " ({})", groups.join(", "))
    }
}

fn spelled(kind: &IndicatorType, value: &str) -> String {
    let value = value.trim();
    match kind {
        IndicatorType::IpAddress => match value.parse() {
            Ok(address) => crate::value::address_text(address),
            Err(_) => value.to_lowercase(),
        },
        IndicatorType::Url => without_final_slash(value),
        _ => value.trim_end_matches('.').to_lowercase(),
    }
}

/// A URL whose host is in lower case; its path keeps its case.
fn without_final_slash(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (Some(scheme.to_lowercase()), rest),
        None => (None, url),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let path = if path == "/" { "" } else { path };
    match scheme {
        Some(scheme) => format!("{scheme}://{}{path}", host.to_lowercase()),
        None => format!("{}{path}", host.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_value_are_one_key() {
        let cases = [
            (
                IndicatorType::FileSha1,
                "3395856CE81F2B7382DEE72602F798B642F14140",
                "3395856ce81f2b7382dee72602f798b642f14140",
            ),
            (IndicatorType::DomainName, "Evil.COM.", "evil.com"),
            (
                IndicatorType::IpAddress,
                "2001:db8::1",
                "2001:0db8:0000:0000:0000:0000:0000:0001",
            ),
            (IndicatorType::IpAddress, "203.0.113.7", "203.0.113.7"),
            (IndicatorType::Url, "HTTPS://Evil.com/", "https://evil.com"),
            (
                IndicatorType::Url,
                "https://Evil.com/Path/",
                "https://evil.com/Path/",
            ),
        ];
        for (kind, given, expected) in cases {
            assert_eq!(Key::new(kind, given, []).value, expected);
        }
    }
}
