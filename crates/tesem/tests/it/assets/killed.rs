//! An import that is killed at any moment leaves nothing wrong: run again, it comes to the graph of an undisturbed one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Child;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tesem_assets::property::{Properties, Property};
use tesem_assets::sink::{Sink as _, SqliteSink};
use tesem_assets::{EdgeKind, NodeKind, Source};
use tokio::runtime::Runtime;

use super::last_record;
use tesem_twin::QuotaSetting;

use super::tenant::Tenant;
use crate::world::World;

/// How often an import is killed in each of the tests.
const KILLS: u64 = 25;

/// What a database holds, without what export files alone tell: when something was first seen on a machine.
fn present(path: &Path) -> BTreeSet<String> {
    let source = Source::new("s", "s").unwrap();
    let runtime = Runtime::new().unwrap();
    let earlier = runtime.block_on(async {
        let sink = SqliteSink::open(path).await.unwrap();
        sink.earlier(&source).await.unwrap()
    });
    let graph = earlier.unwrap().graph;
    let said = |said: &Properties| -> Vec<String> {
        let told = said
            .iter()
            .filter(|(property, _)| *property != Property::FirstSeen);
        told.map(|(property, value)| format!("{}={value:?}", property.name()))
            .collect()
    };
    let nodes = NodeKind::ALL
        .into_iter()
        .flat_map(|kind| graph.nodes(kind).map(move |node| (kind, node)));
    let nodes = nodes.map(|(kind, (key, says))| format!("{kind:?} {key} {:?}", said(says)));
    let edges = EdgeKind::ALL
        .into_iter()
        .flat_map(|kind| graph.edges(kind).map(move |edge| (kind, edge)));
    let edges = edges
        .map(|(kind, (ends, says))| format!("{kind:?} {} {} {:?}", ends.from, ends.to, said(says)));
    nodes.chain(edges).collect()
}

/// Kills the process after so many calls that the twin has seen and then so many looks.
fn kill(world: &World, mut running: Child, calls: usize, looks: u64) {
    let mut left = looks;
    while running.try_wait().unwrap().is_none() {
        if world.twin().calls().len() >= calls {
            if left == 0 {
                break;
            }
            left -= 1;
        }
        world.pause();
    }
    let _ = running.kill();
    running.wait().unwrap();
}

fn assert_holds(path: &Path, expected: &BTreeSet<String>, round: &str) {
    let held = present(path);
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
        one.difference(other).take(5).cloned().collect()
    };
    let (more, less) = (only(&held, expected), only(expected, &held));
    assert!(
        more.is_empty() && less.is_empty(),
        "round {round}: too much {more:#?}, missing {less:#?}"
    );
}

/// Kills some imports, and lets one come to its end.
fn disturbed(world: &World, database: &Path, random: &mut ChaCha8Rng) -> u64 {
    let to = format!("sqlite:{}", database.display());
    let kills = random.random_range(1..4);
    for _ in 0..kills {
        let before = world.twin().calls().len();
        let mode = ["auto", "full"][random.random_range(0..2)];
        let running = world.start(&[
            "assets", "import", "--to", &to, "--source", "s", "--mode", mode,
        ]);
        kill(
            world,
            running,
            before + random.random_range(0..14),
            random.random_range(0..40),
        );
    }
    world
        .tesem(&["assets", "import", "--to", &to, "--source", "s"])
        .exits(0);
    kills
}

#[test]
fn a_killed_import_is_made_good_by_the_next() {
    let tenant = Tenant::new(100);
    // More exports than an hour has.
    let world = tenant.world_within(QuotaSetting::Off);
    let place = |name: String| world.folder.path().join(name);
    let whole = place("whole.db".to_owned());
    let to = format!("sqlite:{}", whole.display());
    world
        .tesem(&["assets", "import", "--to", &to, "--source", "s"])
        .exits(0);
    let expected = present(&whole);
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut kills, mut resumed, mut round) = (0, 0, 0);
    while kills < KILLS {
        round += 1;
        let database = place(format!("{round}.db"));
        kills += disturbed(&world, &database, &mut random);
        resumed += u64::from(last_record(&world)["mode"] == "mixed");
        assert_holds(&database, &expected, &round.to_string());
    }
    assert!(
        resumed > 0,
        "no import went on from where another was killed"
    );
}

/// The same over a database that holds the day before.
#[test]
fn a_killed_import_of_what_changed_is_made_good_by_the_next() {
    let tenant = Tenant::new(60);
    let first = tenant.world();
    first
        .tesem(&[
            "assets",
            "import",
            "--to",
            "sqlite:before.db",
            "--source",
            "s",
        ])
        .exits(0);
    let before = first.folder.path().join("before.db");
    let world = tenant.later().world_within(QuotaSetting::Off);
    let place = |name: String| {
        let path = world.folder.path().join(name);
        fs::copy(&before, &path).unwrap();
        path
    };
    let whole = place("whole.db".to_owned());
    let to = format!("sqlite:{}", whole.display());
    world
        .tesem(&[
            "assets", "import", "--to", &to, "--source", "s", "--mode", "full",
        ])
        .exits(0);
    let expected = present(&whole);
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut kills, mut round) = (0, 0);
    while kills < KILLS {
        round += 1;
        let database = place(format!("{round}.db"));
        kills += disturbed(&world, &database, &mut random);
        assert_holds(&database, &expected, &round.to_string());
    }
}
