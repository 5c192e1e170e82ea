//! `top-nested`, `top-hitters`, `sample` and `sample-distinct`, by small cases.

use serde_json::json;

use crate::canonical::{check_answers, check_refusals};

/// Rows that the cases read.
const ROWS: &str = "let T = datatable(Group:string, Value:int, Kind:string) [
    'a', 1, 'x', 'b', 5, 'y', 'a', 3, 'y', 'd', 9, 'x', 'b', 2, 'x', 'c', 1, 'x'];
";

#[test]
fn top_nested_takes_the_top_values_of_each_level() {
    check_answers(
        ROWS,
        &[
            (
                "T | top-nested 2 of Group by sum(Value)",
                "Group aggregated_Group",
                json!([["d", 9], ["b", 7]]),
            ),
            (
                "T | top-nested 3 of Group by sum(Value), top-nested 1 of Kind by Least = min(Value) asc",
                "Group aggregated_Group Kind Least",
                json!([["d", 9, "x", 9], ["b", 7, "x", 2], ["a", 4, "x", 1]]),
            ),
            (
                "T | top-nested of Kind by max(1), top-nested 1 of Group by dcount(Value) * 10",
                "Kind aggregated_Kind Group aggregated_Group",
                json!([["y", 1, "b", 10], ["x", 1, "d", 10]]),
            ),
            (
                "T | top-nested 1 of Group by count(), top-nested 1 of Group by count()",
                "Group aggregated_Group Group1 aggregated_Group1",
                json!([["b", 2, "b", 2]]),
            ),
        ],
    );
    check_refusals(
        ROWS,
        &[(
            "T | top-nested 1 of tolower(Group) by count()",
            "an expression without a name in `top-nested`",
        )],
    );
}

#[test]
fn top_nested_names_the_others() {
    check_answers(
        ROWS,
        &[
            (
                "T | top-nested 2 of Group with others='rest' by sum(Value) | sort by Group asc",
                "Group aggregated_Group",
                json!([["b", 7], ["d", 9], ["rest", 5]]),
            ),
            (
                "T | top-nested of Group with others='rest' by sum(Value) | count",
                "Count",
                json!([[4]]),
            ),
            (
                "T | top-nested 2 of Group with others='rest' by sum(Value),
                    top-nested 1 of Kind by count(),
                    top-nested 1 of bin(Value, 10) with others=-1 by count()
                    | sort by Group asc, Kind asc",
                "Group aggregated_Group Kind aggregated_Kind Value aggregated_Value",
                json!([
                    ["b", 7, "", null, -1, 1],
                    ["b", 7, "y", 1, 0, 1],
                    ["d", 9, "x", 1, 0, 1],
                    ["rest", 5, "", null, -1, 3],
                ]),
            ),
        ],
    );
}

#[test]
fn top_hitters_counts_values_or_adds_weights() {
    check_answers(
        ROWS,
        &[
            (
                "T | top-hitters 2 of Kind",
                "Kind approximate_count_Kind",
                json!([["x", 4], ["y", 2]]),
            ),
            (
                "T | top-hitters 2 of Group by Value | extend Type = gettype(approximate_sum_Value)",
                "Group approximate_sum_Value Type",
                json!([["d", 9, "int"], ["b", 7, "int"]]),
            ),
        ],
    );
}

#[test]
fn samples_are_rows_and_values_of_the_input() {
    check_answers(
        ROWS,
        &[
            (
                "T | sample 2",
                "Group Value Kind",
                json!([["a", 1, "x"], ["b", 5, "y"]]),
            ),
            ("T | sample 100 | count", "Count", json!([[6]])),
            (
                "T | sample-distinct 2 of Group",
                "Group",
                json!([["a"], ["b"]]),
            ),
            (
                "T | partition by Kind (sample-distinct 1 of Group) | count",
                "Count",
                json!([[2]]),
            ),
        ],
    );
}
