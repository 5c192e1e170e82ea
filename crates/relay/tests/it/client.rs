//! The Defender client as the relay's upstream, and the fetching of keys, against servers on this computer.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tesem_defender::endpoint::{
    ActionRequest, ActionType, Alert, IndicatorAction, IndicatorType, IsolationType, NewIndicator,
};
use tesem_defender::{
    ClientOptions, Cloud, Credential, DefenderClient, EndpointOverrides, Endpoints, HuntingApi,
    IndicatorId, MachineId, TenantSettings,
};
use tesem_relay::auth::{HttpKeys, KEYS_BYTES_MAX, KeyFetcher};
use tesem_relay::request::{ObservableType, Subject};
use tesem_relay::sighting::{EventTable, Hashes};
use tesem_relay::upstream::{
    EventsWanted, Named, ResponseActions, Tenant, Upstream, adapters_query, hashes_query,
};
use tesem_state::{ManualClock, MemoryLedger};
use url::Url;

use crate::service::{MD5, SHA1, SHA256, entity};

/// Serves `answer` to every request; gives its origin.
async fn serve(answer: impl Fn(&str, &str) -> Response + Clone + Send + Sync + 'static) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let handler = move |request: Request| {
        let answer = answer.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let target =
                url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect::<Vec<_>>()
                    .join("&");
            let call = format!("{} {} {target}", parts.method, parts.uri.path());
            answer(call.trim_end(), str::from_utf8(&body).unwrap())
        }
    };
    tokio::spawn(axum::serve(listener, Router::new().fallback(handler)).into_future());
    origin.parse().unwrap()
}

fn json_answer(status: u16, body: Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (
        StatusCode::from_u16(status).unwrap(),
        kind,
        body.to_string(),
    )
        .into_response()
}

struct World {
    tenant: Tenant,
    calls: Arc<Mutex<Vec<String>>>,
}

impl World {
    /// A tenant that answers `body` with `status` to the first call whose beginning is `call`, and empty lists to others.
    async fn new(call: &'static str, status: u16, body: Value) -> Self {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let noted = calls.clone();
        let origin = serve(move |made: &str, sent: &str| {
            if made.ends_with("/oauth2/v2.0/token") {
                let token =
                    json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "t"});
                return json_answer(200, token);
            }
            let before: Vec<String> = {
                let mut noted = noted.lock().unwrap();
                let before = noted.clone();
                noted.push(format!("{made} {sent}").trim_end().to_owned());
                before
            };
            let is_first = !before.iter().any(|one| one.starts_with(call));
            if made.starts_with(call) && is_first {
                return json_answer(status, body.clone());
            }
            json_answer(200, json!({"value": []}))
        })
        .await;
        Self {
            tenant: Tenant::new(Arc::new(client(&origin))),
            calls,
        }
    }

    fn first_call(&self) -> String {
        self.calls.lock().unwrap()[0].clone()
    }
}

fn client(origin: &Url) -> DefenderClient {
    let overrides = EndpointOverrides {
        login: Some(origin.clone()),
        graph: Some(origin.clone()),
        defender: Some(origin.clone()),
        portal: None,
    };
    let settings = TenantSettings {
        name: "contoso".to_owned(),
        tenant_id: "contoso.onmicrosoft.com".to_owned(),
        client_id: "app".to_owned(),
        credential: Credential::ClientSecret("s3cret".into()),
        endpoints: Endpoints::new(Cloud::Public, &overrides),
        hunting: HuntingApi::Graph,
        cloud: Cloud::Public,
    };
    let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    let ledger = Arc::new(MemoryLedger::new());
    DefenderClient::new(settings, clock, ledger, ClientOptions::default()).unwrap()
}

