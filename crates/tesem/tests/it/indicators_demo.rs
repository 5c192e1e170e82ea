//! The demo tenant, which each command starts anew, keeps its custom indicators between commands.

use serde_json::Value;

use crate::world::World;

const KEPT: &str = "results/.tesem/demo-indicators.json";

fn ours(world: &World) -> Vec<String> {
    let arguments = [
        "indicators",
        "list",
        "--tenant",
        "demo",
        "--ours",
        "--format",
        "jsonl",
    ];
    let listed = world.tesem(&arguments).exits(0);
    let value = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        row["value"].as_str().unwrap().to_owned()
    };
    listed.stdout().lines().map(value).collect()
}

#[test]
fn what_is_applied_to_the_demo_tenant_is_there_for_the_next_command() {
    let world = World::new();
    world.write("list.txt", "evil-demo.com\nevil-demo.org\n");
    let plan = [
        "indicators",
        "plan",
        "list.txt",
        "--tenant",
        "demo",
        "--detailed-exitcode",
    ];
    let planned = world.tesem(&plan).exits(4);
    let told = format!("the demo tenant keeps its indicators in {KEPT}");
    assert!(planned.stderr().contains(&told), "{}", planned.stderr());
    let applied = world
        .tesem(&["indicators", "apply", "plan.json", "--yes"])
        .exits(0);
    assert!(!applied.stderr().contains(&told), "{}", applied.stderr());
    assert_eq!(ours(&world), ["evil-demo.com", "evil-demo.org"]);
    world.tesem(&plan).exits(0);

    let whole = std::fs::read(world.folder.path().join(KEPT)).unwrap();
    world.write(KEPT, &whole[..whole.len() / 2]);
    let damaged = world.tesem(&plan).exits(4);
    let warning = "the demo tenant begins with its first indicators again";
    assert!(damaged.stderr().contains(warning), "{}", damaged.stderr());
    world.write(KEPT, &whole);
    world.tesem(&plan).exits(0);
}
