//! What is asked, in which order, and what the service then holds.

use serde_json::{Value as Json, json};
use tesem_assets::sink::Sink;
use tesem_assets::sink::car::{AddressIds, CarAccess};
use tesem_assets::{AssetGraph, EdgeKind, NodeKind};

use super::fake::{Database, Ending, FakeCar, Fault, Outcome};
use super::*;

/// Lines without repetitions that follow each other.
fn steps(car: &FakeCar) -> Vec<String> {
    let mut lines = car.lines();
    for line in &mut lines {
        if line.starts_with("GET /v2/jobstatus/") {
            "GET /v2/jobstatus/".clone_into(line);
        }
    }
    lines.dedup();
    lines
}

const FULL: [&str; 15] = [
    "GET /v2/databases",
    "GET /v2/source/conn-1",
    "GET /v3/importSchema",
    "GET /v2/source/conn-1",
    "POST /v2/source/conn-1/full-import-in-progress",
    "GET /v2/jobstatus/",
    "POST /v2/imports",
    "GET /v2/importstatus",
    "POST /v2/imports",
    "GET /v2/importstatus",
    "POST /v2/imports",
    "GET /v2/importstatus",
    "DELETE /v2/source/conn-1/full-import-in-progress",
    "GET /v2/jobstatus/",
    "PATCH /v2/source",
];

#[tokio::test]
async fn a_full_import_runs_in_a_session() {
    let car = FakeCar::start().await;
    let sink = sink(&car);
    assert_eq!(sink.earlier(&contoso()).await.unwrap(), None);
    car.lines();
    let first = import(day(2), &AssetGraph::default(), &graph(&records()), vec![]);
    let written = sink.write(first).await.unwrap();
    assert_eq!(steps(&car), FULL);
    assert_eq!(car.save_point().unwrap(), day(2).get().to_string());
    let state = car.state();
    assert!(!state.source.as_ref().unwrap().is_in_session);
    assert_eq!(written.nodes_created, state.nodes.len() as u64);
    assert_eq!(written.edges_created, state.edges.len() as u64);
}

#[tokio::test]
async fn each_import_says_where_it_comes_from_and_nodes_come_before_edges() {
    let car = FakeCar::start().await;
    let first = import(day(2), &AssetGraph::default(), &graph(&records()), vec![]);
    sink(&car).write(first).await.unwrap();
    let envelopes = envelopes(&car);
    let at = day(2).get();
    let source = json!({"_key": "conn-1", "name": "Contoso", "description": "Microsoft Defender for Endpoint imports",
        "product_link": "https://securitycenter.windows.com/"});
    let report = json!({"_key": at.to_string(), "timestamp": at, "type": "Microsoft Defender for Endpoint",
        "description": "Microsoft Defender for Endpoint imports"});
    for envelope in &envelopes {
        assert_eq!(
            (&envelope["source"], &envelope["report"]),
            (&source, &report)
        );
        assert!(envelope.as_object().unwrap().len() <= 3);
    }
    let collections: Vec<String> = envelopes
        .iter()
        .flat_map(|body| body.as_object().unwrap().keys().skip(2).cloned())
        .collect();
    let (nodes, edges) = collections.split_at(8);
    assert_eq!(nodes, NodeKind::ALL.map(|kind| kind.name().to_owned()));
    assert!(edges.iter().all(|name| EdgeKind::named(name).is_some()));
    let state = car.state();
    let id = ["asset_ipaddress", "m1", "10.0.0.5"].map(str::to_owned);
    assert_eq!(
        state.edges[&id.into()],
        json!({"_from_external_id": "m1", "_to": "ipaddress/10.0.0.5", "report": at.to_string(), "source": "conn-1",
            "active": true, "timestamp": at})
    );
}

/// The bodies of imports.
fn envelopes(car: &FakeCar) -> Vec<Json> {
    let state = car.state();
    let bodies = state.calls.iter().map(|call| call.body.clone());
    bodies.filter(|body| body.get("report").is_some()).collect()
}

#[tokio::test]
async fn an_account_that_only_an_alert_names_is_left_out() {
    let car = FakeCar::start().await;
    let graph = imported(&car).await;
    let state = car.state();
    for (account, is_there) in [("ana", true), ("eve", false)] {
        assert!(graph.node(NodeKind::Account, account).is_some());
        for collection in ["account", "user"] {
            let id = (collection.to_owned(), account.to_owned());
            assert_eq!(state.nodes.contains_key(&id), is_there, "{id:?}");
        }
    }
    let collections: Vec<&str> = state.edges.keys().map(|(name, _, _)| &**name).collect();
    assert!(!collections.contains(&"account_vulnerability"));
}

