//! Laws of plans and of runs.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::hash::Hasher as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use tesem_hunt::output::{OutputOptions, write_all};
use tesem_hunt::{
    BackendError, BackendLimits, BackendRows, CancelSource, CancelToken, Ending, HuntReport,
    IndicatorId, Plan, PlanError, QUERY_BYTES_MIN, RunFolder, Status, TABLES, TableReach,
    TimeWindow, plan,
};
use tesem_state::Window;

use crate::backend::{Planted, Question, Scripted, answer};
use crate::support::{MIXED, begin, go, intake_of, now, options, plan_of};

/// An indicator of some kind, different for each number.
fn indicator(kind: usize, n: u64) -> String {
    match kind % 8 {
        0 => format!("{n:064x}"),
        1 => format!("{:040x}", n + (1 << 40)),
        2 => format!("{:032x}", n + (1 << 40)),
        3 => format!(
            "{}.{}.{}.{}",
            11 + n / 65_536 % 80,
            n / 256 % 256,
            n % 256,
            7
        ),
        4 => format!("host-{n}.example-{}.com", n % 7_919),
        5 => format!("https://site-{}.org/path/{n}/file.exe", n % 104_729),
        6 => format!("user-{n}@mail-{}.net", n % 997),
        _ => format!("{}.{}.0.0/{}", 100 + n % 20, n / 20 % 256, 17 + n % 12),
    }
}

fn mixed(count: u64) -> String {
    let mut list = String::new();
    for n in 0..count {
        let kind = usize::try_from(n % 7).unwrap();
        writeln!(list, "{}", indicator(kind, n)).unwrap();
    }
    list
}

fn assert_lawful(plan: &Plan) {
    let mut placed: Vec<IndicatorId> = plan
        .batches
        .iter()
        .flat_map(|batch| batch.indicators.clone())
        .collect();
    placed.sort_unstable();
    let searchable: Vec<IndicatorId> = plan
        .intake
        .with_ids()
        .map(|(id, _)| id)
        .filter(|id| plan.not_searchable[id.index()].is_none())
        .collect();
    assert_eq!(
        placed, searchable,
        "every searchable indicator is in exactly one batch"
    );
    for query in plan.queries() {
        assert!(
            query.text.len() <= plan.options.query_bytes_max,
            "{} bytes",
            query.text.len()
        );
        let parsed = tesem_kql::parse(&query.text);
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_is_complete_and_within_its_budget(
        items in prop::collection::vec((0_usize..8, 0_u64..1_000_000), 1..3_000),
        budget in QUERY_BYTES_MIN..2 * QUERY_BYTES_MIN,
    ) {
        let list: Vec<String> = items.iter().map(|(kind, n)| indicator(*kind, *n)).collect();
        let mut options = options();
        options.query_bytes_max = budget;
        assert_lawful(&plan(intake_of(&list.join("\n")), options).unwrap());
    }
}

/// So many that their events do not fit into one query's text.
const PLANTED_MAX: usize = 2_400;

/// What lies in the tenant of the runs: domains with one or two events, and some with more than are fetched.
fn planted() -> &'static [Planted] {
    static PLANTED: OnceLock<Vec<Planted>> = OnceLock::new();
    let one = |n: usize| {
        let (table, column) = [
            ("DeviceNetworkEvents", "RemoteUrl"),
            ("UrlClickEvents", "Url"),
        ][n % 2];
        let times = [
            "2026-10-25T10:00:00Z",
            "2026-11-01T10:00:00Z",
            "2026-11-12T10:00:00Z",
            "2026-11-20T10:00:00Z",
        ];
        Planted {
            form: "domains2",
            value: String::leak(format!("seen-{n}-{}.com", "x".repeat(40))),
            table,
            column,
            device: "desk-1",
            times: times[..if n.is_multiple_of(8) && n < 120 {
                4
            } else {
                1 + n % 2
            }]
                .to_vec(),
        }
    };
    PLANTED.get_or_init(|| (0..PLANTED_MAX).map(one).collect())
}

/// How a service answers that misbehaves in `percent` of all queries: in the same way to the same text, whoever asks.
#[derive(Debug, Clone, Copy)]
struct Mood {
    seed: u64,
    percent: u64,
    rows_max: usize,
}

impl Mood {
    fn backend(self) -> Scripted {
        Scripted::new(move |question| self.respond(question)).with_rows_max(self.rows_max)
    }

    fn respond(self, question: &Question) -> Result<BackendRows, BackendError> {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.seed);
        hasher.write(question.text.as_bytes());
        let draw = hasher.finish();
        if draw % 100 < self.percent {
            return Err(trouble(draw / 100, question));
        }
        let mut rows = answer(question, planted());
        rows.rows.truncate(self.rows_max);
        Ok(rows)
    }
}

