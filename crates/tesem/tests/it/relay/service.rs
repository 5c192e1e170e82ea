//! What makes it a service: stopping, limits, log, counters, TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use super::tenant::{DOMAIN, IP, PC1};
use super::{RELAY, Relay, docs, stdout_of, world};

/// A certificate for `localhost` and its key, for tests only.
const CERTIFICATE: &str = include_str!("localhost.pem");
const KEY: &str = include_str!("localhost_key.pem");

fn interrupt(relay: &Relay, signal: &str) {
    let killed = Command::new("kill")
        .arg(signal)
        .arg(relay.process.id().to_string())
        .status();
    assert!(killed.unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_request_that_is_under_way_is_answered_before_the_end() {
    for signal in ["-INT", "-TERM"] {
        let mut relay = Relay::new();
        relay
            .world
            .fault(&json!({"path": "/v1.0/security/runHuntingQuery", "delay_ms": 1_500}));
        let token = format!("Bearer {}", relay.token().signed());
        let url = format!("{}/observe/observables", relay.origin);
        let body = super::one("domain", DOMAIN).to_string();
        let request = relay
            .client
            .post(url)
            .header("Authorization", token)
            .body(body);
        let asking = relay.runtime.spawn(request.send());
        relay.await_call("/alerts");
        interrupt(&relay, signal);
        let answer = relay.runtime.block_on(asking).unwrap().unwrap();
        let answer = relay.envelope(answer);
        assert_eq!(docs(&answer).len(), 3, "{signal}: {answer}");
        assert_eq!(relay.process.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn an_action_is_recorded_though_its_client_left_and_the_service_ends() {
    let mut relay = Relay::new();
    relay
        .world
        .fault(&json!({"path": "/api/machines/*/runAntiVirusScan", "delay_ms": 1_000}));
    let form = json!({
        "action-id": "microsoft-defender-RunAntiVirusScanQuick", "observable_type": "ms_machine_id", "observable_value": PC1,
    });
    // So that the only call left is the action.
    relay.answer("/health", &Value::Null);
    let (token, body) = (relay.token().signed(), form.to_string());
    let request = format!(
        "POST /respond/trigger HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let address = relay.origin.trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    // The relay says when it has read another request, that is after this one was.
    for _ in 0..20 {
        relay.answer("/version", &Value::Null);
    }
    drop(connection);
    interrupt(&relay, "-TERM");
    assert_eq!(relay.process.wait().unwrap().code(), Some(0));
    let [record] = &relay.audit()[..] else {
        panic!()
    };
    assert_eq!(record["result"], "done");
}

#[cfg(unix)]
#[test]
fn a_second_interruption_ends_it_at_once() {
    let mut relay = Relay::new();
    relay
        .world
        .fault(&json!({"path": "/v1.0/security/runHuntingQuery", "delay_ms": 60_000, "rate": 1.0}));
    let url = format!("{}/observe/observables", relay.origin);
    let body = super::one("domain", DOMAIN).to_string();
    let token = format!("Bearer {}", relay.token().signed());
    let request = relay
        .client
        .post(url)
        .header("Authorization", token)
        .body(body);
    let asking = relay.runtime.spawn(request.send());
    relay.await_call("/alerts");
    interrupt(&relay, "-INT");
    let told = relay
        .log
        .iter()
        .find(|line| line.contains("press Ctrl-C again"));
    assert!(told.is_some());
    interrupt(&relay, "-INT");
    assert_eq!(relay.process.wait().unwrap().code(), Some(130));
    assert!(relay.runtime.block_on(asking).unwrap().is_err());
}

#[test]
fn a_request_has_an_id_which_a_proxy_may_give() {
    let relay = Relay::new();
    let id = |given: Option<&str>| {
        let headers: Vec<(&str, &str)> = given.iter().map(|id| ("X-Request-Id", *id)).collect();
        let answer = relay.send(Method::POST, "/version", &headers, "");
        answer.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(id(Some("abc-1.2_3")), "abc-1.2_3");
    assert_ne!(id(None), id(None));
    for odd in ["a b", "<x>", &"a".repeat(65)] {
        assert_ne!(id(Some(odd)), odd);
    }
}

#[test]
fn the_log_tells_what_was_asked_without_what_it_was_about() {
    let relay = Relay::over(world(), "", &[("TESEM_LOG_FORMAT", "json")]);
    relay.observe("domain", DOMAIN);
    relay.observe("ip", "nonsense");
    relay.answer("/respond/observables", &super::one("ms_machine_id", PC1));
    relay.answer_unknown("/refer/observables", super::one("ip", IP).to_string());
    relay.answer_unknown("/observe/observables", "[{\"type\": 5}]");
    let (secret, token) = (relay.world.secret(), relay.token().signed());
    let log = relay.end();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let answered: Vec<&Value> = lines
        .iter()
        .filter(|line| line["message"] == "answered")
        .collect();
    assert_eq!(answered.len(), 5, "{log}");
    assert!(
        answered
            .iter()
            .all(|line| line["level"] == "INFO" && line["request_id"].is_string())
    );
    assert_eq!(answered[0]["route"], "observe");
    assert_eq!(answered[0]["sightings"], 3);
    assert!(
        answered[4]["codes"].to_string().contains("invalid payload"),
        "{log}"
    );
    for hidden in [DOMAIN, IP, PC1, super::SECRET, &secret, &token] {
        assert!(!log.contains(hidden), "{hidden}: {log}");
    }
}

#[test]
fn counters_tell_routes_outcomes_and_failures() {
    let relay = Relay::new();
    relay.observe("domain", DOMAIN);
    relay.answer_unknown("/health", "");
    let metrics = relay.send(Method::GET, "/metrics", &[], "");
    assert_eq!(metrics.status(), 200);
    let text = relay.body(metrics);
    for line in [
        r#"tesem_relay_requests_total{route="observe",outcome="ok"} 1"#,
        r#"tesem_relay_requests_total{route="health",outcome="failed"} 1"#,
        r#"tesem_relay_failures_total{code="authorization error"} 1"#,
        "tesem_relay_sightings_total 3",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn records_go_to_standard_output_where_no_file_is_named() {
    let world = world();
    world.configure(&RELAY.replace("audit = \"audit.jsonl\"\n", ""));
    let mut relay = Relay::started(world, &[], &[]);
    let form = json!({"action-id": "microsoft-defender-FullIsolation", "observable_type": "ms_machine_id", "observable_value": PC1});
    relay.answer("/respond/trigger", &form);
    relay.process.kill().unwrap();
    let record: Value = serde_json::from_str(&stdout_of(&mut relay.process)).unwrap();
    assert_eq!(record["action_id"], "microsoft-defender-FullIsolation");
}

/// What comes back on a connection that nothing more is sent on.
fn answer_to(relay: &Relay, sent: &[u8]) -> String {
    let address = relay.origin.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(sent).unwrap();
    let mut answer = Vec::new();
    // A connection may also end without a word.
    let _ = connection.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn clients_that_are_slow_or_speak_something_else_are_let_go() {
    let relay = Relay::configured("header_time = \"1s\"\nrequest_time = \"2s\"\n");
    let cases: [(&[u8], &str); 5] = [
        (b"", ""),
        (b"POST /health HTTP/1.1\r\nHost: x\r\n", ""),
        (b"POST /observe/observables HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\n[", "HTTP/1.1 408"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 nothing of HTTP\r\n\r\n", "HTTP/1.1 400"),
        (b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 400"),
    ];
    for (sent, begins) in cases {
        let answer = answer_to(&relay, sent);
        assert!(
            answer.starts_with(begins),
            "{:?}: {answer}",
            String::from_utf8_lossy(sent)
        );
    }
    let long = format!(
        "POST /version HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n",
        "x".repeat(200_000)
    );
    let answer = answer_to(&relay, long.as_bytes());
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    assert!(relay.answer_unknown("/version", "")["version"].is_string());
}

#[test]
fn a_certificate_in_files_makes_it_https() {
    let world = world();
    world.write("relay.pem", CERTIFICATE);
    world.write("relay_key.pem", KEY);
    let tls = "tls = { certificate = \"relay.pem\", key = \"relay_key.pem\" }\n";
    world.configure(&format!("{RELAY}{tls}"));
    let relay = Relay::started(world, &[], &[]);
    let port = relay.origin.strip_prefix("https://127.0.0.1:").unwrap();
    let trusted = reqwest::Certificate::from_pem(CERTIFICATE.as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([trusted])
        .build()
        .unwrap();
    let asked = client
        .post(format!("https://localhost:{port}/version"))
        .send();
    let answer = relay.runtime.block_on(asked).unwrap();
    assert!(relay.envelope(answer)["version"].is_string());
    let plain = client
        .post(format!("http://localhost:{port}/version"))
        .send();
    assert!(relay.runtime.block_on(plain).is_err());
}

#[test]
fn mistakes_in_the_settings_say_what_to_do() {
    let world = world();
    world.write("not.pem", "nonsense");
    let cases = [
        ("listen = \"nowhere\"", "cannot listen on `nowhere`"),
        ("lisen = \"x\"", "unknown field `lisen`"),
        (
            "secret_key = \"hunter2\"",
            "holds `secret_key` as a literal",
        ),
        ("auth = { mode = \"jwks\" }", "has no `audience`"),
        (
            "jwks_hosts = [\"https://x\"]\naudience = \"y\"",
            "is no host",
        ),
        ("window = \"90d\"", "longer than 30d"),
        (
            "tls = { certificate = \"not.pem\", key = \"no\" }",
            "cannot be used",
        ),
        ("audit = \"no/such/folder/x\"", "the audit file"),
        (
            "region = \"eu\"\ncloud = \"gcc\"",
            "only the public cloud has regions",
        ),
    ];
    for (setting, told) in cases {
        world.configure(&format!("\n[relay]\n{setting}\n"));
        let run = world.tesem(&["relay"]).exits(2);
        let message = run.stderr();
        assert!(
            message.contains(told) && !message.contains("hunter2"),
            "{setting}: {message}"
        );
    }
    world.configure("");
    let run = world.tesem(&["relay", "--tenant", "twin"]).exits(2);
    assert!(
        run.stderr().contains("tesem relay token --tenant twin"),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_file_that_names_nothing_but_the_relay_is_enough_and_taken_ports_are_told() {
    let relay = Relay::new();
    let address = relay.origin.trim_start_matches("http://");
    let run = relay.world.tesem(&["relay", "--listen", address]).exits(2);
    assert!(
        run.stderr().contains("cannot listen on"),
        "{}",
        run.stderr()
    );
}
