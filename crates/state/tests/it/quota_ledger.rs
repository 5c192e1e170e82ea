use std::time::Duration;

use jiff::Timestamp;
use tesem_state::{
    CallRequest, LedgerError, MemoryLedger, Permit, QuotaKey, QuotaLedger, Reservation, Window,
};

const MINUTE: Duration = Duration::from_secs(60);

fn at(seconds: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn key(endpoint: &str) -> QuotaKey {
    QuotaKey {
        tenant: "t".to_owned(),
        app: "a".to_owned(),
        endpoint: endpoint.to_owned(),
    }
}

fn request(limit: u32) -> CallRequest {
    let windows = vec![Window {
        limit,
        length: MINUTE,
    }];
    CallRequest {
        key: key("hunt"),
        windows,
        lease: Duration::from_secs(30),
    }
}

async fn granted(ledger: &MemoryLedger, request: &CallRequest, now: Timestamp) -> Permit {
    match ledger.reserve(request, now).await.unwrap() {
        Reservation::Granted(permit) => permit,
        Reservation::Wait(until) => panic!("has to wait until {until}"),
    }
}

async fn wait(ledger: &MemoryLedger, request: &CallRequest, now: Timestamp) -> Timestamp {
    match ledger.reserve(request, now).await.unwrap() {
        Reservation::Granted(_) => panic!("was granted at {now}"),
        Reservation::Wait(until) => until,
    }
}

#[tokio::test]
async fn a_call_occupies_the_window_until_a_length_after_its_answer() {
    let ledger = MemoryLedger::new();
    let permit = granted(&ledger, &request(1), at(0)).await;
    assert_eq!(
        wait(&ledger, &request(1), at(5)).await,
        at(65),
        "unfinished: earliest guess"
    );
    ledger.completed(permit, at(10)).await.unwrap();
    assert_eq!(wait(&ledger, &request(1), at(10)).await, at(70));
    assert_eq!(wait(&ledger, &request(1), at(69)).await, at(70));
    let _ = granted(&ledger, &request(1), at(70)).await;
}

#[tokio::test]
async fn the_tightest_of_several_windows_decides() {
    let ledger = MemoryLedger::new();
    let mut request = request(2);
    request.windows.push(Window {
        limit: 3,
        length: MINUTE * 60,
    });
    for second in [0, 1] {
        let permit = granted(&ledger, &request, at(second)).await;
        ledger.completed(permit, at(second)).await.unwrap();
    }
    assert_eq!(
        wait(&ledger, &request, at(2)).await,
        at(60),
        "by the minute"
    );
    let permit = granted(&ledger, &request, at(60)).await;
    ledger.completed(permit, at(60)).await.unwrap();
    assert_eq!(
        wait(&ledger, &request, at(61)).await,
        at(3_600),
        "by the hour"
    );
}

#[tokio::test]
async fn budgets_are_kept_apart_by_key() {
    let ledger = MemoryLedger::new();
    let _first = granted(&ledger, &request(1), at(0)).await;
    let other = CallRequest {
        key: key("list"),
        ..request(1)
    };
    let _second = granted(&ledger, &other, at(0)).await;
}

#[tokio::test]
async fn the_services_word_holds_everything() {
    let ledger = MemoryLedger::new();
    ledger.throttled(&key("hunt"), at(30)).await.unwrap();
    ledger.throttled(&key("hunt"), at(20)).await.unwrap();
    assert_eq!(
        wait(&ledger, &request(9), at(0)).await,
        at(30),
        "the latest word counts"
    );
    let _ = granted(&ledger, &request(9), at(30)).await;
}

#[tokio::test]
async fn a_returned_call_frees_its_place() {
    let ledger = MemoryLedger::new();
    let permit = granted(&ledger, &request(1), at(0)).await;
    ledger.returned(permit).await.unwrap();
    let _ = granted(&ledger, &request(1), at(0)).await;
}

#[tokio::test]
async fn a_permit_that_nobody_settles_ends_with_its_lease() {
    let ledger = MemoryLedger::new();
    drop(granted(&ledger, &request(1), at(0)).await);
    assert_eq!(
        wait(&ledger, &request(1), at(40)).await,
        at(90),
        "30 s lease, 60 s window"
    );
    let _ = granted(&ledger, &request(1), at(90)).await;
}

#[tokio::test]
async fn a_clock_that_was_set_back_frees_nothing_early() {
    let ledger = MemoryLedger::new();
    let permit = granted(&ledger, &request(1), at(1_000)).await;
    ledger.completed(permit, at(10)).await.unwrap();
    assert_eq!(wait(&ledger, &request(1), at(11)).await, at(1_060));
}

#[tokio::test]
async fn windows_that_let_nothing_through_are_refused() {
    let ledger = MemoryLedger::new();
    let mut request = request(0);
    let error = ledger.reserve(&request, at(0)).await.unwrap_err();
    assert!(
        matches!(error, LedgerError::ClosedWindow { limit: 0, .. }),
        "{error}"
    );
    request.windows = vec![Window {
        limit: 1,
        length: Duration::ZERO,
    }];
    let error = ledger.reserve(&request, at(0)).await.unwrap_err();
    assert!(
        error.to_string().contains("hunt (tenant t, app a)"),
        "{error}"
    );
}

#[tokio::test]
async fn usage_counts_finished_and_unfinished_calls() {
    let ledger = MemoryLedger::new();
    let request = request(5);
    let first = granted(&ledger, &request, at(0)).await;
    let _second = granted(&ledger, &request, at(50)).await;
    ledger.completed(first, at(1)).await.unwrap();
    let used = |now| {
        let (ledger, request) = (&ledger, &request);
        async move {
            ledger
                .usage(&request.key, &request.windows, now)
                .await
                .unwrap()[0]
                .used
        }
    };
    assert_eq!(used(at(60)).await, 2);
    assert_eq!(used(at(61)).await, 1, "the first one has left");
    assert_eq!(used(at(139)).await, 1, "the second one's lease ended at 80");
    assert_eq!(used(at(140)).await, 0);
}

#[tokio::test]
async fn an_answer_after_the_lease_replaces_the_end_of_the_lease() {
    let ledger = MemoryLedger::new();
    let late = granted(&ledger, &request(2), at(0)).await;
    let _other = granted(&ledger, &request(2), at(40)).await;
    ledger.completed(late, at(50)).await.unwrap();
    let used = ledger
        .usage(&key("hunt"), &request(2).windows, at(60))
        .await
        .unwrap()[0]
        .used;
    assert_eq!(used, 2, "counted once");
    assert_eq!(wait(&ledger, &request(2), at(60)).await, at(110));
}
