//! `docs/dependencies.md` has one line for each direct dependency, and none for others.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use cargo_metadata::MetadataCommand;

/// The first cells of the tables' rows.
fn documented() -> BTreeSet<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/dependencies.md");
    let text = std::fs::read_to_string(path).expect("docs/dependencies.md is there");
    text.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect()
}

fn direct() -> BTreeSet<String> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata runs in this workspace");
    let packages = metadata.workspace_packages();
    let all = packages.iter().flat_map(|package| &package.dependencies);
    all.map(|dependency| dependency.name.clone())
        .filter(|name| !name.starts_with("tesem-"))
        .collect()
}

#[test]
fn every_direct_dependency_has_its_line() {
    let (documented, direct) = (documented(), direct());
    let missing: Vec<_> = direct.difference(&documented).collect();
    let left_over: Vec<_> = documented.difference(&direct).collect();
    assert!(
        missing.is_empty(),
        "no line in docs/dependencies.md: {missing:?}"
    );
    assert!(
        left_over.is_empty(),
        "no longer a dependency: {left_over:?}"
    );
}
