//! The main job.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tesem_twin::generate::{mixed_indicators, planted};

use crate::world::{World, options};

/// A planted domain of the generated tenant.
fn planted_value(kind: &str) -> String {
    let planted = planted(&options()).unwrap();
    let kind_of = |value: &Value| value["kind"].as_str().unwrap_or_default().to_owned();
    let found = planted
        .iter()
        .find(|planted| kind_of(&serde_json::to_value(planted).unwrap()) == kind);
    found
        .unwrap_or_else(|| panic!("no planted {kind} in {planted:?}"))
        .value
        .clone()
}

fn verdicts(document: &Value) -> BTreeMap<String, String> {
    let indicators = document["indicators"].as_array().unwrap();
    let pair = |i: &Value| {
        (
            i["indicator"].as_str().unwrap().to_owned(),
            i["verdict"].as_str().unwrap().to_owned(),
        )
    };
    indicators.iter().map(pair).collect()
}

/// The six lines that the README of MDE Lazy Hunter gives as its sample kind of input.
const SIX_LINES: &str = "3395856ce81f2b7382dee72602f798b642f14140\n\
    275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f\n\
    44d88612fea8a8f36de82e1278abb02f\n192.168.1.1\ngoogle.com\nhttps://bing.com\n";

#[test]
fn a_run_leaves_a_whole_report() {
    let world = World::new();
    world.write("six.txt", SIX_LINES);
    world.tesem(&["hunt", "six.txt"]).exits(0);
    let folder = world.run_folder();
    let report = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(report.starts_with("<!doctype html>") && report.trim_end().ends_with("</html>"));
    assert!(report.contains("Found <small>2 indicators</small>"));
    assert!(!folder.join("report.html.part").exists());
}

#[test]
fn every_line_gets_a_verdict() {
    let world = World::new();
    world.write("six.txt", SIX_LINES);
    world.tesem(&["hunt", "six.txt"]).exits(0);
    let coverage = world.csv("coverage.csv");
    let verdict: Vec<&str> = coverage.iter().map(|row| row["Verdict"].as_str()).collect();
    assert_eq!(verdict, ["clear", "clear", "clear", "clear", "hit", "hit"]);
    let private = &coverage[3];
    assert!(
        private["Tables"].contains("DeviceNetworkEvents"),
        "{private:?}"
    );
    assert!(
        world.hunting_calls() <= 3,
        "{} calls",
        world.hunting_calls()
    );
}

#[test]
fn the_three_hunting_apis_give_the_same_hits() {
    let domain = planted_value("domain");
    let hits = |api: &str| -> BTreeSet<String> {
        let world = World::new();
        let run = world.tesem_with_input(
            &["hunt", "-", "--hunting", api, "--format", "jsonl"],
            domain.as_bytes(),
        );
        let endpoint = |line: &&str| line.contains("\"table\":\"Device");
        run.exits(0)
            .stdout()
            .lines()
            .filter(endpoint)
            .map(str::to_owned)
            .collect()
    };
    let graph = hits("graph");
    assert!(!graph.is_empty());
    assert_eq!(graph, hits("xdr"));
    assert_eq!(graph, hits("defender"));
}

#[test]
fn ten_thousand_mixed_indicators_take_few_calls_and_miss_nothing() {
    let indicators = mixed_indicators(&options(), 10_000, 25).unwrap();
    let list: String = indicators
        .iter()
        .map(|indicator| indicator.value.clone() + "\n")
        .collect();
    let world = World::new();
    let run = world
        .tesem_with_input(&["hunt", "-", "--format", "json"], list.as_bytes())
        .exits(0);
    let verdicts = verdicts(&run.json());
    let hits = verdicts
        .values()
        .filter(|verdict| *verdict == "hit")
        .count();
    let clear = verdicts
        .values()
        .filter(|verdict| *verdict == "clear")
        .count();
    assert_eq!((hits, clear), (25, 9_975));
    assert!(
        world.hunting_calls() <= 8,
        "{} calls",
        world.hunting_calls()
    );
}

