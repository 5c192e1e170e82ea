//! Whatever the service refuses is told of the right indicator and harms no other one; what it may have done is looked up, and a list
//! that breaks off leads to nothing.
//!
//! Texts: learn.microsoft.com/defender-endpoint/api/common-errors, import-ti-indicators, batch-delete-ti-indicators; the sentences on
//! capacity and on inactive indicators as published by users of the service.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tesem_state::{Clock as _, SystemClock};
use tesem_twin::{QuotaSetting, TwinLimits, TwinOptions, TwinSource, UnverifiedBehaviour};

use crate::world::{Run, World};

const APP: &str = "11111111-2222-3333-4444-555555555555";

const IMPORT: &str = "/api/indicators/import";

const DELETE: &str = "/api/indicators/BatchDelete";

/// What the tenant has of ours; the first stays, where it is wanted.
const OLD: [&str; 5] = [
    "keep.com",
    "old-0.com",
    "old-1.com",
    "old-2.com",
    "old-3.com",
];

/// What is to be made.
const NEW: [&str; 4] = ["new-0.com", "new-1.com", "new-2.com", "new-3.com"];

const NO_PERMISSION: &str = "The application does not have any of the required application permissions (Ti.ReadWrite.All) to access the resource.";

/// A tenant and a plan for it: four to be made in one call, and four to be withdrawn in another.
struct Bench(World);

impl Bench {
    fn new() -> Self {
        Self::with(TwinLimits::default(), UnverifiedBehaviour::default())
    }

    fn with(limits: TwinLimits, unverified: UnverifiedBehaviour) -> Self {
        let one = |(number, value): (usize, &&str)| {
            json!({"id": (number + 1).to_string(), "indicatorType": "DomainName", "indicatorValue": value, "action": "Audit",
                "severity": "Medium", "title": "t", "description": "d", "application": "Tesem", "createdBy": APP,
                "generateAlert": true, "expirationTime": null, "rbacGroupNames": []})
        };
        let indicators: Vec<Value> = OLD.iter().enumerate().map(one).collect();
        let data = tempfile::tempdir().unwrap();
        let write = |name: &str, value: &Value| {
            fs::write(data.path().join(name), value.to_string()).unwrap();
        };
        let app =
            json!({"client_id": APP, "client_secret": "s3cret", "roles": ["Ti.ReadWrite.All"]});
        write("tenant.json", &json!({"apps": [app]}));
        write("indicators.json", &json!(indicators));
        let bench = Self(World::serving(TwinOptions {
            quota: QuotaSetting::Off,
            limits,
            unverified,
            ..TwinOptions::new(TwinSource::Directory(data.path().to_owned()))
        }));
        bench.wants(&[&OLD[..1], &NEW].concat());
        bench
    }

    fn wants(&self, values: &[&str]) {
        self.0.write("list.txt", values.join("\n"));
    }

    fn plan(&self) -> Run {
        self.0.tesem(&[
            "indicators",
            "plan",
            "list.txt",
            "--no-lists",
            "--title",
            "t",
            "--description",
            "d",
            "--expiry",
            "never",
            "--detailed-exitcode",
        ])
    }

    fn apply(&self) -> Run {
        self.0.tesem(&[
            "indicators",
            "apply",
            "plan.json",
            "--yes",
            "--allow-deletes",
            "4",
        ])
    }

    /// Changes the step for `value` in the plan as no planner would.
    fn edit_step(&self, value: &str, edit: impl FnOnce(&mut Value)) {
        let path = self.0.folder.path().join("plan.json");
        let mut plan: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let mut steps = plan["plan"]["steps"].as_array_mut().unwrap().iter_mut();
        let step = steps.find(|step| step["key"]["value"] == value);
        edit(step.unwrap());
        fs::write(path, plan.to_string()).unwrap();
    }

    /// What the newest table of changes says: result and reason by value.
    fn changes(&self) -> BTreeMap<String, (String, String)> {
        let rows = self.0.csv("changes.csv").into_iter();
        let row = |row: BTreeMap<String, String>| {
            let [value, result, reason] =
                ["Value", "Result", "Reason"].map(|name| row[name].clone());
            (value, (result, reason))
        };
        rows.map(row).collect()
    }

