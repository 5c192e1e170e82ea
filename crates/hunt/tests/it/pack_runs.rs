//! Packs that are asked.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};
use tesem_hunt::output::{OutputFiles, OutputOptions, write_all};
use tesem_hunt::pack::{Pack, prepare};
use tesem_hunt::{
    BackendColumn, BackendError, BackendRows, CancelSource, CancelToken, Ending, HuntReport,
    Intake, Plan, QUERY_BYTES_MIN, RunFolder, plan,
};
use tesem_kql::lexer::tokenize;

use crate::backend::{Scripted, empty_summary};
use crate::support::{begin, go, intake_of, options};

fn plan_with(list: &str, pack: &str) -> Plan {
    let pack = Pack::read("p.toml", pack.as_bytes()).unwrap();
    let mut options = options();
    options.query_bytes_max = QUERY_BYTES_MIN;
    let intake = if list.is_empty() {
        Intake::default()
    } else {
        intake_of(list)
    };
    plan(intake, options)
        .unwrap()
        .with_packs(prepare(&[pack], &[]).unwrap())
}

fn query(name: &str, kql: &str) -> String {
    format!("[[query]]\nname = \"{name}\"\nkql = '''\n{kql}\n'''\n")
}

fn rows(names: &[&str], rows: Vec<Vec<Value>>) -> BackendRows {
    let column = |name: &&str| BackendColumn {
        name: (*name).to_owned(),
        kind: "string".to_owned(),
    };
    BackendRows {
        columns: names.iter().map(column).collect(),
        rows,
        ..BackendRows::default()
    }
}

/// Answers searches with nothing and queries of packs by `respond`.
fn backend(
    mut respond: impl FnMut(&str) -> Result<BackendRows, BackendError> + Send + 'static,
) -> Scripted {
    Scripted::new(move |question| {
        if question.text.starts_with("let window_start") {
            Ok(empty_summary())
        } else {
            respond(&question.text)
        }
    })
}

/// The queries of packs that were asked.
fn asked(backend: &Scripted) -> Vec<String> {
    let texts = backend.texts().into_iter();
    texts
        .filter(|text| !text.starts_with("let window_start"))
        .collect()
}

fn run(plan: &Plan, backend: &Scripted, results: &Path) -> (HuntReport, OutputFiles) {
    let mut folder = begin(results, plan);
    let report = go(plan, &mut folder, backend, CancelToken::never());
    let files = write(&folder, plan, &report);
    (report, files)
}

fn write(folder: &RunFolder, plan: &Plan, report: &HuntReport) -> OutputFiles {
    let options = OutputOptions {
        time_zone: TimeZone::UTC,
        tenant: "t".to_owned(),
    };
    write_all(folder, plan, report, &options).unwrap()
}

/// The strings of the `dynamic([…])` lists of a text, list by list.
fn lists(text: &str) -> Vec<Vec<String>> {
    let lists = text.split("dynamic(").skip(1);
    lists
        .map(|list| serde_json::from_str(list.split(')').next().unwrap()).unwrap())
        .collect()
}

fn addresses(count: usize) -> String {
    (0..count)
        .map(|n| format!("11.{}.{}.{}\n", n / 65_536, n / 256 % 256, n % 256))
        .collect()
}

#[test]
fn values_are_filled_in_as_literals() {
    let text = "[parameters]\nword = 'x\" or true //'\nspan = \"90m\"\n".to_owned()
        + &query(
            "q",
            "T | where Timestamp between ({{window.start}} .. {{window.end}}) and a == @{{word}} and b > ago({{span}}) and c in ({{indicators.ip}})",
        );
    let text = text.replace("@{{word}}", "{{word}}");
    let plan = plan_with("8.8.8.8\n9.9.9.9\n", &text);
    let backend = backend(|_| Ok(rows(&["a"], vec![])));
    let folder = tempfile::tempdir().unwrap();
    run(&plan, &backend, folder.path());
    assert_eq!(
        asked(&backend),
        [
            "T | where Timestamp between ( datetime(2026-10-22T04:00:00.0000000Z)  ..  datetime(2026-11-21T04:00:00.0000000Z) ) \
          and a ==  \"x\\\" or true //\"  and b > ago( timespan(0.01:30:00.0000000) ) and c in ( dynamic([\"8.8.8.8\",\"9.9.9.9\"]) )\n"
        ]
    );
}

