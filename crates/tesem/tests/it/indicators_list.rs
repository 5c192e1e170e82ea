//! `tesem indicators list` and `export`: the whole list, whose it is, when it ends, how full the tenant is; as a table and as files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tesem_state::{Clock, SystemClock};

use crate::world::{Run, World};

/// The app that the program signs in as.
const APP: &str = "11111111-2222-3333-4444-555555555555";

const SHA256: &str = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
const MD5: &str = "44d88612fea8a8f36de82e1278abb02f";
const THUMBPRINT: &str = "3395856ce81f2b7382dee72602f798b642f14140";

/// Ten days and an hour from now, as the service writes it.
fn soon() -> String {
    static SOON: OnceLock<String> = OnceLock::new();
    let soon = || SystemClock.now() + SignedDuration::from_hours(10 * 24 + 1);
    let text = || soon().strftime("%Y-%m-%dT%H:%M:%S.0Z").to_string();
    SOON.get_or_init(text).clone()
}

/// Indicators of several makers.
fn indicators() -> Value {
    let created = "2026-01-02T03:04:05.678Z";
    let one = |id: &str, kind: &str, value: &str, action: &str, more: Value| {
        let mut one = json!({"id": id, "indicatorType": kind, "indicatorValue": value, "action": action, "title": "title",
            "description": "description", "application": "Tesem", "createdBy": APP, "createdByDisplayName": "Tesem app",
            "createdBySource": "PublicApi", "creationTimeDateTimeUtc": created, "lastUpdateTime": created, "category": 1,
            "severity": "High", "expirationTime": null, "rbacGroupNames": [], "generateAlert": false, "mitreTechniques": [],
            "sourceType": "AadApp"});
        let fields = one.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        one
    };
    let ann = json!({"createdBy": "ann@contoso.com", "createdByDisplayName": "ann@contoso.com", "createdBySource": "Portal",
        "application": null});
    let by_ann = |more: Value| {
        let mut fields = ann.clone();
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        fields
    };
    json!([
        one(
            "1",
            "DomainName",
            "Evil-C2.com",
            "Block",
            json!({"expirationTime": soon(), "title": "Beacon \"one\"",
            "rbacGroupNames": ["Servers", "Pilot"], "mitreTechniques": ["T1071"]})
        ),
        one(
            "2",
            "FileSha256",
            SHA256,
            "BlockAndRemediate",
            json!({"title": "=HYPERLINK(\"x\")", "description": "two\nlines"})
        ),
        one(
            "3",
            "IpAddress",
            "45.77.1.9",
            "Audit",
            json!({"application": "OpenCTI", "createdBy": "other", "createdByDisplayName": "OpenCTI",
            "severity": "Low", "expirationTime": "2099-01-01T00:00:00.0Z"})
        ),
        one(
            "4",
            "Url",
            "https://bad-host.net/it's?q=1",
            "Warn",
            by_ann(json!({"title": "\u{1b}[31mred, and a title that goes on and on"}))
        ),
        // Our label, but another app's.
        one(
            "5",
            "CertificateThumbprint",
            THUMBPRINT,
            "Allowed",
            json!({"createdBy": "other", "createdByDisplayName": "OpenCTI"})
        ),
        one("6", "FileMd5", MD5, "Block", json!({})),
        one(
            "7",
            "IpAddress",
            "2001:4860:4860:0000:0000:0000:0000:8888",
            "Audit",
            by_ann(json!({"severity": null, "expirationTime": soon()}))
        ),
    ])
}

/// A data directory with these indicators, and an app with these permissions.
fn data(indicators: &Value, roles: &[&str]) -> TempDir {
    let data = tempfile::tempdir().unwrap();
    let tenant = json!({"apps": [{"client_id": APP, "client_secret": "s3cret", "roles": roles}]});
    let write = |name: &str, value: &Value| {
        std::fs::write(data.path().join(name), value.to_string()).unwrap();
    };
    write("tenant.json", &tenant);
    write("indicators.json", indicators);
    data
}

