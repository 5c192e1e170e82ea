//! Answers of the functions of the family.

use super::super::testing::{check, dynamic, eval, json, text};
use crate::Value::{Bool, Long, Null};
use tesem_kql::types::ScalarType;

#[test]
fn json_text() {
    assert_eq!(
        json("parse_json", &[text(r#"{"a":123, "b":"{\"c\":456}"}"#)]),
        r#"{"a":123,"b":"{\"c\":456}"}"#
    );
    assert_eq!(json("parse_json", &[text("abc")]), r#""abc""#);
    assert_eq!(json("parse_json", &[text("")]), "null");
    assert_eq!(json("todynamic", &[dynamic("[1]")]), "[1]");
    assert!(eval("parse_json", &[Long(5)]).is_err());
    check(
        "extract_json",
        &[
            (
                &[text("$.name"), text(r#"{"name":"John","age":30}"#)],
                text("John"),
            ),
            (&[text("$.none"), text("{}")], text("")),
        ],
    );
    assert!(eval("extract_json", &[text("name"), text("{}")]).is_err());
    check(
        "dynamic_to_json",
        &[(
            &[dynamic(r#"{"b":1,"a":{"d":2,"c":[3]}}"#)],
            text(r#"{"a":{"c":[3],"d":2},"b":1}"#),
        )],
    );
}

#[test]
fn packing() {
    assert_eq!(
        json(
            "bag_pack",
            &[
                text("Level"),
                text("Information"),
                text("ProcessID"),
                Long(1234),
                text("Data"),
                dynamic(r#"{"url":"x"}"#)
            ]
        ),
        r#"{"Level":"Information","ProcessID":1234,"Data":{"url":"x"}}"#
    );
    assert!(eval("bag_pack", &[text("a"), Long(1), text("b")]).is_err());
    assert!(eval("bag_pack", &[Long(1), Long(1)]).is_err());
}

#[test]
fn keys() {
    assert_eq!(
        json("bag_keys", &[dynamic(r#"{"a":"b","c":{"d":1}}"#)]),
        r#"["a","c"]"#
    );
    assert_eq!(json("bag_keys", &[dynamic("[]")]), "null");
    let bag = || dynamic(r#"{"key1":123,"key2":{"prop1":"abc","prop2":"xyz"},"key3":[100,200]}"#);
    check(
        "bag_has_key",
        &[
            (&[bag(), text("key2")], Bool(true)),
            (&[bag(), text("$.key2.prop1")], Bool(true)),
            (&[bag(), text("prop1")], Bool(false)),
            (&[dynamic("[]"), text("a")], Null(ScalarType::Bool)),
        ],
    );
    assert_eq!(
        json(
            "bag_remove_keys",
            &[bag(), dynamic(r#"["$.key2.prop1","key3"]"#)]
        ),
        r#"{"key1":123,"key2":{"prop2":"xyz"}}"#
    );
    assert_eq!(
        json(
            "bag_remove_keys",
            &[dynamic(r#"{"a":1}"#), dynamic(r#"["b"]"#)]
        ),
        r#"{"a":1}"#
    );
}

#[test]
fn changing() {
    assert_eq!(
        json(
            "bag_merge",
            &[
                dynamic(r#"{"A1":12,"B1":2}"#),
                dynamic(r#"{"A2":81,"A1":1}"#)
            ]
        ),
        r#"{"A1":12,"B1":2,"A2":81}"#
    );
    assert_eq!(
        json(
            "bag_set_key",
            &[dynamic(r#"{"key1":1,"key2":2}"#), text("key3"), Long(3)]
        ),
        r#"{"key1":1,"key2":2,"key3":3}"#
    );
    assert_eq!(
        json(
            "bag_set_key",
            &[dynamic(r#"{"key1":1,"key3":"abc"}"#), text("key3"), Long(3)]
        ),
        r#"{"key1":1,"key3":3}"#
    );
    assert_eq!(
        json(
            "bag_set_key",
            &[
                dynamic(r#"{"key1":123,"key2":{"prop1":123,"prop2":"xyz"}}"#),
                text("$.key2.prop1"),
                text("abc")
            ]
        ),
        r#"{"key1":123,"key2":{"prop2":"xyz","prop1":"abc"}}"#
    );
    assert_eq!(
        json(
            "bag_set_key",
            &[
                dynamic(r#"{"key1":123}"#),
                text("$.key2.prop1"),
                text("abc")
            ]
        ),
        r#"{"key1":123,"key2":{"prop1":"abc"}}"#
    );
    assert_eq!(
        json(
            "bag_zip",
            &[dynamic(r#"["a",8,"b"]"#), dynamic(r#"[1,"2",2.5]"#)]
        ),
        r#"{"a":1,"b":2.5}"#
    );
    assert_eq!(
        json(
            "bag_zip",
            &[dynamic(r#"["a","b","c"]"#), dynamic(r#"[1,"2"]"#)]
        ),
        r#"{"a":1,"b":"2","c":null}"#
    );
    assert_eq!(
        json("bag_zip", &[dynamic(r#""a""#), dynamic("[1]")]),
        "null"
    );
}
