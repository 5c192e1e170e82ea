//! The OpenAPI document, and what the relay really answers.

use std::collections::BTreeSet;

use jsonschema::Validator;
use reqwest::{Method, Response};
use roas::v3_1::spec::Spec;
use roas::validation::{Options, Validate};
use serde_json::{Value, json};
use tesem_relay::auth::Mode;
use tesem_relay::server::BODY_BYTES_DEFAULT;

use crate::server::{World, token};
use crate::service::{SHA1, SHA256, file_row, network_row};
use crate::tenant::{Fake, Say};

const OBSERVE: &str = "/observe/observables";
const REFER: &str = "/refer/observables";
const OFFER: &str = "/respond/observables";
const TRIGGER: &str = "/respond/trigger";

/// The served document.
struct Document(Value);

impl Document {
    async fn of(world: &World) -> Self {
        let request = world.request(Method::GET, "/openapi.json");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        Self(response.json().await.unwrap())
    }

    fn operations(&self) -> Vec<(Method, &str, &Value)> {
        let mut all = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let method = method.to_uppercase().parse().unwrap();
                all.push((method, path.as_str(), operation));
            }
        }
        all
    }

    fn operation(&self, path: &str) -> &Value {
        let found = self.operations().into_iter().find(|found| found.1 == path);
        found.unwrap().2
    }

    /// What a reference points at; what is no reference is itself.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.0.pointer(&reference[1..]).unwrap(),
            None => value,
        }
    }

    fn validator(&self, schema: &Value) -> Validator {
        let schemas = &self.0["components"]["schemas"];
        let whole = json!({"allOf": [schema], "components": {"schemas": schemas}});
        jsonschema::options()
            .should_validate_formats(true)
            .build(&whole)
            .unwrap()
    }

    fn check(&self, schema: &Value, value: &Value) {
        let validator = self.validator(schema);
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:?} in {value}");
    }

    /// Holds an answer against what is declared, and gives its body.
    async fn fits(&self, declared: &Value, response: Response) -> Value {
        let declared = self.resolved(declared);
        if let Some(header) = declared["headers"].get("x-request-id") {
            let id = response.headers()["x-request-id"].to_str().unwrap();
            self.check(&self.resolved(header)["schema"], &json!(id));
        }
        assert_eq!(response.headers()["content-type"], "application/json");
        let body = response.json().await.unwrap();
        self.check(&declared["content"]["application/json"]["schema"], &body);
        body
    }

    fn examples<'a>(&'a self, content: &'a Value) -> Vec<&'a Value> {
        let examples = content["examples"].as_object().into_iter().flatten();
        examples
            .map(|(_, example)| &self.resolved(example)["value"])
            .collect()
    }

    /// The names of the schemas of which an answer is one.
    fn alternatives(&self, path: &str) -> Vec<&str> {
        let answer = &self.operation(path)["responses"]["200"];
        let schema = &answer["content"]["application/json"]["schema"];
        let all = schema["oneOf"].as_array().into_iter().flatten();
        all.map(|one| one["$ref"].as_str().unwrap()).collect()
    }
}

/// The request, its token there only if `is_known`.
async fn ask(world: &World, path: &str, body: &Value, is_known: bool) -> Response {
    let mut request = world.request(Method::POST, path).body(body.to_string());
    if is_known {
        request = request.bearer_auth(token(json!({})));
    }
    request.send().await.unwrap()
}

fn form(action: &str, kind: &str) -> Value {
    json!({"action-id": format!("microsoft-defender-{action}"), "observable_type": kind, "observable_value": "m1"})
}

#[tokio::test]
async fn the_document_is_valid_openapi_and_so_are_its_examples() {
    let world = World::with(Fake::default()).await;
    let document = Document::of(&world).await;
    let spec: Spec = serde_json::from_value(document.0.clone()).unwrap();
    // No operation has the answers to unknown paths and other methods.
    let checked = spec.validate(Options::IgnoreUnusedResponses.into(), None);
    assert!(checked.is_ok(), "{}", checked.unwrap_err());
    for (name, schema) in document.0["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name}");
    }
    for (_, _, operation) in document.operations() {
        let answer = &operation["responses"]["200"];
        for content in [&operation["requestBody"], answer] {
            let content = &content["content"]["application/json"];
            for example in document.examples(content) {
                document.check(&content["schema"], example);
            }
        }
    }
}

