//! `tesem man`: manual pages, generated from the same definitions as the help.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_mangen::{Man, generate_to};

use crate::cli::Cli;
use crate::exit::Exit;

/// Print the manual page, or write all pages to a directory
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tesem man --out ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Directory for `tesem.1`, `tesem-hunt.1`, …
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Writes the page to `out`, or all pages to a directory.
pub(crate) fn run(args: &ManArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match &args.out {
        None => Man::new(Cli::command()).render(out)?,
        Some(directory) => {
            std::fs::create_dir_all(directory)
                .and_then(|()| generate_to(Cli::command(), directory))
                .with_context(|| format!("cannot write manual pages to {}", directory.display()))?;
        }
    }
    Ok(Exit::Done)
}
