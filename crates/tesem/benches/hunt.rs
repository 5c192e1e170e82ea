//! Wall time of a whole hunt in the demo tenant: the program starts, the tenant is made, signed in to and searched, the files are written.

#![expect(clippy::panic, reason = "a bench that cannot run says so")]

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

fn main() {
    divan::main();
}

/// Runs the program in a folder of its own.
fn tesem(folder: &TempDir, arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_tesem"))
        .args(arguments)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "the hunt failed"
    );
}

fn example(name: &str) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    examples.join(name).display().to_string()
}

#[divan::bench(args = ["indicators.txt", "report.txt"], sample_count = 5, sample_size = 1)]
fn demo_hunt(bencher: divan::Bencher<'_, '_>, input: &str) {
    let input = example(input);
    let folder = || tempfile::tempdir().unwrap_or_else(|error| panic!("no folder: {error}"));
    let hunt =
        |folder: &mut TempDir| tesem(folder, &["hunt", &input, "--tenant", "demo", "--quiet"]);
    bencher.with_inputs(folder).bench_refs(hunt);
}
