//! What a person asks for, and what that may be.

use serde::{Serialize, Serializer};

use crate::collection::NodeKind;
use crate::graph::NodeKey;
use crate::import::Source;
use crate::millis::Millis;
use crate::text::Text;

/// What a person typed, and where to look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// A key, a name or the beginning of one.
    pub text: String,
    /// The only collection to look in; all where none is named.
    pub kind: Option<NodeKind>,
    /// The key of the only source to look in; all where none is named.
    pub source: Option<String>,
    /// Whether what is gone is looked for as well.
    pub past: bool,
    /// Most candidates.
    pub most: usize,
}

impl Question {
    /// Asks for `text` in every collection and source, among what is there now, for 50 candidates at most.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            kind: None,
            source: None,
            past: false,
            most: 50,
        }
    }
}

/// How a candidate fits what was typed, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matched {
    /// It is the key in one of its spellings, or a machine's whole name.
    Key,
    /// It is a name, in whatever letter case, or all of it but the domain or the version.
    Name,
    /// A key or a name begins with it.
    Beginning,
}

/// Something that was perhaps meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// How it fits.
    pub matched: Matched,
    /// Where it stands.
    #[serde(serialize_with = "source")]
    pub source: Source,
    /// Its collection and key.
    #[serde(flatten)]
    pub node: NodeKey,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// When it went; nothing while it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Millis>,
}

/// All that was perhaps meant: best first, then by collection, key and source. Beginnings are there only where nothing else is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The candidates.
    pub candidates: Vec<Candidate>,
    /// Whether there are more.
    pub is_cut: bool,
}

impl Found {
    /// What was meant, one in each source that has it; nothing where that is not clear.
    ///
    /// Of those that fit best, a machine goes before its host name, and a person before the account of the same key: each leads to the
    /// other.
    #[must_use]
    pub fn meant(&self) -> Option<Vec<&Candidate>> {
        let best = self.candidates.first()?.matched;
        let best = self.candidates.iter().filter(|one| one.matched == best);
        let best: Vec<&Candidate> = best.collect();
        let leads = |one: &&Candidate| !best.iter().any(|other| other.leads_to(one));
        let mut meant: Vec<&Candidate> = best.iter().copied().filter(leads).collect();
        meant.sort_by_key(|one| one.source.key());
        let one_each = meant
            .windows(2)
            .all(|pair| !matches!(pair, [one, other] if one.source == other.source));
        (one_each && !self.is_cut).then_some(meant)
    }
}

impl Candidate {
    fn leads_to(&self, other: &Self) -> bool {
        let kinds = (self.node.kind, other.node.kind);
        let is_named = |name: &Text| name.eq_ignore_ascii_case(&other.node.key);
        self.source == other.source
            && match kinds {
                (NodeKind::Asset, NodeKind::Hostname) => self.name.as_ref().is_some_and(is_named),
                (NodeKind::User, NodeKind::Account) => self.node.key == other.node.key,
                _ => false,
            }
    }
}

#[derive(Serialize)]
struct SourceWords<'a> {
    key: &'a str,
    name: &'a str,
}

pub(super) fn source<S: Serializer>(source: &Source, to: S) -> Result<S::Ok, S::Error> {
    let (key, name) = (source.key(), &*source.name);
    SourceWords { key, name }.serialize(to)
}

impl Serialize for NodeKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Words<'a> {
            collection: &'a str,
            key: &'a str,
        }
        let (collection, key) = (self.kind.name(), &*self.key);
        Words { collection, key }.serialize(to)
    }
}

/// As RFC 3339 writes it.
impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(matched: Matched, source: &str, kind: NodeKind, key: &str) -> Candidate {
        Candidate {
            matched,
            source: Source::new(source, source).unwrap(),
            node: NodeKey::new(kind, key),
            name: Some("PC-1".into()),
            removed_at: None,
        }
    }

    #[test]
    fn what_was_meant_is_clear_where_one_leads_to_the_others() {
        use Matched::{Key, Name};
        use NodeKind::{Account, Asset, Hostname, User};
        let cases = [
            (vec![], None),
            (vec![(Key, "a", Asset, "m1")], Some(vec!["m1"])),
            (
                vec![(Key, "a", Asset, "m1"), (Key, "a", Hostname, "pc-1")],
                Some(vec!["m1"]),
            ),
            (
                vec![(Key, "a", Asset, "m1"), (Key, "b", Hostname, "pc-1")],
                Some(vec!["m1", "pc-1"]),
            ),
            (
                vec![(Key, "a", Asset, "m1"), (Key, "a", Hostname, "pc-2")],
                None,
            ),
            (
                vec![(Key, "a", User, "ana"), (Key, "a", Account, "ana")],
                Some(vec!["ana"]),
            ),
            (
                vec![(Key, "a", User, "ana"), (Key, "a", Account, "ben")],
                None,
            ),
            (
                vec![(Key, "a", Asset, "m1"), (Name, "a", Asset, "m2")],
                Some(vec!["m1"]),
            ),
            (
                vec![(Name, "a", Asset, "m1"), (Name, "a", Asset, "m2")],
                None,
            ),
            (
                vec![(Name, "b", Asset, "m2"), (Name, "a", Asset, "m1")],
                Some(vec!["m1", "m2"]),
            ),
        ];
        for (candidates, expected) in cases {
            let candidates = candidates
                .iter()
                .map(|(matched, source, kind, key)| candidate(*matched, source, *kind, key));
            let mut found = Found {
                candidates: candidates.collect(),
                is_cut: false,
            };
            let meant = found.meant().map(|meant| {
                let keys = meant.iter().map(|one| one.node.key.to_string());
                keys.collect::<Vec<_>>()
            });
            let expected = expected.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect());
            assert_eq!(meant, expected, "{found:?}");
            found.is_cut = true;
            assert_eq!(found.meant(), None);
        }
    }
}
