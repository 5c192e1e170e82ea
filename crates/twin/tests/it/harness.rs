//! A twin on a free port, and a client that knows its way.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tesem_twin::{FixedTwinClock, RunningTwin, TwinOptions, TwinSource, start};

pub(crate) const NOW: &str = "2026-10-15T12:00:00Z";
pub(crate) const TENANT: &str = "11111111-0000-4000-8000-000000000001";
pub(crate) const APP: &str = "22222222-0000-4000-8000-000000000002";
pub(crate) const SECRET: &str = "s3cret~A";
/// An app that nobody granted anything.
pub(crate) const BARE_APP: &str = "33333333-0000-4000-8000-000000000003";
pub(crate) const BARE_SECRET: &str = "s3cret~B";
/// A second app with every role.
pub(crate) const OTHER_APP: &str = "44444444-0000-4000-8000-000000000004";
pub(crate) const OTHER_SECRET: &str = "s3cret~C";

pub(crate) const MDE_AUDIENCE: &str = "https://api.securitycenter.microsoft.com";
pub(crate) const XDR_AUDIENCE: &str = "https://api.security.microsoft.com";
pub(crate) const GRAPH_AUDIENCE: &str = "https://graph.microsoft.com";

/// The three ways to hunt.
pub(crate) const FACES: [Face; 3] = [
    Face {
        name: "mde",
        path: "/api/advancedqueries/run",
        audience: MDE_AUDIENCE,
        role: "AdvancedQuery.Read.All",
    },
    Face {
        name: "xdr",
        path: "/api/advancedhunting/run",
        audience: XDR_AUDIENCE,
        role: "AdvancedHunting.Read.All",
    },
    Face {
        name: "graph",
        path: "/v1.0/security/runHuntingQuery",
        audience: GRAPH_AUDIENCE,
        role: "ThreatHunting.Read.All",
    },
];

#[derive(Debug, Clone, Copy)]
pub(crate) struct Face {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) audience: &'static str,
    pub(crate) role: &'static str,
}

pub(crate) struct TestTwin {
    pub(crate) twin: RunningTwin,
    pub(crate) client: Client,
    _directory: TempDir,
}

/// A data directory with three apps and a few rows.
pub(crate) fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let tenant = json!({
        "tenant_id": TENANT,
        "name": "Contoso",
        "domains": ["contoso.example"],
        "apps": [
            {"client_id": APP, "client_secret": SECRET, "public_client": true},
            {"client_id": BARE_APP, "client_secret": BARE_SECRET, "roles": []},
            {"client_id": OTHER_APP, "client_secret": OTHER_SECRET},
        ],
    });
    fs::write(directory.path().join("tenant.json"), tenant.to_string()).unwrap();
    write_rows(directory.path(), "DeviceNetworkEvents", &network_rows());
    write_rows(
        directory.path(),
        "EmailEvents",
        &[json!({"Timestamp": "2026-10-14T00:00:00Z", "Subject": "hello"})],
    );
    directory
}

pub(crate) fn write_rows(directory: &Path, table: &str, rows: &[Value]) {
    let tables = directory.join("tables");
    fs::create_dir_all(&tables).unwrap();
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    fs::write(tables.join(format!("{table}.jsonl")), lines.join("\n")).unwrap();
}

/// The same directory with machines, alerts, users and files.
pub(crate) fn populated() -> TempDir {
    let directory = directory();
    let write = |name: &str, value: Value| {
        fs::write(directory.path().join(name), value.to_string()).unwrap();
    };
    write(
        "machines.json",
        json!([
            machine(
                1,
                "alpha.contoso.example",
                "Windows11",
                "Active",
                &["VIP", "crown jewels"]
            ),
            machine(2, "bravo.contoso.example", "Linux", "Active", &[]),
            machine(
                3,
                "charlie.contoso.example",
                "Windows10",
                "Inactive",
                &["VIP"]
            ),
        ]),
    );
    write(
        "alerts.json",
        json!([
            alert(1, 1, "High", "New"),
            alert(2, 1, "Low", "Resolved"),
            alert(3, 2, "Medium", "New")
        ]),
    );
    write(
        "logonusers.json",
        json!({machine_id(1): [{"id": "contoso\\mona", "accountName": "mona", "accountDomain": "contoso"}]}),
    );
    write(
        "files.json",
        json!([{"sha1": SHA1, "sha256": SHA256, "md5": "0".repeat(32), "globalPrevalence": 12,
                                "determinationType": "Malware"}]),
    );
    directory
}

pub(crate) const SHA1: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const SHA256: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

pub(crate) fn machine_id(number: u32) -> String {
    format!("{number:040x}")
}

fn machine(number: u32, name: &str, platform: &str, health: &str, tags: &[&str]) -> Value {
    json!({
        "id": machine_id(number), "computerDnsName": name, "osPlatform": platform, "healthStatus": health,
        "lastSeen": format!("2026-10-15T0{number}:00:00Z"), "lastIpAddress": format!("10.0.0.{number}"),
        "rbacGroupId": number, "rbacGroupName": "Everyone", "machineTags": tags, "riskScore": "None",
        "exposureLevel": "Low", "deviceValue": "Normal", "onboardingStatus": "Onboarded", "aadDeviceId": null,
    })
}

