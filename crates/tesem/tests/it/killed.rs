//! A run that is killed at any moment goes on, repeats no finished call and ends as an undisturbed one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;

use jiff::SignedDuration;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::world::{World, options};

/// How often a process is killed.
const KILLS: usize = 50;

/// Indicators, half of which are present.
const DOMAINS: usize = 24;

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

/// What is waited for before a process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The twin got so many more hunting calls.
    Calls(usize),
    /// The folder of the run grew by so many bytes.
    Bytes(u64),
    /// An output with that number in [`FILES`] is begun.
    Output(usize),
}

impl Moment {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        match random.random_range(0..10) {
            0..4 => Self::Calls(random.random_range(1..4)),
            4..9 => Self::Bytes(random.random_range(1..8_000)),
            _ => Self::Output(random.random_range(0..FILES.len())),
        }
    }
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

fn journal_lines(run: &Path) -> usize {
    let text = fs::read(run.join("journal.jsonl")).unwrap_or_default();
    text.iter().filter(|byte| **byte == b'\n').count()
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

/// Whether the process ended by itself before the moment came; otherwise it was killed.
fn kill_at(moment: Moment, world: &World, run: &Path, mut child: Child) -> bool {
    let (calls, size) = (world.hunting_calls(), bytes(run));
    let has_come = || match moment {
        Moment::Calls(more) => world.hunting_calls() >= calls + more,
        Moment::Bytes(more) => bytes(run) >= size + more,
        Moment::Output(number) => {
            let name = FILES[number];
            run.join(name).exists() || run.join(format!("{name}.part")).exists()
        }
    };
    loop {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        if has_come() {
            child.kill().unwrap();
            child.wait().unwrap();
            return false;
        }
        std::thread::yield_now();
    }
}

fn forget_outputs(run: &Path) {
    for name in FILES {
        let _ = fs::remove_file(run.join(name));
        let _ = fs::remove_file(run.join(format!("{name}.part")));
    }
}

/// A tenant that splits queries often, because its answers are small.
fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tables")).unwrap();
    let now = options().until;
    let row = |n: usize| {
        json!({
            "Timestamp": (now - SignedDuration::from_mins(i64::try_from(n).unwrap())).to_string(),
            "DeviceId": format!("id-{n}"), "DeviceName": format!("ws-{n}"), "ReportId": n,
            "RemoteUrl": format!("https://c2-{}.evil.com/{n}", n % (DOMAINS / 2)),
        })
    };
    let rows: String = (0..96).map(|n| row(n).to_string() + "\n").collect();
    fs::write(folder.path().join("tables/DeviceNetworkEvents.jsonl"), rows).unwrap();
    World::answering_at_most(folder.path(), 2_500)
}

/// A run that is planned and has asked nothing yet.
fn begun(world: &World) -> PathBuf {
    let list: String = (0..DOMAINS).map(|n| format!("c2-{n}.evil.com\n")).collect();
    world.write("list.txt", list);
    world.fault(&json!({
        "path": "/v1.0/security/runHuntingQuery", "calls": 1, "status": 403,
        "body": {"error": {"code": "Forbidden", "message": "Missing application permissions."}},
    }));
    world
        .tesem(&["hunt", "list.txt", "--rows", "20", "--no-progress"])
        .exits(1);
    let run = world.run_folder();
    forget_outputs(&run);
    run
}

#[test]
fn fifty_kills_leave_no_trace() {
    let world = world();
    let begun = begun(&world);
    let (whole, killed) = (
        world.folder.path().join("whole"),
        world.folder.path().join("killed"),
    );
    copy(&begun, &whole);
    let before = world.hunting_calls();
    world.tesem(&["hunt", "--resume", "whole", "-q"]).exits(0);
    let calls = world.hunting_calls() - before;
    assert!(
        (24..=45).contains(&calls),
        "{calls} calls: dozens, within a minute's quota"
    );

    let mut random = ChaCha8Rng::seed_from_u64(0x7e5e);
    let mut kills = 0;
    while kills < KILLS {
        let _ = fs::remove_dir_all(&killed);
        copy(&begun, &killed);
        let (before, mut lost) = (world.hunting_calls(), 0);
        loop {
            let (calls, lines) = (world.hunting_calls(), journal_lines(&killed));
            let child = world.start(&["hunt", "--resume", "killed", "-q"]);
            let moment = Moment::draw(&mut random);
            let is_over = kill_at(moment, &world, &killed, child);
            let asked = world.hunting_calls() - calls;
            let finished = journal_lines(&killed).saturating_sub(lines);
            assert!(
                asked <= finished + 1,
                "{moment:?}: {asked} calls, {finished} finished: only the one in flight may be lost"
            );
            lost += asked.saturating_sub(finished);
            if is_over {
                break;
            }
            kills += 1;
        }
        world.tesem(&["hunt", "--resume", "killed", "-q"]).exits(0);
        assert_eq!(
            world.hunting_calls() - before,
            calls + lost,
            "no finished call is asked again"
        );
        for name in FILES {
            let read = |run: &Path| fs::read(run.join(name)).unwrap();
            assert!(read(&whole) == read(&killed), "{name} after {kills} kills");
        }
    }
}
