//! Indicators to planned queries to verdicts and hits.
//!
//! A hunt goes through four steps, in reading order:
//!
//! 1. [`Intake`] turns input into [`Indicator`]s; every line is searched for, refused with a reason, or a comment.
//! 2. [`plan()`] decides which indicators go into which query: as many as the byte budget allows, over every table that can hold
//!    them ([`TABLES`]). [`Plan::explain`] says what that costs before anything runs.
//! 3. [`Hunt::run`] asks a [`HuntingBackend`], first how often and where each indicator was seen, then for the events of what was.
//!    Each answer is on disk in the [`RunFolder`] before the next query is asked; what is too much is split.
//! 4. [`HuntReport`] has a [`Verdict`] on every indicator; [`output`] writes the files.
//!
//! Planning is pure. Running reads time from a clock and writes to the run's folder, nothing else.

mod backend;
mod cancel;
mod indicator;
mod intake;
mod map;
pub mod output;
mod plan;
mod query;
mod report;
mod run;
mod term;
mod verdict;

pub use backend::{
    BackendColumn, BackendError, BackendLimits, BackendRows, HuntingBackend, SERVICE_ROWS_MAX,
};
pub use cancel::{CancelSource, CancelToken};
pub use indicator::{Indicator, IndicatorId, Origin};
pub use intake::{InputForm, InputSource, Intake, RefusedItem, SourceSummary};
pub use map::{
    DeviceIdentity, Holds, Place, SearchColumn, SearchTable, Side, TABLES, TableReach, place,
    places,
};
pub use plan::{
    Explanation, Plan, PlanError, PlanOptions, PlannedQuery, QUERY_BYTES_DEFAULT, QUERY_BYTES_MIN,
    QueryEstimate, QuotaUse, ROWS_PER_INDICATOR_DEFAULT, SERVICE_LOOKBACK, plan,
};
pub use query::{Missing, TimeWindow};
pub use report::{Ending, HuntReport};
pub use run::{
    Answer, AnswerError, FolderError, Hunt, HuntError, HuntEvent, HuntObserver, NoObserver,
    Progress, QueryLog, QueryOutcome, RunFolder, SavedPlanError, Sighting, SplitFirst, Stage,
};
pub use term::{NotSearchable, RANGE_ADDRESSES_MAX};
pub use verdict::{Status, Verdict};
