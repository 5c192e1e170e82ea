//! `make-series`, by small cases.

use serde_json::json;
use tesem_engine::{Database, EngineError};

use crate::canonical::{check_answers, check_refusals, engine, run};

/// Rows that the cases read.
const ROWS: &str = "let T = datatable(When:datetime, Group:string, Number:long, Size:real) [
    datetime(2024-01-01 01:00), 'a', 1, 1.5,
    datetime(2024-01-03), 'a', 3, 2.5,
    datetime(2024-01-02 12:00), 'b', 2, 0.5,
    datetime(2024-01-09), 'b', 2, 0.5,
    datetime(null), 'b', 2, 0.5];
";

#[test]
fn bins_without_rows_have_the_default_in_the_type_of_the_series() {
    let days = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]
        .map(|day| format!("{day}T00:00:00.0000000Z"));
    check_answers(
        ROWS,
        &[
            (
                "T | make-series count(), Sum = sum(Number) default=-1, avg(Size) on When
                    from datetime(2024-01-01) to datetime(2024-01-05) step 1d by Group",
                "Group count_ Sum avg_Size When",
                json!([
                    ["a", [1, 0, 1, 0], [1, -1, 3, -1], [1.5, 0.0, 2.5, 0.0], days],
                    ["b", [0, 1, 0, 0], [-1, 2, -1, -1], [0.0, 0.5, 0.0, 0.0], days],
                ]),
            ),
            (
                "T | make-series Mean = avg(Size) default=real(null), Twice = sum(Number) * 2 default=1
                    on When from datetime(2024-01-01) to datetime(2024-01-04) step 2d | project Mean, Twice",
                "Mean Twice",
                json!([[[1.0, 2.5], [6, 6]]]),
            ),
            (
                "T | make-series avg(Number) default=7 on Size from 0.0 to 3 step 1.0",
                "avg_Number Size",
                json!([[[2.0, 1.0, 3.0], [0.0, 1.0, 2.0]]]),
            ),
            (
                "T | make-series count() on Number from 1 to 5 step 2",
                "count_ Number",
                json!([[[4, 1], [1, 3]]]),
            ),
            (
                "T | where Group == 'a' | make-series count() on Since = When - datetime(2024-01-01) step 1d",
                "count_ Since",
                json!([[[1, 0, 1], ["00:00:00", "1.00:00:00", "2.00:00:00"]]]),
            ),
        ],
    );
}

#[test]
fn ends_that_are_left_out_are_those_of_each_series() {
    check_answers(
        ROWS,
        &[
            (
                "T | make-series Count = count() on When step 1d by Group
                    | project Group, Count, First = When[0], Last = When[-1]",
                "Group Count First Last",
                json!([
                    ["a", [1, 0, 1], "2024-01-01T00:00:00.0000000Z", "2024-01-03T00:00:00.0000000Z"],
                    [
                        "b",
                        [1, 0, 0, 0, 0, 0, 0, 1],
                        "2024-01-02T00:00:00.0000000Z",
                        "2024-01-09T00:00:00.0000000Z"
                    ],
                ]),
            ),
            (
                "T | make-series Count = count() on When from datetime(2024-01-02 06:00) step 2d | project Count, When[0]",
                "Count When_0",
                json!([[[2, 0, 0, 1], "2024-01-02T06:00:00.0000000Z"]]),
            ),
            (
                "T | make-series Count = count() on When in range(datetime(2024-01-01), datetime(2024-01-03), 1d)
                    | project Count, array_length(When)",
                "Count Column1",
                json!([[[1, 1, 1], 3]]),
            ),
        ],
    );
}

#[test]
fn without_rows_there_is_a_series_only_if_the_query_asks_for_it() {
    check_answers(
        ROWS,
        &[
            (
                "T | where false | make-series count() on Number from 0 to 3 step 1",
                "count_ Number",
                json!([]),
            ),
            (
                "T | where false | make-series kind=nonempty count(), avg(Size) default=0.5 on Number from 0 to 3 step 1",
                "count_ avg_Size Number",
                json!([[[0, 0, 0], [0.5, 0.5, 0.5], [0, 1, 2]]]),
            ),
            (
                "T | where false | make-series count() on When step 1d by Group",
                "Group count_ When",
                json!([]),
            ),
        ],
    );
}

#[test]
fn what_is_not_known_of_series_is_refused() {
    check_refusals(
        ROWS,
        &[
            (
                "T | make-series count() default=0.5 on Number from 0 to 3 step 1",
                "a default of type real for a series of long values",
            ),
            (
                "T | make-series max(When) on Number from 0 to 3 step 1",
                "`make-series` of datetime values",
            ),
            (
                "T | make-series kind=nonempty count() on Number step 1",
                "`kind=nonempty` of `make-series` without `from` and `to`",
            ),
        ],
    );
    let engine = engine(Database::new());
    for query in [
        "T | make-series count() on When from datetime(0001-01-01) to now() step 1s",
        "T | make-series count() on When step 1tick",
    ] {
        let failure = run(&engine, &format!("{ROWS}{query}")).unwrap_err();
        assert!(
            matches!(failure, EngineError::LimitsExceeded(_)),
            "{failure}"
        );
    }
}
