//! Laws of query texts, which hold for whatever values.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tesem_kql::ast::{DynamicLiteral, ExprKind, LetValue, Literal, Query, Statement};
use tesem_kql::types::ScalarType;
use tesem_kql::{parse, schema};

use super::*;
use crate::map::{DETAIL_COLUMNS, Reading, Side, places};
use crate::term::{List, Term};

fn window() -> TimeWindow {
    TimeWindow {
        start: "2026-10-22T04:00:00Z".parse().unwrap(),
        end: "2026-11-21T04:00:00Z".parse().unwrap(),
    }
}

fn part(terms: Vec<Term>, newest: Option<u32>) -> Part {
    let mut lists = Lists::default();
    lists.add(terms);
    Part {
        lists,
        places: places().collect(),
        newest,
    }
}

/// Every list there is.
fn all_lists() -> Vec<List> {
    let mut lists = vec![
        List::Sha256,
        List::Sha1,
        List::Md5,
        List::Certificates,
        List::Domains(2),
        List::Domains(3),
        List::Domains(7),
        List::Hosts,
        List::Sites,
        List::Paths(1),
        List::Paths(8),
        List::Links,
        List::UrlHosts6,
        List::Tails,
        List::Mailboxes,
        List::Devices,
        List::FileNames,
    ];
    for side in [Side::Remote, Side::Local, Side::Either] {
        lists.push(List::Addresses(side));
        lists.push(List::Ipv6(side));
        lists.push(List::Ipv6Groups(side));
        lists.extend((1..=3).map(|count| List::Octets(side, count)));
    }
    lists
}

fn hostile() -> impl Strategy<Value = String> {
    let pieces = [
        "\"",
        "\\",
        "'",
        "|",
        "//",
        "\n",
        "\r",
        ";",
        "]",
        ")",
        "}",
        "@\"",
        "```",
        "\u{2028}",
        "\0",
        "{0}",
        "let x = 1",
        "| take 1",
        "evil.com",
        "\u{202e}",
        "😀",
    ];
    prop_oneof![
        any::<String>(),
        prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..12)
            .prop_map(|parts| parts.concat()),
    ]
}

fn terms() -> impl Strategy<Value = Vec<Term>> {
    let term = (prop::sample::select(all_lists()), hostile());
    prop::collection::vec(term.prop_map(|(list, text)| Term::new(list, text)), 1..40)
}

/// The strings of every `let wanted_…`.
fn written_lists(query: &Query) -> BTreeMap<String, BTreeSet<String>> {
    query.statements.iter().filter_map(written_list).collect()
}

fn written_list(statement: &Statement) -> Option<(String, BTreeSet<String>)> {
    let Statement::Let(statement) = statement else {
        return None;
    };
    let LetValue::Expr(expr) = &statement.value else {
        return None;
    };
    let ExprKind::Literal(Literal::Dynamic(DynamicLiteral::Array(items))) = &expr.kind else {
        return None;
    };
    let text = |item: &DynamicLiteral| match item {
        DynamicLiteral::Scalar(scalar) => match scalar.as_ref() {
            Literal::String(text) => text.clone(),
            other => panic!("{other:?} in a list"),
        },
        other => panic!("{other:?} in a list"),
    };
    Some((
        statement.name.text.clone(),
        items.iter().map(text).collect(),
    ))
}

