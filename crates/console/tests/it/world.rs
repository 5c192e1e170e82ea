//! Runs of hunts against a backend that answers by script.

use std::path::Path;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tesem_console::hunt_report::{Limits, Searched, write_within};
use tesem_hunt::{
    BackendColumn, BackendError, BackendLimits, BackendRows, Budget, CancelToken, Hunt, HuntReport,
    HuntingBackend, IndicatorId, InputForm, InputSource, Intake, NoObserver, Plan, PlanOptions,
    Provenance, RunFolder, TableReach, plan,
};
use tesem_state::ManualClock;
use tesem_state::journal::RunId;

/// Something that lies in the scripted tenant.
#[derive(Debug, Clone)]
pub(crate) struct Planted {
    pub(crate) form: &'static str,
    pub(crate) value: String,
    pub(crate) column: &'static str,
    pub(crate) device: String,
    pub(crate) times: Vec<&'static str>,
    pub(crate) file: String,
}

impl Planted {
    /// `value` in `DeviceNetworkEvents.RemoteUrl`.
    pub(crate) fn domain(value: &str, device: &str, times: &[&'static str]) -> Self {
        Self {
            form: "domains2",
            value: value.to_owned(),
            column: "RemoteUrl",
            device: device.to_owned(),
            times: times.to_vec(),
            file: "curl.exe".to_owned(),
        }
    }
}

/// A tenant in which `planted` is to be found. `refuse` may answer a query with an error, by its number from 1.
pub(crate) struct World {
    pub(crate) planted: Vec<Planted>,
    pub(crate) refuse: fn(&str) -> Option<BackendError>,
}

#[async_trait]
impl HuntingBackend for World {
    fn limits(&self) -> BackendLimits {
        BackendLimits::service(TableReach::All)
    }

    async fn run(&self, query: &str) -> Result<BackendRows, BackendError> {
        if let Some(error) = (self.refuse)(query) {
            return Err(error);
        }
        let asked = |one: &&Planted| query.contains(&format!("\"{}\"", one.value));
        let found = self.planted.iter().filter(asked);
        if query.contains("| summarize Sightings") {
            return Ok(rows(&SUMMARY, found.map(summary_row).collect()));
        }
        Ok(rows(&DETAILS, found.flat_map(detail_rows).collect()))
    }
}

const SUMMARY: [&str; 9] = [
    "Form",
    "Value",
    "SourceTable",
    "SourceColumn",
    "DeviceId",
    "DeviceName",
    "Sightings",
    "FirstSeen",
    "LastSeen",
];

const DETAILS: [&str; 9] = [
    "Form",
    "Value",
    "SourceTable",
    "SourceColumn",
    "MatchedText",
    "Timestamp",
    "DeviceName",
    "DeviceId",
    "FileName",
];

fn rows(names: &[&str], rows: Vec<Vec<Value>>) -> BackendRows {
    let column = |name: &&str| BackendColumn {
        name: (*name).to_owned(),
        kind: "string".to_owned(),
    };
    BackendRows {
        columns: names.iter().map(column).collect(),
        rows,
        run_time: None,
    }
}

fn summary_row(one: &Planted) -> Vec<Value> {
    vec![
        json!(one.form),
        json!(one.value),
        json!("DeviceNetworkEvents"),
        json!(one.column),
        json!(format!("id/{}", one.device)),
        json!(one.device),
        json!(one.times.len()),
        json!(one.times.iter().min()),
        json!(one.times.iter().max()),
    ]
}

fn detail_rows(one: &Planted) -> impl Iterator<Item = Vec<Value>> {
    one.times.iter().map(|time| {
        vec![
            json!(one.form),
            json!(one.value),
            json!("DeviceNetworkEvents"),
            json!(one.column),
            json!(format!("https://{}/x?<script>", one.value)),
            json!(time),
            json!(one.device),
            json!(format!("id/{}", one.device)),
            json!(one.file),
        ]
    })
}

/// A finished run.
pub(crate) struct Ran {
    pub(crate) folder: RunFolder,
    pub(crate) plan: Plan,
    pub(crate) report: HuntReport,
    _results: TempDir,
}

pub(crate) fn now() -> Timestamp {
    "2026-11-21T04:00:00Z".parse().unwrap()
}

/// Hunts for the lines of `text` in `world`.
pub(crate) fn hunt(source: &str, text: &str, world: &World) -> Ran {
    hunt_for(&intake(source, text), world)
}

/// The same where a feed said something about the first indicator.
pub(crate) fn hunt_told(source: &str, text: &str, world: &World, said: Provenance) -> Ran {
    let mut intake = intake(source, text);
    intake.tell(IndicatorId(0), said);
    hunt_for(&intake, world)
}

fn intake(name: &str, text: &str) -> Intake {
    Intake::read(&[InputSource {
        name,
        bytes: text.as_bytes(),
        form: InputForm::List,
    }])
}

fn hunt_for(intake: &Intake, world: &World) -> Ran {
    let results = tempfile::tempdir().unwrap();
    let options = PlanOptions::new(now(), SignedDuration::from_hours(30 * 24), TableReach::All);
    let plan = plan(intake.clone(), options).unwrap();
    let (folder, report) = run(results.path(), &plan, world);
    Ran {
        folder,
        plan,
        report,
        _results: results,
    }
}

fn run(results: &Path, plan: &Plan, world: &World) -> (RunFolder, HuntReport) {
    let clock = ManualClock::new(now());
    let mut folder = RunFolder::create(results, RunId::new(now(), 7), plan, now(), "test").unwrap();
    let hunt = Hunt {
        plan,
        backend: world,
        clock: &clock,
        observer: &NoObserver,
        cancel: CancelToken::never(),
        budget: Budget::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let report = runtime.block_on(hunt.run(&mut folder)).unwrap();
    (folder, report)
}

impl Ran {
    pub(crate) fn as_searched<'a>(&'a self, tenant: &'a str) -> Searched<'a> {
        Searched {
            tenant,
            folder: &self.folder,
            plan: &self.plan,
            report: &self.report,
            portal: None,
        }
    }
}

/// The report as text, in Cairo's time.
pub(crate) fn html(searched: &[Searched<'_>], limits: Limits) -> String {
    let mut out = Vec::new();
    let zone = TimeZone::get("Africa/Cairo").unwrap();
    write_within(&mut out, searched, &zone, limits).unwrap();
    String::from_utf8(out).unwrap()
}

/// Two domains that are seen, one that is not, an address that is not searchable, a line that is none.
pub(crate) fn small() -> Ran {
    let list = "evil.com\nbad.example.org\ngood.org\nEVIL[.]com\n127.0.0.1\nnot one thing!\n";
    let world = World {
        planted: vec![
            Planted::domain(
                "evil.com",
                "desk-1",
                &[
                    "2026-11-01T10:00:00Z",
                    "2026-11-02T11:00:00Z",
                    "2026-11-20T23:30:00Z",
                ],
            ),
            Planted::domain("evil.com", "desk-2", &["2026-11-02T12:00:00Z"]),
            Planted::domain("bad.example.org", "desk-2", &["2026-11-19T08:00:00Z"]),
        ],
        refuse: |_| None,
    };
    hunt("list.txt", list, &world)
}
