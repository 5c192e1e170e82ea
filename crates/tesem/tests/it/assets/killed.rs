//! An import that is killed at any moment leaves nothing wrong: run again, it comes to the graph of an undisturbed one.

use std::process::Child;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tesem_assets::sink::{Sink as _, SqliteSink};
use tesem_assets::{AssetGraph, Source};
use tokio::runtime::Runtime;

use super::last_record;
use tesem_twin::QuotaSetting;

use super::tenant::Tenant;
use crate::world::World;

/// How often an import is killed.
const KILLS: u64 = 40;

/// The graph that a database holds.
fn present(world: &World, name: &str) -> AssetGraph {
    let path = world.folder.path().join(name);
    let source = Source::new("s", "s").unwrap();
    let runtime = Runtime::new().unwrap();
    let earlier = runtime.block_on(async {
        let sink = SqliteSink::open(&path).await.unwrap();
        sink.earlier(&source).await.unwrap()
    });
    earlier.unwrap().graph
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

#[test]
fn a_killed_import_is_made_good_by_the_next() {
    let tenant = Tenant::new(150);
    let whole = tenant.world();
    whole
        .tesem(&[
            "assets",
            "import",
            "--to",
            "sqlite:whole.db",
            "--source",
            "s",
        ])
        .exits(0);
    let expected = present(&whole, "whole.db");
    let mut random = ChaCha8Rng::seed_from_u64(7);
    // More exports than an hour has.
    let world = tenant.world_within(QuotaSetting::Off);
    let (mut kills, mut resumed, mut round) = (0, 0, 0);
    while kills < KILLS {
        round += 1;
        let to = format!("sqlite:{round}.db");
        let import = ["assets", "import", "--to", &to, "--source", "s"];
        for _ in 0..random.random_range(1..4) {
            let before = world.twin().calls().len();
            let running = world.start(&import);
            kill(
                &world,
                running,
                before + random.random_range(0..14),
                random.random_range(0..40),
            );
            kills += 1;
        }
        world.tesem(&import).exits(0);
        resumed += u64::from(last_record(&world)["mode"] != "full");
        let graph = present(&world, &format!("{round}.db"));
        assert!(graph == expected, "round {round}");
    }
    assert!(
        resumed > 0,
        "no import went on from where another was killed"
    );
}
