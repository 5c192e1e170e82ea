//! A run that is killed at any moment goes on, repeats no finished call and ends as an undisturbed one.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::SystemTime;

use jiff::SignedDuration;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tesem_twin::{QuotaSetting, TwinLimits, TwinOptions, TwinSource};

use crate::world::{Run, World, options};

/// How often a process is killed.
const KILLS: usize = 50;

/// Indicators, half of which are present.
const DOMAINS: usize = 16;

/// Events in the tenant, the same number for each present indicator.
const EVENTS: usize = 64;

/// What must be the same, byte for byte.
const FILES: [&str; 8] = [
    "hits.csv",
    "hits.jsonl",
    "sightings.csv",
    "coverage.csv",
    "timesketch.csv",
    "hits.parquet",
    "sightings.parquet",
    "sightings.stix.json",
];

const HUNTING: &str = "/v1.0/security/runHuntingQuery";

const RESUME: [&str; 4] = ["hunt", "--resume", "killed", "--quiet"];

/// When a process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// After so many looks at it, mostly while it starts or waits for an answer.
    Looks(u32),
    /// When the twin has answered so many more hunting calls.
    Answers(usize),
    /// When the twin has done the work of a call and dropped the connection.
    Dropped,
    /// When the folder of the run has grown by so many bytes, mostly while an answer or a record is written.
    Growth(u64),
    /// When the output of that number in [`FILES`] is begun or replaced.
    Output(usize),
}

impl Moment {
    /// One that can come while there are queries to ask.
    fn of_asking(random: &mut ChaCha8Rng) -> Self {
        match random.random_range(0..20) {
            0..5 => Self::Looks(random.random_range(0..300)),
            5..11 => Self::Answers(random.random_range(1..4)),
            11..13 => Self::Dropped,
            _ => Self::Growth(random.random_range(1..6_000)),
        }
    }

    /// One that can come when only the outputs are to be written.
    fn of_writing(random: &mut ChaCha8Rng) -> Self {
        match random.random_range(0..12) {
            0..4 => Self::Looks(random.random_range(0..300)),
            4..6 => Self::Growth(random.random_range(1..6_000)),
            _ => Self::Output(random.random_range(0..FILES.len())),
        }
    }
}

/// What a process can have changed so far.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    answers: usize,
    calls: usize,
    bytes: u64,
    outputs: Vec<[Option<(u64, SystemTime)>; 2]>,
}

impl State {
    fn of(world: &World, run: &Path) -> Self {
        let calls = world.twin().calls();
        let hunting = calls.iter().filter(|call| call.path == HUNTING);
        Self {
            answers: hunting.clone().filter(|call| call.status.is_some()).count(),
            calls: hunting.count(),
            bytes: bytes(run),
            outputs: FILES
                .iter()
                .map(|name| [stamp(&run.join(name)), stamp(&part(run, name))])
                .collect(),
        }
    }

    /// Whether `moment` of a process has come that started from `self`.
    fn has_come(&self, moment: Moment, now: &Self, looks: u32) -> bool {
        match moment {
            Moment::Looks(most) => looks >= most,
            Moment::Answers(more) => now.answers >= self.answers + more,
            Moment::Dropped => now.calls - now.answers > self.calls - self.answers,
            Moment::Growth(more) => now.bytes >= self.bytes + more,
            Moment::Output(number) => now.outputs[number] != self.outputs[number],
        }
    }
}

fn part(run: &Path, name: &str) -> PathBuf {
    run.join(format!("{name}.part"))
}

fn stamp(path: &Path) -> Option<(u64, SystemTime)> {
    let of = |data: Metadata| (data.len(), data.modified().unwrap());
    fs::metadata(path).ok().map(of)
}

/// Bytes of all files in `folder`; a file may vanish while it is looked at.
fn bytes(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let size = |path: PathBuf| match fs::metadata(&path) {
        Ok(data) if data.is_dir() => bytes(&path),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    paths.map(size).sum()
}

/// How many queries are finished for good: those with a record in the journal, or with an answer on disk.
fn finished(run: &Path) -> usize {
    let journal = fs::read_to_string(run.join("journal.jsonl")).unwrap();
    let whole = journal.split_inclusive('\n').skip(1);
    let mut keys: HashSet<String> = whole
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|record| record["key"].as_str().unwrap().to_owned())
        .collect();
    for entry in fs::read_dir(run.join("answers")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        keys.extend(name.strip_suffix(".json").map(str::to_owned));
    }
    keys.len()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A tenant without quota, whose small answers make most queries too much, so that they are split.
fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tables")).unwrap();
    let now = options().until;
    let row = |n: usize| {
        json!({
            "Timestamp": (now - SignedDuration::from_mins(i64::try_from(n).unwrap())).to_string(),
            "DeviceId": format!("id-{n}"), "DeviceName": format!("ws-{n}"), "ReportId": n,
            "RemoteUrl": format!("https://{}/{n}", domain(n % (DOMAINS / 2))),
        })
    };
    let rows: String = (0..EVENTS).map(|n| row(n).to_string() + "\n").collect();
    fs::write(folder.path().join("tables/DeviceNetworkEvents.jsonl"), rows).unwrap();
    World::serving(TwinOptions {
        quota: QuotaSetting::Off,
        limits: TwinLimits {
            result_bytes_max: 2_500,
            ..TwinLimits::default()
        },
        ..TwinOptions::new(TwinSource::Directory(folder.path().to_owned()))
    })
}

