use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tesem_defender::{ClientEvent, WaitReason};
use tesem_state::{Clock, ManualClock};
use tokio::task::JoinSet;

use crate::service::{Bench, Reply, Service, settings};

/// A service that notes when each hunting call came, by the client's clock.
async fn noting_service() -> (
    Service,
    Arc<Mutex<Option<ManualClock>>>,
    Arc<Mutex<Vec<i64>>>,
) {
    let clock: Arc<Mutex<Option<ManualClock>>> = Arc::default();
    let times: Arc<Mutex<Vec<i64>>> = Arc::default();
    let (seen, noted) = (Arc::clone(&clock), Arc::clone(&times));
    let service = Service::start(move |call| {
        if call.is_sign_in() {
            return Reply::token();
        }
        let now = seen
            .lock()
            .unwrap()
            .as_ref()
            .map_or(Timestamp::UNIX_EPOCH, Clock::now);
        noted.lock().unwrap().push(now.as_millisecond());
        Reply::rows()
    })
    .await;
    (service, clock, times)
}

/// The most calls within any window of `length` milliseconds.
fn busiest(times: &[i64], length: i64) -> usize {
    let within = |first: &i64| {
        times
            .iter()
            .filter(|&time| time >= first && *time < first + length)
            .count()
    };
    times.iter().map(within).max().unwrap_or(0)
}

#[tokio::test]
async fn both_limits_are_kept_over_an_hour() {
    let (service, clock, times) = noting_service().await;
    let bench = Bench::of(&service);
    *clock.lock().unwrap() = Some(bench.clock.clone());
    for _ in 0..1_560 {
        bench.client.hunting().run("T", None).await.unwrap();
    }
    let times = times.lock().unwrap();
    assert_eq!(times.len(), 1_560);
    assert_eq!(busiest(&times, 60_000), 45);
    assert_eq!(busiest(&times, 3_600_000), 1_500);
    assert!(
        bench.seconds() < 3_600 + 2 * 60,
        "and not a minute longer than it must: {}",
        bench.seconds()
    );
}

#[tokio::test]
async fn concurrent_callers_keep_the_limit_together() {
    let (service, clock, times) = noting_service().await;
    let bench = Bench::of(&service);
    *clock.lock().unwrap() = Some(bench.clock.clone());
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let client = Arc::clone(&bench.client);
        tasks.spawn(async move { client.hunting().run("T", None).await.map(drop) });
    }
    for outcome in tasks.join_all().await {
        outcome.unwrap();
    }
    assert!(busiest(&times.lock().unwrap(), 60_000) <= 45);
    let told = bench.events.all().into_iter().any(|event| {
        matches!(
            event,
            ClientEvent::Waiting {
                reason: WaitReason::Quota,
                operation: "run hunting query",
                ..
            }
        )
    });
    assert!(told, "waits for quota are visible");
}

#[tokio::test]
async fn two_clients_with_one_ledger_share_the_quota_of_one_app() {
    let (service, clock, times) = noting_service().await;
    let shared = ManualClock::new(Timestamp::UNIX_EPOCH);
    *clock.lock().unwrap() = Some(shared.clone());
    let ledger = Arc::new(tesem_state::MemoryLedger::new());
    let client = || {
        let clock = Arc::new(shared.clone());
        let options = tesem_defender::ClientOptions::default();
        let ledger = Arc::<tesem_state::MemoryLedger>::clone(&ledger);
        tesem_defender::DefenderClient::new(settings(&service), clock, ledger, options).unwrap()
    };
    let (one, other) = (client(), client());
    for _ in 0..50 {
        one.hunting().run("T", None).await.unwrap();
        other.hunting().run("T", None).await.unwrap();
    }
    assert_eq!(busiest(&times.lock().unwrap(), 60_000), 45);
    let usage = one.hunting().quota().await.unwrap();
    assert_eq!(
        usage.iter().map(|window| window.used).collect::<Vec<_>>(),
        [10, 100]
    );
}
