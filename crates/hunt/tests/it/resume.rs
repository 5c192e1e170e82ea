//! Runs that were cut off at any moment, and go on.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use tesem_hunt::output::{OutputOptions, write_all};
use tesem_hunt::{
    BackendError, CancelSource, CancelToken, Ending, HuntReport, Plan, RunFolder, Stage,
};

use crate::backend::{Planted, Scripted, answer};
use crate::support::{begin, go, plan_of};

const LIST: &str = "evil.com\nevil.org\n192.168.1.1\ngood.org\n44d88612fea8a8f36de82e1278abb02f\n";

fn planted() -> Vec<Planted> {
    let seen = |form, value, table, column, device| Planted {
        form,
        value,
        table,
        column,
        device,
        times: vec![
            "2026-11-01T10:00:00Z",
            "2026-11-12T10:00:00Z",
            "2026-11-20T10:00:00Z",
        ],
    };
    vec![
        seen(
            "domains2",
            "evil.com",
            "DeviceNetworkEvents",
            "RemoteUrl",
            "desk-1",
        ),
        seen("domains2", "evil.org", "UrlClickEvents", "Url", ""),
        seen(
            "address_local",
            "192.168.1.1",
            "DeviceNetworkEvents",
            "LocalIP",
            "desk-2",
        ),
        seen(
            "md5",
            "44d88612fea8a8f36de82e1278abb02f",
            "DeviceFileEvents",
            "MD5",
            "desk-3",
        ),
    ]
}

/// A tenant in which a query is split, a table is missing, and a window is too long, always at the same queries.
fn tenant() -> Scripted {
    Scripted::new(|question| {
        if question.looks_into("BehaviorEntities") {
            return Err(BackendError::UnknownTable("BehaviorEntities".to_owned()));
        }
        let (start, end) = question.window();
        let is_long = end.duration_since(start) > SignedDuration::from_hours(10 * 24);
        if question.stage == Stage::Summary
            && is_long
            && question.asks_for("evil.com")
            && question.asks_for("good.org")
        {
            return Err(BackendError::ResultTooLarge("too much".to_owned()));
        }
        if question.stage == Stage::Summary
            && is_long
            && question.asks_for("evil.com")
            && question.asks_for("evil.org")
        {
            return Err(BackendError::TimedOut("too slow".to_owned()));
        }
        Ok(answer(question, &planted()))
    })
}

/// The files that depend on what was found, but not on when it was asked.
fn outputs(folder: &RunFolder, plan: &Plan, report: &HuntReport) -> [String; 4] {
    let options = OutputOptions {
        time_zone: TimeZone::UTC,
        tenant: "demo".to_owned(),
    };
    let files = write_all(folder, plan, report, &options).unwrap();
    [
        files.hits_csv,
        files.hits_jsonl,
        files.coverage_csv,
        files.sightings_csv,
    ]
    .map(|path| fs::read_to_string(path).unwrap())
}

struct Undisturbed {
    outputs: [String; 4],
    calls: usize,
    journal: Vec<u8>,
}

fn undisturbed(results: &Path) -> Undisturbed {
    let plan = plan_of(LIST);
    let mut folder = begin(results, &plan);
    let backend = tenant();
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(
        (report.ending.clone(), report.hits().count()),
        (Ending::Complete, 4)
    );
    let outputs = outputs(&folder, &plan, &report);
    let journal = fs::read(folder.path().join("journal.jsonl")).unwrap();
    Undisturbed {
        outputs,
        calls: backend.calls(),
        journal,
    }
}

fn resumed(path: &Path) -> ([String; 4], usize) {
    let (mut folder, plan) = RunFolder::open(path, "test").unwrap();
    let backend = tenant();
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(report.ending, Ending::Complete);
    (outputs(&folder, &plan, &report), backend.calls())
}

#[test]
fn a_run_cancelled_at_any_query_ends_as_an_undisturbed_one() {
    let results = tempfile::tempdir().unwrap();
    let expected = undisturbed(results.path());
    assert!(expected.calls > 5, "{} calls", expected.calls);
    for finished in 0..expected.calls {
        let results = tempfile::tempdir().unwrap();
        let plan = plan_of(LIST);
        let mut folder = begin(results.path(), &plan);
        let source = CancelSource::new();
        let token = source.token();
        let report = go(
            &plan,
            &mut folder,
            &tenant().cancelling(finished, source),
            token,
        );
        assert_eq!(report.ending, Ending::Cancelled);
        let path = folder.path().to_owned();
        drop(folder);
        let (outputs, calls) = resumed(&path);
        assert_eq!(
            outputs, expected.outputs,
            "cancelled after {finished} queries"
        );
        assert_eq!(
            calls,
            expected.calls - finished,
            "cancelled after {finished} queries"
        );
    }
}

