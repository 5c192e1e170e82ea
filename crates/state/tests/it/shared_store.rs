//! Shared state as processes see it: contention, restarts, versions, locks.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tesem_state::store::{StateStore, StateUrl, StoreError};
use tesem_state::{QuotaLedger, Reservation, Window};
use tokio::task::JoinSet;

use crate::postgres_server::postgres_server;
use crate::shared_laws::{Place, request, request_to, runtime};

const HOUR: Window = Window {
    limit: 45,
    length: Duration::from_secs(3_600),
};
const LEASE: Duration = Duration::from_secs(60);

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// How many of `asks` calls a ledger grants, all at noon.
async fn grants(ledger: Arc<dyn QuotaLedger>, asks: usize) -> usize {
    let mut granted = 0;
    for _ in 0..asks {
        match ledger
            .reserve(&request_to("hunt", &[HOUR], LEASE), noon())
            .await
            .unwrap()
        {
            Reservation::Granted(permit) => {
                granted += 1;
                ledger.completed(permit, noon()).await.unwrap();
            }
            Reservation::Wait(_) => tokio::task::yield_now().await,
        }
    }
    granted
}

#[test]
fn connections_that_ask_at_once_never_share_the_last_call() {
    let runtime = runtime();
    for place in Place::all() {
        let granted: usize = runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for ledger in place.ledgers(8).await {
                tasks.spawn(grants(ledger, 20));
            }
            tasks.join_all().await.into_iter().sum()
        });
        assert_eq!(granted, 45);
    }
}

const CHILD: &str = "shared_store::a_process_that_takes_what_it_gets";

/// Runs in processes of its own, which the next test starts in a folder with a database.
#[test]
#[ignore = "a part of another test, which starts it"]
fn a_process_that_takes_what_it_gets() {
    let granted = runtime().block_on(async {
        let url = StateUrl::Sqlite("state.db".into());
        let store = StateStore::open(&url).await.unwrap();
        grants(store.ledger(), 20).await
    });
    println!("granted={granted}.");
}

#[test]
fn real_processes_share_one_budget_through_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let start = |_| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", CHILD, "--ignored", "--nocapture"])
            .current_dir(folder.path());
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let processes: Vec<_> = (0..4).map(start).collect();
    let granted = processes.into_iter().map(|process| {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let (_, rest) = text.split_once("granted=").unwrap();
        rest.split('.').next().unwrap().parse::<usize>().unwrap()
    });
    assert_eq!(granted.sum::<usize>(), 45);
}

/// The addresses of a file and, where there is one, of a server.
fn urls(folder: &tempfile::TempDir) -> Vec<StateUrl> {
    let mut urls = vec![StateUrl::Sqlite(folder.path().join("state.db"))];
    urls.extend(postgres_server().map(|server| server.database()));
    urls
}

#[tokio::test]
async fn a_budget_survives_its_processes_and_dead_ones_give_back_their_place() {
    let folder = tempfile::tempdir().unwrap();
    // The server must live as long as its addresses.
    let _server = postgres_server();
    for url in urls(&folder) {
        let open = || StateStore::open_with(&url, tesem_state::store::PostgresTime::Callers);
        let window = Window {
            limit: 2,
            length: Duration::from_secs(60),
        };
        let request = request(&[window], LEASE);
        let first = open().await.unwrap();
        for _ in 0..2 {
            // Never settled: the process ends here.
            let granted = first.ledger().reserve(&request, noon()).await.unwrap();
            assert!(matches!(granted, Reservation::Granted(_)), "{url}");
        }
        drop(first);
        let second = open().await.unwrap().ledger();
        let used = second.usage(&request.key, &[window], noon()).await.unwrap()[0].used;
        assert_eq!(used, 2, "{url}");
        let after = |seconds| noon() + Duration::from_secs(seconds);
        let asked = second.reserve(&request, after(100)).await.unwrap();
        assert_eq!(
            asked,
            Reservation::Wait(after(120)),
            "lease and window, {url}"
        );
        let asked = second.reserve(&request, after(120)).await.unwrap();
        assert!(matches!(asked, Reservation::Granted(_)), "{url}");
    }
}

