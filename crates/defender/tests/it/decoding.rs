use proptest::prelude::*;
use serde_json::json;
use tesem_defender::hunting::decode;
use tesem_defender::{AnswerProblem, HuntingApi, HuntingResult, HuntingType};

fn graph(body: &str) -> Result<HuntingResult, AnswerProblem> {
    decode(HuntingApi::Graph, "application/json", body.as_bytes())
}

#[test]
fn shapes_that_occur() {
    let schema = r#""schema":[{"name":"a","type":"String"},{"name":"b","type":"Int64"}]"#;
    let cases = [
        ("no rows", format!("{{{schema},\"results\":[]}}"), json!([])),
        (
            "columns by schema, not by row",
            format!("{{{schema},\"results\":[{{\"c\":1}}]}}"),
            json!([["", null]]),
        ),
        (
            "other order of keys",
            format!("{{{schema},\"results\":[{{\"b\":2,\"x\":{{}},\"a\":\"y\"}}]}}"),
            json!([["y", 2]]),
        ),
        (
            "a key twice",
            format!("{{{schema},\"results\":[{{\"b\":2,\"b\":3}}]}}"),
            json!([["", 3]]),
        ),
        (
            "escaped keys",
            format!("{{{schema},\"results\":[{{\"\\u0062\":2}}]}}"),
            json!([["", 2]]),
        ),
        (
            "rows before the schema",
            format!("{{\"results\":[{{\"b\":2}}],{schema}}}"),
            json!([["", 2]]),
        ),
        (
            "other letter case of a key",
            format!("{{{schema},\"results\":[{{\"B\":2}}]}}"),
            json!([["", null]]),
        ),
        (
            "no columns",
            "{\"schema\":[],\"results\":[{},{\"a\":1}]}".to_owned(),
            json!([[], []]),
        ),
        (
            "white space around",
            format!(" \r\n{{{schema},\"results\":[ ]}}\n"),
            json!([]),
        ),
    ];
    for (name, body, expected) in cases {
        assert_eq!(json!(graph(&body).unwrap().rows), expected, "{name}");
    }
}

#[test]
fn all_documented_types_are_known() {
    let names = [
        ("DateTime", "datetime"),
        ("String", "string"),
        ("Int32", "int"),
        ("Int64", "long"),
        ("SByte", "bool"),
        ("Double", "real"),
        ("Object", "dynamic"),
        ("Guid", "guid"),
        ("TimeSpan", "timespan"),
        ("SqlDecimal", "decimal"),
        ("System.Boolean", "bool"),
        ("Hologram", "Hologram"),
    ];
    for (wire, kql) in names {
        assert_eq!(HuntingType::from_wire(wire).as_kql(), kql);
    }
}

#[test]
fn what_is_not_the_documented_form_is_refused() {
    let deep = format!(
        "{{\"schema\":[{{\"name\":\"d\",\"type\":\"Object\"}}],\"results\":[{{\"d\":{}1{}}}]}}",
        "[".repeat(200),
        "]".repeat(200)
    );
    let cases = [
        ("", "EOF"),
        ("null", "invalid type"),
        ("[]", "invalid type"),
        ("{}", "it has no `schema`"),
        ("{\"schema\":[]}", "it has no `results`"),
        ("{\"results\":[]}", "it has no `schema`"),
        ("{\"schema\":[],\"results\":[]} x", "trailing characters"),
        ("{\"schema\":[],\"results\":[", "EOF"),
        (
            "{\"schema\":[],\"results\":{}}",
            "expected an array of rows",
        ),
        ("{\"schema\":[],\"results\":[7]}", "expected a row"),
        (
            "{\"schema\":[{\"name\":\"a\"}],\"results\":[]}",
            "missing field `type`",
        ),
        (
            "{\"results\":[{\"x\":1}],\"schema\":[{\"name\":\"a\",\"type\":\"String\"},{\"name\":\"a\",\"type\":\"String\"}]}",
            "names the column `a` twice",
        ),
        (
            "{\"schema\":[{\"name\":\"a\",\"type\":\"String\"},{\"name\":\"a\",\"type\":\"String\"}],\"results\":[{}]}",
            "names the column `a` twice",
        ),
        (deep.as_str(), "recursion limit exceeded"),
    ];
    for (body, expected) in cases {
        let problem = graph(body).unwrap_err().to_string();
        assert!(problem.contains(expected), "{body}: {problem}");
    }
}

#[test]
fn a_quoted_answer_is_cut() {
    let body = format!("{{\"schema\":[],\"results\":\"{}\"}}", "x".repeat(100_000));
    assert!(graph(&body).unwrap_err().to_string().chars().count() < 500);
}

fn cell() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        ".{0,8}".prop_map(|value| json!(value)),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            prop::collection::btree_map("[a-z@.]{1,12}", inner, 1..4)
                .prop_map(|object| json!(object)),
        ]
    })
}

proptest! {
    /// Whatever the cells, each row has one cell per column, and strings stay what they are.
    #[test]
    fn rows_are_as_wide_as_the_schema(cells in prop::collection::vec(cell(), 0..6), text in ".{0,20}") {
        let types = ["SByte", "DateTime", "Int64", "Object", "Double", "Guid"];
        let mut schema = vec![json!({"name": "s", "type": "String"})];
        let mut row = serde_json::Map::new();
        row.insert("s".to_owned(), json!(text));
        for (place, (cell, kind)) in cells.iter().zip(types).enumerate() {
            schema.push(json!({"name": format!("c{place}"), "type": kind}));
            row.insert(format!("c{place}"), cell.clone());
        }
        let body = json!({"schema": schema, "results": [row]}).to_string();
        for api in HuntingApi::ALL {
            let result = decode(api, "", body.as_bytes()).unwrap();
            prop_assert_eq!(result.rows[0].len(), schema.len());
            prop_assert_eq!(&result.rows[0][0], &json!(text));
            let shown = result.rows[0].iter().map(ToString::to_string).collect::<String>();
            prop_assert!(!shown.contains("@odata.type\":") || text.contains("@odata.type"));
        }
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(decode(HuntingApi::Xdr, "", &bytes).is_err());
    }

    /// A body cut anywhere is an error, never fewer rows.
    #[test]
    fn no_cut_body_is_taken_for_a_whole_one(cut in 0..140_usize) {
        let body = r#"{"Schema":[{"Name":"a","Type":"String"},{"Name":"b","Type":"SByte"}],"Results":[{"a":"x","b":1},{"a":"y","b":0},{"a":"zzzzzzzzzzzzzzz","b":0}]}"#;
        prop_assert!(decode(HuntingApi::Defender, "", &body.as_bytes()[..cut]).is_err());
    }
}