fn world() -> World {
    World::of_directory(data(&indicators(), &["Ti.ReadWrite.All"]).path())
}

fn list(world: &World, more: &[&str]) -> Run {
    world.tesem(&[&["indicators", "list"], more].concat())
}

fn export(world: &World, more: &[&str]) -> Run {
    world.tesem(&[&["indicators", "export"], more].concat())
}

/// The ids that are listed under these options.
fn ids(world: &World, more: &[&str]) -> Vec<String> {
    let listed = list(world, &[more, &["--format", "json"]].concat())
        .exits(0)
        .json();
    let ids = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned());
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids
}

/// How often the list was asked for.
fn list_calls(world: &World) -> usize {
    let calls = world.twin().calls();
    calls
        .iter()
        .filter(|call| call.path == "/api/indicators")
        .count()
}

fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn the_table_says_what_ends_when_and_whose_it_is_and_the_summary_how_full_the_tenant_is() {
    let world = world();
    let run = list(&world, &[]).exits(0);
    let end: Timestamp = "2099-01-01T00:00:00Z".parse().unwrap();
    let days = SystemClock.now().duration_until(end).as_hours() / 24;
    let shown = format!("{}---\n{}", run.stdout(), run.stderr())
        .replace(&soon()[..10], "<ten days>")
        .replace(&format!("({days} d)"), "(<dddd> d)");
    insta::assert_snapshot!(shown);
}

#[test]
fn every_format_of_the_list_has_every_row() {
    let world = world();
    let json = list(&world, &["--format", "json"]).exits(0).json();
    let rows = json.as_array().unwrap();
    assert_eq!(rows.len(), 7);
    let domain = rows.iter().find(|row| row["id"] == "1").unwrap();
    assert_eq!(
        (
            &domain["tenant"],
            &domain["owner"],
            &domain["days_left"],
            &domain["groups"]
        ),
        (
            &json!("twin"),
            &json!("ours"),
            &json!(10),
            &json!(["Pilot", "Servers"])
        )
    );
    let lines = list(&world, &["--format", "jsonl"]).exits(0).stdout();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(&lines, rows);
    let csv = csv_rows(&list(&world, &["--format", "csv"]).exits(0).stdout());
    assert_eq!(csv.len(), 7);
    let file = csv.iter().find(|row| row["id"] == "2").unwrap();
    assert_eq!(
        (file["title"].as_str(), file["tenant"].as_str()),
        ("'=HYPERLINK(\"x\")", "twin")
    );
}

#[test]
fn filters_choose_and_the_summary_still_counts_all() {
    let world = world();
    let cases: [(&[&str], &[&str]); 13] = [
        (&["--type", "sha256,MD5"], &["2", "6"]),
        (&["--type", "ip", "--type", "DomainName"], &["1", "3", "7"]),
        (&["--action", "block"], &["1", "6"]),
        (&["--action", "block-and-remediate"], &["2"]),
        (&["--severity", "LOW"], &["3"]),
        (&["--ours"], &["1", "2", "6"]),
        (&["--others"], &["3", "4", "5", "7"]),
        (&["--ours", "--application", "OpenCTI"], &[]),
        (&["--search", "evil"], &["1"]),
        (&["--search", "two\nLINES"], &["2"]),
        (&["--expires-within", "11d"], &["1", "7"]),
        (&["--expires-within", "10d"], &[]),
        (&["--group", "pilot"], &["1"]),
    ];
    for (options, expected) in cases {
        assert_eq!(ids(&world, options), expected, "{options:?}");
    }
    let run = list(&world, &["--ours"]).exits(0);
    assert!(
        run.stderr().contains("7 of 15,000 places"),
        "{}",
        run.stderr()
    );
    assert!(
        run.stderr().contains("3 indicators pass the filters"),
        "{}",
        run.stderr()
    );
}

