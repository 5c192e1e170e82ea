//! `tesem doctor` names what is missing and what to do.

use serde_json::{Value, json};

use crate::world::{Run, World};

/// A tenant whose only app has `roles`.
fn with_roles(roles: &[&str]) -> World {
    let data = tempfile::tempdir().unwrap();
    let tenant = json!({
        "tenant_id": "11111111-2222-3333-4444-555555555555",
        "apps": [{
            "client_id": "99999999-8888-7777-6666-555555555555",
            "client_secret": "doctors-secret",
            "roles": roles,
        }],
    });
    std::fs::write(data.path().join("tenant.json"), tenant.to_string()).unwrap();
    World::of_directory(data.path())
}

/// The findings of the only tenant.
fn findings(run: &Run) -> Value {
    let document = run.json();
    let tenants = document["tenants"].as_array().unwrap();
    assert_eq!(tenants.len(), 1, "{document}");
    tenants[0].clone()
}

/// The entry of `list` whose `key` is `name`.
#[track_caller]
fn named<'a>(findings: &'a Value, list: &str, key: &str, name: &str) -> &'a Value {
    let mut all = findings[list].as_array().unwrap().iter();
    all.find(|entry| entry[key] == name)
        .unwrap_or_else(|| panic!("no {name} in {findings:#}"))
}

fn check<'a>(findings: &'a Value, name: &str) -> &'a Value {
    named(findings, "checks", "check", name)
}

fn capability<'a>(findings: &'a Value, name: &str) -> &'a Value {
    named(findings, "capabilities", "capability", name)
}

