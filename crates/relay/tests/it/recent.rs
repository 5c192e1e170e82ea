//! Answers of the last minute, where the quota is used up.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::SignedDuration;
use serde_json::json;
use tesem_relay::request::Subject;
use tesem_relay::sighting::EventTable;
use tesem_relay::upstream::{ANSWER_AGE_MAX, Combined, EventsWanted, Named, Pace, Paces, Upstream};

use crate::clock::Hands;
use crate::service::network_row;
use crate::tenant::{Fake, Say};

const WANTED: EventsWanted = EventsWanted {
    table: EventTable::Network,
    window: SignedDuration::from_hours(24),
    limit: 10,
};

/// Two calls at once, and one more every hour.
const SCARCE: Pace = Pace {
    burst: 2,
    interval: Duration::from_secs(3_600),
};

struct Bench {
    fake: Arc<Fake>,
    hands: Arc<Hands>,
    combined: Combined,
}

impl Bench {
    fn new(paces: Paces) -> Self {
        let fake = Fake::default().says(
            "hunt",
            Say::By(|query| {
                let asked = ["192.0.2.1", "192.0.2.2"]
                    .into_iter()
                    .filter(|address| query.contains(*address));
                Say::These(
                    asked
                        .map(|address| network_row(json!({"Asked": address, "RemoteIP": address})))
                        .collect(),
                )
            }),
        );
        let (fake, hands) = (Arc::new(fake), Arc::new(Hands::default()));
        let combined = Combined::new(fake.clone(), paces, hands.clone());
        Self {
            fake,
            hands,
            combined,
        }
    }

    /// How many events there are of the addresses; nothing where somebody has to wait.
    fn events(&self, addresses: &[&str]) -> Option<usize> {
        let subjects: Vec<Subject> = addresses
            .iter()
            .map(|one| Subject::Ip(one.parse().unwrap()))
            .collect();
        let events = self.combined.events(WANTED, &subjects).now_or_never()?;
        Some(events.unwrap().rows.len())
    }
}

#[test]
fn events_are_asked_for_anew_as_long_as_there_are_turns_and_given_again_after_that() {
    let bench = Bench::new(Paces {
        hunting: Some(SCARCE),
        ..Paces::NONE
    });
    assert_eq!(bench.events(&["192.0.2.1"]), Some(1));
    assert_eq!(bench.events(&["192.0.2.1", "192.0.2.2"]), Some(2));
    assert_eq!(bench.fake.count("hunt"), 2);
    bench
        .hands
        .advance(ANSWER_AGE_MAX - SignedDuration::from_secs(1));
    assert_eq!(
        bench.events(&["192.0.2.1"]),
        Some(1),
        "each row once, though two answers have it"
    );
    assert_eq!(bench.events(&["192.0.2.2", "192.0.2.1"]), Some(2));
    assert_eq!(
        bench.events(&["192.0.2.2", "192.0.2.3"]),
        None,
        "not all of it is known"
    );
    bench.hands.advance(SignedDuration::from_secs(1));
    assert_eq!(bench.events(&["192.0.2.1"]), None, "it is too old");
    assert_eq!(bench.fake.count("hunt"), 2);
}

#[test]
fn failures_are_not_given_again() {
    let bench = Bench::new(Paces {
        hunting: Some(SCARCE),
        ..Paces::NONE
    });
    bench.fake.now_says("hunt", Say::Status(503, "x"));
    let subjects = [Subject::Ip("192.0.2.1".parse().unwrap())];
    for _ in 0..2 {
        let failed = bench
            .combined
            .events(WANTED, &subjects)
            .now_or_never()
            .unwrap();
        assert!(failed.is_err());
    }
    assert_eq!(bench.events(&["192.0.2.1"]), None);
}

#[test]
fn alerts_are_given_again_where_their_turns_are_used_up_and_asked_for_where_they_are_not_known() {
    let bench = Bench::new(Paces {
        alerts: Some(SCARCE),
        ..Paces::NONE
    });
    let ask = |named: Named| {
        bench
            .combined
            .alerts(&named)
            .now_or_never()
            .unwrap()
            .unwrap()
            .len()
    };
    let domain = |name: &str| Named::Domain(name.to_owned());
    for (named, calls) in [
        (domain("a.test"), 1),
        (domain("a.test"), 2),
        (domain("a.test"), 2),
        // The client knows the quota better, and waits for it where it must.
        (domain("b.test"), 3),
        (domain("b.test"), 3),
        // Another quota.
        (Named::Ip("192.0.2.1".parse().unwrap()), 4),
    ] {
        ask(named.clone());
        assert_eq!(bench.fake.calls().len(), calls, "{named:?}");
    }
}

#[test]
fn without_a_quota_everything_is_asked_for_anew() {
    let bench = Bench::new(Paces::NONE);
    for calls in 1..50 {
        assert_eq!(bench.events(&["192.0.2.1"]), Some(1));
        assert_eq!(bench.fake.count("hunt"), calls);
    }
}