#[tokio::test]
async fn first_processes_may_start_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let _server = postgres_server();
    for url in urls(&folder) {
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let url = url.clone();
            tasks.spawn(async move { StateStore::open(&url).await.map(drop) });
        }
        for outcome in tasks.join_all().await {
            outcome.unwrap();
        }
    }
}

#[tokio::test]
async fn a_run_is_locked_once_in_a_file_and_on_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = postgres_server();
    for url in urls(&folder) {
        let (one, other) = (
            StateStore::open(&url).await.unwrap(),
            StateStore::open(&url).await.unwrap(),
        );
        let lock = one.lock_run("run-1", "process 4711").await.unwrap();
        lock.verify().await.unwrap();
        let error = other.lock_run("run-1", "process 4712").await.unwrap_err();
        assert!(matches!(error, StoreError::RunHeld { .. }), "{error}");
        assert!(
            error.to_string().contains("in use by process 4711"),
            "{error}"
        );
        let _beside = other.lock_run("run-2", "process 4712").await.unwrap();
        if let (StateUrl::Postgres(_), Some(server)) = (&url, &server) {
            server.end_connections(&url);
            let error = lock.verify().await.unwrap_err();
            assert!(matches!(error, StoreError::LockLost { .. }), "{error}");
            let again = other.lock_run("run-1", "process 4712").await.unwrap();
            again.verify().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_dropped_lock_is_free_for_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let url = StateUrl::Sqlite(folder.path().join("state.db"));
    let store = StateStore::open(&url).await.unwrap();
    drop(store.lock_run("run", "a").await.unwrap());
    store.lock_run("run", "b").await.unwrap();
}

#[tokio::test]
async fn a_broken_connection_is_made_again() {
    let Some(server) = postgres_server() else {
        return;
    };
    let url = server.database();
    let ledger = StateStore::open(&url).await.unwrap().ledger();
    let request = request(&[HOUR], LEASE);
    let Reservation::Granted(permit) = ledger.reserve(&request, noon()).await.unwrap() else {
        panic!("the first call is granted")
    };
    server.end_connections(&url);
    ledger.completed(permit, noon()).await.unwrap();
    server.end_connections(&url);
    let used = ledger.reserve(&request, noon()).await;
    assert!(matches!(used, Ok(Reservation::Granted(_))), "{used:?}");
}

#[tokio::test]
async fn machines_whose_clocks_differ_share_a_budget_by_the_servers_clock() {
    let Some(server) = postgres_server() else {
        return;
    };
    let url = server.database();
    let window = Window {
        limit: 1,
        length: Duration::from_secs(600),
    };
    let request = request(&[window], LEASE);
    let (fast, slow) = (
        StateStore::open(&url).await.unwrap().ledger(),
        StateStore::open(&url).await.unwrap().ledger(),
    );
    let (ahead, behind) = (
        noon() + Duration::from_secs(7_200),
        noon() - Duration::from_secs(7_200),
    );
    let Reservation::Granted(permit) = fast.reserve(&request, ahead).await.unwrap() else {
        panic!("the first call is granted")
    };
    fast.completed(permit, ahead).await.unwrap();
    for (ledger, now) in [(&slow, behind), (&fast, ahead)] {
        let Reservation::Wait(until) = ledger.reserve(&request, now).await.unwrap() else {
            panic!("the budget of one call was used")
        };
        let wait = until.duration_since(now).as_secs();
        // The second process is told a little more: the first one has its turn before.
        assert!((500..=603).contains(&wait), "{wait}");
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = StateUrl::Sqlite(folder.path().join("no such folder").join("state.db"));
    let error = StateStore::open(&missing).await.unwrap_err();
    assert!(error.to_string().contains("could not open"), "{error}");
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "a file that is no database, and long enough to have a header of its own, all the same",
    )
    .unwrap();
    let error = StateStore::open(&StateUrl::Sqlite(text)).await.unwrap_err();
    assert!(error.to_string().contains("notes.txt"), "{error}");
    let nowhere: StateUrl = "postgres://u:p4ssw0rd@127.0.0.1:1/state".parse().unwrap();
    let error = StateStore::open(&nowhere).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("postgres://u@127.0.0.1:1/state") && !shown.contains("p4ssw0rd"),
        "{shown}"
    );
}