#[tokio::test]
async fn every_operation_answers_its_examples_and_no_other_method() {
    let world = World::with(Fake::default()).await;
    let document = Document::of(&world).await;
    let refusal = &document.0["components"]["responses"]["MethodNotAllowed"];
    for (method, path, operation) in document.operations() {
        let content = &operation["requestBody"]["content"]["application/json"];
        let mut bodies = document.examples(content);
        bodies.push(&Value::Null);
        for body in bodies {
            let request = world.request(method.clone(), path).body(body.to_string());
            let response = request.bearer_auth(token(json!({}))).send().await.unwrap();
            assert_eq!(response.status(), 200, "{path}");
            if path != "/metrics" {
                document
                    .fits(&operation["responses"]["200"], response)
                    .await;
            }
        }
        let response = world.request(Method::PUT, path).send().await.unwrap();
        assert_eq!(response.status(), 405, "{path}");
        if operation["parameters"].is_array() {
            document.fits(refusal, response).await;
        }
    }
    let unknown = world.request(Method::POST, "/x").send().await.unwrap();
    assert_eq!(unknown.status(), 404);
    let declared = &document.0["components"]["responses"]["NotFound"];
    document.fits(declared, unknown).await;
}

/// A tenant where much is to be seen and done.
fn rich() -> Fake {
    let evidence = json!([
        {"entityType": "Process", "fileName": "a.exe", "filePath": "c:\\", "sha1": SHA1, "processId": 5, "parentProcessId": 4},
        {"entityType": "Process", "fileName": "p.exe", "sha256": SHA256, "processId": 4},
        {"entityType": "Url", "url": "https://evil.example.com/x"},
        {"entityType": "Ip", "ipAddress": "192.0.2.1"},
    ]);
    let alert = json!({
        "id": "a1", "title": "Seen", "description": "It **was**", "severity": "High", "detectionSource": "WindowsDefenderAtp",
        "firstEventTime": "2026-11-19T07:00:00.1234567Z", "lastUpdateTime": "2026-11-19T09:00:00Z", "machineId": "m1",
        "computerDnsName": "pc1.example.com", "evidence": evidence,
    });
    let adapter = json!({
        "DeviceId": "m1", "MacAddress": "00-11-22-33-44-55", "IPAddresses": r#"[{"IPAddress": "10.0.0.1"}, {"IPAddress": "fe80::1"}]"#,
    });
    let renamed = file_row(json!({"Asked": SHA1, "ActionType": "FileRenamed"}));
    let unnamed = file_row(json!({"Asked": SHA1, "ActionType": null, "DeviceName": null}));
    let network = network_row(json!({"Asked": "192.0.2.1"}));
    let available = ["RunAntiVirusScan", "FullIsolation", "InitiateInvestigation"];
    let available = available.map(|name| json!({"action": name, "isAvailable": true}));
    let machine =
        json!({"id": "m1", "osPlatform": "Windows10", "osProcessor": "x64", "version": "1903"});
    Fake::default()
        .gives("alerts", vec![alert])
        .gives("hunt DeviceNetworkEvents", vec![network])
        .gives("hunt DeviceFileEvents", vec![renamed, unnamed])
        .gives("hunt DeviceNetworkInfo", vec![adapter])
        .gives("machines", vec![machine])
        .gives("available", available.to_vec())
        .gives(
            "indicator 192.0.2.9",
            vec![json!({"id": "995", "title": "Bad", "action": "AlertAndBlock"})],
        )
}

/// Holds answers against the document, and notes of which schemas they are.
struct Walk {
    document: Document,
    met: BTreeSet<String>,
}