fn alert(number: u32, machine: u32, severity: &str, status: &str) -> Value {
    json!({
        "id": format!("da{number}_1"), "incidentId": 10 + machine, "severity": severity, "status": status,
        "title": format!("Alert {number}"), "machineId": machine_id(machine), "computerDnsName": "x",
        "alertCreationTime": format!("2026-10-1{number}T00:00:00Z"), "lastUpdateTime": "2026-10-14T00:00:00Z",
        "firstEventTime": "2026-10-10T00:00:00Z", "lastEventTime": "2026-10-11T00:00:00Z",
        "relatedUser": if number == 1 { json!({"userName": "mona", "domainName": "contoso"}) } else { Value::Null },
        "comments": [], "evidence": [
            {"entityType": "File", "sha1": SHA1, "fileName": "evil.exe"},
            {"entityType": "Ip", "ipAddress": "203.0.113.7"},
            {"entityType": "Url", "url": "https://a.evil.example/gate"},
        ],
    })
}

/// Rows of 1 h, 1 day, 29 days and 31 days ago, and of in one hour.
fn network_rows() -> Vec<Value> {
    let row = |time: &str, url: &str| json!({"Timestamp": time, "DeviceName": "alpha", "RemoteUrl": url, "RemotePort": 443});
    vec![
        row("2026-10-15T11:00:00Z", "hour.example"),
        row("2026-10-14T12:00:00Z", "day.example"),
        row("2026-09-16T12:00:00Z", "month.example"),
        row("2026-09-14T12:00:00Z", "old.example"),
        row("2026-10-15T13:00:00Z", "future.example"),
    ]
}

impl TestTwin {
    /// On [`directory`], at [`NOW`], with the documented quotas.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut TwinOptions)) -> Self {
        Self::on(directory(), change).await
    }

    pub(crate) async fn on(directory: TempDir, change: impl FnOnce(&mut TwinOptions)) -> Self {
        let mut options = TwinOptions::new(TwinSource::Directory(directory.path().to_owned()));
        options.clock = Arc::new(FixedTwinClock(NOW.parse().unwrap()));
        change(&mut options);
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let twin = start(options, listen).await.unwrap();
        Self {
            twin,
            client: client(),
            _directory: directory,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.twin.base_url())
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Response {
        self.client
            .post(self.url(path))
            .json(body)
            .send()
            .await
            .unwrap()
    }

    /// Posts a form to the v2 token endpoint of `tenant`.
    pub(crate) async fn sign_in(&self, tenant: &str, form: &[(&str, &str)]) -> Response {
        let url = self.url(&format!("/{tenant}/oauth2/v2.0/token"));
        self.client.post(url).form(form).send().await.unwrap()
    }

    /// A token of an app of the directory's tenant for an audience.
    pub(crate) async fn token_of(&self, app: &str, secret: &str, audience: &str) -> String {
        self.token_in(TENANT, app, secret, audience).await
    }

    pub(crate) async fn token_in(
        &self,
        tenant: &str,
        app: &str,
        secret: &str,
        audience: &str,
    ) -> String {
        let scope = format!("{audience}/.default");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", app),
            ("client_secret", secret),
            ("scope", &scope),
        ];
        let (status, body) = parts(self.sign_in(tenant, &form).await).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn token(&self, audience: &str) -> String {
        self.token_of(APP, SECRET, audience).await
    }

    /// Posts a body to a hunting endpoint.
    pub(crate) async fn hunt_raw(
        &self,
        face: Face,
        token: &str,
        body: impl Into<reqwest::Body>,
    ) -> Response {
        self.client
            .post(self.url(face.path))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn hunt(&self, face: Face, token: &str, query: &str) -> Response {
        self.hunt_raw(face, token, json!({"Query": query}).to_string())
            .await
    }

    /// The status and the JSON of a query through a face, with a fresh token.
    pub(crate) async fn query(&self, face: Face, query: &str) -> (u16, Value) {
        let token = self.token(face.audience).await;
        parts(self.hunt(face, &token, query).await).await
    }

    /// Status and JSON of a call of Defender for Endpoint by the app with every role.
    pub(crate) async fn api(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.api_as(APP, SECRET, method, path, body).await
    }

    /// The same by another app.
    pub(crate) async fn api_as(
        &self,
        app: &str,
        secret: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let audience = if path.starts_with("/v1.0/") {
            GRAPH_AUDIENCE
        } else {
            MDE_AUDIENCE
        };
        let token = self.token_of(app, secret, audience).await;
        parts(self.send(&token, method, path, body).await).await
    }

    pub(crate) async fn send(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Response {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            self.url(path)
        };
        let request = self
            .client
            .request(method.parse().unwrap(), url)
            .bearer_auth(token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.unwrap()
    }

    pub(crate) async fn advance(&self, duration: &str) {
        let body = json!({"advance": duration});
        assert_eq!(self.post_json("/_twin/clock", &body).await.status(), 200);
    }

    pub(crate) async fn inject(&self, rule: Value) {
        let (status, body) = parts(self.post_json("/_twin/faults", &rule).await).await;
        assert_eq!(status, 200, "{body}");
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.twin.now()
    }
}

/// Status and JSON of an answer; null for no body.
pub(crate) async fn parts(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.unwrap();
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap()
    };
    (status, body)
}

/// A client that neither retries nor asks a proxy.
pub(crate) fn client() -> Client {
    // Another test of this process may have installed it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}

/// The rows of a result of any face.
pub(crate) fn rows(body: &Value) -> &Vec<Value> {
    let results = body.get("Results").or_else(|| body.get("results"));
    results
        .and_then(Value::as_array)
        .unwrap_or_else(|| panic!("no result: {body}"))
}
