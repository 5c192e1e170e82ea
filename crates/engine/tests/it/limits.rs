//! What large, deep and hostile queries come to: an answer or an error, soon.

use std::time::Duration;

use serde_json::json;
use tesem_engine::{
    Column, Database, EngineError, EngineOptions, RunOptions, TableBuilder, TooManyRows,
};
use tesem_kql::types::ScalarType;

use crate::canonical::{NOW, engine, rows, run, run_with};

fn options() -> RunOptions {
    RunOptions::at(NOW.parse().unwrap())
}

/// `Hosts`: 20,000 rows of a number and a name.
fn database() -> Database {
    let columns = vec![
        Column::new("Id", ScalarType::Long),
        Column::new("Name", ScalarType::String),
    ];
    let mut table = TableBuilder::new(columns.clone());
    for id in 0..20_000 {
        table.long(0, id).unwrap();
        table.string(1, &format!("Host-{id}.example.com")).unwrap();
        table.finish_row().unwrap();
    }
    let mut database = Database::new();
    database
        .add_rows("Hosts", columns, table.finish().unwrap())
        .unwrap();
    database
}

#[test]
fn rows_are_limited_exactly() {
    let engine = engine(database());
    let limited = |rows_max, too_many_rows| {
        let options = RunOptions {
            rows_max: Some(rows_max),
            too_many_rows,
            ..options()
        };
        run_with(&engine, "Hosts", &options)
    };
    let cut = limited(10_001, TooManyRows::Truncate).unwrap();
    assert_eq!((cut.row_count(), cut.truncated), (10_001, true));
    let whole = limited(20_000, TooManyRows::Fail).unwrap();
    assert_eq!((whole.row_count(), whole.truncated), (20_000, false));
    let refused = limited(19_999, TooManyRows::Fail);
    assert!(matches!(
        refused,
        Err(EngineError::TooManyRows { rows_max: 19_999 })
    ));
}

#[test]
fn bytes_are_limited() {
    let engine = engine(database());
    let options = RunOptions {
        bytes_max: Some(100_000),
        ..options()
    };
    let refused = run_with(&engine, "Hosts", &options);
    assert!(matches!(
        refused,
        Err(EngineError::ResultTooLarge { bytes_max: 100_000 })
    ));
    assert!(run_with(&engine, "Hosts | take 1000", &options).is_ok());
}

#[test]
fn time_is_limited() {
    let engine = engine(database());
    let options = RunOptions {
        time_max: Some(Duration::from_millis(100)),
        ..options()
    };
    let endless = "Hosts | extend One = 1 | join kind=inner (Hosts | extend One = 1) on One
        | summarize count() by Id, Id1";
    let refused = run_with(&engine, endless, &options);
    assert!(
        matches!(refused, Err(EngineError::TimedOut(_))),
        "{refused:?}"
    );
}

#[test]
fn memory_is_limited() {
    let options = EngineOptions {
        memory_max: 200_000,
        ..EngineOptions::default()
    };
    let engine = tesem_engine::Engine::new(std::sync::Arc::new(database()), options).unwrap();
    let refused = run(&engine, "Hosts | summarize count() by Name");
    assert!(
        matches!(refused, Err(EngineError::LimitsExceeded(_))),
        "{refused:?}"
    );
}

/// What must not depend on how much memory there is.
const HUNGRY: &[&str] = &[
    "Hosts | sort by Name asc | project Id",
    "Hosts | summarize count() by Name | sort by Name asc",
    "Hosts | summarize dcount(Name), make_set(Id), max(Name) by Group = Id % 7000 | sort by Group asc
        | project Group, dcount_Name, array_length(set_Id), max_Name",
    "Hosts | distinct Name | count",
    "Hosts | summarize arg_max(Id, *) by Name | summarize sum(Id)",
    "Hosts | join kind=inner (Hosts | project Name, Other = Id) on Name | summarize sum(Other)",
    "Hosts | join (Hosts | project Name, Other = Id) on Name | summarize sum(Other)",
    "Hosts | summarize names = make_list(Name) | project array_length(names)",
    "Hosts | extend Text = strcat(Name, Name, Name, Name, Name, Name) | sort by Text desc | project Id",
];

