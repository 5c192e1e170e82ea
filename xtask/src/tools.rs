//! Programs that some tests need beside the toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// Installs PostgreSQL, which the tests of shared state start a private server of, where it is missing.
///
/// Knows Debian and its relatives. Elsewhere it says what to install, and without it those tests are left out.
pub(crate) fn install() -> anyhow::Result<()> {
    if has_postgres() {
        return Ok(());
    }
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!(
            "PostgreSQL is missing and there is no apt-get: install it so that `initdb` is in the path"
        );
    }
    apt(&["update"])?;
    apt(&["install", "--yes", "--no-install-recommends", "postgresql"])?;
    if has_postgres() {
        return Ok(());
    }
    bail!("apt-get installed PostgreSQL, but there is no `initdb` below /usr/lib/postgresql")
}

/// Debian keeps `initdb` out of the path.
fn has_postgres() -> bool {
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
    folders.iter().any(|folder| folder.join("initdb").exists())
}

fn apt(arguments: &[&str]) -> anyhow::Result<()> {
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
