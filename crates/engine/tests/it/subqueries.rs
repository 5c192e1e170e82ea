//! Operators with subqueries, by small cases: a query, the names of its columns, its rows.

use serde_json::{Value as Json, json};

use crate::canonical::{check_answers, check_refusals};

/// Rows that the cases read.
const ROWS: &str = "let D = datatable(Id:int, Items:dynamic, More:dynamic) [
    1, dynamic([3, 1, 2]), dynamic('x'),
    2, dynamic([]), dynamic('y'),
    3, dynamic(null), dynamic('z'),
    4, dynamic([9, 8]), dynamic({'p': 1, 'q': 2})];
let N = datatable(Id:int, Lists:dynamic) [
    1, dynamic([[3, 1], [2]]),
    2, dynamic([]),
    4, dynamic([[9], [8, 7]])];
let P = datatable(Key:string, Value:long) ['a', 1, 'b', 5, 'a', 3, '', 7, 'b', 2];
";

/// Asserts the column names and rows of queries.
fn check(cases: &[(&str, &str, Json)]) {
    check_answers(ROWS, cases);
}

#[test]
fn mv_apply_runs_its_subquery_for_each_row() {
    check(&[
        (
            "D | mv-apply Item = Items to typeof(long) on (where Item > 1 | extend Twice = Item * 2)",
            "Id Items More Item Twice",
            json!([
                [1, [3, 1, 2], "x", 3, 6],
                [1, [3, 1, 2], "x", 2, 4],
                [4, [9, 8], {"p": 1, "q": 2}, 9, 18],
                [4, [9, 8], {"p": 1, "q": 2}, 8, 16],
            ]),
        ),
        (
            "D | mv-apply Items on (take 2) | project-away More",
            "Id Items",
            json!([[1, 3], [1, 1], [3, null], [4, 9], [4, 8]]),
        ),
        (
            "D | mv-apply Items to typeof(long) on (top 1 by Items asc) | project-away More",
            "Id Items",
            json!([[1, 1], [3, null], [4, 8]]),
        ),
        (
            "D | mv-apply with_itemindex=Place Item = Items on (where Place == 1) | project Id, Item, Place",
            "Id Item Place",
            json!([[1, 1, 1], [4, 8, 1]]),
        ),
        (
            "D | where Id == 4 | mv-apply Item = Items limit 1 on (project Item)",
            "Id Items More Item",
            json!([[4, [9, 8], {"p": 1, "q": 2}, 9]]),
        ),
        (
            "D | where Id != 2 | mv-apply Item = Items, Other = More on (distinct tostring(Other)) | project Id, Other",
            "Id Other",
            json!([
                [1, "x"],
                [1, ""],
                [3, "z"],
                [4, "{\"p\":1}"],
                [4, "{\"q\":2}"]
            ]),
        ),
    ]);
}

#[test]
fn mv_apply_keeps_the_columns_that_it_does_not_expand() {
    check(&[
        (
            "D | where Id == 4 | mv-apply Items on (project Doubled = toint(Items) * 2)",
            "Id More Doubled",
            json!([[4, {"p": 1, "q": 2}, 18], [4, {"p": 1, "q": 2}, 16]]),
        ),
        (
            "D | where Id == 4 | mv-apply Item = Items on (project Id = tostring(Item), Items)",
            "Id Items More",
            json!([["9", [9, 8], {"p": 1, "q": 2}], ["8", [9, 8], {"p": 1, "q": 2}]]),
        ),
        (
            "D | where Id == 4 | mv-apply Items on (project-rename Number = Id)",
            "Id More Number Items",
            json!([[4, {"p": 1, "q": 2}, 4, 9], [4, {"p": 1, "q": 2}, 4, 8]]),
        ),
        (
            "D | where Id == 4 | mv-apply More = Items on (summarize More = max(toint(More)))",
            "Id Items More",
            json!([[4, [9, 8], 9]]),
        ),
    ]);
}

