//! Runs against a scripted backend.

use jiff::tz::TimeZone;
use tesem_hunt::output::{OutputOptions, write_all};
use tesem_hunt::{
    BackendColumn, BackendError, BackendRows, Budget, CancelSource, CancelToken, Ending,
    HuntingBackend, QueryOutcome, RunFolder, Stage, Status, plan,
};

use crate::backend::{Planted, Scripted, answer, answer_without, empty_summary, tenant};
use crate::support::{begin, go, go_within, intake_of, now, options, plan_of};

fn planted() -> Vec<Planted> {
    vec![
        Planted {
            form: "domains2",
            value: "evil.com",
            table: "DeviceNetworkEvents",
            column: "RemoteUrl",
            device: "desk-1",
            times: vec!["2026-11-01T10:00:00.1234567Z", "2026-11-02T11:00:00Z"],
        },
        Planted {
            form: "address_local",
            value: "192.168.1.1",
            table: "DeviceNetworkEvents",
            column: "LocalIP",
            device: "desk-2",
            times: vec!["2026-11-20T23:59:59.9999999Z"],
        },
    ]
}

const LIST: &str = "evil.com\n192.168.1.1\ngood.org\nEVIL[.]com\nnonsense!\n127.0.0.1\n";

fn status_of(report: &tesem_hunt::HuntReport, index: usize) -> Status {
    report.verdicts[index].status
}

#[test]
fn every_line_gets_its_verdict() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of(LIST);
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(tenant(planted()));
    let report = go(&plan, &mut folder, &backend, CancelToken::never());

    let statuses: Vec<Status> = report
        .verdicts
        .iter()
        .map(|verdict| verdict.status)
        .collect();
    assert_eq!(
        statuses,
        [
            Status::Hit,
            Status::Hit,
            Status::Clear,
            Status::NotSearchable
        ]
    );
    assert_eq!(
        plan.intake.indicators[0].origins.len(),
        2,
        "the defanged repetition is the same indicator"
    );
    assert_eq!(plan.intake.refused.len(), 1);
    assert_eq!(backend.calls(), 2, "one summary, one details query");
    assert_eq!(report.ending, Ending::Complete);
    assert!(!report.is_incomplete());
    let hit = &report.verdicts[0];
    assert_eq!((hit.events(), hit.devices()), (2, 1));
    assert!(hit.tables.contains(&"UrlClickEvents"));

    let files = write(&folder, &plan, &report);
    insta::assert_snapshot!("hits_csv", files.0);
    insta::assert_snapshot!("coverage_csv", files.1);
    insta::assert_snapshot!("hits_jsonl", files.2);
    insta::assert_snapshot!(
        "run_json",
        std::fs::read_to_string(folder.path().join("run.json")).unwrap()
    );
    insta::assert_snapshot!("details_query", &backend.texts()[1]);
}

fn write(
    folder: &RunFolder,
    plan: &tesem_hunt::Plan,
    report: &tesem_hunt::HuntReport,
) -> (String, String, String) {
    let options = OutputOptions {
        time_zone: TimeZone::get("Africa/Cairo").unwrap(),
        tenant: "demo".to_owned(),
    };
    let files = write_all(folder, plan, report, &options).unwrap();
    let text = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    (
        text(&files.hits_csv),
        text(&files.coverage_csv),
        text(&files.hits_jsonl),
    )
}

