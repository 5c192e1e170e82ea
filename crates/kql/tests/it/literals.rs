//! No value can leave its literal.

use proptest::prelude::*;
use tesem_kql::ast::{DynamicLiteral, Expr, ExprKind, Literal, OperatorKind, Statement};
use tesem_kql::build::{Identifier, QueryText};
use tesem_kql::lexer::{TokenKind, tokenize};
use tesem_kql::{literal, parse};

/// Characters that mean something to the language, to JSON, or to line-based tools, beside
/// arbitrary ones.
fn hostile_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        '"', '\'', '\\', '`', '~', '@', 'h', 'H', '|', ';', '/', '*', '(', ')', '[', ']', '{', '}',
        ',', '\n', '\r', '\t', '\0', '\u{b}', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}',
        '\u{200b}', '\u{7f}', 'u', 'x', '0', 'n', ' ', '$', '%', 'é', '😀', '\u{fffd}', '\u{ffff}',
    ]);
    let character = prop_oneof![3 => special, 1 => any::<char>()];
    prop::collection::vec(character, 0..40).prop_map(|characters| characters.into_iter().collect())
}

/// The value of `name` in `print name = …`, where the query has exactly this one value.
fn printed(query: &str) -> Expr {
    let parsed = parse(query);
    assert_eq!(parsed.diagnostics, []);
    let [Statement::Expression(expr)] = parsed.query.statements.as_slice() else {
        panic!("{query}")
    };
    let ExprKind::Source(operator) = &expr.kind else {
        panic!("{query}")
    };
    let OperatorKind::Print(values) = &operator.kind else {
        panic!("{query}")
    };
    let [value] = values.as_slice() else {
        panic!("{query}")
    };
    value.value.clone()
}

/// The literal that `print x = text` prints.
fn literal_of(text: &literal::Literal) -> Literal {
    match printed(&format!("print x = {text}")).kind {
        ExprKind::Literal(literal) => literal,
        other => panic!("{text}: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_string_is_one_token_with_its_value(value in hostile_text()) {
        let text = literal::string(&value);
        let tokens = tokenize(text.as_str());
        prop_assert_eq!(tokens.diagnostics, []);
        prop_assert_eq!(tokens.tokens.len(), 2, "one literal and the end");
        prop_assert_eq!(literal_of(&text), Literal::String(value.clone()));
        prop_assert_eq!(literal::string_length(&value), text.as_str().len());
        let breaks = ['\n', '\r', '\u{2028}', '\u{2029}', '\0'];
        prop_assert!(!text.as_str().contains(breaks));
    }

    #[test]
    fn strings_stay_in_their_list(values in prop::collection::vec(hostile_text(), 1..8)) {
        let mut query = QueryText::new();
        query.fragment("print x = y in~ ").string_list(values.iter().map(String::as_str));
        let ExprKind::In { list, .. } = printed(query.as_str()).kind else { panic!("{query}") };
        let expected: Vec<_> = values.into_iter().map(|value| ExprKind::Literal(Literal::String(value))).collect();
        let found: Vec<_> = list.into_iter().map(|expr| expr.kind).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn strings_stay_in_their_array(values in prop::collection::vec(hostile_text(), 0..8)) {
        let array = literal::dynamic_array(values.iter().map(String::as_str));
        let json = array.as_str().strip_prefix("dynamic(").and_then(|rest| rest.strip_suffix(')')).unwrap();
        let read: Vec<String> = serde_json::from_str(json).unwrap();
        prop_assert_eq!(&read, &values, "as JSON");
        let expected = values.into_iter().map(|value| DynamicLiteral::Scalar(Box::new(Literal::String(value)))).collect();
        prop_assert_eq!(literal_of(&array), Literal::Dynamic(DynamicLiteral::Array(expected)));
    }

    #[test]
    fn the_rest_of_the_query_does_not_depend_on_the_value(value in hostile_text()) {
        let query = |value: &str| {
            let mut query = QueryText::new();
            query.fragment("T | where a has ").value(&literal::string(value));
            query.fragment(" and b == 1 // comment\n| project a");
            query.into_string()
        };
        let kinds = |text: &str| -> Vec<TokenKind> { tokenize(text).tokens.iter().map(|token| token.kind).collect() };
        prop_assert_eq!(kinds(&query(&value)), kinds(&query("")));
    }

    #[test]
    fn a_quoted_name_is_one_name(name in hostile_text()) {
        let mut query = QueryText::new();
        query.fragment("print x = ").name(&Identifier::quoted(&name));
        let ExprKind::Name(read) = printed(query.as_str()).kind else { panic!("{query}") };
        prop_assert_eq!(read.text, name);
    }

    #[test]
    fn what_is_accepted_as_a_plain_name_is_one_name(name in "[a-z$_0-9]{1,8}|\\PC{1,8}") {
        if let Ok(identifier) = Identifier::new(&name) {
            let query = format!("print x = {identifier}");
            let ExprKind::Name(read) = printed(&query).kind else { panic!("{query}") };
            prop_assert_eq!(read.text, name);
        }
    }

    #[test]
    fn numbers_keep_their_value(long: i64, real: f64, boolean: bool, guid: u128) {
        prop_assert_eq!(literal_of(&literal::long(long)), Literal::Long(Some(long)));
        prop_assert_eq!(literal_of(&literal::boolean(boolean)), Literal::Bool(Some(boolean)));
        prop_assert_eq!(literal_of(&literal::guid(guid)), Literal::Guid(Some(guid)));
        let Literal::Real(Some(read)) = literal_of(&literal::real(real)) else { panic!("{real}") };
        prop_assert!(read == real || read.is_nan() && real.is_nan());
    }

    #[test]
    fn times_keep_their_value_to_the_tick(seconds in -62_135_596_800_i64..253_402_207_200, nanoseconds in 0_i32..1_000_000_000) {
        const EPOCH_TICKS: i64 = 621_355_968_000_000_000;
        let time = jiff::Timestamp::new(seconds, 0).unwrap() + jiff::SignedDuration::new(0, nanoseconds);
        let ticks = seconds * 10_000_000 + i64::from(nanoseconds / 100);
        prop_assert_eq!(literal_of(&literal::datetime(time)), Literal::DateTime(Some(EPOCH_TICKS + ticks)));
    }

    #[test]
    fn timespans_keep_their_value_to_the_tick(ticks in -i64::MAX..i64::MAX) {
        let duration = jiff::SignedDuration::from_nanos_i128(i128::from(ticks) * 100);
        prop_assert_eq!(literal_of(&literal::timespan(duration)), Literal::TimeSpan(Some(ticks)));
    }
}