#[test]
fn aggregates_in_mv_apply_answer_for_rows_without_elements() {
    check(&[
        (
            "D | mv-apply Item = Items to typeof(long) on (where Item > 1
                | summarize Count = count(), Sum = sum(Item), List = make_list(Item)) | project Id, Count, Sum, List",
            "Id Count Sum List",
            json!([[1, 2, 5, [3, 2]], [2, 0, 0, []], [3, 0, 0, []], [4, 2, 17, [9, 8]]]),
        ),
        (
            "D | mv-apply Item = Items to typeof(long) on (summarize count() by Item | where Item > 2 | count)
                | project Id, Count",
            "Id Count",
            json!([[1, 1], [2, 0], [3, 0], [4, 2]]),
        ),
        (
            "D | mv-apply Item = Items to typeof(long) on (summarize count() by Odd = Item % 2 == 1) | project Id, Odd, count_",
            "Id Odd count_",
            json!([[1, true, 2], [1, false, 1], [3, false, 1], [4, true, 1], [4, false, 1]]),
        ),
        (
            "D | sort by Id desc | mv-apply Item = Items to typeof(long) on (sort by Item asc | summarize List = make_list(Item))
                | project Id, List",
            "Id List",
            json!([[4, [8, 9]], [3, []], [2, []], [1, [1, 2, 3]]]),
        ),
    ]);
}

#[test]
fn mv_apply_nests() {
    check(&[
        (
            "N | mv-apply List = Lists on (
                mv-apply Item = List to typeof(long) on (summarize Sum = sum(Item), All = make_list(Item))
                | summarize Sums = make_list(Sum), Count = count()) | project-away Lists",
            "Id Sums Count",
            json!([[1, [4, 2], 2], [2, [], 0], [4, [9, 15], 2]]),
        ),
        (
            "N | mv-apply List = Lists on (where Id == 1
                | mv-apply Item = List to typeof(long) on (where Item > 1 | take 1) | count) | project-away Lists",
            "Id Count",
            json!([[1, 2], [2, 0], [4, 0]]),
        ),
        (
            "N | mv-apply List = Lists on (mv-expand List to typeof(long) | take 2) | project-away Lists",
            "Id List",
            json!([[1, 3], [1, 1], [4, 9], [4, 8]]),
        ),
    ]);
}

#[test]
fn partition_runs_its_subquery_for_each_value() {
    check(&[
        (
            "P | partition by Key (top 1 by Value) | sort by Key asc",
            "Key Value",
            json!([["", 7], ["a", 3], ["b", 5]]),
        ),
        (
            "P | partition hint.strategy=native by Key (where Value > 4 | summarize Count = count(), Sum = sum(Value))
                | sort by Sum asc",
            "Count Sum",
            json!([[0, 0], [1, 5], [1, 7]]),
        ),
        (
            "range Number from 1 to 1000 step 1 | extend Rest = Number % 100
                | partition hint.strategy=shuffle by Rest (take 2) | summarize count(), max(Rest)",
            "count_ max_Rest",
            json!([[200, 99]]),
        ),
        (
            "P | partition by Key (as Part | extend Share = Value * 100 / toscalar(Part | summarize sum(Value)))
                | sort by Key asc, Value asc",
            "Key Value Share",
            json!([["", 7, 100], ["a", 1, 25], ["a", 3, 75], ["b", 2, 28], ["b", 5, 71]]),
        ),
        (
            "range Limit from 1 to 2 step 1
                | partition hint.strategy=legacy by Limit { range x from 1 to 3 step 1 | where x <= toscalar(Limit) | extend Limit }
                | sort by Limit asc, x asc",
            "x Limit",
            json!([[1, 1], [1, 2], [2, 2]]),
        ),
        (
            "P | where false | partition by Key (union (print Other = 1) | count)",
            "Count",
            json!([]),
        ),
    ]);
}

#[test]
fn what_cannot_work_on_groups_is_refused_by_name() {
    check_refusals(
        ROWS,
        &[
            (
                "D | mv-apply Items on (as T | take 1)",
                "`as` in the subquery of `mv-apply`",
            ),
            (
                "D | mv-apply Items on (join kind=inner (D) on Id)",
                "`join` in the subquery of `mv-apply`",
            ),
            (
                "range Number from 1 to 100 step 1 | partition by Number (as T)",
                "`as` in the subquery of a `partition` by more than 64 values",
            ),
        ],
    );
}