#[test]
fn a_query_that_is_too_much_is_split_until_it_is_not() {
    type Refuse = fn(&str) -> BackendError;
    let cases: [(&str, Refuse); 4] = [
        ("too long", |text| {
            BackendError::QueryTooLong(text.to_owned())
        }),
        ("too large", |text| {
            BackendError::ResultTooLarge(text.to_owned())
        }),
        ("too expensive", |text| {
            BackendError::TooExpensive(text.to_owned())
        }),
        ("timed out", |text| BackendError::TimedOut(text.to_owned())),
    ];
    for (name, refuse) in cases {
        let results = tempfile::tempdir().unwrap();
        let plan = plan_of(LIST);
        let mut folder = begin(results.path(), &plan);
        let backend = Scripted::new(move |question| {
            if question.stage == Stage::Summary && question.number < 4 {
                return Err(refuse("the service's words"));
            }
            Ok(answer(question, &planted()))
        });
        let report = go(&plan, &mut folder, &backend, CancelToken::never());
        assert_eq!(status_of(&report, 0), Status::Hit, "{name}");
        assert_eq!(status_of(&report, 1), Status::Hit, "{name}");
        assert_eq!(
            report.verdicts[0].events(),
            2,
            "{name}: the parts of the window add up"
        );
        assert!(!report.is_incomplete(), "{name}");
        let splits = report
            .queries
            .iter()
            .filter(|query| matches!(query.outcome, QueryOutcome::Split { .. }));
        assert_eq!(splits.count(), 3, "{name}");
    }
}

#[test]
fn an_answer_of_exactly_the_row_limit_is_not_trusted() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of("evil.com\n192.168.1.1\n");
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(tenant(planted())).with_rows_max(2);
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    let first = &report.queries[0];
    assert!(
        matches!(&first.outcome, QueryOutcome::Split { reason, .. } if reason.contains("2 rows")),
        "{first:?}"
    );
    assert_eq!(report.hits().count(), 2);
}

#[test]
fn a_service_that_refuses_everything_is_not_asked_forever() {
    let results = tempfile::tempdir().unwrap();
    let many: String = (0..200).map(|n| format!("198.51.100.{n}\n")).collect();
    let plan = plan_of(&many);
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(|_| Err(BackendError::TimedOut("always".to_owned())));
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert!(backend.calls() <= 129, "{} calls", backend.calls());
    assert!(
        report
            .verdicts
            .iter()
            .all(|verdict| verdict.status == Status::Failed && verdict.is_partial)
    );
    assert!(
        report.verdicts[0].reason.contains("always"),
        "{}",
        report.verdicts[0].reason
    );
}

#[test]
fn a_failed_query_fails_only_its_indicators() {
    let results = tempfile::tempdir().unwrap();
    let domains: String = (0..20_000)
        .map(|n| format!("host-{n}.example.org\n"))
        .collect();
    let plan = plan_of(&format!("evil.com\n192.168.1.1\n{domains}"));
    assert!(plan.batches.len() > 1);
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(move |question| {
        if question.stage == Stage::Summary && question.number == 2 {
            return Err(BackendError::Failed("HTTP 500".to_owned()));
        }
        Ok(answer(question, &planted()))
    });
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    let failed = report
        .verdicts
        .iter()
        .filter(|verdict| verdict.status == Status::Failed)
        .count();
    assert_eq!(failed, plan.batches[1].indicators.len());
    assert_eq!(report.hits().count(), 2);
    assert!(report.is_incomplete());
}

#[test]
fn tables_that_the_tenant_lacks_cost_no_call_and_are_named() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of(LIST);
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(move |question| {
        let absent = ["EmailUrlInfo", "UrlClickEvents", "MessageUrlInfo"];
        Ok(answer_without(question, &planted(), &absent))
    });
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(backend.calls(), 2);
    let missing: Vec<&String> = report.missing.tables.iter().collect();
    assert_eq!(
        missing,
        ["EmailUrlInfo", "MessageUrlInfo", "UrlClickEvents"]
    );
    let clear = &report.verdicts[2];
    assert_eq!(clear.status, Status::Clear);
    assert_eq!(
        clear.reason,
        "the tenant does not have EmailUrlInfo, MessageUrlInfo, UrlClickEvents"
    );
    let mut again = begin(results.path().join("again").as_path(), &plan);
    let known = Scripted::new(tenant(planted()));
    let mut options = plan.options.clone();
    options.missing = report.missing.clone();
    let plan = tesem_hunt::plan(plan.intake.clone(), options).unwrap();
    let report = go(&plan, &mut again, &known, CancelToken::never());
    assert!(!known.texts()[0].contains("EmailUrlInfo"));
    assert_eq!(report.verdicts[2].reason, clear.reason);
}

