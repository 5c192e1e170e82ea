//! `docs/kql-support.md`: what the engine answers and what it refuses, found out by asking it.

use std::fmt::Write;
use std::path::PathBuf;

use tesem_engine::{Database, Engine, EngineError, language};

use crate::canonical::engine as engine_over;

/// Set, the test writes the page instead of comparing it.
const WRITE: &str = "TESEM_WRITE_DOCS";

/// One query for each function that Microsoft Defender and Microsoft Sentinel add to the language.
const SERVICE: &[(&str, &str)] = &[
    (
        "AssignedIPAddresses",
        "AssignedIPAddresses('device', now())",
    ),
    (
        "DeviceFromIP",
        "print IP = '10.0.0.1' | invoke DeviceFromIP()",
    ),
    ("FileProfile", "DeviceFileEvents | invoke FileProfile()"),
    ("SeenBy", "DeviceInfo | invoke SeenBy()"),
    ("_GetWatchlist", "_GetWatchlist('names')"),
    ("_Im_Dns", "_Im_Dns() | count"),
];

/// One query for each tabular operator, source and statement.
const LANGUAGE: &[(&str, &str)] = &[
    (
        "alias",
        "alias database d = cluster('c').database('d'); print 1",
    ),
    ("as", "print x = 1 | as T"),
    ("assert-schema", "print x = 1 | assert-schema (x: long)"),
    ("consume", "print x = 1 | consume"),
    ("count", "print x = 1 | count"),
    ("datatable", "datatable (x: long) [1]"),
    (
        "declare pattern",
        "declare pattern p = (a: string) { ('x') = { print 1 }; }; p('x')",
    ),
    (
        "declare query_parameters",
        "declare query_parameters (p: long = 1); print p",
    ),
    ("distinct", "print x = 1 | distinct x"),
    (
        "evaluate",
        "print d = dynamic({'a': 1}) | evaluate bag_unpack(d): (a: long)",
    ),
    ("extend", "print x = 1 | extend y = x"),
    (
        "externaldata",
        "externaldata (x: string) ['https://example.org/x.csv']",
    ),
    ("facet", "print x = 1 | facet by x"),
    ("find", "find in (DeviceInfo) where DeviceName == 'x'"),
    ("fork", "print x = 1 | fork (count) (take 1)"),
    ("getschema", "print x = 1 | getschema"),
    (
        "invoke",
        "let f = (T: (x: long)) { T }; print x = 1 | invoke f()",
    ),
    ("join", "print x = 1 | join kind=inner (print x = 1) on x"),
    ("let", "let x = 1; let f = (y: long) { x + y }; print f(1)"),
    ("lookup", "print x = 1 | lookup (print x = 1) on x"),
    (
        "macro-expand",
        "macro-expand entity_group [cluster('c').database('d')] as s (s.T)",
    ),
    ("make-graph", "print a = 1, b = 2 | make-graph a --> b"),
    (
        "make-series",
        "print x = 1, t = now() | make-series count() on t step 1d",
    ),
    (
        "mv-apply",
        "print x = dynamic([1]) | mv-apply x on (take 1)",
    ),
    ("mv-expand", "print x = dynamic([1]) | mv-expand x"),
    ("parse", "print x = 'a=1' | parse x with 'a=' y: long"),
    (
        "parse-kv",
        "print x = 'a=1' | parse-kv x as (a: long) with (pair_delimiter = ' ', kv_delimiter = '=')",
    ),
    (
        "parse-where",
        "print x = 'a=1' | parse-where x with 'a=' y: long",
    ),
    ("partition", "print x = 1 | partition by x (take 1)"),
    ("print", "print 1"),
    ("project", "print x = 1 | project x"),
    ("project-away", "print x = 1, y = 2 | project-away y"),
    (
        "project-by-names",
        "print x = 1 | project-by-names dynamic(['x'])",
    ),
    ("project-keep", "print x = 1 | project-keep x"),
    ("project-rename", "print x = 1 | project-rename y = x"),
    ("project-reorder", "print x = 1 | project-reorder x"),
    ("range", "range x from 1 to 2 step 1"),
    ("reduce", "print x = 'a' | reduce by x"),
    ("render", "print x = 1 | render table"),
    (
        "restrict access",
        "restrict access to (DeviceInfo); DeviceInfo",
    ),
    ("sample", "print x = 1 | sample 1"),
    ("sample-distinct", "print x = 1 | sample-distinct 1 of x"),
    (
        "scan",
        "print x = 1 | sort by x | scan with (step s: x == 1;)",
    ),
    ("search", "search in (DeviceInfo) 'x'"),
    ("serialize", "print x = 1 | serialize"),
    ("set", "set notruncation; print 1"),
    ("sort", "print x = 1 | sort by x"),
    ("summarize", "print x = 1 | summarize count() by x"),
    ("take", "print x = 1 | take 1"),
    ("top", "print x = 1 | top 1 by x"),
    ("top-hitters", "print x = 1 | top-hitters 1 of x"),
    ("top-nested", "print x = 1 | top-nested 1 of x by count()"),
    ("union", "union (print x = 1), (print x = 2)"),
    ("where", "print x = 1 | where x == 1"),
];

