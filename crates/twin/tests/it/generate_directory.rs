//! A generated tenant as a data directory.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use tesem_twin::generate::GenerateOptions;
use tesem_twin::{
    FixedTwinClock, PreparedTenant, QuotaSetting, RunningTwin, TwinOptions, TwinSource, start,
    write_generated, write_generated_observed,
};

use crate::harness::client;

const UNTIL: &str = "2026-10-15T12:00:00Z";

fn options() -> GenerateOptions {
    GenerateOptions {
        seed: 3,
        devices: 24,
        days: 3,
        until: UNTIL.parse().unwrap(),
        activity: 0,
    }
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in [directory.to_owned(), directory.join("tables")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(directory).unwrap().display().to_string();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

async fn serve(source: TwinSource) -> RunningTwin {
    let mut options = TwinOptions::new(source);
    let now: Timestamp = UNTIL.parse().unwrap();
    options.clock = Arc::new(FixedTwinClock(now));
    options.quota = QuotaSetting::Off;
    start(options, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap()
}

async fn token(twin: &RunningTwin, audience: &str) -> String {
    use secrecy::ExposeSecret as _;
    let app = &twin.tenant().apps[0];
    let scope = format!("{audience}/.default");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", app.client_id.as_str()),
        ("client_secret", app.client_secret.expose_secret()),
        ("scope", &scope),
    ];
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        twin.base_url(),
        twin.tenant().tenant_id
    );
    let answer = client().post(url).form(&form).send().await.unwrap();
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn the_same_options_give_the_same_bytes_and_a_full_directory_is_refused() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let written = write_generated(&options(), one.path()).unwrap();
    write_generated(&options(), other.path()).unwrap();
    let (one_files, other_files) = (files(one.path()), files(other.path()));
    assert_eq!(
        one_files.keys().collect::<Vec<_>>(),
        other_files.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &one_files {
        assert!(other_files[name] == *bytes, "{name} differs");
    }
    assert_eq!(written.entities["machines"], 24);
    assert!(written.rows["DeviceProcessEvents"] > 1_000);
    let error = write_generated(&options(), one.path())
        .unwrap_err()
        .to_string();
    assert!(error.contains("is not empty"), "{error}");
}

#[test]
fn a_stopped_writer_leaves_nothing_behind() {
    let parent = tempfile::tempdir().unwrap();
    let (absent, empty) = (parent.path().join("absent"), parent.path().join("empty"));
    fs::create_dir(&empty).unwrap();
    for out in [&absent, &empty] {
        let mut heard = Vec::new();
        let stopped = write_generated_observed(&options(), out, &mut |progress| {
            heard.push(progress);
            // No twin serves what is not complete.
            let refused = PreparedTenant::load(&TwinSource::Directory(out.clone())).unwrap_err();
            assert!(refused.to_string().contains("unfinished"), "{refused}");
            match heard.len() {
                3.. => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        let error = stopped.unwrap_err().to_string();
        assert!(error.contains("stopped before"), "{error}");
        assert!(heard[2].rows > heard[1].rows && heard[1].rows > 0);
        assert_eq!(heard[2].device_days_all, 24 * 4);
    }
    assert!(!absent.exists());
    assert!(fs::read_dir(&empty).unwrap().next().is_none());
    write_generated(&options(), &empty).unwrap();
    assert!(!empty.join(".unfinished").exists());
}

#[test]
fn what_a_killed_writer_left_is_neither_served_nor_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join(".unfinished")).unwrap();
    let written = write_generated(&options(), directory.path()).unwrap_err();
    let source = TwinSource::Directory(directory.path().to_owned());
    let served = PreparedTenant::load(&source).unwrap_err();
    for error in [written, served] {
        assert!(error.to_string().contains("remove that"), "{error}");
    }
    assert!(directory.path().join(".unfinished").exists());
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = write_generated(&options(), &file.join("tenant")).unwrap_err();
    assert!(error.to_string().contains("cannot write"), "{error}");
}

#[tokio::test]
async fn serving_the_directory_is_serving_the_tenant() {
    let directory = tempfile::tempdir().unwrap();
    write_generated(&options(), directory.path()).unwrap();
    let written = serve(TwinSource::Directory(directory.path().to_owned())).await;
    let generated = serve(TwinSource::Generated(options())).await;
    let get = async |twin: &RunningTwin, path: &str| {
        let audience = match path {
            path if path.starts_with("/v1.0/") => "https://graph.microsoft.com",
            _ => "https://api.securitycenter.microsoft.com",
        };
        let token = token(twin, audience).await;
        let request = client()
            .get(format!("{}{path}", twin.base_url()))
            .bearer_auth(token);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await.unwrap();
        text.replace(&twin.base_url(), "http://twin")
    };
    let machines: Value = serde_json::from_str(&get(&written, "/api/machines").await).unwrap();
    let first = machines["value"][0]["id"].as_str().unwrap();
    assert_eq!(machines["value"].as_array().unwrap().len(), 24);
    let paths = [
        "/api/machines".to_owned(),
        "/api/alerts?$expand=evidence".to_owned(),
        "/api/indicators".to_owned(),
        "/api/machineactions".to_owned(),
        "/api/investigations".to_owned(),
        "/api/remediationtasks".to_owned(),
        format!("/api/machines/{first}/logonusers"),
        format!("/api/machines/{first}/availableMachineActions"),
        "/v1.0/security/incidents?$expand=alerts".to_owned(),
        "/_twin/tenant".to_owned(),
        "/_twin/planted".to_owned(),
    ];
    for path in paths {
        assert_eq!(
            get(&written, &path).await,
            get(&generated, &path).await,
            "{path}"
        );
    }
    let hunt = async |twin: &RunningTwin, query: &str| {
        let token = token(twin, "https://graph.microsoft.com").await;
        let request = client()
            .post(format!("{}/v1.0/security/runHuntingQuery", twin.base_url()))
            .bearer_auth(token)
            .json(&json!({"Query": query}));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{query}");
        answer.text().await.unwrap()
    };
    for table in generated.prepared().table_rows().keys() {
        let query = format!("{table} | take 500");
        assert_eq!(
            hunt(&written, &query).await,
            hunt(&generated, &query).await,
            "{table}"
        );
    }
    assert_eq!(
        written.prepared().table_rows(),
        generated.prepared().table_rows()
    );
}

#[tokio::test]
async fn machines_and_telemetry_agree() {
    let twin = serve(TwinSource::Generated(options())).await;
    let token = token(&twin, "https://api.securitycenter.microsoft.com").await;
    let get = async |path: String| {
        let request = client()
            .get(format!("{}{path}", twin.base_url()))
            .bearer_auth(&token);
        let bytes = request.send().await.unwrap().bytes().await.unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    let query = json!({"Query": "DeviceInfo | summarize arg_max(Timestamp, *) by DeviceId | project DeviceId, DeviceName, OSPlatform, ExposureLevel, AadDeviceId"});
    let request = client()
        .post(format!("{}/api/advancedqueries/run", twin.base_url()))
        .bearer_auth(&token)
        .json(&query);
    let answer: Value =
        serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap();
    let rows = answer["Results"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    assert!(rows.len() > 12, "{}", rows.len());
    for row in rows {
        let machine = get(format!(
            "/api/machines/{}",
            row["DeviceId"].as_str().unwrap()
        ))
        .await;
        assert_eq!(machine["computerDnsName"], row["DeviceName"]);
        assert_eq!(machine["osPlatform"], row["OSPlatform"]);
        assert_eq!(machine["exposureLevel"], row["ExposureLevel"]);
    }
    let file = json!({"Query": "DeviceProcessEvents | where isnotempty(SHA1) | summarize Devices = dcount(DeviceId) by SHA1 | top 1 by Devices"});
    let request = client()
        .post(format!("{}/api/advancedqueries/run", twin.base_url()))
        .bearer_auth(&token)
        .json(&file);
    let answer: Value =
        serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap();
    let sha1 = answer["Results"][0]["SHA1"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    let machines = get(format!("/api/files/{sha1}/machines")).await;
    assert!(
        machines["value"].as_array().unwrap().len() as u64
            >= answer["Results"][0]["Devices"].as_u64().unwrap()
    );
    let profile = get(format!("/api/files/{sha1}")).await;
    assert_eq!(profile["sha1"], sha1);
}
