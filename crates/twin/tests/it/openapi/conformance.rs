//! The document is valid, complete, and says what the twin answers.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::header::AUTHORIZATION;
use roas::v3_1::spec::Spec;
use roas::validation::Validate;
use serde_json::{Value, json};

use super::document::{Answer, Document, Operation, entities};
use super::generated;
use crate::harness::{GRAPH_AUDIENCE, MDE_AUDIENCE, TestTwin, parts};

#[tokio::test]
async fn the_document_is_valid_openapi() {
    let twin = TestTwin::new().await;
    let document = Document::of(&twin).await;
    let spec: Spec = serde_json::from_value(document.json.clone()).unwrap();
    let checked = spec.validate(Default::default(), None);
    assert!(checked.is_ok(), "{}", checked.unwrap_err());
    for (name, schema) in document.json["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name}");
        document.validator(schema);
    }
}

#[tokio::test]
async fn every_route_of_the_table_is_in_the_document() {
    let twin = TestTwin::new().await;
    let document = Document::of(&twin).await;
    let (_, table) = parts(twin.get("/_twin/capabilities").await).await;
    let operations = document.operations();
    let mut routes = 0;
    for (list, is_emulated) in [("emulated", true), ("not_emulated", false)] {
        for route in table[list].as_array().unwrap() {
            let is_it = |operation: &&Operation| {
                operation.method == route["method"].as_str().unwrap()
                    && is_spelling(&operation.path, route["path"].as_str().unwrap())
            };
            let found = operations.iter().find(is_it);
            let found = found.unwrap_or_else(|| panic!("{route}"));
            assert_eq!(found.is_emulated(), is_emulated, "{route}");
            assert_eq!(found.tag(), route["service"], "{route}");
            assert_eq!(found.json.get("x-quota"), route.get("quota"), "{route}");
            routes += 1;
        }
    }
    assert_eq!(routes, operations.len());
}

/// Whether a documented path is that of a route: in brackets the document may say more.
fn is_spelling(path: &str, route: &str) -> bool {
    match route.strip_suffix("({arguments})") {
        Some(start) => path.starts_with(&format!("{start}(")),
        None => path == route,
    }
}

/// Calls a route with real ids and holds the answer against the document.
pub(super) struct Walk {
    pub(super) twin: TestTwin,
    pub(super) document: Document,
    /// What stands for the parameter behind each segment of a path, and for parameters in brackets.
    ids: BTreeMap<&'static str, String>,
    /// The fields that were seen, by schema.
    seen: BTreeMap<String, BTreeSet<String>>,
}

impl Walk {
    /// A twin on a generated tenant, and ids of what is in it.
    pub(super) async fn begin() -> Self {
        let twin = TestTwin::with(generated).await;
        let document = Document::of(&twin).await;
        let mut walk = Self {
            twin,
            document,
            ids: BTreeMap::new(),
            seen: BTreeMap::new(),
        };
        walk.prepare().await;
        walk
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let audience = if path.starts_with("/v1.0/") {
            GRAPH_AUDIENCE
        } else {
            MDE_AUDIENCE
        };
        let token = self.twin.own_token(audience).await;
        let (status, json) = parts(self.twin.send(&token, method, path, body).await).await;
        assert!((200..300).contains(&status), "{method} {path}: {json}");
        json
    }

    async fn first(&mut self, segment: &'static str, list: &str, field: &str) -> String {
        let page = self.call("GET", list, None).await;
        let id = page["value"][0][field].as_str();
        let id = id.unwrap_or_else(|| panic!("{list}: {page}")).to_owned();
        self.ids.insert(segment, id.clone());
        id
    }

    /// Finds ids, and makes what a new tenant does not have.
    async fn prepare(&mut self) {
        let windows =
            "/api/machines?$filter=osPlatform eq 'Windows11' and healthStatus eq 'Active'";
        let machine = self.first("machines", windows, "id").await;
        let evidence = "/api/alerts?$expand=evidence&$filter=severity eq 'High'";
        let alert = self.first("alerts", evidence, "id").await;
        self.ids.insert("alerts_v2", alert.clone());
        for (segment, list, field) in [
            ("incidents", "/v1.0/security/incidents", "id"),
            ("investigations", "/api/investigations", "id"),
            (
                "vulnerabilities",
                "/api/vulnerabilities?$filter=severity eq 'High'",
                "id",
            ),
            (
                "recommendations",
                "/api/recommendations?$filter=remediationType eq 'Update'",
                "id",
            ),
            ("remediationtasks", "/api/remediationtasks", "id"),
        ] {
            self.first(segment, list, field).await;
        }
        let exposed = format!("/api/machines/{machine}/getmissingkbs");
        let update = self.call("GET", &exposed, None).await;
        assert!(update["value"][0]["id"].is_string(), "{update}");
        self.first(
            "Software",
            "/api/Software?$filter=name eq 'Windows11'",
            "id",
        )
        .await;
        let files = format!("/api/alerts/{alert}/files");
        self.first("files", &files, "sha1").await;
        self.first(
            "users",
            &format!("/api/machines/{machine}/logonusers"),
            "accountName",
        )
        .await;
        let profile = self
            .call("GET", &format!("/api/machines/{machine}"), None)
            .await;
        for (name, field) in [("ip", "lastIpAddress"), ("timestamp", "lastSeen")] {
            self.ids
                .insert(name, profile[field].as_str().unwrap().to_owned());
        }
        let tenant = self.twin.twin.tenant().tenant_id.clone();
        self.ids.insert("tenant", tenant);
        self.ids.insert("ips", "203.0.113.7".to_owned());
        self.ids
            .insert("domains", "ledger-sync.example.net".to_owned());
        self.act(&machine).await;
        let elsewhere = json!({"path": "/elsewhere", "status": 503});
        self.twin.inject(elsewhere).await;
        for path in ["/v1.0/security/alerts_v2", "/v1.0/security/incidents"] {
            let id = if path.ends_with("2") {
                "alerts_v2"
            } else {
                "incidents"
            };
            let path = format!("{path}/{}/comments", self.ids[id]);
            self.call("POST", &path, Some(json!({"comment": "seen"})))
                .await;
        }
    }