#[test]
fn an_unknown_word_is_refused_with_what_there_is() {
    let world = world();
    let cases: [(&[&str], &str); 7] = [
        (&["list", "--type", "sha512"], "FileSha256 (sha256)"),
        (
            &["list", "--action", "quarantine"],
            "BlockAndRemediate (remediate)",
        ),
        (
            &["export", "--severity", "critical"],
            "Informational (info), Low, Medium, High",
        ),
        (&["list", "--expires-within", "soon"], "write it as `7d`"),
        (&["list", "--ours", "--others"], "cannot be used with"),
        (&["export", "--format", "xml"], "stix"),
        (&["prune"], "unrecognized subcommand"),
    ];
    for (arguments, expected) in cases {
        let run = world.tesem(&[&["indicators"], arguments].concat()).exits(2);
        assert!(
            run.stderr().contains(expected),
            "{arguments:?}: {}",
            run.stderr()
        );
        assert_eq!(run.stdout(), "");
    }
    assert_eq!(list_calls(&world), 0);
}

#[test]
fn a_page_that_fails_leaves_nothing_that_looks_whole() {
    let world = world();
    world.write("kept.json", "as it was");
    let first = json!({"value": [indicators()[0]], "@odata.nextLink": format!("{}/api/indicators?$skip=1", world.twin().base_url())});
    let refusal = json!({"error": {"code": "Forbidden", "message": "The application does not have any of the required permissions"}});
    for command in ["list", "export"] {
        world.fault(&json!({"path": "/api/indicators", "status": 200, "body": first}));
        world.fault(&json!({"path": "/api/indicators", "status": 403, "body": refusal}));
        let before = list_calls(&world);
        let mut arguments = vec!["indicators", command, "--format", "json"];
        if command == "export" {
            arguments.extend(["--out", "kept.json"]);
        }
        let run = world.tesem(&arguments).exits(1);
        assert_eq!(list_calls(&world) - before, 2, "the first page came");
        assert_eq!(run.stdout(), "");
        assert!(run.stderr().contains("hint:"), "{}", run.stderr());
        assert!(!run.stderr().contains("places used"), "{}", run.stderr());
    }
    let kept = std::fs::read_to_string(world.folder.path().join("kept.json")).unwrap();
    assert_eq!(kept, "as it was");
}

#[test]
fn a_full_tenant_is_read_over_all_its_pages_and_split_for_the_portal() {
    let one = |number: usize| {
        json!({"id": number.to_string(), "indicatorType": "DomainName", "indicatorValue": format!("host-{number}.com"), "action": "Block",
            "title": "t", "description": "d", "application": "Tesem", "createdBy": APP})
    };
    let all: Value = (0..15_001).map(one).collect();
    let world = World::of_directory(data(&all, &["Ti.ReadWrite.All"]).path());
    let run = list(&world, &["--format", "jsonl"]).exits(0);
    assert_eq!(run.stdout().lines().count(), 15_001);
    assert!(list_calls(&world) >= 2, "{}", list_calls(&world));
    assert!(
        run.stderr()
            .contains("15,001 of 15,000 places used, 0 free"),
        "{}",
        run.stderr()
    );
    let run = export(&world, &["--format", "portal", "--out", "iocs.csv"]).exits(0);
    assert!(
        run.stderr()
            .contains("31 files: iocs-01.csv to iocs-31.csv"),
        "{}",
        run.stderr()
    );
    let rows = |number: usize| {
        let path = world.folder.path().join(format!("iocs-{number:02}.csv"));
        csv_rows(&std::fs::read_to_string(path).unwrap())
    };
    let counts: Vec<usize> = (1..=31).map(|number| rows(number).len()).collect();
    assert_eq!(counts[..30], [500; 30]);
    assert_eq!(counts[30], 1);
    assert!(!world.folder.path().join("iocs.csv").exists());
}

