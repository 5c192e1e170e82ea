//! `tesem kql fmt`: one way to write a query.

use std::io::Write;

use clap::Args;

use super::source;
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::terminal::Terminal;
use crate::view;

/// Format queries; comments stay
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem kql fmt query.kql\n  \
    tesem kql fmt --write detections/*.kql\n  \
    tesem kql fmt --check detections/*.kql")]
pub(crate) struct FmtArgs {
    /// Files with one query each; `-` or nothing is standard input
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Write the files instead of printing
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Print nothing but the names of files that are not formatted, and exit with 3 if there are any
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(super) fn run(args: &FmtArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let files = crate::input::names(&args.files);
    if args.write && files.contains(&"-") {
        return Err(UsageError::new("standard input cannot be written to").into());
    }
    let mut exit = Exit::Done;
    for file in &files {
        if !format_one(args, file, terminal)? {
            exit = Exit::Partial;
        }
    }
    Ok(exit)
}

/// Formats one file; false when it could not be, or is not formatted with `--check`.
fn format_one(args: &FmtArgs, file: &str, terminal: &Terminal) -> anyhow::Result<bool> {
    let text = source::text(file)?;
    let formatted = match tesem_kql::format(&text) {
        Ok(formatted) => formatted,
        Err(findings) => {
            for finding in &findings {
                terminal.error(&view::diagnostics::render(
                    &text,
                    file,
                    finding,
                    terminal.color_err(),
                ));
            }
            return Ok(false);
        }
    };
    let mut out = terminal.stdout();
    let is_formatted = formatted == text;
    match (args.check, args.write) {
        (true, _) if !is_formatted => writeln!(out, "{file}")?,
        (true, _) => {}
        (_, true) if !is_formatted => std::fs::write(file, &formatted)?,
        (_, true) => {}
        _ => write!(out, "{formatted}")?,
    }
    out.flush()?;
    Ok(!args.check || is_formatted)
}