fn advice(findings: &Value) -> String {
    let advice = findings["advice"].as_array().unwrap().iter();
    advice
        .map(|text| text.as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_tenant_where_everything_is_granted_is_fine() {
    let world = World::new();
    let run = world.tesem(&["doctor", "--format", "json"]).exits(0);
    let findings = findings(&run);
    assert_eq!(findings["advice"], json!([]));
    let capabilities = findings["capabilities"].as_array().unwrap();
    for entry in capabilities {
        assert!(
            ["ok", "granted"].contains(&entry["status"].as_str().unwrap()),
            "{entry:#}"
        );
    }
    let changed: Vec<_> = world
        .twin()
        .calls()
        .iter()
        .filter(|call| call.method != "GET")
        .map(|call| call.path.clone())
        .collect();
    let harmless = ["/oauth2/v2.0/token", "/v1.0/security/runHuntingQuery"];
    assert!(
        changed
            .iter()
            .all(|path| harmless.iter().any(|end| path.ends_with(end))),
        "{changed:?}"
    );
    let table = world.tesem(&["doctor"]).exits(0);
    assert!(
        table.stdout().contains("run hunting queries"),
        "{}",
        table.stdout()
    );
    assert!(
        table.stdout().contains(" 0 missing, 0 failed, 0 skipped"),
        "{}",
        table.stdout()
    );
}

#[test]
fn missing_permissions_are_named_and_where_to_grant_them() {
    let world = with_roles(&["ThreatHunting.Read.All", "Ti.ReadWrite"]);
    let run = world.tesem(&["doctor", "--format", "json"]).exits(3);
    let findings = findings(&run);
    assert_eq!(capability(&findings, "run hunting queries")["status"], "ok");
    assert_eq!(capability(&findings, "list machines")["status"], "missing");
    assert_eq!(
        capability(&findings, "list indicators")["status"],
        "warning"
    );
    let advice = advice(&findings);
    for name in [
        "Machine.Read.All",
        "Vulnerability.Read.All",
        "Machine.Isolate",
        "WindowsDefenderATP",
        "SecurityAlert.Read.All of Microsoft Graph",
        "CallAnAPI/appId/99999999-8888-7777-6666-555555555555",
        "grant Ti.ReadWrite.All",
    ] {
        assert!(advice.contains(name), "{name}: {advice}");
    }
    // What no command needs is nobody's duty.
    assert!(
        !advice.contains("SecurityRecommendation.Read.All"),
        "{advice}"
    );
    let refused = world
        .twin()
        .calls()
        .iter()
        .filter(|call| call.status == Some(403))
        .count();
    assert_eq!(refused, 0, "what the token does not carry is not tried");
    world.tesem(&["doctor", "--for", "hunt"]).exits(0);
    let old = world
        .tesem(&[
            "doctor",
            "--for",
            "hunt",
            "--hunting",
            "defender",
            "--format",
            "json",
        ])
        .exits(3);
    let old = self::findings(&old);
    assert_eq!(check(&old, "hunting API")["status"], "warning");
    assert_eq!(
        capability(&old, "run hunting queries")["permissions"],
        json!(["AdvancedQuery.Read.All"])
    );
}

#[test]
fn a_wrong_secret_is_explained_and_never_shown() {
    let world = World::new();
    world.write("wrong.secret", "hunter2-is-wrong");
    let text = std::fs::read_to_string(world.folder.path().join("tesem.toml")).unwrap();
    let start = text.find("client_secret").unwrap();
    world.write(
        "tesem.toml",
        format!(
            "{}client_secret = {{ file = \"wrong.secret\" }}\n",
            &text[..start]
        ),
    );
    let run = world
        .tesem(&["doctor", "-vvv", "--format", "json"])
        .exits(3);
    let findings = findings(&run);
    let sign_in = check(&findings, "sign in for Microsoft Graph");
    assert_eq!(sign_in["status"], "failed");
    assert!(
        sign_in["detail"]
            .as_str()
            .unwrap()
            .contains("AADSTS7000215"),
        "{sign_in}"
    );
    assert!(advice(&findings).contains("the client secret is wrong"));
    assert_eq!(capability(&findings, "list machines")["status"], "skipped");
    assert!(!(run.stdout() + &run.stderr()).contains("hunter2-is-wrong"));
}

#[test]
fn a_clock_that_is_off_is_found() {
    let world = World::new();
    world.advance_twin("PT10M");
    let run = world
        .tesem(&["doctor", "--for", "hunt", "--format", "json"])
        .exits(3);
    let findings = findings(&run);
    let clock = check(&findings, "clock");
    assert_eq!(clock["status"], "failed");
    assert!(
        clock["detail"]
            .as_str()
            .unwrap()
            .ends_with("s behind the services"),
        "{clock}"
    );
    assert!(advice(&findings).contains("NTP"));
}

#[test]
fn a_host_that_nobody_answers_at_is_named_and_the_rest_is_examined() {
    let world = World::new();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    world.configure(&format!("endpoints = {{ graph = \"http://{closed}\" }}\n"));
    let run = world.tesem(&["doctor", "--format", "json"]).exits(3);
    let findings = findings(&run);
    assert_eq!(check(&findings, "reach graph")["status"], "failed");
    assert!(
        check(&findings, "reach graph")["advice"]
            .as_str()
            .unwrap()
            .contains("nothing answers")
    );
    assert_eq!(
        capability(&findings, "run hunting queries")["status"],
        "failed"
    );
    assert_eq!(capability(&findings, "list machines")["status"], "ok");
}

#[test]
fn a_mixed_up_cloud_is_found() {
    let world = World::new();
    world.configure("cloud = \"gcc-high\"\n");
    let run = world
        .tesem(&["doctor", "--for", "hunt", "--format", "json"])
        .exits(3);
    let findings = findings(&run);
    assert_eq!(check(&findings, "tenant")["status"], "warning");
    assert!(
        advice(&findings).contains("set `cloud = \"public\"` in [tenants.twin]"),
        "{}",
        advice(&findings)
    );
    assert!(
        check(&findings, "sign in for Microsoft Graph")["detail"]
            .as_str()
            .unwrap()
            .contains("AADSTS500011")
    );
}

#[test]
fn an_ill_service_fails_its_capability_only() {
    let world = World::new();
    world.fault(&json!({"path": "/api/machines", "status": 503, "calls": 9}));
    world.fault(&json!({"path": "/api/indicators", "status": 429, "calls": 9}));
    let run = world.tesem(&["doctor", "--format", "json"]).exits(3);
    let findings = findings(&run);
    assert_eq!(capability(&findings, "list machines")["status"], "failed");
    assert_eq!(
        capability(&findings, "list indicators")["status"],
        "warning"
    );
    assert_eq!(capability(&findings, "list alerts")["status"], "ok");
}

#[test]
fn every_configured_tenant_is_examined_even_after_a_broken_one() {
    let world = World::new();
    world.configure("[tenants.broken]\ntenant_id = \"contoso.com\"\nclient_id = \"c\"\nclient_secret = { env = \"TESEM_TEST_NOT_SET\" }\n");
    let run = world
        .tesem(&["doctor", "--for", "hunt", "--format", "jsonl"])
        .exits(3);
    let lines: Vec<Value> = run
        .stdout()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<_> = lines.iter().map(|line| line["tenant"].clone()).collect();
    assert_eq!(names, ["broken", "twin"]);
    assert_eq!(lines[0]["checks"][0]["check"], "settings");
    assert!(
        lines[0]["checks"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("TESEM_TEST_NOT_SET")
    );
    assert_eq!(capability(&lines[1], "run hunting queries")["status"], "ok");
}

#[test]
fn what_is_left_of_the_quota_is_shared_between_processes() {
    let world = World::new();
    world.configure("[state]\nurl = \"sqlite:state.db\"\n");
    let left = |run: &Run| findings(run)["capabilities"][0]["quota"][0]["left"].clone();
    let doctor = || {
        world
            .tesem(&["doctor", "--for", "hunt", "--format", "json"])
            .exits(0)
    };
    assert_eq!(left(&doctor()), 44);
    assert_eq!(left(&doctor()), 43);
}
