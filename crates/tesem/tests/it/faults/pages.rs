//! Lists whose pages or links are broken.

use std::collections::BTreeSet;
use std::net::TcpListener;

use serde_json::{Value, json};
use tesem_twin::TwinLimits;

use super::bench::Bench;
use super::known::Known;
use super::reading::answers;
use super::table::{Call, calls};
use super::{ask_for, behave};

/// Lists that the client steps through by itself, with their paths: a page without a link does not end them.
///
/// Every other list ends where the service gives no link; nothing in an answer tells that one was forgotten.
const STEPPED: [(&str, &str); 9] = [
    ("Machines.list", "/api/machines"),
    ("MachineActions.list", "/api/machineactions"),
    ("Alerts.list", "/api/alerts"),
    ("Investigations.list", "/api/investigations"),
    ("Indicators.list", "/api/indicators"),
    ("Vulnerabilities.list", "/api/vulnerabilities"),
    (
        "Vulnerabilities.by_machine",
        "/api/vulnerabilities/machinesVulnerabilities",
    ),
    ("SoftwareInventory.list", "/api/Software"),
    ("Recommendations.list", "/api/recommendations"),
];

/// Pages small enough that most lists have several.
fn limits() -> TwinLimits {
    TwinLimits {
        page_rows_max: 3,
        ..TwinLimits::default()
    }
}

/// Lists of things without an id: nothing tells that one stands there twice.
fn has_ids(call: &Call<'_>) -> bool {
    let without = ["Alerts.files", "Scores.exposure_by_group"];
    !call.name.starts_with("Exports.") && !without.contains(&call.name)
}

fn distinct(items: &[Value]) -> BTreeSet<String> {
    items.iter().map(Value::to_string).collect()
}

/// Fails where a list is neither whole nor an error; tells whether it was whole.
async fn is_whole(call: &Call<'_>, expected: &[Value], fault: &Value) -> bool {
    let Ok(answer) = call.run().await else {
        return false;
    };
    let counts = (answer.len(), expected.len());
    assert_eq!(
        distinct(&answer),
        distinct(expected),
        "{}: {counts:?} under {fault}",
        call.name
    );
    let is_once = counts.0 == counts.1 || !has_ids(call);
    assert!(is_once, "{}: {counts:?} under {fault}", call.name);
    true
}

#[tokio::test]
async fn a_list_with_broken_pages_is_whole_or_an_error() {
    let bench = Bench::new(limits()).await;
    let known = Known::find(&bench).await;
    let reader = bench.client.reader();
    let calls = calls(&bench.client, &reader, &known, 3);
    let expected = answers(&calls).await;
    // Kinds, and whether a list comes through.
    let kinds = [
        ("looping-link", false),
        ("lost-filter", true),
        ("duplicate-ids", true),
        ("short-page", true),
        ("empty-page", false),
    ];
    for (kind, comes_through) in kinds {
        let fault = json!({"path": "*", "page": kind, "rate": 0.5, "seed": 7});
        ask_for(&bench.twin, &fault).await;
        let (mut whole, mut failed) = (0_usize, 0_usize);
        for call in calls.iter().filter(|call| call.is_list) {
            if is_whole(call, &expected[call.name], &fault).await {
                whole += 1;
            } else {
                failed += 1;
            }
        }
        behave(&bench.twin).await;
        assert!(whole > 0, "{kind}: {failed} failed");
        assert_eq!(failed == 0, comes_through, "{kind}: {failed} failed");
    }
    let faulted = bench
        .twin
        .calls()
        .iter()
        .filter(|call| call.faulted)
        .count();
    assert!(faulted > 200, "{faulted}");
    bench.twin.shutdown().await;
}

#[tokio::test]
async fn a_list_goes_on_after_a_page_without_a_link_and_never_to_another_host() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let address = elsewhere.local_addr().unwrap();
    let bench = Bench::new(limits()).await;
    let known = Known::find(&bench).await;
    let reader = bench.client.reader();
    let calls = calls(&bench.client, &reader, &known, 3);
    let expected = answers(&calls).await;
    for (name, path) in STEPPED {
        let call = calls.iter().find(|call| call.name == name).unwrap();
        let expected = &expected[name];
        let first = &expected[..expected.len().min(2)];
        let own = format!("{}{path}", bench.twin.base_url());
        let links = [
            ("missing", json!(null)),
            ("looping", json!(own)),
            (
                "to another host",
                json!(format!("http://{address}{path}?$skip=2")),
            ),
            ("no link at all", json!("//:nowhere")),
        ];
        for (what, link) in links {
            let body = json!({"value": first, "@odata.nextLink": link});
            let fault = json!({"path": path, "method": "GET", "status": 200, "body": body});
            ask_for(&bench.twin, &fault).await;
            let was_whole = is_whole(call, expected, &json!(what)).await;
            assert!(was_whole || what != "missing", "{name}: {what}");
        }
    }
    let visit = elsewhere.accept().unwrap_err();
    assert_eq!(visit.kind(), std::io::ErrorKind::WouldBlock, "{visit}");
    bench.twin.shutdown().await;
}
