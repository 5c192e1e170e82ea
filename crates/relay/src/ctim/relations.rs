//! A list of relations, each of which comes once.

use std::collections::HashSet;

use super::{Observable, Relation, RelationName, Vocabulary};

/// The relations of one sighting, each once, in the order in which they came first.
#[derive(Debug)]
pub struct Relations {
    origin: String,
    vocabulary: Vocabulary,
    seen: HashSet<Relation>,
    list: Vec<Relation>,
}

impl Relations {
    /// None yet; `origin` says all of them.
    #[must_use]
    pub fn new(origin: &str, vocabulary: Vocabulary) -> Self {
        Self {
            origin: origin.to_owned(),
            vocabulary,
            seen: HashSet::new(),
            list: Vec::new(),
        }
    }

    /// In which words.
    #[must_use]
    pub fn vocabulary(&self) -> Vocabulary {
        self.vocabulary
    }

    /// Adds that `source` is so related to `related`.
    pub fn add(&mut self, source: &Observable, name: RelationName, related: &Observable) {
        let relation = Relation {
            origin: self.origin.clone(),
            relation: name.word(self.vocabulary),
            source: source.clone(),
            related: related.clone(),
        };
        if self.seen.insert(relation.clone()) {
            self.list.push(relation);
        }
    }

    /// All of them.
    #[must_use]
    pub fn into_list(self) -> Vec<Relation> {
        self.list
    }
}
