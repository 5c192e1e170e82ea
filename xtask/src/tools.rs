//! Programs that some tests need beside the toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// A program that tests start, and the Debian package that has it.
struct Tool {
    name: &'static str,
    package: &'static str,
    /// The file that is looked for.
    program: &'static str,
}

const TOOLS: [Tool; 2] = [
    // The tests of shared state start a private server.
    Tool {
        name: "PostgreSQL",
        package: "postgresql",
        program: "initdb",
    },
    // The tests of reports open them.
    Tool {
        name: "Chromium",
        package: "chromium",
        program: "chromium",
    },
];

/// Installs what is missing of [`TOOLS`].
///
/// Knows Debian and its relatives. Elsewhere it says what to install, and without it those tests are left out.
pub(crate) fn install() -> anyhow::Result<()> {
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !tool.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !Path::new("/usr/bin/apt-get").exists() {
        let names: Vec<String> = missing.iter().map(|tool| tool.wanted()).collect();
        bail!("there is no apt-get; install {}", names.join(" and "));
    }
    apt(&["update"])?;
    for tool in missing {
        apt(&["install", "--yes", "--no-install-recommends", tool.package])?;
        if !tool.is_there() {
            bail!(
                "apt-get installed {}, but there is no `{}`",
                tool.name,
                tool.program
            );
        }
    }
    Ok(())
}

impl Tool {
    fn is_there(&self) -> bool {
        folders()
            .iter()
            .any(|folder| folder.join(self.program).exists())
    }

    fn wanted(&self) -> String {
        format!("{} so that `{}` is in the path", self.name, self.program)
    }
}

/// The path, and where Debian keeps the programs of PostgreSQL's versions.
fn folders() -> Vec<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    #[expect(
        clippy::disallowed_methods,
        reason = "looks for a program where a shell would"
    )]
    let path = std::env::var("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    folders
}

pub(crate) fn apt(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        Command::new("sudo")
    };
    if !is_root() {
        command.args(["--non-interactive", "apt-get"]);
    }
    let status = command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .status();
    let status = status.context("could not start apt-get")?;
    if !status.success() {
        bail!("apt-get {} failed: {status}", arguments.join(" "));
    }
    Ok(())
}

fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
