//! Response actions: what is offered, what is sent, and what is recorded.

use serde_json::{Value, json};

use super::tenant::{BLOCKED, DOMAIN, IP, IPV6, MD5, PC1, PC2, PC3, SHA1, SHA256};
use super::{Relay, failed, failure, one};

const SOURCE: &str = "Microsoft Defender for Endpoint";
const INVALID: &str = "Invalid request to Microsoft Defender for Endpoint.";

fn of_machine(machine: &str, id: &str, title: &str) -> Value {
    json!({
        "id": format!("microsoft-defender-{id}"), "title": title, "description": title,
        "categories": [SOURCE, "Machine Actions"],
        "query-params": {"observable_type": "ms_machine_id", "observable_value": machine},
    })
}

fn addition(kind: &str, value: &str, id: &str, action: &str) -> Value {
    json!({
        "id": format!("microsoft-defender-add-indicator-{id}"), "title": format!("Add indicator: {action}"),
        "description": format!("Add indicator with {action} action for {value}"),
        "categories": [SOURCE, "Add Indicator"],
        "query-params": {"observable_type": kind, "observable_value": value},
    })
}

#[test]
fn a_machine_offers_what_is_available_and_what_undoes_what_is_in_force() {
    let relay = Relay::new();
    let offered = |machine: &str| {
        relay.answer("/respond/observables", &one("ms_machine_id", machine))["data"].clone()
    };
    assert_eq!(
        offered(PC1),
        json!([
            of_machine(
                PC1,
                "CollectInvestigationPackage",
                "Collect investigation package"
            ),
            of_machine(PC1, "FullIsolation", "Isolate Device: Full"),
            of_machine(PC1, "SelectiveIsolation", "Isolate Device: Selective"),
            of_machine(PC1, "RestrictCodeExecution", "Restrict app execution"),
            of_machine(PC1, "RunAntiVirusScanFull", "Run antivirus scan: Full"),
            of_machine(PC1, "RunAntiVirusScanQuick", "Run antivirus scan: Quick"),
        ])
    );
    // Isolated and restricted; only one of the isolations would have been available.
    assert_eq!(
        offered(PC2),
        json!([
            of_machine(
                PC2,
                "InitiateInvestigation",
                "Initiate automated investigation"
            ),
            of_machine(PC2, "Unisolate", "Release from isolation"),
            of_machine(PC2, "UnrestrictCodeExecution", "Remove app restrictions"),
        ])
    );
    // Isolated once, and released.
    assert_eq!(
        offered(PC3),
        json!([of_machine(
            PC3,
            "SelectiveIsolation",
            "Isolate Device: Selective"
        )])
    );
}

#[test]
fn an_observable_offers_an_indicator_or_its_removal() {
    let relay = Relay::new();
    let offered = |kind: &str, value: &str| {
        relay.answer("/respond/observables", &one(kind, value))["data"].clone()
    };
    for (kind, value) in [
        ("sha1", SHA1),
        ("md5", MD5),
        ("ip", IP),
        ("ipv6", IPV6),
        ("domain", DOMAIN),
    ] {
        assert_eq!(
            offered(&kind.to_uppercase(), value),
            json!([
                addition(kind, value, "alert", "Alert"),
                addition(kind, value, "alert-and-block", "Alert and Block"),
                addition(kind, value, "allowed", "Allow"),
            ])
        );
    }
    for (kind, value, id, action) in [
        ("domain", BLOCKED, "995", "Alert and Block"),
        ("sha256", SHA256, "996", "Audit"),
    ] {
        assert_eq!(
            offered(kind, value),
            json!([{
                "id": "microsoft-defender-remove-indicator",
                "title": format!("Remove indicator: {action} - about {value}"),
                "description": format!("Remove indicator with {action} action for {value}"),
                "categories": [SOURCE, "Remove Indicator"],
                "query-params": {"observable_type": kind, "observable_value": value, "indicator_id": id},
            }])
        );
    }
    let list = json!([{"type": "ip", "value": IP}, {"type": "url", "value": "x"}, {"type": "ip", "value": "no'thing eq 1"},
        {"type": "ms_machine_id", "value": PC3}]);
    let all = relay.answer("/respond/observables", &list);
    assert_eq!(all["data"].as_array().unwrap().len(), 4, "{all}");
}

