//! Public queries, where they lie beside the checkout: what Microsoft's parser accepts is read,
//! what it refuses is refused.

use std::fs;
use std::path::PathBuf;

use tesem_kql::parse;

/// The queries of the corpus that Microsoft's parser (`@kusto/language-service-next` 12.4.1)
/// refuses.
const REFUSED: &[&str] = &[
    "jkerai1/KQL-Queries:0074",
    "reprise99/Sentinel-Queries:0667",
    "wortell/KQL:0001",
    "wortell/KQL:0005",
    "wortell/KQL:0009",
    "wortell/KQL:0013",
    "wortell/KQL:0017",
    "wortell/KQL:0020",
    "wortell/KQL:0023",
    "wortell/KQL:0026",
    "wortell/KQL:0038",
    "wortell/KQL:0047",
    "wortell/KQL:0048",
    "wortell/KQL:0059",
    "wortell/KQL:0061",
    "wortell/KQL:0067",
    "wortell/KQL:0068",
    "wortell/KQL:0069",
    "wortell/KQL:0073",
    "wortell/KQL:0089",
    "wortell/KQL:0103",
    "wortell/KQL:0104",
    "wortell/KQL:0106",
    "wortell/KQL:0111",
    "wortell/KQL:0112",
];

/// One query of a JSON Lines file.
struct Case {
    id: String,
    query: String,
}

/// The cases of all files in `directory`, which lies beside the checkout; `None` when there is no
/// such directory.
fn cases(directory: &str) -> Option<Vec<Case>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(directory);
    let entries = fs::read_dir(path).ok()?;
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    paths.sort();
    Some(
        paths
            .iter()
            .flat_map(|path| read(&fs::read_to_string(path).unwrap()))
            .collect(),
    )
}

fn read(lines: &str) -> Vec<Case> {
    let case = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        Case {
            id: text("id"),
            query: text("query"),
        }
    };
    lines.lines().map(case).collect()
}

/// The cases whose verdict is not the expected one, with their first finding.
fn mismatches(cases: &[Case], is_refused: impl Fn(&str) -> bool) -> Vec<String> {
    let mismatch = |case: &Case| {
        let parsed = parse(&case.query);
        let first = parsed.diagnostics.iter().find(|finding| finding.is_error());
        (first.is_some() != is_refused(&case.id)).then(|| format!("{}: {first:?}", case.id))
    };
    cases.iter().filter_map(mismatch).collect()
}

#[test]
fn the_corpus_is_judged_as_by_microsoft() {
    let Some(cases) = cases("corpus") else {
        println!("skipped: no corpus beside the checkout");
        return;
    };
    let refused = cases
        .iter()
        .filter(|case| parse(&case.query).has_errors())
        .count();
    println!("{} queries, {refused} refused", cases.len());
    assert_eq!(mismatches(&cases, |id| REFUSED.contains(&id)), [""; 0]);
}

#[test]
fn the_conformance_queries_are_read() {
    let Some(cases) = cases("conformance") else {
        println!("skipped: no conformance cases beside the checkout");
        return;
    };
    println!("{} queries", cases.len());
    assert_eq!(mismatches(&cases, |_| false), [""; 0]);
}

#[test]
fn formatting_the_corpus_keeps_its_meaning() {
    let Some(cases) = cases("corpus") else {
        println!("skipped: no corpus beside the checkout");
        return;
    };
    let mut formatted = 0;
    for case in cases.iter().filter(|case| !parse(&case.query).has_errors()) {
        crate::laws::formatting_keeps(&case.query, &case.id);
        formatted += 1;
    }
    println!("{formatted} queries formatted");
}
