//! `tesem assets show`.

use anyhow::Context;
use clap::Args;
use tesem_assets::NodeKind;
use tesem_assets::around::{Bounds, Found, Neighbourhood, Question, Style};
use tesem_assets::sink::Lookup;

use crate::cli::Format;
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::settings::{Settings, sink_file};
use crate::terminal::Terminal;
use crate::view;

/// Show one machine, user, vulnerability, application, address or alert with what it is joined to, from a SQL sink
///
/// It is found by its key, by a name without domain or version, or by how it begins, in any letter case. Where several things fit, they are
/// listed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem assets show pc-42 --from sqlite:assets.db\n  \
    tesem assets show CVE-2026-0001 --neighbours 100\n  \
    tesem assets show ana --kind user --past --format json\n\n\
    Exit codes: 0 shown; 1 there is no such thing, or several fit; 2 wrong usage or configuration.")]
pub(crate) struct ShowArgs {
    /// Key or name, or its beginning
    #[arg(value_name = "WHAT")]
    what: String,
    /// SQL sink of the configuration, or sqlite:FILE [default: the only one configured]
    #[arg(long, value_name = "SINK", visible_alias = "to")]
    from: Option<String>,
    /// The only kind to look for: machine, hostname, ipaddress, macaddress, user, account, application, vulnerability
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<NodeKind>,
    /// The only source to look in
    #[arg(long, value_name = "KEY")]
    source: Option<String>,
    /// Show what is no longer so, too
    #[arg(long)]
    past: bool,
    /// Most neighbours of each group
    #[arg(long, value_name = "COUNT", default_value_t = Bounds::default().neighbours)]
    neighbours: u32,
    /// Most of what hangs on each of them
    #[arg(long, value_name = "COUNT", default_value_t = Bounds::default().below)]
    below: u32,
    /// Draw with plain characters
    #[arg(long)]
    ascii: bool,
    /// What is printed: table is the tree
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

fn kind(text: &str) -> Result<NodeKind, String> {
    let name = match text.to_ascii_lowercase().as_str() {
        "machine" | "device" => "asset".to_owned(),
        "host" => "hostname".to_owned(),
        "address" | "ip" => "ipaddress".to_owned(),
        "adapter" | "mac" => "macaddress".to_owned(),
        "software" | "product" => "application".to_owned(),
        "cve" | "alert" => "vulnerability".to_owned(),
        other => other.to_owned(),
    };
    let known = NodeKind::ALL.map(NodeKind::name).join(", ");
    NodeKind::named(&name).ok_or_else(|| format!("it is none of {known}"))
}

pub(super) async fn run(
    args: &ShowArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    if args.format == Format::Csv {
        let error = UsageError::new("a tree has no form as CSV");
        return Err(error.with_hint("take --format json").into());
    }
    let (name, lookup) = open(args, settings).await?;
    let question = Question {
        kind: args.kind,
        source: args.source.clone(),
        past: args.past,
        ..Question::new(&args.what)
    };
    let found = lookup.find(&question).await?;
    let Some(meant) = found.meant() else {
        return unclear(args, &name, &found, terminal);
    };
    let bounds = Bounds {
        neighbours: args.neighbours,
        below: args.below,
        past: args.past,
    };
    let mut shown = Vec::new();
    for one in meant {
        shown.extend(lookup.around(&one.source, &one.node, bounds).await?);
    }
    write(args, &shown, terminal)?;
    Ok(Exit::Done)
}

/// The sink that is named, or the only one that can be looked into.
async fn open(args: &ShowArgs, settings: &Settings) -> anyhow::Result<(String, Box<dyn Lookup>)> {
    let name = match &args.from {
        Some(name) => name.clone(),
        None => only(settings)?,
    };
    let sink = sink_file(settings, &name)?;
    let lookup = sink.open_lookup(&name).await;
    let lookup = lookup.with_context(|| format!("`{name}` cannot be looked into"))?;
    Ok((name, lookup))
}

fn only(settings: &Settings) -> anyhow::Result<String> {
    let sinks = settings.file.sinks.iter();
    let databases: Vec<&str> = sinks
        .filter(|(_, sink)| sink.can_be_looked_into())
        .map(|(name, _)| name.as_str())
        .collect();
    match databases.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(
            UsageError::new("no SQL sink is named and none is configured")
                .with_hint("try `--from sqlite:assets.db`, where an import went `--to` the same")
                .into(),
        ),
        several => Err(
            UsageError::new("several SQL sinks are configured and none is named")
                .with_hint(format!("choose with --from: {}", several.join(", ")))
                .into(),
        ),
    }
}

/// Says that nothing fits, or what does.
fn unclear(
    args: &ShowArgs,
    name: &str,
    found: &Found,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    if found.candidates.is_empty() {
        let what = view::table::printable(&args.what).into_owned();
        anyhow::bail!("there is nothing called `{what}` in {name}");
    }
    view::assets::candidates(&mut terminal.stdout(), found, args.format)?;
    terminal.say("several things fit; name one by its key, or narrow with --kind or --source");
    Ok(Exit::Failed)
}

fn write(args: &ShowArgs, shown: &[Neighbourhood], terminal: &Terminal) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = terminal.stdout();
    let style = if args.ascii {
        Style::Ascii
    } else {
        Style::Unicode
    };
    match args.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(shown)?)?,
        Format::Jsonl => {
            for one in shown {
                writeln!(out, "{}", serde_json::to_string(one)?)?;
            }
        }
        Format::Table | Format::Csv => {
            for one in shown {
                write!(out, "{}", one.tree().render(style))?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