#[test]
fn a_sign_before_a_placeholder_does_not_change_how_the_value_is_read() {
    for sign in ["@", "h", "H@"] {
        let pack = "[parameters]\nword = 'a\\\" | union Secrets //'\n".to_owned()
            + &query("q", &format!("T | where a == {sign}{{{{word}}}}"));
        let pack = Pack::read("p.toml", pack.as_bytes()).unwrap();
        // Either it is refused or the value is one string.
        let Ok(queries) = prepare(&[pack], &[]) else {
            continue;
        };
        let plan = plan(Intake::default(), options())
            .unwrap()
            .with_packs(queries);
        let backend = backend(|_| Ok(rows(&["a"], vec![])));
        let folder = tempfile::tempdir().unwrap();
        run(&plan, &backend, folder.path());
        let text = asked(&backend).remove(0);
        assert!(
            !tokenize(&text)
                .tokens
                .iter()
                .any(|token| token.span().text(&text) == "Secrets"),
            "{text}"
        );
    }
}

#[test]
fn a_query_without_values_for_its_list_is_skipped_and_said_so() {
    let text = query("hashes", "T | where a in ({{indicators.sha256}})")
        + &query("all", "T")
        + "[pack]\nname = \"p\"\n";
    let plan = plan_with("8.8.8.8\n", &text);
    let backend = backend(|_| Ok(rows(&["a"], vec![vec![json!(1)]])));
    let folder = tempfile::tempdir().unwrap();
    let (report, files) = run(&plan, &backend, folder.path());
    assert_eq!(asked(&backend).len(), 1);
    assert_eq!(
        report.packs[0].skipped.as_deref(),
        Some("no indicator for `{{indicators.sha256}}`")
    );
    assert_eq!(
        (files.packs[0].csv.as_ref(), files.packs[1].rows),
        (None, 1)
    );
}

#[test]
fn feeds_and_labels_limit_the_values() {
    let limited =
        "[[query]]\nname = \"q\"\nlabel = \"poshc2\"\nkql = 'T | where a in ({{indicators.ip}})'\n";
    let mut intake = Intake::default();
    let address = |text: &str| tesem_observable::recognise(text).unwrap();
    let label = |label: &str| tesem_hunt::Provenance {
        feed: "c2".to_owned(),
        labels: vec![label.to_owned()],
        ..tesem_hunt::Provenance::default()
    };
    for (ip, name) in [("8.8.8.8", "poshc2"), ("9.9.9.9", "empire")] {
        let id = intake.add("c2", 1, address(ip));
        intake.tell(id, label(name));
    }
    intake.add("lists/poshc2.txt", 1, address("7.7.7.7"));
    let pack = Pack::read("p.toml", limited.as_bytes()).unwrap();
    let plan = plan(intake, options())
        .unwrap()
        .with_packs(prepare(&[pack], &[]).unwrap());
    let backend = backend(|_| Ok(rows(&["a"], vec![])));
    let folder = tempfile::tempdir().unwrap();
    run(&plan, &backend, folder.path());
    assert_eq!(lists(&asked(&backend)[0]), [["8.8.8.8", "7.7.7.7"]]);
}

#[test]
fn huge_lists_are_asked_in_parts_that_cover_every_combination() {
    let domains: String = (0..9_000)
        .map(|n| format!("host-{n}.example-{n}.com\n"))
        .collect();
    let text = query(
        "pairs",
        "T | where a in ({{indicators.ip}}) | join (U | where b in~ ({{indicators.domain}})) on c",
    );
    let plan = plan_with(&(addresses(9_000) + &domains), &text);
    let backend = backend(|_| Ok(rows(&["a"], vec![])));
    let folder = tempfile::tempdir().unwrap();
    let (report, _) = run(&plan, &backend, folder.path());
    let asked = asked(&backend);
    assert!(asked.iter().all(|text| text.len() <= QUERY_BYTES_MIN));
    let combinations: usize = asked
        .iter()
        .map(|text| lists(text).iter().map(Vec::len).product::<usize>())
        .sum();
    assert_eq!(combinations, 9_000 * 9_000);
    let pairs: BTreeSet<Vec<String>> = asked
        .iter()
        .map(|text| lists(text).iter().map(|list| list[0].clone()).collect())
        .collect();
    assert_eq!(pairs.len(), asked.len(), "no part is asked twice");
    assert_eq!(report.packs[0].calls, asked.len());
    assert_eq!(
        asked.len(),
        plan.explain(&tesem_hunt::BackendLimits::lake()).packs[0].calls
    );
}