#[test]
fn json_has_the_services_own_fields_also_unknown_ones() {
    let world = world();
    let json = export(&world, &["--format", "json"]).exits(0).json();
    let exported = json.as_array().unwrap();
    assert_eq!(exported.len(), 7);
    let sent = indicators();
    for one in exported {
        let sent = sent
            .as_array()
            .unwrap()
            .iter()
            .find(|sent| sent["id"] == one["id"])
            .unwrap();
        for (name, value) in sent.as_object().unwrap() {
            if name != "expirationTime" {
                assert_eq!(&one[name], value, "{name}");
            }
        }
    }
    let lines = export(&world, &["--format", "jsonl"]).exits(0).stdout();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(&lines, exported);
}

#[test]
fn csv_and_the_list_are_what_was_filtered() {
    let world = world();
    let rows = csv_rows(&export(&world, &["--ours"]).exits(0).stdout());
    assert_eq!(rows.len(), 3);
    let domain = rows.iter().find(|row| row["id"] == "1").unwrap();
    assert_eq!(
        (
            domain["tenant"].as_str(),
            domain["rbacGroupNames"].as_str(),
            domain["owner"].as_str()
        ),
        ("twin", "Servers; Pilot", "ours")
    );
    let text = export(&world, &["--format", "list", "--type", "ip,domain"])
        .exits(0)
        .stdout();
    assert_eq!(
        text,
        "2001:4860:4860:0000:0000:0000:0000:8888\n45.77.1.9\nEvil-C2.com\n"
    );
}

#[test]
fn the_portals_form_leaves_out_by_name_what_the_portal_does_not_import() {
    let world = world();
    let run = export(&world, &["--format", "portal"]).exits(3);
    let rows = csv_rows(&run.stdout());
    let values: Vec<&str> = rows
        .iter()
        .map(|row| row["IndicatorValue"].as_str())
        .collect();
    let expected = [
        SHA256,
        "2001:4860:4860:0000:0000:0000:0000:8888",
        "45.77.1.9",
        "Evil-C2.com",
        "https://bad-host.net/it's?q=1",
    ];
    assert_eq!(values, expected);
    let title = rows[0]["Title"].as_str();
    assert_eq!(
        (title, rows[0]["GenerateAlert"].as_str()),
        ("'=HYPERLINK(\"x\")", "False")
    );
    assert_eq!(
        (&*rows[3]["RbacGroups"], &*rows[3]["ExpirationTime"]),
        ("Servers,Pilot", &*soon())
    );
    for reason in [
        "1 indicator left out: of type FileMd5",
        "1 indicator left out: of type CertificateThumbprint",
    ] {
        assert!(run.stderr().contains(reason), "{}", run.stderr());
    }
}

#[test]
fn a_feed_reads_the_stix_bundle_back() {
    let world = world();
    let first = export(&world, &["--format", "stix", "--out", "own.stix.json"]).exits(0);
    assert_eq!(first.stdout(), "");
    world.configure(
        "\n[feeds.own]\nkind = \"stix\"\nurl = \"own.stix.json\"\n\n[lists]\nbuiltin = false\n",
    );
    let pull = [
        "feeds", "pull", "own", "--cache", "cache", "--format", "json",
    ];
    let pulled = world.tesem(&pull).exits(0).json();
    let mut found: Vec<(&str, &str)> = pulled
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["kind"].as_str().unwrap(),
                one["value"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("certificate", THUMBPRINT),
            ("domain", "evil-c2.com"),
            ("ipv4", "45.77.1.9"),
            ("ipv6", "2001:4860:4860::8888"),
            ("md5", MD5),
            ("sha256", SHA256),
            ("url", "https://bad-host.net/it's?q=1"),
        ]
    );
    let allowed = pulled
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["kind"] == "certificate")
        .unwrap();
    let labels = allowed["provenance"][0]["labels"].as_array().unwrap();
    assert!(
        labels.contains(&json!("benign")) && labels.contains(&json!("defender-action:Allowed")),
        "{labels:?}"
    );
    let file = |name: &str| std::fs::read(world.folder.path().join(name)).unwrap();
    export(&world, &["--format", "stix", "--out", "again.stix.json"]).exits(0);
    assert_eq!(
        file("own.stix.json"),
        file("again.stix.json"),
        "the same tenant, the same bytes"
    );
}