#[tokio::test]
async fn an_import_of_nothing_says_three_times_where_it_comes_from() {
    let car = FakeCar::start().await;
    let nothing = AssetGraph::default();
    sink(&car)
        .write(import(day(2), &nothing, &nothing, vec![]))
        .await
        .unwrap();
    let posted = car
        .lines()
        .iter()
        .filter(|line| *line == "POST /v2/imports")
        .count();
    assert_eq!(posted, 3);
}

/// A vulnerability is gone, an address is new, an alert has news, and a machine is gone.
fn changed() -> [Record; 4] {
    let address =
        json!({"ipAddress": "10.0.0.6", "macAddress": "000C29ABCDEF", "type": "Ethernet"});
    [
        machine("m1", json!({"ipAddresses": [address]})),
        logon(),
        weak("CVE-2026-0001"),
        alert("InProgress", "2026-11-03T00:00:00Z"),
    ]
}

/// The calls whose line begins so, with all that they say.
fn told(car: &FakeCar, prefix: &str) -> Vec<String> {
    let state = car.state();
    let told = state
        .calls
        .iter()
        .filter(|call| call.line.starts_with(prefix));
    told.map(|call| {
        let query = call
            .query
            .iter()
            .map(|(key, value)| format!("{key}={value}"));
        let query: Vec<String> = query.collect();
        format!("{} {} {}", call.line, query.join(" "), call.body)
    })
    .collect()
}

