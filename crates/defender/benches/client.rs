//! What the client adds to plain HTTP: one typed call, and a list of 100,000 machines, each next to the same bytes
//! through the bare HTTP library. The service is on this computer and answers at once.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has no numbers"
)]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::Uri;
use divan::Bencher;
use divan::counter::ItemsCount;
use futures::StreamExt;
use secrecy::SecretString;
use serde_json::json;
use tesem_defender::{
    ClientOptions, Cloud, Credential, DefenderClient, Endpoints, HuntingApi, ListQuery,
    TenantSettings,
};
use tesem_state::{ManualClock, MemoryLedger};
use tokio::runtime::Runtime;
use url::Url;

const MACHINES: usize = 100_000;
const PAGE: usize = 10_000;

/// Between two calls, so that 100 a minute and 1,500 an hour never make one wait.
const STEP: Duration = Duration::from_secs(3);

fn main() {
    divan::main();
}

fn machine(number: usize) -> serde_json::Value {
    json!({"id": format!("{number:040x}"), "mergedIntoMachineId": null, "isPotentialDuplication": false,
        "computerDnsName": format!("pc-{number}.contoso.example"), "firstSeen": "2018-08-02T14:55:03.7791856Z",
        "lastSeen": "2026-08-02T14:55:03.7791856Z", "osPlatform": "Windows11", "osProcessor": "x64", "version": "23H2",
        "lastIpAddress": "10.0.0.4", "lastExternalIpAddress": "203.0.113.4", "osBuild": 22631, "healthStatus": "Active",
        "deviceValue": "Normal", "rbacGroupId": 140, "riskScore": "Low", "exposureLevel": "Low", "isAadJoined": true,
        "machineTags": ["a", "b"], "onboardingStatus": "Onboarded", "managedBy": "Intune", "vmMetadata": null,
        "ipAddresses": [{"ipAddress": "10.0.0.4", "macAddress": "000D3A", "type": "Ethernet", "operationalStatus": "Up"}]})
}

/// One machine, or a page of them.
#[derive(Clone)]
struct Answers {
    one: Bytes,
    pages: Arc<Vec<Bytes>>,
}

impl Answers {
    fn with_machines(count: usize) -> Self {
        let page = |first: usize| {
            let machines: Vec<_> = (first..first + PAGE).map(machine).collect();
            Bytes::from(json!({"@odata.context": "x", "value": machines}).to_string())
        };
        Self {
            one: Bytes::from(machine(1).to_string()),
            pages: Arc::new((0..count).step_by(PAGE).map(page).collect()),
        }
    }

    fn to(&self, uri: &Uri) -> Bytes {
        if !uri.path().ends_with("/machines") {
            return self.one.clone();
        }
        let query = uri.query().unwrap_or_default().as_bytes();
        let skip = url::form_urlencoded::parse(query).find(|(name, _)| name == "$skip");
        let skip: usize = skip.map_or(0, |(_, value)| value.parse().unwrap());
        let page = self.pages.get(skip / PAGE).cloned();
        page.unwrap_or_else(|| Bytes::from_static(br#"{"value":[]}"#))
    }
}

/// A service on a thread of its own, so that its work overlaps with the client's as a remote one's does.
fn serve(answers: Answers) -> Url {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    std::thread::spawn(move || {
        let answer = move |uri: Uri| async move { answers.to(&uri) };
        runtime().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, Router::new().fallback(answer)).await
        })
    });
    base
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn client(base: &Url) -> (DefenderClient, ManualClock) {
    let settings = TenantSettings {
        name: "bench".to_owned(),
        tenant_id: "bench.example".to_owned(),
        client_id: "bench".to_owned(),
        credential: Credential::Token(SecretString::from("token")),
        endpoints: Endpoints::all_at(base),
        hunting: HuntingApi::Graph,
        cloud: Cloud::Public,
    };
    let clock = ManualClock::new(jiff::Timestamp::UNIX_EPOCH);
    let (shared, ledger) = (Arc::new(clock.clone()), Arc::new(MemoryLedger::new()));
    let client = DefenderClient::new(settings, shared, ledger, ClientOptions::default()).unwrap();
    (client, clock)
}

async fn fetch(http: &reqwest::Client, url: Url) -> Bytes {
    let answer = http.get(url).bearer_auth("token").send().await.unwrap();
    answer.bytes().await.unwrap()
}

/// One machine with token, quota, decoding and all.
#[divan::bench(sample_count = 50, sample_size = 40)]
fn one_machine_through_the_client(bencher: Bencher<'_, '_>) {
    let base = serve(Answers::with_machines(0));
    let (runtime, (client, clock)) = (runtime(), client(&base));
    let machines = client.reader().machines();
    bencher.bench_local(|| {
        clock.advance(STEP);
        runtime.block_on(machines.get("1")).unwrap().unwrap()
    });
}

/// The same bytes, not looked at.
#[divan::bench(sample_count = 50, sample_size = 40)]
fn one_machine_bare(bencher: Bencher<'_, '_>) {
    let base = serve(Answers::with_machines(0));
    tesem_defender::install_tls_provider();
    let (runtime, http) = (runtime(), reqwest::Client::new());
    let url = base.join("/api/machines/1").unwrap();
    bencher.bench_local(|| runtime.block_on(fetch(&http, url.clone())));
}

/// All machines as entities, each dropped when it was counted.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn list_through_the_client(bencher: Bencher<'_, '_>) {
    let base = serve(Answers::with_machines(MACHINES));
    let (runtime, (client, _clock)) = (runtime(), client(&base));
    let machines = client.reader().machines();
    bencher.counter(ItemsCount::new(MACHINES)).bench_local(|| {
        let list = machines.list(&ListQuery::default());
        let count = runtime.block_on(list.map(Result::unwrap).count());
        assert_eq!(count, MACHINES);
    });
}

/// The same pages, read as JSON without types.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn list_bare(bencher: Bencher<'_, '_>) {
    let base = serve(Answers::with_machines(MACHINES));
    tesem_defender::install_tls_provider();
    let (runtime, http) = (runtime(), reqwest::Client::new());
    let page = |skip: usize| base.join(&format!("/api/machines?$skip={skip}")).unwrap();
    bencher.counter(ItemsCount::new(MACHINES)).bench_local(|| {
        for skip in (0..=MACHINES).step_by(PAGE) {
            let body = runtime.block_on(fetch(&http, page(skip)));
            divan::black_box(serde_json::from_slice::<serde_json::Value>(&body).unwrap());
        }
    });
}