    /// A package and a live response, which are there an hour later.
    async fn act(&mut self, machine: &str) {
        let collect = format!("/api/machines/{machine}/collectInvestigationPackage");
        let package = self
            .call("POST", &collect, Some(json!({"Comment": "c"})))
            .await;
        let live = format!("/api/machines/{machine}/runliveresponse");
        let params = json!([{"key": "ScriptName", "value": "s.ps1"}]);
        let commands = json!([{"type": "RunScript", "params": params}]);
        let body = json!({"Comment": "c", "Commands": commands});
        let session = self.call("POST", &live, Some(body)).await;
        self.twin.advance("PT1H").await;
        let id = |action: &Value| action["id"].as_str().unwrap().to_owned();
        self.ids.insert("machineactions", id(&package));
        self.ids.insert("session", id(&session));
        self.ids.insert("index", "0".to_owned());
    }

    /// The path with real ids in it; `None` where one is missing.
    pub(super) fn filled(&self, path: &str) -> Option<String> {
        let mut filled: Vec<String> = Vec::new();
        for segment in path.split('/') {
            let before = filled.last().cloned().unwrap_or_default();
            let is_whole = segment.starts_with('{') && segment.ends_with('}');
            let known = self.ids.get(before.as_str()).filter(|_| is_whole);
            let mut segment = known.cloned().unwrap_or_else(|| segment.to_owned());
            for (name, id) in &self.ids {
                segment = segment.replace(&format!("{{{name}}}"), id);
            }
            if segment.contains('{') {
                return None;
            }
            filled.push(segment);
        }
        let filled = filled.join("/");
        if path.contains("LiveResponseResult") {
            return Some(filled.replace(&self.ids["machineactions"], &self.ids["session"]));
        }
        Some(filled)
    }

    fn query(operation: &Operation) -> String {
        let has = |name: &str| {
            let parameters = operation.parameters("query");
            parameters.iter().any(|parameter| parameter["name"] == name)
        };
        let options = [
            ("tag", "tag=server"),
            ("sinceTime", "sinceTime=2026-10-10T00:00:00Z"),
            (
                "$expand",
                if operation.tag() == "Graph" {
                    "$expand=alerts"
                } else {
                    "$expand=evidence"
                },
            ),
        ];
        let wanted = options.iter().filter(|(name, _)| has(name));
        let wanted: Vec<&str> = wanted.map(|(_, option)| *option).collect();
        wanted.join("&")
    }

    /// Calls an operation that reads, and follows the signed links in its answer.
    async fn read(&mut self, operation: &Operation) {
        let path = format!(
            "{}?{}",
            self.filled(&operation.path).unwrap(),
            Self::query(operation)
        );
        let mut request = self.twin.client.get(self.twin.url(&path));
        if let Some(audience) = operation.audience() {
            request = request.header(
                AUTHORIZATION,
                format!("Bearer {}", self.twin.own_token(audience).await),
            );
        }
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{}: {}", path, answer.json());
        let objection = self.document.objection(operation, &answer);
        assert_eq!(objection, None, "{path}: {}", answer.json());
        self.note(operation, &answer.json());
        let links = [&answer.json()["exportFiles"][0], &answer.json()["value"]];
        for link in links.into_iter().filter_map(Value::as_str) {
            self.follow(link).await;
        }
    }

