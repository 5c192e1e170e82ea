//! Keeping a tenant's indicators: plan, apply, rollback and sync of the built program against the twin.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{Run, World};

/// The app that the twin of an empty directory has.
fn app(world: &World) -> String {
    world.twin().tenant().apps[0].client_id.clone()
}

/// A tenant without any data, quick to start.
fn empty() -> (TempDir, World) {
    with_indicators(&json!([]))
}

/// A tenant with these indicators.
fn with_indicators(indicators: &Value) -> (TempDir, World) {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("indicators.json"), indicators.to_string()).unwrap();
    let world = World::of_directory(data.path());
    (data, world)
}

/// An indicator that somebody made in the portal.
fn portal(id: u32, kind: &str, value: &str, action: &str) -> Value {
    json!({
        "id": id.to_string(), "indicatorValue": value, "indicatorType": kind, "action": action, "severity": "High",
        "title": "from the portal", "description": "d", "createdBy": "ana@contoso.com", "createdByDisplayName": "Ana",
        "application": null, "generateAlert": false, "rbacGroupNames": [],
    })
}

/// What the tenant has: value to action, severity and maker.
fn tenant(world: &World) -> BTreeMap<String, (String, String, String)> {
    let list = world
        .tesem(&["indicators", "list", "--format", "json"])
        .exits(0)
        .json();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| {
        let what = (
            text(row, "action"),
            text(row, "severity"),
            text(row, "owner"),
        );
        (text(row, "value"), what)
    })
    .collect()
}

fn values(world: &World) -> Vec<String> {
    tenant(world).into_keys().collect()
}

fn plan(world: &World, more: &[&str]) -> Run {
    world.tesem(&[&["indicators", "plan", "--action", "block"], more].concat())
}

fn apply(world: &World, more: &[&str]) -> Run {
    world.tesem(&[&["indicators", "apply", "plan.json", "--yes"], more].concat())
}

/// What a plan does, by value.
fn steps(run: &Run) -> BTreeMap<String, String> {
    let mut reader = csv::Reader::from_reader(run.output_bytes());
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    rows.map(|row| {
        let row = row.unwrap();
        (row["Value"].clone(), row["Do"].clone())
    })
    .collect()
}

fn does<const N: usize>(expected: [(&str, &str); N]) -> BTreeMap<String, String> {
    let pairs = expected.into_iter();
    pairs
        .map(|(value, does)| (value.to_owned(), does.to_owned()))
        .collect()
}

/// Calls of the twin that write indicators.
fn writes(world: &World) -> usize {
    let calls = world.twin().calls();
    let is_write = |path: &str| path.ends_with("/import") || path.ends_with("/BatchDelete");
    calls.iter().filter(|call| is_write(&call.path)).count()
}

const LIST: &str = "evil.example.com\nhxxp://evil[.]org/gate.php\n203.0.113.7\n10.0.0.1\n";

#[test]
fn a_plan_shows_what_would_be_done_and_does_nothing() {
    let (_data, world) = empty();
    world.write("block.txt", LIST);
    let planned = plan(&world, &["block.txt", "--detailed-exitcode"]).exits(4);
    insta::assert_snapshot!("plan", without_dates(&planned.stdout()));
    let again = plan(&world, &["block.txt", "--out", "again.json"]).exits(0);
    assert_eq!(again.stdout(), planned.stdout());
    let read = |name: &str| std::fs::read(world.folder.path().join(name)).unwrap();
    assert_eq!(read("plan.json"), read("again.json"));
    let shuffled: Vec<&str> = LIST.lines().rev().collect();
    world.write("block.txt", shuffled.join("\n"));
    plan(&world, &["block.txt", "--out", "again.json"]).exits(0);
    assert_eq!(read("plan.json"), read("again.json"));
    let explained = apply(&world, &["--explain"]).exits(0).stderr();
    assert!(
        explained.contains("1 import and 0 deletions"),
        "{explained}"
    );
    assert_eq!(writes(&world), 0);
}