#[test]
fn little_memory_gives_the_same_answer_or_the_limit() {
    let database = database();
    let whole = engine(database.clone());
    let expected: Vec<_> = HUNGRY
        .iter()
        .map(|query| rows(&run(&whole, query).unwrap()))
        .collect();
    let spill = tempfile::tempdir().unwrap();
    let mut answered = 0;
    for memory_max in [300_000, 3_000_000, 64_000_000] {
        for spill_directory in [None, Some(spill.path().to_owned())] {
            let options = EngineOptions {
                memory_max,
                spill_directory,
                ..EngineOptions::default()
            };
            let limited = std::sync::Arc::new(database.clone());
            let limited = tesem_engine::Engine::new(limited, options).unwrap();
            for (query, expected) in HUNGRY.iter().zip(&expected) {
                match run(&limited, query) {
                    Ok(answer) => {
                        assert_eq!(rows(&answer), *expected, "{query} in {memory_max}");
                        answered += 1;
                    }
                    Err(EngineError::LimitsExceeded(_)) => {}
                    Err(other) => panic!("{query} in {memory_max}: {other:?}"),
                }
            }
        }
    }
    // All of them with plenty of memory, whether they may spill or not.
    assert!(answered >= 2 * HUNGRY.len(), "{answered}");
}

/// An engine with one thread answers only if nothing holds that thread.
#[test]
fn a_dropped_query_leaves_its_thread() {
    let options = EngineOptions {
        threads: std::num::NonZero::<usize>::MIN,
        threads_per_query: std::num::NonZero::<usize>::MIN,
        ..EngineOptions::default()
    };
    let engine = tesem_engine::Engine::new(std::sync::Arc::new(database()), options).unwrap();
    let endless = |end: &str| {
        format!(
            "Hosts | extend One = 1 | join kind=inner (Hosts | extend One = 1) on One
            | join kind=inner (Hosts | extend One = 1) on One | {end}"
        )
    };
    for end in [
        "summarize dcount(Name1), make_set(Id % 10), percentile(Id1, 50) by Id % 100",
        "summarize count()",
        "sort by Name asc | take 1",
        "mv-expand x = range(1, 1000) | where x == 0",
    ] {
        let options = RunOptions {
            time_max: Some(Duration::from_millis(50)),
            ..self::options()
        };
        let refused = run_with(&engine, &endless(end), &options);
        assert!(
            matches!(
                refused,
                Err(EngineError::TimedOut(_) | EngineError::LimitsExceeded(_))
            ),
            "{end}: {refused:?}"
        );
        let next = run(&engine, "print 1").unwrap();
        assert_eq!(json!(rows(&next)), json!([[1]]), "{end}");
    }
}

#[test]
fn long_lists_are_sets() {
    let engine = engine(database());
    let names: Vec<String> = (19_000..119_000)
        .map(|id| format!("'host-{id}.EXAMPLE.com'"))
        .collect();
    let names = names.join(",");
    let numbers: Vec<String> = (19_500..119_500).map(|id| id.to_string()).collect();
    let numbers = numbers.join(",");
    for (query, expected) in [
        (format!("Hosts | where Name in~ ({names}) | count"), 1_000),
        (format!("Hosts | where Name in ({names}) | count"), 0),
        (format!("Hosts | where Name !in~ ({names}) | count"), 19_000),
        (
            format!("let x = dynamic([{names}]); Hosts | where Name in~ (x) | count"),
            1_000,
        ),
        (
            format!("Hosts | where Name has_any ({names}) | count"),
            1_000,
        ),
        (
            format!("let x = dynamic([{names}]); Hosts | where Name has_any (x) | count"),
            1_000,
        ),
        (format!("Hosts | where Id in ({numbers}) | count"), 500),
        (
            format!("Hosts | where Id !in (dynamic([{numbers}])) | count"),
            19_500,
        ),
        (
            format!("let T = datatable(n:string)[{names}]; Hosts | where Name in~ (T) | count"),
            1_000,
        ),
        (
            format!("let T = datatable(n:string)[{names}]; Hosts | where Name has_any (T) | count"),
            1_000,
        ),
    ] {
        let result = run(&engine, &query).unwrap();
        let shown: String = query.chars().take(60).collect();
        assert_eq!(json!(rows(&result)), json!([[expected]]), "{shown}");
    }
}

