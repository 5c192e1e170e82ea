//! `hashes.csv`: which values a static feed holds, without its events.

use std::collections::HashMap;
use std::io::BufRead;

use md5::{Digest, Md5};
use tesem_observable::Observable;
use uuid::Uuid;

use crate::Problem;

/// MD5 digests of all attributes' values, each with the events that hold it.
///
/// Tells in moments whether a feed of many events knows a value.
#[derive(Debug, Default)]
pub struct HashIndex {
    events: HashMap<[u8; 16], Vec<Uuid>>,
}

impl HashIndex {
    /// Reads lines of `md5,uuid`.
    ///
    /// # Errors
    /// [`Problem::Damaged`] names the first line that is none.
    pub fn read(reader: impl BufRead) -> Result<Self, Problem> {
        let mut index = Self::default();
        for (number, line) in (1_u64..).zip(reader.lines()) {
            let line = line.map_err(|error| Problem::reading("hashes.csv", &error))?;
            if line.trim().is_empty() {
                continue;
            }
            let (digest, event) = pair(&line).ok_or_else(|| Problem::Damaged {
                what: "hashes.csv".into(),
                why: format!("line {number} is not `md5,uuid`").into(),
            })?;
            index.events.entry(digest).or_default().push(event);
        }
        Ok(index)
    }

    /// The events that hold the value, as MISP wrote it: its canonical form, or in lower case.
    #[must_use]
    pub fn events_of(&self, observable: &Observable) -> &[Uuid] {
        let digest = |value: &str| <[u8; 16]>::from(Md5::digest(value.as_bytes()));
        let value = observable.to_string();
        let found = self.events.get(&digest(&value));
        found
            .or_else(|| self.events.get(&digest(&value.to_lowercase())))
            .map_or(&[], Vec::as_slice)
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

fn pair(line: &str) -> Option<([u8; 16], Uuid)> {
    let (digest, event) = line.trim().split_once(',')?;
    let digest: tesem_observable::Md5 = digest.parse().ok()?;
    Some((*digest.as_bytes(), event.parse().ok()?))
}
