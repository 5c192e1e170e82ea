//! Bodies that are not what is expected, over HTTP.

use serde_json::{Value, json};

use super::tenant::{DOMAIN, IP};
use super::{Relay, failed};

const LISTS: &[&str] = &[
    "/observe/observables",
    "/refer/observables",
    "/respond/observables",
];

/// The error tree of an invalid list, and how it is written.
fn lists() -> Vec<(String, String)> {
    let none = r#"{"_schema": ["Invalid input type."]}"#;
    let missing = "Missing data for required field.";
    let mut cases: Vec<(String, String)> = [
        "",
        "{",
        "null",
        "{}",
        "\"x\"",
        "5",
        "true",
        "[1,",
        "\u{feff}[]",
    ]
    .iter()
    .map(|body| ((*body).to_owned(), none.to_owned()))
    .collect();
    let elements = [
        ("5", r#"{"_schema": ["Invalid input type."]}"#.to_owned()),
        ("null", r#"{"_schema": ["Invalid input type."]}"#.to_owned()),
        ("[]", r#"{"_schema": ["Invalid input type."]}"#.to_owned()),
        (
            "{}",
            format!(r#"{{"type": ["{missing}"], "value": ["{missing}"]}}"#),
        ),
        (
            r#"{"type": "ip"}"#,
            format!(r#"{{"value": ["{missing}"]}}"#),
        ),
        (r#"{"value": "x"}"#, format!(r#"{{"type": ["{missing}"]}}"#)),
        (
            r#"{"type": null, "value": null}"#,
            r#"{"type": ["Field may not be null."], "value": ["Field may not be null."]}"#
                .to_owned(),
        ),
        (
            r#"{"type": 1, "value": true}"#,
            r#"{"type": ["Not a valid string."], "value": ["Not a valid string."]}"#.to_owned(),
        ),
        (
            r#"{"type": [], "value": {}}"#,
            r#"{"type": ["Not a valid string."], "value": ["Not a valid string."]}"#.to_owned(),
        ),
        (
            r#"{"type": "", "value": ""}"#,
            r#"{"type": ["Field may not be blank."], "value": ["Field may not be blank."]}"#
                .to_owned(),
        ),
        (
            r#"{"type": "ip", "value": "x", "b": 1, "é\"": 2}"#,
            r#"{"b": ["Unknown field."], "\u00e9\"": ["Unknown field."]}"#.to_owned(),
        ),
    ];
    for (element, tree) in elements {
        cases.push((format!("[{element}]"), format!(r#"{{"0": {tree}}}"#)));
    }
    cases
}

#[test]
fn an_invalid_list_is_answered_before_any_token_is_asked_for() {
    let relay = Relay::new();
    for path in LISTS {
        for (body, tree) in lists() {
            let message = format!("Invalid JSON payload received. {tree}.");
            let answer = relay.answer_unknown(path, body.clone());
            assert_eq!(answer, failed("invalid payload", &message), "{path} {body}");
        }
    }
    assert_eq!(relay.calls_since(0), [""; 0]);
}

#[test]
fn all_bad_elements_are_told_in_the_order_of_their_numbers() {
    let relay = Relay::new();
    let mut list = vec![json!({"type": " ", "value": " "}); 12];
    for bad in [1, 10, 2] {
        list[bad] = json!(bad);
    }
    let wrong = r#"{"_schema": ["Invalid input type."]}"#;
    let tree = format!(r#"{{"1": {wrong}, "2": {wrong}, "10": {wrong}}}"#);
    let message = format!("Invalid JSON payload received. {tree}.");
    let answer = relay.answer_unknown("/observe/observables", Value::from(list).to_string());
    assert_eq!(answer, failed("invalid payload", &message));
}

#[test]
fn an_invalid_action_is_told_by_its_members() {
    let relay = Relay::new();
    let missing = "Missing data for required field.";
    let good = json!({"action-id": "a", "observable_type": "ip", "observable_value": IP});
    let with = |name: &str, value: Value| {
        let mut form = good.clone();
        form[name] = value;
        form.to_string()
    };
    let id = |tree: &str| format!(r#"{{"indicator_id": ["{tree}"]}}"#);
    let cases = [
        (
            String::new(),
            r#"{"_schema": ["Invalid input type."]}"#.to_owned(),
        ),
        (
            "[]".to_owned(),
            r#"{"_schema": ["Invalid input type."]}"#.to_owned(),
        ),
        (
            "{}".to_owned(),
            format!(
                r#"{{"action-id": ["{missing}"], "observable_type": ["{missing}"], "observable_value": ["{missing}"]}}"#
            ),
        ),
        (
            with("action-id", json!("")),
            r#"{"action-id": ["Field may not be blank."]}"#.to_owned(),
        ),
        (
            with("observable_type", json!(1)),
            r#"{"observable_type": ["Not a valid string."]}"#.to_owned(),
        ),
        (
            with("observable_value", json!(null)),
            r#"{"observable_value": ["Field may not be null."]}"#.to_owned(),
        ),
        (
            with("indicator_id", json!(null)),
            id("Field may not be null."),
        ),
        (with("indicator_id", json!("x")), id("Not a valid integer.")),
        (
            with("indicator_id", json!("1/../2")),
            id("Not a valid integer."),
        ),
        (
            with("indicator_id", json!(true)),
            id("Not a valid integer."),
        ),
        (with("indicator_id", json!([])), id("Not a valid integer.")),
        (with("indicator_id", json!({})), id("Not a valid integer.")),
    ];
    for (body, tree) in cases {
        let message = format!("Invalid JSON payload received. {tree}.");
        let answer = relay.answer_unknown("/respond/trigger", body.clone());
        assert_eq!(
            answer["errors"],
            failed("invalid payload", &message)["errors"],
            "{body}"
        );
    }
    let unknown = with("more", json!({"is": "ignored"}));
    let answer = relay.answer_unknown("/respond/trigger", unknown);
    let text = "Invalid request to Microsoft Defender for Endpoint. Unsupported action.";
    assert_eq!(answer["errors"][0]["message"], text);
}

#[test]
fn the_content_type_does_not_count_and_types_are_told_in_any_case() {
    let relay = Relay::new();
    let token = format!("Bearer {}", relay.token().signed());
    let body = json!([{"type": "DoMaIn", "value": DOMAIN}, {"type": "domain", "value": DOMAIN}]);
    for content_type in [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
    ] {
        let headers = [
            ("Authorization", token.as_str()),
            ("Content-Type", content_type),
        ];
        let answer = relay.send(
            reqwest::Method::POST,
            "/observe/observables",
            &headers,
            body.to_string(),
        );
        let answer = relay.envelope(answer);
        // One alert and two events, once.
        assert_eq!(
            answer["data"]["sightings"]["count"], 3,
            "{content_type}: {answer}"
        );
        assert_eq!(
            super::docs(&answer)[0]["observables"],
            json!([{"type": "domain", "value": DOMAIN}])
        );
    }
}

#[test]
fn the_newer_relays_words_are_a_setting() {
    let relay = Relay::configured("compat = \"v2\"\n");
    let answer = relay.answer_unknown("/observe/observables", "");
    let message = r#"Invalid JSON payload received. {"_schema": ["Invalid input type."]}"#;
    assert_eq!(answer, failed("invalid argument", message));
    let answer = relay.answer_unknown("/respond/trigger", "{}");
    assert_eq!(answer["data"], json!({"status": "failure"}));
}