impl Walk {
    async fn new() -> Self {
        let world = World::with(Fake::default()).await;
        Self {
            document: Document::of(&world).await,
            met: BTreeSet::new(),
        }
    }

    async fn note(&mut self, path: &str, response: Response) {
        assert_eq!(response.status(), 200);
        let declared = &self.document.operation(path)["responses"]["200"];
        let answer = self.document.fits(declared, response).await;
        for name in self.document.alternatives(path) {
            let schema = json!({"$ref": name});
            if self.document.validator(&schema).is_valid(&answer) {
                self.met.insert(format!("{path} {name}"));
            }
        }
    }

    async fn known(&mut self, world: &World, path: &str, body: &Value) {
        self.note(path, ask(world, path, body, true).await).await;
    }

    async fn unknown(&mut self, world: &World, path: &str, body: &Value) {
        self.note(path, ask(world, path, body, false).await).await;
    }

    /// Of each schema that an answer may be there was one.
    fn check_all_met(&self, paths: &[&str]) {
        for path in paths {
            for name in self.document.alternatives(path) {
                let alternative = format!("{path} {name}");
                assert!(self.met.contains(&alternative), "{alternative}");
            }
        }
    }
}

/// A tenant that refuses everything.
async fn refusing(status: u16) -> World {
    World::with(Fake::default().says("", Say::Status(status, "No."))).await
}

/// A relay for newer clients.
async fn newer() -> World {
    World::new(Fake::default(), Mode::Jwks).await
}

fn malformed() -> Value {
    json!([{"type": "", "value": null, "more": 1}, 2])
}

#[tokio::test]
async fn whether_the_relay_works_is_told_as_documented() {
    let mut walk = Walk::new().await;
    let world = World::with(Fake::default()).await;
    let (health, deliberate, watchdog) = ("/health", "/deliberate/observables", "/watchdog");
    walk.known(&world, health, &Value::Null).await;
    walk.known(&refusing(403).await, health, &Value::Null).await;
    walk.known(&newer().await, health, &Value::Null).await;
    walk.known(&world, deliberate, &Value::Null).await;
    walk.unknown(&world, deliberate, &Value::Null).await;
    for header in ["Health-Check", "Other"] {
        let request = world.request(Method::GET, watchdog).header(header, "a");
        walk.note(watchdog, request.send().await.unwrap()).await;
    }
    walk.check_all_met(&[health, deliberate, watchdog]);
}

#[tokio::test]
async fn sightings_and_links_are_as_documented() {
    let mut walk = Walk::new().await;
    let (rich, poor) = (
        World::with(rich()).await,
        World::with(Fake::default()).await,
    );
    let seen = json!([{"type": "IP", "value": "192.0.2.1"}, {"type": "sha1", "value": SHA1}]);
    walk.known(&rich, OBSERVE, &seen).await;
    walk.known(&poor, OBSERVE, &seen).await;
    walk.known(&refusing(403).await, OBSERVE, &seen).await;
    walk.known(&refusing(429).await, OBSERVE, &seen).await;
    walk.known(&rich, OBSERVE, &malformed()).await;
    walk.known(&newer().await, OBSERVE, &malformed()).await;
    walk.unknown(&rich, OBSERVE, &seen).await;
    walk.unknown(&rich, REFER, &seen).await;
    walk.unknown(&rich, REFER, &malformed()).await;
    walk.check_all_met(&[OBSERVE, REFER]);
}

