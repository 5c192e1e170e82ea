use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use tesem_state::{
    CallRequest, Clock, GateError, ManualClock, MemoryLedger, QuotaGate, QuotaKey, Window,
};
use tokio::task::JoinSet;

const START: Timestamp = Timestamp::UNIX_EPOCH;
const MINUTE: Duration = Duration::from_secs(60);

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

fn request(windows: &[(u32, Duration)]) -> CallRequest {
    let key = QuotaKey {
        tenant: "t".into(),
        app: "a".into(),
        endpoint: "hunt".into(),
    };
    let windows = windows
        .iter()
        .map(|&(limit, length)| Window { limit, length })
        .collect();
    CallRequest {
        key,
        windows,
        lease: MINUTE,
    }
}

fn gate(clock: &ManualClock) -> Arc<QuotaGate> {
    Arc::new(QuotaGate::new(
        Arc::new(MemoryLedger::new()),
        Arc::new(clock.clone()),
    ))
}

#[tokio::test]
async fn callers_are_served_in_the_order_of_arrival() {
    let clock = ManualClock::new(START);
    let gate = gate(&clock);
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for caller in 0..20 {
        let (gate, clock, order) = (Arc::clone(&gate), clock.clone(), Arc::clone(&order));
        tasks.spawn(async move {
            let permit = gate
                .acquire(&request(&[(3, MINUTE)]), Timestamp::MAX, &|_| {})
                .await;
            order.lock().unwrap().push((caller, clock.now()));
            gate.ledger()
                .completed(permit.unwrap(), clock.now())
                .await
                .unwrap();
        });
    }
    tasks.join_all().await;
    let expected: Vec<_> = (0..20)
        .map(|caller| (caller, after(caller / 3 * 60)))
        .collect();
    assert_eq!(
        *order.lock().unwrap(),
        expected,
        "three a minute, none out of turn"
    );
}

#[tokio::test]
async fn an_hour_of_both_limits_costs_no_needless_second() {
    let clock = ManualClock::new(START);
    let gate = gate(&clock);
    let request = request(&[(45, MINUTE), (1_500, MINUTE * 60)]);
    for _ in 0..1_600 {
        let permit = gate
            .acquire(&request, Timestamp::MAX, &|_| {})
            .await
            .unwrap();
        gate.ledger().completed(permit, clock.now()).await.unwrap();
    }
    // 33 minutes of 45 and one of 15 fill the hour; then 45, 45 and 10 more of the next one.
    assert_eq!(clock.now(), after(3_600 + 2 * 60));
}

#[tokio::test]
async fn waits_are_told_and_a_deadline_is_refused_without_waiting() {
    let clock = ManualClock::new(START);
    let gate = gate(&clock);
    let request = request(&[(1, MINUTE)]);
    let told = Mutex::new(Vec::new());
    let tell = |until| told.lock().unwrap().push(until);
    for _ in 0..2 {
        let permit = gate.acquire(&request, after(60), &tell).await.unwrap();
        gate.ledger().completed(permit, clock.now()).await.unwrap();
    }
    assert_eq!(*told.lock().unwrap(), [after(60)]);
    let error = gate.acquire(&request, after(119), &tell).await.unwrap_err();
    assert!(
        matches!(error, GateError::TooLate { until, .. } if until == after(120)),
        "{error}"
    );
    assert_eq!(clock.now(), after(60), "nothing was waited for in vain");
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_the_queue() {
    let clock = ManualClock::new(START);
    let gate = gate(&clock);
    let request = request(&[(1, MINUTE)]);
    let first = gate
        .acquire(&request, Timestamp::MAX, &|_| {})
        .await
        .unwrap();
    let impatient = {
        let (gate, request) = (Arc::clone(&gate), request.clone());
        tokio::spawn(async move {
            gate.acquire(&request, Timestamp::MAX, &|_| {})
                .await
                .map(drop)
        })
    };
    tokio::task::yield_now().await;
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    gate.ledger().completed(first, clock.now()).await.unwrap();
    let _ = gate
        .acquire(&request, Timestamp::MAX, &|_| {})
        .await
        .unwrap();
    assert_eq!(
        clock.now(),
        after(60),
        "the one that went away took nothing"
    );
}

/// Tasks that ask at any time and whose calls take any time, on the manual clock.
async fn run_calls(calls: Vec<(u64, u64)>, windows: Vec<(u32, Duration)>) -> Vec<(u64, u64)> {
    let clock = ManualClock::new(START);
    let gate = gate(&clock);
    let mut tasks = JoinSet::new();
    for (arrives, latency) in calls {
        let (gate, clock) = (Arc::clone(&gate), clock.clone());
        let request = CallRequest {
            lease: Duration::from_secs(1_000_000),
            ..request(&windows)
        };
        tasks.spawn(async move {
            clock.sleep_until(after(arrives)).await;
            let permit = gate
                .acquire(&request, Timestamp::MAX, &|_| {})
                .await
                .unwrap();
            let sent = clock.now();
            clock.sleep_until(sent + Duration::from_secs(latency)).await;
            let answered = clock.now();
            gate.ledger().completed(permit, answered).await.unwrap();
            let seconds =
                |instant: Timestamp| instant.duration_since(START).unsigned_abs().as_secs();
            (seconds(sent), seconds(answered))
        });
    }
    tasks.join_all().await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn concurrent_tasks_keep_every_window(
        calls in prop::collection::vec((0..300_u64, 0..90_u64), 1..40),
        limit in 1..6_u32,
        length in 1..120_u64,
    ) {
        let windows = vec![(limit, Duration::from_secs(length)), (limit * 3, Duration::from_secs(length * 5))];
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let made = runtime.block_on(run_calls(calls.clone(), windows.clone()));
        prop_assert_eq!(made.len(), calls.len());
        for (limit, length) in windows {
            let length = length.as_secs();
            for start in 0..made.iter().map(|(_, answered)| *answered).max().unwrap_or(0) {
                let sent = |&&(sent, _): &&(u64, u64)| (start..start + length).contains(&sent);
                prop_assert!(made.iter().filter(sent).count() <= limit as usize);
                let answered = |&&(_, answered): &&(u64, u64)| (start..start + length).contains(&answered);
                prop_assert!(made.iter().filter(answered).count() <= limit as usize);
            }
        }
    }
}
