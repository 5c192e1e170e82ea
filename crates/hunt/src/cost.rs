//! What queries cost in a tenant: learned from every answer, used to size the next query.
//!
//! The work of a query is how many tables it reads, each by its weight, times how many hours of each. Seconds per work and rows per indicator are
//! what differs from tenant to tenant; both are averaged over answers, and jump up where a query was too much.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::map::SearchTable;
use crate::query::TimeWindow;
use crate::run_time::RunTimeSpent;

/// The longest run of a hunting query before the service gives it up: three minutes on Microsoft Graph and Defender XDR, 200 seconds
/// on Defender for Endpoint.
///
/// Source: <https://learn.microsoft.com/graph/api/security-security-runhuntingquery>.
pub const SERVICE_RUN_MAX: Duration = Duration::from_secs(180);

/// The longest expected run of a query that is asked in one piece. What it leaves to [`SERVICE_RUN_MAX`] is for busy hours.
pub const QUERY_RUN_BUDGET: Duration = Duration::from_secs(120);

/// Run time of queries within an hour that Defender for Endpoint allows a tenant: ten minutes.
///
/// Source: <https://learn.microsoft.com/defender-endpoint/api/run-advanced-query-api>.
pub const SERVICE_RUN_PER_HOUR: Duration = Duration::from_secs(600);

/// Run time of queries within a day that Defender for Endpoint allows a tenant: three hours.
///
/// Source: as [`SERVICE_RUN_PER_HOUR`].
pub const SERVICE_RUN_PER_DAY: Duration = Duration::from_secs(3 * 3_600);

/// In how many parts at most a query is asked without having been tried in fewer: one slow hour must not multiply all calls.
pub(crate) const PARTS_UNTRIED_MAX: u64 = 4;

/// How much reading a query does: weights of tables times hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Work(u64);

impl Work {
    /// The work of reading `tables` through `window`; at least one.
    pub(crate) fn of(tables: &[&SearchTable], window: TimeWindow) -> Self {
        let hours = hours(window);
        let weight: u64 = tables.iter().map(|table| weight(table)).sum();
        Self(weight.max(1) * hours.max(1))
    }
}

/// Whole hours of a window.
fn hours(window: TimeWindow) -> u64 {
    let seconds = window.end.duration_since(window.start).as_secs();
    u64::try_from(seconds).unwrap_or_default() / 3_600
}

/// Whether a part of a window is long enough to be halved untried.
pub(crate) fn may_halve_untried(part: TimeWindow, whole: TimeWindow) -> bool {
    hours(part) * PARTS_UNTRIED_MAX > hours(whole)
}

/// How many rows a table has, against a table of mails or sign-ins: what each process does outweighs all else.
fn weight(table: &SearchTable) -> u64 {
    match table.name {
        "DeviceNetworkEvents"
        | "DeviceFileEvents"
        | "DeviceProcessEvents"
        | "DeviceImageLoadEvents"
        | "DeviceEvents"
        | "DeviceRegistryEvents" => 10,
        "DeviceLogonEvents" | "DeviceFileCertificateInfo" | "CloudAppEvents" => 3,
        _ => 1,
    }
}

/// What queries cost in a tenant, as far as its answers have told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostModel {
    /// Microseconds that reading a light table through one hour takes; nothing until a query was answered.
    pub micros_per_table_hour: Option<u64>,
    /// Indicators that summaries were asked for, the older ones counted for less.
    pub indicators: u64,
    /// Rows that they had.
    pub rows: u64,
    /// Answers and refusals that this rests on.
    pub learned_from: u64,
    /// Bytes of an event's row; nothing until events were fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_bytes: Option<u64>,
    /// Run time that hunts spent lately, where the service limits it.
    #[serde(default, skip_serializing_if = "RunTimeSpent::is_empty")]
    pub run_time_spent: RunTimeSpent,
}

impl CostModel {
    /// How long a query is expected to run.
    pub(crate) fn run_time(&self, work: Work) -> Option<Duration> {
        let micros = self.micros_per_table_hour?.saturating_mul(work.0);
        Some(Duration::from_micros(micros))
    }

    /// How many rows a summary for so many indicators is expected to have; nothing until enough were asked for to tell.
    pub(crate) fn rows(&self, indicators: usize) -> Option<u64> {
        let expected = self.rows.saturating_mul(indicators as u64);
        (self.indicators >= INDICATORS_TO_TELL).then(|| expected / self.indicators)
    }

    /// Takes in that a query of that work ran so long.
    pub(crate) fn learn_run(&mut self, work: Work, ran: Duration) {
        let micros = u64::try_from(ran.as_micros()).unwrap_or(u64::MAX) / work.0;
        self.micros_per_table_hour = Some(smoothed(self.micros_per_table_hour, micros));
        self.learned_from += 1;
    }

    /// Takes in that a query of that work was given up by the service.
    pub(crate) fn learn_too_long(&mut self, work: Work) {
        let least = u64::try_from(SERVICE_RUN_MAX.as_micros()).unwrap_or(u64::MAX) / work.0;
        self.micros_per_table_hour = self.micros_per_table_hour.max(Some(least));
        self.learned_from += 1;
    }

