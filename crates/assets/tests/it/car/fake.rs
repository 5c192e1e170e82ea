//! A small service of Connected Assets and Risk: its database, jobs, imports, sessions and graph, and failures by script.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::{Body, Bytes};
use axum::extract::OriginalUri;
use axum::http::{HeaderMap, Method, Response};
use serde_json::{Map, Value as Json, json};
use tesem_assets::{EdgeKind, NodeKind};

/// A call that the service got.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Method and path below the version.
    pub(crate) line: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Json,
    pub(crate) authorization: String,
}

/// What goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// A status with a body, and nothing is done.
    Status(u16, Json),
    /// The connection breaks, and nothing is done.
    Lost,
    /// What is asked is done, and the connection breaks.
    LostAfter,
}

#[derive(Debug)]
struct Scripted {
    line: &'static str,
    skip: usize,
    times: usize,
    fault: Fault,
}

/// A database in one of its states.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    Missing,
    NoGraph,
    NoIndexes,
    /// Ready after so many looks.
    Starting(usize),
    Ready,
}

/// How a job or an import ends, after how many looks.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) looks: usize,
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Done,
    /// `error_imports` with this entry besides the id.
    Failed(Json),
    NotFound,
    /// Listed nowhere, for ever.
    Silent,
}

pub(crate) const DONE: Ending = Ending {
    looks: 0,
    outcome: Outcome::Done,
};

type NodeId = (String, String);
type EdgeId = (String, String, String);

#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) save_point: String,
    pub(crate) is_in_session: bool,
    nodes_in_session: BTreeSet<NodeId>,
    edges_in_session: BTreeSet<EdgeId>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) database: Database,
    pub(crate) source: Option<Source>,
    /// Active nodes and edges by collection and ids.
    pub(crate) nodes: BTreeMap<NodeId, Json>,
    pub(crate) edges: BTreeMap<EdgeId, Json>,
    /// Edges that were patched to be no longer active.
    closed: BTreeSet<EdgeId>,
    pub(crate) calls: Vec<Call>,
    pub(crate) job_ending: Ending,
    pub(crate) import_ending: Ending,
    pub(crate) outstanding_max: usize,
    pub(crate) has_graphql: bool,
    pub(crate) schema: Json,
    /// How often each object was imported.
    pub(crate) arrivals: BTreeMap<EdgeId, usize>,
    script: Vec<Scripted>,
    jobs: Vec<(Ending, Json)>,
    imports: BTreeMap<String, (Ending, Json)>,
}

