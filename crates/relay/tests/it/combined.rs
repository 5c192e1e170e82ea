//! How often a tenant is asked where many ask at the same time, and what each of them gets.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;
use tesem_defender::{DefenderError, HuntingResult, MachineId};
use tesem_relay::observe::{HUNTING_WINDOW_DEFAULT, Observed};
use tesem_relay::request::{ObservableType, Subject};
use tesem_relay::sighting::{EventTable, Row};
use tesem_relay::time::Time;
use tesem_relay::upstream::{
    Cached, Combined, EventsWanted, Named, Pace, Paces, ROWS_PER_QUERY_MAX, SharedResult, Upstream,
};
use tokio::task::JoinHandle;

use crate::clock::Hands;
use crate::observe::{
    alert, alert_of_files, found, hashes_of, named, only_sha1, sent, tenant_of_files, told,
};
use crate::service::{MD5, SHA1, file_row, network_row};
use crate::tenant::{Fake, Say};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// One call at once, and one more a second.
const SLOW: Pace = Pace {
    burst: 1,
    interval: Duration::from_secs(1),
};

type Events = SharedResult<Arc<HuntingResult>>;

struct Bench {
    fake: Arc<Fake>,
    hands: Arc<Hands>,
    combined: Arc<Combined>,
}

/// Lets everything go on that does not wait for time or for the tenant.
async fn settle() {
    for _ in 0..40 {
        tokio::task::yield_now().await;
    }
}

impl Bench {
    fn new(fake: Fake, pace: Option<Pace>) -> Self {
        let (fake, hands) = (Arc::new(fake), Arc::new(Hands::default()));
        Self {
            combined: Arc::new(Combined::new(
                fake.clone(),
                Paces {
                    hunting: pace,
                    ..Paces::NONE
                },
                hands.clone(),
            )),
            fake,
            hands,
        }
    }

    /// A tenant of which the next question has to wait.
    async fn busy(fake: Fake) -> Self {
        let bench = Self::new(fake, Some(SLOW));
        bench
            .ask(limited(99), &["198.51.100.99"])
            .await
            .unwrap()
            .unwrap();
        bench
    }

    fn ask(&self, wanted: EventsWanted, addresses: &[&str]) -> JoinHandle<Events> {
        let combined = self.combined.clone();
        let subjects: Vec<Subject> = addresses.iter().map(|one| ip(one)).collect();
        tokio::spawn(async move { combined.events(wanted, &subjects).await })
    }

    fn ask_alerts(&self, sha1: &str) -> JoinHandle<SharedResult<usize>> {
        let (combined, named) = (self.combined.clone(), Named::File(sha1.to_owned()));
        tokio::spawn(async move { Ok(combined.alerts(&named).await?.len()) })
    }

    fn hunts(&self) -> usize {
        self.fake.count("hunt")
    }

    /// Lets time pass until nobody waits for it; gives when there was a hunting call.
    async fn run(&self, until: Option<Timestamp>) -> Vec<Timestamp> {
        let mut times = Vec::new();
        let mut before = self.hunts();
        loop {
            settle().await;
            times.resize(times.len() + self.hunts() - before, self.hands.now());
            before = self.hunts();
            match (self.hands.next(), until) {
                (Some(next), Some(until)) if next <= until => self.hands.set(next),
                (Some(next), None) => self.hands.set(next),
                (_, Some(until)) if self.hands.now() < until => self.hands.set(until),
                _ => return times,
            }
        }
    }
}

fn ip(address: &str) -> Subject {
    Subject::Ip(address.parse().unwrap())
}

/// Questions of another limit are of another kind.
fn limited(limit: usize) -> EventsWanted {
    EventsWanted {
        table: EventTable::Network,
        window: DAY,
        limit,
    }
}

/// The kind that requests ask.
fn limited_as_observed(limit: usize) -> EventsWanted {
    EventsWanted {
        window: HUNTING_WINDOW_DEFAULT,
        ..limited(limit)
    }
}

/// The texts of a list in a query.
pub(crate) fn listed(query: &str, before: &str) -> Vec<String> {
    let (_, rest) = query.split_once(before).unwrap();
    let (list, _) = rest.split_once(')').unwrap();
    let texts = list.split(',').map(|text| text.trim_matches('"'));
    texts.map(str::to_owned).collect()
}