    /// The values that the tenant has.
    fn values(&self) -> BTreeSet<String> {
        let export = ["indicators", "export", "--format", "list"];
        let list = self.0.tesem(&export).exits(0).stdout();
        let values: BTreeSet<String> = list.lines().map(str::to_owned).collect();
        assert_eq!(list.lines().count(), values.len(), "one is there twice");
        values
    }

    /// How often something was written.
    fn writes(&self) -> usize {
        let calls = self.0.twin().calls();
        let writing = calls.iter().filter(|call| call.path != "/api/indicators");
        writing
            .filter(|call| call.path.starts_with("/api/indicators"))
            .count()
    }
}

/// What the service answers, and what is told of it.
struct Case {
    name: &'static str,
    faults: Vec<Value>,
    exit: i32,
    /// Which indicators fail, and with which words.
    failed: &'static [(&'static str, &'static str)],
    /// Calls that write.
    writes: usize,
}

fn refusal(path: &str, calls: usize, status: u16, code: &str, message: &str) -> Value {
    json!({"path": path, "calls": calls, "status": status, "body": {"error": {"code": code, "message": message, "target": "|1.2."}}})
}

/// An answer to an import, given after it was done: of each value why it was refused, if it was.
fn answer(results: &[(&str, Option<&str>)]) -> Value {
    let one = |(value, reason): &(&str, Option<&str>)| {
        let id = reason.is_none().then_some("77");
        json!({"id": id, "indicator": value, "isFailed": reason.is_some(), "failureReason": reason})
    };
    let results: Vec<Value> = results.iter().map(one).collect();
    json!({"path": IMPORT, "status": 200, "when": "after", "body": {"value": results}})
}

fn refused_by_item(name: &'static str, failed: &'static [(&'static str, &'static str)]) -> Case {
    let [(value, reason)] = failed else {
        panic!("one at a time");
    };
    let mut results = NEW.map(|new| (new, (new == *value).then_some(*reason)));
    results.reverse();
    Case {
        name,
        faults: vec![answer(&results), answer(&[(value, Some(reason))])],
        exit: 3,
        failed,
        writes: 3,
    }
}

/// Refusals of single indicators.
fn of_items() -> Vec<Case> {
    vec![
        refused_by_item("a hash", &[("new-1.com", "InvalidHashValue")]),
        refused_by_item("an address", &[("new-0.com", "InvalidIpAddress")]),
        refused_by_item("a domain", &[("new-3.com", "InvalidDomainName")]),
        refused_by_item("a URL", &[("new-2.com", "InvalidUrl")]),
    ]
}

/// A refusal of a whole call that harms none.
fn case(name: &'static str, fault: Value, writes: usize) -> Case {
    Case {
        name,
        faults: vec![fault],
        exit: 0,
        failed: &[],
        writes,
    }
}

impl Case {
    fn failing(self, failed: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            exit: 3,
            failed,
            ..self
        }
    }
}

/// Refusals of whole imports.
fn of_imports() -> Vec<Case> {
    let batch = |calls| {
        let message = "Maximum batch size exceeded. Received: 4, allowed: 0.";
        refusal(IMPORT, calls, 400, "MaximumBatchSizeExceeded", message)
    };
    let inactive =
        "Indicator new-2.com is inactive. (Expiration time should be set to a future date time)";
    let inactive = refusal(IMPORT, 1, 400, "BadRequest", inactive);
    let quota = "API calls quota exceeded! Maximum allowed 30 per 00:01:00 for the key Destination+TenantID+AppID. You can send requests again in 1 seconds.";
    let quota = refusal(IMPORT, 1, 429, "429", quota);
    let too_large = json!({"path": IMPORT, "status": 413});
    vec![
        case("an inactive one, by name", inactive, 3)
            .failing(&[("new-2.com", "Indicator new-2.com is inactive.")]),
        case("a batch too large, once", batch(1), 4),
        case("a batch too large, always", batch(7), 8).failing(&[
            ("new-0.com", "Maximum batch size exceeded."),
            ("new-1.com", "MaximumBatchSizeExceeded (HTTP 400"),
            ("new-2.com", "Maximum batch size exceeded."),
            ("new-3.com", "Received: 4, allowed: 0."),
        ]),
        case("a body too large", too_large, 4),
        case("a quota, with a wait", quota, 3),
    ]
}

