//! The recorded answers of the Kusto emulator, where they are at hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value as Json;
use tesem_engine::{Database, EngineError};

use crate::canonical::{engine, rows, run};

/// Cases whose rows come in the order in which a cluster happens to hash the values of `partition`.
const ORDER_BY_HASH: &[&str] = &["dkql-emu:scan-operator-04"];

#[derive(Deserialize)]
struct Case {
    id: String,
    setup: Option<String>,
    query: String,
    expected: Expected,
    deterministic: bool,
    order_significant: bool,
}

#[derive(Deserialize)]
struct Expected {
    columns: Vec<(String, String)>,
    rows: Vec<Vec<Json>>,
}

/// What came of a case.
enum Verdict {
    Right,
    Refused(String),
    Wrong(String),
}

#[test]
fn answers_like_the_emulator() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/conformance/kql-emulator.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return;
    };
    let engine = engine(Database::new());
    let (mut right, mut wrong) = (0, Vec::new());
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let mut details = String::new();
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        if !case.deterministic {
            continue;
        }
        match judge(&engine, &case) {
            Verdict::Right => right += 1,
            Verdict::Refused(why) => {
                details += &format!("REFUSED {} | {why}\n", case.id);
                *refused.entry(why).or_default() += 1;
            }
            Verdict::Wrong(why) => {
                details += &format!("WRONG {} | {why}\n{}\n\n", case.id, case.query);
                wrong.push(format!("{}: {why}", case.id));
            }
        }
    }
    let refusals: usize = refused.values().sum();
    println!("right {right}, refused {refusals}, wrong {}", wrong.len());
    if let Some(report) = option_env!("TESEM_CONFORMANCE_REPORT") {
        std::fs::write(report, details).unwrap();
    }
    assert!(
        wrong.is_empty(),
        "{} cases are answered wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn judge(engine: &tesem_engine::Engine, case: &Case) -> Verdict {
    let query = match &case.setup {
        Some(setup) => format!("{setup}\n{}", case.query),
        None => case.query.clone(),
    };
    let result = match run(engine, &query) {
        Ok(result) => result,
        Err(EngineError::NotSupported { what, .. }) => return Verdict::Refused(what),
        Err(error) => return Verdict::Wrong(error.to_string()),
    };
    let columns: Vec<(String, String)> = result
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.scalar_type.to_string()))
        .collect();
    if columns != case.expected.columns {
        let expected = &case.expected.columns;
        return Verdict::Wrong(format!("columns are {columns:?}, not {expected:?}"));
    }
    let found = rows(&result);
    let in_order = case.order_significant && !ORDER_BY_HASH.contains(&case.id.as_str());
    match difference(&found, &case.expected.rows, in_order) {
        None => Verdict::Right,
        Some(difference) => Verdict::Wrong(difference),
    }
}

/// The first row that one side has and the other has not.
pub(crate) fn difference(
    found: &[Vec<Json>],
    expected: &[Vec<Json>],
    in_order: bool,
) -> Option<String> {
    let sorted = |rows: &[Vec<Json>]| {
        let mut rows = rows.to_vec();
        if !in_order {
            rows.sort_by_key(|row| canonical_key(row));
        }
        rows
    };
    let (found, expected) = (sorted(found), sorted(expected));
    if found.len() != expected.len() {
        return Some(format!(
            "{} rows, not {}: {found:?} / {expected:?}",
            found.len(),
            expected.len()
        ));
    }
    let differs = |(found, expected): &(&Vec<Json>, &Vec<Json>)| {
        !(found.len() == expected.len() && found.iter().zip(*expected).all(|(a, b)| is_same(a, b)))
    };
    let (found, expected) = found.iter().zip(&expected).find(differs)?;
    Some(format!(
        "row {} is not {}",
        Json::from(found.clone()),
        Json::from(expected.clone())
    ))
}

fn canonical_key(row: &[Json]) -> String {
    row.iter().map(rounded).collect::<Vec<_>>().join("\u{1}")
}

fn rounded(value: &Json) -> String {
    match value {
        Json::Number(number) => format!("{:.6e}", number.as_f64().unwrap_or_default()),
        Json::Array(items) => items.iter().map(rounded).collect::<Vec<_>>().join(","),
        Json::Object(members) => {
            let mut members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name}:{}", rounded(value)))
                .collect();
            members.sort();
            members.join(",")
        }
        other => other.to_string(),
    }
}

fn is_same(found: &Json, expected: &Json) -> bool {
    match (found, expected) {
        (Json::Number(found), Json::Number(expected)) => {
            let (Some(found), Some(expected)) = (found.as_f64(), expected.as_f64()) else {
                return false;
            };
            found == expected || (found - expected).abs() <= 1e-9 * found.abs().max(expected.abs())
        }
        (Json::Array(found), Json::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| is_same(a, b))
        }
        (Json::Object(found), Json::Object(expected)) => {
            found.len() == expected.len()
                && found.iter().all(|(name, value)| {
                    expected
                        .get(name)
                        .is_some_and(|other| is_same(value, other))
                })
        }
        _ => found == expected,
    }
}
