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
    /// Notes that these hashes are those of one file.
    pub fn note(&mut self, hashes: &Hashes) {
        let whole = self.complete(hashes.clone());
        let keys: Vec<String> = whole.each().map(|(_, hash)| key(hash)).collect();
        for key in keys {
            self.files.insert(key, whole.clone());
        }
    }

    /// `hashes` with what is missing, where it is known. What is there stays.
    #[must_use]
    pub fn complete(&self, hashes: Hashes) -> Hashes {
        let known = hashes
            .each()
            .find_map(|(_, hash)| self.files.get(&key(hash)));
        match known {
            Some(known) => hashes.filled(known),
            None => hashes,
        }
    }
}

fn key(hash: &str) -> String {
    hash.to_ascii_lowercase()
}
