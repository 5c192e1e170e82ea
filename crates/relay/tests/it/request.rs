//! Bodies of requests.

use proptest::prelude::{prop_assert, prop_assert_eq, prop_assume, proptest};
use serde_json::{Value, json};
use tesem_relay::reply::{Code, Compat};
use tesem_relay::request::{
    ActionForm, EntitiesLimit, InvalidBody, ObservableType, SentObservable, Subject, observables,
    supported,
};

fn complaint(body: &str) -> String {
    observables(body.as_bytes()).unwrap_err().to_string()
}

const WHOLE: &str = r#"{"_schema": ["Invalid input type."]}"#;

#[test]
fn what_is_no_list_of_observables_is_refused_as_a_whole() {
    for body in ["", "x", "null", "{}", "\"a\"", "3", "[", "\u{feff}[]"] {
        assert_eq!(complaint(body), WHOLE, "{body}");
    }
    assert_eq!(observables(&[0xff, 0xfe]).unwrap_err().to_string(), WHOLE);
    let deep = "[".repeat(100_000);
    assert_eq!(complaint(&deep), WHOLE);
}

#[test]
fn each_fault_of_an_observable_has_its_text() {
    let missing = r#"["Missing data for required field."]"#;
    let cases = [
        (
            "3",
            r#"{"0": {"_schema": ["Invalid input type."]}}"#.to_owned(),
        ),
        (
            "[]",
            r#"{"0": {"_schema": ["Invalid input type."]}}"#.to_owned(),
        ),
        (
            "{}",
            format!(r#"{{"0": {{"type": {missing}, "value": {missing}}}}}"#),
        ),
        (
            r#"{"value":"x"}"#,
            format!(r#"{{"0": {{"type": {missing}}}}}"#),
        ),
        (
            r#"{"value":null,"type":"ip"}"#,
            r#"{"0": {"value": ["Field may not be null."]}}"#.to_owned(),
        ),
        (
            r#"{"value":3,"type":true}"#,
            r#"{"0": {"type": ["Not a valid string."], "value": ["Not a valid string."]}}"#
                .to_owned(),
        ),
        (
            r#"{"value":["x"],"type":{}}"#,
            r#"{"0": {"type": ["Not a valid string."], "value": ["Not a valid string."]}}"#
                .to_owned(),
        ),
        (
            r#"{"value":"","type":"ip"}"#,
            r#"{"0": {"value": ["Field may not be blank."]}}"#.to_owned(),
        ),
        (
            r#"{"zwei":1,"value":"x","type":"ip","é\"😀\n":1}"#,
            r#"{"0": {"zwei": ["Unknown field."], "\u00e9\"\ud83d\ude00\n": ["Unknown field."]}}"#
                .to_owned(),
        ),
    ];
    for (element, expected) in cases {
        assert_eq!(complaint(&format!("[{element}]")), expected, "{element}");
    }
}

#[test]
fn bad_elements_are_named_by_their_place_in_the_order_of_numbers() {
    let good = json!({"type": "ip", "value": " "});
    let mut list = vec![good; 12];
    for place in [10, 9, 2] {
        list[place] = json!(null);
    }
    let text = complaint(&Value::Array(list).to_string());
    let tree: Value = serde_json::from_str(&text).unwrap();
    let places: Vec<&String> = tree.as_object().unwrap().keys().collect();
    assert_eq!(places, ["2", "9", "10"]);
}

#[test]
fn the_two_envelopes_of_a_bad_body() {
    let wrong: InvalidBody = observables(b"3").unwrap_err();
    let old = wrong.failure(Compat::V0);
    let new = wrong.failure(Compat::V2);
    assert_eq!(
        (old.code, old.message),
        (
            Code::InvalidPayload,
            format!("Invalid JSON payload received. {WHOLE}.")
        )
    );
    assert_eq!(
        (new.code, new.message),
        (
            Code::InvalidArgument,
            format!("Invalid JSON payload received. {WHOLE}")
        )
    );
}

#[test]
fn types_are_lower_cased_and_filtered_and_each_pair_comes_once() {
    let body = json!([
        {"type": "SHA1", "value": "A"},
        {"type": "url", "value": "http://x"},
        {"type": "ms_machine_id", "value": "m"},
        {"type": "sha1", "value": "a"},
        {"type": "sha1", "value": "A"},
        {"type": "Domain", "value": " "},
    ]);
    let sent = observables(body.to_string().as_bytes()).unwrap();
    let pairs = |wanted: fn(ObservableType) -> bool| -> Vec<String> {
        supported(&sent, wanted)
            .into_iter()
            .map(|(kind, SentObservable { value, .. })| format!("{kind}={value}"))
            .collect()
    };
    assert_eq!(
        pairs(|_| true),
        ["sha1=A", "ms_machine_id=m", "sha1=a", "domain= "]
    );
    assert_eq!(
        pairs(|kind| kind != ObservableType::MsMachineId),
        ["sha1=A", "sha1=a", "domain= "]
    );
    assert!(observables(b"[]").unwrap().is_empty());
}

#[test]
fn each_fault_of_an_action_form_has_its_text() {
    let form = |more: Value| {
        let mut form = json!({
            "action-id": "a", "observable_type": "ip", "observable_value": "1.1.1.1", "x": [],
        });
        let members = form.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        ActionForm::read(form.to_string().as_bytes())
    };
    let read = form(json!({})).unwrap();
    assert_eq!((read.action_id.as_str(), read.indicator_id), ("a", None));
    for (id, kept) in [
        (json!(12), "12"),
        (json!("12"), "12"),
        (json!(-3), "-3"),
        (json!(" +4 "), "+4"),
        (json!("99999999999999999999999"), "99999999999999999999999"),
    ] {
        let read = form(json!({"indicator_id": id})).unwrap();
        assert_eq!(read.indicator_id.as_deref(), Some(kept), "{id}");
    }
    let not_integer = r#"{"indicator_id": ["Not a valid integer."]}"#;
    for id in [
        json!("x"),
        json!(""),
        json!("-"),
        json!("1/../2"),
        json!("٣"),
        json!(true),
        json!([1]),
        json!({}),
        json!(1.5),
    ] {
        let wrong = form(json!({"indicator_id": id})).unwrap_err();
        assert_eq!(wrong.to_string(), not_integer, "{id}");
    }
    let wrong = form(json!({"indicator_id": null, "action-id": ""})).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        r#"{"action-id": ["Field may not be blank."], "indicator_id": ["Field may not be null."]}"#
    );
    let wrong = ActionForm::read(b"{\"observable_value\": null, \"observable_type\": 1}");
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "{\"action-id\": [\"Missing data for required field.\"], \"observable_type\": [\"Not a valid string.\"], \
         \"observable_value\": [\"Field may not be null.\"]}"
    );
    for body in ["", "[]", "null", "1"] {
        let wrong = ActionForm::read(body.as_bytes()).unwrap_err();
        assert_eq!(wrong.to_string(), WHOLE, "{body}");
    }
}