#[test]
fn a_query_that_would_run_too_long_is_asked_in_parts_untried() {
    let results = tempfile::tempdir().unwrap();
    let mut options = options();
    options.query_bytes_max = 100_000;
    let many: String = (0..9_000).map(|n| format!("{n:032x}\n")).collect();
    let plan = plan(intake_of(&many), options).unwrap();
    assert!(plan.batches.len() >= 4, "{}", plan.batches.len());
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(|question| {
        let (start, end) = question.window();
        if end.duration_since(start).as_hours() > 15 * 24 {
            return Err(BackendError::TimedOut("three minutes".to_owned()));
        }
        Ok(BackendRows {
            run_time: Some(std::time::Duration::from_secs(95)),
            ..answer(question, &[])
        })
    });
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    let failed = report
        .queries
        .iter()
        .filter(|query| matches!(query.outcome, QueryOutcome::Split { .. }));
    assert_eq!(failed.count(), 1, "only the first one is tried in vain");
    assert_eq!(backend.calls(), 2 * plan.batches.len() + 1);
    assert!(
        report
            .verdicts
            .iter()
            .all(|verdict| verdict.status == Status::Clear)
    );
    let mut options = plan.options.clone();
    options.costs = report.costs;
    let informed = tesem_hunt::plan(plan.intake.clone(), options).unwrap();
    let explanation = informed.explain(&backend.limits());
    assert_eq!(explanation.calls_min, 2 * plan.batches.len());
    assert!(explanation.seconds_expected.unwrap() > 60);
}

#[test]
fn a_run_keeps_its_budget_of_calls_and_goes_on_later() {
    let results = tempfile::tempdir().unwrap();
    let mut options = options();
    options.query_bytes_max = 100_000;
    let many: String = (0..9_000).map(|n| format!("{n:032x}\n")).collect();
    let plan = plan(intake_of(&many), options).unwrap();
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(tenant(planted()));
    let budget = Budget {
        calls: Some(2),
        ..Budget::default()
    };
    let mut calls = 0;
    for round in 1.. {
        let report = go_within(&plan, &mut folder, &backend, budget);
        calls += report.asked;
        if report.ending == Ending::Complete {
            break;
        }
        assert_eq!(report.asked, 2);
        assert_eq!(
            report.ending,
            Ending::Budget {
                spent: "2 calls".to_owned()
            }
        );
        assert!(
            report
                .verdicts
                .iter()
                .any(|verdict| verdict.status == Status::Failed)
        );
        assert!(round < 20);
    }
    assert_eq!(calls, backend.calls());
    assert_eq!(calls, plan.batches.len());
}

#[test]
fn nothing_is_asked_after_the_end_of_the_time() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of(LIST);
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(tenant(planted()));
    let budget = Budget {
        until: Some(now()),
        ..Budget::default()
    };
    let report = go_within(&plan, &mut folder, &backend, budget);
    assert_eq!(backend.calls(), 0);
    assert!(matches!(report.ending, Ending::Budget { .. }));
}

#[test]
fn prevalence_counts_users_and_fetches_nothing() {
    let results = tempfile::tempdir().unwrap();
    let mut options = options();
    options.prevalence = true;
    let plan = plan(intake_of("evil.com"), options).unwrap();
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(|question| {
        assert!(question.text.contains("UserName"));
        let mut rows = answer(question, &planted());
        rows.columns.push(BackendColumn {
            name: "UserName".to_owned(),
            kind: "string".to_owned(),
        });
        let row = rows.rows.pop().unwrap();
        for user in ["ana@contoso.com", "ben@contoso.com", "system"] {
            let mut row = row.clone();
            row.push(user.into());
            rows.rows.push(row);
        }
        Ok(rows)
    });
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(backend.calls(), 1);
    let verdict = &report.verdicts[0];
    assert_eq!((verdict.users.len(), verdict.devices()), (2, 1));
    assert_eq!(verdict.sightings.len(), 1);
}

