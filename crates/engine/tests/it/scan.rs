//! `scan`, by small cases: a query, the names of its columns, its rows.

use serde_json::json;

use crate::canonical::{check_answers, check_mistakes, check_refusals};

/// Rows that the cases read.
const ROWS: &str = "let E = datatable(At:long, User:string, What:string) [
    1, 'x', 'in', 2, 'y', 'in', 3, 'x', 'do', 4, 'x', 'do', 5, 'y', 'out', 6, 'x', 'out', 7, 'x', 'in', 8, 'x', 'in', 9, 'x', 'do']
    | sort by At asc;
";

#[test]
fn a_step_remembers_its_newest_row() {
    check_answers(ROWS, &[
        (
            "E | scan declare (Sum:long = 100, Before:string) with (step s: What != 'in' => Sum = At + s.Sum, Before = s.What;)
             | project-away User",
            "At What Sum Before",
            json!([
                [3, "do", 103, ""],
                [4, "do", 107, "do"],
                [5, "out", 112, "do"],
                [6, "out", 118, "out"],
                [9, "do", 127, "out"]
            ]),
        ),
        (
            "E | where At < 4 | scan declare (Gap:long) with (step s: true => Gap = At - s.At;) | project At, Gap",
            "At Gap",
            json!([[1, null], [2, 1], [3, 1]]),
        ),
        (
            "E | scan with (step s: What == 'gone';)",
            "At User What",
            json!([]),
        ),
    ]);
}

#[test]
fn sequences_move_on_from_step_to_step() {
    check_answers(ROWS, &[
        (
            "E | where User == 'x' | scan with_match_id=At with (
                step begin: What == 'in'; step work: What == 'do' and At - begin.At < 5; step end: What == 'out';)
             | project-away User",
            "At What At1",
            json!([
                [1, "in", 0],
                [3, "do", 0],
                [4, "do", 0],
                [6, "out", 0],
                [7, "in", 1],
                [8, "in", 1],
                [9, "do", 1]
            ]),
        ),
        (
            "E | scan with_match_id=m declare (Begin:long) with (
                step a output=none: What == 'in' => Begin = At;
                step b output=last: What == 'do' => Begin = a.Begin;
                step c: What == 'out' and User == b.User => Begin = a.At;) | project At, Begin, m",
            "At Begin m",
            json!([[4, 2, 0], [6, 2, 0], [9, 8, 1]]),
        ),
        (
            "E | scan declare (Begin:long) with (
                step a output=last: What == 'in'; step b output=none: What == 'out' => Begin = a.At;) | project At, User",
            "At User",
            json!([[2, "y"], [8, "x"]]),
        ),
    ]);
}

#[test]
fn partitions_are_scanned_one_by_one() {
    let by_user = json!([[5, "y", 2], [6, "x", 1]]);
    let steps = "declare (Begin:long) with (step a output=none: What == 'in' => Begin = At; step b: What == 'out' => Begin = a.At;)";
    check_answers(
        ROWS,
        &[
            (
                &format!("E | scan partition by User {steps} | project At, User, Begin"),
                "At User Begin",
                by_user.clone(),
            ),
            (
                &format!(
                    "E | partition by User (sort by At asc | scan {steps}) | sort by At asc | project At, User, Begin"
                ),
                "At User Begin",
                by_user,
            ),
            (
                "E | scan order by At desc declare (Sum:long = 0) with (step s: What == 'in' => Sum = s.Sum + At;) | project At, Sum",
                "At Sum",
                json!([[8, 8], [7, 15], [2, 17], [1, 18]]),
            ),
        ],
    );
}

#[test]
fn many_rows_are_scanned_in_order() {
    check_answers(ROWS, &[(
        "range x from 1 to 30000 step 1 | scan declare (Sum:long = 0) with (step s: x % 3 == 0 => Sum = s.Sum + x;)
         | summarize count(), max(Sum)",
        "count_ max_Sum",
        json!([[10_000, 150_015_000]]),
    )]);
}

#[test]
fn what_is_not_documented_of_scan_is_refused() {
    check_refusals(
        ROWS,
        &[
            (
                "E | scan declare (x:long) with (step s: x > 1;)",
                "a declared column without its step in `scan`",
            ),
            (
                "E | scan with (step s: t.At > 1; step t: true;)",
                "the columns of a later step in `scan`",
            ),
            (
                "E | scan with_match_id=m partition by User with (step s: true;)",
                "`with_match_id` of `scan` together with `partition by`",
            ),
            (
                "E | summarize by At | scan with (step s: true;)",
                "`scan` over rows without a fixed order (put `sort by` or `serialize` before it)",
            ),
        ],
    );
    check_mistakes(
        ROWS,
        &[
            "E | scan with (step s: true; step s: true;)",
            "E | scan with (step s: true => y = 1;)",
            "E | scan declare (At:long) with (step s: true;)",
            "E | scan declare (y:long) with (step s: s.z == 1;)",
            "E | scan declare (y:long) with (step s: true => y = 'text';)",
        ],
    );
}
