use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tesem_state::{Clock, ManualClock};
use tokio::task::JoinSet;

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

#[tokio::test]
async fn sleeping_moves_the_clock_to_the_deadline() {
    let clock = ManualClock::new(START);
    clock.sleep_until(after(3_600)).await;
    assert_eq!(clock.now(), after(3_600));
    clock.sleep_until(after(10)).await;
    assert_eq!(clock.now(), after(3_600), "time does not go back");
}

#[tokio::test]
async fn sleepers_go_on_in_the_order_of_their_deadlines() {
    let clock = ManualClock::new(START);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for seconds in [50, 10, 40, 10, 30] {
        let (clock, seen) = (clock.clone(), Arc::clone(&seen));
        tasks.spawn(async move {
            clock.sleep_until(after(seconds)).await;
            seen.lock().unwrap().push((seconds, clock.now()));
        });
    }
    tasks.join_all().await;
    let expected: Vec<_> = [10, 10, 30, 40, 50]
        .map(|seconds| (seconds, after(seconds)))
        .into();
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn two_loops_of_sleeps_interleave_by_time() {
    let clock = ManualClock::new(START);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for period in [2, 3] {
        let (clock, seen) = (clock.clone(), Arc::clone(&seen));
        tasks.spawn(async move {
            for turn in 1..=3 {
                clock.sleep_until(after(period * turn)).await;
                seen.lock().unwrap().push(clock.now());
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(*seen.lock().unwrap(), [2, 3, 4, 6, 6, 9].map(after));
}

#[tokio::test]
async fn a_cancelled_sleeper_does_not_hold_up_the_others() {
    let clock = ManualClock::new(START);
    let early = {
        let clock = clock.clone();
        tokio::spawn(async move { clock.sleep_until(after(5)).await })
    };
    tokio::task::yield_now().await;
    early.abort();
    clock.sleep_until(after(60)).await;
    assert_eq!(clock.now(), after(60));
    assert!(early.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn advancing_wakes_those_whose_time_has_come() {
    let clock = ManualClock::new(START);
    clock.advance(Duration::from_secs(90));
    clock.sleep_until(after(60)).await;
    assert_eq!(clock.now(), after(90));
    clock.advance(Duration::MAX);
    assert_eq!(clock.now(), Timestamp::MAX);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sleepers_on_several_threads_all_wake() {
    let clock = ManualClock::new(START);
    let mut tasks = JoinSet::new();
    for seconds in 0..200 {
        let clock = clock.clone();
        tasks.spawn(async move { clock.sleep_until(after(seconds * 7 % 200)).await });
    }
    tasks.join_all().await;
    assert_eq!(clock.now(), after(199));
}