#[test]
fn a_complete_run_resumed_asks_nothing() {
    let results = tempfile::tempdir().unwrap();
    let expected = undisturbed(results.path());
    let path = fs::read_dir(results.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert_eq!(resumed(&path), (expected.outputs, 0));
}

#[test]
fn the_journal_of_another_plan_is_refused() {
    let results = tempfile::tempdir().unwrap();
    undisturbed(results.path());
    let path = fs::read_dir(results.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let (mut folder, _) = RunFolder::open(&path, "test").unwrap();
    let other = plan_of("other.org");
    let clock = tesem_state::ManualClock::new(crate::support::now());
    let backend = tenant();
    let hunt = tesem_hunt::Hunt {
        plan: &other,
        backend: &backend,
        clock: &clock,
        observer: &tesem_hunt::NoObserver,
        cancel: CancelToken::never(),
        budget: tesem_hunt::Budget::default(),
    };
    let error = crate::support::block_on(hunt.run(&mut folder)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is not the one that the plan asks"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    /// The process died while it wrote: the journal ends anywhere, with the answers of the lost records on disk or without.
    #[test]
    fn a_journal_cut_at_any_byte_loses_nothing(cut in 0.0_f64..1.0, answers_kept in any::<bool>()) {
        let results = tempfile::tempdir().unwrap();
        let expected = undisturbed(results.path());
        let path = fs::read_dir(results.path()).unwrap().next().unwrap().unwrap().path();
        let header = expected.journal.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of a small length")]
        let length = header + ((expected.journal.len() - header) as f64 * cut) as usize;
        fs::write(path.join("journal.jsonl"), &expected.journal[..length]).unwrap();
        let complete = expected.journal[header..length].iter().filter(|byte| **byte == b'\n').count();
        if !answers_kept {
            forget_answers(&path, &expected.journal[..length]);
        }
        let (outputs, calls) = resumed(&path);
        prop_assert_eq!(&outputs, &expected.outputs);
        if answers_kept {
            prop_assert!(calls <= expected.calls - complete, "{} calls after {} records", calls, complete);
        } else {
            prop_assert_eq!(calls, expected.calls - complete);
        }
    }
}

/// Removes the answers that the journal does not speak of.
fn forget_answers(path: &Path, journal: &[u8]) {
    let journal = String::from_utf8_lossy(journal).into_owned();
    let complete = &journal[..=journal.rfind('\n').unwrap()];
    for answer in fs::read_dir(path.join("answers")).unwrap() {
        let answer = answer.unwrap().path();
        let key = answer.file_stem().unwrap().to_string_lossy().into_owned();
        if !complete.contains(&format!("\"key\":\"{key}\"")) {
            fs::remove_file(answer).unwrap();
        }
    }
}

#[test]
fn a_run_is_worked_on_by_one_process() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of(LIST);
    let folder = begin(results.path(), &plan);
    let error = RunFolder::open(folder.path(), "another").unwrap_err();
    assert!(error.to_string().contains("in use"), "{error}");
}

#[test]
fn events_tell_what_happens() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of(LIST);
    let mut folder = begin(results.path(), &plan);
    let told = Arc::new(Mutex::new(Vec::new()));
    struct Listener(Arc<Mutex<Vec<String>>>);
    impl tesem_hunt::HuntObserver for Listener {
        fn observe(&self, event: &tesem_hunt::HuntEvent<'_>) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }
    let clock = tesem_state::ManualClock::new(crate::support::now());
    let backend = tenant();
    let listener = Listener(Arc::clone(&told));
    let hunt = tesem_hunt::Hunt {
        plan: &plan,
        backend: &backend,
        clock: &clock,
        observer: &listener,
        cancel: CancelToken::never(),
        budget: tesem_hunt::Budget::default(),
    };
    crate::support::block_on(hunt.run(&mut folder)).unwrap();
    insta::assert_snapshot!("events", told.lock().unwrap().join("\n"));
}