pub(crate) struct FakeCar {
    pub(crate) url: url::Url,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

impl FakeCar {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::new()));
        let shared = Arc::clone(&state);
        let handler = move |method: Method,
                            OriginalUri(uri): OriginalUri,
                            headers: HeaderMap,
                            body: Bytes| {
            let shared = Arc::clone(&shared);
            async move {
                let query = uri.query().unwrap_or_default().as_bytes();
                let authorization = headers.get("authorization");
                let path = uri.path().strip_prefix("/api/car").unwrap();
                let call = Call {
                    line: format!("{method} {path}"),
                    query: url::form_urlencoded::parse(query).into_owned().collect(),
                    body: serde_json::from_slice(&body).unwrap_or_default(),
                    authorization: authorization.unwrap().to_str().unwrap().to_owned(),
                };
                let answer = shared.lock().unwrap().answer(&call);
                let Some((status, json)) = answer else {
                    // Ends the connection without an answer.
                    std::panic::resume_unwind(Box::new("lost"));
                };
                let mut response = Response::builder().status(status);
                if status == 302 {
                    response = response.header("location", "/api/car/v2/elsewhere");
                }
                response.body(Body::from(json.to_string())).unwrap()
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/car/v2", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(handler);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url: url.parse().unwrap(),
            state,
            task,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Fails calls whose line begins so, after `skip` of them and `times` times.
    pub(crate) fn fail(&self, line: &'static str, skip: usize, times: usize, fault: Fault) {
        let scripted = Scripted {
            line,
            skip,
            times,
            fault,
        };
        self.state().script.push(scripted);
    }

    /// The lines of the calls since the last time.
    pub(crate) fn lines(&self) -> Vec<String> {
        let calls = std::mem::take(&mut self.state().calls);
        calls.into_iter().map(|call| call.line).collect()
    }

    pub(crate) fn save_point(&self) -> Option<String> {
        let state = self.state();
        state
            .source
            .as_ref()
            .map(|source| source.save_point.clone())
    }
}

impl Drop for FakeCar {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Answer = (u16, Json);

impl State {
    fn new() -> Self {
        Self {
            database: Database::Ready,
            source: None,
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
            closed: BTreeSet::new(),
            calls: Vec::new(),
            job_ending: DONE,
            import_ending: DONE,
            outstanding_max: 0,
            has_graphql: true,
            schema: schema(),
            arrivals: BTreeMap::new(),
            script: Vec::new(),
            jobs: Vec::new(),
            imports: BTreeMap::new(),
        }
    }

    /// Nothing where the connection is to break.
    fn answer(&mut self, call: &Call) -> Option<Answer> {
        self.calls.push(call.clone());
        match self.fault(&call.line) {
            Some(Fault::Status(status, body)) => Some((status, body)),
            Some(Fault::Lost) => None,
            Some(Fault::LostAfter) => {
                self.act(call);
                None
            }
            None => Some(self.act(call)),
        }
    }

    fn fault(&mut self, line: &str) -> Option<Fault> {
        for scripted in &mut self.script {
            if !line.starts_with(scripted.line) || scripted.times == 0 {
                continue;
            }
            if scripted.skip > 0 {
                scripted.skip -= 1;
                continue;
            }
            scripted.times -= 1;
            return Some(scripted.fault.clone());
        }
        None
    }

    fn act(&mut self, call: &Call) -> Answer {
        let parts: Vec<&str> = call
            .line
            .split(['/', ' '])
            .filter(|part| !part.is_empty())
            .collect();
        match parts[..] {
            ["GET", "v2", "databases"] => self.databases(),
            ["POST" | "PATCH", "v2", "databases"] => self.job(json!({"database": call.body})),
            ["GET", "v2", "jobstatus", id] => self.job_status(id),
            ["POST", "v2", "source", _, "full-import-in-progress"] => self.open(),
            ["DELETE", "v2", "source", _, "full-import-in-progress"] => self.close(),
            ["POST", "v2", "imports"] => self.import(call),
            ["GET", "v2", "importstatus"] => self.import_status(call),
            ["GET", "v2", "source", _] => match &self.source {
                Some(source) => (200, json!({"model_state_id": source.save_point})),
                None => (404, json!({"message": "no such source"})),
            },
            ["PATCH", "v2", "source"] => match &mut self.source {
                Some(source) => {
                    source.save_point = call.body["model_state_id"].as_str().unwrap().to_owned();
                    (200, json!({}))
                }
                None => (404, json!({})),
            },
            ["DELETE", "v2", "source", _, "asset"] => self.delete_assets(call),
            ["PATCH", "v2", edge] => self.patch_edge(edge, call),
            ["GET", "v3", "importSchema"] => (200, json!({"version": "v2", "schema": self.schema})),
            ["POST", "v3", "query"] if self.has_graphql => self.query(call),
            _ => (404, json!({"message": "not found"})),
        }
    }

    fn databases(&mut self) -> Answer {
        let entry = match &mut self.database {
            Database::Missing => return (400, json!({"message": "no database"})),
            Database::NoGraph => json!({"graph_name": "", "is_ready": false}),
            Database::NoIndexes => {
                json!({"graph_name": "assets", "collections_without_indexes": ["asset"], "is_ready": false})
            }
            Database::Starting(0) => json!({"graph_name": "assets", "is_ready": true}),
            Database::Starting(looks) => {
                *looks -= 1;
                json!({"graph_name": "assets", "collections_without_indexes": [], "is_ready": false})
            }
            Database::Ready => json!({"graph_name": "assets", "is_ready": true}),
        };
        (200, json!({"databases": [entry]}))
    }

    fn job(&mut self, effect: Json) -> Answer {
        self.jobs.push((self.job_ending.clone(), effect));
        (202, json!({"job_id": (self.jobs.len() - 1).to_string()}))
    }

    fn job_status(&mut self, id: &str) -> Answer {
        let Some((ending, effect)) = self.jobs.get_mut(id.parse::<usize>().unwrap()) else {
            return (404, json!({}));
        };
        if ending.looks > 0 {
            ending.looks -= 1;
            return (200, json!({"status": "INPROGRESS"}));
        }
        if !matches!(ending.outcome, Outcome::Done) {
            return (200, json!({"status": "ERROR"}));
        }
        if effect.get("database").is_some() {
            self.database = Database::Ready;
        }
        (200, json!({"status": "COMPLETE"}))
    }

    fn open(&mut self) -> Answer {
        let source = self.source.get_or_insert_default();
        if source.is_in_session {
            return (409, json!({"message": "a full import is in progress"}));
        }
        source.is_in_session = true;
        source.nodes_in_session.clear();
        source.edges_in_session.clear();
        self.job(json!({}))
    }

    /// Closes what was not imported in the session.
    fn close(&mut self) -> Answer {
        let Some(source) = self.source.as_mut().filter(|source| source.is_in_session) else {
            return (404, json!({"message": "no full import is in progress"}));
        };
        source.is_in_session = false;
        let nodes = std::mem::take(&mut source.nodes_in_session);
        let edges = std::mem::take(&mut source.edges_in_session);
        self.nodes.retain(|id, _| nodes.contains(id));
        self.edges.retain(|id, _| edges.contains(id));
        self.job(json!({}))
    }

    fn import(&mut self, call: &Call) -> Answer {
        let id = format!("import-{}", self.imports.len());
        let ending = self.import_ending.clone();
        self.imports.insert(id.clone(), (ending, call.body.clone()));
        let open = self.imports.values().filter(|(_, body)| !body.is_null());
        self.outstanding_max = self.outstanding_max.max(open.count());
        (
            202,
            json!({"id": id, "status": "INPROGRESS", "message": "accepted"}),
        )
    }

    fn import_status(&mut self, call: &Call) -> Answer {
        let mut lists: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
        for id in call.query["ids"].split(',') {
            let Some((ending, body)) = self.imports.get_mut(id) else {
                lists
                    .entry("notfound_imports")
                    .or_default()
                    .push(json!({"id": id}));
                continue;
            };
            if ending.looks > 0 {
                ending.looks -= 1;
                lists
                    .entry("incomplete_imports")
                    .or_default()
                    .push(json!({"id": id}));
                continue;
            }
            match ending.outcome.clone() {
                Outcome::Done => {
                    let body = body.take();
                    self.apply(body);
                    lists
                        .entry("complete_imports")
                        .or_default()
                        .push(json!({"id": id}));
                }
                Outcome::Failed(mut entry) => {
                    entry["id"] = id.into();
                    lists.entry("error_imports").or_default().push(entry);
                }
                Outcome::NotFound => lists
                    .entry("notfound_imports")
                    .or_default()
                    .push(json!({"id": id})),
                Outcome::Silent => {}
            }
        }
        // Imports of others do not matter.
        let strange = json!({"id": "somebody-elses", "error": "bad", "statusCode": 422});
        lists.entry("error_imports").or_default().push(strange);
        (200, json!(lists))
    }

    fn apply(&mut self, body: Json) {
        let Json::Object(envelope) = body else { return };
        let source = self.source.get_or_insert_default();
        for (collection, objects) in &envelope {
            let Some(objects) = objects.as_array() else {
                continue;
            };
            for object in objects {
                let edge = EdgeKind::named(collection);
                let arrival = if edge.is_some() {
                    let id = (collection.clone(), end(object, "_from"), end(object, "_to"));
                    source.edges_in_session.insert(id.clone());
                    self.edges.insert(id.clone(), object.clone());
                    id
                } else {
                    let key = object.get("external_id").or(object.get("_key")).unwrap();
                    let id = (collection.clone(), key.as_str().unwrap().to_owned());
                    source.nodes_in_session.insert(id.clone());
                    self.nodes.insert(id.clone(), object.clone());
                    (id.0, id.1, String::new())
                };
                *self.arrivals.entry(arrival).or_default() += 1;
            }
        }
    }

    fn patch_edge(&mut self, collection: &str, call: &Call) -> Answer {
        let bare = |name: &str| call.query[name].trim_start_matches("0/").to_owned();
        let id = (collection.to_owned(), bare("from"), bare("to"));
        let Some(edge) = self.edges.get_mut(&id) else {
            let is_known = self.closed.contains(&id);
            return (if is_known { 200 } else { 404 }, json!({}));
        };
        if call.body["active"] == false {
            self.edges.remove(&id);
            self.closed.insert(id);
        } else {
            edge["last_modified"] = call.body["last_modified"].clone();
        }
        (200, json!({}))
    }

    fn delete_assets(&mut self, call: &Call) -> Answer {
        for id in call.query["external_ids"].split(',') {
            self.nodes.remove(&("asset".to_owned(), id.to_owned()));
            self.edges.retain(|(collection, from, _), _| {
                !(collection.starts_with("asset_") && from == id)
            });
        }
        (200, json!({}))
    }

    /// Understands what `{ collection(where…, limit: n, offset: n) {…} }` asks for.
    fn query(&self, call: &Call) -> Answer {
        let text = call.body["query"].as_str().unwrap();
        let collection = text[2..].split('(').next().unwrap();
        let number = |name: &str| -> usize {
            let (_, rest) = text.split_once(name).unwrap();
            rest.split([',', ')'])
                .next()
                .unwrap()
                .trim()
                .parse()
                .unwrap()
        };
        let source = text.split('"').nth(1).unwrap();
        let rows: Vec<Json> = match EdgeKind::named(collection) {
            Some(kind) => self.edge_rows(kind, source),
            None => self.node_rows(collection),
        };
        let page: Vec<Json> = rows
            .into_iter()
            .skip(number("offset:"))
            .take(number("limit:"))
            .collect();
        (200, json!({"data": {collection: page}}))
    }

    fn node_rows(&self, collection: &str) -> Vec<Json> {
        let nodes = self.nodes.iter().filter(|((of, _), _)| of == collection);
        let row = |((_, key), said): (&NodeId, &Json)| {
            let mut row = said.clone();
            let region = if collection == "ipaddress" { "0/" } else { "" };
            row["external_id"] = format!("{region}{key}").into();
            row
        };
        nodes.map(row).collect()
    }

    fn edge_rows(&self, kind: EdgeKind, source: &str) -> Vec<Json> {
        let (from, to) = kind.ends();
        let edges = self.edges.keys().filter(|(of, _, _)| of == kind.name());
        let name = |kind: NodeKind, key: &str| {
            let region = if kind == NodeKind::IpAddress {
                "0/"
            } else {
                ""
            };
            format!("{source}/{region}{key}")
        };
        let row = |(_, begin, end): &EdgeId| {
            let mut row = Map::new();
            row.insert(format!("{from}_id"), name(from, begin).into());
            row.insert(format!("{to}_id"), name(to, end).into());
            Json::Object(row)
        };
        edges.map(row).collect()
    }
}

fn end(edge: &Json, side: &str) -> String {
    if let Some(id) = edge.get(format!("{side}_external_id")) {
        return id.as_str().unwrap().to_owned();
    }
    let (_, key) = edge[side].as_str().unwrap().split_once('/').unwrap();
    key.to_owned()
}

fn schema() -> Json {
    let mut properties = Map::new();
    for kind in NodeKind::ALL {
        let required = match kind {
            NodeKind::Hostname => json!(["host_name", "external_id"]),
            NodeKind::IpAddress | NodeKind::MacAddress => json!(["_key"]),
            NodeKind::User => json!(["external_id"]),
            _ => json!(["external_id", "name"]),
        };
        properties.insert(
            kind.name().to_owned(),
            json!({"items": {"required": required}}),
        );
    }
    for kind in EdgeKind::ALL {
        if kind != EdgeKind::AccountVulnerability {
            properties.insert(kind.name().to_owned(), json!({"items": {}}));
        }
    }
    json!({"properties": properties})
}