#[test]
fn a_missing_table_costs_one_call_and_is_named() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of(LIST);
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(move |question| {
        if question.looks_into("EmailUrlInfo") {
            return Err(BackendError::UnknownTable("EmailUrlInfo".to_owned()));
        }
        if question.looks_into("UrlClickEvents") {
            return Err(BackendError::UnknownTable("UrlClickEvents".to_owned()));
        }
        Ok(answer(question, &planted()))
    });
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(backend.calls(), 4);
    assert_eq!(report.missing.tables.len(), 2);
    let clear = &report.verdicts[2];
    assert_eq!(clear.status, Status::Clear);
    assert_eq!(
        clear.reason,
        "the tenant does not have EmailUrlInfo, UrlClickEvents"
    );
    assert!(!clear.tables.contains(&"EmailUrlInfo"));
}

#[test]
fn a_missing_column_is_left_out() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of(LIST);
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(move |question| {
        if question.text.contains("FileOriginReferrerUrl") {
            // The services word a missing column as a missing table.
            return Err(BackendError::UnknownTable(
                "FileOriginReferrerUrl".to_owned(),
            ));
        }
        Ok(answer(question, &planted()))
    });
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(report.hits().count(), 2);
    assert!(
        report.verdicts[2]
            .reason
            .contains("DeviceFileEvents.FileOriginReferrerUrl")
    );
}

#[test]
fn a_name_that_no_query_holds_is_not_left_out_forever() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of("evil.com");
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(|_| Err(BackendError::UnknownTable("Nonsense".to_owned())));
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(backend.calls(), 1);
    assert_eq!(status_of(&report, 0), Status::Failed);
}

#[test]
fn an_answer_of_another_shape_is_a_failure() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of("evil.com");
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(|_| {
        let mut answer = empty_summary();
        answer.columns.retain(|column| column.name != "LastSeen");
        Ok(answer)
    });
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(
        report.verdicts[0].reason,
        "search incomplete: the answer has no column `LastSeen`"
    );
}

#[test]
fn indicators_with_too_many_events_are_limited_to_the_newest() {
    let results = tempfile::tempdir().unwrap();
    let mut options = options();
    options.rows_per_indicator = 1;
    let plan = plan(intake_of(LIST), options).unwrap();
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(tenant(planted()));
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    insta::assert_snapshot!("details_limited", &backend.texts()[1]);
    let (hits, ..) = write(&folder, &plan, &report);
    let evil: Vec<&str> = hits
        .lines()
        .filter(|line| line.contains("evil.com"))
        .collect();
    assert_eq!(evil.len(), 1);
    assert!(
        evil[0].starts_with("2026-11-02 13:00:00,UTC+02:00,2026-11-02T11:00:00Z,"),
        "{}",
        evil[0]
    );
}

#[test]
fn a_fatal_error_ends_the_run_and_a_resume_goes_on() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of(LIST);
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(move |question| match question.stage {
        Stage::Summary => Ok(answer(question, &planted())),
        Stage::Details | Stage::Pack => {
            Err(BackendError::Fatal("the token has expired".to_owned()))
        }
    });
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(
        report.ending,
        Ending::Stopped {
            reason: "the token has expired".to_owned()
        }
    );
    assert!(
        report.verdicts[0]
            .reason
            .contains("its events were not fetched")
    );
    assert!(
        !report.verdicts[0].is_partial,
        "its sightings are all counted"
    );
    let path = folder.path().to_owned();
    drop(folder);

    let (mut folder, plan) = RunFolder::open(&path, "test").unwrap();
    let backend = Scripted::new(tenant(planted()));
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(backend.calls(), 1, "only the details query is left");
    assert_eq!((report.ending, report.queries.len()), (Ending::Complete, 2));
}