fn trouble(draw: u64, question: &Question) -> BackendError {
    let reason = || "by chance".to_owned();
    match draw % 8 {
        0 => BackendError::Failed(reason()),
        1 => BackendError::TimedOut(reason()),
        2 => BackendError::TooExpensive(reason()),
        3 | 4 => BackendError::ResultTooLarge(reason()),
        5 => BackendError::QueryTooLong(reason()),
        6 => BackendError::UnknownColumn("InitiatingProcessSHA1".to_owned()),
        _ => {
            let mut asked = TABLES
                .iter()
                .filter(|table| question.looks_into(table.name));
            let number = usize::try_from(draw / 8 % 20).unwrap();
            match asked.nth(number) {
                Some(table) => BackendError::UnknownTable(table.name.to_owned()),
                None => BackendError::UnknownTable("NoSuchTable".to_owned()),
            }
        }
    }
}

/// Each verdict by its indicator, in words. Nothing that is there is called clear.
fn assert_judged(plan: &Plan, report: &HuntReport) {
    let judged: Vec<IndicatorId> = report.verdicts.iter().map(|one| one.indicator).collect();
    let accepted: Vec<IndicatorId> = plan.intake.with_ids().map(|(id, _)| id).collect();
    assert_eq!(judged, accepted, "every accepted indicator has one verdict");
    let seen: BTreeMap<&str, &Planted> = planted().iter().map(|one| (one.value, one)).collect();
    for verdict in &report.verdicts {
        let name = plan
            .intake
            .get(verdict.indicator)
            .unwrap()
            .observable
            .to_string();
        let there = seen.get(name.as_str());
        match verdict.status {
            Status::Hit => assert!(there.is_some(), "{name} is not there"),
            Status::Clear => assert!(
                there.is_none_or(|one| !verdict.tables.contains(&one.table)),
                "{name} is there: {verdict:?}"
            ),
            Status::Failed | Status::NotSearchable => {
                assert!(!verdict.reason.is_empty(), "{verdict:?}");
            }
        }
    }
}

/// The text of coverage.csv, in which each of `lines` lines of input has one row.
fn coverage(folder: &RunFolder, plan: &Plan, report: &HuntReport, lines: usize) -> String {
    let options = OutputOptions {
        time_zone: TimeZone::UTC,
        tenant: "demo".to_owned(),
    };
    let files = write_all(folder, plan, report, &options).unwrap();
    let text = std::fs::read_to_string(files.coverage_csv).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let mut places: Vec<&str> = rows
        .iter()
        .flat_map(|row| row["Input"].split(' '))
        .collect();
    places.sort_unstable();
    let mut expected: Vec<String> = (1..=lines).map(|line| format!("list.txt:{line}")).collect();
    expected.sort_unstable();
    assert_eq!(places, expected, "every line is in one row");
    text
}

fn assert_within_budget(plan: &Plan, backend: &Scripted) {
    for text in backend.texts() {
        let budget = plan.options.query_bytes_max;
        assert!(
            text.len() <= budget,
            "{} of {budget} bytes: {:.500}",
            text.len(),
            text
        );
    }
}