#[tokio::test]
async fn actions_and_their_failures_are_as_documented() {
    let mut walk = Walk::new().await;
    let (rich, slow) = (World::with(rich()).await, refusing(429).await);
    let targets = json!([
        {"type": "ms_machine_id", "value": "m1"}, {"type": "ip", "value": "192.0.2.9"}, {"type": "domain", "value": "a.example.com"},
    ]);
    walk.known(&rich, OFFER, &targets).await;
    walk.known(&refusing(403).await, OFFER, &targets).await;
    walk.known(&slow, OFFER, &targets).await;
    walk.known(&rich, OFFER, &malformed()).await;
    let isolate = form("FullIsolation", "ms_machine_id");
    walk.known(&rich, TRIGGER, &isolate).await;
    walk.known(&slow, TRIGGER, &isolate).await;
    walk.unknown(&rich, TRIGGER, &isolate).await;
    walk.known(&rich, TRIGGER, &form("FullIsolation", "ip"))
        .await;
    walk.known(&rich, TRIGGER, &form("add-indicator-alert", "url"))
        .await;
    walk.known(&rich, TRIGGER, &malformed()).await;
    walk.known(&newer().await, TRIGGER, &malformed()).await;
    walk.check_all_met(&[OFFER, TRIGGER]);
}

#[tokio::test]
async fn bodies_are_taken_as_their_schemas_say() {
    let world = World::with(Fake::default()).await;
    let document = Document::of(&world).await;
    let whole = form("FullIsolation", "ms_machine_id");
    let with = |name: &str, value: Value| {
        let mut form = whole.clone();
        form[name] = value;
        form
    };
    let elements = [
        json!({"type": "ip", "value": "192.0.2.1"}),
        json!({"type": "any", "value": " "}),
        json!({"type": "", "value": "a"}),
        json!({"type": "ip"}),
        json!({"type": "ip", "value": 1}),
        json!({"type": "ip", "value": null}),
        json!({"type": "ip", "value": "a", "more": 1}),
        json!(["ip", "a"]),
    ];
    let mut bodies: Vec<Value> = elements.iter().map(|element| json!([element])).collect();
    bodies.extend([json!([]), json!({}), json!(null), json!("a"), whole.clone()]);
    bodies.extend([
        with("more", json!([1])),
        with("action-id", json!("")),
        with("observable_type", json!(1)),
    ]);
    let ids = [
        json!(1),
        json!(-1),
        json!("+5"),
        json!(u64::MAX),
        json!(1.5),
        json!(""),
        json!("1x"),
        json!(null),
        json!([]),
    ];
    bodies.extend(ids.map(|id| with("indicator_id", id)));
    for path in [OBSERVE, REFER, OFFER, TRIGGER] {
        let content = &document.operation(path)["requestBody"]["content"]["application/json"];
        let validator = document.validator(&content["schema"]);
        for body in &bodies {
            let answer: Value = ask(&world, path, body, true).await.json().await.unwrap();
            let is_refused = answer["errors"][0]["code"] == "invalid payload";
            assert_eq!(validator.is_valid(body), !is_refused, "{path} {body}");
        }
    }
}

fn head(more: &str) -> String {
    format!("POST {REFER} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n{more}\r\n\r\n")
}

fn check_problem(document: &Document, name: &str, answer: &str) {
    let declared = &document.0["components"]["responses"][name];
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    document.check(&declared["content"]["application/json"]["schema"], &body);
    assert!(head.starts_with(&format!("HTTP/1.1 {} ", body["code"])));
    assert!(head.contains("\r\nx-request-id: "));
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_told_from_those_that_are_too_large() {
    let world = World::with(Fake::default()).await;
    let document = Document::of(&world).await;
    let malformed = head("Transfer-Encoding: chunked") + "zz\r\n[]\r\n0\r\n\r\n";
    check_problem(&document, "BadRequest", &world.sent_back(&malformed).await);
    let large = " ".repeat(BODY_BYTES_DEFAULT + 1);
    let request = world.request(Method::POST, REFER).body(large);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 413);
    let declared = &document.0["components"]["responses"]["PayloadTooLarge"];
    document.fits(declared, response).await;
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_not_waited_for() {
    let world = World::with(Fake::default()).await;
    let document = Document::of(&world).await;
    let started = head("Content-Length: 2") + "[";
    let ending = async {
        loop {
            world.end_of_time.notify_waiters();
            tokio::task::yield_now().await;
        }
    };
    let answer = tokio::select! {
        answer = world.sent_back(&started) => answer,
        () = ending => unreachable!(),
    };
    check_problem(&document, "RequestTimeout", &answer);
}
