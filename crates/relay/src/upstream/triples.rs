//! Which hashes belong together, as hunting tells.

use std::collections::{BTreeSet, HashMap};

use tesem_defender::HuntingResult;

use crate::request::{ObservableType, Subject};
use crate::sighting::{Hashes, Row};

/// All three hashes of files, in lower case, by each of them.
pub type Triples = HashMap<Subject, Hashes>;

/// What the rows of a [`hashes_query`](super::hashes_query) tell. Nothing is told of files that share some hashes and not others: one
/// of their rows must be wrong, or made to deceive.
#[must_use]
pub fn triples(result: &HuntingResult) -> Triples {
    let rows: BTreeSet<[Subject; 3]> = Row::all(result).filter_map(|row| triple(&row)).collect();
    let mut files: HashMap<&Subject, usize> = HashMap::new();
    for hash in rows.iter().flatten() {
        *files.entry(hash).or_default() += 1;
    }
    let is_one_file = |row: &&[Subject; 3]| row.iter().all(|hash| files.get(hash) == Some(&1));
    rows.iter()
        .filter(is_one_file)
        .flat_map(|row| {
            let [sha1, sha256, md5] = row.each_ref().map(Subject::value);
            let hashes = Hashes::of(Some(&sha1), Some(&sha256), Some(&md5));
            row.iter().map(move |hash| (hash.clone(), hashes.clone()))
        })
        .collect()
}

/// The three hashes of a row; nothing where one of them is missing or malformed.
fn triple(row: &Row<'_>) -> Option<[Subject; 3]> {
    Some([
        Subject::of(ObservableType::Sha1, row.text("SHA1")?)?,
        Subject::of(ObservableType::Sha256, row.text("SHA256")?)?,
        Subject::of(ObservableType::Md5, row.text("MD5")?)?,
    ])
}
