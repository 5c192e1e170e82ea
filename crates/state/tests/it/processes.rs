//! Real processes with the computer's own clock, over one file and over one server.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tesem_state::store::{StateStore, StateUrl};
use tesem_state::{CallRequest, Clock, QuotaGate, QuotaLedger, Reservation, SystemClock, Window};

use crate::postgres_server::postgres_server;
use crate::shared_laws::{request_to, runtime};

/// Where a process of these tests finds the budget.
const STATE: &str = "TESEM_TEST_STATE";
/// What a process says at the start line, at the end of what the test harness prints before.
const READY: &str = "at the start.";
const LEASE: Duration = Duration::from_secs(30);

/// Short enough to see several of them go by.
const SHORT: Window = Window {
    limit: 9,
    length: Duration::from_millis(600),
};
/// How long the processes of that test go on: several of its windows.
const SHORT_SPAN: Duration = Duration::from_millis(8 * 600);

const MINUTE: Window = Window {
    limit: 45,
    length: Duration::from_secs(60),
};
const MINUTE_CALLS: usize = 40;

#[expect(
    clippy::disallowed_methods,
    reason = "how the test tells its processes where the budget is"
)]
async fn ledger_of_this_process() -> Arc<dyn QuotaLedger> {
    let url: StateUrl = std::env::var(STATE).unwrap().parse().unwrap();
    StateStore::open(&url).await.unwrap().ledger()
}

/// Waits at the start until the other process is there, too: how long a process takes to start is not what these tests are about.
fn wait_for_the_other() {
    let mut go = String::new();
    std::io::stdin().read_line(&mut go).unwrap();
}

/// Makes one call after the other for a while, each as soon as the gate lets it, and says when.
#[test]
#[ignore = "a part of another test, which starts it"]
fn a_process_that_waits_for_its_turns() {
    runtime().block_on(async {
        let clock = Arc::new(SystemClock);
        let gate = QuotaGate::new(ledger_of_this_process().await, clock.clone());
        let request = request_to("hunt", &[SHORT], LEASE);
        println!("{READY}");
        wait_for_the_other();
        let end = clock.now() + SHORT_SPAN;
        while let Ok(permit) = gate.acquire(&request, end, &|_| {}).await {
            let sent = clock.now();
            gate.ledger().completed(permit, clock.now()).await.unwrap();
            println!("sent={}.", sent.as_microsecond());
        }
    });
}

/// Asks for calls until the first that would have to wait, and says when each was made.
#[test]
#[ignore = "a part of another test, which starts it"]
fn a_process_that_ends_when_it_would_wait() {
    runtime().block_on(async {
        let ledger = ledger_of_this_process().await;
        let request: CallRequest = request_to("hunt", &[MINUTE], LEASE);
        println!("{READY}");
        wait_for_the_other();
        for _ in 0..MINUTE_CALLS {
            let now = SystemClock.now();
            let Reservation::Granted(permit) = ledger.reserve(&request, now).await.unwrap() else {
                break;
            };
            let sent = SystemClock.now();
            ledger.completed(permit, sent).await.unwrap();
            println!("sent={}.", sent.as_microsecond());
        }
    });
}

fn start(test: &str, url: &str) -> Child {
    let name = format!("processes::{test}");
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--ignored", "--nocapture"])
        .env(STATE, url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a process prints, once it has come to the start.
fn at_the_start(process: &mut Child) -> BufReader<ChildStdout> {
    let mut output = BufReader::new(process.stdout.take().unwrap());
    let mut line = String::new();
    while !line.ends_with(&format!("{READY}\n")) {
        assert_ne!(output.read_line(&mut line).unwrap(), 0, "{line}");
    }
    output
}

/// When each of two processes made its calls, in microseconds.
fn calls_of_two(test: &str, url: &str) -> [Vec<i64>; 2] {
    let mut processes = [start(test, url), start(test, url)];
    let outputs = processes.each_mut().map(at_the_start);
    for process in &mut processes {
        process.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    let texts = outputs.map(|mut output| {
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        text
    });
    for mut process in processes {
        assert!(process.wait().unwrap().success(), "{texts:?}");
    }
    texts.map(|text| {
        let sent = text.split("sent=").skip(1);
        sent.map(|rest| rest.split('.').next().unwrap().parse().unwrap())
            .collect()
    })
}

/// Does `check` with a file and, where there is one, with a server.
fn everywhere(check: impl Fn(&str)) {
    let folder = tempfile::tempdir().unwrap();
    check(&format!(
        "sqlite:{}",
        folder.path().join("state.db").display()
    ));
    if let Some(server) = postgres_server() {
        check(&server.database_address());
    }
}

/// The calls of both from when both were at it until one had no more to make, in order: the instant and whose it was.
fn while_both(each: &[Vec<i64>; 2]) -> Vec<(i64, usize)> {
    let begin = each.iter().filter_map(|calls| calls.first()).max().unwrap();
    let end = each.iter().filter_map(|calls| calls.last()).min().unwrap();
    let owned = each.iter().enumerate();
    let mut calls: Vec<_> = owned
        .flat_map(|(process, calls)| calls.iter().map(move |&sent| (sent, process)))
        .filter(|(sent, _)| (begin..=end).contains(&sent))
        .collect();
    calls.sort_unstable();
    calls
}

#[test]
fn two_processes_never_exceed_a_window_and_both_go_on_in_each() {
    everywhere(|url| {
        let each = calls_of_two("a_process_that_waits_for_its_turns", url);
        let mut all = each.concat();
        all.sort_unstable();
        let limit = SHORT.limit as usize;
        for (first, beyond) in all.iter().zip(&all[limit..]) {
            let apart = Duration::from_micros((beyond - first).unsigned_abs());
            assert!(
                apart >= SHORT.length,
                "{url}: {} calls within {apart:?}",
                limit + 1
            );
        }
        let shared = while_both(&each);
        assert!(shared.len() >= 2 * limit, "{url}: both go on: {each:?}");
        for stretch in shared.windows(2 * limit) {
            let first = stretch.iter().filter(|(_, process)| *process == 0).count();
            assert!((1..2 * limit).contains(&first), "{url}: {stretch:?}");
        }
    });
}

#[test]
fn two_processes_together_make_45_calls_in_their_first_minute() {
    everywhere(|url| {
        let each = calls_of_two("a_process_that_ends_when_it_would_wait", url);
        let made = each.each_ref().map(Vec::len);
        assert_eq!(made.iter().sum::<usize>(), 45, "{url}: {made:?}");
        assert!(made.iter().all(|&calls| calls >= 5), "{url}: {made:?}");
    });
}
