//! `project-by-names`, `column_names_of()`, `assert()` and `consume`, by small cases.

use serde_json::json;
use tesem_engine::{Database, EngineError};

use crate::canonical::{check_answers, engine, run};

/// Rows that the cases read.
const ROWS: &str = "let T = datatable(Name:string, Age:int, City:string) ['Ada', 36, 'London'];
";

#[test]
fn columns_are_projected_by_computed_names() {
    check_answers(
        ROWS,
        &[
            (
                "T | project-by-names 'City', 'Name'",
                "City Name",
                json!([["London", "Ada"]]),
            ),
            (
                "T | project-by-names '*e', dynamic(['Nothing', 'Name', 'City'])",
                "Name Age City",
                json!([["Ada", 36, "London"]]),
            ),
            (
                "let Extra = (Rows:(*), Names:dynamic) { Rows | extend More = 1, Else = 2
                    | project-by-names column_names_of(Rows), Names };
                T | project Name | invoke Extra(dynamic(['Else']))",
                "Name Else",
                json!([["Ada", 2]]),
            ),
            (
                "print Names = column_names_of(T)",
                "Names",
                json!([[["Name", "Age", "City"]]]),
            ),
            ("T | consume", "", json!([])),
        ],
    );
}

#[test]
fn assert_holds_or_ends_the_query() {
    check_answers(
        ROWS,
        &[(
            "let Longer = (Least:long, Text:string) { assert(Least > 0, 'Least must be positive') and strlen(Text) > Least };
            T | where Longer(2, Name) | project Name",
            "Name",
            json!([["Ada"]]),
        )],
    );
    let engine = engine(Database::new());
    for (query, expected) in [
        ("print assert(1 > 2, 'never')", "assertion failed: never"),
        (
            "range x from 1 to 3 step 1 | where assert(x > 0, 'positive')",
            "the condition must be a constant",
        ),
    ] {
        match run(&engine, query) {
            Err(EngineError::Semantic(findings)) => {
                assert_eq!(findings[0].diagnostic.message, expected, "{query}");
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}