#[test]
fn domains_match_as_domains() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("tables")).unwrap();
    let now = options().until.to_string();
    let urls = [
        "https://www.evil.com/x",
        "evil.com",
        "EVIL.com:8080",
        "notevil.com",
        "evil.com.other.net",
        "https://good.com/?u=evil.com",
        "https://good.com/evil.com",
    ];
    let rows: String = urls
        .iter()
        .enumerate()
        .map(|(index, url)| {
            serde_json::json!({"Timestamp": now, "DeviceId": "d", "DeviceName": "ws", "RemoteUrl": url, "ReportId": index}).to_string() + "\n"
        })
        .collect();
    std::fs::write(folder.path().join("tables/DeviceNetworkEvents.jsonl"), rows).unwrap();
    let world = World::of_directory(folder.path());
    world
        .tesem_with_input(&["hunt", "-"], b"evil[.]com\n")
        .exits(0);
    let matched: BTreeSet<String> = world
        .csv("hits.csv")
        .iter()
        .map(|row| row["RemoteUrl"].clone())
        .collect();
    let expected: BTreeSet<String> = urls[..3].iter().map(|url| (*url).to_owned()).collect();
    assert_eq!(matched, expected);
}

#[test]
fn values_never_become_code() {
    let world = World::new();
    let attacks = "x\" or 1 == 1 //\n') | union DeviceInfo //\nevil.com\") | take 100 //\nhttp://evil.example/\"|count\n";
    let run = world.tesem_with_input(
        &["hunt", "-", "--form", "list", "--format", "json"],
        attacks.as_bytes(),
    );
    let document = run.json();
    assert_eq!(document["hits"].as_array().unwrap().len(), 0, "{document}");
    assert!(
        world.statuses().iter().all(|status| *status == Some(200)),
        "{:?}",
        world.statuses()
    );
}

#[test]
fn local_times_are_those_of_the_zone() {
    let world = World::new();
    let domain = planted_value("domain");
    world
        .tesem_with_input(
            &["hunt", "-", "--tz", "Africa/Cairo", "--append", "all.csv"],
            domain.as_bytes(),
        )
        .exits(0);
    for row in world.csv("hits.csv") {
        let utc: jiff::Timestamp = row["TimestampUtc"].parse().unwrap();
        let cairo = utc
            .in_tz("Africa/Cairo")
            .unwrap()
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string();
        assert_eq!(row["Timestamp"], cairo);
    }
    let appended = std::fs::read_to_string(world.folder.path().join("all.csv")).unwrap();
    let hits = std::fs::read_to_string(world.run_folder().join("hits.csv")).unwrap();
    assert_eq!(appended, hits);
}

#[test]
fn explaining_asks_nothing() {
    let world = World::new();
    world.write("six.txt", SIX_LINES);
    let run = world
        .tesem(&["hunt", "six.txt", "--explain", "--format", "json"])
        .exits(0);
    assert_eq!(run.json()["indicators"], 6);
    assert_eq!(world.statuses().len(), 0);
    assert!(!world.folder.path().join("results").exists());
}

#[test]
fn hits_can_fail_a_pipeline() {
    let world = World::new();
    world
        .tesem_with_input(
            &["hunt", "-", "--fail-on-hit"],
            planted_value("domain").as_bytes(),
        )
        .exits(5);
    world
        .tesem_with_input(
            &["hunt", "-", "--fail-on-hit"],
            b"quiet-harbour.example.org",
        )
        .exits(0);
}

#[test]
fn a_report_is_read_as_it_was_pasted() {
    let world = World::new();
    let domain = planted_value("domain").replace('.', "[.]");
    let report = format!(
        "The implant (SHA-256 unknown) beaconed to hxxps://{domain}/a?b=c and {domain}.\r\nContact us."
    );
    let run = world
        .tesem_with_input(
            &["hunt", "-", "--form", "text", "--format", "json"],
            report.as_bytes(),
        )
        .exits(0);
    let verdicts = verdicts(&run.json());
    assert_eq!(
        verdicts.get(&planted_value("domain")).map(String::as_str),
        Some("hit"),
        "{verdicts:?}"
    );
}

