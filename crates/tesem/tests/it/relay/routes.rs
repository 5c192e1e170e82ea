//! Paths, methods and envelopes.

use reqwest::Method;
use serde_json::{Value, json};

use super::Relay;
use super::tenant::{DOMAIN, IP, IPV6, MD5, SHA1, SHA256};

const POSTED: &[&str] = &[
    "/health",
    "/version",
    "/deliberate/observables",
    "/observe/observables",
    "/refer/observables",
    "/respond/observables",
    "/respond/trigger",
];

#[test]
fn a_route_takes_its_method_and_nothing_else() {
    let relay = Relay::new();
    let problem = |status: u16| json!({"code": status, "message": "Something went wrong."});
    for path in POSTED {
        for path in [(*path).to_owned(), format!("{path}/")] {
            let options = relay.send(Method::OPTIONS, &path, &[], "");
            assert_eq!(options.status(), 200, "{path}");
            assert_eq!(options.headers()["allow"], "POST, OPTIONS");
            assert_eq!(relay.body(options), "");
            for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
                let answer = relay.send(method, &path, &[], "");
                assert_eq!(answer.status(), 405, "{path}");
                assert!(answer.headers().get("allow").is_none());
                let mut body: Value = serde_json::from_str(&relay.body(answer)).unwrap();
                assert!(body["reason"].is_string());
                body.as_object_mut().unwrap().remove("reason");
                assert_eq!(body, problem(405));
            }
            let head = relay.send(Method::HEAD, &path, &[], "");
            assert_eq!(head.status(), 405);
            assert_eq!(relay.body(head), "");
        }
    }
    for path in [
        "/",
        "/nowhere",
        "/observe",
        "/observe/observables/x",
        "/healthy",
        "//health",
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let answer = relay.send(method, path, &[], "");
            assert_eq!(answer.status(), 404, "{path}");
            let body: Value = serde_json::from_str(&relay.body(answer)).unwrap();
            assert_eq!(body["code"], 404);
            assert_eq!(body["message"], "Something went wrong.");
        }
    }
    assert_eq!(relay.calls_since(0), [""; 0]);
}

#[test]
fn routes_without_a_tenant_answer_without_a_token() {
    let relay = Relay::new();
    assert_eq!(
        relay.answer_unknown("/version", ""),
        json!({"version": env!("CARGO_PKG_VERSION")})
    );
    let watchdog = relay.send(Method::GET, "/watchdog", &[("Health-Check", "word")], "");
    assert_eq!(relay.envelope(watchdog), json!({"data": "word"}));
    let silent = relay.send(Method::GET, "/watchdog", &[], "");
    assert_eq!(
        relay.envelope(silent),
        super::failed("health check failed", "Invalid Health Check")
    );
    let nothing =
        json!([{"type": "file_name", "value": "a.exe"}, {"type": "ms_machine_id", "value": "x"}]);
    for body in [json!([]), nothing] {
        let answers = [
            ("/observe/observables", json!({"data": {}})),
            ("/refer/observables", json!({"data": []})),
        ];
        for (path, answer) in answers {
            assert_eq!(
                relay.answer_unknown(path, body.to_string()),
                answer,
                "{path} {body}"
            );
        }
    }
    let unsupported = json!([{"type": "user", "value": "ann"}]).to_string();
    assert_eq!(
        relay.answer_unknown("/respond/observables", unsupported),
        json!({"data": []})
    );
    assert_eq!(relay.calls_since(0), [""; 0]);
}

#[test]
fn health_and_deliberate_are_for_callers() {
    let relay = Relay::new();
    assert_eq!(
        relay.answer("/health", &Value::Null),
        json!({"data": {"status": "ok"}})
    );
    for body in ["", "nonsense", "[]", "[{\"type\": 1}]"] {
        let token = relay.token().signed();
        let answer = relay.answer_as(&token, "/deliberate/observables", body);
        assert_eq!(answer, json!({"data": {}}), "{body}");
    }
    for path in ["/health", "/deliberate/observables"] {
        let answer = relay.answer_unknown(path, "");
        let expected = "Authorization failed: Authorization header is missing";
        assert_eq!(answer, super::failed("authorization error", expected));
    }
}

#[test]
fn references_lead_into_the_portal() {
    let relay = Relay::new();
    let portal = relay.world.twin().base_url();
    let refer = |kind: &str, value: &str| {
        let body = json!([{"type": kind, "value": value}]).to_string();
        relay.answer_unknown("/refer/observables", body)["data"].clone()
    };
    let hostile = "a/b?c#d%\"<é";
    let cases = [
        ("sha1", SHA1, "SHA1", format!("files/{SHA1}")),
        ("sha256", SHA256, "SHA256", format!("files/{SHA256}")),
        ("md5", MD5, "MD5", format!("files/{MD5}")),
        ("ip", IP, "IP", format!("ips/{IP}")),
        ("ipv6", IPV6, "IPV6", format!("ips/{IPV6}")),
        ("DOMAIN", DOMAIN, "Domain", format!("urls/{DOMAIN}")),
        (
            "domain",
            hostile,
            "Domain",
            "urls/a%2Fb%3Fc%23d%25%22%3C%C3%A9".to_owned(),
        ),
    ];
    for (sent, value, label, path) in cases {
        let kind = sent.to_lowercase();
        assert_eq!(
            refer(sent, value),
            json!([{
                "id": format!("ref-md-search-{kind}-{value}"),
                "title": format!("Search for this {label}"),
                "description": format!("Lookup this {label} on Microsoft Defender for Endpoint"),
                "url": format!("{portal}/{path}"),
                "categories": ["Search", "Microsoft Defender for Endpoint"],
            }])
        );
    }
    for kind in ["ms_machine_id", "url", "email"] {
        assert_eq!(refer(kind, "x"), json!([]), "{kind}");
    }
}