#[test]
fn cancelling_leaves_valid_files_and_a_run_that_can_be_resumed() {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of(LIST);
    let mut folder = begin(results.path(), &plan);
    let source = CancelSource::new();
    let token = source.token();
    let backend = Scripted::new(tenant(planted())).cancelling(0, source);
    let report = go(&plan, &mut folder, &backend, token);
    assert_eq!(report.ending, Ending::Cancelled);
    assert_eq!(status_of(&report, 0), Status::Failed);
    assert_eq!(
        report.verdicts[0].reason,
        "search incomplete: the run ended early; resume it"
    );
    assert_eq!(status_of(&report, 3), Status::NotSearchable);
    let (hits, coverage, _) = write(&folder, &plan, &report);
    assert_eq!(hits.lines().count(), 1);
    assert_eq!(coverage.lines().count(), 6);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let outputs: Vec<_> = (0..2)
        .map(|_| {
            let results = tempfile::tempdir().unwrap();
            let plan = plan_of(LIST);
            let mut folder = begin(results.path(), &plan);
            let report = go(
                &plan,
                &mut folder,
                &Scripted::new(tenant(planted())),
                CancelToken::never(),
            );
            write(&folder, &plan, &report)
        })
        .collect();
    assert_eq!(outputs[0], outputs[1]);
}

#[test]
fn many_hits_take_few_queries_within_their_budget() {
    let results = tempfile::tempdir().unwrap();
    let list: String = (0..3_000)
        .map(|n| format!("host-{n}.example-{n}.com\n"))
        .collect();
    let mut options = options();
    options.query_bytes_max = tesem_hunt::QUERY_BYTES_MIN;
    options.rows_per_indicator = 5;
    let plan = plan(intake_of(&list), options).unwrap();
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(|question| {
        let mut summary = empty_summary();
        if question.stage == Stage::Summary {
            let values = (0..3_000).map(|n| format!("host-{n}.example-{n}.com"));
            for (n, value) in values
                .enumerate()
                .filter(|(_, value)| question.asks_for(value))
            {
                // One in a hundred has more events than are fetched.
                let events = if n % 100 == 0 { 50 } else { 1 };
                let row = serde_json::json!([
                    "domains3",
                    value,
                    "DeviceNetworkEvents",
                    "RemoteUrl",
                    "id",
                    "desk",
                    events,
                    "2026-11-01T10:00:00Z",
                    "2026-11-01T10:00:00Z"
                ]);
                summary.rows.push(serde_json::from_value(row).unwrap());
            }
        }
        Ok(summary)
    });
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(report.hits().count(), 3_000);
    let texts = backend.texts();
    assert!(texts.len() <= 8, "{} calls", texts.len());
    for text in &texts {
        assert!(
            text.len() <= tesem_hunt::QUERY_BYTES_MIN,
            "{} bytes",
            text.len()
        );
    }
    assert_eq!(
        texts
            .iter()
            .map(|text| text.matches("| top 5 by").count())
            .sum::<usize>(),
        30
    );
}

#[test]
fn splitting_goes_on_as_long_as_parts_are_answered() {
    let results = tempfile::tempdir().unwrap();
    let many: String = (0..200).map(|n| format!("198.51.100.{n}\n")).collect();
    let plan = plan_of(&many);
    let mut folder = begin(results.path(), &plan);
    let backend = Scripted::new(|question| {
        let asked = (0..200).filter(|n| question.asks_for(&format!("198.51.100.{n}")));
        if asked.count() > 1 {
            return Err(BackendError::ResultTooLarge("one at a time".to_owned()));
        }
        Ok(empty_summary())
    });
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    assert_eq!(backend.calls(), 399);
    assert!(
        report
            .verdicts
            .iter()
            .all(|verdict| verdict.status == Status::Clear)
    );
}