fn form(action: &str, kind: &str, value: &str, more: Value) -> Value {
    let form = json!({"action-id": action, "observable_type": kind, "observable_value": value});
    super::tenant::with(form, more)
}

#[test]
fn each_action_of_a_machine_is_one_call() {
    let relay = Relay::new();
    let cases = [
        ("FullIsolation", PC1, "isolate", "Isolate"),
        ("Unisolate", PC2, "unisolate", "Unisolate"),
        ("SelectiveIsolation", PC3, "isolate", "Isolate"),
        (
            "RestrictCodeExecution",
            PC1,
            "restrictCodeExecution",
            "RestrictCodeExecution",
        ),
        (
            "UnrestrictCodeExecution",
            PC2,
            "unrestrictCodeExecution",
            "UnrestrictCodeExecution",
        ),
        (
            "RunAntiVirusScanQuick",
            PC1,
            "runAntiVirusScan",
            "RunAntiVirusScan",
        ),
        (
            "RunAntiVirusScanFull",
            PC2,
            "runAntiVirusScan",
            "RunAntiVirusScan",
        ),
        (
            "CollectInvestigationPackage",
            PC1,
            "collectInvestigationPackage",
            "CollectInvestigationPackage",
        ),
        ("InitiateInvestigation", PC1, "startInvestigation", ""),
    ];
    for (action, machine, path, kind) in cases {
        let before = relay.world.twin().calls().len();
        let form = form(
            &format!("microsoft-defender-{action}"),
            "ms_machine_id",
            machine,
            json!({}),
        );
        let answer = relay.answer("/respond/trigger", &form);
        assert_eq!(answer, json!({"data": {"status": "success"}}), "{action}");
        let calls = relay.calls_since(before);
        assert_eq!(
            calls,
            [format!("POST /api/machines/{machine}/{path}")],
            "{action}"
        );
        if !kind.is_empty() {
            let newest = newest_action(&relay, machine, kind);
            assert_eq!(
                newest["requestorComment"], "Performed via SecureX Threat Response",
                "{action}: {newest}"
            );
        }
    }
}

/// What the tenant holds of the newest action of a machine.
fn newest_action(relay: &Relay, machine: &str, kind: &str) -> Value {
    let actions = relay.read("/api/machineactions");
    let of = actions["value"].as_array().unwrap().iter();
    let of = of.filter(|action| action["machineId"] == machine && action["type"] == kind);
    of.max_by_key(|action| action["creationDateTimeUtc"].as_str().unwrap().to_owned())
        .unwrap()
        .clone()
}

#[test]
fn indicators_are_added_and_removed() {
    let relay = Relay::new();
    let cases = [
        ("alert", "sha1", SHA1, "FileSha1", "Alert"),
        (
            "alert-and-block",
            "sha256",
            "5212121212121212121212121212121212121212121212121212121212121212",
            "FileSha256",
            "AlertAndBlock",
        ),
        ("allowed", "md5", MD5, "FileMd5", "Allowed"),
        ("alert", "ip", IP, "IpAddress", "Alert"),
        ("allowed", "domain", DOMAIN, "DomainName", "Allowed"),
    ];
    for (id, kind, value, wire, action) in cases {
        let form = form(
            &format!("microsoft-defender-add-indicator-{id}"),
            kind,
            value,
            json!({}),
        );
        let answer = relay.answer("/respond/trigger", &form);
        assert_eq!(answer, json!({"data": {"status": "success"}}), "{kind}");
        let added = indicator(&relay, value).unwrap();
        assert_eq!(added["indicatorType"], wire);
        assert_eq!(added["action"], action);
        assert_eq!(added["title"], "From SecureX Threat Response");
        assert_eq!(
            added["description"],
            "This indicator was added via SecureX Threat Response by the UI or API response actions"
        );
        if action != "Allowed" {
            assert_eq!(added["severity"], "High");
        }
    }
    for (kind, value) in [("domain", BLOCKED), ("md5", MD5)] {
        let offered = relay.answer("/respond/observables", &one(kind, value));
        let id = offered["data"][0]["query-params"]["indicator_id"].clone();
        let form = form(
            "microsoft-defender-remove-indicator",
            kind,
            value,
            json!({"indicator_id": id}),
        );
        let answer = relay.answer("/respond/trigger", &form);
        assert_eq!(answer, json!({"data": {"status": "success"}}), "{kind}");
        assert!(indicator(&relay, value).is_none(), "{kind}");
    }
}