/// Three events of each value that a query names, or as many as it wants; addresses that end in `.0` have none.
fn three_of_each(query: &str) -> Say {
    let (_, limit) = query.split_once("Place <= ").unwrap();
    let limit: usize = limit
        .split(['\n', ' ', ')'])
        .find_map(|word| word.trim_start_matches("long(").parse().ok())
        .unwrap();
    let values = listed(query, "| where Asked in (");
    let events = values
        .iter()
        .filter(|value| !value.ends_with(".0"))
        .flat_map(|value| {
            (0..limit.min(3)).map(move |n| {
                let more = json!({
                    "Asked": value,
                    "ActionType": format!("{n} of {value}"),
                    "Timestamp": format!("2026-11-1{}T00:00:00.0000000Z", 9 - n),
                    "DeviceId": format!("machine of {value}"),
                });
                if query.contains("FileEvents") {
                    file_row(more)
                } else {
                    network_row(more)
                }
            })
        });
    Say::These(events.collect())
}

/// One adapter of each machine that a query names, but for those with even numbers.
fn one_of_each(query: &str) -> Say {
    let machines = listed(query, "DeviceId in (");
    let odd = machines
        .iter()
        .filter(|id| !id.ends_with(['0', '2', '4', '6', '8']));
    Say::These(
        odd.map(|id| json!({"DeviceId": id, "MacAddress": format!("mac of {id}")}))
            .collect(),
    )
}

fn service() -> Fake {
    Fake::default()
        .says("hunt DeviceFileEvents", Say::By(three_of_each))
        .says("hunt DeviceNetworkEvents", Say::By(three_of_each))
        .says("hunt DeviceNetworkInfo", Say::By(one_of_each))
}

