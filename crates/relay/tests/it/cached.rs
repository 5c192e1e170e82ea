//! What is kept of a tenant, and for how long.

use std::sync::Arc;

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use tesem_defender::MachineId;
use tesem_relay::upstream::{
    Cached, FILE_AGE_MAX, KEPT_MAX, MACHINE_AGE_MAX, UNKNOWN_FILE_AGE_MAX, Upstream,
};

use crate::clock::Hands;
use crate::service::SHA1;
use crate::tenant::{Fake, Say};

/// A tenant that a test can look into while it is kept.
struct Bench {
    fake: Arc<Fake>,
    hands: Arc<Hands>,
    cached: Cached,
}

impl Bench {
    fn new(fake: Fake) -> Self {
        let fake = Arc::new(fake);
        let hands = Arc::new(Hands::default());
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
            .says("machines", Say::Status(500, "x"))
            .says("hunt", Say::Status(500, "x")),
    );
    let machines = [MachineId::new("m1")];
    for count in 1..=2 {
        assert!(bench.cached.file(SHA1).await.is_err());
        assert!(bench.cached.machines(&machines).await.is_err());
        assert!(bench.cached.adapters(&machines, SECOND).await.is_err());
        let counts = ["file", "machines", "hunt"].map(|call| bench.fake.count(call));
        assert_eq!(counts, [count; 3]);
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
async fn only_adapters_that_are_not_kept_are_asked_for() {
    let adapter = |id: &str| json!({"DeviceId": id, "MacAddress": format!("mac of {id}")});
    let bench = Bench::new(
        Fake::default().gives("hunt DeviceNetworkInfo", vec![adapter("m1"), adapter("m3")]),
    );
    let ask = async |ids: &[&str], window: SignedDuration| {
        let ids: Vec<MachineId> = ids.iter().map(|id| MachineId::new(*id)).collect();
        let adapters = bench.cached.adapters(&ids, window).await.unwrap();
        let mac = |id| Some(adapters.get(id)?[0].mac.clone().unwrap());
        ids.iter().map(mac).collect::<Vec<_>>()
    };
    let of = |id: &str| Some(format!("mac of {id}"));
    let day = SignedDuration::from_hours(24);
    assert_eq!(ask(&["m1", "m2"], day).await, [of("m1"), None]);
    assert_eq!(ask(&["m2", "m1"], day).await, [None, of("m1")]);
    assert_eq!(bench.fake.count("hunt"), 1);
    assert_eq!(
        ask(&["m1", "m2", "m3"], day).await,
        [of("m1"), None, of("m3")]
    );
    let last = bench.fake.last();
    assert!(last.contains(r#"DeviceId in ("m3")"#), "{last}");
    assert_eq!(bench.fake.count("hunt"), 2);
    ask(&["m1"], day * 2).await;
    assert_eq!(bench.fake.count("hunt"), 3);
    bench.hands.advance(MACHINE_AGE_MAX);
    assert_eq!(ask(&["m1"], day).await, [of("m1")]);
    assert_eq!(bench.fake.count("hunt"), 4);
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