#[test]
fn an_exclusion_is_not_asked_in_parts() {
    let text = query("direct", "T | where a !in ({{indicators.ip}})")
        + &query(
            "named",
            "let known = {{indicators.ip}};\nT | where a !in (known)",
        )
        + &query(
            "positive",
            "let known = {{indicators.ip}};\nT | where a in (known)",
        );
    let plan = plan_with(&addresses(20_000), &text);
    let backend = backend(|_| Ok(rows(&["a"], vec![])));
    let folder = tempfile::tempdir().unwrap();
    let (report, _) = run(&plan, &backend, folder.path());
    let failed: Vec<bool> = report
        .packs
        .iter()
        .map(|pack| pack.failed.is_some())
        .collect();
    assert_eq!(failed, [true, true, false]);
    assert!(
        report.packs[0]
            .failed
            .as_ref()
            .unwrap()
            .contains("cannot be asked in parts")
    );
    assert!(report.is_incomplete());
}

#[test]
fn a_query_that_looks_at_all_its_rows_says_when_it_was_asked_in_parts() {
    let text = query("rows", "T | where a in ({{indicators.ip}})")
        + &query(
            "counts",
            "T | where a in ({{indicators.ip}}) | summarize count() by a",
        )
        + &query("few", "T | where a in ({{indicators.ip}}) | top 5 by a");
    let per_part = |count: usize| -> Vec<bool> {
        let plan = plan_with(&addresses(count), &text);
        let backend = backend(|_| Ok(rows(&["a"], vec![])));
        let folder = tempfile::tempdir().unwrap();
        let (report, _) = run(&plan, &backend, folder.path());
        report.packs.iter().map(|pack| pack.per_part).collect()
    };
    assert_eq!(per_part(20_000), [false, true, true]);
    assert_eq!(per_part(10), [false, false, false]);
}

#[test]
fn what_is_too_much_is_halved_and_rows_of_several_parts_are_given_once() {
    let text = query("q", "T | where a in ({{indicators.ip}})");
    let plan = plan_with("8.8.8.8\n9.9.9.9\n7.7.7.7\n", &text);
    let backend = backend(|text| match lists(text)[0].len() {
        1 => Ok(rows(
            &["Same", "Other"],
            vec![
                vec![json!("same"), Value::Null],
                vec![json!(lists(text)[0][0]), json!(1)],
            ],
        )),
        _ => Err(BackendError::ResultTooLarge("124 MB".to_owned())),
    });
    let folder = tempfile::tempdir().unwrap();
    let (report, files) = run(&plan, &backend, folder.path());
    assert_eq!(
        (
            asked(&backend).len(),
            report.packs[0].calls,
            files.packs[0].rows
        ),
        (5, 5, 4)
    );
    let split: Value = serde_json::from_str(
        &std::fs::read_to_string(files.packs[0].json.as_ref().unwrap()).unwrap(),
    )
    .unwrap();
    let expected = json!({"columns": ["Same", "Other"], "index": [0, 1, 2, 3],
        "data": [["same", null], ["8.8.8.8", 1], ["9.9.9.9", 1], ["7.7.7.7", 1]]});
    assert_eq!(split, expected);
}

#[test]
fn without_lists_too_much_fails_with_advice_and_only_itself() {
    let text = query("large", "Large") + &query("other", "Other");
    let plan = plan_with("", &text);
    let backend = backend(|text| match text.starts_with("Large") {
        true => Err(BackendError::TimedOut("10 minutes".to_owned())),
        false => Ok(rows(&["=a"], vec![vec![json!("=1+1")]])),
    });
    let folder = tempfile::tempdir().unwrap();
    let (report, files) = run(&plan, &backend, folder.path());
    assert!(
        report.packs[0]
            .failed
            .as_ref()
            .unwrap()
            .contains("narrow its time"),
        "{:?}",
        report.packs
    );
    assert_eq!(files.packs[1].rows, 1);
    let csv = std::fs::read_to_string(files.packs[1].csv.as_ref().unwrap()).unwrap();
    assert_eq!(csv, "'=a\n'=1+1\n");
    assert!(report.is_incomplete());
}

