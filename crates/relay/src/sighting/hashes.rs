//! The hashes of files, as far as they are known.

use std::collections::HashMap;

use tesem_defender::endpoint::File;

use crate::ctim::Observable;

/// The hashes of one file, as far as they are known, as the service writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hashes {
    /// SHA-1.
    pub sha1: Option<String>,
    /// SHA-256.
    pub sha256: Option<String>,
    /// MD5.
    pub md5: Option<String>,
}

impl Hashes {
    /// Of these texts; an empty one is no hash.
    #[must_use]
    pub fn of(sha1: Option<&str>, sha256: Option<&str>, md5: Option<&str>) -> Self {
        let hash = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            sha1: hash(sha1),
            sha256: hash(sha256),
            md5: hash(md5),
        }
    }

    /// The hash by which the service can be asked for the others; nothing where none is missing, or none can be asked by.
    #[must_use]
    pub fn to_look_up(&self) -> Option<&str> {
        let is_whole = self.sha1.is_some() && self.sha256.is_some() && self.md5.is_some();
        let by = self.sha1.as_deref().or(self.sha256.as_deref());
        by.filter(|_| !is_whole)
    }

    fn each(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let all = [
            ("sha1", &self.sha1),
            ("sha256", &self.sha256),
            ("md5", &self.md5),
        ];
        all.into_iter()
            .filter_map(|(kind, hash)| Some((kind, hash.as_ref()?)))
    }

    /// The known ones in lower case: by each of them the file is told from others.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.each().map(|(_, hash)| key(hash)).collect()
    }

    /// Whether both may be of one file.
    fn agrees(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| match (one, other) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            _ => true,
        };
        same(&self.sha1, &other.sha1)
            && same(&self.sha256, &other.sha256)
            && same(&self.md5, &other.md5)
    }

    /// The known ones: SHA-1, SHA-256, MD5.
    #[must_use]
    pub fn observables(&self) -> Vec<Observable> {
        self.each()
            .map(|(kind, hash)| Observable::new(kind, hash))
            .collect()
    }

    /// SHA-1 and SHA-256, as far as they are known.
    #[must_use]
    pub fn strong(&self) -> Vec<Observable> {
        let mut all = self.observables();
        all.retain(|hash| hash.kind != "md5");
        all
    }

    fn filled(self, other: &Self) -> Self {
        Self {
            sha1: self.sha1.or_else(|| other.sha1.clone()),
            sha256: self.sha256.or_else(|| other.sha256.clone()),
            md5: self.md5.or_else(|| other.md5.clone()),
        }
    }
}

impl From<&File> for Hashes {
    fn from(file: &File) -> Self {
        Self::of(
            file.sha1.as_deref(),
            file.sha256.as_deref(),
            file.md5.as_deref(),
        )
    }
}

/// Which hashes belong together.
#[derive(Debug, Clone, Default)]
pub struct HashBook {
    /// By each hash, in lower case.
    files: HashMap<String, Hashes>,
}

impl HashBook {
    /// Notes that these hashes are those of one file. What was noted before of one of them stays where it says something else.
    pub fn note(&mut self, hashes: &Hashes) {
        let whole = self.complete(hashes.clone());
        for key in whole.keys() {
            let file = self.files.entry(key).or_default();
            if file.agrees(&whole) {
                *file = whole.clone();
            }
        }
    }

    /// `hashes` with what is missing, where it is known. What is there stays, and what is known of another file that shares one of them
    /// is not taken.
    #[must_use]
    pub fn complete(&self, hashes: Hashes) -> Hashes {
        let known = hashes
            .keys()
            .into_iter()
            .filter_map(|hash| self.files.get(&hash));
        match known.into_iter().find(|known| known.agrees(&hashes)) {
            Some(known) => hashes.filled(known),
            None => hashes,
        }
    }
}

fn key(hash: &str) -> String {
    hash.to_ascii_lowercase()
}
