//! What is kept of a tenant, and for how long.

use std::sync::Arc;

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use tesem_defender::MachineId;
use tesem_relay::request::{ObservableType, Subject};
use tesem_relay::upstream::{
    Cached, EVIDENCE_AGE_MAX, FILE_AGE_MAX, KEPT_MAX, MACHINE_AGE_MAX, UNKNOWN_FILE_AGE_MAX,
    Upstream,
};

use crate::clock::Hands;
use crate::observe::{alert_of_files, found, hashes_of, named, only_sha1, sent, tenant_of_files};
use crate::service::{MD5, SHA1, SHA256, alert};
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

fn sha1() -> Subject {
    Subject::of(ObservableType::Sha1, SHA1).unwrap()
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
    let files = [sha1()];
    let machines = [MachineId::new("m1")];
    for count in 1..=2 {
        assert!(bench.cached.file(SHA1).await.is_err());
        assert!(bench.cached.machines(&machines).await.is_err());
        assert!(bench.cached.adapters(&machines, SECOND).await.is_err());
        assert!(bench.cached.hashes(&files, SECOND).await.is_err());
        let counts = ["file", "machines", "hunt D", "hunt u"].map(|call| bench.fake.count(call));
        assert_eq!(counts, [count; 4]);
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

#[tokio::test]
async fn a_file_that_hunting_told_is_kept_by_each_of_its_hashes() {
    let row = json!({"SHA1": SHA1.to_uppercase(), "SHA256": SHA256, "MD5": MD5});
    let bench = Bench::new(Fake::default().gives("hunt union", vec![row]));
    let all = [SHA1, SHA256, MD5].map(str::to_owned);
    let found = bench.cached.hashes(&[sha1()], SECOND).await.unwrap();
    let hashes = found[&sha1()].clone();
    bench.hands.advance(FILE_AGE_MAX - SECOND);
    let kept = bench.cached.kept_files(&all).await;
    for hash in &all {
        assert_eq!(kept[hash].as_ref(), Some(&hashes));
        let upper = hash.to_uppercase();
        let file = bench.cached.file(&upper).await.unwrap();
        assert_eq!(file.as_ref(), Some(&hashes));
        assert!(
            bench
                .cached
                .kept_files(std::slice::from_ref(&upper))
                .await
                .contains_key(&upper)
        );
    }
    assert_eq!(bench.fake.count("file"), 0);
    bench.hands.advance(SECOND);
    assert!(bench.cached.kept_files(&all).await.is_empty());
    assert!(bench.cached.file(SHA1).await.unwrap().is_none());
    assert_eq!(bench.fake.count("file"), 1);
}

#[tokio::test]
async fn what_calls_for_files_told_stays_and_what_hunting_does_not_know_is_not_kept() {
    let bench = Bench::new(Fake::default());
    let keys = [SHA1.to_owned(), SHA256.to_owned()];
    bench.cached.hashes(&[sha1()], SECOND).await.unwrap();
    assert!(bench.cached.kept_files(&keys).await.is_empty());
    // One file is known without its MD5, and the service does not know the other hash.
    let profile = json!({"sha1": SHA1, "sha256": SHA256});
    bench
        .fake
        .now_says(&format!("file {SHA1}"), Say::These(vec![profile]));
    let told = bench.cached.file(SHA1).await.unwrap().unwrap();
    assert_eq!(bench.cached.file(SHA256).await.unwrap(), None);
    let kept = bench.cached.kept_files(&keys).await;
    assert_eq!(
        (kept[SHA1].as_ref(), kept[SHA256].as_ref()),
        (Some(&told), None)
    );
    let row = json!({"SHA1": SHA1, "SHA256": SHA256, "MD5": MD5});
    bench.fake.now_says("hunt union", Say::These(vec![row]));
    bench.cached.hashes(&[sha1()], SECOND).await.unwrap();
    let kept = bench.cached.kept_files(&keys).await;
    assert_eq!(kept[SHA1].as_ref(), Some(&told));
    assert_eq!(kept[SHA256].as_ref().unwrap().md5.as_deref(), Some(MD5));
}

#[tokio::test]
async fn a_file_that_is_being_asked_for_is_not_waited_for() {
    let profile = json!({"sha1": SHA1});
    let fake = Fake::default()
        .says("file", Say::Held(vec![profile]))
        .gives(
            "hunt union",
            vec![json!({"SHA1": SHA1, "SHA256": SHA256, "MD5": MD5})],
        );
    let bench = Bench::new(fake);
    let mut asking = bench.cached.file(SHA1);
    assert!(futures::poll!(&mut asking).is_pending());
    let key = [SHA1.to_owned()];
    assert!(bench.cached.kept_files(&key).await.is_empty());
    bench.cached.hashes(&[sha1()], SECOND).await.unwrap();
    bench.fake.release();
    let told = asking.await.unwrap();
    assert_eq!(bench.cached.kept_files(&key).await[SHA1], told);
}

#[tokio::test]
async fn the_next_request_asks_only_for_files_that_are_not_kept() {
    let request = sent(&[("ip", "192.0.2.1")]);
    for (told, first, second) in [(true, (1, 0), (0, 0)), (false, (1, 60), (1, 60))] {
        let mut fake = tenant_of_files(0..300);
        if !told {
            fake = fake
                .gives("hunt union", Vec::new())
                .gives("file", Vec::new());
        }
        let bench = Bench::new(fake);
        let counts = || (bench.fake.count("hunt union"), bench.fake.count("file"));
        found(&bench.cached, &request, "1").await;
        assert_eq!(counts(), first);
        let again = found(&bench.cached, &request, "1").await;
        assert_eq!(counts(), (first.0 + second.0, first.1 + second.1));
        assert_eq!(named(&again), if told { 900 } else { 300 });
    }
    let bench = Bench::new(tenant_of_files(0..20));
    found(&bench.cached, &request, "1").await;
    assert_eq!(
        (bench.fake.count("hunt union"), bench.fake.count("file")),
        (1, 0)
    );
    // Of its files, eight are new.
    let more = alert_of_files(10..28, only_sha1);
    bench.fake.now_says("alerts", Say::These(vec![more]));
    found(&bench.cached, &request, "1").await;
    assert_eq!(
        (bench.fake.count("hunt union"), bench.fake.count("file")),
        (1, 8)
    );
    assert_eq!(bench.fake.count(&format!("file {}", hashes_of(20)[0])), 1);
}

#[tokio::test]
async fn the_evidence_of_an_alert_is_kept_until_it_changes() {
    let changed = |at: &str| Arc::new(alert(json!({"lastUpdateTime": at, "evidence": []})));
    let told = json!({
        "id": "da637_1", "lastUpdateTime": "2026-11-19T09:00:00Z",
        "evidence": [{"entityType": "Ip", "ipAddress": "192.0.2.1"}],
    });
    let bench = Bench::new(Fake::default().gives("evidence", vec![told]));
    for (at, advance, calls) in [
        ("2026-11-19T09:00:00Z", SignedDuration::ZERO, 1),
        (
            "2026-11-19T09:00:00Z",
            EVIDENCE_AGE_MAX - SignedDuration::from_secs(1),
            1,
        ),
        ("2026-11-19T09:00:00Z", SignedDuration::from_secs(1), 2),
        ("2026-11-19T10:00:00Z", SignedDuration::ZERO, 3),
        // It was told as it was before its last change, which is no answer for the next time.
        ("2026-11-19T10:00:00Z", SignedDuration::ZERO, 4),
    ] {
        bench.hands.advance(advance);
        let alerts = bench
            .cached
            .alerts_with_evidence(&[changed(at)])
            .await
            .unwrap();
        assert_eq!(alerts[0].evidence.len(), 1, "{at}");
        assert_eq!(bench.fake.count("evidence"), calls, "{at}");
    }
}