#[test]
fn a_limit_is_a_whole_number_above_zero_or_100() {
    for (text, limit) in [
        (None, 100),
        (Some(""), 100),
        (Some("x"), 100),
        (Some("0"), 100),
        (Some("-5"), 100),
        (Some("1.5"), 100),
        (Some("99999999999"), 100),
        (Some("1"), 1),
        (Some(" 250 "), 250),
    ] {
        assert_eq!(EntitiesLimit::from_setting(text).get(), limit, "{text:?}");
    }
    for (claim, limit) in [
        (json!(7), 7),
        (json!("8"), 8),
        (json!(0), 100),
        (json!(-1), 100),
        (json!(2.5), 100),
        (json!(null), 100),
        (json!(true), 100),
    ] {
        assert_eq!(EntitiesLimit::from_claim(&claim).get(), limit, "{claim}");
    }
}

#[test]
fn values_are_canonical_before_they_are_looked_up_and_malformed_ones_are_not() {
    use ObservableType as T;
    let sha1 = "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709";
    let cases: &[(T, &str, Option<&str>)] = &[
        (
            T::Sha1,
            sha1,
            Some("da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ),
        (T::Sha1, "da39", None),
        (T::Sha256, sha1, None),
        (
            T::Md5,
            " D41D8CD98F00B204E9800998ECF8427E ",
            Some("d41d8cd98f00b204e9800998ecf8427e"),
        ),
        (T::Md5, "' or 1 == 1", None),
        (T::Ip, "1.2.3.4", Some("1.2.3.4")),
        (T::Ip, "1.2.3", None),
        (T::Ip, "1.2.3.4/alerts", None),
        (T::Ipv6, "2001:DB8:0::1", Some("2001:db8::1")),
        (T::Ip, "2001:db8::1", Some("2001:db8::1")),
        (T::Ipv6, "::ffff:1.2.3.4", Some("1.2.3.4")),
        (T::Ipv6, "zz::1", None),
        (T::Domain, "EXAMPLE.com", Some("example.com")),
        (T::Domain, "Intranet.Corp", Some("intranet.corp")),
        (T::Domain, "a.com/../x", None),
        (T::Domain, "a.com\" | take 1", None),
        (T::Domain, "a..com", None),
        (T::Domain, "localhost", None),
        (T::MsMachineId, "m", None),
    ];
    for (kind, value, expected) in cases {
        let subject = Subject::of(*kind, value).map(|subject| subject.value());
        assert_eq!(subject.as_deref(), *expected, "{kind} {value}");
    }
}

#[test]
fn names_of_types() {
    let names: Vec<String> = ObservableType::ALL
        .into_iter()
        .map(|kind| format!("{kind} {}", kind.label()))
        .collect();
    assert_eq!(
        names,
        [
            "sha1 SHA1",
            "sha256 SHA256",
            "md5 MD5",
            "ip IP",
            "ipv6 IPV6",
            "domain Domain",
            "ms_machine_id ms_machine_id"
        ]
    );
    assert_eq!(ObservableType::named("IP"), None);
}

proptest! {
    #[test]
    fn any_text_is_a_list_or_a_complaint_that_is_json(body in ".*") {
        if let Err(wrong) = observables(body.as_bytes()) {
            let tree: Value = serde_json::from_str(&wrong.to_string()).unwrap();
            prop_assert!(tree.is_object() && wrong.to_string().is_ascii());
        }
    }

    #[test]
    fn a_complaint_names_each_unknown_member_as_it_was_sent(name in "[^\u{0}]{1,8}") {
        prop_assume!(name != "type" && name != "value");
        let body = json!([{"type": "ip", "value": "x", name.clone(): 1}]).to_string();
        let wrong = observables(body.as_bytes()).unwrap_err();
        let tree: Value = serde_json::from_str(&wrong.to_string()).unwrap();
        prop_assert_eq!(&tree, &json!({"0": {name: ["Unknown field."]}}));
    }

    #[test]
    fn what_is_looked_up_is_canonical(value in ".{0,80}") {
        for kind in ObservableType::ALL {
            if let Some(subject) = Subject::of(kind, &value) {
                prop_assert_eq!(Subject::of(kind, &subject.value()), Some(subject));
            }
        }
    }
}

#[test]
fn complaints_have_an_end() {
    let long = format!("[{}1]", "1,".repeat(100_000));
    let told = observables(long.as_bytes()).unwrap_err().to_string();
    assert!(told.contains(r#""999": {"_schema""#) && !told.contains(r#""1000""#));
    let members: Vec<String> = (0..100_000).map(|n| format!("\"m{n}\": 1")).collect();
    let wide = format!("[{{{}}}]", members.join(","));
    let told = observables(wide.as_bytes()).unwrap_err().to_string();
    assert!(
        told.contains("\"type\": [\"Missing") && told.len() < 100_000,
        "{}",
        told.len()
    );
}