/// What a request takes of a result: the rows of its own values.
fn own(result: &HuntingResult, subjects: &[Subject]) -> Vec<String> {
    let values: Vec<String> = subjects.iter().map(Subject::value).collect();
    let mut rows: Vec<String> = Row::all(result)
        .filter(|row| values.contains(&row.text("Asked").unwrap().to_owned()))
        .map(|row| {
            format!(
                "{} {}",
                row.text("Asked").unwrap(),
                row.text("ActionType").unwrap()
            )
        })
        .collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn many_requests_at_the_same_time_take_few_hunting_calls() {
    let cases = [
        (1, None, 3),
        (50, None, 150),
        (1, Some(Pace::HUNTING), 3),
        (6, Some(Pace::HUNTING), 18),
        (50, Some(Pace::HUNTING), 24),
        (200, Some(Pace::HUNTING), 24),
        (50, Some(SLOW), 4),
    ];
    for (count, pace, calls) in cases {
        let bench = Bench::new(service(), pace);
        let cached = Arc::new(Cached::new(bench.combined.clone(), bench.hands.clone()));
        let pairs = |n: usize| {
            [
                ("ip", format!("192.0.2.{n}")),
                ("sha1", format!("{n:040x}")),
            ]
        };
        let sent_by = |n| {
            let pairs = pairs(n);
            sent(
                &pairs
                    .each_ref()
                    .map(|(kind, value)| (*kind, value.as_str())),
            )
        };
        let requests: Vec<_> = (1..=count)
            .map(|n| {
                let (cached, sent) = (cached.clone(), sent_by(n));
                tokio::spawn(async move { found(&*cached, &sent, "2").await })
            })
            .collect();
        bench.run(None).await;
        assert_eq!(bench.hunts(), calls, "{count} requests, {pace:?}");
        for (n, request) in (1..=count).zip(requests) {
            let observed = request.await.unwrap();
            let alone = found(&service(), &sent_by(n), "2").await;
            assert_eq!(told(&observed), told(&alone));
            let targets = |observed: &Observed| {
                let targets = observed.sightings.iter().map(|one| &one.targets);
                serde_json::to_value(targets.collect::<Vec<_>>()).unwrap()
            };
            assert_eq!(targets(&observed), targets(&alone));
            assert!(observed.failures.is_empty());
        }
    }
}

#[tokio::test]
async fn a_request_that_is_asked_in_parts_takes_of_each_only_what_it_asked_for() {
    let bench = Bench::busy(service()).await;
    let limit = ROWS_PER_QUERY_MAX / 2;
    let all = sent(&[
        ("ip", "192.0.2.1"),
        ("ip", "192.0.2.2"),
        ("ip", "192.0.2.3"),
    ]);
    let limit_text = limit.to_string();
    let looking = found(&*bench.combined, &all, &limit_text);
    let others = async {
        settle().await;
        // It joins the second part of the request, whose first part asks for the same.
        let joined = bench.ask(limited_as_observed(limit), &["192.0.2.1"]);
        bench.run(None).await;
        joined.await.unwrap().unwrap();
    };
    let (observed, ()) = futures::join!(looking, others);
    assert_eq!(
        told(&observed),
        told(&found(&service(), &all, &limit_text).await)
    );
    assert_eq!(bench.fake.count("hunt DeviceNetworkEvents"), 1 + 2);
}

fn most_within(times: &[Timestamp], window: SignedDuration) -> usize {
    let within = |(place, start): (usize, &Timestamp)| {
        let rest = times.iter().skip(place);
        rest.take_while(|time| time.duration_since(*start) <= window)
            .count()
    };
    times
        .iter()
        .enumerate()
        .map(within)
        .max()
        .unwrap_or_default()
}

/// Asks at each of these times, in milliseconds from now, something that nobody else asks; gives when there was a call.
async fn calls_of(arrivals: &[u32]) -> Vec<Timestamp> {
    let bench = Bench::new(service(), Some(Pace::HUNTING));
    let start = bench.hands.now();
    let mut calls = Vec::new();
    let mut asked = Vec::new();
    for (n, arrival) in arrivals.iter().enumerate() {
        let time = start + SignedDuration::from_millis((*arrival).into());
        calls.extend(bench.run(Some(time)).await);
        asked.push(bench.ask(limited(n), &["192.0.2.1"]));
    }
    calls.extend(bench.run(None).await);
    for answer in join_all(asked).await {
        answer.unwrap().unwrap();
    }
    calls
}

#[tokio::test]
async fn the_quota_is_kept_in_a_rush_that_lasts_for_more_than_an_hour() {
    let calls = calls_of(&[0; 1_600]).await;
    assert_eq!(calls.len(), 1_600);
    assert_eq!(most_within(&calls, SignedDuration::from_secs(60)), 44);
    assert_eq!(most_within(&calls, SignedDuration::from_hours(1)), 1_460);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_quota_is_kept_whenever_questions_come(
        gaps in prop::collection::vec(prop_oneof![Just(0), 0..5_000_u32, 0..60_000_u32], 1..200),
    ) {
        let arrivals: Vec<u32> = gaps
            .iter()
            .scan(0, |time, gap| { *time += gap; Some(*time) })
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let calls = runtime.block_on(calls_of(&arrivals));
        prop_assert_eq!(calls.len(), arrivals.len());
        prop_assert!(most_within(&calls, SignedDuration::from_secs(60)) <= 45);
        prop_assert!(most_within(&calls, SignedDuration::from_hours(1)) <= 1_500);
    }

    #[test]
    fn each_question_gets_what_it_would_have_got_alone(
        questions in prop::collection::vec((1..3_usize, prop::collection::btree_set(0..12_u8, 1..6)), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let bench = Bench::busy(service()).await;
            let alone = service();
            let ask = async |upstream: &dyn Upstream, (limit, values): &(usize, BTreeSet<u8>)| {
                let subjects: Vec<Subject> = values.iter().map(|n| ip(&format!("192.0.2.{n}"))).collect();
                let machines: Vec<MachineId> = values.iter().map(|n| MachineId::new(format!("m{n}"))).collect();
                let (events, adapters) = futures::join!(
                    upstream.events(limited(*limit), &subjects),
                    upstream.adapters(&machines, DAY),
                );
                (own(&events.unwrap(), &subjects), adapters.unwrap())
            };
            let asked = join_all(questions.iter().map(|question| ask(&*bench.combined, question)));
            let (together, _) = futures::join!(asked, bench.run(None));
            for (question, got) in questions.iter().zip(together) {
                assert_eq!(got, ask(&alone, question).await);
            }
            // One of each limit and one of adapters, beside that which made it busy.
            assert!(bench.hunts() <= 4, "{}", bench.hunts());
        });
    }
}

