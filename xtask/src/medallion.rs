//! medallion, the TAXII reference server of OASIS, which the TAXII client is tested against.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::tools::apt;

/// The version that the test knows.
const REQUIREMENT: &str = "medallion==3.0.0";

/// Where it is installed, beside what is built.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/medallion");

/// The program, where it is installed.
pub(crate) fn program() -> Option<PathBuf> {
    let folder = Path::new(FOLDER);
    let places = ["bin/medallion", "Scripts/medallion.exe"];
    let programs = places.iter().map(|place| folder.join(place));
    programs.into_iter().find(|program| program.is_file())
}

/// Installs it from PyPI into a Python environment of its own.
pub(crate) fn install() -> anyhow::Result<()> {
    if program().is_some() {
        return Ok(());
    }
    if environment().is_err() {
        apt(&[
            "install",
            "--yes",
            "--no-install-recommends",
            "python3-venv",
        ])?;
        environment()?;
    }
    let python = Path::new(FOLDER).join("bin").join("python");
    run(Command::new(python).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        REQUIREMENT,
    ]))
}

fn environment() -> anyhow::Result<()> {
    run(Command::new("python3").args(["-m", "venv", "--clear", FOLDER]))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().context("could not start Python")?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}