#[test]
fn the_page_says_what_the_engine_does() {
    let page = page();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/kql-support.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    assert!(
        written == page,
        "docs/kql-support.md is not what the engine does; write it with {WRITE}=1 cargo test -p tesem-engine --test it support"
    );
}

fn page() -> String {
    let engine = engine_over(Database::defender());
    let mut page = String::from(
        "# What the KQL engine answers, and what it refuses\n\n\
         Written by a test that asks the engine (`crates/engine/tests/it/support.rs`); change the engine, not this page. What is refused is refused by name and\n\
         place in the query (`not-supported`), never answered approximately. A thing that is answered may still refuse a corner of its own, with its name.\n",
    );
    let operators = LANGUAGE
        .iter()
        .map(|(name, query)| (*name, is_answered(&engine, query)));
    section(&mut page, "Statements, sources and operators", operators);
    let aggregate = |name: &'static str| {
        (
            name,
            has_function(&engine, &format!("print x = 1 | summarize {name}()")),
        )
    };
    section(
        &mut page,
        "Aggregate functions",
        language::aggregates().map(aggregate),
    );
    let plugin = |name: &'static str| {
        (
            name,
            has_function(&engine, &format!("print x = 1 | evaluate {name}()")),
        )
    };
    section(&mut page, "Plugins", language::plugins().map(plugin));
    let function = |name: &'static str| {
        (
            name,
            has_function(&engine, &format!("print x = 1 | serialize y = {name}()")),
        )
    };
    section(
        &mut page,
        "Scalar functions",
        language::functions().map(function),
    );
    let of_service = SERVICE
        .iter()
        .map(|(name, query)| (*name, is_answered(&engine, query)));
    section(
        &mut page,
        "Functions of Microsoft Defender and Microsoft Sentinel",
        of_service,
    );
    page
}

/// Whether the engine binds a query that is right.
fn is_answered(engine: &Engine, query: &str) -> bool {
    match engine.check(query) {
        Ok(_) => true,
        Err(EngineError::NotSupported { .. }) => false,
        Err(error) => panic!("{query}: {error}"),
    }
}

/// Whether the engine knows the function that a query calls without arguments, which most functions find too few.
fn has_function(engine: &Engine, query: &str) -> bool {
    !matches!(engine.check(query), Err(EngineError::NotSupported { .. }))
}

fn section(page: &mut String, title: &str, things: impl Iterator<Item = (&'static str, bool)>) {
    let (answered, refused): (Vec<_>, Vec<_>) = things.partition(|(_, answered)| *answered);
    let count = answered.len() + refused.len();
    write!(
        page,
        "\n## {title}\n\n{} of {count} are answered.\n",
        answered.len()
    )
    .unwrap();
    for (word, things) in [("Answered", answered), ("Refused by name", refused)] {
        if things.is_empty() {
            continue;
        }
        let names: Vec<String> = things.iter().map(|(name, _)| format!("`{name}`")).collect();
        write!(page, "\n{word}: {}.\n", names.join(", ")).unwrap();
    }
}
