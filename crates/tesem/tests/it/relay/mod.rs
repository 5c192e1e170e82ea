//! `tesem relay`: the program between clients over HTTP and the twin.

mod actions;
mod authentication;
mod calls;
mod disturbed;
mod events;
mod failures;
mod hostile;
mod payloads;
mod routes;
mod service;
mod sightings;
mod tenant;
mod tokens;

#[path = "../../../../relay/tests/it/ctim.rs"]
mod ctim;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr};
use std::sync::mpsc;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tesem_twin::{QuotaSetting, TwinOptions, TwinSource};
use tokio::runtime::Runtime;

use crate::world::{World, http_client};
use tenant::Tenant;
use tokens::Token;

/// The secret that the relay and its clients share.
const SECRET: &str = "a secret that client and relay share";

/// What the configuration of a relay over a twin without quotas begins with.
const RELAY: &str = "\n[relay]\nquota = \"off\"\nsecret_key = { env = \"RELAY_SECRET\" }\naudit = \"audit.jsonl\"\n";

/// A relay that serves, and the twin that it asks.
struct Relay {
    world: World,
    runtime: Runtime,
    client: Client,
    origin: String,
    process: Child,
    log: mpsc::Receiver<String>,
}

impl Relay {
    /// Over the known tenant.
    fn new() -> Self {
        Self::configured("")
    }

    /// Over the known tenant, with more in its `[relay]`.
    fn configured(more: &str) -> Self {
        Self::over(world(), more, &[])
    }

    fn over(world: World, more: &str, environment: &[(&str, &str)]) -> Self {
        world.configure(&format!("{RELAY}{more}"));
        Self::started(world, &[], environment)
    }

    /// With a configuration that is there already.
    fn started(world: World, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let arguments = [&["relay", "--listen", "127.0.0.1:0"], arguments].concat();
        let environment = [&[("RELAY_SECRET", SECRET)], environment].concat();
        let mut process = world.start_in(&arguments, &environment);
        let (said, log) = mpsc::channel();
        let lines = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || tell(lines, &said));
        let origin = log.iter().find_map(|line| origin(&line));
        Self {
            origin: origin.unwrap_or_else(|| panic!("the relay does not listen")),
            runtime: Runtime::new().unwrap(),
            client: http_client(),
            process,
            log,
            world,
        }
    }

    /// Sends a request as it is.
    fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Response {
        let url = format!("{}{path}", self.origin);
        let mut request = self.client.request(method, url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(request.send()).unwrap()
    }

    /// The answer to `body` of whoever has `token`.
    #[track_caller]
    fn answer_as(&self, token: &str, path: &str, body: impl Into<reqwest::Body>) -> Value {
        let bearer = format!("Bearer {token}");
        let response = self.send(Method::POST, path, &[("Authorization", &bearer)], body);
        self.envelope(response)
    }

    /// The answer to somebody without a token.
    #[track_caller]
    fn answer_unknown(&self, path: &str, body: impl Into<reqwest::Body>) -> Value {
        self.envelope(self.send(Method::POST, path, &[], body))
    }

    /// The answer to the tenant's app.
    #[track_caller]
    fn answer(&self, path: &str, body: &Value) -> Value {
        self.answer_as(&self.token().signed(), path, body.to_string())
    }

    /// What is known of an observable.
    #[track_caller]
    fn observe(&self, kind: &str, value: &str) -> Value {
        self.answer("/observe/observables", &one(kind, value))
    }

    #[track_caller]
    fn envelope(&self, response: Response) -> Value {
        assert_eq!(response.status(), 200);
        let kind = response.headers()["content-type"].to_str().unwrap();
        assert!(kind.starts_with("application/json"), "{kind}");
        self.runtime.block_on(response.json()).unwrap()
    }

    #[track_caller]
    fn body(&self, response: Response) -> String {
        self.runtime.block_on(response.text()).unwrap()
    }

    /// A token for the tenant's app.
    fn token(&self) -> Token {
        let tenant = self.world.twin().tenant();
        Token::hs256(json!({
            "tenant_id": tenant.tenant_id,
            "client_id": tenant.apps[0].client_id,
            "client_secret": self.world.secret(),
            "sub": "ann",
        }))
    }

    /// The calls that the twin got since `before`, without sign-in: method, path and query.
    fn calls_since(&self, before: usize) -> Vec<String> {
        let calls = self.world.twin().calls();
        let asked = calls.iter().skip(before);
        asked
            .filter(|call| !call.path.contains("/oauth2/"))
            .map(|call| format!("{} {}", call.method, call.path))
            .collect()
    }

    /// Waits until the twin has answered a call whose path ends so.
    fn await_call(&self, path: &str) {
        while !self
            .world
            .twin()
            .calls()
            .iter()
            .any(|call| call.path.ends_with(path))
        {
            self.world.pause();
        }
    }

    /// The records of actions so far.
    fn audit(&self) -> Vec<Value> {
        let path = self.world.folder.path().join("audit.jsonl");
        let text = std::fs::read_to_string(path).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// What the twin answers to the tenant's app.
    fn read(&self, path: &str) -> Value {
        let (base, tenant) = (self.world.twin().base_url(), self.world.twin().tenant());
        let token = self.world.post_form(
            &format!("{}/oauth2/v2.0/token", tenant.tenant_id),
            &[
                ("grant_type", "client_credentials"),
                ("client_id", &tenant.apps[0].client_id),
                ("client_secret", &self.world.secret()),
                ("scope", "https://api.securitycenter.microsoft.com/.default"),
            ],
        );
        let request = self.client.get(format!("{base}{path}"));
        let request = request.bearer_auth(token["access_token"].as_str().unwrap());
        self.envelope(self.runtime.block_on(request.send()).unwrap())
    }

    /// Ends the process at once, and gives what it logged until then.
    fn end(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.log.iter().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn tell(lines: BufReader<ChildStderr>, said: &mpsc::Sender<String>) {
    for line in lines.lines() {
        let Ok(line) = line else { return };
        if said.send(line).is_err() {
            return;
        }
    }
}

/// Where the relay listens, if `line` says so.
fn origin(line: &str) -> Option<String> {
    let from = line.find("http")?;
    let is_told = line.contains("relay on ") || line.contains("listening");
    let end = |letter: char| letter == ' ' || letter == '"';
    let origin = line.get(from..)?.split(end).next()?;
    is_told.then(|| origin.to_owned())
}

/// A twin of the known tenant without quotas.
fn world() -> World {
    world_within(QuotaSetting::Off)
}

fn world_within(quota: QuotaSetting) -> World {
    let data = tempfile::tempdir().unwrap();
    Tenant::now().write(data.path());
    // The twin reads the directory when it starts.
    World::serving(TwinOptions {
        quota,
        ..TwinOptions::new(TwinSource::Directory(data.path().to_owned()))
    })
}

/// A list of one observable.
fn one(kind: &str, value: &str) -> Value {
    json!([{ "type": kind, "value": value }])
}

/// An envelope with one failure.
fn failed(code: &str, message: &str) -> Value {
    json!({ "errors": [failure(code, message)] })
}

fn failure(code: &str, message: &str) -> Value {
    json!({ "code": code, "message": message, "type": "fatal" })
}

/// The sightings of an answer.
fn docs(answer: &Value) -> &[Value] {
    answer
        .pointer("/data/sightings/docs")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Standard output of a process that has ended.
fn stdout_of(process: &mut Child) -> String {
    let mut text = String::new();
    process
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}
