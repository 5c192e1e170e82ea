//! What a query may take.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use tesem_engine::{EngineOptions, RunOptions, TooManyRows};

/// Most bytes of values that an answer may have; more would not fit where it is printed from.
const RESULT_BYTES_MAX: usize = 1 << 30;
const MEBIBYTE: usize = 1 << 20;

/// Limits of a query that the engine answers.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitOptions {
    /// Fail when the answer has more rows
    #[arg(long, value_name = "COUNT")]
    rows_max: Option<usize>,
    /// Fail when the query takes longer
    #[arg(long, value_name = "SECONDS")]
    seconds_max: Option<u32>,
    /// How much a query may hold in memory while it sorts, joins and groups; what is more goes to temporary files
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    memory_max: usize,
}

impl LimitOptions {
    /// For the engine.
    pub(super) fn engine(&self) -> EngineOptions {
        EngineOptions {
            memory_max: self.memory_max.saturating_mul(MEBIBYTE),
            spill_directory: Some(std::env::temp_dir()),
            ..EngineOptions::default()
        }
    }

    /// For a query at the time `now`.
    pub(super) fn run(&self, now: Timestamp) -> RunOptions {
        RunOptions {
            rows_max: self.rows_max,
            too_many_rows: TooManyRows::Fail,
            bytes_max: Some(RESULT_BYTES_MAX),
            time_max: self
                .seconds_max
                .map(|seconds| Duration::from_secs(seconds.into())),
            ..RunOptions::at(now)
        }
    }
}
