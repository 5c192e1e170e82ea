//! Scalar expressions: arithmetic, comparison, logic, lists and paths, on known values and on columns.

use serde_json::{Value as Json, json};
use tesem_engine::Database;

use crate::canonical::{engine, rows, run};

/// One row with a column of every kind, and nulls of some.
const ROW: &str = "let T = datatable(i:int, l:long, r:real, d:decimal, s:string, t:datetime, w:timespan, b:bool, g:guid, j:dynamic, n:long, q:long) [
    2147483647, -7, 2.5, decimal(1.5), 'Text', datetime(2024-02-29), 1h, true,
    guid(10e99626-bc2b-4c75-bb3e-fe606de25700), dynamic({'a': [1, 'two', {'b': 3.5}], 'k l': true}), long(null), long(null)];
";

fn check(cases: &[(&str, Json)]) {
    let engine = engine(Database::new());
    for (expression, expected) in cases {
        let query = format!("{ROW}T | project x = {expression}");
        let result = run(&engine, &query).unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(json!(rows(&result)), json!([[expected]]), "{expression}");
    }
}

#[test]
fn numbers() {
    check(&[
        ("i + i", json!(4_294_967_294_i64)),
        ("9223372036854775807 + l + 8", json!(i64::MIN)),
        ("l / 2", json!(-3)),
        ("l / 0", json!(null)),
        ("l % 3", json!(2)),
        ("l % -3", json!(2)),
        ("5 % -3", json!(2)),
        ("-7.5 % 2", json!(0.5)),
        ("r * 2", json!(5.0)),
        ("r / 0", json!("Infinity")),
        ("d + 1", json!("2.5")),
        ("d * d", json!("2.25")),
        ("d / 4", json!("0.375")),
        ("-l", json!(7)),
        ("n + 1", json!(null)),
        ("l + r", json!(-4.5)),
        ("2 + 3 * 4 - 10 / 5", json!(12)),
    ]);
}

#[test]
fn times() {
    check(&[
        ("t + w", json!("2024-02-29T01:00:00Z")),
        ("t - datetime(2024-02-28)", json!("1.00:00:00")),
        ("w + 30m", json!("01:30:00")),
        ("w * 2.5", json!("02:30:00")),
        ("3 * w", json!("03:00:00")),
        ("w / 15m", json!(4.0)),
        ("w / 2", json!("00:30:00")),
        ("100m % w", json!("00:40:00")),
        ("-w", json!("-01:00:00")),
        ("t == '2024-02-29'", json!(true)),
        ("t between (datetime(2024-02-01) .. 28d)", json!(true)),
        ("t !between (datetime(2024-02-01) .. 27d)", json!(true)),
        ("datetime(9999-12-31) + 10d", json!(null)),
    ]);
}

#[test]
fn equality_is_total() {
    check(&[
        ("n == 1", json!(false)),
        ("n != 1", json!(true)),
        ("not(n == 1)", json!(true)),
        ("n == q", json!(null)),
        ("n < 1", json!(null)),
        ("not(n < 1)", json!(null)),
        ("n in (1, 2)", json!(false)),
        ("n !in (1, 2)", json!(true)),
        ("n == 1 or b", json!(true)),
        ("n < 1 and not(b)", json!(false)),
        ("n < 1 or false", json!(null)),
        ("i == 2147483647.0", json!(true)),
        ("l == '-7'", json!(true)),
        ("s == 5", json!(false)),
        ("b == 1", json!(true)),
        ("g == '10E99626-BC2B-4C75-BB3E-FE606DE25700'", json!(true)),
        ("real(nan) == real(nan)", json!(false)),
        ("r - 2.5 == -0.0", json!(true)),
    ]);
}

#[test]
fn lists() {
    check(&[
        ("s in ('a', 'Text')", json!(true)),
        ("s in~ ('TEXT')", json!(true)),
        ("s !in~ ('TEXT')", json!(false)),
        ("s in (dynamic(['x', 'Text']))", json!(true)),
        ("s in ('x', s)", json!(true)),
        ("l in (1, -7.0)", json!(true)),
        ("t in (datetime(2024-02-29))", json!(true)),
        (
            "g in (guid(10e99626-bc2b-4c75-bb3e-fe606de25700))",
            json!(true),
        ),
        ("j.a[1] in ('one', 'two')", json!(true)),
        ("j.a[0] in (1, 2)", json!(true)),
        ("j.a[0] in ('x', 1)", json!(true)),
        ("'two' in (j.a)", json!(true)),
        ("s has_any ('x', 'text')", json!(true)),
        ("s has_all ('x', 'text')", json!(false)),
        ("s has_any (j.a)", json!(false)),
        ("'two and three' has_any (j.a)", json!(true)),
    ]);
}

#[test]
fn paths() {
    check(&[
        ("j.a[0]", json!(1)),
        ("j.a[-1].b", json!(3.5)),
        ("j['k l']", json!(true)),
        ("j.a[5].b.c", json!(null)),
        ("j.a[2]['b'] > 3", json!(true)),
        ("j.a[1] == 'two'", json!(true)),
        ("j.a[1] has 'TWO'", json!(true)),
        ("j.a[0] + 1", json!(2)),
        ("j.nope == 'x'", json!(false)),
        ("j.nope != 'x'", json!(true)),
        ("j.a[i - 2147483647]", json!(1)),
        ("j[s]", json!(null)),
    ]);
}