    /// Takes in how many rows a summary for so many indicators had.
    pub(crate) fn learn_rows(&mut self, indicators: usize, rows: u64) {
        if self.indicators > INDICATORS_REMEMBERED {
            (self.indicators, self.rows) = (self.indicators / 2, self.rows / 2);
        }
        self.indicators = self.indicators.saturating_add(indicators as u64);
        self.rows = self.rows.saturating_add(rows);
    }

    /// Takes in that a summary for so many indicators had more rows than an answer may have.
    pub(crate) fn learn_too_many(&mut self, indicators: usize, rows_max: u64) {
        if self.rows(indicators) < Some(rows_max) {
            (self.indicators, self.rows) = (indicators as u64, rows_max);
        }
        self.learned_from += 1;
    }

    /// How many bytes so many events are expected to have.
    pub(crate) fn events_bytes(&self, rows: u64) -> Option<u64> {
        Some(self.event_bytes?.saturating_mul(rows))
    }

    /// Takes in that so many events had so many bytes.
    pub(crate) fn learn_event_bytes(&mut self, rows: u64, bytes: u64) {
        if let Some(each) = bytes.checked_div(rows) {
            self.event_bytes = Some(smoothed(self.event_bytes, each.max(1)));
        }
    }

    /// Takes in that so many events, or fewer, had more bytes than an answer may have.
    pub(crate) fn learn_events_too_large(&mut self, rows: u64, bytes_max: u64) {
        let least = bytes_max.checked_div(rows);
        self.event_bytes = self.event_bytes.max(least);
        self.learned_from += 1;
    }
}

/// Fewer indicators tell nothing about how many rows others have.
const INDICATORS_TO_TELL: u64 = 100;

/// From so many on, what was learned is halved before more is.
const INDICATORS_REMEMBERED: u64 = 100_000;

/// A quarter of what is new, three of what was known: one odd answer neither doubles the calls nor hides trouble for long.
fn smoothed(known: Option<u64>, new: u64) -> u64 {
    match known {
        None => new,
        Some(known) => (known.saturating_mul(3).saturating_add(new)) / 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(hours: i64) -> Work {
        let tables: Vec<&SearchTable> = crate::map::TABLES.iter().collect();
        Work::of(&tables, window(hours))
    }

    fn window(hours: i64) -> TimeWindow {
        let start: jiff::Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        TimeWindow {
            start,
            end: start + jiff::SignedDuration::from_hours(hours),
        }
    }

    #[test]
    fn what_ran_tells_what_half_of_it_will_run() {
        let mut model = CostModel::default();
        assert_eq!(model.run_time(work(720)), None);
        model.learn_run(work(720), Duration::from_secs(72));
        let half = model.run_time(work(360)).unwrap();
        assert_eq!(half.as_millis().div_ceil(100), 360);
    }

    #[test]
    fn a_refusal_counts_at_once_and_fades() {
        let work = work(720);
        let mut model = CostModel::default();
        model.learn_run(work, Duration::from_secs(4));
        model.learn_too_long(work);
        assert!(model.run_time(work).unwrap() > QUERY_RUN_BUDGET);
        for _ in 0..4 {
            model.learn_run(work, Duration::from_secs(4));
        }
        assert!(model.run_time(work).unwrap() < QUERY_RUN_BUDGET);
    }

    #[test]
    fn rows_grow_with_indicators() {
        let mut model = CostModel::default();
        model.learn_rows(1_000, 250);
        assert_eq!(model.rows(4_000), Some(1_000));
        model.learn_too_many(100, 100_000);
        assert_eq!(model.rows(50), Some(50_000));
        model.learn_rows(0, u64::MAX);
        assert!(model.rows(usize::MAX).is_some());
        let mut few = CostModel::default();
        few.learn_rows(1, 5_000);
        assert_eq!(few.rows(10_000), None);
    }

    #[test]
    fn events_tell_how_many_bytes_others_have() {
        let mut model = CostModel::default();
        assert_eq!(model.events_bytes(10), None);
        model.learn_event_bytes(0, 0);
        assert_eq!(model.events_bytes(10), None);
        model.learn_event_bytes(100, 80_000);
        assert_eq!(model.events_bytes(10), Some(8_000));
        model.learn_events_too_large(10_000, 50_000_000);
        assert_eq!(model.events_bytes(10_000), Some(50_000_000));
        model.learn_events_too_large(1_000_000, 50_000_000);
        assert_eq!(model.events_bytes(10_000), Some(50_000_000));
    }

    #[test]
    fn what_an_older_version_has_learned_is_read() {
        let text = r#"{"micros_per_table_hour":7,"indicators":1,"rows":2,"learned_from":3}"#;
        let model: CostModel = serde_json::from_str(text).unwrap();
        assert_eq!(model.micros_per_table_hour, Some(7));
        assert_eq!(serde_json::to_string(&model).unwrap(), text);
    }
}
