//! The tabular operators, by small cases.

use serde_json::{Value as Json, json};
use tesem_engine::Database;

use crate::canonical::{engine, rows, run};

/// Rows that the cases read.
const ROWS: &str = "let T = datatable(Name:string, Count:long, When:datetime) [
    'a', 1, datetime(2024-01-01),
    'b', 2, datetime(2024-01-02),
    'b', 3, datetime(null),
    '', long(null), datetime(2024-01-03)];
";

/// Asserts the column names and rows of queries over `T`.
fn check(cases: &[(&str, &[&str], Json)]) {
    let engine = engine(Database::new());
    for (query, columns, expected) in cases {
        let result = run(&engine, &format!("{ROWS}{query}"))
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        let names: Vec<&str> = result
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, *columns, "{query}");
        let found: Json = rows(&result).into_iter().map(Json::from).collect();
        assert_eq!(found, *expected, "{query}");
    }
}

#[test]
fn where_summarize_project() {
    check(&[
        (
            "T | where Count > 1 | project Name, Count",
            &["Name", "Count"],
            json!([["b", 2], ["b", 3]]),
        ),
        ("T | where Count != 1 | count", &["Count"], json!([[3]])),
        (
            "T | where not(Count == 1) | count",
            &["Count"],
            json!([[3]]),
        ),
        (
            "T | extend Double = Count * 2, Count = -Count | project Double, Count | where isnotnull(Count) | sort by Count",
            &["Double", "Count"],
            json!([[2, -1], [4, -2], [6, -3]]),
        ),
        (
            "T | top 2 by Count",
            &["Name", "Count", "When"],
            json!([["b", 3, null], ["b", 2, "2024-01-02T00:00:00Z"]]),
        ),
        (
            "T | distinct Name | sort by Name asc",
            &["Name"],
            json!([[""], ["a"], ["b"]]),
        ),
    ]);
}
