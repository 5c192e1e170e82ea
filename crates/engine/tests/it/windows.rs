//! Rows in a fixed order and the functions that look at the rows around, by small cases: a query, the names of its columns, its rows.

use serde_json::json;
use tesem_engine::{Database, EngineError};

use crate::canonical::{check_answers, check_refusals, engine, run};

/// Rows that the cases read.
const ROWS: &str =
    "let T = datatable(Host:string, Day:int, Bytes:long, Share:real, When:datetime) [
    'b', 2, 5, 0.5, datetime(2024-01-01 00:00),
    'a', 1, 3, 0.25, datetime(2024-01-01 00:04),
    'a', 2, 3, 1.5, datetime(2024-01-01 00:30),
    'b', 1, 8, 2.0, datetime(2024-01-01 00:34),
    'a', 3, 1, 4.0, datetime(2024-01-01 03:00)];
";

#[test]
fn prev_and_next_look_at_other_rows() {
    check_answers(
        ROWS,
        &[
            (
                "T | sort by Bytes asc, Share asc | project Bytes, p = prev(Bytes), n = next(Bytes)",
                "Bytes p n",
                json!([[1, null, 3], [3, 1, 3], [3, 3, 5], [5, 3, 8], [8, 5, null]]),
            ),
            (
                "T | sort by When asc | project prev(Host), next(Host, 2, 'none'), prev(Bytes, 3, 0)",
                "Column1 Column2 Column3",
                json!([
                    ["", "a", 0],
                    ["b", "b", 0],
                    ["a", "a", 0],
                    ["a", "none", 5],
                    ["b", "none", 3]
                ]),
            ),
            (
                "T | serialize | extend n = next(Day, 1, -1), d = prev(Share, 1, 1) | project n, d",
                "n d",
                json!([[1, 1.0], [2, 0.5], [1, 0.25], [3, 1.5], [-1, 2.0]]),
            ),
            (
                "T | sort by When asc | where Host != prev(Host) | project Host, Bytes",
                "Host Bytes",
                json!([["b", 5], ["a", 3], ["b", 8], ["a", 1]]),
            ),
            (
                "T | sort by When asc | extend rn = row_number() | where Day < 3 | extend p = prev(rn) | project rn, p",
                "rn p",
                json!([[1, null], [2, 1], [3, 2], [4, 3]]),
            ),
            (
                "T | sort by Day asc | extend n = row_number() | sort by n desc | project m = next(n)",
                "m",
                json!([[4], [3], [2], [1], [null]]),
            ),
        ],
    );
}

#[test]
fn rows_are_numbered_added_and_ranked() {
    check_answers(
        ROWS,
        &[
            (
                "T | sort by Host asc, Day asc | project Host, Bytes, n = row_number(0, Host != prev(Host)), s = row_cumsum(Bytes, Host != prev(Host))",
                "Host Bytes n s",
                json!([
                    ["a", 3, 0, 3],
                    ["a", 3, 1, 6],
                    ["a", 1, 2, 7],
                    ["b", 8, 0, 8],
                    ["b", 5, 1, 13]
                ]),
            ),
            (
                "T | sort by Bytes asc | project row_rank_dense(Bytes), row_rank_min(Bytes), row_rank_dense(Bytes, Bytes == 5)",
                "Column1 Column2 Column3",
                json!([[1, 1, 1], [2, 2, 2], [2, 2, 2], [3, 4, 1], [4, 5, 2]]),
            ),
            (
                "T | serialize a = row_cumsum(Day), b = row_cumsum(Share), c = row_cumsum(decimal(1)) | project a, b, c",
                "a b c",
                json!([
                    [2, 0.5, "1"],
                    [3, 0.75, "2"],
                    [5, 2.25, "3"],
                    [6, 4.25, "4"],
                    [9, 8.25, "5"]
                ]),
            ),
            (
                "T | sort by When asc | project s = row_window_session(When, 1h, 5m), t = row_window_session(When, 33m, 1h, Bytes == 1)",
                "s t",
                json!([
                    ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"],
                    ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"],
                    ["2024-01-01T00:30:00Z", "2024-01-01T00:00:00Z"],
                    ["2024-01-01T00:30:00Z", "2024-01-01T00:34:00Z"],
                    ["2024-01-01T03:00:00Z", "2024-01-01T03:00:00Z"]
                ]),
            ),
            (
                "range x from 1 to 3 step 1 | extend y = row_cumsum(x * 9223372036854775807)",
                "x y",
                json!([
                    [1, 9_223_372_036_854_775_807_i64],
                    [2, 9_223_372_036_854_775_805_i64],
                    [3, -6]
                ]),
            ),
        ],
    );
}