/// Refusals of whole deletions.
fn of_deletions() -> Vec<Case> {
    let gone = |calls| {
        let message = "Indicator 2 was not found";
        refusal(DELETE, calls, 404, "ResourceNotFound", message)
    };
    let groups = "The caller cannot see every device group";
    let groups = |calls| refusal(DELETE, calls, 403, "Forbidden", groups);
    vec![
        case("one that is gone, once", gone(1), 4),
        case("one that cannot be found", gone(3), 6)
            .failing(&[("old-0.com", "Indicator 2 was not found")]),
        case("a device group that is not seen, once", groups(1), 4),
        case("one of a device group that is not seen", groups(3), 6)
            .failing(&[("old-0.com", "The caller cannot see every device group")]),
    ]
}

/// Asserts that `failed` and nothing else failed, in the table of changes, on the terminal and in the tenant.
#[track_caller]
fn assert_failed(name: &str, bench: &Bench, run: &Run, failed: &[(&str, &str)]) {
    let changes = bench.changes();
    assert_eq!(changes.len(), NEW.len() + OLD.len() - 1, "{name}");
    let values: BTreeSet<&str> = failed.iter().map(|(value, _)| *value).collect();
    for (value, (result, reason)) in &changes {
        let expected = if values.contains(value.as_str()) {
            "failed"
        } else {
            "done"
        };
        assert_eq!(result, expected, "{name}: {value}: {reason}");
    }
    let (stdout, stderr) = (run.stdout(), run.stderr());
    for (value, text) in failed {
        let reason = &changes[*value].1;
        assert!(reason.contains(text), "{name}: {value}: {reason}");
        let told = stdout.lines().any(|line| {
            line.contains(value) && line.contains(reason.split_whitespace().next().unwrap())
        });
        assert!(told, "{name}: {value}: {stdout}");
    }
    let sum = format!("{} failed", failed.len());
    assert_eq!(
        stderr.contains(&sum),
        !failed.is_empty(),
        "{name}: {stderr}"
    );
    assert_eq!(
        stdout.lines().count(),
        if failed.is_empty() {
            0
        } else {
            failed.len() + 1
        },
        "{name}: {stdout}"
    );
}

#[test]
fn a_refusal_is_told_of_the_right_indicator_and_harms_no_other() {
    for case in of_items()
        .into_iter()
        .chain(of_imports())
        .chain(of_deletions())
    {
        let bench = Bench::new();
        bench.plan().exits(4);
        for fault in &case.faults {
            bench.0.fault(fault);
        }
        let run = bench.apply();
        assert_eq!(run.code(), case.exit, "{}: {}", case.name, run.stderr());
        assert_failed(case.name, &bench, &run, case.failed);
        assert_eq!(bench.writes(), case.writes, "{}", case.name);
        let values = bench.values();
        for old in &OLD[1..] {
            let is_there = case.failed.iter().any(|(value, _)| value == old);
            assert_eq!(values.contains(*old), is_there, "{}: {old}", case.name);
        }
        assert!(values.contains(OLD[0]), "{}", case.name);
    }
}

/// A type, a value, an action, whether it alerts, and the words in which the service refuses it.
const WRONG: [(&str, &str, &str, bool, &str); 10] = [
    ("FileSha256", "abc", "Block", true, "is not a valid hash"),
    (
        "FileSha1",
        "new-1.com",
        "Block",
        true,
        "is not a valid hash",
    ),
    (
        "IpAddress",
        "10.0.0.1",
        "Block",
        true,
        "is not a valid IP address",
    ),
    (
        "IpAddress",
        "203.0.113.0/24",
        "Block",
        true,
        "is not a valid IP address",
    ),
    (
        "DomainName",
        "not a name",
        "Block",
        true,
        "is not a valid domain name",
    ),
    (
        "Url",
        "file:///etc/passwd",
        "Block",
        true,
        "is not a valid URL",
    ),
    (
        "CertificateThumbprint",
        SHA1,
        "Block",
        true,
        "action Block is not supported for indicators of type CertificateThumbprint",
    ),
    (
        "Url",
        "https://new-1.com/x",
        "BlockAndRemediate",
        true,
        "BlockAndRemediate is not supported for indicators of type Url",
    ),
    (
        "DomainName",
        "new-1.com",
        "Audit",
        false,
        "The action Audit needs generateAlert to be true",
    ),
    (
        "FileMd5",
        MD5,
        "Block",
        true,
        "Indicators of type FileMd5 are not supported",
    ),
];