#[test]
fn an_answer_at_the_limit_of_rows_is_said_to_be_cut() {
    let plan = plan_with("", &query("q", "T"));
    let backend = backend(|_| Ok(rows(&["a"], vec![vec![json!(1)]; 3]))).with_rows_max(3);
    let folder = tempfile::tempdir().unwrap();
    let (report, files) = run(&plan, &backend, folder.path());
    assert!(report.packs[0].cut);
    assert_eq!(
        files.packs[0].rows, 3,
        "equal rows of one answer are all kept"
    );
}

#[test]
fn without_rows_there_is_no_json() {
    let plan = plan_with("", &query("q", "T"));
    let folder = tempfile::tempdir().unwrap();
    let (_, files) = run(&plan, &backend(|_| Ok(rows(&["a"], vec![]))), folder.path());
    assert_eq!(
        (files.packs[0].json.as_ref(), files.packs[0].rows),
        (None, 0)
    );
    assert_eq!(
        std::fs::read_to_string(files.packs[0].csv.as_ref().unwrap()).unwrap(),
        "a\n"
    );
}

#[test]
fn a_resumed_run_repeats_no_query_of_a_pack() {
    let text = query("one", "One | where a in ({{indicators.ip}})")
        + &query("two", "Two")
        + &query("three", "Three");
    let respond = |text: &str| {
        Ok(rows(
            &["q"],
            vec![vec![json!(text.split_whitespace().next())]],
        ))
    };
    for stop in 0..5 {
        let plan = plan_with(&addresses(8_000), &text);
        let results = tempfile::tempdir().unwrap();
        let source = CancelSource::new();
        let token = source.token();
        let first = backend(respond).cancelling(stop, source);
        let mut folder = begin(results.path(), &plan);
        let path = folder.path().to_owned();
        let report = go(&plan, &mut folder, &first, token);
        assert_eq!(report.ending, Ending::Cancelled, "after {stop}");
        drop(folder);
        let (mut folder, plan) = RunFolder::open(&path, "test").unwrap();
        let second = backend(respond);
        let report = go(&plan, &mut folder, &second, CancelToken::never());
        let files = write(&folder, &plan, &report);
        assert_eq!(
            first.calls() - 1 + second.calls(),
            report.queries.len(),
            "after {stop}"
        );
        let rows: Vec<u64> = files.packs.iter().map(|file| file.rows).collect();
        assert_eq!(
            (report.ending.clone(), rows),
            (Ending::Complete, vec![1, 1, 1]),
            "after {stop}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_value_is_one_token_whatever_it_holds(value in any::<String>()) {
        let text = "[parameters]\nv = \"\"\nl = []\n".to_owned() + &query("q", "T | where a == {{v}} and b in ({{l}}) and c has_any ({{l}}) // end");
        let pack = Pack::read("p.toml", text.as_bytes()).unwrap();
        let kinds = |v: &str, l: &str| {
            let set = [("v".to_owned(), v.to_owned()), ("l".to_owned(), l.to_owned())];
            let plan = plan(Intake::default(), options()).unwrap().with_packs(prepare(std::slice::from_ref(&pack), &set).unwrap());
            let backend = backend(|_| Ok(rows(&["a"], vec![])));
            let folder = tempfile::tempdir().unwrap();
            go(&plan, &mut begin(folder.path(), &plan), &backend, CancelToken::never());
            let text = asked(&backend).remove(0);
            tokenize(&text).tokens.iter().map(|token| token.kind).collect::<Vec<_>>()
        };
        let item = value.replace(',', "");
        let item = if item.trim().is_empty() { "x".to_owned() } else { item };
        prop_assert_eq!(kinds(&value, &item), kinds("plain", "plain"));
    }
}
