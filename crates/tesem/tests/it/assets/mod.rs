//! `tesem assets`: the program against the twin, and against a small service of Connected Assets and Risk.

#[allow(dead_code, reason = "other tests script more of it")]
#[path = "../../../../assets/tests/it/car/fake.rs"]
mod fake;

mod connector;
mod failures;
mod import;
mod killed;
mod tenant;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::world::World;
use tenant::Tenant;

/// The graph that a folder of JSON Lines holds, without its first line.
fn graph(folder: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder.join("graph.jsonl")).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

/// The graph that a full import of `tenant` gives.
fn undisturbed(tenant: &Tenant) -> BTreeSet<String> {
    let world = tenant.world();
    world
        .tesem(&["assets", "import", "--to", "json:whole"])
        .exits(0);
    graph(&world.folder.path().join("whole"))
}

/// The graph of two imports into one folder: one of `tenant`, which is full, and one of `later`.
fn twice(tenant: &Tenant, later: &Tenant, mode: &str) -> BTreeSet<String> {
    let first = tenant.world();
    let folder = first.folder.path().join("graph");
    let to = format!("json:{}", folder.display());
    let import = ["assets", "import", "--to", &to, "--source", "s", "--mode"];
    first.tesem(&[&import[..], &["full"]].concat()).exits(0);
    let second = later.world();
    second.tesem(&[&import[..], &[mode]].concat()).exits(0);
    assert_eq!(last_record(&second)["mode"], mode);
    graph(&folder)
}

/// A graph without what export files alone tell: when software and vulnerabilities were first seen on a machine.
fn without_first_seen(graph: &BTreeSet<String>) -> BTreeSet<String> {
    let of_exports = ["asset_application", "asset_vulnerability"];
    let stripped = graph.iter().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        if of_exports.iter().any(|edge| line["edge"] == *edge) {
            line["properties"]
                .as_object_mut()
                .unwrap()
                .remove("first_seen");
        }
        line.to_string()
    });
    stripped.collect()
}

/// Both graphs, told by their first differences.
fn assert_same(one: &BTreeSet<String>, other: &BTreeSet<String>) {
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
        one.difference(other).take(6).cloned().collect()
    };
    let (left, right) = (only(one, other), only(other, one));
    assert!(
        left.is_empty() && right.is_empty(),
        "only left: {left:#?}\nonly right: {right:#?}"
    );
}

/// What the last import told of itself.
fn last_record(world: &World) -> Value {
    let path = world.folder.path().join("results/assets.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}