const SHA1: &str = "3395856ce81f2b7382dee72602f798b642f14140";

const MD5: &str = "44d88612fea8a8f36de82e1278abb02f";

/// The planner refuses all of these, so the plan is changed.
#[test]
fn what_the_service_takes_for_wrong_is_told_in_its_words() {
    let without_md5 = UnverifiedBehaviour {
        accepts_md5_indicators: false,
        ..UnverifiedBehaviour::default()
    };
    for (kind, value, action, alerts, words) in WRONG {
        let bench = Bench::with(TwinLimits::default(), without_md5);
        bench.plan().exits(4);
        bench.edit_step("new-1.com", |step| {
            step["key"] = json!({"type": kind, "value": value});
            let to = &mut step["change"]["to"];
            (to["action"], to["generate_alert"]) = (json!(action), json!(alerts));
        });
        let run = bench.apply().exits(3);
        assert_failed(words, &bench, &run, &[(value, words)]);
        let expected = ["keep.com", "new-0.com", "new-2.com", "new-3.com"];
        assert_eq!(bench.values(), expected.map(str::to_owned).into());
    }
}

#[test]
fn one_that_ends_before_it_arrives_spoils_no_other() {
    let ends = |minutes| {
        let end = SystemClock.now() + SignedDuration::from_mins(minutes);
        json!(end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    };
    // Two end before the hour by which the service's clock is ahead is over, and one now, which is not sent at all.
    let bench = Bench::new();
    bench.plan().exits(4);
    for (value, minutes) in [("new-0.com", 20), ("new-1.com", 10), ("new-2.com", 0)] {
        bench.edit_step(value, |step| {
            step["change"]["to"]["expires"] = ends(minutes);
        });
    }
    bench.0.advance_twin("PT1H");
    let run = bench.apply().exits(3);
    let failed = [
        (
            "new-0.com",
            "Indicator new-0.com is inactive. (Expiration time should be set to a future date time)",
        ),
        ("new-1.com", "has passed by the service's clock"),
        ("new-2.com", "before it could be made: plan again"),
    ];
    assert_failed("ended", &bench, &run, &failed);
    assert_eq!(
        bench.writes(),
        3,
        "the import, what is left of it, and the withdrawals"
    );
    let expected = ["keep.com", "new-3.com"];
    assert_eq!(bench.values(), expected.map(str::to_owned).into());
}

#[test]
fn a_full_tenant_takes_what_it_has_room_for() {
    let limits = || TwinLimits {
        indicators_max: OLD.len() + 2,
        ..TwinLimits::default()
    };
    let bench = Bench::with(limits(), UnverifiedBehaviour::default());
    bench.plan().exits(4);
    let run = bench.apply().exits(0);
    assert_failed("withdrawals make room", &bench, &run, &[]);
    assert_eq!(
        bench.writes(),
        3,
        "what was refused comes after the withdrawals"
    );

    let bench = Bench::with(limits(), UnverifiedBehaviour::default());
    bench.wants(&[&OLD[..], &NEW].concat());
    bench.plan().exits(4);
    let run = bench.apply().exits(3);
    let changes = bench.changes();
    let failed = ["new-2.com", "new-3.com"];
    for (value, (result, reason)) in &changes {
        let is_failed = failed.contains(&value.as_str());
        assert_eq!(result == "failed", is_failed, "{value}: {reason}");
        let words = "Max capacity exceeded. Current Total: 7, Limit: 7 (Parameter 'Capacity: 7/7')";
        assert_eq!(reason == words, is_failed, "{value}: {reason}");
    }
    assert!(
        run.stderr().contains("2 done, 2 failed"),
        "{}",
        run.stderr()
    );
    assert!(
        run.stdout().contains("Max capacity exceeded"),
        "{}",
        run.stdout()
    );
}

#[test]
fn what_may_have_been_done_is_looked_up_and_done_once() {
    let troubles = [
        json!({"status": 500, "when": "before"}),
        json!({"status": 500, "when": "after"}),
        json!({"status": 503, "when": "before"}),
        json!({"drop": "before"}),
        json!({"drop": "after"}),
        json!({"truncate": true}),
    ];
    // Each waits two seconds before it looks.
    std::thread::scope(|scope| {
        for path in [IMPORT, DELETE] {
            for trouble in &troubles {
                scope.spawn(move || {
                    let mut fault = trouble.clone();
                    fault["path"] = json!(path);
                    let is_done = fault["when"] == "after"
                        || fault["drop"] == "after"
                        || fault["truncate"] == true;
                    let bench = Bench::new();
                    bench.plan().exits(4);
                    bench.0.fault(&fault);
                    let run = bench.apply().exits(0);
                    assert_failed(&fault.to_string(), &bench, &run, &[]);
                    assert_eq!(bench.writes(), if is_done { 2 } else { 3 }, "{fault}");
                    let expected = [&OLD[..1], &NEW].concat();
                    let expected = expected.iter().map(|value| (*value).to_owned());
                    assert_eq!(bench.values(), expected.collect(), "{fault}");
                });
            }
        }
    });
}

#[test]
fn without_the_permission_nothing_fails_for_good_and_the_hint_names_it() {
    for path in [IMPORT, DELETE, "/api/indicators"] {
        let bench = Bench::new();
        bench.plan().exits(4);
        let before = bench.writes();
        bench
            .0
            .fault(&refusal(path, 1, 403, "Forbidden", NO_PERMISSION));
        let run = bench.apply().exits(1);
        let told = run.stderr();
        assert!(told.contains("hint:"), "{path}: {told}");
        assert!(
            told.contains("permission Ti.ReadWrite.All"),
            "{path}: {told}"
        );
        let is_read = path == "/api/indicators";
        if is_read {
            assert_eq!(bench.writes(), before);
        } else {
            let results = bench.changes();
            let failed = results.values().filter(|(result, _)| result == "failed");
            assert_eq!(failed.count(), 0, "{results:?}");
            assert!(told.contains("not done yet"), "{told}");
        }
        // Granted, it goes on.
        let run = bench.apply().exits(0);
        assert_failed(path, &bench, &run, &[]);
        assert_eq!(bench.writes(), if is_read { 2 } else { 3 });
    }
}

/// How the list of indicators fails, and what is told of it.
fn broken_lists(bench: &Bench) -> [(&'static str, Vec<Value>, &'static str); 6] {
    const LIST: &str = "/api/indicators";
    let base = bench.0.twin().base_url();
    let page = |calls: usize, link: &str| {
        let row = |number: usize| json!({"id": (number + 1).to_string(), "indicatorType": "DomainName", "indicatorValue": OLD[number]});
        let body = json!({"value": [row(0), row(1)], "@odata.nextLink": format!("{base}{link}")});
        json!({"path": LIST, "calls": calls, "status": 200, "body": body})
    };
    let refused = refusal(LIST, 1, 400, "ODataError", "Invalid OData URI query");
    let forbidden = refusal(LIST, 1, 403, "Forbidden", NO_PERMISSION);
    let cut = json!({"path": LIST, "calls": 3, "truncate": true});
    let second = "/api/indicators?$skip=2";
    [
        ("refused", vec![refused.clone()], "ODataError"),
        ("forbidden", vec![forbidden.clone()], "hint: grant the app"),
        ("cut", vec![cut], "is unreadable"),
        (
            "in a circle",
            vec![page(5, LIST)],
            "must not be taken for a whole one",
        ),
        (
            "second page refused",
            vec![page(1, second), refused],
            "ODataError",
        ),
        (
            "second page forbidden",
            vec![page(1, second), forbidden],
            "Ti.ReadWrite.All",
        ),
    ]
}

#[test]
fn a_list_that_breaks_off_leaves_no_plan_and_withdraws_nothing() {
    let bench = Bench::new();
    let plan = bench.0.folder.path().join("plan.json");
    for (name, faults, words) in &broken_lists(&bench) {
        let clear = || bench.0.tell_twin("reset", &json!({}));
        let breaks = || {
            clear();
            faults.iter().for_each(|fault| bench.0.fault(fault));
        };
        breaks();
        let run = bench.plan().exits(1);
        assert!(run.stderr().contains(words), "{name}: {}", run.stderr());
        assert!(!plan.exists(), "{name}: no plan comes of it");
        assert_eq!(run.stdout(), "", "{name}");

        fs::write(&plan, "an earlier one").unwrap();
        breaks();
        bench.plan().exits(1);
        let kept = fs::read_to_string(&plan).unwrap();
        assert_eq!(kept, "an earlier one", "{name}");

        clear();
        bench.plan().exits(4);
        breaks();
        let run = bench.apply().exits(1);
        assert!(run.stderr().contains(words), "{name}: {}", run.stderr());
        assert_eq!(bench.writes(), 0, "{name}: nothing was written");

        breaks();
        let sync = ["indicators", "sync", "list.txt", "--no-lists"];
        bench.0.tesem(&sync).exits(1);
        assert_eq!(bench.writes(), 0, "{name}: sync wrote nothing");
        fs::remove_file(&plan).unwrap();
    }
}

#[test]
fn a_plan_of_another_state_is_refused_and_leaves_the_last_apply_to_be_undone() {
    let bench = Bench::new();
    bench.plan().exits(4);
    fs::copy(
        bench.0.folder.path().join("plan.json"),
        bench.0.folder.path().join("early.json"),
    )
    .unwrap();
    // The first plan is not of what this one leaves.
    bench.wants(&[&OLD[..], &NEW[..1]].concat());
    bench.plan().exits(4);
    bench.apply().exits(0);
    let applied = bench.values();
    let early = [
        "indicators",
        "apply",
        "early.json",
        "--yes",
        "--allow-deletes",
        "4",
    ];
    let run = bench.0.tesem(&early).exits(1);
    assert!(
        run.stderr().contains("hint: plan again"),
        "{}",
        run.stderr()
    );
    assert_eq!((bench.writes(), bench.values()), (1, applied));

    // The last plan, once more: nothing is done, and what it came to is told again.
    let run = bench.apply().exits(0);
    assert!(
        run.stderr().contains("has applied this plan already"),
        "{}",
        run.stderr()
    );
    assert!(run.stderr().contains("1 done"), "{}", run.stderr());
    assert_eq!(bench.writes(), 1);

    let rollback = ["indicators", "rollback", "--yes"];
    bench.0.tesem(&rollback).exits(0);
    assert_eq!(bench.values(), OLD.map(str::to_owned).into());
    assert_eq!(bench.writes(), 2);
    let run = bench.0.tesem(&rollback).exits(2);
    assert!(
        run.stderr().contains("there is no apply"),
        "{}",
        run.stderr()
    );
}

#[test]
fn an_apply_that_was_interrupted_is_undone_with_what_it_had_sent_last() {
    let bench = Bench::new();
    bench.plan().exits(4);
    // The import is done, its answer is lost, and so is the look at what came of it.
    bench.0.fault(&json!({"path": IMPORT, "drop": "after"}));
    let list = |calls| {
        refusal(
            "/api/indicators",
            calls,
            400,
            "ODataError",
            "Invalid OData URI query",
        )
    };
    // The first reading, a page and the empty one after it, goes well.
    bench
        .0
        .fault(&json!({"path": "/api/indicators", "calls": 2, "delay_ms": 1}));
    bench.0.fault(&list(1));
    bench.apply().exits(1);
    let all = [&OLD[..], &NEW].concat();
    let all = all.iter().map(|value| (*value).to_owned());
    assert_eq!(bench.values(), all.collect());

    bench.0.tesem(&["indicators", "rollback", "--yes"]).exits(0);
    assert_eq!(bench.values(), OLD.map(str::to_owned).into());
}
