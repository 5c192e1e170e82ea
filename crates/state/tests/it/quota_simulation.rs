//! The law of the ledger, by simulation: whatever the arrivals, the latencies and the number of callers, no
//! window of the service sees more calls than its limit, wherever between sending and answer it counts them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use tesem_state::{CallLog, Window};

/// One call as the client wants to make it, in milliseconds.
#[derive(Debug, Clone)]
struct Wish {
    arrives: u64,
    latency: u64,
    /// Where between sending (0) and answer (1000) the service counts it.
    counted_at: u64,
}

/// When a call was sent, counted by the service and answered, in milliseconds.
#[derive(Debug)]
struct Made {
    sent: u64,
    counted: u64,
    answered: u64,
}

fn at(millis: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_millis(millis)
}

fn millis(instant: Timestamp) -> u64 {
    u64::try_from(instant.as_millisecond()).unwrap()
}

/// What happens next: an answer comes (0) or a caller asks (1).
type Event = Reverse<(u64, u8, u64, usize)>;

/// Runs all wishes through one log, in the order of time, first come first served.
fn simulate(windows: &[Window], wishes: &[Wish]) -> Vec<Made> {
    let mut log = CallLog::default();
    let lease = Duration::from_secs(1_000_000);
    let asks = wishes
        .iter()
        .enumerate()
        .map(|(index, wish)| Reverse((wish.arrives, 1, 0, index)));
    let mut events: BinaryHeap<Event> = asks.collect();
    let mut made = Vec::new();
    while let Some(Reverse((now, kind, call, index))) = events.pop() {
        if kind == 0 {
            log.complete(call, at(now));
            continue;
        }
        match log.grant(windows, lease, at(now)) {
            Ok(call) => {
                let wish = &wishes[index];
                let answered = now + wish.latency;
                made.push(Made {
                    sent: now,
                    counted: now + wish.latency * wish.counted_at / 1000,
                    answered,
                });
                events.push(Reverse((answered, 0, call, index)));
            }
            Err(until) => {
                assert!(until > at(now), "a wait leads forward");
                events.push(Reverse((millis(until), 1, 0, index)));
            }
        }
    }
    made
}

/// The most calls that any half-open interval of the window's length holds.
fn busiest(counted: &mut [u64], window: Window) -> usize {
    counted.sort_unstable();
    let length = u64::try_from(window.length.as_millis()).unwrap();
    let within = |&first: &u64| {
        counted
            .iter()
            .filter(|&&time| time >= first && time < first + length)
            .count()
    };
    counted.iter().map(within).max().unwrap_or(0)
}

fn wish() -> impl Strategy<Value = Wish> {
    let latency = prop_oneof![Just(0_u64), 0..50_u64, 0..5_000_u64];
    (0..4_000_u64, latency, 0..=1000_u64).prop_map(|(arrives, latency, counted_at)| Wish {
        arrives,
        latency,
        counted_at,
    })
}

fn windows() -> impl Strategy<Value = Vec<Window>> {
    let window = (1..8_u32, 50..1_500_u64).prop_map(|(limit, length)| Window {
        limit,
        length: Duration::from_millis(length),
    });
    prop::collection::vec(window, 1..3)
}

proptest! {
    #[test]
    fn no_window_ever_sees_more_than_its_limit(
        windows in windows(),
        wishes in prop::collection::vec(wish(), 1..80),
    ) {
        let made = simulate(&windows, &wishes);
        prop_assert_eq!(made.len(), wishes.len(), "every call is made in the end");
        for window in &windows {
            // Wherever the service counts: as drawn, at sending, at answering.
            let instants: [fn(&Made) -> u64; 3] =
                [|call| call.counted, |call| call.sent, |call| call.answered];
            for instant in instants {
                let mut counted: Vec<u64> = made.iter().map(instant).collect();
                prop_assert!(busiest(&mut counted, *window) <= window.limit as usize);
            }
        }
    }

    #[test]
    fn instant_calls_wait_no_longer_than_they_must(
        window in (1..8_u32, 50..1_500_u64),
        mut arrivals in prop::collection::vec(0..4_000_u64, 1..80),
    ) {
        let (limit, length) = window;
        arrivals.sort_unstable();
        let windows = [Window { limit, length: Duration::from_millis(length) }];
        let wish = |&arrives: &u64| Wish { arrives, latency: 0, counted_at: 0 };
        let wishes: Vec<Wish> = arrivals.iter().map(wish).collect();
        let sent: Vec<u64> = simulate(&windows, &wishes).iter().map(|call| call.sent).collect();
        // The earliest schedule: each call goes when it arrives, or a length after the one `limit` before it.
        let mut earliest: Vec<u64> = Vec::new();
        for (index, arrives) in arrivals.iter().enumerate() {
            let freed = index.checked_sub(limit as usize).map_or(0, |before| earliest[before] + length);
            earliest.push((*arrives).max(freed));
        }
        prop_assert_eq!(sent, earliest);
    }
}
