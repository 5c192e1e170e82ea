//! A run that was interrupted goes on, repeats nothing and loses nothing.

use crate::world::World;

fn forbidden() -> serde_json::Value {
    serde_json::json!({
        "path": "/v1.0/security/runHuntingQuery", "calls": 1, "status": 403,
        "body": {"error": {"code": "Forbidden", "message": "Missing application permissions."}},
    })
}

#[test]
fn a_stopped_run_is_resumed_by_its_name_alone() {
    let world = World::new();
    world.fault(&forbidden());
    let stopped = world
        .tesem_with_input(&["hunt", "-"], b"google.com\n")
        .exits(1);
    assert!(
        stopped.stderr().contains("tesem hunt --resume"),
        "{}",
        stopped.stderr()
    );
    let name = world
        .run_folder()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    world.tesem(&["hunt", "--resume", &name]).exits(0);
    assert_eq!(world.csv("coverage.csv")[0]["Verdict"], "hit");
    let calls = world.hunting_calls();
    world.tesem(&["hunt", "--resume", &name]).exits(0);
    assert_eq!(
        world.hunting_calls(),
        calls,
        "a finished run asks nothing again"
    );
}

#[test]
fn an_unknown_run_is_named() {
    let world = World::new();
    let run = world
        .tesem(&["hunt", "--resume", "20200101T000000Z-000000"])
        .exits(2);
    assert!(
        run.stderr()
            .contains("there is no run 20200101T000000Z-000000"),
        "{}",
        run.stderr()
    );
}
