//! `search`, `find` and `* has`, by small cases: a query, the names of its columns, its rows.

use serde_json::{Value as Json, json};

use crate::canonical::{check_answers, check_mistakes, check_refusals};

/// Tables that the cases read.
const ROWS: &str = "let A = view () { datatable(Id:long, Name:string, Share:real)
    [1, 'red fox', 0.5, 22, 'Red-tailed hawk', 22.5, -3, 'redwood', 3.0] };
let B = view () { datatable(Id:long, Tag:dynamic, When:datetime, Flag:bool)
    [1, dynamic({'k': 'fox'}), datetime(2024-03-04), true, 3, dynamic(null), datetime(null), false] };
let C = view () { datatable(Name:long, Id:long) [5, 3] };
";

#[test]
fn terms_are_looked_for_in_all_columns() {
    let ids = |query: &str| format!("search in (A, B) {query} | project ['$table'], Id");
    let ids: Vec<(String, Json)> = [
        ("'red'", json!([["A", 1], ["A", 22]])),
        ("'fox'", json!([["A", 1], ["B", 1]])),
        ("'red*'", json!([["A", 1], ["A", 22], ["A", -3]])),
        ("'*wood'", json!([["A", -3]])),
        ("'*edwo*'", json!([["A", -3]])),
        ("'r*x'", json!([["A", 1]])),
        ("'22'", json!([["A", 22]])),
        ("'3'", json!([["A", -3], ["B", 3]])),
        ("'5'", json!([["A", 1], ["A", 22]])),
        ("'2024'", json!([["B", 1]])),
        ("'fox' and Id == 1", json!([["A", 1], ["B", 1]])),
        ("'fox' and ('red' or Flag)", json!([["A", 1], ["B", 1]])),
        ("Name:'fox' or Flag == false", json!([["A", 1], ["B", 3]])),
        ("Name == 'redwood'", json!([["A", -3]])),
        ("Name matches regex '^Red'", json!([["A", 22]])),
        ("* and Id > 2", json!([["A", 22], ["B", 3]])),
        ("['$table'] == 'B' and * contains 'ox'", json!([["B", 1]])),
        ("not(Id == 1)", json!([["A", 22], ["A", -3], ["B", 3]])),
        ("'missing'", json!([])),
    ]
    .into_iter()
    .map(|(query, expected)| (ids(query), expected))
    .collect();
    let cases: Vec<(&str, &str, Json)> = ids
        .iter()
        .map(|(query, expected)| (query.as_str(), "$table Id", expected.clone()))
        .collect();
    check_answers(ROWS, &cases);
    check_answers(
        ROWS,
        &[
            (
                "search kind=case_sensitive in (A) 'red' | project Id",
                "Id",
                json!([[1]]),
            ),
            (
                "search kind=case_sensitive in (A) Name has 'Red' | project Id",
                "Id",
                json!([[22]]),
            ),
        ],
    );
}

#[test]
fn search_has_the_columns_of_a_union() {
    check_answers(
        ROWS,
        &[
            (
                "search in (A, B) 'fox'",
                "$table Id Name Share Tag When Flag",
                json!([
                    ["A", 1, "red fox", 0.5, null, null, null],
                    ["B", 1, "", null, {"k": "fox"}, "2024-03-04T00:00:00Z", true]
                ]),
            ),
            (
                "search in (A, C) Id == 3 or Name_string has 'hawk' | project ['$table'], Name_string, Name_long",
                "$table Name_string Name_long",
                json!([["A", "Red-tailed hawk", null], ["C", "", 5]]),
            ),
            (
                "search '5' | summarize count() by ['$table'] | sort by ['$table'] asc",
                "$table count_",
                json!([["A", 2], ["C", 1]]),
            ),
            (
                "A | where Id > 0 | search 'fox'",
                "$table Id Name Share",
                json!([["search_arg0", 1, "red fox", 0.5]]),
            ),
        ],
    );
}

#[test]
fn a_star_stands_for_all_columns() {
    check_answers(
        ROWS,
        &[
            ("A | where * has '22' | project Id", "Id", json!([[22]])),
            (
                "A | where * startswith 'red' | project Id",
                "Id",
                json!([[1], [22], [-3]]),
            ),
            (
                "B | extend hit = * has 'true' | project hit",
                "hit",
                json!([[true], [false]]),
            ),
        ],
    );
}

#[test]
fn find_shows_the_columns_that_tables_share() {
    check_answers(
        ROWS,
        &[
            (
                "find in (A, B) where Id == 1",
                "source_ Id pack_",
                json!([
                    ["A", 1, {"Name": "red fox", "Share": 0.5}],
                    ["B", 1, {"Tag": {"k": "fox"}, "When": "2024-03-04T00:00:00.0000000Z", "Flag": true}]
                ]),
            ),
            (
                "find withsource=From in (A, B) where Flag == false or Name has 'redwood' project-smart",
                "From Id Flag Name pack_",
                json!([
                    ["A", -3, null, "redwood", {"Share": 3.0}],
                    ["B", 3, false, "", {"Tag": null, "When": null}]
                ]),
            ),
            (
                "find in (A, B) where Flag == true",
                "source_ Id Tag When Flag",
                json!([["B", 1, {"k": "fox"}, "2024-03-04T00:00:00Z", true]]),
            ),
            (
                "find in (A, B) where 'fox' project Name, Id:string, Flag",
                "source_ Name Id Flag",
                json!([["A", "red fox", "1", null], ["B", "", "1", true]]),
            ),
            (
                "find in (C) where Id == 3 project pack(*)",
                "source_ pack_",
                json!([["C", {"Name": 5, "Id": 3}]]),
            ),
            (
                "find 'hawk' project Id | where Id > 0",
                "source_ Id",
                json!([["A", 22]]),
            ),
        ],
    );
}

#[test]
fn what_is_not_known_of_search_and_find_is_refused() {
    check_refusals(
        ROWS,
        &[
            (
                "A | search 'x' | search 'y'",
                "`search` over rows that have a column `$table` already",
            ),
            (
                "let L = A | where Id > 1; search in (L) 'x'",
                "`search` in something that is no table or view",
            ),
            (
                "find in (A, C) where Name == 5",
                "`find` over `Name`, which has several types",
            ),
            (
                "find in (A) where Id == 1 project Name, pack(*)",
                "`pack(*)` next to other columns in the `project` of `find`",
            ),
            ("A | where * !has 'x'", "a negated string operator over `*`"),
            (
                "A | where * == 1",
                "comparing `*` other than with a string operator",
            ),
            (
                "search kind=case_sensitive in (A) Name has_any ('x')",
                "has_any and has_all in a case-sensitive `search`",
            ),
        ],
    );
    check_mistakes(
        ROWS,
        &[
            "search in (A, B) Missing == 1",
            "search in (A, C) Name == 'x'",
            "find in (A, B) where Missing == 1",
            "find in (A, B) where Id == 1 project Missing",
            "search in (Missing) 'x'",
            "search kind=loud 'x'",
        ],
    );
}
