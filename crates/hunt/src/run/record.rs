//! The journal's records.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tesem_state::journal::RecordKind;
use uuid::Uuid;

use super::task::SplitFirst;

/// Version of [`QueryLog`] as a journal record.
const RECORD_VERSION: u32 = 1;

/// The kind of a hunt's journal records.
pub(super) fn record_kind() -> RecordKind {
    RecordKind {
        name: "hunt".to_owned(),
        version: RECORD_VERSION,
    }
}

/// What a query is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Counts sightings by indicator, column and device.
    Summary,
    /// Fetches the events of what was found.
    Details,
    /// Asks the queries of packs.
    Pack,
}

/// What became of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum QueryOutcome {
    /// It was answered.
    Answered {
        /// Rows of the answer.
        rows: u64,
        /// Whether the answer has as many rows as the service returns at most and could not be split further, so that rows may be
        /// missing.
        cut: bool,
    },
    /// It was split, and its parts were asked instead.
    Split {
        /// Why.
        reason: String,
        /// Along what it was split, as long as that is possible.
        first: SplitFirst,
    },
    /// It named a table that the tenant does not have, and was asked again without it.
    MissingTable {
        /// The table.
        table: String,
    },
    /// It named a column that the tenant does not have, and was asked again without it.
    MissingColumn {
        /// The column.
        column: String,
    },
    /// It was not answered.
    Failed {
        /// Why.
        reason: String,
    },
}

/// A finished query: a record of the journal, and an entry of `run.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryLog {
    /// Its name, such as `summary-0001`; parts of a split query have `.1` and `.2` behind the name, repetitions without a missing
    /// table `~1`.
    pub key: String,
    /// What it was for.
    pub stage: Stage,
    /// A digest of its text, which tells that a resumed run asks the same.
    pub digest: Uuid,
    /// Bytes of its text.
    pub bytes: usize,
    /// Indicators in it.
    pub indicators: usize,
    /// When it was sent.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// How long the service worked on it, without waiting for quota, in milliseconds; nothing where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_ms: Option<u64>,
    /// Bytes of the events in its answer, where it fetched any; an estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_bytes: Option<u64>,
    /// Whether its answer was refused because it had more bytes than there may be.
    #[serde(default, skip_serializing_if = "is_false")]
    pub too_large: bool,
    /// What became of it.
    #[serde(rename = "result")]
    pub outcome: QueryOutcome,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

/// The namespace of query digests.
const DIGEST_NAMESPACE: Uuid = Uuid::from_u128(0x7465_7365_6d2d_6875_6e74_2d71_7565_7279);

/// The digest of a query text.
pub(super) fn digest(query: &str) -> Uuid {
    Uuid::new_v5(&DIGEST_NAMESPACE, query.as_bytes())
}