    async fn follow(&mut self, link: &str) {
        let path = link.strip_prefix(&self.twin.url("")).unwrap();
        let first = path.split('/').nth(1).unwrap();
        let operations = self.document.operations();
        let of_storage = |operation: &&Operation| operation.path.starts_with(&format!("/{first}/"));
        let operation = operations.iter().find(of_storage).unwrap();
        let answer = Answer::read(self.twin.client.get(link).send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{link}");
        assert_eq!(self.document.objection(operation, &answer), None, "{link}");
        self.seen.entry(first.to_owned()).or_default();
        self.note(operation, &answer.json());
    }

    /// What every alert leads to: not each has a file, an address and a domain.
    async fn read_alerts(&mut self, operations: &[Operation]) {
        let alerts = self.call("GET", "/api/alerts", None).await;
        for alert in alerts["value"].as_array().unwrap() {
            self.ids
                .insert("alerts", alert["id"].as_str().unwrap().to_owned());
            for operation in operations {
                if let Some("domains" | "files" | "ips") =
                    operation.path.strip_prefix("/api/alerts/{id}/")
                {
                    self.read(operation).await;
                }
            }
        }
    }

    /// Remembers the fields of the entities in an answer.
    fn note(&mut self, operation: &Operation, body: &Value) {
        let Some(name) = self.document.entity_name(operation) else {
            return;
        };
        let seen = self.seen.entry(name).or_default();
        for fields in entities(body).into_iter().filter_map(Value::as_object) {
            let own = fields.keys().filter(|key| !key.starts_with("@odata."));
            seen.extend(own.cloned());
        }
    }
}

/// Fields that only calls bring about which the walk does not make.
const RARE: &[(&str, &str)] = &[
    ("Alert", "recommendedAction"),
    ("RouteView", "permissions"),
    ("Invitation", "user_code"),
    ("Invitation", "client_id"),
    ("Invitation", "until"),
    ("Invitation", "decision"),
];

#[tokio::test]
async fn every_route_that_reads_answers_as_the_document_says() {
    let mut walk = Walk::begin().await;
    let operations = walk.document.operations();
    let reading = operations
        .iter()
        .filter(|one| one.method == "GET" && one.is_emulated() && one.tag() != "storage");
    let mut walked = 0;
    for operation in reading {
        walk.read(operation).await;
        walked += 1;
    }
    assert!(walked > 60, "{walked}");
    walk.read_alerts(&operations).await;
    for folder in ["tvm-export", "investigation-packages", "live-response"] {
        assert!(walk.seen.contains_key(folder), "no link led to {folder}");
    }
    let declared = walk.document.fields();
    for (name, seen) in &walk.seen {
        let Some(declared) = declared.get(name) else {
            continue;
        };
        let declared: BTreeSet<String> = declared.iter().cloned().collect();
        let missing: Vec<&String> = declared
            .difference(seen)
            .filter(|field| !RARE.contains(&(name, field)))
            .collect();
        assert!(missing.is_empty(), "{name}: never answered: {missing:?}");
    }
}

#[tokio::test]
async fn every_count_is_the_length_of_its_list() {
    let walk = Walk::begin().await;
    let mut counted = 0;
    for operation in walk.document.operations() {
        let Some(list) = operation.path.strip_suffix("/$count") else {
            continue;
        };
        let list = walk.filled(list).unwrap();
        let page = walk.call("GET", &list, None).await;
        let length = page["value"].as_array().unwrap().len();
        let count = walk.call("GET", &format!("{list}/$count"), None).await;
        assert_eq!(count, json!(length), "{list}");
        let none = format!("{list}/$count?$filter=1 eq 2");
        assert_eq!(walk.call("GET", &none, None).await, json!(0), "{list}");
        counted += 1;
    }
    assert_eq!(counted, 10);
}

#[tokio::test]
async fn what_the_twin_only_knows_is_on_the_page() {
    let twin = TestTwin::new().await;
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/twin-openapi.md");
    let page = std::fs::read_to_string(page).unwrap();
    for operation in Document::of(&twin).await.operations() {
        let line = format!("- `{} {}`", operation.method, operation.path);
        assert_eq!(page.contains(&line), !operation.is_emulated(), "{line}");
    }
}

#[tokio::test]
async fn hunting_answers_as_the_document_says() {
    let twin = TestTwin::with(generated).await;
    let document = Document::of(&twin).await;
    let operations = document.operations();
    let hunting = |operation: &&Operation| {
        operation.path.ends_with("/run") || operation.path == "/v1.0/security/runHuntingQuery"
    };
    let queries = [
        ("DeviceProcessEvents | take 3", 200),
        ("DeviceInfo | where false", 200),
        ("Nothing | take 1", 400),
        ("DeviceInfo |", 400),
        ("DeviceInfo | evaluate python(typeof(*), 'x')", 501),
    ];
    let mut hunted = 0;
    for operation in operations.iter().filter(hunting) {
        let token = twin.own_token(operation.audience().unwrap()).await;
        for (query, status) in queries {
            let body = json!({"Query": query});
            let response = twin.send(&token, "POST", &operation.path, Some(body)).await;
            let answer = Answer::read(response).await;
            assert_eq!(answer.status, status, "{query}: {}", answer.json());
            assert_eq!(document.objection(operation, &answer), None, "{query}");
            hunted += 1;
        }
    }
    assert_eq!(hunted, 15);
}
