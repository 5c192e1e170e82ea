//! Queries with several results: several statements, `fork`, `facet`.

use serde_json::{Value as Json, json};
use tesem_engine::{Database, QueryResult};

use crate::canonical::{check_refusals, engine, rows, run};

/// Rows that the cases read.
const ROWS: &str = "let T = datatable(Group:string, Value:long) ['a', 1, 'b', 5, 'a', 3];
";

/// Name, column names and rows of a result.
fn shown(result: &QueryResult) -> Json {
    let names = result.columns.iter().map(|column| column.name.as_str());
    let found: Json = rows(result).into_iter().map(Json::from).collect();
    json!([result.name, names.collect::<Vec<_>>().join(" "), found])
}

#[test]
fn every_result_comes_out_in_order() {
    let engine = engine(Database::new());
    for (query, expected) in [
        (
            "T | count; T | where Value > 2 | project Value",
            json!([[null, "Count", [[3]]], [null, "Value", [[5], [3]]]]),
        ),
        (
            "T | count | as Total; let Limit = 4; T | where Value > Limit; print Limit",
            json!([
                ["Total", "Count", [[3]]],
                [null, "Group Value", [["b", 5]]],
                [null, "print_0", [[4]]],
            ]),
        ),
        (
            "T | where Value < 5 | fork (count) Large = (where Value > 2) (project Value | as Values) | render linechart",
            json!([
                [null, "Count", [[2]]],
                ["Large", "Group Value", [["a", 3]]],
                ["Values", "Value", [[1], [3]]],
            ]),
        ),
        (
            "T | facet by Group, Value with (where Value > 3 | project Value)",
            json!([
                [null, "Value", [[5]]],
                [null, "Group count_Group", [["a", 2], ["b", 1]]],
                [null, "Value count_Value", [[1, 1], [5, 1], [3, 1]]],
            ]),
        ),
        (
            "T | facet by Group",
            json!([[null, "Group count_Group", [["a", 2], ["b", 1]]]]),
        ),
    ] {
        let result = run(&engine, &format!("{ROWS}{query}")).unwrap();
        let all = std::iter::once(&result).chain(&result.others);
        let found: Vec<Json> = all.map(shown).collect();
        assert_eq!(Json::from(found), expected, "{query}");
    }
}

#[test]
fn each_result_has_its_own_visualization() {
    let engine = engine(Database::new());
    let result = run(
        &engine,
        "print a = 1; print a = 2 | render piechart; print a = 3",
    )
    .unwrap();
    let chart = |result: &QueryResult| {
        let visualization = result.visualization.as_ref();
        visualization.map(|visualization| visualization.chart.clone())
    };
    let others: Vec<_> = result.others.iter().map(chart).collect();
    assert_eq!(chart(&result), None);
    assert_eq!(others, [Some("piechart".to_owned()), None]);
}

#[test]
fn results_cannot_be_piped_on_or_nested() {
    check_refusals(
        ROWS,
        &[
            ("T | fork (count) (take 1) | take 1", "`take` after `fork`"),
            (
                "let F = T | fork (count) (take 1); F",
                "the operator `fork`",
            ),
            ("union (T | facet by Group)", "the operator `facet`"),
        ],
    );
}
