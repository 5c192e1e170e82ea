//! Scheduled hunts report each event once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use tesem_hunt::output::HitReader;
use tesem_hunt::{
    CancelToken, Cursor, HuntReport, PlanOptions, RunFolder, Status, TableReach, plan_new,
};
use tesem_state::journal::RunId;

use crate::backend::{Planted, Scripted, answer};
use crate::support::{go, intake_of, now};

/// An event and when the service can be asked for it.
#[derive(Debug, Clone)]
struct Event {
    indicator: &'static str,
    device: &'static str,
    happened: Timestamp,
    arrived: Timestamp,
}

const LATENESS: SignedDuration = SignedDuration::from_hours(24);

/// A tenant into which events go on arriving.
struct Tenant {
    events: Vec<Event>,
    results: tempfile::TempDir,
    cursor: Cursor,
    runs: u64,
    reported: BTreeMap<(String, String, String), u32>,
}

struct Ran {
    report: HuntReport,
    new: usize,
    starts: Vec<Timestamp>,
}

impl Tenant {
    fn new(events: Vec<Event>) -> Self {
        Self {
            events,
            results: tempfile::tempdir().unwrap(),
            cursor: Cursor::default(),
            runs: 0,
            reported: BTreeMap::new(),
        }
    }

    /// Hunts at `time` for `list` and notes what is reported.
    fn hunt(&mut self, list: &str, time: Timestamp) -> Ran {
        let there: Vec<Planted> = self
            .events
            .iter()
            .filter(|event| event.arrived <= time)
            .map(|event| Planted {
                form: "domains2",
                value: event.indicator,
                table: "DeviceNetworkEvents",
                column: "RemoteUrl",
                device: event.device,
                times: vec![Box::leak(event.happened.to_string().into_boxed_str())],
            })
            .collect();
        let starts = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&starts);
        let backend = Scripted::new(move |question| {
            if question.text.contains("summarize Sightings") {
                noted.lock().unwrap().push(question.window().0);
            }
            Ok(answer(question, &there))
        });
        let intake = intake_of(list);
        let earlier = self.cursor.next(&intake, LATENESS);
        let options = PlanOptions::new(time, SignedDuration::from_hours(30 * 24), TableReach::All);
        let plan = plan_new(intake, options, earlier).unwrap();
        self.runs += 1;
        let run = RunId::new(time, self.runs);
        let mut folder = RunFolder::create(self.results.path(), run, &plan, time, "test").unwrap();
        let report = go(&plan, &mut folder, &backend, CancelToken::never());
        let mut reader = HitReader::new(&folder, &plan, &report);
        let mut new = 0;
        while let Some(hits) = reader.next_answer().unwrap() {
            for hit in hits {
                new += 1;
                let device = hit.cell("DeviceName").unwrap().as_str().unwrap().to_owned();
                let event = (
                    hit.indicator.observable.to_string(),
                    device,
                    hit.timestamp_text().to_owned(),
                );
                *self.reported.entry(event).or_default() += 1;
            }
        }
        let text = serde_json::to_string(&self.cursor).unwrap();
        let kept: Cursor = serde_json::from_str(&text).unwrap();
        self.cursor = kept.after(&folder, &plan, &report).unwrap();
        let starts = starts.lock().unwrap().clone();
        Ran {
            report,
            new,
            starts,
        }
    }
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn event(indicator: &'static str, device: &'static str, at: Timestamp, late: i64) -> Event {
    Event {
        indicator,
        device,
        happened: at,
        arrived: at + hours(late),
    }
}

#[test]
fn the_second_run_reports_what_the_first_could_not_see() {
    let noon = now() - hours(48);
    let mut tenant = Tenant::new(vec![
        event("evil.com", "desk-1", noon, 0),
        event("evil.com", "desk-2", noon, 3),
        event("evil.com", "desk-1", noon + hours(5), 0),
    ]);
    let first = tenant.hunt("evil.com\ngood.org\n", noon + hours(1));
    assert_eq!((first.new, first.report.hits().count()), (1, 1));
    let second = tenant.hunt("evil.com\ngood.org\n", noon + hours(6));
    assert_eq!(second.new, 2, "the late one and the new one");
    let verdict = &second.report.verdicts[0];
    assert_eq!(
        (verdict.status, verdict.events(), verdict.devices()),
        (Status::Hit, 2, 2)
    );
    assert_eq!(second.starts, [noon + hours(1) - LATENESS]);
    assert_eq!(verdict.window.start, noon + hours(1) - LATENESS);
    let third = tenant.hunt("evil.com\ngood.org\n", noon + hours(7));
    let verdict = &third.report.verdicts[0];
    assert_eq!((third.new, verdict.status), (0, Status::Clear));
    assert_eq!(verdict.reason, "nothing new since the last run");
    assert_eq!(third.report.verdicts[1].reason, "");
}

#[test]
fn an_indicator_that_is_new_is_searched_for_in_the_whole_window() {
    let noon = now() - hours(48);
    let long_ago = noon - hours(20 * 24);
    let mut tenant = Tenant::new(vec![
        event("evil.com", "desk-1", long_ago, 0),
        event("evil.org", "desk-1", long_ago, 0),
    ]);
    tenant.hunt("evil.com\n", noon);
    let second = tenant.hunt("evil.com\nevil.org\n", noon + hours(1));
    assert_eq!(second.new, 1);
    assert_eq!(second.starts.len(), 2);
    let windows: Vec<i64> = second
        .report
        .verdicts
        .iter()
        .map(|verdict| {
            verdict
                .window
                .end
                .duration_since(verdict.window.start)
                .as_hours()
        })
        .collect();
    assert_eq!(windows, [25, 720]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever arrives within the lateness is reported in exactly one run, also events of equal time, whatever lists are hunted when.
    #[test]
    fn every_event_is_reported_exactly_once(
        events in prop::collection::vec((0_usize..3, 0_usize..3, 0_i64..240, 0_i64..=24), 1..30),
        runs in prop::collection::vec((1_i64..40, 1_u8..8), 1..10),
    ) {
        let start = now() - hours(25 * 24);
        let names = ["evil.com", "evil.org", "evil.net"];
        let devices = ["desk-1", "desk-2", "desk-3"];
        // Ten-hour steps make equal times frequent.
        let mut events: Vec<Event> = events
            .into_iter()
            .map(|(name, device, hour, late)| event(names[name], devices[device], start + hours(hour / 10 * 10), late))
            .collect();
        events.sort_by_key(|event| (event.indicator, event.device, event.happened, event.arrived));
        events.dedup_by_key(|event| (event.indicator, event.device, event.happened));
        let expected = events.len();
        let mut tenant = Tenant::new(events);
        let mut time = start;
        for (pause, lists) in runs {
            time += hours(pause);
            let list: String = names.iter().enumerate().filter(|(bit, _)| lists & (1 << bit) != 0).map(|(_, name)| format!("{name}\n")).collect();
            tenant.hunt(&list, time);
        }
        tenant.hunt("evil.com\nevil.org\nevil.net\n", now());
        prop_assert!(tenant.reported.values().all(|times| *times == 1), "{:?}", tenant.reported);
        prop_assert_eq!(tenant.reported.len(), expected);
        let last = tenant.hunt("evil.com\nevil.org\nevil.net\n", now() + hours(1));
        prop_assert_eq!(last.new, 0);
    }
}
