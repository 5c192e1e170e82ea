//! A full tenant is made in as few calls as there can be, and what is as it should be costs none.

use std::fs;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tesem_defender::endpoint::{IndicatorAction, IndicatorType, NewIndicator};
use tesem_indicators::Owner;
use tesem_indicators::apply::{DefenderTenant, IndicatorTenant};
use tesem_state::{Clock, ManualClock, MemoryLedger};
use tesem_twin::{CallRecord, TwinOptions, TwinSource};

use crate::quota::{Shared, client};
use crate::world::{Run, World};

/// As many as a tenant takes.
const INDICATORS: usize = 15_000;

/// As many as one import takes.
const BATCH: usize = 500;

/// One in a hundred.
const CHANGED: usize = 150;

fn list(numbers: std::ops::Range<usize>) -> String {
    let name = |number| format!("host-{number}.evil-{number}.com\n");
    numbers.map(name).collect()
}

fn plan(world: &World) -> Run {
    let plan = ["indicators", "plan", "list.txt", "--no-lists"];
    let how = ["--detailed-exitcode", "--format", "csv"];
    world.tesem(&[&plan[..], &how].concat())
}

fn apply(world: &World) -> Run {
    world
        .tesem(&["indicators", "apply", "plan.json", "--yes"])
        .exits(0)
}

/// The calls since `before`, those that write first.
fn calls_since(world: &World, before: usize) -> (Vec<CallRecord>, Vec<CallRecord>) {
    let calls = world.twin().calls().split_off(before);
    let refused = calls.iter().filter(|call| call.status == Some(429));
    assert_eq!(refused.count(), 0, "the client keeps within the quota");
    calls
        .into_iter()
        .partition(|call| call.path.starts_with("/api/indicators/"))
}

#[test]
fn fifteen_thousand_take_thirty_imports_and_what_is_as_it_should_be_takes_none() {
    // With the documented quota.
    let world = World::of_directory(tempfile::tempdir().unwrap().path());
    world.write("list.txt", list(0..INDICATORS));
    assert_eq!(
        plan(&world).exits(4).stdout().lines().count(),
        INDICATORS + 1
    );
    apply(&world);
    let (writing, others) = calls_since(&world, 0);
    assert_eq!(writing.len(), INDICATORS / BATCH);
    assert!(writing.iter().all(|call| call.path.ends_with("/import")));
    assert!(others.len() <= 5, "{others:?}");

    // The program's processes do not know of each other's calls.
    world.advance_twin("PT2M");
    let before = world.twin().calls().len();
    assert_eq!(plan(&world).exits(0).stdout().lines().count(), 1);
    apply(&world);
    let (writing, _) = calls_since(&world, before);
    assert_eq!(writing, []);

    let before = world.twin().calls().len();
    world.write("list.txt", list(CHANGED..INDICATORS + CHANGED));
    assert_eq!(
        plan(&world).exits(4).stdout().lines().count(),
        CHANGED * 2 + 1
    );
    apply(&world);
    let (writing, _) = calls_since(&world, before);
    let paths: Vec<&str> = writing.iter().map(|call| call.path.as_str()).collect();
    let expected = ["/api/indicators/BatchDelete", "/api/indicators/import"];
    assert_eq!(paths, expected, "a full tenant needs room first");
    plan(&world).exits(0);
    let plan = fs::read_to_string(world.folder.path().join("plan.json")).unwrap();
    assert!(plan.contains("\"unchanged\": 15000"), "{}", plan.len());
}

/// More than three minutes' worth.
const IMPORTS: usize = 95;

#[tokio::test]
async fn no_import_is_refused_for_quota_and_none_waits_longer_than_it_must() {
    let data = tempfile::tempdir().unwrap();
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(start));
    let mut options = TwinOptions::new(TwinSource::Directory(data.path().to_owned()));
    options.clock = Arc::new(Shared(Arc::clone(&clock)));
    let twin = tesem_twin::start(options, "127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let client = client(&twin, clock.clone(), Arc::new(MemoryLedger::new()));
    let tenant = DefenderTenant {
        reader: client.reader().indicators(),
        writer: client.writer().indicators(),
        owner: Owner {
            application: "Tesem".to_owned(),
            client_id: None,
        },
        clock: clock.clone(),
    };
    for number in 0..IMPORTS {
        let one = NewIndicator {
            value: format!("host-{number}.evil.com"),
            kind: IndicatorType::DomainName,
            action: IndicatorAction::Block,
            title: "title".to_owned(),
            description: "description".to_owned(),
            application: Some("Tesem".to_owned()),
            expires: None,
            severity: None,
            recommended_actions: None,
            rbac_group_names: Vec::new(),
            educate_url: None,
            generate_alert: None,
        };
        let taken = tenant.import(&[one]).await.unwrap();
        assert_eq!(taken[0].failure, None);
    }
    let calls = twin.calls();
    assert!(calls.iter().all(|call| call.status != Some(429)));
    let took = clock.now().duration_since(start);
    let minutes = SignedDuration::from_mins(3);
    assert!(took >= minutes && took < minutes * 2, "{took}");
    assert_eq!(tenant.list().await.unwrap().items().len(), IMPORTS);
    twin.shutdown().await;
}