#[test]
fn the_order_holds_across_many_rows() {
    check_answers(ROWS, &[
        (
            "range x from 1 to 60000 step 1 | extend p = prev(x, 17000, 0), n = next(x, 9000, 0), r = row_number()
             | summarize count(), countif(p == max_of(x - 17000, 0)), countif(n == iff(x > 51000, 0, x + 9000)), countif(r == x)",
            "count_ countif_ countif_1 countif_2",
            json!([[60_000, 60_000, 60_000, 60_000]]),
        ),
        (
            "range x from 1 to 60000 step 1 | extend k = x % 7 | sort by k asc | extend r = row_number() | where x % 3 == 0
             | extend p = prev(r, 1, 0) | where p >= r | count",
            "Count",
            json!([[0]]),
        ),
        (
            "range x from 1 to 3 step 1 | extend p = prev(x, 9000000000000, 7), n = next(x, 9000000000000, 8)",
            "x p n",
            json!([[1, 7, 8], [2, 7, 8], [3, 7, 8]]),
        ),
        ("range x from 1 to 0 step 1 | extend prev(x), row_number()", "x Column1 Column2", json!([])),
    ]);
}

#[test]
fn partitions_are_numbered_one_by_one() {
    check_answers(
        ROWS,
        &[(
            "T | partition by Host (sort by Day asc | extend n = row_number(), p = prev(Day)) | sort by Host asc, Day asc | project Host, n, p",
            "Host n p",
            json!([
                ["a", 1, null],
                ["a", 2, 1],
                ["a", 3, 2],
                ["b", 1, null],
                ["b", 2, 1]
            ]),
        )],
    );
}

#[test]
fn window_functions_need_rows_in_order() {
    let engine = engine(Database::new());
    for query in [
        "T | extend prev(Host)",
        "T | sort by Day | summarize count() by Host | extend row_number()",
        "T | sort by Day | join (T) on Host | extend row_number()",
        "union T, T | where row_number() > 1",
    ] {
        match run(&engine, &format!("{ROWS}{query}")) {
            Err(EngineError::Semantic(findings)) => {
                let message = findings[0].service_message.as_deref().unwrap_or_default();
                assert!(
                    message.ends_with("The row set must be serialized."),
                    "{query}: {message}"
                );
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}

#[test]
fn what_is_not_known_of_window_functions_is_refused() {
    check_refusals(
        ROWS,
        &[
            (
                "T | serialize | extend prev(Day, 0)",
                "prev() with an offset below 1",
            ),
            (
                "T | serialize | extend next(When, 1, 0)",
                "a default of type long for a column of type datetime",
            ),
            (
                "T | serialize | extend row_number(Bytes)",
                "row_number() with a start that is no constant integer",
            ),
            (
                "T | serialize | extend row_cumsum(prev(Bytes) + 1)",
                "a null in row_cumsum()",
            ),
            ("T | sort by prev(Day)", "prev() in `sort`"),
            (
                "T | serialize | extend x = prev(Bytes) | extend row_rank_dense(x)",
                "a null in row_rank_dense()",
            ),
            (
                "print a = dynamic([1]) | mv-apply a on (serialize | extend row_number())",
                "`serialize` in the subquery of `mv-apply`",
            ),
        ],
    );
}