/// The longer, the later, so that queries can be told apart by their bytes.
fn domain(n: usize) -> String {
    format!("c2-{}{n}.evil.com", "x".repeat(n * 2))
}

/// Sizes of the hunting calls after the first `skipped` calls of any kind that were answered, oldest first.
fn answered(world: &World, skipped: usize) -> Vec<usize> {
    let calls = world.twin().calls();
    let hunting = calls
        .iter()
        .skip(skipped)
        .filter(|call| call.path == HUNTING && call.status.is_some());
    hunting.map(|call| call.request_bytes).collect()
}

/// A run that is planned and has asked nothing yet.
fn begun(world: &World) -> PathBuf {
    let list: String = (0..DOMAINS).map(|n| domain(n) + "\n").collect();
    world.write("list.txt", list);
    world.fault(&json!({
        "path": HUNTING, "calls": 1, "status": 403,
        "body": {"error": {"code": "Forbidden", "message": "Missing application permissions."}},
    }));
    world
        .tesem(&["hunt", "list.txt", "--rows", "20", "--quiet"])
        .exits(1);
    let run = world.run_folder();
    assert_eq!(finished(&run), 0);
    for name in FILES {
        let _ = fs::remove_file(run.join(name));
    }
    run
}

/// Kills the process when the moment comes; what it gave if it ended by itself before.
fn kill_at(moment: Moment, world: &World, run: &Path, mut child: Child) -> Option<Run> {
    let before = State::of(world, run);
    let mut looks = 0;
    while child.try_wait().unwrap().is_none() {
        if before.has_come(moment, &State::of(world, run), looks) {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        world.pause();
        looks += 1;
    }
    Some(World::finished(child))
}

/// Lets a process work on the run until `moment`: it goes on where the run stood, and at most the query in flight is lost. Returns
/// what it gave if it was over before.
fn go_on(moment: Moment, world: &World, run: &Path, expected: &[usize]) -> Option<Run> {
    let (calls, before) = (world.twin().calls().len(), finished(run));
    if let Moment::Dropped = moment {
        world.fault(&json!({"path": HUNTING, "calls": 1, "drop": "after"}));
    }
    let over = kill_at(moment, world, run, world.start(&RESUME));
    let mut asked = answered(world, calls);
    if asked.len() > 1 && asked[0] == asked[1] {
        // The call that was in flight when the process before was killed, which the twin finished late.
        asked.remove(0);
    }
    assert!(
        expected[before..].starts_with(&asked),
        "{moment:?}: {asked:?} asked after {before} of {expected:?}"
    );
    let gained = finished(run) - before;
    let lost = asked.len() - gained;
    assert!(
        lost <= usize::from(over.is_none()),
        "{moment:?}: {lost} lost"
    );
    over
}

fn assert_same(whole: &Path, killed: &Path) {
    for name in FILES {
        let read = |run: &Path| fs::read(run.join(name)).unwrap();
        assert!(read(whole) == read(killed), "{name}");
        assert!(!part(killed, name).exists(), "{name} is left in part");
    }
}

#[test]
fn fifty_kills_leave_no_trace() {
    let world = world();
    let begun = begun(&world);
    let [whole, killed] = ["whole", "killed"].map(|name| world.folder.path().join(name));
    copy(&begun, &whole);
    let calls = world.twin().calls().len();
    world
        .tesem(&["hunt", "--resume", "whole", "--quiet"])
        .exits(0);
    let expected = answered(&world, calls);
    let distinct: HashSet<usize> = expected.iter().copied().collect();
    assert_eq!(
        distinct.len(),
        expected.len(),
        "told apart by their bytes: {expected:?}"
    );
    assert_eq!(finished(&whole), expected.len());
    let hits = fs::read_to_string(whole.join("hits.jsonl")).unwrap();
    assert_eq!(hits.lines().count(), EVENTS);

    let mut random = ChaCha8Rng::seed_from_u64(0x7e5e);
    let mut kills = 0;
    while kills < KILLS {
        let _ = fs::remove_dir_all(&killed);
        copy(&begun, &killed);
        let over = loop {
            let moment = if finished(&killed) < expected.len() {
                Moment::of_asking(&mut random)
            } else {
                Moment::of_writing(&mut random)
            };
            match go_on(moment, &world, &killed, &expected) {
                Some(over) => break over,
                None => kills += 1,
            }
        };
        over.exits(0);
        assert_same(&whole, &killed);
    }
}
