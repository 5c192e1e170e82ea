//! The laws of the ledger over every store: the same decisions, no window over its limit, nobody left waiting.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tesem_state::store::{PostgresTime, StateStore, StateUrl};
use tesem_state::{CallRequest, MemoryLedger, Permit, QuotaKey, QuotaLedger, Reservation, Window};

use crate::postgres_server::{PostgresServer, postgres_server};

/// Where budgets are kept in a test.
pub(crate) enum Place {
    Memory,
    Sqlite(tempfile::TempDir),
    Postgres(Arc<PostgresServer>),
}

impl Place {
    /// Every place that this computer has.
    pub(crate) fn all() -> Vec<Self> {
        let mut places = vec![Self::Memory, Self::Sqlite(tempfile::tempdir().unwrap())];
        places.extend(postgres_server().map(Self::Postgres));
        places
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// As many ledgers as there are processes, all over one new store. Each has a connection of its own.
    pub(crate) async fn ledgers(&self, processes: usize) -> Vec<Arc<dyn QuotaLedger>> {
        let url = match self {
            Self::Memory => {
                let one: Arc<dyn QuotaLedger> = Arc::new(MemoryLedger::new());
                return std::iter::repeat_n(one, processes).collect();
            }
            Self::Sqlite(folder) => {
                let number = std::fs::read_dir(folder.path()).unwrap().count();
                StateUrl::Sqlite(folder.path().join(format!("state{number}.db")))
            }
            Self::Postgres(server) => server.database(),
        };
        let mut ledgers = Vec::new();
        for _ in 0..processes {
            let store = StateStore::open_with(&url, PostgresTime::Callers)
                .await
                .unwrap();
            ledgers.push(store.ledger());
        }
        ledgers
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + Duration::from_millis(millis)
}

fn millis(instant: Timestamp) -> u64 {
    u64::try_from(instant.duration_since(at(0)).as_millis()).unwrap()
}

/// A request to a budget that no other request of this process has.
pub(crate) fn request(windows: &[Window], lease: Duration) -> CallRequest {
    static BUDGETS: AtomicU64 = AtomicU64::new(0);
    let endpoint = format!("hunt {}", BUDGETS.fetch_add(1, Ordering::Relaxed));
    request_to(&endpoint, windows, lease)
}

pub(crate) fn request_to(endpoint: &str, windows: &[Window], lease: Duration) -> CallRequest {
    let key = QuotaKey {
        tenant: "t".into(),
        app: "a".into(),
        endpoint: endpoint.to_owned(),
    };
    CallRequest {
        key,
        windows: windows.to_vec(),
        lease,
    }
}

/// One call as a process wants to make it, in milliseconds.
#[derive(Debug, Clone)]
struct Wish {
    process: usize,
    arrives: u64,
    latency: u64,
    /// Whether its process dies with the call on the wire.
    dies: bool,
}

#[derive(Debug)]
struct Made {
    process: usize,
    sent: u64,
    answered: u64,
}

const LEASE: Duration = Duration::from_secs(7);

/// What happens next: an answer comes (0) or a process asks (1).
type Event = Reverse<(u64, u8, usize)>;

/// Makes all wishes come true, in the order of time.
async fn simulate(
    ledgers: &[Arc<dyn QuotaLedger>],
    windows: &[Window],
    wishes: &[Wish],
) -> Vec<Made> {
    let request = request(windows, LEASE);
    let asks = wishes
        .iter()
        .enumerate()
        .map(|(index, wish)| Reverse((wish.arrives, 1, index)));
    let mut events: BinaryHeap<Event> = asks.collect();
    let mut on_the_wire: BTreeMap<usize, Permit> = BTreeMap::new();
    let mut made = Vec::new();
    while let Some(Reverse((now, kind, index))) = events.pop() {
        let wish = &wishes[index];
        let ledger = &ledgers[wish.process];
        if kind == 0 {
            ledger
                .completed(on_the_wire.remove(&index).unwrap(), at(now))
                .await
                .unwrap();
            continue;
        }
        match ledger.reserve(&request, at(now)).await.unwrap() {
            Reservation::Wait(until) => {
                assert!(until > at(now), "a wait leads forward");
                events.push(Reverse((millis(until), 1, index)));
            }
            Reservation::Granted(permit) => {
                let answered = now + wish.latency;
                made.push(Made {
                    process: wish.process,
                    sent: now,
                    answered,
                });
                if !wish.dies {
                    on_the_wire.insert(index, permit);
                    events.push(Reverse((answered, 0, index)));
                }
            }
        }
    }
    made
}

/// The most instants that any half-open interval of `length` holds.
fn busiest(mut instants: Vec<u64>, length: Duration) -> usize {
    instants.sort_unstable();
    let length = u64::try_from(length.as_millis()).unwrap();
    let within = |&first: &u64| {
        instants
            .iter()
            .filter(|&&time| time >= first && time < first + length)
            .count()
    };
    instants.iter().map(within).max().unwrap_or(0)
}

fn windows() -> impl Strategy<Value = Vec<Window>> {
    let window = (1..6_u32, 100..3_000_u64).prop_map(|(limit, length)| Window {
        limit,
        length: Duration::from_millis(length),
    });
    prop::collection::vec(window, 1..3)
}

fn wish(processes: usize) -> impl Strategy<Value = Wish> {
    let latency = prop_oneof![Just(0_u64), 0..50_u64, 0..5_000_u64];
    (
        0..processes,
        0..6_000_u64,
        latency,
        prop::bool::weighted(0.1),
    )
        .prop_map(|(process, arrives, latency, dies)| Wish {
            process,
            arrives,
            latency,
            dies,
        })
}

/// Runs a law with few cases: each asks real stores hundreds of times.
fn hold<S: Strategy>(cases: u32, strategy: S, law: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config).run(&strategy, law).unwrap();
}

#[test]
fn no_window_is_exceeded_by_any_number_of_processes_and_every_call_is_made() {
    let runtime = runtime();
    for place in Place::all() {
        let ledgers = runtime.block_on(place.ledgers(5));
        let wishes =
            (1..5_usize).prop_flat_map(|processes| prop::collection::vec(wish(processes), 1..40));
        hold(12, (windows(), wishes), |(windows, wishes)| {
            let made = runtime.block_on(simulate(&ledgers, &windows, &wishes));
            prop_assert_eq!(
                made.len(),
                wishes.len(),
                "every call is made in the end, on {}",
                place.name()
            );
            for window in &windows {
                let sent = made.iter().map(|call| call.sent).collect();
                prop_assert!(
                    busiest(sent, window.length) <= window.limit as usize,
                    "{}",
                    place.name()
                );
                let answered = made
                    .iter()
                    .map(|call| call.answered.min(call.sent + 7_000))
                    .collect();
                prop_assert!(
                    busiest(answered, window.length) <= window.limit as usize,
                    "{}",
                    place.name()
                );
            }
            Ok(())
        });
    }
}

/// One step of a process that shares nothing with others.
#[derive(Debug, Clone)]
enum Step {
    Reserve,
    Complete(usize),
    Return(usize),
    Throttle(u64),
    Usage,
}

fn step() -> impl Strategy<Value = (u64, Step)> {
    let step = prop_oneof![
        5 => Just(Step::Reserve),
        3 => (0..8_usize).prop_map(Step::Complete),
        1 => (0..8_usize).prop_map(Step::Return),
        1 => (0..3_000_u64).prop_map(Step::Throttle),
        2 => Just(Step::Usage),
    ];
    (0..900_u64, step)
}

/// What a ledger says to `steps`, word for word.
async fn words(ledger: &dyn QuotaLedger, windows: &[Window], steps: &[(u64, Step)]) -> Vec<String> {
    let request = request(windows, Duration::from_secs(2));
    let (mut now, mut permits, mut words) = (0, Vec::new(), Vec::new());
    for (later, step) in steps {
        now += later;
        match step {
            Step::Reserve => match ledger.reserve(&request, at(now)).await.unwrap() {
                Reservation::Granted(permit) => {
                    words.push(format!("granted {}", permit.id()));
                    permits.push(permit);
                }
                Reservation::Wait(until) => words.push(format!("wait {}", millis(until))),
            },
            Step::Complete(index) if *index < permits.len() => {
                // Some clocks go backwards.
                let when = at(now.saturating_sub(if now % 7 == 0 { 3_000 } else { 0 }));
                ledger
                    .completed(permits.remove(*index), when)
                    .await
                    .unwrap();
            }
            Step::Return(index) if *index < permits.len() => {
                ledger.returned(permits.remove(*index)).await.unwrap();
            }
            Step::Throttle(length) => ledger
                .throttled(&request.key, at(now + length))
                .await
                .unwrap(),
            Step::Usage => {
                let usage = ledger.usage(&request.key, windows, at(now)).await.unwrap();
                words.push(format!("{usage:?}"));
            }
            Step::Complete(_) | Step::Return(_) => {}
        }
    }
    words
}

#[test]
fn memory_file_and_server_decide_alike() {
    let runtime = runtime();
    let places = Place::all();
    let ledger = |place: &Place| runtime.block_on(place.ledgers(1)).remove(0);
    let ledgers: Vec<_> = places.iter().map(ledger).collect();
    let steps = prop::collection::vec(step(), 1..60);
    hold(12, (windows(), steps), |(windows, steps)| {
        let mut said = Vec::new();
        for ledger in &ledgers {
            said.push(runtime.block_on(words(&**ledger, &windows, &steps)));
        }
        prop_assert!(
            said.windows(2).all(|pair| pair[0] == pair[1]),
            "{:#?}",
            said
        );
        Ok(())
    });
}

#[test]
fn processes_that_always_want_more_get_equal_shares() {
    let runtime = runtime();
    let window = Window {
        limit: 3,
        length: Duration::from_secs(1),
    };
    let wish = |process| Wish {
        process,
        arrives: 0,
        latency: 20,
        dies: false,
    };
    let wishes: Vec<Wish> = (0..3).map(wish).collect();
    for place in Place::all() {
        if matches!(place, Place::Memory) {
            // One process has one queue: the gate's.
            continue;
        }
        let made = runtime.block_on(async {
            let ledgers = place.ledgers(3).await;
            greedy(&ledgers, window, &wishes, 90).await
        });
        let mut counts = [0_usize; 3];
        for call in &made {
            counts[call.process] += 1;
            let spread = counts.iter().max().unwrap() - counts.iter().min().unwrap();
            // The first burst, and one turn.
            assert!(spread <= 3 + 1, "{}: {counts:?}", place.name());
        }
        let sent = made.iter().map(|call| call.sent).collect();
        assert!(busiest(sent, window.length) <= 3);
        let last = made.last().unwrap().sent;
        assert!(
            last <= 90 / 3 * 1_020,
            "{}: sharing costs no time: {last}",
            place.name()
        );
    }
}

/// Processes that ask again as soon as they were granted a call, until `calls` are made. At equal instants the last
/// process asks first, so that only the ledger's own order can be fair.
async fn greedy(
    ledgers: &[Arc<dyn QuotaLedger>],
    window: Window,
    wishes: &[Wish],
    calls: usize,
) -> Vec<Made> {
    let request = request(&[window], LEASE);
    let mut events: BinaryHeap<(Reverse<u64>, usize)> = wishes
        .iter()
        .map(|wish| (Reverse(wish.arrives), wish.process))
        .collect();
    let mut made: Vec<Made> = Vec::new();
    while let Some((Reverse(now), process)) = events.pop() {
        if made.len() == calls {
            break;
        }
        match ledgers[process].reserve(&request, at(now)).await.unwrap() {
            Reservation::Wait(until) => events.push((Reverse(millis(until)), process)),
            Reservation::Granted(permit) => {
                let answered = now + wishes[process].latency;
                ledgers[process]
                    .completed(permit, at(answered))
                    .await
                    .unwrap();
                made.push(Made {
                    process,
                    sent: now,
                    answered,
                });
                events.push((Reverse(now), process));
            }
        }
    }
    made
}
