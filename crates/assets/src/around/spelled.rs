//! What a person types, as keys have it.

use crate::collection::NodeKind;
use crate::mapping::{cve, host_name, ip_address, mac_address};
use crate::text::clean;

/// How much of a key or a name is compared without its letter case, in characters.
pub(crate) const FOLDED_MAX: usize = 200;

/// What to look for in a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spelling {
    /// Keys that it may be, each once.
    pub(crate) keys: Vec<String>,
    /// A key or a name in lower case; nothing where it is longer than any that is compared so.
    pub(crate) folded: Option<String>,
}

/// What `typed` is in a collection; nothing where it is blank.
pub(crate) fn spellings(kind: NodeKind, typed: &str) -> Option<Spelling> {
    let typed = clean(typed.trim());
    if typed.is_empty() {
        return None;
    }
    let mut keys = vec![typed.clone().into_owned()];
    keys.extend(other_spellings(kind, &typed));
    let mut known = Vec::new();
    keys.retain(|key| {
        let is_new = !known.contains(key);
        known.push(key.clone());
        is_new
    });
    let is_short = typed.chars().nth(FOLDED_MAX).is_none();
    let folded = is_short.then(|| typed.to_ascii_lowercase());
    Some(Spelling { keys, folded })
}

/// An account is also looked for under its bare name, which is its key where domains are not part of keys.
fn other_spellings(kind: NodeKind, typed: &str) -> Vec<String> {
    match kind {
        NodeKind::Asset => vec![typed.to_lowercase()],
        NodeKind::Hostname => host_name(typed).into_iter().collect(),
        NodeKind::IpAddress => {
            let address = ip_address(typed).map(|address| address.to_string());
            address.into_iter().collect()
        }
        NodeKind::MacAddress => mac_address(typed).into_iter().collect(),
        NodeKind::User | NodeKind::Account => {
            let bare = typed.split_once('\\').map(|(_, name)| name.to_owned());
            [Some(typed.to_lowercase()), bare]
                .into_iter()
                .flatten()
                .filter(|name| !name.is_empty())
                .collect()
        }
        NodeKind::Application => Vec::new(),
        NodeKind::Vulnerability => cve(Some(typed)).into_iter().collect(),
    }
}

/// The first characters in lower case, as both databases make them: letters of ASCII only, whatever the database's language.
pub(crate) fn folded(text: &str) -> String {
    let first: String = text.chars().take(FOLDED_MAX).collect();
    first.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_has_the_spellings_of_keys() {
        let cases: [(NodeKind, &str, &[&str]); 11] = [
            (NodeKind::Asset, " M1 ", &["M1", "m1"]),
            (NodeKind::Hostname, "PC-1.Ä.", &["PC-1.Ä.", "pc-1.ä"]),
            (NodeKind::Hostname, "a b", &["a b"]),
            (
                NodeKind::IpAddress,
                "2001:0DB8::0001",
                &["2001:0DB8::0001", "2001:db8::1"],
            ),
            (NodeKind::IpAddress, "127.0.0.1", &["127.0.0.1"]),
            (
                NodeKind::MacAddress,
                "00-0c-29-ab-cd-ef",
                &["00-0c-29-ab-cd-ef", "00:0C:29:AB:CD:EF"],
            ),
            (
                NodeKind::Account,
                "CONTOSO\\Ana",
                &["CONTOSO\\Ana", "contoso\\ana", "Ana"],
            ),
            (NodeKind::Account, "contoso\\", &["contoso\\"]),
            (NodeKind::Application, "a:b:1", &["a:b:1"]),
            (
                NodeKind::Vulnerability,
                "cve-2026-0001",
                &["cve-2026-0001", "CVE-2026-0001"],
            ),
            (NodeKind::Vulnerability, "a\0b", &["a\u{fffd}b"]),
        ];
        for (kind, typed, expected) in cases {
            let spelling = spellings(kind, typed).unwrap();
            assert_eq!(spelling.keys, expected, "{kind} {typed:?}");
        }
        assert_eq!(spellings(NodeKind::Asset, " \t"), None);
    }

    #[test]
    fn letters_of_ascii_alone_lose_their_case() {
        assert_eq!(folded("ÄB-C"), "Äb-c");
        let long = "ä".repeat(FOLDED_MAX + 1);
        assert_eq!(folded(&long).chars().count(), FOLDED_MAX);
        assert_eq!(spellings(NodeKind::Asset, &long).unwrap().folded, None);
        let longest = "Ä".repeat(FOLDED_MAX);
        let spelling = spellings(NodeKind::Asset, &longest).unwrap();
        assert_eq!(spelling.folded, Some(longest));
    }
}
