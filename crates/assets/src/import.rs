//! One import: what a sink is given.

use std::sync::Arc;

use crate::delta::Delta;
use crate::graph::AssetGraph;
use crate::millis::Millis;
use crate::passed::Passed;
use crate::save_point::SavePoint;

/// Where a graph comes from: a tenant, under the name of a connection. A sink keeps the graphs of several apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    key: String,
    /// What people call it.
    pub name: String,
}

/// A key that a source cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be the key of a source: it takes letters, digits and any of _:@=;!'%-.()+,$*, 254 at most"
)]
pub struct InvalidSourceKey(pub String);

/// Longest key, in characters.
const KEY_CHARACTERS_MAX: usize = 254;

/// Characters of keys besides letters and digits.
const KEY_CHARACTERS: &str = "_:@=;!'%-.()+,$*";

impl Source {
    /// A source under a key, which Connected Assets and Risk must accept.
    ///
    /// Source: pattern of `_key` in the import schema, <https://github.com/IBM/cp4s-car-schema>.
    ///
    /// # Errors
    /// [`InvalidSourceKey`].
    pub fn new(key: &str, name: &str) -> Result<Self, InvalidSourceKey> {
        let is_allowed =
            |letter: char| letter.is_ascii_alphanumeric() || KEY_CHARACTERS.contains(letter);
        let is_valid = (1..=KEY_CHARACTERS_MAX).contains(&key.len()) && key.chars().all(is_allowed);
        if !is_valid {
            return Err(InvalidSourceKey(key.to_owned()));
        }
        Ok(Self {
            key: key.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The same source under another name.
    pub(crate) fn named(&self, name: String) -> Self {
        let key = self.key.clone();
        Self { key, name }
    }
}

/// What an import found and what it came from.
#[derive(Debug, Clone)]
pub struct Import {
    /// Where the graph comes from.
    pub source: Source,
    /// When the import began to read: the report's time and, in milliseconds, its key.
    pub at: Millis,
    /// The graph before, as the sink gave it; an empty one where there is none.
    pub earlier: Arc<AssetGraph>,
    /// The graph now.
    pub next: Arc<AssetGraph>,
    /// Alerts that came and went in between.
    pub passed: Vec<Passed>,
    /// What the next import is to know.
    pub save_point: SavePoint,
}

impl Import {
    /// What changed.
    #[must_use]
    pub fn delta(&self) -> Delta<'_> {
        Delta::new(&self.earlier, &self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_source_is_one_that_connected_assets_and_risk_takes() {
        for key in ["conn-1", "a", "contoso.com:1"] {
            assert_eq!(
                Source::new(key, "x").map(|source| source.key),
                Ok(key.to_owned())
            );
        }
        for key in ["", "a b", "ä", "a/b", &"a".repeat(255)] {
            assert_eq!(Source::new(key, "x"), Err(InvalidSourceKey(key.to_owned())));
        }
    }
}