#[tokio::test]
async fn an_incremental_import_sends_what_changed() {
    let car = FakeCar::start().await;
    let first = imported(&car).await;
    let sink = sink(&car);
    let earlier = sink.earlier(&contoso()).await.unwrap().unwrap();
    assert_eq!(earlier.save_point.unwrap().at, day(2));
    let (held, kind) = (earlier.graph, EdgeKind::AssetVulnerability);
    assert_eq!(held.edge_count(kind), first.edge_count(kind));
    car.lines();
    let next = full(&changed()).next(&held).graph;
    let third = import(day(3), &held, &next, vec![]);
    let written = sink.write(third).await.unwrap();
    insta::assert_snapshot!(told(&car, "PATCH").join("\n"), @r#"
    PATCH /v2/ipaddress_macaddress from=0/10.0.0.5 source=conn-1 to=00:0C:29:AB:CD:EF {"active":false}
    PATCH /v2/asset_ipaddress from=m1 source=conn-1 to=0/10.0.0.5 {"active":false}
    PATCH /v2/asset_vulnerability from=m1 source=conn-1 to=CVE-2026-0002 {"active":false}
    PATCH /v2/asset_vulnerability from=m1 source=conn-1 to=da1 {"last_modified":1793664000000}
    PATCH /v2/application_vulnerability from=openssl:openssl:3.0.1 source=conn-1 to=CVE-2026-0002 {"active":false}
    PATCH /v2/source key=conn-1 {"model_state_id":"1793664000000"}
    "#);
    let deleted = "DELETE /v2/source/conn-1/asset external_ids=m2 null";
    assert_eq!(told(&car, "DELETE"), [deleted]);
    assert_eq!((written.nodes_removed, written.edges_updated), (1, 1));
    assert!(
        told(&car, "POST")
            .iter()
            .all(|line| !line.contains("full-import"))
    );
    let posted = envelopes(&car);
    let address = json!([{"_key": "10.0.0.6"}]);
    assert!(posted.iter().any(|body| body["ipaddress"] == address));
    let others = ["application", "account", "hostname", "asset_account"];
    for body in posted {
        assert!(others.iter().all(|name| body.get(name).is_none()), "{body}");
    }
}

#[tokio::test]
async fn what_the_service_does_not_keep_is_told_from_its_edges() {
    let car = FakeCar::start().await;
    imported(&car).await;
    let sink = sink(&car);
    let edges = |car: &FakeCar| {
        let state = car.state();
        let edges = state
            .edges
            .keys()
            .map(|(name, from, to)| format!("{name} {from} {to}"));
        edges.collect::<Vec<_>>()
    };
    let before = edges(&car);
    for derived in ["application_vulnerability ", "ipaddress_macaddress "] {
        assert!(
            before.iter().any(|edge| edge.starts_with(derived)),
            "{derived}"
        );
    }
    let held = sink.earlier(&contoso()).await.unwrap().unwrap().graph;
    // Only the other machine is read, which has neither the software nor an adapter.
    let read = observed(&[machine("m2", json!({"ipAddresses": []}))]);
    let next = read.next(&held).graph;
    sink.write(import(day(3), &held, &next, vec![]))
        .await
        .unwrap();
    let kept: Vec<String> = before
        .into_iter()
        .filter(|edge| {
            !edge.starts_with("asset_ipaddress m2") && !edge.starts_with("asset_macaddress m2")
        })
        .collect();
    assert_eq!(edges(&car), kept);
}

#[tokio::test]
async fn an_account_that_signs_in_later_is_sent_then() {
    let car = FakeCar::start().await;
    let first = imported(&car).await;
    let mut records = records();
    let user = json!({"id": "contoso\\eve", "accountName": "eve", "accountDomain": "contoso"});
    records.push(Record::Logon("m1".to_owned(), user));
    let next = full(&records).next(&first).graph;
    sink(&car)
        .write(import(day(3), &first, &next, vec![]))
        .await
        .unwrap();
    let state = car.state();
    for collection in ["account", "user"] {
        let id = (collection.to_owned(), "eve".to_owned());
        assert!(state.nodes.contains_key(&id), "{id:?}");
    }
}

#[tokio::test]
async fn an_incremental_import_of_nothing_new_only_moves_the_save_point() {
    let car = FakeCar::start().await;
    imported(&car).await;
    let sink = sink(&car);
    let held = sink.earlier(&contoso()).await.unwrap().unwrap().graph;
    car.lines();
    let same = import(day(3), &held, &held, vec![]);
    sink.write(same).await.unwrap();
    assert_eq!(
        car.lines(),
        [
            "GET /v2/databases",
            "GET /v2/source/conn-1",
            "GET /v3/importSchema",
            "PATCH /v2/source"
        ]
    );
    assert_eq!(car.save_point().unwrap(), day(3).get().to_string());
}

#[tokio::test]
async fn older_stores_name_addresses_without_a_region() {
    let car = FakeCar::start().await;
    let first = imported(&car).await;
    let next = graph(&[machine("m1", json!({"ipAddresses": []}))]);
    let sink = sink_with(&car, key(), |settings| {
        settings.address_ids = AddressIds::Bare;
    });
    sink.write(import(day(3), &first, &next, vec![]))
        .await
        .unwrap();
    let calls = car.state().calls.clone();
    let patched = calls
        .iter()
        .find(|call| call.line == "PATCH /v2/asset_ipaddress")
        .unwrap();
    assert_eq!(patched.query["to"], "10.0.0.5");
}

#[tokio::test]
async fn alerts_that_came_and_went_are_there_and_no_longer_so() {
    let car = FakeCar::start().await;
    let records = [machine("m1", json!({}))];
    let first = graph(&records);
    sink(&car)
        .write(import(day(2), &AssetGraph::default(), &first, vec![]))
        .await
        .unwrap();
    car.lines();
    let observed = full(&[
        machine("m1", json!({})),
        alert("Resolved", "2026-11-02T01:30:00Z"),
    ]);
    let passed = observed.passed(day(2), &first, &first);
    assert_eq!(passed.len(), 1);
    let written = sink(&car)
        .write(import(day(3), &first, &first, passed))
        .await
        .unwrap();
    assert_eq!(written.alerts_passed, 1);
    let edge = (
        "asset_vulnerability".to_owned(),
        "m1".to_owned(),
        "da1".to_owned(),
    );
    let state = car.state();
    assert_eq!(state.arrivals.get(&edge), Some(&1));
    assert!(!state.edges.contains_key(&edge));
    assert!(
        state
            .nodes
            .contains_key(&("vulnerability".to_owned(), "da1".to_owned()))
    );
}

#[tokio::test]
async fn a_database_is_made_repaired_and_waited_for() {
    let cases: [(Database, &[&str], bool); 5] = [
        (Database::Ready, &["GET /v2/databases"], true),
        (
            Database::Missing,
            &[
                "GET /v2/databases",
                "POST /v2/databases",
                "GET /v2/jobstatus/",
            ],
            false,
        ),
        (
            Database::NoGraph,
            &[
                "GET /v2/databases",
                "PATCH /v2/databases",
                "GET /v2/jobstatus/",
            ],
            false,
        ),
        (
            Database::NoIndexes,
            &[
                "GET /v2/databases",
                "PATCH /v2/databases",
                "GET /v2/jobstatus/",
            ],
            false,
        ),
        (Database::Starting(4), &["GET /v2/databases"], true),
    ];
    for (database, lines, is_kept) in cases {
        let car = FakeCar::start().await;
        imported(&car).await;
        let told = format!("{database:?}");
        car.state().database = database;
        car.state().job_ending.looks = 3;
        let earlier = sink(&car).earlier(&contoso()).await.unwrap();
        assert_eq!(earlier.is_some(), is_kept, "{told}");
        let bodies: Vec<Json> = car
            .state()
            .calls
            .iter()
            .map(|call| call.body.clone())
            .collect();
        assert_eq!(steps(&car)[..lines.len()], *lines, "{told}");
        let expected = match &*told {
            "NoGraph" => json!({"graph_name": "assets"}),
            "NoIndexes" => json!({"collections_without_indexes": ["asset"]}),
            _ => continue,
        };
        assert!(bodies.contains(&expected), "{told}");
    }
}

#[tokio::test]
async fn what_cannot_be_told_from_the_service_is_imported_in_full() {
    for case in ["no save point", "not a number", "no GraphQL", "errors"] {
        let car = FakeCar::start().await;
        let first = imported(&car).await;
        let strange =
            |text: &str| car.state().source.as_mut().unwrap().save_point = text.to_owned();
        match case {
            "no save point" => strange(""),
            "not a number" => strange("yesterday"),
            "no GraphQL" => car.state().has_graphql = false,
            _ => {
                let body = json!({"errors": [{"message": "field not found"}]});
                car.fail("POST /v3/query", 3, 1, Fault::Status(200, body));
            }
        }
        assert_eq!(
            sink(&car).earlier(&contoso()).await.unwrap(),
            None,
            "{case}"
        );
        car.lines();
        sink(&car)
            .write(import(day(3), &AssetGraph::default(), &first, vec![]))
            .await
            .unwrap();
        let lines = car.lines();
        assert!(
            lines.iter().any(|line| line.starts_with("POST /v2/source")),
            "{case}"
        );
        assert_eq!(car.save_point().unwrap(), day(3).get().to_string());
    }
}

#[tokio::test]
async fn a_full_import_may_be_asked_for() {
    let car = FakeCar::start().await;
    let first = imported(&car).await;
    sink(&car)
        .in_full()
        .write(import(day(3), &first, &first, vec![]))
        .await
        .unwrap();
    let lines = car.lines();
    assert!(lines.iter().any(|line| line.starts_with("POST /v2/source")));
    assert_eq!(
        lines
            .iter()
            .filter(|line| *line == "PATCH /v2/source")
            .count(),
        2
    );
}

#[tokio::test]
async fn the_session_of_an_importer_that_died_is_closed_first() {
    let car = FakeCar::start().await;
    let first = imported(&car).await;
    car.state().source.as_mut().unwrap().is_in_session = true;
    sink(&car)
        .in_full()
        .write(import(day(3), &first, &first, vec![]))
        .await
        .unwrap();
    let sessions: Vec<String> = car
        .lines()
        .into_iter()
        .filter(|line| line.ends_with("full-import-in-progress"))
        .collect();
    let verbs: Vec<&str> = sessions
        .iter()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(verbs, ["POST", "DELETE", "POST", "DELETE"]);
    let state = car.state();
    assert!(!state.source.as_ref().unwrap().is_in_session);
    assert!(!state.edges.is_empty());
}

#[tokio::test]
async fn no_more_than_twenty_imports_are_outstanding() {
    let car = FakeCar::start().await;
    car.state().import_ending = Ending {
        looks: 3,
        outcome: Outcome::Done,
    };
    let machines: Vec<Record> = (0..70)
        .map(|id| machine(&format!("x{id}"), json!({})))
        .collect();
    let sink = sink_with(&car, key(), |settings| settings.page_objects = 1);
    let graph = graph(&machines);
    sink.write(import(day(2), &AssetGraph::default(), &graph, vec![]))
        .await
        .unwrap();
    let state = car.state();
    assert_eq!(state.outstanding_max, 20);
    assert_eq!(state.nodes.len(), 70 * 2 + 3);
}

#[tokio::test]
async fn both_ways_to_sign_in_are_sent_and_never_shown() {
    let cases = [
        (key(), "Basic azpodW50ZXIy"),
        (CarAccess::Token("hunter2".into()), "car-token hunter2"),
    ];
    for (access, expected) in cases {
        let car = FakeCar::start().await;
        let echo = json!({"message": format!("not allowed: {expected}")});
        car.fail("GET /v2/databases", 0, 1, Fault::Status(401, echo));
        let sink = sink_with(&car, access, |_| ());
        let error = sink.earlier(&contoso()).await.unwrap_err();
        assert_eq!(car.state().calls[0].authorization, expected);
        let mut shown = format!("{sink:?} {error:?} {error}");
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            shown.push_str(&inner.to_string());
            cause = inner.source();
        }
        assert!(shown.contains("not allowed: "), "{shown}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("azpodW50"),
            "{shown}"
        );
    }
}