#[test]
fn a_query_that_is_too_large_is_split_and_loses_nothing() {
    let world = World::new();
    let too_large = serde_json::json!({
        "path": "/v1.0/security/runHuntingQuery", "calls": 1, "status": 400,
        "body": {"error": {"code": "BadRequest", "message": "Query execution has exceeded the allowed result size. Optimize your query by limiting the number of results and try again"}},
    });
    world.fault(&too_large);
    let run = world
        .tesem_with_input(&["hunt", "-", "--format", "json"], SIX_LINES.as_bytes())
        .exits(0);
    let verdicts = verdicts(&run.json());
    assert_eq!(
        verdicts
            .values()
            .filter(|verdict| *verdict == "hit")
            .count(),
        2,
        "{verdicts:?}"
    );
}

#[test]
fn a_scheduled_hunt_reports_each_event_once_also_after_it_was_stopped() {
    let world = World::new();
    let list = planted_value("domain") + "\n" + &planted_value("sha256") + "\n";
    world.write("list.txt", &list);
    let lines = |args: &[&str], code| {
        let all = [&["hunt", "list.txt", "--format", "jsonl"], args].concat();
        let run = world.tesem(&all).exits(code);
        (run.stdout().lines().count(), run.stderr())
    };
    let (whole, _) = lines(&[], 0);
    assert!(whole > 0);
    let (stopped, said) = lines(&["--new-only", "--max-calls", "1"], 3);
    assert_eq!(stopped, 0);
    assert!(said.contains("1 call used up; go on with"), "{said}");
    let calls = world.hunting_calls();
    let (first, said) = lines(&["--new-only"], 0);
    assert!(said.contains("the run before was not finished"), "{said}");
    assert_eq!(
        first, whole,
        "what the stopped run had found is reported once"
    );
    assert_eq!(
        world.hunting_calls(),
        calls + 3,
        "details of the first, and all of the second"
    );
    let (again, _) = lines(&["--new-only"], 0);
    assert_eq!(again, 0);
    let (other, _) = lines(&["--new-only=daily"], 0);
    assert_eq!(other, whole, "another schedule has its own cursor");
    let explained = world
        .tesem(&["hunt", "list.txt", "--new-only", "--explain"])
        .exits(0);
    assert!(
        explained.stdout().contains(" 1  "),
        "{}",
        explained.stdout()
    );
}

#[test]
fn prevalence_counts_devices_and_users_and_fetches_no_events() {
    let world = World::new();
    let domain = planted_value("domain");
    let args = ["hunt", "-", "--prevalence", "--format", "json"];
    let json = world
        .tesem_with_input(&args, domain.as_bytes())
        .exits(0)
        .json();
    assert_eq!(world.hunting_calls(), 1);
    let found = &json["indicators"][0];
    assert!(found["users"].as_u64().unwrap() > 0, "{found}");
    assert!(found["devices"].as_u64().unwrap() > 0, "{found}");
    assert_eq!(json["hits"].as_array().unwrap().len(), 0);
    assert_eq!(
        world.csv("coverage.csv")[0]["Users"],
        found["users"].to_string()
    );
}

#[test]
fn what_was_learned_about_a_tenant_shows_in_the_next_explanation() {
    let world = World::new();
    world.write("list.txt", "evil.com\n");
    let explain = || {
        let args = ["hunt", "list.txt", "--explain", "--format", "json"];
        world.tesem(&args).exits(0).json()
    };
    assert!(explain()["seconds_expected"].is_null());
    world.tesem(&["hunt", "list.txt"]).exits(0);
    let informed = explain();
    assert!(informed["seconds_expected"].is_u64(), "{informed}");
    assert_eq!(informed["learned_from"], 1);
}
