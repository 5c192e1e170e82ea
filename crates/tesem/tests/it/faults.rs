//! The real client against a tenant that fails at random: what it reads is whole or an error, and what it says of its
//! writes is what the tenant holds.

mod bench;
mod known;
mod pages;
mod reading;
mod table;
mod writing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::TryStreamExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use tesem_defender::endpoint::{Indicator, IndicatorAction, IndicatorType, NewIndicator};
use tesem_defender::{DefenderClient, DefenderError, ListQuery};
use tesem_state::{ManualClock, MemoryLedger};
use tesem_twin::{RunningTwin, TwinOptions, TwinSource};

use crate::quota::{Shared, client};

const INDICATORS: usize = 500;

/// Asks for faults of every kind, each hitting a share of the calls whose path fits.
async fn fail_at_random(twin: &RunningTwin, path: &str, rate: f64) {
    let kinds = [
        json!({"status": 429, "headers": {"Retry-After": "3"}}),
        json!({"status": 429}),
        json!({"status": 500, "when": "before"}),
        json!({"status": 502, "when": "after"}),
        json!({"status": 503, "when": "before"}),
        json!({"status": 504, "when": "after"}),
        json!({"drop": "before"}),
        json!({"drop": "after"}),
        json!({"drop": "during"}),
        json!({"truncate": true}),
        json!({"revoke": true}),
    ];
    for (seed, mut rule) in kinds.into_iter().enumerate() {
        rule["path"] = json!(path);
        rule["rate"] = json!(rate);
        rule["seed"] = json!(seed);
        ask_for(twin, &rule).await;
    }
}

/// Asks for a fault.
async fn ask_for(twin: &RunningTwin, rule: &Value) {
    let answer = faults(twin, reqwest::Method::POST).json(rule);
    let status = answer.send().await.unwrap().status();
    assert!(status.is_success(), "{rule}: {status}");
}

/// Ends all faults.
async fn behave(twin: &RunningTwin) {
    let answer = faults(twin, reqwest::Method::DELETE).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

fn faults(twin: &RunningTwin, method: reqwest::Method) -> reqwest::RequestBuilder {
    // Another test may have installed the provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.request(method, format!("{}/_twin/faults", twin.base_url()))
}

fn indicator(number: usize) -> NewIndicator {
    NewIndicator {
        value: format!("198.51.{}.{}", number / 250, number % 250 + 1),
        kind: IndicatorType::IpAddress,
        action: IndicatorAction::Allowed,
        title: "title".to_owned(),
        description: "description".to_owned(),
        application: None,
        expires: None,
        severity: None,
        recommended_actions: None,
        rbac_group_names: Vec::new(),
        educate_url: None,
        generate_alert: None,
    }
}

async fn all(client: &DefenderClient) -> Result<Vec<Indicator>, DefenderError> {
    let list = client.reader().indicators().list(&ListQuery::default());
    list.try_collect().await
}

/// What a client was told of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Done,
    MayBeDone,
    NotDone,
}

fn told<T>(outcome: &Result<T, DefenderError>) -> Told {
    match outcome {
        Ok(_) => Told::Done,
        Err(error) if error.may_have_been_done() => Told::MayBeDone,
        Err(_) => Told::NotDone,
    }
}

#[tokio::test]
async fn what_the_client_says_of_its_indicators_is_what_a_failing_tenant_holds() {
    let data = tempfile::tempdir().unwrap();
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(start));
    let mut options = TwinOptions::new(TwinSource::Directory(data.path().to_owned()));
    options.clock = Arc::new(Shared(Arc::clone(&clock)));
    let loopback = "127.0.0.1:0".parse().unwrap();
    let twin = tesem_twin::start(options, loopback).await.unwrap();
    let client = client(&twin, clock, Arc::new(MemoryLedger::new()));
    let writer = client.writer().indicators();

    fail_at_random(&twin, "/api/*", 0.01).await;
    let mut submitted = BTreeMap::new();
    for number in 0..INDICATORS {
        let new = indicator(number);
        submitted.insert(new.value.clone(), told(&writer.submit(&new).await));
    }
    behave(&twin).await;
    let held = all(&client).await.unwrap();
    let values: BTreeSet<_> = held.iter().filter_map(|one| one.value.clone()).collect();
    assert_eq!(values.len(), held.len(), "none is there twice");
    for (value, told) in &submitted {
        let is_true = *told == Told::MayBeDone || values.contains(value) == (*told == Told::Done);
        assert!(is_true, "{value}: {told:?}");
    }
    assert!(submitted.values().any(|&told| told == Told::MayBeDone));

    fail_at_random(&twin, "/api/*", 0.01).await;
    for _ in 0..50 {
        if let Ok(listed) = all(&client).await {
            assert_eq!(listed.len(), held.len(), "a list is whole or an error");
        }
    }
    let mut deleted = BTreeMap::new();
    for one in &held {
        let outcome = writer.delete(&one.id).await;
        // A deletion that was carried out twice would not find it the second time.
        assert!(
            !outcome.as_ref().is_err_and(DefenderError::is_not_found),
            "{outcome:?}"
        );
        deleted.insert(one.id.clone(), told(&outcome));
    }
    behave(&twin).await;
    let left = all(&client).await.unwrap();
    let left: BTreeSet<_> = left.into_iter().map(|one| one.id).collect();
    for (id, told) in &deleted {
        let is_true = *told == Told::MayBeDone || left.contains(id) == (*told == Told::NotDone);
        assert!(is_true, "{id:?}: {told:?}");
    }
    twin.shutdown().await;
}
