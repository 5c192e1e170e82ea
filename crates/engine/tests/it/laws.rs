//! Laws that hold for every query.

use proptest::prelude::*;
use serde_json::Value as Json;
use tesem_engine::{Database, Engine};

use crate::canonical::{engine, rows, run};

const ROWS: &str =
    "let T = datatable(Name:string, Count:long, Share:real, When:datetime, Ok:bool) [
    'alpha beta', 1, 0.5, datetime(2024-01-01), true,
    'Beta-2', 2, real(null), datetime(null), false,
    '', long(null), 1.5, datetime(2024-01-03), bool(null),
    'x', -7, real(nan), datetime(2023-12-31), true];
";

fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("Count > 1"),
        Just("Count != 1"),
        Just("Count == long(null)"),
        Just("Count in (1, 2, 5)"),
        Just("Count !in (1, 2, 5)"),
        Just("Share >= 0.5"),
        Just("Share == Share"),
        Just("Name has 'beta'"),
        Just("Name !contains 'b'"),
        Just("Name =~ 'BETA-2'"),
        Just("Name in~ ('X', 'y')"),
        Just("isempty(Name)"),
        Just("When > datetime(2024-01-01)"),
        Just("When between (datetime(2023-01-01) .. 400d)"),
        Just("Ok"),
        Just("Ok == false"),
    ];
    leaf.prop_map(str::to_owned)
        .prop_recursive(3, 12, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
                inner.prop_map(|a| format!("not({a})")),
            ]
        })
}

fn answer(engine: &Engine, query: &str) -> Vec<Vec<Json>> {
    let result = run(engine, &format!("{ROWS}{query}"));
    rows(&result.unwrap_or_else(|error| panic!("{query}: {error}")))
}

#[test]
fn one_where_after_another_is_and() {
    let engine = engine(Database::new());
    proptest!(ProptestConfig::with_cases(48), |(a in condition(), b in condition())| {
        let apart = answer(&engine, &format!("T | where {a} | where {b} | sort by Count"));
        let together = answer(&engine, &format!("T | where ({a}) and ({b}) | sort by Count"));
        prop_assert_eq!(apart, together);
    });
}

#[test]
fn a_condition_means_the_same_in_where_and_extend() {
    let engine = engine(Database::new());
    proptest!(ProptestConfig::with_cases(48), |(a in condition())| {
        let filtered = answer(&engine, &format!("T | where {a} | sort by Count"));
        let computed =
            answer(&engine, &format!("T | extend x = ({a}) | where x | project-away x | sort by Count"));
        prop_assert_eq!(filtered, computed);
    });
}

#[test]
fn garbage_is_an_error() {
    let engine = engine(Database::new());
    let word = prop_oneof![
        "[a-zA-Z0-9_]{1,8}",
        "[ |(){};,=<>!~*.'\"@\\-]{1,4}",
        Just("T | where ".to_owned()),
        Just(" summarize ".to_owned()),
        Just(" by ".to_owned()),
        Just("let x = ".to_owned()),
        Just(" dynamic([1,".to_owned()),
        Just(" join kind=inner (T) on a ".to_owned()),
        Just(" mv-expand ".to_owned()),
        Just(" parse x with * 'a' b ".to_owned()),
        Just("print ".to_owned()),
    ];
    proptest!(ProptestConfig::with_cases(400), |(words in proptest::collection::vec(word, 0..12))| {
        // No panic, whatever comes of it.
        let _ = engine.check(&words.concat());
    });
}
