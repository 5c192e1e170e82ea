use proptest::prelude::*;

use super::*;

fn json(text: &str) -> String {
    to_json(Dynamic::new(&from_json(text)))
}

#[test]
fn json_comes_back_compact() {
    let cases = [
        (
            r#" { "a" : 1 , "b":[ true,false,null ] } "#,
            r#"{"a":1,"b":[true,false,null]}"#,
        ),
        ("118.0", "118.0"),
        ("1e2", "100.0"),
        ("-0.5", "-0.5"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9223372036854775808.0"),
        (r#""a\"\\\/\n\u00e9\ud83d\ude00""#, r#""a\"\\/\né😀""#),
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
        ("", "null"),
        ("  ", "null"),
        ("[]", "[]"),
        ("{}", "{}"),
        ("null", "null"),
        (r#""\ud800x""#, "\"\u{fffd}x\""),
    ];
    for (text, expected) in cases {
        let expected = if text == "9223372036854775808" {
            "9.223372036854776e+18"
        } else {
            expected
        };
        assert_eq!(json(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_json_is_a_string() {
    let deep = "[".repeat(DEPTH_MAX + 1) + &"]".repeat(DEPTH_MAX + 1);
    for text in [
        "abc",
        "{",
        "[1,]",
        "{'a':1}",
        "01",
        "1.",
        "tru",
        "{\"a\":1}x",
        "\"\n\"",
        &deep,
    ] {
        assert_eq!(
            Dynamic::new(&from_json(text)).as_str(),
            Some(text),
            "{text}"
        );
    }
    let just_deep_enough = "[".repeat(DEPTH_MAX) + &"]".repeat(DEPTH_MAX);
    assert_eq!(json(&just_deep_enough), just_deep_enough);
}

#[test]
fn values_are_read_in_place() {
    let bytes = from_json(r#"{"a":{"b":[10,20,{"c":"x"}]},"n":null}"#);
    let value = Dynamic::new(&bytes);
    let text = |steps: &str| {
        let path = parse_path(steps).unwrap();
        get_path(value, &path).map(to_json)
    };
    assert_eq!(text("$.a.b[0]").as_deref(), Some("10"));
    assert_eq!(text("$.a.b[-1].c").as_deref(), Some("\"x\""));
    assert_eq!(text("$.a.b[-4]"), None);
    assert_eq!(text("$.a.b[3]"), None);
    assert_eq!(text("$.a.b.c"), None);
    assert_eq!(text("$.n").as_deref(), Some("null"));
    assert_eq!(text("$.A"), None);
}

#[test]
fn reals_print_their_shortest_digits() {
    let cases = [
        (1.0, "1.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (-0.0, "-0.0"),
        (1e15, "1000000000000000.0"),
        (1e20, "1e+20"),
        (1.5e-7, "1.5e-07"),
        (f64::NAN, "NaN"),
        (f64::NEG_INFINITY, "-Infinity"),
    ];
    for (value, expected) in cases {
        let mut text = String::new();
        push_real(value, &mut text);
        assert_eq!(text, expected);
    }
}

#[test]
fn reals_in_json_have_the_digits_of_grisu2() {
    for (json, expected) in [
        ("[9.999999999999998]", "[9.999999999999999]"),
        ("[0.25,2.0,1e20]", "[0.25,2.0,1e+20]"),
        ("[-0.0,0.001]", "[-0.0,0.001]"),
    ] {
        assert_eq!(to_json(Dynamic::new(&from_json(json))), expected);
    }
}

#[test]
fn equality_is_by_value() {
    let same = |left: &str, right: &str| {
        equals(
            Dynamic::new(&from_json(left)),
            Dynamic::new(&from_json(right)),
        )
    };
    assert!(same(r#"{"a":1,"b":[2]}"#, r#"{"b":[2.0],"a":1}"#));
    assert!(!same(r#"{"a":1}"#, r#"{"a":1,"b":2}"#));
    assert!(!same("1", "\"1\""));
    assert!(!same("[1,2]", "[2,1]"));
}

#[test]
fn many_repeated_keys_keep_the_last_value() {
    let entries: Vec<String> = (0..100)
        .map(|number| format!("\"k{}\":{number}", number % 40))
        .collect();
    let bytes = from_json(&format!("{{{}}}", entries.join(",")));
    let bag = Dynamic::new(&bytes).as_bag().unwrap();
    assert_eq!(bag.len(), 40);
    assert_eq!(bag.get("k0").map(to_json).as_deref(), Some("80"));
    assert_eq!(bag.get("k39").map(to_json).as_deref(), Some("79"));
}

fn any_value() -> impl Strategy<Value = DynamicValue> {
    let leaf = prop_oneof![
        Just(DynamicValue::Null),
        any::<bool>().prop_map(DynamicValue::Bool),
        any::<i64>().prop_map(DynamicValue::Long),
        (-1e9..1e9_f64).prop_map(DynamicValue::Real),
        any::<i64>().prop_map(DynamicValue::TimeSpan),
        any::<u128>().prop_map(DynamicValue::Guid),
        ".{0,20}".prop_map(DynamicValue::String),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(DynamicValue::Array),
            prop::collection::vec((".{0,5}", inner), 0..8).prop_map(DynamicValue::bag),
        ]
    })
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(value in any_value()) {
        let bytes = encode(&value);
        prop_assert_eq!(Dynamic::new(&bytes).validate(), Ok(()));
        prop_assert_eq!(decode(&bytes), value);
    }

    #[test]
    fn json_text_reads_back_as_itself(value in any_value()) {
        let text = value.to_json();
        let again = to_json(Dynamic::new(&from_json(&text)));
        prop_assert_eq!(again, text);
    }

    #[test]
    fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..64_usize) {
        let value = Dynamic::new(&bytes);
        let _ = (value.validate(), value.view(), decode(&bytes), to_json(value));
        let _ = (get_index(value, -1), get_member(value, "a"), equals(value, Dynamic::NULL));
        let mut broken = from_json(r#"{"a":[1,2.5,"x"],"b":{"c":null}}"#);
        broken.truncate(cut);
        let _ = (Dynamic::new(&broken).validate(), decode(&broken), to_json(Dynamic::new(&broken)));
    }

    #[test]
    fn any_text_is_some_value(text in ".{0,80}") {
        let bytes = from_json(&text);
        prop_assert_eq!(Dynamic::new(&bytes).validate(), Ok(()));
    }
}
