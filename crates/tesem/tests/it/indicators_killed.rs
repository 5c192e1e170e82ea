//! An apply that is killed at any moment goes on by the same command, and ends as an undisturbed one; so does a rollback.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tesem_state::{Clock as _, SystemClock};
use tesem_twin::{QuotaSetting, TwinOptions, TwinSource};

use crate::world::{Run, World};

/// How often an apply is killed in each of the two tests.
const KILLS: usize = 50;

/// Most moments at which one apply is killed.
const MOMENTS: usize = 30;

/// How many indicators of each kind there are: those to be changed, renewed, withdrawn, left as they are and made, which makes 3,000
/// steps, and those of others, of which some stand for values that are wanted, too.
const CHANGED: usize = 800;
const RENEWED: usize = 700;
const WITHDRAWN: usize = 600;
const UNCHANGED: usize = 900;
const CREATED: usize = 900;
const FOREIGN: usize = 200;
const CONTESTED: usize = 50;

const STEPS: usize = CHANGED + RENEWED + WITHDRAWN + CREATED;

/// The app that the program signs in as.
const APP: &str = "11111111-2222-3333-4444-555555555555";

const APPLY: [&str; 5] = ["indicators", "apply", "plan.json", "--yes", "--quiet"];

const ROLLBACK: [&str; 4] = ["indicators", "rollback", "--yes", "--quiet"];

/// When a process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// After so many looks at it, mostly while it starts or reads.
    Looks(u64),
    /// When the twin has answered one more call that writes.
    Answered,
    /// When the twin has done the work of such a call and dropped the connection.
    Dropped,
    /// When what is written down of the runs has grown by so many bytes.
    Growth(u64),
    /// So many looks after the end was written down.
    Ended(u64),
}

impl Moment {
    fn any(random: &mut ChaCha8Rng) -> Self {
        match random.random_range(0..20) {
            0..4 => Self::Looks(random.random_range(0..200)),
            4..8 => Self::Answered,
            8..10 => Self::Dropped,
            10..19 => Self::Growth(random.random_range(1..12_000)),
            _ => Self::Ended(random.random_range(0..6)),
        }
    }

    /// What has to grow until the moment comes.
    fn measure(self, world: &World, looks: u64) -> u64 {
        match self {
            Self::Looks(_) => looks,
            Self::Answered => answered(world),
            Self::Dropped => writing(world, |status| status.is_none()),
            Self::Growth(_) => runs(world).iter().map(|run| written(run)).sum(),
            Self::Ended(_) => runs(world)
                .iter()
                .map(|run| u64::from(has_ended(run)))
                .sum(),
        }
    }

    /// By how much it has to grow.
    fn growth(self) -> u64 {
        match self {
            Self::Looks(growth) | Self::Growth(growth) => growth,
            Self::Answered | Self::Dropped | Self::Ended(_) => 1,
        }
    }

    /// For how many looks the process then lives on.
    fn grace(self) -> u64 {
        match self {
            Self::Ended(looks) => looks,
            _ => 0,
        }
    }
}

/// Calls that wrote and ended so.
fn writing(world: &World, is_it: fn(Option<u16>) -> bool) -> u64 {
    let calls = world.twin().calls();
    let writing = calls.iter().filter(|call| is_writing(&call.path));
    writing.filter(|call| is_it(call.status)).count() as u64
}

/// Calls that wrote and were answered.
fn answered(world: &World) -> u64 {
    writing(world, |status| status.is_some())
}

/// Bytes that are written down of a run.
fn written(run: &Path) -> u64 {
    let length = |name| fs::metadata(run.join(name)).map_or(0, |data| data.len());
    length("journal.jsonl") + length("changes.csv")
}

fn is_writing(path: &str) -> bool {
    path.starts_with("/api/indicators/")
}

fn runs(world: &World) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(world.folder.path().join("results")) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| !path.ends_with(".tesem")).collect()
}