#[test]
fn a_list_is_applied_changed_and_rolled_back() {
    let (_data, world) = empty();
    let blocked = |values: &[&str]| -> BTreeMap<String, (String, String, String)> {
        let block = ("Block".to_owned(), "Medium".to_owned(), "ours".to_owned());
        let values = values.iter();
        values
            .map(|value| ((*value).to_owned(), block.clone()))
            .collect()
    };
    let first = [
        "evil.example.com",
        "http://evil.org/gate.php",
        "203.0.113.7",
    ];
    world.write("block.txt", LIST);
    plan(&world, &["block.txt"]).exits(0);
    let applied = apply(&world, &[]).exits(0).stderr();
    assert!(applied.contains("twin: 3 done"), "{applied}");
    assert_eq!(tenant(&world), blocked(&first));
    plan(&world, &["block.txt", "--detailed-exitcode"]).exits(0);

    world.write("block.txt", LIST.replace("203.0.113.7", "203.0.113.8"));
    let changed = plan(&world, &["block.txt", "--format", "csv"]).exits(0);
    let mut expected = does([("203.0.113.7", "withdraw"), ("203.0.113.8", "create")]);
    expected.insert("10.0.0.1".to_owned(), "refuse".to_owned());
    assert_eq!(steps(&changed), expected);
    apply(&world, &["--allow-deletes", "1"]).exits(0);
    assert_eq!(
        tenant(&world),
        blocked(&[first[0], first[1], "203.0.113.8"])
    );

    let rollback = |code| {
        world
            .tesem(&["indicators", "rollback", "--yes"])
            .exits(code)
    };
    rollback(0);
    assert_eq!(tenant(&world), blocked(&first));
    rollback(0);
    assert!(values(&world).is_empty());
    let nothing = rollback(2).stderr();
    assert!(nothing.contains("no apply"), "{nothing}");
}

