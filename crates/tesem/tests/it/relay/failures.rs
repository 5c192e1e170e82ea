//! What the service refuses or fails to do, in the words that clients show; what was found stays.

use serde_json::{Value, json};

use super::tenant::{DOMAIN, IP, PC1, SHA256};
use super::{Relay, docs, failed, failure, one};

const TOKEN: &str = "*/oauth2/v2.0/token";
const HUNTING: &str = "/v1.0/security/runHuntingQuery";
const ALERTS: &str = "/api/domains/*/alerts";
const PROBE: &str = "/api/exposureScore";

const INVALID: &str = "Invalid request to Microsoft Defender for Endpoint.";
const INTERNAL: &str = "Microsoft Defender for Endpoint internal error.";
const TOO_MANY: &str =
    "Too many requests to Microsoft Defender for Endpoint have been made. Please, try again later.";
const UNEXPECTED: &str = "Microsoft Defender for Endpoint returned unexpected error. Details:";

/// An answer of the service, and what is told of it, by code and message.
type Told = (u16, Value, Option<(&'static str, String)>);

/// Every call to `path` is answered so. Nobody is asked to try again soon.
fn rule(path: &str, status: u16, body: &Value) -> Value {
    json!({"path": path, "status": status, "body": body, "rate": 1.0, "headers": {"Retry-After": "600"}})
}

fn with_error(text: &str) -> Value {
    json!({ "error": text })
}

/// Defender's own errors.
fn object(message: &str) -> Value {
    json!({"error": {"code": "Code", "message": message, "target": "|1.2."}})
}

#[test]
fn a_sign_in_that_fails() {
    let described = |text: &str| json!({"error": "invalid_client", "error_description": text});
    let unexpected = |text: &str| format!("{UNEXPECTED} {text}");
    let cases = [
        (
            200,
            json!({}),
            "invalid request",
            format!("{INVALID} Access Token does not exist."),
        ),
        (
            200,
            json!({"access_token": ""}),
            "invalid request",
            format!("{INVALID} Access Token does not exist."),
        ),
        (
            400,
            described("AADSTS1: No."),
            "authorization error",
            "Authorization failed: AADSTS1: No.".to_owned(),
        ),
        (
            401,
            described("AADSTS2: No."),
            "authorization error",
            "Authorization failed: AADSTS2: No.".to_owned(),
        ),
        (
            401,
            json!({"error": "invalid_client"}),
            "authorization error",
            "Authorization failed: on Microsoft Defender for Endpoint side".to_owned(),
        ),
        (
            404,
            json!({}),
            "permission denied",
            "Invalid Authorization Bearer JWT.".to_owned(),
        ),
        (
            403,
            described("Not you."),
            "unknown",
            unexpected("Not you."),
        ),
        (
            403,
            json!({}),
            "unknown",
            unexpected("Something went wrong."),
        ),
    ];
    for (status, body, code, message) in cases {
        let relay = Relay::new();
        relay.world.fault(&rule(TOKEN, status, &body));
        let expected = failed(code, &message);
        assert_eq!(
            relay.answer("/health", &Value::Null),
            expected,
            "{status} {body}"
        );
        assert_eq!(relay.observe("ip", IP), expected, "{status} {body}");
        assert_eq!(
            relay.answer("/respond/observables", &one("ip", IP)),
            expected,
            "{status} {body}"
        );
    }
}

#[test]
fn a_sign_in_without_json_is_no_crash() {
    for status in [200, 400, 403] {
        let relay = Relay::new();
        relay.world.fault(&rule(TOKEN, status, &json!("<html>")));
        let answer = relay.observe("ip", IP);
        assert!(
            answer["errors"][0]["code"].is_string() && answer.get("data").is_none(),
            "{answer}"
        );
    }
}

#[test]
fn alerts_that_cannot_be_had_leave_the_events() {
    let cases: [Told; 9] = [
        (400, with_error("Bad value."), None),
        (404, with_error("Nothing."), None),
        (
            401,
            with_error("Not now."),
            Some((
                "authorization error",
                "Authorization failed: Not now.".to_owned(),
            )),
        ),
        (
            401,
            object("Not so."),
            Some((
                "authorization error",
                "Authorization failed: Not so.".to_owned(),
            )),
        ),
        (
            403,
            with_error("Missing role."),
            Some(("invalid request", format!("{INVALID} Missing role."))),
        ),
        (
            403,
            object("Missing roles."),
            Some(("invalid request", format!("{INVALID} Missing roles."))),
        ),
        (
            429,
            with_error("Slow."),
            Some(("too many requests", TOO_MANY.to_owned())),
        ),
        (
            500,
            with_error("x"),
            Some(("internal error", INTERNAL.to_owned())),
        ),
        (
            503,
            json!("<html>"),
            Some(("internal error", INTERNAL.to_owned())),
        ),
    ];
    for (status, body, told) in cases {
        let relay = Relay::new();
        relay.world.fault(&rule(ALERTS, status, &body));
        let answer = relay.observe("domain", DOMAIN);
        let expected = told.map(|(code, message)| json!([failure(code, &message)]));
        assert_eq!(answer.get("errors"), expected.as_ref(), "{status} {body}");
        assert_eq!(docs(&answer).len(), 2, "{status} {answer}");
    }
}

#[test]
fn hunting_that_fails_leaves_the_alerts() {
    let exceeded = "Advanced Hunting API rate limit has been exceeded.";
    let cases: [(u16, Value, &str, String); 7] = [
        (
            400,
            with_error("Bad query."),
            "invalid request",
            format!("{INVALID} Bad query."),
        ),
        (
            401,
            with_error("No."),
            "authorization error",
            "Authorization failed: No.".to_owned(),
        ),
        (
            403,
            object("Missing role."),
            "invalid request",
            format!("{INVALID} Missing role."),
        ),
        (
            404,
            with_error("No such thing."),
            "invalid request",
            format!("{INVALID} No such thing."),
        ),
        (
            429,
            with_error("Slow down."),
            "too many requests",
            format!("{exceeded} Slow down."),
        ),
        (500, with_error("x"), "internal error", INTERNAL.to_owned()),
        (503, json!("<html>"), "internal error", INTERNAL.to_owned()),
    ];
    for (status, body, code, message) in cases {
        let relay = Relay::new();
        relay.world.fault(&rule(HUNTING, status, &body));
        let answer = relay.observe("domain", DOMAIN);
        assert_eq!(
            answer["errors"],
            json!([failure(code, &message)]),
            "{status} {body}"
        );
        let [alert] = docs(&answer) else {
            panic!("{status}: {answer}")
        };
        // What its machine's adapters would tell is left out.
        let target = &alert["targets"][0];
        assert_eq!(
            target["observables"].as_array().unwrap().len(),
            2,
            "{status}"
        );
        assert_eq!(target["os"], "Windows11x64 version: 23H2", "{status}");
    }
}

#[test]
fn files_and_machines_that_cannot_be_had_leave_fewer_fields() {
    let cases: [(&str, u16, Option<&str>); 6] = [
        ("/api/files/*", 404, None),
        ("/api/files/*", 500, Some("internal error")),
        ("/api/files/*", 429, Some("too many requests")),
        ("/api/machines*", 404, None),
        ("/api/machines*", 403, Some("invalid request")),
        ("/api/machines*", 500, Some("internal error")),
    ];
    for (path, status, code) in cases {
        let relay = Relay::new();
        relay.world.fault(&rule(path, status, &with_error("Why.")));
        let answer = relay.observe("ip", IP);
        let told = answer.pointer("/errors/0/code").and_then(Value::as_str);
        assert_eq!(told, code, "{path} {status}: {answer}");
        let found = docs(&answer);
        assert_eq!(found.len(), 2, "{path} {status}");
        let has_os = found[0]["targets"][0].get("os").is_some();
        assert_eq!(has_os, path.starts_with("/api/files"), "{path} {status}");
        for doc in found {
            super::ctim::check_sighting(doc);
        }
    }
}

#[test]
fn health_tells_what_the_probe_was_answered() {
    let cases: [Told; 6] = [
        (404, with_error("Nothing."), None),
        (
            401,
            with_error("No."),
            Some((
                "authorization error",
                "Authorization failed: No.".to_owned(),
            )),
        ),
        (
            403,
            object("Missing role."),
            Some(("invalid request", format!("{INVALID} Missing role."))),
        ),
        (
            429,
            with_error("Slow."),
            Some(("too many requests", TOO_MANY.to_owned())),
        ),
        (
            500,
            with_error("x"),
            Some(("internal error", INTERNAL.to_owned())),
        ),
        (
            503,
            with_error("Out of order."),
            Some(("invalid request", format!("{INVALID} Out of order."))),
        ),
    ];
    for (status, body, told) in cases {
        let relay = Relay::new();
        relay.world.fault(&rule(PROBE, status, &body));
        let expected = told.map_or_else(
            || json!({"data": {"status": "ok"}}),
            |(code, message)| failed(code, &message),
        );
        assert_eq!(relay.answer("/health", &Value::Null), expected, "{status}");
    }
}

#[test]
fn a_list_of_actions_is_whole_or_an_error() {
    let cases = [
        (
            "/api/indicators",
            one("sha256", SHA256),
            403,
            "invalid request",
            format!("{INVALID} Why."),
        ),
        (
            "/api/indicators",
            one("sha256", SHA256),
            500,
            "internal error",
            INTERNAL.to_owned(),
        ),
        (
            "/api/machines/*/availableMachineActions",
            one("ms_machine_id", PC1),
            400,
            "invalid request",
            INVALID.to_owned(),
        ),
        (
            "/api/machines/*/availableMachineActions",
            one("ms_machine_id", PC1),
            404,
            "invalid request",
            INVALID.to_owned(),
        ),
        (
            "/api/machines/*/availableMachineActions",
            one("ms_machine_id", PC1),
            401,
            "authorization error",
            "Authorization failed: Why.".to_owned(),
        ),
        (
            "/api/machineactions",
            one("ms_machine_id", PC1),
            403,
            "invalid request",
            INVALID.to_owned(),
        ),
        (
            "/api/machineactions",
            one("ms_machine_id", PC1),
            429,
            "too many requests",
            TOO_MANY.to_owned(),
        ),
    ];
    for (path, body, status, code, message) in cases {
        let relay = Relay::new();
        relay.world.fault(&rule(path, status, &with_error("Why.")));
        let answer = relay.answer("/respond/observables", &body);
        assert_eq!(answer, failed(code, &message), "{path} {status}");
    }
}

#[test]
fn several_observables_tell_each_failure_once() {
    let relay = Relay::new();
    relay.world.fault(&rule(ALERTS, 403, &with_error("No.")));
    relay
        .world
        .fault(&rule("/api/ips/*/alerts", 403, &with_error("No.")));
    relay.world.fault(&rule(HUNTING, 429, &with_error("Slow.")));
    let list = json!([
        {"type": "domain", "value": DOMAIN}, {"type": "ip", "value": IP}, {"type": "domain", "value": "a.example.com"},
        {"type": "sha256", "value": SHA256},
    ]);
    let answer = relay.answer("/observe/observables", &list);
    let expected = json!([
        failure("invalid request", &format!("{INVALID} No.")),
        failure(
            "too many requests",
            "Advanced Hunting API rate limit has been exceeded. Slow."
        ),
    ]);
    assert_eq!(answer["errors"], expected);
    assert_eq!(docs(&answer).len(), 2, "the alerts of the file: {answer}");
}

#[test]
fn a_service_that_is_not_there() {
    let mut relay = Relay::new();
    let token = relay.token().signed();
    relay.world.stop_twin();
    let answer = relay.answer_as(&token, "/observe/observables", one("ip", IP).to_string());
    assert!(answer.get("data").is_none(), "{answer}");
    let failure = &answer["errors"][0];
    assert_eq!(failure["code"], "connection error");
    let message = failure["message"].as_str().unwrap();
    assert!(
        message.starts_with("Unable to connect to Microsoft Defender for Endpoint"),
        "{message}"
    );
}

#[test]
fn a_request_ends_at_its_time_with_what_was_found() {
    let relay = Relay::configured("request_time = \"10s\"\n");
    relay
        .world
        .fault(&json!({"path": HUNTING, "delay_ms": 60_000, "rate": 1.0}));
    let answer = relay.observe("domain", DOMAIN);
    assert_eq!(docs(&answer).len(), 1, "the alert is told: {answer}");
    let expected =
        format!("{UNEXPECTED} The time for this request is over; not everything was looked up.");
    assert_eq!(answer["errors"], json!([failure("unknown", &expected)]));
}

#[test]
fn one_slow_call_does_not_take_the_time_of_the_others() {
    let relay = Relay::configured("request_time = \"15s\"\n");
    relay
        .world
        .fault(&json!({"path": "/api/ips/*", "delay_ms": 60_000, "rate": 1.0}));
    let list = json!([{"type": "ip", "value": IP}, {"type": "domain", "value": DOMAIN}]);
    let answer = relay.answer("/observe/observables", &list);
    let found = docs(&answer);
    // The event of the address, the alert and both events of the domain, with all that is known of their machines.
    assert_eq!(found.len(), 4, "{answer}");
    assert!(found.iter().all(|doc| doc["targets"][0]["os"].is_string()));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
}

#[test]
fn the_old_hunting_endpoint_is_a_setting() {
    for (setting, path) in [
        ("defender", "POST /api/advancedqueries/run"),
        ("xdr", "POST /api/advancedhunting/run"),
        ("graph", "POST /v1.0/security/runHuntingQuery"),
    ] {
        let relay = Relay::configured(&format!("hunting = \"{setting}\"\n"));
        let before = relay.world.twin().calls().len();
        let answer = relay.observe("ip", IP);
        assert_eq!(docs(&answer).len(), 2, "{setting}: {answer}");
        let calls = relay.calls_since(before);
        let hunting = calls
            .iter()
            .filter(|call| call.contains("unting") || call.contains("advanced"));
        assert!(
            hunting.clone().count() == 2 && hunting.into_iter().all(|call| call == path),
            "{calls:?}"
        );
    }
}
