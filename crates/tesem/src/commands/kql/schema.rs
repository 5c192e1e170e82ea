//! `tesem kql schema`: the advanced hunting tables and their columns.

use std::io::Write;

use clap::Args;
use serde_json::json;
use tesem_kql::schema::{Table, defender};

use crate::cli::Format;
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::terminal::Terminal;
use crate::view::table::{lines, plain};

/// List the advanced hunting tables, or the columns of some
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tesem kql schema\n  tesem kql schema DeviceNetworkEvents --format csv"
)]
pub(crate) struct SchemaArgs {
    /// Tables whose columns are wanted
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs the command.
pub(super) fn run(args: &SchemaArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let schema = defender();
    let (header, rows): (&[&str], Vec<Vec<String>>) = if args.tables.is_empty() {
        (
            &["table", "columns", "superseded by"],
            schema.tables().map(table_row).collect(),
        )
    } else {
        let tables = args
            .tables
            .iter()
            .map(|name| find(name))
            .collect::<Result<Vec<_>, _>>()?;
        (
            &["table", "column", "type"],
            tables.into_iter().flat_map(column_rows).collect(),
        )
    };
    let mut out = terminal.stdout();
    write(&mut out, header, &rows, args.format)?;
    out.flush()?;
    Ok(Exit::Done)
}

fn find(name: &str) -> Result<&'static Table, UsageError> {
    let schema = defender();
    schema.table(name).ok_or_else(|| {
        let error = UsageError::new(format!("there is no table `{name}`"));
        match schema.nearest(name) {
            Some(nearest) => error.with_hint(format!("did you mean `{nearest}`?")),
            None => error.with_hint("`tesem kql schema` lists the tables"),
        }
    })
}

fn table_row(table: &Table) -> Vec<String> {
    let superseded = table.superseded_by.unwrap_or_default().to_owned();
    vec![
        table.name.to_owned(),
        table.columns.len().to_string(),
        superseded,
    ]
}

fn column_rows(table: &'static Table) -> impl Iterator<Item = Vec<String>> {
    let row = |column: &tesem_kql::schema::Column| {
        vec![
            table.name.to_owned(),
            column.name.to_owned(),
            column.scalar_type.name().to_owned(),
        ]
    };
    table.columns.iter().map(row)
}

fn write(
    out: &mut dyn Write,
    header: &[&str],
    rows: &[Vec<String>],
    format: Format,
) -> anyhow::Result<()> {
    let object = |row: &Vec<String>| {
        let members = header
            .iter()
            .map(|name| name.replace(' ', "_"))
            .zip(row.iter().map(|cell| json!(cell)));
        serde_json::Value::Object(members.collect())
    };
    match format {
        Format::Table => {
            let mut table = plain(header);
            table.add_rows(rows.iter().cloned());
            writeln!(out, "{}", lines(&table))?;
        }
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(header)?;
            rows.iter().try_for_each(|row| csv.write_record(row))?;
            csv.flush()?;
        }
        Format::Json => writeln!(
            out,
            "{}",
            rows.iter().map(object).collect::<serde_json::Value>()
        )?,
        Format::Jsonl => {
            for row in rows {
                writeln!(out, "{}", object(row))?;
            }
        }
    }
    Ok(())
}
