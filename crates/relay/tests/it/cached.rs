//! What is kept of a tenant, and for how long.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tesem_defender::MachineId;
use tesem_relay::time::Time;
use tesem_relay::upstream::{
    Cached, FILE_AGE_MAX, KEPT_MAX, MACHINE_AGE_MAX, UNKNOWN_FILE_AGE_MAX, Upstream,
};

use crate::service::SHA1;
use crate::tenant::{Fake, Say};

#[derive(Debug)]
struct Hands(Mutex<Timestamp>);

impl Time for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn after(&self, _: Duration) -> BoxFuture<'static, ()> {
        std::future::pending().boxed()
    }
}

impl Hands {
    fn advance(&self, time: SignedDuration) {
        *self.0.lock().unwrap() += time;
    }
}

/// A tenant that a test can look into while it is kept.
struct Bench {
    fake: Arc<Fake>,
    hands: Arc<Hands>,
    cached: Cached,
}

impl Bench {
    fn new(fake: Fake) -> Self {
        let fake = Arc::new(fake);
        let hands = Arc::new(Hands(Mutex::new(Timestamp::UNIX_EPOCH)));
        Self {
            cached: Cached::new(fake.clone(), hands.clone()),
            fake,
            hands,
        }
    }
}

const SECOND: SignedDuration = SignedDuration::from_secs(1);

#[tokio::test]
async fn a_file_is_asked_for_once_by_many_and_again_when_it_is_old() {
    for (known, age_max) in [(true, FILE_AGE_MAX), (false, UNKNOWN_FILE_AGE_MAX)] {
        let files = if known {
            vec![json!({"sha1": SHA1})]
        } else {
            Vec::new()
        };
        let bench = Bench::new(Fake::default().gives("file", files));
        let upper = SHA1.to_uppercase();
        let calls = [SHA1, &upper, SHA1].map(|hash| bench.cached.file(hash));
        for file in join_all(calls).await {
            assert_eq!(file.unwrap().is_some(), known);
        }
        assert_eq!(bench.fake.count("file"), 1);
        bench.hands.advance(age_max - SECOND);
        bench.cached.file(SHA1).await.unwrap();
        assert_eq!(bench.fake.count("file"), 1);
        bench.hands.advance(SECOND);
        bench.cached.file(SHA1).await.unwrap();
        assert_eq!(bench.fake.count("file"), 2);
    }
}

#[tokio::test]
async fn failures_are_not_kept() {
    let bench = Bench::new(
        Fake::default()
            .says("file", Say::Status(500, "x"))
            .says("machines", Say::Status(500, "x")),
    );
    for count in 1..=2 {
        assert!(bench.cached.file(SHA1).await.is_err());
        assert!(
            bench
                .cached
                .machines(&[MachineId::new("m1")])
                .await
                .is_err()
        );
        assert_eq!(
            (bench.fake.count("file"), bench.fake.count("machines")),
            (count, count)
        );
    }
}

#[tokio::test]
async fn only_machines_that_are_not_kept_are_asked_for() {
    let bench = Bench::new(
        Fake::default()
            .gives("machines m1,m2", vec![json!({"id": "m1"})])
            .gives("machines m3", vec![json!({"id": "m3"})]),
    );
    let ask = async |ids: &[&str]| {
        let ids: Vec<MachineId> = ids.iter().map(|id| MachineId::new(*id)).collect();
        let machines = bench.cached.machines(&ids).await.unwrap();
        machines
            .iter()
            .map(|machine| machine.id.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ask(&["m1", "m2"]).await, ["m1"]);
    assert_eq!(ask(&["m1", "m2", "m3"]).await, ["m1", "m3"]);
    assert_eq!(ask(&["m2", "m3"]).await, ["m3"]);
    assert_eq!(bench.fake.calls(), ["machines m1,m2", "machines m3"]);
    bench.hands.advance(MACHINE_AGE_MAX);
    assert_eq!(ask(&["m3"]).await, ["m3"]);
    assert_eq!(bench.fake.calls().len(), 3);
}

#[tokio::test]
async fn not_more_is_kept_than_fits() {
    let bench = Bench::new(Fake::default());
    for n in 0..KEPT_MAX {
        bench.cached.file(&n.to_string()).await.unwrap();
    }
    bench.cached.file("0").await.unwrap();
    assert_eq!(bench.fake.count("file"), KEPT_MAX);
    bench.cached.file("one more").await.unwrap();
    bench.cached.file("0").await.unwrap();
    assert_eq!(bench.fake.count("file"), KEPT_MAX + 2);
}
