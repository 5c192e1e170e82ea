//! `tesem indicators export`: what tenants have, as a file.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use tesem_indicators::Key;
use tesem_indicators::export::{
    LeftOut, PORTAL_ROWS_MAX, PortalForm, Subject, Unfit, write_csv, write_json, write_jsonl,
    write_list, write_stix,
};
use tesem_state::{Clock, SystemClock};

use super::selection::SelectionArgs;
use super::several::{Readings, read_all};
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::settings::Settings;
use crate::terminal::Terminal;
use crate::view::table::{counted, printable};
use crate::whole_file::{self, Prepared};

/// Export a tenant's custom indicators as CSV, JSON, STIX, or the form that the Defender portal imports
///
/// The whole list is read or nothing is written. What a form cannot hold is left out, listed with the reason, and exit code 3 says so.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem indicators export --format json --out backup.json\n  \
    tesem indicators export --format portal --ours --type domain --out domains.csv\n  \
    tesem indicators export --format stix --action block --out blocked.stix.json\n  \
    tesem indicators export --format list --others | tesem hunt - --tenant contoso\n  \
    tesem indicators export --all-tenants --format csv > all.csv\n\n\
    Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 some tenants failed, or a form cannot hold all.")]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// What is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ExportFormat,
    /// Write to a file, which is replaced when all is there, instead of standard output; `portal` makes FILE-1, FILE-2, … where one would
    /// have more rows than the portal imports
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// How indicators are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// Comma-separated values under the service's field names; formula cells are guarded
    #[default]
    Csv,
    /// The CSV form that the Defender portal imports, of one tenant; without categories, which the service lists as numbers that no page explains
    Portal,
    /// One JSON array with the service's own fields, all of them
    Json,
    /// The same, one JSON object per line
    Jsonl,
    /// A STIX 2.1 bundle
    Stix,
    /// One value a line, as `tesem hunt` reads it
    List,
}

/// Runs the command.
pub(super) async fn run(
    args: &ExportArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let names = args.selection.tenants(settings)?;
    if args.format == ExportFormat::Portal && names.len() > 1 {
        return Err(
            UsageError::new("the portal's form has no column for a tenant")
                .with_hint("export one tenant at a time, or take --format csv")
                .into(),
        );
    }
    let now = SystemClock.now();
    let readings = read_all(names, &args.selection, settings, now, terminal).await?;
    if readings.tenants.is_empty() {
        return Ok(readings.exit());
    }
    let left_out = write(args, &readings, now, terminal)?;
    for tenant in &readings.tenants {
        tenant.tell(terminal);
    }
    tell_left_out(&left_out, terminal);
    Ok(match readings.exit() {
        Exit::Done if !left_out.is_empty() => Exit::Partial,
        exit => exit,
    })
}

/// Writes the form that is asked for, and returns what it cannot hold.
fn write(
    args: &ExportArgs,
    readings: &Readings,
    now: Timestamp,
    terminal: &Terminal,
) -> anyhow::Result<Vec<LeftOut>> {
    let subjects = readings.subjects();
    let out = args.out.as_deref();
    let write: Writer = match args.format {
        ExportFormat::Portal => return portal(&PortalForm::new(&subjects), out, terminal),
        ExportFormat::Csv => |subjects, _, out| write_csv(subjects, out).map(|()| Vec::new()),
        ExportFormat::Json => |subjects, _, out| write_json(subjects, out).map(|()| Vec::new()),
        ExportFormat::Jsonl => |subjects, _, out| write_jsonl(subjects, out).map(|()| Vec::new()),
        ExportFormat::Stix => |subjects, now, out| write_stix(subjects, now, out),
        ExportFormat::List => |subjects, _, out| write_list(subjects, out),
    };
    let mut left_out = Vec::new();
    whole_file::print(out, terminal, |out| {
        left_out = write(&subjects, now, out)?;
        Ok(())
    })?;
    Ok(left_out)
}

/// Writes one form, and returns what it cannot hold.
type Writer = fn(&[Subject<'_>], Timestamp, &mut dyn Write) -> std::io::Result<Vec<LeftOut>>;

/// Writes the portal's form: to one place, or to as many files as the portal takes, all of them or none.
fn portal(
    form: &PortalForm,
    out: Option<&Path>,
    terminal: &Terminal,
) -> anyhow::Result<Vec<LeftOut>> {
    match out {
        Some(path) if form.files() > 1 => portal_files(form, path, terminal)?,
        _ => whole_file::print(out, terminal, |out| Ok(form.write(out)?))?,
    }
    if form.files() > 1 && out.is_none() {
        terminal.warn(&format!(
            "the portal imports {PORTAL_ROWS_MAX} rows a file; --out FILE makes as many files as that takes"
        ));
    }
    Ok(form.left_out().to_vec())
}

fn portal_files(form: &PortalForm, path: &Path, terminal: &Terminal) -> anyhow::Result<()> {
    let place = |number| numbered(path, number + 1, form.files());
    let fill = |number| Prepared::fill(&place(number), |out| Ok(form.write_file(number, out)?));
    let files: Vec<Prepared> = (0..form.files()).map(fill).collect::<anyhow::Result<_>>()?;
    files.into_iter().try_for_each(Prepared::put)?;
    let (first, last) = (place(0), place(form.files() - 1));
    terminal.say(&format!(
        "the portal imports {PORTAL_ROWS_MAX} rows a file, so there are {} files: {} to {}",
        form.files(),
        first.display(),
        last.display()
    ));
    Ok(())
}

/// `iocs.csv` as `iocs-07.csv` of 12.
fn numbered(path: &Path, number: usize, of: usize) -> PathBuf {
    let width = of.to_string().len();
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number:0width$}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Says what is left out, a line for each reason.
fn tell_left_out(left_out: &[LeftOut], terminal: &Terminal) {
    let mut reasons: BTreeMap<&Unfit, (u64, &Key)> = BTreeMap::new();
    for one in left_out {
        reasons.entry(&one.because).or_insert((0, &one.key)).0 += 1;
    }
    for (because, (count, first)) in reasons {
        let text = format!(
            "{} left out: {because} (the first is {first})",
            counted(count, "indicator")
        );
        terminal.warn(&printable(&text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_files_sort_and_keep_their_folder_and_extension() {
        let cases = [
            ("out/iocs.csv", 7, 12, "out/iocs-07.csv"),
            ("iocs", 1, 2, "iocs-1"),
            ("a.b.csv", 30, 30, "a.b-30.csv"),
        ];
        for (path, number, of, expected) in cases {
            assert_eq!(numbered(Path::new(path), number, of), Path::new(expected));
        }
    }
}