#[test]
fn deep_and_long_queries_end() {
    let engine = engine(database());
    let repeated = |text: &str, count: usize| text.repeat(count);
    for (what, query) in [
        (
            "brackets",
            format!("print {}1{}", repeated("(", 50_000), repeated(")", 50_000)),
        ),
        ("minus", format!("print {}1", repeated("-", 100_000))),
        ("sum", format!("print 1{}", repeated("+1", 200_000))),
        (
            "column sum",
            format!("Hosts | extend x = Id{}", repeated("+Id", 100_000)),
        ),
        (
            "or",
            format!(
                "Hosts | where Id == 1{} | count",
                repeated(" or Id == 2 or Name =~ 'a'", 25_000)
            ),
        ),
        (
            "and",
            format!(
                "Hosts | where Id != 1{} | count",
                repeated(" and Id != 2", 2_000)
            ),
        ),
        (
            "not",
            format!(
                "print {}true{}",
                repeated("not(", 20_000),
                repeated(")", 20_000)
            ),
        ),
        (
            "pipes",
            format!("Hosts {}", repeated("| where Id > 0 ", 20_000)),
        ),
        (
            "extends",
            format!("Hosts {}", repeated("| extend Id = Id + 1 ", 150)),
        ),
        (
            "path",
            format!("print x = dynamic({{}}){}", repeated(".a", 100_000)),
        ),
        (
            "subqueries",
            format!("{}Hosts{}", repeated("(", 10_000), repeated(")", 10_000)),
        ),
        (
            "unions",
            format!(
                "{}Hosts{}",
                repeated("union (", 5_000),
                repeated(")", 5_000)
            ),
        ),
        ("open brackets", repeated("(", 1_000_000)),
        (
            "open arrays",
            format!("print dynamic({}", repeated("[", 500_000)),
        ),
        ("commas", repeated(",", 1_000_000)),
        (
            "lets",
            format!("{} print 1", repeated("let a = 1; ", 50_000)),
        ),
        (
            "doubled tables",
            format!(
                "let t0 = Hosts; {} t30",
                (1..=30)
                    .map(|n| format!("let t{n} = t{} | union t{};", n - 1, n - 1))
                    .collect::<String>()
            ),
        ),
        (
            "doubled values",
            format!(
                "let v0 = rand(); {} print v60",
                (1..=60)
                    .map(|n| format!("let v{n} = v{} + v{};", n - 1, n - 1))
                    .collect::<String>()
            ),
        ),
        (
            "doubled texts",
            format!(
                "let v0 = 'abcdefgh'; {} print strlen(v40)",
                (1..=40)
                    .map(|n| format!("let v{n} = strcat(v{}, v{});", n - 1, n - 1))
                    .collect::<String>()
            ),
        ),
    ] {
        // Whether it is an answer or an error does not matter: it must come, and the engine must live.
        let answer = run(&engine, &query);
        println!(
            "{what}: {}",
            answer.map_or_else(
                |error| error.to_string().chars().take(100).collect(),
                |_| "answered".to_owned()
            )
        );
    }
    let grown = format!(
        "Hosts {}| project strlen(Name)",
        repeated("| extend Name = strcat(Name, Name) ", 60)
    );
    let refused = run(&engine, &grown);
    assert!(
        matches!(refused, Err(EngineError::LimitsExceeded(_))),
        "{refused:?}"
    );
    let alive = run(&engine, "Hosts | count").unwrap();
    assert_eq!(json!(rows(&alive)), json!([[20_000]]));
}