#[tokio::test]
async fn what_waits_is_asked_in_its_order_with_each_value_once() {
    let bench = Bench::busy(service()).await;
    let asked = [
        bench.ask(limited(1), &["192.0.2.1", "192.0.2.2"]),
        bench.ask(limited(2), &["192.0.2.1"]),
        bench.ask(limited(1), &["192.0.2.2", "192.0.2.3"]),
    ];
    settle().await;
    assert_eq!(bench.hunts(), 1);
    let late = SLOW.interval / 2;
    bench.hands.advance(late);
    settle().await;
    assert_eq!(bench.hunts(), 1);
    bench.hands.advance(late);
    settle().await;
    let values = || listed(&bench.fake.last(), "| where Asked in (");
    assert_eq!(values(), ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    // It came too late to be asked with those of its kind.
    let last = bench.ask(limited(1), &["192.0.2.4"]);
    bench.hands.advance(SLOW.interval);
    settle().await;
    assert_eq!(values(), ["192.0.2.1"]);
    bench.run(None).await;
    assert_eq!(values(), ["192.0.2.4"]);
    assert_eq!(bench.hunts(), 4);
    for answer in join_all(asked.into_iter().chain([last])).await {
        answer.unwrap().unwrap();
    }
}

#[tokio::test]
async fn one_call_asks_for_no_more_than_its_rows_have_room_for() {
    let bench = Bench::busy(service()).await;
    let wanted = limited(ROWS_PER_QUERY_MAX / 2);
    assert_eq!(wanted.subjects_max(), 2);
    let addresses = [
        "192.0.2.1",
        "192.0.2.2",
        "192.0.2.3",
        "192.0.2.4",
        "192.0.2.5",
    ];
    let asked = addresses.map(|address| bench.ask(wanted, &[address]));
    bench.run(None).await;
    assert_eq!(bench.hunts(), 1 + 3);
    for (address, answer) in addresses.into_iter().zip(asked) {
        assert_eq!(
            own(&answer.await.unwrap().unwrap(), &[ip(address)]).len(),
            3
        );
    }
}

#[tokio::test]
async fn who_gives_up_takes_nothing_from_the_others() {
    for quitter in 0..3 {
        let bench = Bench::busy(service()).await;
        let addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
        let mut asked = Vec::from(addresses.map(|address| bench.ask(limited(1), &[address])));
        settle().await;
        asked.remove(quitter).abort();
        settle().await;
        bench.run(None).await;
        let mut values = Vec::from(addresses);
        values.remove(quitter);
        assert_eq!(listed(&bench.fake.last(), "| where Asked in ("), values);
        for (address, answer) in values.into_iter().zip(asked) {
            assert_eq!(
                own(&answer.await.unwrap().unwrap(), &[ip(address)]).len(),
                1
            );
        }
    }
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_asked_and_takes_no_turn() {
    let bench = Bench::busy(service()).await;
    let asked = ["192.0.2.1", "192.0.2.2"].map(|address| bench.ask(limited(1), &[address]));
    settle().await;
    let other = bench.ask(limited(2), &["192.0.2.3"]);
    settle().await;
    asked.iter().for_each(JoinHandle::abort);
    settle().await;
    bench.hands.advance(SLOW.interval);
    settle().await;
    assert_eq!(bench.hunts(), 2);
    other.await.unwrap().unwrap();
    // A question of the same kind starts anew.
    let again = bench.ask(limited(1), &["192.0.2.4"]);
    bench.run(None).await;
    again.await.unwrap().unwrap();
    assert_eq!(
        listed(&bench.fake.last(), "| where Asked in ("),
        ["192.0.2.4"]
    );
}

#[tokio::test]
async fn a_call_under_way_goes_on_as_long_as_anybody_waits_for_it() {
    let row = network_row(json!({"Asked": "192.0.2.2", "ActionType": "e"}));
    let fake = service().says("hunt DeviceNetworkEvents", Say::Held(vec![row]));
    let bench = Bench::new(fake, Some(SLOW));
    let first = bench.ask(limited(1), &["198.51.100.99"]);
    settle().await;
    let starter = bench.ask(limited(1), &["192.0.2.1"]);
    settle().await;
    let joined = bench.ask(limited(1), &["192.0.2.2"]);
    settle().await;
    bench.hands.advance(SLOW.interval);
    settle().await;
    starter.abort();
    settle().await;
    bench.fake.release();
    bench.run(None).await;
    assert_eq!(
        own(&joined.await.unwrap().unwrap(), &[ip("192.0.2.2")]),
        ["192.0.2.2 e"]
    );
    first.await.unwrap().unwrap();
    assert_eq!(bench.hunts(), 2);
}

fn status(error: &DefenderError) -> u16 {
    error.refusal().unwrap().status
}

#[tokio::test]
async fn what_one_question_brings_about_the_others_do_not_suffer() {
    fn spoilt(query: &str) -> Say {
        if query.contains("192.0.2.66") {
            Say::Status(400, "Query execution has exceeded the allowed result size.")
        } else {
            three_of_each(query)
        }
    }
    let bench = Bench::busy(service().says("hunt DeviceNetworkEvents", Say::By(spoilt))).await;
    let addresses = ["192.0.2.1", "192.0.2.66", "192.0.2.3"];
    let asked = addresses.map(|address| bench.ask(limited(1), &[address]));
    bench.run(None).await;
    for (address, answer) in addresses.into_iter().zip(asked) {
        let answer = answer.await.unwrap();
        if address == "192.0.2.66" {
            assert_eq!(status(&answer.unwrap_err()), 400);
        } else {
            assert_eq!(own(&answer.unwrap(), &[ip(address)]).len(), 1);
        }
    }
    assert_eq!(bench.hunts(), 1 + 1 + 3);
    // Where all ask for the same, nobody else is to blame.
    let asked = [(); 3].map(|()| bench.ask(limited(1), &["192.0.2.66"]));
    bench.run(None).await;
    assert_eq!(bench.hunts(), 5 + 1);
    for answer in asked {
        assert_eq!(status(&answer.await.unwrap().unwrap_err()), 400);
    }
}

#[tokio::test]
async fn a_failure_of_the_service_is_everybodys_and_costs_one_call() {
    for code in [401, 403, 429, 503] {
        let bench = Bench::busy(service()).await;
        let fails = Say::Status(code, "No.");
        bench.fake.now_says("hunt DeviceNetworkEvents", fails);
        let asked = ["192.0.2.1", "192.0.2.2"].map(|address| bench.ask(limited(1), &[address]));
        bench.run(None).await;
        let [one, other] = asked;
        let (one, other) = (
            one.await.unwrap().unwrap_err(),
            other.await.unwrap().unwrap_err(),
        );
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!((status(&one), bench.hunts()), (code, 2));
        // A failure is not kept.
        bench
            .fake
            .now_says("hunt DeviceNetworkEvents", Say::By(three_of_each));
        let again = bench.ask(limited(1), &["192.0.2.1"]);
        bench.run(None).await;
        again.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_stops_nobody_for_long() {
    let bench = Bench::busy(service()).await;
    bench.hands.set(bench.hands.now() - DAY);
    let asked = bench.ask(limited(1), &["192.0.2.1"]);
    settle().await;
    bench.hands.advance(SLOW.interval);
    settle().await;
    assert_eq!(bench.hunts(), 2);
    asked.await.unwrap().unwrap();
}

#[tokio::test]
async fn alerts_of_the_same_thing_are_asked_for_once_at_the_same_time() {
    let fake = Fake::default().says(
        &format!("alerts {SHA1}"),
        Say::Held(vec![alert("a", "2026-11-01T00:00:00Z")]),
    );
    let bench = Bench::new(fake, None);
    let mut asked: Vec<_> = (0..5).map(|_| bench.ask_alerts(SHA1)).collect();
    let other = bench.ask_alerts("another");
    settle().await;
    // The one that started the call, and one that did not.
    asked.remove(0).abort();
    asked.remove(1).abort();
    settle().await;
    assert_eq!(other.await.unwrap().unwrap(), 0);
    asked.push(bench.ask_alerts(SHA1));
    let named = Named::File(SHA1.to_owned());
    let mut slow = bench.combined.alerts(&named);
    assert!(futures::poll!(&mut slow).is_pending());
    settle().await;
    bench.fake.release();
    for answer in join_all(asked).await {
        assert_eq!(answer.unwrap().unwrap(), 1);
    }
    assert_eq!(bench.fake.count(&format!("alerts {SHA1}")), 1);
    // Nothing is kept, even while somebody has not fetched the answer.
    bench.ask_alerts(SHA1).await.unwrap().unwrap();
    assert_eq!(slow.await.unwrap().len(), 1);
    assert_eq!(bench.fake.count(&format!("alerts {SHA1}")), 2);
}

#[tokio::test]
async fn two_hashes_of_one_file_ask_for_its_alerts_once() {
    let fake = Fake::default()
        .gives(
            &format!("file {MD5}"),
            vec![json!({"sha1": SHA1.to_uppercase(), "md5": MD5})],
        )
        .says(
            &format!("alerts {SHA1}"),
            Say::Held(vec![alert("a", "2026-11-01T00:00:00Z")]),
        );
    let bench = Bench::new(fake, None);
    let sent = sent(&[("md5", MD5), ("sha1", SHA1)]);
    let release = async {
        settle().await;
        bench.fake.release();
    };
    let (observed, ()) = futures::join!(found(&*bench.combined, &sent, "1"), release);
    assert_eq!(
        told(&observed),
        [format!("{MD5} 1 a"), format!("{SHA1} 1 a")]
    );
    assert_eq!(bench.fake.count("alerts"), 1);
}

fn sha1(file: usize) -> Subject {
    Subject::of(ObservableType::Sha1, &hashes_of(file)[0]).unwrap()
}

#[tokio::test]
async fn files_that_wait_are_hunted_for_together_and_each_gets_its_own() {
    let fake = tenant_of_files(0..1).says("hunt DeviceNetworkEvents", Say::By(three_of_each));
    let bench = Bench::busy(fake).await;
    let asked = [[1, 2], [2, 3], [4, 5]].map(|files| {
        let (combined, files) = (bench.combined.clone(), files.map(sha1));
        tokio::spawn(async move { (combined.hashes(&files, DAY).await, files) })
    });
    bench.run(None).await;
    assert_eq!(bench.fake.count("hunt union"), 1);
    let asked_for = listed(&bench.fake.last(), "SHA1 in~ (");
    assert_eq!(
        asked_for,
        [1, 2, 3, 4, 5].map(|file| hashes_of(file)[0].clone())
    );
    for answer in asked {
        let (found, files) = answer.await.unwrap();
        let found = found.unwrap();
        assert_eq!(found.len(), 2);
        assert!(files.iter().all(|file| found.contains_key(file)));
    }
}

#[tokio::test]
async fn requests_at_the_same_time_share_the_hunting_call_for_hashes() {
    let mut fake = tenant_of_files(0..1)
        .says("hunt DeviceNetworkEvents", Say::By(three_of_each))
        .says("hunt DeviceNetworkInfo", Say::By(one_of_each));
    for n in 1..=5 {
        // Each has half of its files in common with the next.
        let files = alert_of_files(n * 20..n * 20 + 40, only_sha1);
        fake = fake.gives(&format!("alerts 192.0.2.{n}"), vec![files]);
    }
    let bench = Bench::busy(fake).await;
    let cached = Arc::new(Cached::new(bench.combined.clone(), bench.hands.clone()));
    let requests: Vec<_> = (1..=5)
        .map(|n| {
            let cached = cached.clone();
            let sent = sent(&[("ip", &format!("192.0.2.{n}"))]);
            tokio::spawn(async move { found(&*cached, &sent, "1").await })
        })
        .collect();
    bench.run(None).await;
    for request in requests {
        let observed = request.await.unwrap();
        assert_eq!(named(&observed), 3 * 40);
        assert!(observed.failures.is_empty());
    }
    assert_eq!(bench.fake.count("hunt union"), 1);
    assert_eq!(bench.fake.count("file"), 0);
}