fn has_ended(run: &Path) -> bool {
    let text = fs::read_to_string(run.join("journal.jsonl")).unwrap_or_default();
    let last = text.trim_end().lines().next_back();
    last.is_some_and(|line| line.contains(r#""record":"ended""#))
}

/// A value of some type, another for each number.
fn value(number: usize) -> (&'static str, String) {
    let (high, low) = (number / 250, number % 250 + 1);
    match number % 4 {
        0 => ("DomainName", format!("host-{number}.evil-{number}.com")),
        1 => ("IpAddress", format!("45.77.{high}.{low}")),
        2 => ("Url", format!("https://bad-{number}.net/gate.php")),
        _ => ("FileSha256", format!("{number:064x}")),
    }
}

/// An indicator as `plan` wants it, until so many days from now.
fn indicator(number: usize, days: i64) -> Value {
    let (kind, value) = value(number);
    let end = SystemClock.now() + SignedDuration::from_hours(24 * days);
    json!({
        "id": (number + 1).to_string(), "indicatorType": kind, "indicatorValue": value, "action": "Audit", "severity": "High",
        "title": "wanted", "description": "wanted", "application": "Tesem", "createdBy": APP, "generateAlert": true,
        "recommendedActions": null, "educateUrl": null, "rbacGroupNames": [],
        "expirationTime": end.strftime("%Y-%m-%dT%H:%M:%S.0Z").to_string(),
    })
}

/// The tenant before, and the list of what is wanted.
fn before() -> (Vec<Value>, String) {
    let mut all = Vec::new();
    let mut list = String::new();
    let kinds = [
        (UNCHANGED, "unchanged"),
        (CHANGED, "changed"),
        (RENEWED, "renewed"),
        (WITHDRAWN, "withdrawn"),
        (CREATED, "created"),
        (CONTESTED, "contested"),
        (FOREIGN - CONTESTED, "foreign"),
    ];
    let kinds = kinds
        .iter()
        .flat_map(|(count, kind)| std::iter::repeat_n(*kind, *count));
    for (number, kind) in kinds.enumerate() {
        let mut one = indicator(number, if kind == "renewed" { 10 } else { 300 });
        match kind {
            "changed" => one["severity"] = json!("Low"),
            "contested" | "foreign" => one["createdBy"] = json!("ann@contoso.com"),
            _ => {}
        }
        if !["withdrawn", "foreign"].contains(&kind) {
            list += &format!("{}\n", value(number).1);
        }
        if kind != "created" {
            all.push(one);
        }
    }
    (all, list)
}

/// A tenant without quota and without tables.
fn world() -> World {
    let (indicators, list) = before();
    let data = tempfile::tempdir().unwrap();
    let write = |name: &str, value: &Value| {
        fs::write(data.path().join(name), value.to_string()).unwrap();
    };
    let app = json!({"client_id": APP, "client_secret": "s3cret", "roles": ["Ti.ReadWrite.All"]});
    write("tenant.json", &json!({"apps": [app]}));
    write("indicators.json", &json!(indicators));
    let world = World::serving(TwinOptions {
        quota: QuotaSetting::Off,
        ..TwinOptions::new(TwinSource::Directory(data.path().to_owned()))
    });
    world.write("list.txt", list);
    world
}

fn plan(world: &World, exit: i32) {
    let plan = [
        "indicators",
        "plan",
        "list.txt",
        "--no-lists",
        "--severity",
        "high",
        "--title",
        "wanted",
        "--description",
        "wanted",
        "--detailed-exitcode",
        "--format",
        "jsonl",
        "--quiet",
    ];
    world.tesem(&plan).exits(exit);
}

/// What the tenant has, by value.
#[derive(Debug, PartialEq)]
struct Tenant {
    /// As they are, with id and times.
    foreign: Vec<Value>,
    ours: Vec<Value>,
}

impl Tenant {
    fn of(world: &World) -> Self {
        let export = ["indicators", "export", "--format", "json", "--quiet"];
        let Value::Array(mut all) = world.tesem(&export).exits(0).json() else {
            panic!("no list");
        };
        let value = |one: &Value| one["indicatorValue"].as_str().unwrap().to_owned();
        all.sort_by_key(value);
        let values: BTreeSet<String> = all.iter().map(value).collect();
        assert_eq!(values.len(), all.len(), "one is there twice");
        let (ours, foreign) = all.into_iter().partition(|one| one["createdBy"] == APP);
        Self { foreign, ours }.without_ids()
    }

    /// Without what the service gives anew.
    fn without_ids(mut self) -> Self {
        let submitted = indicator(0, 0);
        for one in &mut self.ours {
            let fields = one.as_object_mut().unwrap();
            fields.retain(|name, _| name != "id" && submitted.get(name).is_some());
        }
        self
    }

    /// Without the moment at which each of ours ends, but with how far that is away.
    fn without_times(mut self) -> Self {
        let now = SystemClock.now();
        for one in &mut self.ours {
            let end: Timestamp = one["expirationTime"].as_str().unwrap().parse().unwrap();
            one["expirationTime"] = json!(end.duration_since(now).as_hours() / (24 * 30));
        }
        self
    }

    fn assert_same(&self, other: &Self) {
        assert!(
            self.foreign == other.foreign,
            "what is not ours was changed"
        );
        assert_eq!(self.ours.len(), other.ours.len());
        for (one, other) in self.ours.iter().zip(&other.ours) {
            assert_eq!(one, other);
        }
    }
}

/// Kills the process when the moment comes; what it gave if it ended by itself before.
fn kill_at(moment: Moment, world: &World, mut child: Child) -> Option<Run> {
    let goal = moment.measure(world, 0) + moment.growth();
    let (mut looks, mut grace) = (0, moment.grace());
    while child.try_wait().unwrap().is_none() {
        let has_come = moment.measure(world, looks) >= goal;
        if has_come && grace == 0 {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        grace -= u64::from(has_come);
        world.pause();
        looks += 1;
    }
    Some(World::finished(child))
}

/// Starts the same command again and again, each time until it is killed, and at last lets it end. Says how often it was killed.
fn through(world: &World, command: &[&str], moments: impl Iterator<Item = Moment>) -> (Run, usize) {
    let mut kills = 0;
    for moment in moments {
        if let Moment::Dropped = moment {
            world.fault(&json!({"path": "/api/indicators/*", "calls": 1, "drop": "after"}));
        }
        match kill_at(moment, world, world.start(command)) {
            Some(run) => return (run, kills),
            None => kills += 1,
        }
    }
    (world.tesem(command), kills)
}

/// What became of each step, by the newest table of changes.
fn results(world: &World) -> Vec<String> {
    let mut runs = runs(world);
    runs.sort();
    let mut tables = runs.iter().rev().map(|run| run.join("changes.csv"));
    let path = tables.find(|path| path.is_file());
    let mut reader = csv::Reader::from_path(path.unwrap()).unwrap();
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| row[5].to_owned()).collect()
}

#[test]
fn fifty_kills_leave_no_trace_in_the_tenant() {
    kill_again_and_again(0x7e5e);
}

#[test]
fn fifty_others_leave_none_either() {
    kill_again_and_again(0x5e7e);
}

fn kill_again_and_again(seed: u64) {
    let world = world();
    let before = Tenant::of(&world);
    assert_eq!(
        (before.foreign.len(), before.ours.len()),
        (FOREIGN, CHANGED + RENEWED + WITHDRAWN + UNCHANGED)
    );
    plan(&world, 4);
    world.tesem(&APPLY).exits(0);
    let expected = answered(&world);
    assert_eq!(results(&world), vec!["done"; STEPS]);
    let after = Tenant::of(&world).without_times();
    assert_eq!(
        after.ours.len(),
        CHANGED + RENEWED + UNCHANGED + CREATED,
        "withdrawn ones are gone"
    );
    world.tesem(&ROLLBACK).exits(0);
    Tenant::of(&world).assert_same(&before);

    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut kills = 0;
    while kills < KILLS {
        plan(&world, 4);
        let answers = answered(&world);
        let moments: Vec<Moment> = (0..MOMENTS).map(|_| Moment::any(&mut random)).collect();
        let (over, killed) = through(&world, &APPLY, moments.into_iter());
        over.exits(0);
        kills += killed;
        let made = answered(&world) - answers;
        assert!(
            made <= expected + killed as u64,
            "{made} calls wrote, {expected} do undisturbed, and {killed} were killed"
        );
        assert_eq!(results(&world), vec!["done"; STEPS]);
        Tenant::of(&world).without_times().assert_same(&after);
        plan(&world, 0);

        let (over, _) = through(&world, &ROLLBACK, std::iter::once(Moment::any(&mut random)));
        over.exits(0);
        Tenant::of(&world).assert_same(&before);
        // Each look reads what is written down of all runs.
        fs::remove_dir_all(world.folder.path().join("results")).unwrap();
    }
}
