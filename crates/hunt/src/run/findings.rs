//! What summary queries found, per indicator.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::answer::SummaryRow;
use crate::indicator::IndicatorId;

/// An indicator in one column of one table on one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The device's id; empty for tables without.
    pub device_id: String,
    /// The device's name; empty for tables without.
    pub device_name: String,
    /// Events.
    pub events: u64,
    /// The first of them.
    pub first_seen: Timestamp,
    /// The last of them.
    pub last_seen: Timestamp,
}

/// What is known about an indicator.
#[derive(Debug, Clone, Default)]
pub(crate) struct Finding {
    /// By table, column, device id and name.
    sightings: BTreeMap<[String; 4], Sighting>,
    /// People whose accounts saw it, where the summary counts by user.
    pub(crate) users: BTreeSet<String>,
    /// Why parts of its search failed.
    pub(crate) failures: Vec<String>,
    /// Queries it was in that were sent.
    pub(crate) calls: u32,
    /// Whether part of its search has not been asked yet.
    pub(crate) unasked: bool,
    /// Whether an answer about it was cut.
    pub(crate) cut: bool,
    /// Whether fetching its events failed.
    pub(crate) details_failed: bool,
}

impl Finding {
    /// Adds a row of a summary. The parts of a query that was split by time add up.
    pub(super) fn add(&mut self, row: &SummaryRow) {
        if is_person(&row.user) {
            self.users.insert(row.user.clone());
        }
        let key = [&row.table, &row.column, &row.device_id, &row.device_name].map(Clone::clone);
        self.sightings
            .entry(key)
            .and_modify(|sighting| {
                sighting.events = sighting.events.saturating_add(row.events);
                sighting.first_seen = sighting.first_seen.min(row.first_seen);
                sighting.last_seen = sighting.last_seen.max(row.last_seen);
            })
            .or_insert_with(|| Sighting {
                table: row.table.clone(),
                column: row.column.clone(),
                device_id: row.device_id.clone(),
                device_name: row.device_name.clone(),
                events: row.events,
                first_seen: row.first_seen,
                last_seen: row.last_seen,
            });
    }

    /// The sightings by table, column and device.
    pub(crate) fn sightings(&self) -> impl Iterator<Item = &Sighting> {
        self.sightings.values()
    }

    /// How many events were counted.
    pub(super) fn events(&self) -> u64 {
        self.sightings()
            .fold(0, |sum: u64, sighting| sum.saturating_add(sighting.events))
    }

    pub(crate) fn into_sightings(self) -> Vec<Sighting> {
        self.sightings.into_values().collect()
    }
}

/// The findings of all indicators.
#[derive(Debug)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn new(indicators: usize) -> Self {
        Self(vec![Finding::default(); indicators])
    }

    /// Applies `change` to the findings of `ids`.
    pub(super) fn each(
        &mut self,
        ids: impl IntoIterator<Item = IndicatorId>,
        mut change: impl FnMut(&mut Finding),
    ) {
        for id in ids {
            if let Some(finding) = self.0.get_mut(id.index()) {
                change(finding);
            }
        }
    }

    pub(super) fn get(&self, id: IndicatorId) -> Option<&Finding> {
        self.0.get(id.index())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (IndicatorId, &Finding)> {
        (0..).map(IndicatorId).zip(&self.0)
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}

/// Accounts of the systems themselves: Windows' and those of services on Linux and macOS.
const SYSTEM_ACCOUNTS: [&str; 12] = [
    "system",
    "local service",
    "network service",
    "anonymous logon",
    "localsystem",
    "iusr",
    "root",
    "daemon",
    "nobody",
    "www-data",
    "systemd-resolve",
    "systemd-timesync",
];

/// Whether an account name is likely to be a person's: neither of the system's, nor a machine's or a session service's.
fn is_person(account: &str) -> bool {
    let name = account.rsplit('\\').next().unwrap_or(account);
    let is_service = name.ends_with('$')
        || name.starts_with("dwm-")
        || name.starts_with("umfd-")
        || name.starts_with('_');
    !name.is_empty() && !is_service && !SYSTEM_ACCOUNTS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_no_people() {
        for account in [
            "system",
            "nt authority\\system",
            "ws-0042$",
            "dwm-1",
            "_spotlight",
            "",
        ] {
            assert!(!is_person(account), "{account}");
        }
        for account in ["ana.lima@contoso.com", "contoso\\ana", "ana"] {
            assert!(is_person(account), "{account}");
        }
    }
}
