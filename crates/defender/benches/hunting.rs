//! What the client costs: decoding answers, and a whole call to a service on this computer.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has no numbers"
)]

use std::fmt::Write as _;
use std::sync::Arc;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use secrecy::SecretString;
use tesem_defender::hunting::decode;
use tesem_defender::{
    ClientOptions, Cloud, Credential, DefenderClient, Endpoints, HuntingApi, TenantSettings,
};
use tesem_state::{MemoryLedger, SystemClock};

fn main() {
    divan::main();
}

/// A Graph answer with rows as network events have them.
fn graph_answer(rows: usize) -> String {
    let mut body = String::from(
        r#"{"@odata.context":"x","schema":[{"name":"Timestamp","type":"DateTime"},{"name":"DeviceId","type":"String"},{"name":"RemoteIP","type":"String"},{"name":"RemotePort","type":"Int32"},{"name":"RemoteUrl","type":"String"},{"name":"InitiatingProcessCommandLine","type":"String"},{"name":"IsInitiatingProcessRemoteSession","type":"SByte"},{"name":"ReportId","type":"Int64"},{"name":"AdditionalFields","type":"Object"}],"results":["#,
    );
    for row in 0..rows {
        let comma = if row == 0 { "" } else { "," };
        write!(
            body,
            r##"{comma}{{"Timestamp":"2026-10-01T08:00:00.{row:07}Z","DeviceId":"{row:040x}","RemoteIP":"203.0.113.{}","RemotePort":443,"RemoteUrl":"https://host{row}.example/path","InitiatingProcessCommandLine":"\"chrome.exe\" --type=utility --lang=en","IsInitiatingProcessRemoteSession@odata.type":"#SByte","IsInitiatingProcessRemoteSession":0,"ReportId":{row},"AdditionalFields":{{"@odata.type":"#microsoft.graph.security.dynamicColumnValue","direction":"Out"}}}}"##,
            row % 256
        )
        .unwrap();
    }
    body.push_str("]}");
    body
}

#[divan::bench(args = [1_000, 20_000], sample_count = 10)]
fn decode_graph_rows(bencher: Bencher, rows: usize) {
    let body = graph_answer(rows);
    bencher
        .counter(BytesCount::new(body.len()))
        .counter(ItemsCount::new(rows))
        .bench(|| {
            decode(
                HuntingApi::Graph,
                "application/json",
                black_box(body.as_bytes()),
            )
            .unwrap()
        });
}

/// A call with token and quota, to a service that answers at once.
#[divan::bench(sample_count = 20, sample_size = 20)]
fn whole_call(bencher: Bencher) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let base = runtime.block_on(serve());
    let settings = TenantSettings {
        name: "bench".to_owned(),
        tenant_id: "bench.example".to_owned(),
        client_id: "bench".to_owned(),
        credential: Credential::Token(SecretString::from("token")),
        endpoints: Endpoints::all_at(&base),
        hunting: HuntingApi::Graph,
        cloud: Cloud::Public,
    };
    let mut options = ClientOptions::default();
    for window in &mut options.hunting_windows {
        window.limit = 1_000_000;
    }
    let (clock, ledger) = (Arc::new(SystemClock), Arc::new(MemoryLedger::new()));
    let client = DefenderClient::new(settings, clock, ledger, options).unwrap();
    bencher.bench_local(|| runtime.block_on(client.hunting().run("T", None)).unwrap());
}

async fn serve() -> url::Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = url::Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let answer = || async { r#"{"schema":[{"name":"n","type":"Int64"}],"results":[{"n":1}]}"# };
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    base
}
