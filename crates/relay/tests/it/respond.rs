//! What can be done about observables, and doing it.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tesem_relay::reply::{Compat, Failure};
use tesem_relay::request::{ActionForm, observables};
use tesem_relay::respond::{AuditResult, MachineAction, Rejected, Texts, carry_out, offers, plan};

use crate::service::SHA1;
use crate::tenant::{Fake, Say};

fn never() -> BoxFuture<'static, ()> {
    std::future::pending().boxed()
}

async fn offered(fake: &Fake, list: Value) -> Result<Vec<Value>, Failure> {
    let sent = observables(list.to_string().as_bytes()).unwrap();
    offers(fake, &sent, Compat::V0, never()).await
}

fn machine() -> Value {
    json!([{"type": "MS_Machine_id", "value": "m1"}])
}

fn available(names: &[&str]) -> Vec<Value> {
    let action = |name: &&str| json!({"action": name, "isAvailable": true});
    names.iter().map(action).collect()
}

fn titles(offers: &[Value]) -> Vec<&str> {
    offers
        .iter()
        .map(|offer| offer["title"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn actions_of_a_machine_are_offered_by_title() {
    let mut all = available(&[
        "FullIsolation",
        "SelectiveIsolation",
        "RunAntiVirusScan",
        "CollectInvestigationPackage",
        "RestrictCodeExecution",
        "InitiateInvestigation",
        "StopAndQuarantineFile",
        "OffBoard",
    ]);
    let whole = offered(
        &Fake::default().gives("available m1", all.clone()),
        machine(),
    )
    .await
    .unwrap();
    assert_eq!(
        titles(&whole),
        [
            "Collect investigation package",
            "Initiate automated investigation",
            "Isolate Device: Full",
            "Isolate Device: Selective",
            "Restrict app execution",
            "Run antivirus scan: Full",
            "Run antivirus scan: Quick",
        ]
    );
    assert_eq!(
        whole[5],
        json!({
            "id": "microsoft-defender-RunAntiVirusScanFull",
            "title": "Run antivirus scan: Full",
            "description": "Run antivirus scan: Full",
            "categories": ["Microsoft Defender for Endpoint", "Machine Actions"],
            "query-params": {"observable_type": "ms_machine_id", "observable_value": "m1"},
        })
    );
    all[2]["isAvailable"] = json!(false);
    all[3]["isAvailable"] = Value::Null;
    let fewer = offered(&Fake::default().gives("available m1", all), machine())
        .await
        .unwrap();
    assert_eq!(fewer.len(), 4);
}

#[tokio::test]
async fn what_is_in_force_can_be_undone() {
    let fake = |names: &[&str], isolation: &str, restriction: &str| {
        let done = |kind: &str| vec![json!({"id": "a", "type": kind})];
        Fake::default()
            .gives("available m1", available(names))
            .gives("last Unisolate|Isolate m1", done(isolation))
            .gives(
                "last UnrestrictCodeExecution|RestrictCodeExecution m1",
                done(restriction),
            )
    };
    let all = [
        "FullIsolation",
        "RestrictCodeExecution",
        "SelectiveIsolation",
        "CollectInvestigationPackage",
    ];
    let cases: [(&[&str], &str, &str, &[&str]); 5] = [
        (
            &all,
            "Isolate",
            "RestrictCodeExecution",
            &[
                "Collect investigation package",
                "Release from isolation",
                "Remove app restrictions",
            ],
        ),
        (
            &all,
            "Unisolate",
            "UnrestrictCodeExecution",
            &[
                "Collect investigation package",
                "Isolate Device: Full",
                "Isolate Device: Selective",
                "Restrict app execution",
            ],
        ),
        (
            &["FullIsolation"],
            "Isolate",
            "x",
            &["Release from isolation"],
        ),
        (
            &["SelectiveIsolation"],
            "Isolate",
            "x",
            &["Release from isolation"],
        ),
        (
            &["CollectInvestigationPackage"],
            "Isolate",
            "RestrictCodeExecution",
            &["Collect investigation package"],
        ),
    ];
    for (names, isolation, restriction, expected) in cases {
        let offers = offered(&fake(names, isolation, restriction), machine())
            .await
            .unwrap();
        assert_eq!(titles(&offers), expected, "{names:?} {isolation}");
    }
    let without = fake(&["CollectInvestigationPackage"], "Isolate", "x");
    offered(&without, machine()).await.unwrap();
    assert_eq!(without.count("last"), 0);
}

#[tokio::test]
async fn a_machine_that_is_refused_fails_the_request_without_a_reason() {
    let cases = [
        (
            400,
            "invalid request: Invalid request to Microsoft Defender for Endpoint.",
        ),
        (
            403,
            "invalid request: Invalid request to Microsoft Defender for Endpoint.",
        ),
        (
            404,
            "invalid request: Invalid request to Microsoft Defender for Endpoint.",
        ),
        (
            503,
            "invalid request: Invalid request to Microsoft Defender for Endpoint.",
        ),
        (401, "authorization error: Authorization failed: Why."),
        (
            500,
            "internal error: Microsoft Defender for Endpoint internal error.",
        ),
    ];
    for call in [
        "available",
        "last Unisolate",
        "last UnrestrictCodeExecution",
    ] {
        for (status, expected) in cases {
            let fake = Fake::default()
                .gives(
                    "available",
                    available(&["FullIsolation", "RestrictCodeExecution"]),
                )
                .says(call, Say::Status(status, "Why."));
            let failure = offered(&fake, machine()).await.unwrap_err();
            let shown = format!("{}: {failure}", failure.code.as_str());
            assert_eq!(shown, expected, "{call}");
        }
    }
}

#[tokio::test]
async fn indicators_can_be_added_or_removed() {
    let fake = Fake::default().gives(
        "indicator 192.0.2.1",
        vec![json!({"id": "995", "action": "AlertAndBlock", "title": "Bad"})],
    );
    let list = json!([
        {"type": "sha1", "value": SHA1.to_uppercase()},
        {"type": "IP", "value": "192.0.2.1"},
        {"type": "url", "value": "http://x"},
        {"type": "domain", "value": "x' or 'a' eq 'a"},
    ]);
    let offers = offered(&fake, list).await.unwrap();
    assert_eq!(
        titles(&offers),
        [
            "Add indicator: Alert",
            "Add indicator: Alert and Block",
            "Add indicator: Allow",
            "Remove indicator: Alert and Block - Bad"
        ]
    );
    assert_eq!(
        offers[1],
        json!({
            "id": "microsoft-defender-add-indicator-alert-and-block",
            "title": "Add indicator: Alert and Block",
            "description": format!("Add indicator with Alert and Block action for {}", SHA1.to_uppercase()),
            "categories": ["Microsoft Defender for Endpoint", "Add Indicator"],
            "query-params": {"observable_type": "sha1", "observable_value": SHA1.to_uppercase()},
        })
    );
    let ids: Vec<&str> = offers
        .iter()
        .map(|offer| offer["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        (ids[0], ids[2]),
        (
            "microsoft-defender-add-indicator-alert",
            "microsoft-defender-add-indicator-allowed"
        )
    );
    assert_eq!(
        offers[3],
        json!({
            "id": "microsoft-defender-remove-indicator",
            "title": "Remove indicator: Alert and Block - Bad",
            "description": "Remove indicator with Alert and Block action for 192.0.2.1",
            "categories": ["Microsoft Defender for Endpoint", "Remove Indicator"],
            "query-params": {"observable_type": "ip", "observable_value": "192.0.2.1", "indicator_id": "995"},
        })
    );
    assert_eq!(
        fake.calls(),
        [
            format!("indicator {SHA1}"),
            "indicator 192.0.2.1".to_owned()
        ]
    );
    let failing = Fake::default().says("indicator", Say::Status(403, "No."));
    let failure = offered(&failing, json!([{"type": "ip", "value": "192.0.2.1"}]))
        .await
        .unwrap_err();
    assert_eq!(
        failure.message,
        "Invalid request to Microsoft Defender for Endpoint. No."
    );
}

#[tokio::test]
async fn a_list_of_actions_is_whole_or_a_failure_in_time() {
    let fake = Fake::default().says("indicator", Say::Silence);
    let sent = observables(br#"[{"type":"ip","value":"192.0.2.1"}]"#).unwrap();
    let failure = offers(&fake, &sent, Compat::V0, std::future::ready(()).boxed())
        .await
        .unwrap_err();
    assert!(failure.message.contains("time for this request is over"));
}

fn form(action: &str, kind: &str, value: &str, indicator: Option<&str>) -> ActionForm {
    ActionForm {
        action_id: format!("microsoft-defender-{action}"),
        observable_type: kind.to_owned(),
        observable_value: value.to_owned(),
        indicator_id: indicator.map(str::to_owned),
    }
}

async fn done(fake: &Fake, form: &ActionForm) -> (AuditResult, Option<Failure>) {
    let planned = plan(form, &Texts::default()).unwrap();
    carry_out(fake, &planned, Compat::V0, never()).await
}

#[tokio::test]
async fn each_action_of_a_machine_is_sent_once() {
    use MachineAction as A;
    let calls = [
        (A::FullIsolation, "order m1 Isolate(Full)"),
        (A::SelectiveIsolation, "order m1 Isolate(Selective)"),
        (A::QuickScan, "order m1 RunAntiVirusScan(Quick)"),
        (A::FullScan, "order m1 RunAntiVirusScan(Full)"),
        (
            A::CollectInvestigationPackage,
            "order m1 CollectInvestigationPackage",
        ),
        (A::RestrictCodeExecution, "order m1 RestrictCodeExecution"),
        (A::InitiateInvestigation, "investigate m1"),
        (A::Unisolate, "order m1 Unisolate"),
        (
            A::UnrestrictCodeExecution,
            "order m1 UnrestrictCodeExecution",
        ),
    ];
    assert_eq!(calls.map(|(action, _)| action), A::ALL);
    for (action, call) in calls {
        let fake = Fake::default();
        let form = form(action.as_str(), "ms_machine_id", "m1", None);
        assert_eq!(done(&fake, &form).await, (AuditResult::Done, None));
        assert_eq!(
            fake.calls(),
            [format!("{call} Performed via SecureX Threat Response")]
        );
    }
}

#[tokio::test]
async fn each_indicator_is_sent_with_its_body() {
    let types = [
        ("sha1", "FileSha1"),
        ("sha256", "FileSha256"),
        ("md5", "FileMd5"),
        ("ip", "IpAddress"),
        ("ipv6", "IpAddress"),
        ("domain", "DomainName"),
    ];
    let actions = [
        ("add-indicator-alert", "Alert", json!("High")),
        (
            "add-indicator-alert-and-block",
            "AlertAndBlock",
            json!("High"),
        ),
        ("add-indicator-allowed", "Allowed", Value::Null),
    ];
    for (kind, wire) in types {
        for (id, action, severity) in &actions {
            let fake = Fake::default();
            let form = form(id, kind, "V", None);
            assert_eq!(done(&fake, &form).await, (AuditResult::Done, None));
            let calls = fake.calls();
            let body: Value = serde_json::from_str(calls[0].strip_prefix("add ").unwrap()).unwrap();
            let mut expected = json!({
                "indicatorValue": "V",
                "indicatorType": wire,
                "action": action,
                "title": "From SecureX Threat Response",
                "description": "This indicator was added via SecureX Threat Response by the UI or API response actions",
            });
            if !severity.is_null() {
                expected["severity"] = severity.clone();
            }
            assert_eq!(body, expected);
        }
    }
    let fake = Fake::default();
    let form = form("remove-indicator", "ip", "V", Some("995"));
    assert_eq!(done(&fake, &form).await, (AuditResult::Done, None));
    assert_eq!(fake.calls(), ["remove 995"]);
}

#[test]
fn what_cannot_be_done_is_rejected_before_anything_is_sent() {
    let rejected = |form: &ActionForm| plan(form, &Texts::default()).unwrap_err();
    let unsupported = "Invalid request to Microsoft Defender for Endpoint. Unsupported action.";
    for (action, kind) in [
        ("x", "ip"),
        ("FullIsolation", "ip"),
        ("x", "ms_machine_id"),
        ("remove-indicator", "ms_machine_id"),
        ("FullIsolation", "MS_MACHINE_ID"),
    ] {
        let Rejected {
            failure,
            has_status,
        } = rejected(&form(action, kind, "V", None));
        assert_eq!(
            (failure.message.as_str(), has_status),
            (unsupported, true),
            "{action} {kind}"
        );
    }
    let mut bare = form("x", "ms_machine_id", "V", None);
    bare.action_id = "FullIsolation".to_owned();
    assert_eq!(rejected(&bare).failure.message, unsupported);
    for kind in ["url", "IP", "x"] {
        for action in ["add-indicator-alert", "remove-indicator"] {
            let Rejected {
                failure,
                has_status,
            } = rejected(&form(action, kind, "V", Some("1")));
            assert_eq!(failure.code.as_str(), "unsupported type");
            assert_eq!(
                failure.message,
                format!("Unsupported observable type {kind}")
            );
            assert!(!has_status);
        }
    }
    let without_id = rejected(&form("remove-indicator", "ip", "V", None));
    assert!(
        without_id
            .failure
            .message
            .ends_with("There is no indicator_id.")
    );
}

#[tokio::test]
async fn a_failed_action_is_not_repeated_and_says_whether_it_may_have_been_done() {
    use AuditResult::{NotDone, Unknown};
    let reason = "Invalid request to Microsoft Defender for Endpoint. Why.";
    let cases = [
        (400, reason, NotDone),
        (403, reason, NotDone),
        (404, reason, NotDone),
        (409, reason, NotDone),
        (503, reason, Unknown),
        (401, "Authorization failed: Why.", NotDone),
        (
            500,
            "Microsoft Defender for Endpoint internal error.",
            Unknown,
        ),
    ];
    for (status, expected, result) in cases {
        let fake = Fake::default().says("order", Say::Status(status, "Why."));
        let (became, failure) = done(&fake, &form("Unisolate", "ms_machine_id", "m1", None)).await;
        assert_eq!(
            (became, failure.unwrap().message.as_str()),
            (result, expected)
        );
        assert_eq!(fake.calls().len(), 1);
    }
    let fake = Fake::default().says("order", Say::Silence);
    let planned = plan(
        &form("Unisolate", "ms_machine_id", "m1", None),
        &Texts::default(),
    )
    .unwrap();
    let (became, failure) =
        carry_out(&fake, &planned, Compat::V0, std::future::ready(()).boxed()).await;
    assert_eq!(became, Unknown);
    assert!(
        failure
            .unwrap()
            .message
            .ends_with("the action may have been done.")
    );
}