fn expected_lists(terms: &[Term]) -> BTreeMap<String, BTreeSet<String>> {
    let mut lists: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for term in terms {
        lists
            .entry(format!("wanted_{}", term.list))
            .or_default()
            .insert(term.text.clone());
    }
    lists
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// No value leaves its literal, and none is changed by it.
    #[test]
    fn values_stay_literals(terms in terms(), details in any::<bool>(), newest in any::<Option<u32>>()) {
        let shape = if details { Shape::Details } else { Shape::Summary };
        let query = [part(terms.clone(), newest)];
        let Some(text) = write(&query, window(), shape, &Missing::default()) else {
            return Ok(());
        };
        let parsed = parse(&text);
        prop_assert!(parsed.diagnostics.is_empty(), "{:?}\n{text}", parsed.diagnostics);
        prop_assert_eq!(written_lists(&parsed.query), expected_lists(&terms));
        let tabular = parsed.query.statements.iter().filter(|one| matches!(one, Statement::Expression(_)));
        prop_assert_eq!(tabular.count(), 1);
    }

    /// What is reckoned before a query is written is what it has when it is.
    #[test]
    fn bytes_are_reckoned_right(terms in terms()) {
        let full = part(terms.clone(), None);
        let empty = Part { lists: Lists::empty(full.lists.kinds()), places: places().collect(), newest: None };
        let bytes = |part: Part| {
            write(&[part], window(), Shape::Summary, &Missing::default()).map(|text| text.len())
        };
        let reckoned = full.lists.bytes();
        let lists = full.lists.kinds().count();
        if let (Some(full), Some(empty)) = (bytes(full), bytes(empty)) {
            // The last value of a list has no comma.
            prop_assert_eq!(full + lists, empty + reckoned);
        }
    }
}

#[test]
fn a_query_over_several_parts_keeps_them_apart() {
    let term = |text: &str| vec![Term::new(List::Domains(2), text)];
    let parts = [
        part(term("evil.com"), None),
        part(term("evil.org"), Some(5)),
    ];
    let text = write(&parts, window(), Shape::Details, &Missing::default()).unwrap();
    let parsed = parse(&text);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let lists = written_lists(&parsed.query);
    assert!(lists["wanted_domains2"].contains("evil.com"));
    assert!(lists["wanted_domains2_1"].contains("evil.org"));
    assert!(text.contains("| top 5 by Timestamp desc"));
}

#[test]
fn a_tenant_without_any_of_the_tables_is_not_asked() {
    let missing = Missing {
        tables: ["DeviceFileCertificateInfo".to_owned()].into(),
        ..Missing::default()
    };
    let certificate = [part(vec![Term::new(List::Certificates, "ab")], None)];
    assert_eq!(
        write(&certificate, window(), Shape::Summary, &missing),
        None
    );
}

/// The map speaks of tables and columns that the Defender schema has, with types that a union can put together.
#[test]
fn the_map_agrees_with_the_schema() {
    let defender = schema::defender();
    for place in places() {
        let table = defender
            .table(place.table.name)
            .unwrap_or_else(|| panic!("{}", place.table.name));
        let column = table.column(place.column.name);
        let column = column.unwrap_or_else(|| panic!("{}.{}", place.table.name, place.column.name));
        let is_list = matches!(place.column.reading, Reading::List | Reading::Property(_));
        assert!(
            column.scalar_type == ScalarType::String
                || (is_list && column.scalar_type == ScalarType::Dynamic),
            "{:?}",
            place.key()
        );
        if let Reading::Fields(_) = place.column.reading {
            assert!(table.column("ActionType").is_some(), "{:?}", place.key());
        }
        assert_eq!(
            table.mde_api,
            place.table.is_endpoint_table(),
            "{}",
            place.table.name
        );
        let has = |name: &str| table.column(name).is_some();
        let identity = match place.table.device {
            DeviceIdentity::IdAndName => (true, true),
            DeviceIdentity::NameOnly => (false, true),
            DeviceIdentity::None => (false, false),
        };
        assert_eq!(
            (has("DeviceId"), has("DeviceName")),
            identity,
            "{}",
            place.table.name
        );
    }
    for detail in DETAIL_COLUMNS.iter().filter(|detail| !detail.as_text) {
        let tables = TABLES.iter().filter_map(|table| defender.table(table.name));
        let types: BTreeSet<String> = tables
            .filter_map(|table| table.column(detail.name))
            .map(|column| format!("{:?}", column.scalar_type))
            .collect();
        assert_eq!(types.len(), 1, "{}: {types:?}", detail.name);
    }
}