/// Dates depend on the day.
fn without_dates(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words = line
            .split(' ')
            .map(|word| match word.len() == 10 && word.starts_with("20") {
                true => "YYYY-MM-DD",
                false => word,
            });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_others_made_is_never_changed_and_is_told() {
    let theirs = json!([
        portal(1, "DomainName", "evil.com", "Allowed"),
        portal(2, "IpAddress", "203.0.113.9", "Block"),
    ]);
    let (_data, world) = with_indicators(&theirs);
    world.write("block.txt", "evil.com\nevil.org\n");
    let planned = plan(&world, &["block.txt", "--format", "csv"]).exits(0);
    assert_eq!(
        steps(&planned),
        does([("evil.com", "leave"), ("evil.org", "create")])
    );
    assert!(
        planned
            .stdout()
            .contains("Ana has one for the same value (Allowed)"),
        "{}",
        planned.stdout()
    );
    apply(&world, &[]).exits(0);
    let before = tenant(&world);
    world.write("block.txt", "evil.net\n");
    plan(&world, &["block.txt"]).exits(0);
    apply(&world, &["--allow-deletes", "100%"]).exits(0);
    let after = tenant(&world);
    assert_eq!(after.len(), 3);
    for value in ["evil.com", "203.0.113.9"] {
        assert_eq!(before[value], after[value]);
    }
}

#[test]
fn a_plan_is_applied_to_what_it_was_made_from_only() {
    let (_data, world) = empty();
    world.write("block.txt", "evil.com\n");
    plan(&world, &["block.txt"]).exits(0);
    apply(&world, &[]).exits(0);
    let again = apply(&world, &[]).exits(0).stderr();
    assert!(again.contains("has applied this plan already"), "{again}");
    assert_eq!(writes(&world), 1);

    world.write("block.txt", "evil.com\nevil.org\n");
    plan(&world, &["block.txt"]).exits(0);
    world.write("other.txt", "evil.net\n");
    let other = ["other.txt", "--out", "other.json", "--application", "Other"];
    plan(&world, &other).exits(0);
    world
        .tesem(&["indicators", "apply", "other.json", "--yes"])
        .exits(0);
    let before = writes(&world);
    let stale = apply(&world, &[]).exits(1);
    let told = stale.stderr();
    assert!(
        told.contains("have changed since the plan was made: it had 1, 2 are there now"),
        "{told}"
    );
    assert!(told.contains("hint: plan again"), "{told}");
    assert_eq!(writes(&world), before);
    plan(&world, &["block.txt"]).exits(0);
    apply(&world, &[]).exits(0);
    assert_eq!(values(&world), ["evil.com", "evil.net", "evil.org"]);
}

#[test]
fn many_withdrawals_need_leave() {
    let (_data, world) = empty();
    let hosts: String = (0..10)
        .map(|number| format!("evil-{number}.com\n"))
        .collect();
    world.write("block.txt", &hosts);
    plan(&world, &["block.txt"]).exits(0);
    apply(&world, &[]).exits(0);
    world.write("block.txt", "evil-0.com\n");
    plan(&world, &["block.txt"]).exits(0);
    let writes_before = writes(&world);
    for limit in [
        &[][..],
        &["--allow-deletes", "8"],
        &["--allow-deletes", "80%"],
    ] {
        let refused = apply(&world, limit).exits(1);
        let told = refused.stderr();
        assert!(
            told.contains("withdraws or weakens 9 of our 10 indicators"),
            "{told}"
        );
        assert!(told.contains("--allow-deletes 9"), "{told}");
    }
    assert_eq!(writes(&world), writes_before);
    let unasked = world
        .tesem(&["indicators", "apply", "plan.json", "--allow-deletes", "9"])
        .exits(2);
    assert!(unasked.stderr().contains("--yes"), "{}", unasked.stderr());
    apply(&world, &["--allow-deletes", "9"]).exits(0);
    assert_eq!(values(&world), ["evil-0.com"]);
}

/// `feeds`: names of text feeds, each over the file NAME.txt.
fn configure(world: &World, feeds: &[&str], more: &str) {
    let mut text = String::from("[lists]\nbuiltin = false\n");
    for name in feeds {
        text.push_str(&format!(
            "[feeds.{name}]\nkind = \"text\"\nurl = \"{name}.txt\"\n"
        ));
    }
    world.configure(&(text + more));
}

fn lines(from: usize, to: usize) -> String {
    (from..to)
        .map(|number| format!("host-{number}.evil-{number}.com\n"))
        .collect()
}

#[test]
fn a_feed_that_fails_shrinks_or_disappears_withdraws_nothing() {
    let (_data, world) = empty();
    configure(&world, &["c2", "partners"], "");
    world.write("c2.txt", lines(0, 40));
    world.write("partners.txt", "evil.org\n");
    let all = ["--feed", "c2,partners", "--format", "csv"];
    plan(&world, &all).exits(0);
    apply(&world, &[]).exits(0);
    assert_eq!(values(&world).len(), 41);

    let nothing = |run: &Run, reason: &str| {
        assert!(
            steps(run).values().all(|does| does == "keep"),
            "{}",
            run.stdout()
        );
        assert!(run.stderr().contains(reason), "{}", run.stderr());
    };
    std::fs::remove_file(world.folder.path().join("c2.txt")).unwrap();
    nothing(&plan(&world, &all).exits(3), "c2 is incomplete");
    for (content, reason) in [
        (lines(0, 10), "it gave 10 indicators, and 40 before"),
        (String::new(), "it gave nothing"),
    ] {
        world.write("c2.txt", content);
        nothing(&plan(&world, &all).exits(0), reason);
    }
    world.write("c2.txt", lines(0, 40));
    nothing(
        &plan(&world, &["--feed", "partners", "--format", "csv"]).exits(0),
        "c2 is incomplete (it is not asked in this run)",
    );

    configure(&world, &["partners"], "");
    let gone = plan(&world, &["--feed", "partners", "--format", "csv"]).exits(0);
    assert!(
        gone.stdout()
            .contains("c2 is no longer a source; its grace ends at"),
        "{}",
        gone.stdout()
    );
    assert!(steps(&gone).values().all(|does| does == "keep"));
    let over = plan(
        &world,
        &["--feed", "partners", "--format", "csv", "--grace", "0s"],
    )
    .exits(0);
    assert_eq!(
        steps(&over)
            .values()
            .filter(|does| *does == "withdraw")
            .count(),
        40
    );

    configure(&world, &["c2", "partners"], "");
    world.write("c2.txt", lines(0, 10));
    let believed = plan(&world, &[&all[..], &["--accept-shrunk", "c2"]].concat()).exits(0);
    assert_eq!(
        steps(&believed)
            .values()
            .filter(|does| *does == "withdraw")
            .count(),
        30
    );
}

#[test]
fn policies_are_those_of_the_feeds_and_flags_win() {
    let (_data, world) = empty();
    configure(
        &world,
        &["c2", "partners"],
        "[indicators]\nfeeds = [\"c2\", \"partners\"]\n[indicators.policy]\nseverity = \"low\"\ntitle = \"{value} of {feeds}\"\n\
         [indicators.policies.c2]\naction = \"block\"\nseverity = \"high\"\n",
    );
    world.write(
        "c2.txt",
        "evil.com\nboth.com\n275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f\n",
    );
    world.write("partners.txt", "evil.org\nboth.com\n");
    world.tesem(&["indicators", "plan"]).exits(0);
    apply(&world, &[]).exits(0);
    let expected = [
        (
            "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
            "BlockAndRemediate",
            "High",
        ),
        ("both.com", "Block", "High"),
        ("evil.com", "Block", "High"),
        ("evil.org", "Audit", "Low"),
    ];
    let found: Vec<(String, String, String)> = tenant(&world)
        .into_iter()
        .map(|(value, (action, severity, _))| (value, action, severity))
        .collect();
    assert_eq!(
        found,
        expected.map(|(value, action, severity)| (
            value.to_owned(),
            action.to_owned(),
            severity.to_owned()
        ))
    );
    let listed = world
        .tesem(&["indicators", "list", "--search", "both.com of c2, partners"])
        .exits(0);
    assert!(listed.stdout().contains("both.com"), "{}", listed.stdout());
    let flagged = world
        .tesem(&[
            "indicators",
            "plan",
            "--severity",
            "medium",
            "--format",
            "csv",
        ])
        .exits(0);
    assert_eq!(
        steps(&flagged)
            .values()
            .filter(|does| *does == "change")
            .count(),
        4
    );
}

#[test]
fn what_has_no_room_is_handed_to_the_hunt() {
    let (_data, world) = empty();
    configure(&world, &["c2"], "[indicators.policies.c2]\nmaximum = 2\n");
    world.write("c2.txt", "b.evil.com\nc.evil.org\na.evil.net\n");
    world.write(
        "coverage.csv",
        "Indicator,Verdict\nc.evil.org,hit\nb.evil.com,clear\n",
    );
    let planned = plan(
        &world,
        &["--feed", "c2", "--seen", "coverage.csv", "--format", "csv"],
    )
    .exits(0);
    let expected = does([
        ("a.evil.net", "create"),
        ("b.evil.com", "leave"),
        ("c.evil.org", "create"),
    ]);
    assert_eq!(steps(&planned), expected);
    assert!(
        planned
            .stderr()
            .contains("tesem hunt plan.overflow.txt --new-only"),
        "{}",
        planned.stderr()
    );
    let overflow = std::fs::read_to_string(world.folder.path().join("plan.overflow.txt")).unwrap();
    assert_eq!(overflow, "b.evil.com\n");
    configure(&world, &["c2"], "");
    plan(&world, &["--feed", "c2"]).exits(0);
    assert!(!world.folder.path().join("plan.overflow.txt").exists());
}

#[test]
fn sync_keeps_a_tenant_as_its_sources_want_it_and_holds_back_what_looks_wrong() {
    let (_data, world) = empty();
    configure(
        &world,
        &["c2"],
        "[indicators]\nfeeds = [\"c2\"]\n[indicators.policy]\naction = \"block\"\n",
    );
    world.write("c2.txt", lines(0, 10));
    let sync = |more: &[&str], code| {
        world
            .tesem(&[&["indicators", "sync"], more].concat())
            .exits(code)
    };
    sync(&[], 0);
    assert_eq!((values(&world).len(), writes(&world)), (10, 1));
    sync(&[], 0);
    assert_eq!(writes(&world), 1, "nothing to do, nothing sent");
    world.write("c2.txt", lines(4, 12));
    let held = sync(&[], 3);
    assert!(
        held.stderr()
            .contains("4 of our 10 indicators would be withdrawn or weakened, and 20% are allowed"),
        "{}",
        held.stderr()
    );
    assert_eq!(values(&world).len(), 12, "what is new is made");
    sync(&["--allow-deletes", "50%"], 0);
    assert_eq!(values(&world).len(), 8);
    world.write("c2.txt", "");
    let empty = sync(&["--allow-deletes", "100%"], 0);
    assert!(
        empty.stderr().contains("it gave nothing"),
        "{}",
        empty.stderr()
    );
    assert_eq!(values(&world).len(), 8);
    world.write("list.txt", "evil.com\n");
    sync(&["list.txt", "--feed", "c2"], 0);
    assert_eq!(values(&world).len(), 9);
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Adds the tenant of another world to the configuration, as `other`.
fn configure_other(world: &World, other: &World) {
    let base = other.twin().base_url();
    world.configure(&format!(
        "[tenants.other]\ntenant_id = \"{}\"\nclient_id = \"{}\"\nclient_secret = {{ env = \"OTHER_SECRET\" }}\n\
         endpoints = {{ login = \"{base}\", graph = \"{base}\", defender = \"{base}\" }}\n",
        other.twin().tenant().tenant_id,
        app(other),
    ));
}

#[test]
fn one_baseline_goes_to_many_tenants_and_drift_is_told() {
    let ((_data, world), (_other_data, other)) = (empty(), empty());
    configure_other(&world, &other);
    let secret = other.secret();
    let tesem = |line: &str| world.tesem_in(&words(line), &[("OTHER_SECRET", &secret)]);
    world.write("block.txt", "evil.com\nevil.org\n");
    let planned = tesem("indicators plan block.txt --all-tenants --action block")
        .exits(0)
        .stderr();
    assert!(planned.contains("other: 2 to create"), "{planned}");
    tesem("indicators apply plan-twin.json plan-other.json --yes").exits(0);

    // Somebody removes one of ours in one tenant.
    other.write("block.txt", "evil.com\n");
    plan(&other, &["block.txt"]).exits(0);
    apply(&other, &["--allow-deletes", "1"]).exits(0);
    let drift =
        "indicators plan block.txt --all-tenants --action block --format csv --detailed-exitcode";
    let drift = tesem(drift).exits(4);
    let mut reader = csv::Reader::from_reader(drift.output_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    let names = ["Tenant", "Value", "Do", "Drift"];
    assert_eq!(
        names.map(|name| rows[0][name].as_str()),
        ["other", "evil.org", "create", "true"]
    );
}

#[test]
fn new_blocks_that_would_stop_many_devices_raise_alerts_instead() {
    let world = World::new();
    world.write("block.txt", "google.com\n203.0.113.7\n");
    let counting = ["block.txt", "--prevalence", "--format", "csv"];
    let planned = plan(&world, &counting).exits(0);
    let mut reader = csv::Reader::from_reader(planned.output_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let of = |does: &str, value: &str| {
        let found = rows
            .iter()
            .find(|row| row["Do"] == does && row["Value"] == value);
        found.map(|row| {
            (
                row["Action"].clone(),
                row["Devices"].parse::<u64>().unwrap(),
            )
        })
    };
    let (action, devices) = of("create", "google.com").unwrap();
    assert!(action == "Audit" && devices > 10, "{rows:?}");
    assert!(of("soften", "google.com").is_some());
    let (action, devices) = of("create", "203.0.113.7").unwrap();
    assert!(action == "Block" && (1..=10).contains(&devices), "{rows:?}");
    apply(&world, &[]).exits(0);
    plan(&world, &[&counting[..], &["--detailed-exitcode"]].concat()).exits(0);
    let calls = world.hunting_calls();
    plan(&world, &["203.0.113.7", "--prevalence"]).exits(2);
    assert_eq!(world.hunting_calls(), calls);
}

/// Looks again and again until something has come, for a minute at the least.
fn wait_for(world: &World, has_come: impl Fn() -> bool) {
    let mut looks = 0;
    while !has_come() {
        looks += 1;
        assert!(looks < 60_000, "it did not come");
        world.pause();
    }
}

#[test]
fn sync_goes_on_at_intervals_until_it_is_stopped() {
    let (_data, world) = empty();
    world.write("block.txt", "evil.com\n");
    let mut running = world.start(&words("indicators sync block.txt --every 1s"));
    wait_for(&world, || writes(&world) == 1);
    world.write("block.txt", "evil.com\nevil.org\n");
    wait_for(&world, || writes(&world) == 2);
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(values(&world), ["evil.com", "evil.org"]);
}

#[test]
fn what_cannot_be_a_plan_is_refused_by_name() {
    let (_data, world) = empty();
    let cases: [(&[&str], &str); 9] = [
        (&["plan"], "nothing is wanted"),
        (&["plan", "missing.txt"], "cannot read missing.txt"),
        (&["plan", "block.txt", "--feed", "c3"], "no feed"),
        (
            &["plan", "block.txt", "--action", "blok"],
            "there is no action `blok`",
        ),
        (
            &["apply", "missing.json", "--yes"],
            "make one with `tesem indicators plan`",
        ),
        (
            &["apply", "block.txt", "--yes"],
            "it is no plan of this program",
        ),
        (&["apply", "old.json", "--yes"], "format version 99"),
        (&["rollback", "--yes"], "no apply"),
        (&["sync", "block.txt", "--every", "0s"], "is no interval"),
    ];
    world.write("block.txt", "evil.com\n");
    world.write("old.json", r#"{"format_version": 99}"#);
    for (arguments, expected) in cases {
        let refused = world.tesem(&[&["indicators"], arguments].concat()).exits(2);
        assert!(
            refused.stderr().contains(expected),
            "{arguments:?}: {}",
            refused.stderr()
        );
    }
    plan(&world, &["block.txt"]).exits(0);
    let text = std::fs::read_to_string(world.folder.path().join("plan.json")).unwrap();
    for wrong in [
        text.replace("\"twin\"", "\"nobody\""),
        text.replace(
            &world.twin().tenant().tenant_id.to_string(),
            "11111111-1111-1111-1111-111111111111",
        ),
    ] {
        world.write("plan.json", wrong);
        let refused = apply(&world, &[]).exits(2);
        assert!(refused.stderr().contains("tenant"), "{}", refused.stderr());
    }
    assert_eq!(writes(&world), 0);
}
