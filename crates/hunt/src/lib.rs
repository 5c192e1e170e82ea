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
//! # What counts as a sighting
//!
//! - A **hash**, thumbprint, mail address or file name: a column that holds exactly it, in whatever letter case.
//! - An **address**: a column that holds it, IPv4 also as `::ffff:192.0.2.1` and `::ffff:c000:201`, IPv6 in any spelling; public
//!   ones on the remote side of a connection, private ones on the local side, both on columns that do not tell sides apart or with
//!   [`PlanOptions::any_side`]; those of the remote side also as the host of a URL. Loopback and multicast addresses are not
//!   searched for. A **range**: any address in it; for IPv4 up to a `/8`, for IPv6 up to 256 addresses.
//! - A **domain**: a host that is it or ends in it at a dot: `evil.com` in `https://www.evil.com/x`, `evil.com:8080` and a
//!   sender's `mail.evil.com`, not in `notevil.com`, `evil.com.other.net` or the path of another URL.
//! - A **URL** with a path: the same URL, or one that goes on with a further path segment or a query; scheme, user, fragment, the
//!   ports 80 and 443 and a final slash are not compared, the path's letter case is. With a query: only the same URL. Without path:
//!   its host, exactly. Telemetry that holds only the host does not count as a sighting of a URL with a path.
//! - A **device**: its name, short or with its domain.
//!
//! Where a column holds several values, as JSON or as a list, each is compared by itself. Which columns those are, and which hold
//! indicators and are not searched, and why, say the docs of the map's tables.
//!
//! Planning is pure. Running reads time from a clock and writes to the run's folder, nothing else.

mod backend;
mod cancel;
mod cost;
mod earlier;
mod indicator;
mod intake;
mod map;
pub mod output;
pub mod pack;
mod plan;
mod query;
mod report;
mod run;
mod run_time;
mod term;
mod verdict;

pub use backend::{
    BackendColumn, BackendError, BackendLimits, BackendRows, HuntingBackend, SERVICE_BYTES_MAX,
    SERVICE_ROWS_MAX,
};
pub use cancel::{CancelSource, CancelToken};
pub use cost::{
    CostModel, QUERY_RUN_BUDGET, SERVICE_RUN_MAX, SERVICE_RUN_PER_DAY, SERVICE_RUN_PER_HOUR,
};
pub use earlier::{Cursor, Earlier, LATENESS_DEFAULT};
pub use indicator::{Indicator, IndicatorId, Origin, Provenance};
pub use intake::{InputForm, InputSource, Intake, RefusedItem, SourceSummary};
pub use map::{
    DeviceIdentity, Field, Holds, Place, Reading, SearchColumn, SearchTable, Side, TABLES,
    TableReach, place, places,
};
pub use plan::{
    Batch, Explanation, PackEstimate, Plan, PlanError, PlanOptions, PlannedQuery,
    QUERY_BYTES_DEFAULT, QUERY_BYTES_MIN, QueryEstimate, QuotaUse, ROWS_PER_INDICATOR_DEFAULT,
    RunTimeUse, SERVICE_LOOKBACK, plan, plan_new,
};
pub use query::{Missing, TimeWindow};
pub use report::{Ending, HuntReport};
pub use run::{
    Answer, AnswerError, Budget, FolderError, Hunt, HuntError, HuntEvent, HuntObserver, NoObserver,
    PackReport, Progress, QueryLog, QueryOutcome, RunFolder, SavedPlanError, Sighting, SplitFirst,
    Stage,
};
pub use run_time::{RunTimeLimit, RunTimeSpent};
pub use term::{NotSearchable, RANGE_ADDRESSES_MAX};
pub use verdict::{Status, Verdict};
