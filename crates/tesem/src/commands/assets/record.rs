//! What is told and kept of an import: one object for people's tables, standard output and the file of metrics.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tesem_assets::{Aspect, ImportReport, Reach};

use super::progress::Tally;
use crate::exit::Exit;

/// An import.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ImportRecord {
    pub(crate) began: Timestamp,
    pub(crate) tenant: String,
    pub(crate) sink: String,
    pub(crate) source: String,
    /// `full`, `incremental` or, where an import before broke off, `mixed`; absent where it failed before that was known.
    pub(crate) mode: Option<&'static str>,
    /// Each part that was read.
    pub(crate) parts: Vec<PartRecord>,
    pub(crate) graph: Option<GraphRecord>,
    pub(crate) changed: ChangesRecord,
    /// What could not be mapped, by kind and reason.
    pub(crate) unmapped: Vec<UnmappedRecord>,
    pub(crate) notices: Vec<String>,
    /// Requests by call.
    pub(crate) calls: std::collections::BTreeMap<&'static str, u64>,
    pub(crate) calls_total: u64,
    pub(crate) answer_bytes: u64,
    pub(crate) waited_seconds: f64,
    pub(crate) seconds: f64,
    /// Most memory that the process has used, where the system tells.
    pub(crate) memory_bytes_max: Option<u64>,
    pub(crate) exit: u8,
    pub(crate) error: Option<String>,
}

/// A part that was read.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PartRecord {
    pub(crate) part: &'static str,
    /// Since when it was read; absent where it was read in full.
    pub(crate) since: Option<Timestamp>,
    /// Why it was read in full.
    pub(crate) because: Option<String>,
    pub(crate) records: u64,
}

/// The graph after the import.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct GraphRecord {
    pub(crate) nodes: usize,
    pub(crate) edges: usize,
}

/// What changed in the sink.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct ChangesRecord {
    pub(crate) nodes_created: u64,
    pub(crate) nodes_updated: u64,
    pub(crate) nodes_removed: u64,
    pub(crate) edges_created: u64,
    pub(crate) edges_updated: u64,
    pub(crate) edges_closed: u64,
    pub(crate) alerts_passed: u64,
}

/// Records that could not be mapped for one reason.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct UnmappedRecord {
    pub(crate) record: String,
    pub(crate) reason: String,
    pub(crate) count: u64,
    pub(crate) examples: Vec<String>,
}

impl ImportRecord {
    /// An import of which nothing is known yet.
    pub(super) fn new(began: Timestamp, tenant: &str, sink: &str, source: &str) -> Self {
        Self {
            began,
            tenant: tenant.to_owned(),
            sink: sink.to_owned(),
            source: source.to_owned(),
            mode: None,
            parts: Vec::new(),
            graph: None,
            changed: ChangesRecord::default(),
            unmapped: Vec::new(),
            notices: Vec::new(),
            calls: std::collections::BTreeMap::new(),
            calls_total: 0,
            answer_bytes: 0,
            waited_seconds: 0.0,
            seconds: 0.0,
            memory_bytes_max: None,
            exit: Exit::Failed.code(),
            error: None,
        }
    }

    /// Adds what was done.
    pub(super) fn tally(&mut self, tally: Tally, took: SignedDuration) {
        self.calls_total = tally.calls.values().sum();
        self.calls = tally.calls;
        self.answer_bytes = tally.bytes;
        self.waited_seconds = rounded(tally.waited.as_secs_f64());
        self.seconds = rounded(took.as_secs_f64());
        self.notices = tally.notices;
        self.memory_bytes_max = memory_bytes_max();
        if self.parts.is_empty() {
            let part = |(aspect, records): (Aspect, u64)| PartRecord {
                part: aspect.name(),
                since: None,
                because: None,
                records,
            };
            self.parts = tally.records.into_iter().map(part).collect();
        } else {
            for part in &mut self.parts {
                let mut read = tally.records.iter();
                let found = read.find(|(aspect, _)| aspect.name() == part.part);
                part.records = found.map_or(0, |(_, records)| *records);
            }
        }
    }

    /// Adds how it went.
    pub(super) fn report(&mut self, report: &ImportReport) {
        let full = |reach: &Reach| matches!(reach, Reach::Full(_));
        let mut reaches = report.reaches.values().peekable();
        self.mode = Some(match (reaches.clone().all(full), reaches.any(full)) {
            (true, _) => "full",
            (_, true) => "mixed",
            _ => "incremental",
        });
        let part = |(aspect, reach): (&Aspect, &Reach)| PartRecord {
            part: aspect.name(),
            since: match reach {
                Reach::Since(since) => Some(since.timestamp()),
                Reach::Full(_) => None,
            },
            because: match reach {
                Reach::Since(_) => None,
                Reach::Full(because) => Some(because.to_string()),
            },
            records: 0,
        };
        self.parts = report.reaches.iter().map(part).collect();
        self.graph = Some(GraphRecord {
            nodes: report.nodes,
            edges: report.edges,
        });
        let written = report.written;
        self.changed = ChangesRecord {
            nodes_created: written.nodes_created,
            nodes_updated: written.nodes_updated,
            nodes_removed: written.nodes_removed,
            edges_created: written.edges_created,
            edges_updated: written.edges_updated,
            edges_closed: written.edges_closed,
            alerts_passed: written.alerts_passed,
        };
        let unmapped = report.unmapped.iter();
        self.unmapped = unmapped
            .map(|(record, reason, tally)| UnmappedRecord {
                record: record.to_string(),
                reason: reason.to_string(),
                count: tally.count,
                examples: tally.examples.iter().cloned().collect(),
            })
            .collect();
    }

    /// Adds a line to the file of metrics.
    pub(super) fn append(&self, path: &Path) -> anyhow::Result<()> {
        let failed = || format!("{} cannot be written", path.display());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(failed)?;
        }
        let mut line = serde_json::to_string(self)?;
        line.push('\n');
        let opened = OpenOptions::new().append(true).create(true).open(path);
        let mut file = opened.with_context(failed)?;
        file.write_all(line.as_bytes()).with_context(failed)
    }
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}

/// The high-water mark of the process, which Linux tells in kilobytes.
///
/// Source: proc_pid_status(5).
fn memory_bytes_max() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024)
}