/// Goes on with the run in `path` until query `stop`, or to its end.
fn go_on(path: &Path, mood: Mood, stop: Option<usize>, lines: usize) -> (HuntReport, String) {
    let (mut folder, plan) = RunFolder::open(path, "test").unwrap();
    let source = CancelSource::new();
    let token = source.token();
    let backend = match stop {
        Some(queries) => mood.backend().cancelling(queries, source),
        None => mood.backend(),
    };
    let report = go(&plan, &mut folder, &backend, token);
    assert_judged(&plan, &report);
    assert_within_budget(&plan, &backend);
    let text = coverage(&folder, &plan, &report, lines);
    (report, text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_service_does_each_indicator_has_one_verdict(
        items in prop::collection::vec((0_usize..8, 0_u64..1_000_000), 0..1_500),
        (there, percent, rows_max) in prop_oneof![
            5 => (0_usize..120, 0_u64..70, prop_oneof![20_usize..200, Just(100_000)]),
            1 => (PLANTED_MAX - 200..PLANTED_MAX, 0_u64..8, Just(100_000)),
        ],
        seed in any::<u64>(),
        stops in prop::collection::vec(0_usize..20, 0..4),
    ) {
        let mut list: Vec<String> = items.iter().map(|(kind, n)| indicator(*kind, *n)).collect();
        let found = planted()[..there].iter().enumerate();
        for (n, one) in found {
            list.insert(n * 7 % (list.len() + 1), one.value.to_owned());
        }
        list.extend(["nonsense!", "127.0.0.1", "evil.com", "EVIL[.]com", "0.0.0.0/4"].map(str::to_owned));
        let mood = Mood { seed, percent, rows_max };
        let mut options = options();
        options.query_bytes_max = QUERY_BYTES_MIN;
        options.rows_per_indicator = 2;
        let plan = plan(intake_of(&list.join("\n")), options).unwrap();

        let results = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let mut folder = begin(results[0].path(), &plan);
        let backend = mood.backend();
        let whole = go(&plan, &mut folder, &backend, CancelToken::never());
        prop_assert_eq!(&whole.ending, &Ending::Complete);
        assert_judged(&plan, &whole);
        assert_within_budget(&plan, &backend);
        let covered = coverage(&folder, &plan, &whole, list.len());

        let path = begin(results[1].path(), &plan).path().to_owned();
        for stop in stops {
            go_on(&path, mood, Some(stop), list.len());
        }
        let (resumed, covered_too) = go_on(&path, mood, None, list.len());
        prop_assert_eq!(resumed.ending, Ending::Complete);
        prop_assert_eq!(&resumed.verdicts, &whole.verdicts);
        prop_assert_eq!(covered_too, covered);
        let keys: BTreeSet<&str> = resumed.queries.iter().map(|query| query.key.as_str()).collect();
        prop_assert_eq!(keys.len(), backend.calls(), "each query once");
        prop_assert_eq!(resumed.queries.len(), backend.calls(), "each query once");
    }
}

#[test]
fn ten_thousand_indicators_take_few_calls() {
    let plan = plan_of(&mixed(10_000));
    let explanation = plan.explain(&BackendLimits::service(TableReach::All));
    assert_eq!(explanation.indicators, 10_000);
    assert!(explanation.calls_with_hits <= 4, "{explanation}");
    assert_lawful(&plan);
}

#[test]
fn a_hundred_thousand_indicators_take_few_calls() {
    let plan = plan_of(&mixed(100_000));
    let explanation = plan.explain(&BackendLimits::service(TableReach::All));
    assert_eq!(explanation.indicators, 100_000);
    assert!(explanation.calls_with_hits <= 25, "{explanation}");
}

#[test]
fn a_plan_is_the_same_each_time() {
    let texts = |plan: &Plan| plan.queries().map(|query| query.text).collect::<Vec<_>>();
    assert_eq!(texts(&plan_of(MIXED)), texts(&plan_of(MIXED)));
}

#[test]
fn an_explanation_says_what_a_run_will_cost() {
    let plan = plan_of(&format!("{MIXED}127.0.0.1\nnonsense\n"));
    insta::assert_snapshot!(
        "explain",
        plan.explain(&BackendLimits::service(TableReach::All))
    );
}

#[test]
fn an_explanation_reckons_the_quota() {
    let plan = plan_of(&mixed(20_000));
    let mut limits = BackendLimits::service(TableReach::All);
    limits.windows = vec![Window {
        limit: 2,
        length: Duration::from_secs(60),
    }];
    let explanation = plan.explain(&limits);
    let calls = explanation.calls_with_hits;
    assert!(calls > 3, "{calls}");
    assert_eq!(explanation.seconds_min, (calls as u64 - 1) / 2 * 60);
    assert_eq!(explanation.quota[0].calls, 2);
}

#[test]
fn a_range_over_the_limit_is_named() {
    let mut options = options();
    options.tables = TableReach::EndpointOnly;
    let plan = plan(intake_of("0.0.0.0/4\n2001:db8::/32\nevil.com\n"), options).unwrap();
    let reasons: Vec<String> = plan
        .not_searchable
        .iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        reasons,
        [
            "the range has 268435456 addresses; ranges of up to 16777216 are searched",
            "the IPv6 range has 79228162514264337593543950336 addresses; \
             IPv6 ranges are searched address by address, up to 256",
        ]
    );
    assert_eq!(plan.batches.len(), 1);
    assert_eq!(plan.batches[0].indicators, [IndicatorId(2)]);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let refused = |change: fn(&mut tesem_hunt::PlanOptions)| {
        let mut options = options();
        change(&mut options);
        plan(intake_of("evil.com"), options).unwrap_err()
    };
    assert_eq!(
        refused(|options| options.query_bytes_max = 5),
        PlanError::SmallBudget { given: 5 }
    );
    assert_eq!(
        refused(|options| options.rows_per_indicator = 0),
        PlanError::NoRows
    );
    let empty = refused(|options| {
        options.window = TimeWindow {
            start: now(),
            end: now(),
        }
    });
    assert!(matches!(empty, PlanError::EmptyWindow { .. }));
}
