//! What several tests need.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use tesem_hunt::{
    Budget, CancelToken, Hunt, HuntReport, InputForm, InputSource, Intake, NoObserver, Plan,
    PlanOptions, RunFolder, TableReach, plan,
};
use tesem_state::ManualClock;
use tesem_state::journal::RunId;

use crate::backend::Scripted;

pub(crate) fn now() -> Timestamp {
    "2026-11-21T04:00:00Z".parse().unwrap()
}

pub(crate) fn options() -> PlanOptions {
    PlanOptions::new(now(), SignedDuration::from_hours(30 * 24), TableReach::All)
}

pub(crate) fn intake_of(text: &str) -> Intake {
    read("list.txt", text.as_bytes(), InputForm::Auto)
}

pub(crate) fn read(name: &str, bytes: &[u8], form: InputForm) -> Intake {
    Intake::read(&[InputSource { name, bytes, form }])
}

pub(crate) fn plan_of(text: &str) -> Plan {
    plan(intake_of(text), options()).unwrap()
}

/// Begins a run of `plan` in `results`.
pub(crate) fn begin(results: &Path, plan: &Plan) -> RunFolder {
    RunFolder::create(results, RunId::new(now(), 7), plan, now(), "test").unwrap()
}

/// Runs what is left of `plan` in `folder`.
pub(crate) fn go(
    plan: &Plan,
    folder: &mut RunFolder,
    backend: &Scripted,
    cancel: CancelToken,
) -> HuntReport {
    run(plan, folder, backend, cancel, Budget::default())
}

/// The same within a budget.
pub(crate) fn go_within(
    plan: &Plan,
    folder: &mut RunFolder,
    backend: &Scripted,
    budget: Budget,
) -> HuntReport {
    run(plan, folder, backend, CancelToken::never(), budget)
}

fn run(
    plan: &Plan,
    folder: &mut RunFolder,
    backend: &Scripted,
    cancel: CancelToken,
    budget: Budget,
) -> HuntReport {
    let clock = ManualClock::new(now());
    let hunt = Hunt {
        plan,
        backend,
        clock: &clock,
        observer: &NoObserver,
        cancel,
        budget,
    };
    block_on(hunt.run(folder)).unwrap()
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// Some of every kind that lists hold.
pub(crate) const MIXED: &str = "\
3395856ce81f2b7382dee72602f798b642f14140
275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f
44d88612fea8a8f36de82e1278abb02f
192.168.1.1
198.51.100.23
2001:db8::8a2e:1
203.0.112.0/22
evil.com
c2.evil.co.uk
https://bing.com
http://evil.com:8080/
https://evil.com/dl/payload.exe
http://evil.com/gate.php?id=7
phisher@evil.com
";