#[test]
fn an_app_that_sees_only_its_own_indicators_is_told() {
    let world = World::of_directory(data(&indicators(), &["Ti.ReadWrite"]).path());
    let run = list(&world, &["--format", "json"]).exits(0);
    assert_eq!(run.json().as_array().unwrap().len(), 3);
    assert!(
        run.stderr().contains("sees its own indicators only"),
        "{}",
        run.stderr()
    );
    let all = list(&self::world(), &[]).exits(0);
    assert!(!all.stderr().contains("only"), "{}", all.stderr());
}

/// A world that also knows the tenant of `other`, and one that cannot be signed in to.
fn several(other: &World) -> World {
    let world = world();
    let base = other.twin().base_url();
    let tenant = other.twin().tenant();
    let section = |name: &str, secret: &str| {
        format!(
            "\n[tenants.{name}]\ntenant_id = \"{}\"\nclient_id = \"{APP}\"\nclient_secret = {{ env = \"{secret}\" }}\n\
             endpoints = {{ login = \"{base}\", graph = \"{base}\", defender = \"{base}\" }}\n",
            tenant.tenant_id
        )
    };
    world.configure(&(section("other", "OTHER_SECRET") + &section("broken", "BROKEN_SECRET")));
    world
}

#[test]
fn several_tenants_are_told_apart_and_one_that_fails_does_not_stop_the_others() {
    let one = json!([indicators()[0]]);
    let other = World::of_directory(data(&one, &["Ti.ReadWrite.All"]).path());
    let world = several(&other);
    let secrets = [("OTHER_SECRET", "s3cret"), ("BROKEN_SECRET", "wrong")];
    let run = |arguments: &[&str]| world.tesem_in(&[&["indicators"], arguments].concat(), &secrets);
    let both = ["--tenant", "twin", "--tenant", "other"];
    let counts = |rows: &[Value]| {
        let of = |name: &str| rows.iter().filter(|row| row["tenant"] == name).count();
        (of("twin"), of("other"), rows.len())
    };
    let listed = run(&[&["list", "--format", "json"], &both[..]].concat())
        .exits(0)
        .json();
    assert_eq!(counts(listed.as_array().unwrap()), (7, 1, 8));
    let exported = run(&[&["export", "--format", "json"], &both[..]].concat())
        .exits(0)
        .json();
    assert_eq!(counts(exported.as_array().unwrap()), (7, 1, 8));
    let table = run(&[&["list"], &both[..]].concat()).exits(0);
    assert!(
        table.stdout().trim_start().starts_with("TENANT"),
        "{}",
        table.stdout().replace("  ", "")
    );
    assert!(
        table.stderr().contains("other: 1 indicator, 1 ours"),
        "{}",
        table.stderr()
    );

    let partial = run(&["list", "--format", "json", "--all-tenants"]).exits(3);
    assert_eq!(counts(partial.json().as_array().unwrap()), (7, 1, 8));
    assert!(
        partial.stderr().contains("error: tenant broken:"),
        "{}",
        partial.stderr()
    );
    let failed = run(&[
        "list", "--tenant", "broken", "--tenant", "nobody", "--format", "json",
    ])
    .exits(1);
    assert_eq!(failed.stdout(), "");
    let refused = run(&[&["export", "--format", "portal"], &both[..]].concat()).exits(2);
    assert!(
        refused.stderr().contains("one tenant at a time"),
        "{}",
        refused.stderr()
    );
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    let world = world();
    let run = export(&world, &["--out", "nowhere/all.csv"]).exits(1);
    assert!(
        run.stderr().contains("nowhere/all.csv cannot be written"),
        "{}",
        run.stderr()
    );
    assert!(!Path::new("nowhere").exists());
}
