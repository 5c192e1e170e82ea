//! Decimals wherever values go: arithmetic, order, groups, aggregates, dynamics.

use serde_json::{Value as Json, json};
use tesem_engine::Database;

use crate::canonical::{engine, rows, run};

#[test]
fn answers() {
    let engine = engine(Database::new());
    let table = "datatable(k: string, d: decimal)['a', decimal(1.5), 'b', decimal(-0.25), 'a', decimal(2.5), 'b', decimal(null)]";
    for (query, expected) in [
        (
            "print parse_version('12345678.87654321.1.2'), parse_version('2'), parse_version('1.x')".to_owned(),
            json!([["12345678876543210000000100000002", "2000000000000000000000000", null]]),
        ),
        (
            "print decimal(1) / 3, decimal(0.1) + decimal(0.2), decimal(1.5) * 2, decimal(7) % decimal(4.5), decimal(1) / 0".to_owned(),
            json!([["0.3333333333333333333333333333333333", "0.3", "3", "2.5", null]]),
        ),
        (
            "print todecimal('123.45678') == decimal(123.45678), decimal(2) > 1, toreal(decimal(0.1)), tolong(decimal(-7.9)), tostring(decimal(1.50))".to_owned(),
            json!([[true, true, 0.1, -7, "1.5"]]),
        ),
        (
            format!("{table} | summarize sum(d), min(d), max(d), avg(d), count(), dcount(d) by k | sort by k asc"),
            json!([["a", "4", "1.5", "2.5", "2", 2, 2], ["b", "-0.25", "-0.25", "-0.25", "-0.25", 2, 1]]),
        ),
        (
            format!("{table} | where isnotnull(d) | sort by d asc | project d"),
            json!([["-0.25"], ["1.5"], ["2.5"]]),
        ),
        (
            format!("{table} | summarize arg_max(d, k), make_list(d)"),
            json!([["2.5", "a", ["1.5", "-0.25", "2.5"]]]),
        ),
        (
            format!("{table} | where d in (decimal(1.5), decimal(9)) | project k"),
            json!([["a"]]),
        ),
        (
            format!("{table} | join kind=inner (datatable(d: decimal, n: long)[decimal(2.5), 7]) on d | project k, n"),
            json!([["a", 7]]),
        ),
        (
            format!("{table} | where k == 'a' | serialize s = row_cumsum(d) | project s"),
            json!([["1.5"], ["4"]]),
        ),
    ] {
        let result = run(&engine, &query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(Json::from(rows(&result)), expected, "{query}");
    }
}
