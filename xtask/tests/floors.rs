//! The floor plan of `ARCHITECTURE.md`, held by a test: arrows between crates only point down, and DataFusion is linked only
//! where the table says.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// Each crate with the crates of ours it may use; the order is the floors, ground first.
const MAY_USE: &[(&str, &[&str])] = &[
    ("tesem-observable", &[]),
    ("tesem-kql", &[]),
    ("tesem-state", &[]),
    ("tesem-defender", &["tesem-state"]),
    ("tesem-engine", &["tesem-kql"]),
    (
        "tesem-hunt",
        &["tesem-observable", "tesem-kql", "tesem-state"],
    ),
    ("tesem-intel", &["tesem-observable"]),
    (
        "tesem-indicators",
        &["tesem-observable", "tesem-state", "tesem-defender"],
    ),
    ("tesem-assets", &["tesem-state", "tesem-defender"]),
    (
        "tesem-relay",
        &["tesem-observable", "tesem-kql", "tesem-defender"],
    ),
    // The generator takes columns from the schema in `kql`.
    ("tesem-twin", &["tesem-engine", "tesem-kql"]),
    ("tesem-console", &["tesem-observable", "tesem-hunt"]),
    (
        "tesem",
        &[
            "tesem-observable",
            "tesem-kql",
            "tesem-state",
            "tesem-defender",
            "tesem-engine",
            "tesem-hunt",
            "tesem-intel",
            "tesem-indicators",
            "tesem-assets",
            "tesem-relay",
            "tesem-twin",
            "tesem-console",
        ],
    ),
    ("xtask", &[]),
];

/// Crates that link DataFusion, directly or through another.
const LINK_DATAFUSION: &[&str] = &["tesem-engine", "tesem-twin", "tesem"];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .expect("cargo metadata runs in this workspace")
}

/// Workspace packages by name.
fn ours(metadata: &Metadata) -> BTreeMap<String, PackageId> {
    metadata
        .workspace_packages()
        .iter()
        .map(|p| (p.name.to_string(), p.id.clone()))
        .collect()
}

/// What `from` depends on, without (`normal`) or with its development dependencies.
fn direct(metadata: &Metadata, from: &PackageId, with_dev: bool) -> BTreeSet<PackageId> {
    let resolve = metadata.resolve.as_ref().expect("metadata is resolved");
    let node = resolve
        .nodes
        .iter()
        .find(|node| node.id == *from)
        .expect("every package is a node");
    let wanted = |kind: DependencyKind| with_dev || kind != DependencyKind::Development;
    node.deps
        .iter()
        .filter(|dep| dep.dep_kinds.iter().any(|kind| wanted(kind.kind)))
        .map(|dep| dep.pkg.clone())
        .collect()
}

/// All that is linked into the tests of `from`.
fn linked(metadata: &Metadata, from: &PackageId) -> BTreeSet<PackageId> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<PackageId> = direct(metadata, from, true).into_iter().collect();
    while let Some(next) = waiting.pop() {
        if reached.insert(next.clone()) {
            waiting.extend(direct(metadata, &next, false));
        }
    }
    reached
}

#[test]
fn arrows_between_crates_point_down() {
    let metadata = metadata();
    let ours = ours(&metadata);
    let listed: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    let present: BTreeSet<&str> = ours.keys().map(String::as_str).collect();
    assert_eq!(
        present, listed,
        "every crate of the workspace has its place in MAY_USE"
    );
    for (index, (name, allowed)) in MAY_USE.iter().enumerate() {
        let below: BTreeSet<&str> = MAY_USE[..index].iter().map(|(name, _)| *name).collect();
        assert!(
            allowed.iter().all(|a| below.contains(a)),
            "{name} may only use lower floors"
        );
        let used: BTreeSet<&str> = direct(&metadata, &ours[*name], false)
            .iter()
            .filter_map(|id| ours.iter().find(|(_, ours)| *ours == id))
            .map(|(name, _)| name.as_str())
            .collect();
        let excess: Vec<_> = used.iter().filter(|used| !allowed.contains(used)).collect();
        assert!(excess.is_empty(), "{name} must not use {excess:?}");
    }
}

#[test]
fn datafusion_is_linked_only_where_the_table_says() {
    let metadata = metadata();
    for (name, id) in ours(&metadata) {
        let links = linked(&metadata, &id)
            .iter()
            .any(|id| metadata[id].name == "datafusion");
        assert_eq!(
            links,
            LINK_DATAFUSION.contains(&name.as_str()),
            "{name} and DataFusion"
        );
    }
}

#[test]
fn twin_and_client_do_not_know_each_other() {
    let metadata = metadata();
    let ours = ours(&metadata);
    for (from, to) in [
        ("tesem-twin", "tesem-defender"),
        ("tesem-defender", "tesem-twin"),
    ] {
        assert!(
            !linked(&metadata, &ours[from]).contains(&ours[to]),
            "{from} must not link {to}"
        );
    }
}
