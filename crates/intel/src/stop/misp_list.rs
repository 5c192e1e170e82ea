//! MISP's warning lists.

use serde::Deserialize;
use tesem_observable::{IpRange, Observable, ObservableKind, recognise_as};

use super::list::{Entries, StopList, StopListError};

/// `list.json`. Source: the schema of the MISP/misp-warninglists repository.
#[derive(Debug, Deserialize)]
struct MispList {
    name: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    list: Vec<String>,
}

impl StopList {
    /// A warning list in MISP's `list.json` form, of the types `string`, `substring`, `hostname`, `cidr` and `regex`.
    ///
    /// `hostname` stops the name, names below it and URLs there; `cidr` stops addresses within and ranges that overlap;
    /// `string` compares the whole value without regard to case; a regular expression may be written `/…/i`.
    ///
    /// # Errors
    /// [`StopListError`] for another form or type, a network that is none, or an expression that cannot be compiled.
    pub fn of_misp(file: &str, json: &[u8]) -> Result<Self, StopListError> {
        let unusable = |list: &str, why: String| StopListError {
            list: list.into(),
            why: why.into(),
        };
        let list: MispList = serde_json::from_slice(json)
            .map_err(|error| unusable(file, format!("it is no warning list of MISP: {error}")))?;
        let mut entries = Entries::default();
        for entry in &list.list {
            let entry = entry.trim();
            if entry.is_empty() {
                continue;
            }
            let kind = list.kind.as_deref().unwrap_or("string");
            add(&mut entries, kind, entry).map_err(|why| unusable(&list.name, why))?;
        }
        Self::new(&list.name, true, entries)
    }
}

fn add(entries: &mut Entries, kind: &str, entry: &str) -> Result<(), String> {
    match kind {
        "string" => {
            entries
                .values
                .insert(canonical(entry).to_lowercase().into());
        }
        "substring" => entries.substrings.push(entry.to_lowercase().into()),
        "hostname" => {
            let name = entry.trim_start_matches('.').trim_end_matches('.');
            entries.hosts.insert(name.to_lowercase().into());
        }
        "cidr" => entries.ranges.push(network(entry)?),
        "regex" => entries.patterns.push(expression(entry)),
        other => return Err(format!("its type `{other}` is unknown")),
    }
    Ok(())
}

/// The spelling that our values have, where the entry is one.
fn canonical(entry: &str) -> String {
    tesem_observable::recognise(entry)
        .map_or_else(|_| entry.to_owned(), |observable| observable.to_string())
}

fn network(entry: &str) -> Result<IpRange, String> {
    let kinds = [
        ObservableKind::IpRange,
        ObservableKind::Ipv4,
        ObservableKind::Ipv6,
    ];
    let read = kinds
        .iter()
        .find_map(|kind| recognise_as(*kind, entry).ok());
    let range = match read {
        Some(Observable::IpRange(range)) => Some(range),
        Some(other) => other
            .address()
            .and_then(|address| IpRange::new(address, address)),
        None => None,
    };
    range.ok_or_else(|| format!("`{entry}` is no network"))
}

/// Values are compared in lower case, so that an expression must not mind case.
fn expression(entry: &str) -> String {
    let inner = entry
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'));
    let (inner, _flags) = inner.unwrap_or((entry, ""));
    format!("(?i){inner}")
}