#[tokio::test]
async fn alerts_are_asked_for_by_what_they_name() {
    let alerts = || json!({"value": [{"id": "a"}]});
    let file = World::new("GET /api/files/", 200, alerts()).await;
    assert_eq!(
        file.tenant
            .alerts(&Named::File(SHA1.to_owned()))
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(file.first_call(), format!("GET /api/files/{SHA1}/alerts"));
    let domain = World::new("GET /api/domains/", 200, alerts()).await;
    assert_eq!(
        domain
            .tenant
            .alerts(&Named::Domain("a.example.com".to_owned()))
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(domain.first_call(), "GET /api/domains/a.example.com/alerts");
    let ip = World::new("GET /api/ips/", 200, alerts()).await;
    assert_eq!(
        ip.tenant
            .alerts(&Named::Ip("2001:db8::1".parse().unwrap()))
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        ip.first_call()
            .starts_with("GET /api/ips/2001:db8::1/alerts")
    );
    let missing = json!({"error": {"code": "NotFound", "message": "No such file."}});
    let unknown = World::new("GET /api/files/", 404, missing.clone()).await;
    assert!(
        unknown
            .tenant
            .alerts(&Named::File(SHA1.to_owned()))
            .await
            .unwrap()
            .is_empty()
    );
    let unknown = World::new("GET /api/files/", 404, missing).await;
    assert_eq!(unknown.tenant.file(SHA1).await.unwrap(), None);
    let refused = json!({"error": {"code": "Forbidden", "message": "No."}});
    let forbidden = World::new("GET /api/ips/", 403, refused).await;
    let error = forbidden
        .tenant
        .alerts(&Named::Ip("192.0.2.1".parse().unwrap()))
        .await
        .unwrap_err();
    assert_eq!(error.refusal().unwrap().status, 403);
}

#[tokio::test]
async fn one_machine_is_read_and_many_are_listed_by_filters() {
    let one = World::new("GET /api/machines/m1", 200, json!({"id": "m1"})).await;
    assert_eq!(
        one.tenant
            .machines(&[MachineId::new("m1")])
            .await
            .unwrap()
            .len(),
        1
    );
    let none = World::new("x", 200, json!({})).await;
    assert!(none.tenant.machines(&[]).await.unwrap().is_empty());
    assert!(none.calls.lock().unwrap().is_empty());
    let ids: Vec<MachineId> = (0..30)
        .map(|n| MachineId::new(format!("m{n:02}'")))
        .collect();
    let many = World::new("GET /api/machines", 200, json!({"value": [{"id": "m00'"}]})).await;
    assert_eq!(many.tenant.machines(&ids).await.unwrap().len(), 1);
    let calls = many.calls.lock().unwrap();
    let filters: Vec<&String> = calls
        .iter()
        .filter(|call| !call.contains("$skip=1"))
        .collect();
    assert_eq!(filters.len(), 2, "{calls:?}");
    for n in 0..30 {
        let named = format!("id eq 'm{n:02}'''");
        assert_eq!(
            filters.iter().filter(|call| call.contains(&named)).count(),
            1,
            "{named}"
        );
    }
    assert!(calls.iter().all(|call| call.len() < 4096));
}

#[tokio::test]
async fn evidence_is_asked_for_by_the_ids_of_alerts() {
    let found = json!({"value": [{"id": "a", "evidence": [{"entityType": "File", "sha1": SHA1}]}]});
    let world = World::new("GET /api/alerts", 200, found).await;
    let bare = ["a", "b"].map(|id| Arc::new(entity::<Alert>(json!({"id": id}))));
    let alerts = world.tenant.alerts_with_evidence(&bare).await.unwrap();
    assert_eq!(alerts[0].evidence[0].sha1.as_deref(), Some(SHA1));
    let call = world.first_call();
    for part in ["$expand=evidence", "id eq 'a'", "id eq 'b'"] {
        assert!(call.contains(part), "{call}");
    }
    let all = json!({"value": [{"id": "a"}, {"id": "b"}]});
    let world = World::new("GET /api/alerts", 200, all).await;
    assert_eq!(
        world
            .tenant
            .alerts_with_evidence(&bare)
            .await
            .unwrap()
            .len(),
        2
    );
    assert_eq!(world.calls.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn queries_go_to_the_hunting_api() {
    let day = SignedDuration::from_hours(24);
    let rows = json!({
        "schema": [{"name": "DeviceId", "type": "String"}, {"name": "MacAddress", "type": "String"}],
        "results": [
            {"DeviceId": "m1", "MacAddress": "A"},
            {"DeviceId": "m2", "MacAddress": "B"},
            {"DeviceId": "m1", "MacAddress": "C"},
        ],
    });
    let world = async || World::new("POST /v1.0/security/runHuntingQuery", 200, rows.clone()).await;
    let asked = |world: &World, query: &str| {
        let call = world.first_call();
        assert!(
            call.ends_with(&json!({"Query": query}).to_string()),
            "{call}"
        );
    };
    let wanted = EventsWanted {
        table: EventTable::Network,
        window: day,
        limit: 7,
    };
    let subjects = [Subject::Domain("a.example.com".to_owned())];
    let events = world().await;
    let found = events.tenant.events(wanted, &subjects).await.unwrap();
    assert_eq!(found.rows.len(), 3);
    asked(&events, &wanted.query(&subjects));
    let ids = ["m1", "m2", "m3"].map(MachineId::new);
    let adapters = world().await;
    let found = adapters.tenant.adapters(&ids, day).await.unwrap();
    let macs = |id| {
        let all = found.get(id)?.iter();
        Some(all.filter_map(|one| one.mac.as_deref()).collect())
    };
    let expected: [Option<Vec<&str>>; 3] = [Some(vec!["A", "C"]), Some(vec!["B"]), None];
    assert_eq!(ids.each_ref().map(macs), expected);
    asked(&adapters, &adapters_query(&ids, day));
    let probe = World::new("GET /api/exposureScore", 200, json!({"score": 3.5})).await;
    probe.tenant.probe().await.unwrap();
}

#[tokio::test]
async fn hashes_of_files_come_from_the_files_api_and_from_hunting() {
    let file = json!({"sha1": SHA1, "sha256": SHA256, "md5": ""});
    let world = World::new("GET /api/files/", 200, file).await;
    let told = world.tenant.file(SHA256).await.unwrap();
    assert_eq!(told, Some(Hashes::of(Some(SHA1), Some(SHA256), None)));
    assert_eq!(world.first_call(), format!("GET /api/files/{SHA256}"));
    let column = |name: &str| json!({"name": name, "type": "String"});
    let rows = json!({
        "schema": [column("SHA1"), column("SHA256"), column("MD5")],
        "results": [{"SHA1": SHA1, "SHA256": SHA256, "MD5": MD5}],
    });
    let world = World::new("POST /v1.0/security/runHuntingQuery", 200, rows).await;
    let day = SignedDuration::from_hours(24);
    let files = [Subject::of(ObservableType::Sha1, SHA1).unwrap()];
    let found = world.tenant.hashes(&files, day).await.unwrap();
    let whole = Hashes::of(Some(SHA1), Some(SHA256), Some(MD5));
    assert_eq!(found.get(&files[0]), Some(&whole));
    let sent = json!({"Query": hashes_query(&files, day)}).to_string();
    assert!(world.first_call().ends_with(&sent));
}

#[tokio::test]
async fn the_newest_action_that_succeeded_decides() {
    let action = |id: &str, kind: &str, time: &str| json!({"id": id, "type": kind, "creationDateTimeUtc": time});
    let actions = json!({"value": [
        action("1", "Isolate", "2026-11-01T00:00:00Z"),
        action("2", "Unisolate", "2026-11-03T00:00:00Z"),
        action("3", "Isolate", "2026-11-02T00:00:00Z"),
    ]});
    let world = World::new("GET /api/machineactions", 200, actions).await;
    let kinds = [ActionType::Unisolate, ActionType::Isolate];
    let last = world
        .tenant
        .last_action(&MachineId::new("m1"), kinds)
        .await
        .unwrap();
    assert_eq!(last.unwrap().kind, Some(ActionType::Unisolate));
    let call = world.first_call();
    for part in [
        "machineId eq 'm1'",
        "status eq 'Succeeded'",
        "type eq 'Unisolate'",
        "type eq 'Isolate'",
    ] {
        assert!(call.contains(part), "{call}");
    }
    let available = json!({"value": [{"action": "FullIsolation", "isAvailable": true}]});
    let world = World::new(
        "GET /api/machines/m1/availableMachineActions",
        200,
        available,
    )
    .await;
    let listed = world
        .tenant
        .available_actions(&MachineId::new("m1"))
        .await
        .unwrap();
    assert_eq!(listed[0].action, "FullIsolation");
}

#[tokio::test]
async fn writes_are_sent_once_with_their_bodies() {
    let machine = MachineId::new("m1");
    let world = World::new("POST /api/machines/m1/isolate", 201, json!({"id": "a"})).await;
    let isolate = ActionRequest::Isolate(IsolationType::Full);
    world.tenant.order(&machine, &isolate, "why").await.unwrap();
    assert_eq!(
        world.first_call(),
        r#"POST /api/machines/m1/isolate {"Comment":"why","IsolationType":"Full"}"#
    );
    let world = World::new(
        "POST /api/machines/m1/startInvestigation",
        201,
        json!({"id": "1"}),
    )
    .await;
    world
        .tenant
        .start_investigation(&machine, "why")
        .await
        .unwrap();
    assert!(world.first_call().ends_with(r#"{"Comment":"why"}"#));
    let indicator = NewIndicator {
        value: "192.0.2.1".to_owned(),
        kind: IndicatorType::IpAddress,
        action: IndicatorAction::Alert,
        title: "t".to_owned(),
        description: "d".to_owned(),
        application: None,
        expires: None,
        severity: None,
        recommended_actions: None,
        rbac_group_names: Vec::new(),
        educate_url: None,
        generate_alert: None,
    };
    let world = World::new("POST /api/indicators", 200, json!({"id": "995"})).await;
    world.tenant.add_indicator(&indicator).await.unwrap();
    assert!(
        world
            .first_call()
            .contains(r#""indicatorValue":"192.0.2.1""#)
    );
    let world = World::new("DELETE /api/indicators/995", 204, json!(null)).await;
    world
        .tenant
        .remove_indicator(&IndicatorId::new("995"))
        .await
        .unwrap();
    assert!(world.first_call().starts_with("DELETE /api/indicators/995"));
    let failing = json!({"error": {"code": "x", "message": "Ill."}});
    let world = World::new("POST /api/machines/m1/isolate", 500, failing).await;
    let error = world
        .tenant
        .order(&machine, &isolate, "why")
        .await
        .unwrap_err();
    assert!(error.may_have_been_done());
    assert_eq!(world.calls.lock().unwrap().len(), 1);
    // Whatever it says of it, it took it.
    let world = World::new("POST /api/machines/m1/isolate", 201, json!([])).await;
    world.tenant.order(&machine, &isolate, "why").await.unwrap();
}

#[tokio::test]
async fn an_indicator_is_found_by_either_spelling() {
    let found = json!({"value": [{"id": "995", "indicatorValue": "o'x"}]});
    let world = World::new("GET /api/indicators", 200, found).await;
    let spellings = ["O'X", "o'x"];
    let indicator = world.tenant.indicator(spellings).await.unwrap();
    assert!(indicator.is_some());
    let call = world.first_call();
    for spelling in ["indicatorValue eq 'O''X'", "indicatorValue eq 'o''x'"] {
        assert!(call.contains(spelling), "{call}");
    }
}

#[tokio::test]
async fn keys_are_fetched_whole_and_only_from_where_they_are_asked_for() {
    let origin = serve(|call: &str, _: &str| match call {
        "GET /good" => json_answer(200, json!({"keys": []})),
        "GET /moved" => (StatusCode::FOUND, [(header::LOCATION, "/good")]).into_response(),
        "GET /huge" => "x".repeat(KEYS_BYTES_MAX + 1).into_response(),
        "GET /most" => "x".repeat(KEYS_BYTES_MAX).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    })
    .await;
    let keys = HttpKeys::new().unwrap();
    let fetch = async |path: &str| keys.fetch(&origin.join(path).unwrap()).await;
    assert_eq!(fetch("/good").await.unwrap(), br#"{"keys":[]}"#);
    assert_eq!(fetch("/most").await.unwrap().len(), KEYS_BYTES_MAX);
    for (path, expected) in [
        ("/moved", "the answer has status 302 Found"),
        ("/x", "the answer has status 500 Internal Server Error"),
        ("/huge", "the answer is longer than 1048576 bytes"),
    ] {
        let error = fetch(path).await.unwrap_err();
        assert_eq!(error.source.to_string(), expected);
    }
    let nobody: Url = "http://127.0.0.1:9/x".parse().unwrap();
    assert_eq!(keys.fetch(&nobody).await.unwrap_err().url, nobody);
}
