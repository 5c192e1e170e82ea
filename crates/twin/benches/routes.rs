//! Requests per second and route, over loopback with the real server, quotas off: one connection, and eight.

#![expect(clippy::unwrap_used, reason = "a bench that fails is no bench")]

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tesem_twin::generate::GenerateOptions;
use tesem_twin::{QuotaSetting, RunningTwin, TwinOptions, TwinSource};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// Requests that one measurement sends over each connection.
const REQUESTS: usize = 20;

const ENDPOINT: &str = "https://api.securitycenter.microsoft.com";
const GRAPH: &str = "https://graph.microsoft.com";

/// One route of each family, with what it needs.
const ROUTES: &[&str] = &[
    "sign in",
    "hunting, one row",
    "machines, a page of 300",
    "machine",
    "alerts with evidence",
    "indicators",
    "indicator, submitted",
    "indicators, 500 imported",
    "machine action, isolate and release",
    "export of software, a page of 1,000",
    "alerts on Graph",
];

struct World {
    runtime: Runtime,
    twin: RunningTwin,
    endpoint: String,
    graph: String,
    machine: String,
}

fn main() {
    divan::main();
}

/// A tenant of 300 devices and two days, made once.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Runtime::new().unwrap();
        let until = Timestamp::from_second(1_795_000_000).unwrap();
        let options = TwinOptions {
            quota: QuotaSetting::Off,
            ..TwinOptions::new(TwinSource::Generated(GenerateOptions {
                days: 2,
                ..GenerateOptions::demo(until)
            }))
        };
        let loopback = "127.0.0.1:0".parse().unwrap();
        let twin = runtime
            .block_on(tesem_twin::start(options, loopback))
            .unwrap();
        let client = client();
        let endpoint = runtime.block_on(token(&client, &twin, ENDPOINT));
        let graph = runtime.block_on(token(&client, &twin, GRAPH));
        let machine = runtime.block_on(first_machine(&client, &twin, &endpoint));
        World {
            runtime,
            twin,
            endpoint,
            graph,
            machine,
        }
    })
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn token(client: &Client, twin: &RunningTwin, audience: &str) -> String {
    let answer: Value = sign_in(client, twin, audience)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

fn sign_in(client: &Client, twin: &RunningTwin, audience: &str) -> reqwest::RequestBuilder {
    use secrecy::ExposeSecret;
    let app = &twin.tenant().apps[0];
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        twin.base_url(),
        twin.tenant().tenant_id
    );
    client.post(url).form(&[
        ("grant_type", "client_credentials"),
        ("client_id", &app.client_id),
        ("client_secret", app.client_secret.expose_secret()),
        ("scope", &format!("{audience}/.default")),
    ])
}

async fn first_machine(client: &Client, twin: &RunningTwin, token: &str) -> String {
    let url = format!("{}/api/machines?$top=1", twin.base_url());
    let answer: Value = client
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    answer["value"][0]["id"].as_str().unwrap().to_owned()
}

/// The `number`th request to `route`.
fn request(client: &Client, world: &World, route: &str, number: usize) -> reqwest::RequestBuilder {
    let base = world.twin.base_url();
    let endpoint = |method: Method, path: &str| {
        client
            .request(method, format!("{base}{path}"))
            .bearer_auth(&world.endpoint)
    };
    let graph = |method: Method, path: &str| {
        client
            .request(method, format!("{base}{path}"))
            .bearer_auth(&world.graph)
    };
    match route {
        "sign in" => sign_in(client, &world.twin, GRAPH),
        "hunting, one row" => graph(Method::POST, "/v1.0/security/runHuntingQuery")
            .json(&json!({"Query": "DeviceInfo | count"})),
        "machines, a page of 300" => endpoint(Method::GET, "/api/machines"),
        "machine" => endpoint(Method::GET, &format!("/api/machines/{}", world.machine)),
        "alerts with evidence" => endpoint(Method::GET, "/api/alerts?$expand=evidence"),
        "indicators" => endpoint(Method::GET, "/api/indicators"),
        "indicator, submitted" => {
            endpoint(Method::POST, "/api/indicators").json(&indicator(number % 200))
        }
        "indicators, 500 imported" => endpoint(Method::POST, "/api/indicators/import")
            .json(&json!({"Indicators": (0..500).map(indicator).collect::<Vec<_>>()})),
        "machine action, isolate and release" => isolation(&endpoint, world, number),
        "export of software, a page of 1,000" => endpoint(
            Method::GET,
            "/api/machines/SoftwareInventoryByMachine?pageSize=1000",
        ),
        _ => graph(Method::GET, "/v1.0/security/alerts_v2?$top=50"),
    }
}

fn isolation(
    endpoint: &impl Fn(Method, &str) -> reqwest::RequestBuilder,
    world: &World,
    number: usize,
) -> reqwest::RequestBuilder {
    let (verb, body) = match number % 2 {
        0 => (
            "isolate",
            json!({"Comment": "bench", "IsolationType": "Full"}),
        ),
        _ => ("unisolate", json!({"Comment": "bench"})),
    };
    endpoint(
        Method::POST,
        &format!("/api/machines/{}/{verb}", world.machine),
    )
    .json(&body)
}

fn indicator(number: usize) -> Value {
    json!({
        "indicatorValue": format!("host-{number}.example.net"),
        "indicatorType": "DomainName",
        "action": "Audit",
        "generateAlert": true,
        "title": "bench",
        "description": "bench",
    })
}

/// Sends the requests of one connection, one after the other, and reads the answers.
async fn converse(client: Client, world: &'static World, route: &'static str) {
    for number in 0..REQUESTS {
        let answer = request(&client, world, route, number).send().await.unwrap();
        // An action that is already pending is an answer, too.
        assert!(
            answer.status().is_success() || answer.status() == 400,
            "{route}: {}",
            answer.status()
        );
        answer.bytes().await.unwrap();
    }
}

fn measure(bencher: divan::Bencher<'_, '_>, route: &'static str, connections: usize) {
    let world = world();
    let clients: Arc<Vec<Client>> = Arc::new((0..connections).map(|_| client()).collect());
    bencher
        .counter(divan::counter::ItemsCount::new(REQUESTS * connections))
        .bench_local(|| {
            world.runtime.block_on(async {
                let mut all = JoinSet::new();
                for client in clients.iter() {
                    all.spawn(converse(client.clone(), world, route));
                }
                while let Some(ended) = all.join_next().await {
                    ended.unwrap();
                }
            });
        });
}

#[divan::bench(args = ROUTES, sample_count = 10, sample_size = 1)]
fn one_connection(bencher: divan::Bencher<'_, '_>, route: &'static str) {
    measure(bencher, route, 1);
}

#[divan::bench(args = ROUTES, sample_count = 10, sample_size = 1)]
fn eight_connections(bencher: divan::Bencher<'_, '_>, route: &'static str) {
    measure(bencher, route, 8);
}