fn indicator(relay: &Relay, value: &str) -> Option<Value> {
    let all = relay.read("/api/indicators");
    let all = all["value"].as_array().unwrap().iter();
    all.clone()
        .find(|indicator| indicator["indicatorValue"] == value)
        .cloned()
}

#[test]
fn actions_that_there_are_not() {
    let relay = Relay::new();
    let before = relay.world.twin().calls().len();
    let unsupported = json!({
        "data": {"status": "failure"},
        "errors": [failure("invalid request", &format!("{INVALID} Unsupported action."))],
    });
    for (action, kind) in [
        ("microsoft-defender-Explode", "ms_machine_id"),
        ("FullIsolation", "ms_machine_id"),
        ("microsoft-defender-FullIsolation", "ip"),
        ("microsoft-defender-add-indicator-alert", "ms_machine_id"),
        ("microsoft-defender-FullIsolation", "MS_MACHINE_ID"),
        ("microsoft-defender-", "url"),
    ] {
        // No token is needed, as nothing would be sent.
        let answer = relay.answer_unknown(
            "/respond/trigger",
            form(action, kind, "x", json!({})).to_string(),
        );
        assert_eq!(answer, unsupported, "{action} {kind}");
    }
    for kind in ["url", "IP", "email", "Sha1"] {
        let form = form(
            "microsoft-defender-add-indicator-alert",
            kind,
            "x",
            json!({}),
        );
        let answer = relay.answer_unknown("/respond/trigger", form.to_string());
        assert_eq!(
            answer,
            failed(
                "unsupported type",
                &format!("Unsupported observable type {kind}")
            )
        );
    }
    let form = form(
        "microsoft-defender-FullIsolation",
        "ms_machine_id",
        PC1,
        json!({}),
    );
    let answer = relay.answer_unknown("/respond/trigger", form.to_string());
    assert_eq!(
        answer["errors"][0]["message"],
        "Authorization failed: Authorization header is missing"
    );
    assert_eq!(relay.calls_since(before), [""; 0]);
    assert_eq!(relay.audit(), [json!(null); 0]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn an_action_that_fails_is_told_recorded_and_not_sent_again() {
    let internal = "Microsoft Defender for Endpoint internal error.";
    let too_many = "Too many requests to Microsoft Defender for Endpoint have been made. Please, try again later.";
    let isolate = format!("/api/machines/{PC1}/isolate");
    let cases = [
        (
            400,
            "Bad.",
            "invalid request",
            format!("{INVALID} Bad."),
            "not-done",
        ),
        (
            403,
            "No.",
            "invalid request",
            format!("{INVALID} No."),
            "not-done",
        ),
        (
            404,
            "Who?",
            "invalid request",
            format!("{INVALID} Who?"),
            "not-done",
        ),
        (
            409,
            "Again?",
            "invalid request",
            format!("{INVALID} Again?"),
            "not-done",
        ),
        (
            401,
            "Who?",
            "authorization error",
            "Authorization failed: Who?".to_owned(),
            "not-done",
        ),
        (500, "x", "internal error", internal.to_owned(), "unknown"),
        (
            429,
            "x",
            "too many requests",
            too_many.to_owned(),
            "not-done",
        ),
    ];
    for (status, text, code, message, result) in cases {
        let relay = Relay::new();
        relay.world.fault(&json!({
            "path": isolate, "status": status, "body": {"error": text}, "rate": 1.0, "headers": {"Retry-After": "600"},
        }));
        let form = form(
            "microsoft-defender-FullIsolation",
            "ms_machine_id",
            PC1,
            json!({}),
        );
        let answer = relay.answer("/respond/trigger", &form);
        let expected = json!({"data": {"status": "failure"}, "errors": [failure(code, &message)]});
        assert_eq!(answer, expected, "{status}");
        let sent = relay.calls_since(0);
        let most = if status == 401 { 2 } else { 1 };
        assert!(sent.len() <= most, "{status}: {sent:?}");
        let [record] = &relay.audit()[..] else {
            panic!("{status}")
        };
        assert_eq!(record["result"], result, "{status}: {record}");
        assert_eq!(record["failure"], message, "{status}");
    }
}

#[test]
fn an_action_whose_answer_is_lost_may_have_been_done_and_is_not_repeated() {
    let relay = Relay::new();
    let isolate = format!("/api/machines/{PC1}/isolate");
    relay
        .world
        .fault(&json!({"path": isolate, "drop": "after"}));
    let form = form(
        "microsoft-defender-FullIsolation",
        "ms_machine_id",
        PC1,
        json!({}),
    );
    let answer = relay.answer("/respond/trigger", &form);
    assert_eq!(answer["data"], json!({"status": "failure"}), "{answer}");
    assert_eq!(relay.calls_since(0), [format!("POST {isolate}")]);
    assert_eq!(relay.audit()[0]["result"], "unknown");
}

#[test]
fn what_the_service_took_is_done_whatever_it_says_of_it() {
    for (status, body) in [
        (201, json!("")),
        (202, json!("ok")),
        (204, json!("")),
        (200, json!([])),
    ] {
        let relay = Relay::new();
        let isolate = format!("/api/machines/{PC1}/isolate");
        relay
            .world
            .fault(&json!({"path": isolate, "status": status, "body": body, "when": "after"}));
        let form = form(
            "microsoft-defender-FullIsolation",
            "ms_machine_id",
            PC1,
            json!({}),
        );
        let answer = relay.answer("/respond/trigger", &form);
        assert_eq!(
            answer,
            json!({"data": {"status": "success"}}),
            "{status} {body}"
        );
        assert_eq!(relay.audit()[0]["result"], "done");
    }
}

#[test]
fn what_the_relay_added_is_found_again_in_any_spelling() {
    let relay = Relay::new();
    let upper = "ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD";
    let add = form(
        "microsoft-defender-add-indicator-alert",
        "sha1",
        upper,
        json!({}),
    );
    assert_eq!(
        relay.answer("/respond/trigger", &add),
        json!({"data": {"status": "success"}})
    );
    let offered = relay.answer("/respond/observables", &one("sha1", upper));
    assert_eq!(
        offered["data"][0]["id"], "microsoft-defender-remove-indicator",
        "{offered}"
    );
}

#[test]
fn a_machine_may_be_named_by_its_name_or_its_id_in_capitals() {
    let relay = Relay::new();
    let titles = |machine: &str| {
        let offered = relay.answer("/respond/observables", &one("ms_machine_id", machine));
        let offered = offered["data"].as_array().unwrap().clone();
        offered
            .iter()
            .map(|one| one["title"].clone())
            .collect::<Vec<_>>()
    };
    let by_id = titles(PC2);
    assert!(by_id.contains(&json!("Release from isolation")));
    assert_eq!(titles(&PC2.to_uppercase()), by_id);
    assert_eq!(titles("pc2.contoso.test"), by_id);
}

#[test]
fn a_record_says_who_did_what_and_holds_no_secret() {
    let relay = Relay::configured("comment = \"By our relay\"\n");
    let form = form(
        "microsoft-defender-RunAntiVirusScanQuick",
        "ms_machine_id",
        PC1,
        json!({}),
    );
    relay.answer("/respond/trigger", &form);
    assert_eq!(
        newest_action(&relay, PC1, "RunAntiVirusScan")["requestorComment"],
        "By our relay"
    );
    let [record] = &relay.audit()[..] else {
        panic!()
    };
    let tenant = relay.world.twin().tenant();
    for (name, value) in [
        ("subject", json!("ann")),
        ("tenant_id", json!(tenant.tenant_id)),
        ("client_id", json!(tenant.apps[0].client_id)),
        (
            "action_id",
            json!("microsoft-defender-RunAntiVirusScanQuick"),
        ),
        ("observable_type", json!("ms_machine_id")),
        ("observable_value", json!(PC1)),
        ("result", json!("done")),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
    assert!(!record.to_string().contains(&relay.world.secret()));
    let (secret, token) = (relay.world.secret(), relay.token().signed());
    let log = relay.end();
    assert!(
        log.contains("acted") && log.contains("RunAntiVirusScanQuick"),
        "{log}"
    );
    for hidden in [PC1, &secret, &token] {
        assert!(!log.contains(hidden), "{log}");
    }
}
