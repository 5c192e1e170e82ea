//! Indicators, refused and dropped items as they are printed.

use std::io::Write;

use clap::ValueEnum;
use serde::Serialize;
use tesem_intel::{Details, Dropped, Merged, Provenances, RefusedItem};
use tesem_observable::{Observable, ObservableKind};

use crate::view::table::{formula_guarded, lines, plain, printable};

/// How items are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PullFormat {
    /// Aligned columns for people
    #[default]
    Table,
    /// One value a line, as `tesem hunt` reads it
    List,
    /// Comma-separated values with a header; formula cells are guarded
    Csv,
    /// One JSON array
    Json,
    /// One JSON object per line
    Jsonl,
}

/// Something with a row and a JSON form.
pub(crate) trait Printed: Serialize {
    /// The columns' names.
    const HEADER: &'static [&'static str];
    /// The cells of its row.
    fn cells(&self) -> Vec<String>;
    /// What stands alone in a list.
    fn value(&self) -> String;
}

/// An observable with all that is said about it.
#[derive(Debug, Serialize)]
pub(crate) struct IndicatorRow<'m> {
    kind: ObservableKind,
    value: String,
    provenance: Vec<Statement>,
    #[serde(skip)]
    all: Provenances<'m>,
}

/// One source's statement.
#[derive(Debug, Serialize)]
struct Statement {
    feed: String,
    place: String,
    #[serde(flatten)]
    details: Details,
}

impl<'m> IndicatorRow<'m> {
    fn new(observable: &Observable, all: Provenances<'m>) -> Self {
        let statement = |provenance: tesem_intel::Provenance| Statement {
            feed: provenance.feed().to_owned(),
            place: provenance.place.to_string(),
            details: provenance.into_details(),
        };
        Self {
            kind: observable.kind(),
            value: observable.to_string(),
            provenance: all.iter().map(statement).collect(),
            all,
        }
    }

    /// The rows of all observables, made as they are printed.
    pub(crate) fn all(merged: &'m Merged) -> impl Iterator<Item = Self> {
        merged
            .iter()
            .map(|(observable, all)| Self::new(observable, all))
    }
}

impl Printed for IndicatorRow<'_> {
    const HEADER: &'static [&'static str] = &[
        "kind",
        "value",
        "feeds",
        "confidence",
        "tlp",
        "first_seen",
        "last_seen",
        "valid_until",
        "labels",
        "comment",
        "places",
    ];

    fn cells(&self) -> Vec<String> {
        let time =
            |time: Option<jiff::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        let comments = self
            .provenance
            .iter()
            .filter_map(|one| one.details.comment.as_deref());
        let places: Vec<&str> = self
            .provenance
            .iter()
            .map(|one| one.place.as_str())
            .collect();
        vec![
            self.kind.as_str().to_owned(),
            self.value.clone(),
            self.all.feeds().join(" "),
            self.all
                .confidence()
                .map(|confidence| confidence.get().to_string())
                .unwrap_or_default(),
            self.all
                .tlp()
                .map(|tlp| tlp.as_str().to_owned())
                .unwrap_or_default(),
            time(self.all.first_seen()),
            time(self.all.last_seen()),
            time(self.all.valid_until()),
            self.all.labels().join("; "),
            comments.collect::<Vec<_>>().join("; "),
            places.join("; "),
        ]
    }

    fn value(&self) -> String {
        self.value.clone()
    }
}

/// A refused or dropped item.
#[derive(Debug, Serialize)]
pub(crate) struct LeftOut {
    feed: String,
    place: String,
    outcome: &'static str,
    /// The code of the reason, or the list.
    code: String,
    value: String,
    reason: String,
}

impl From<RefusedItem> for LeftOut {
    fn from(item: RefusedItem) -> Self {
        Self {
            feed: item.place.source.feed.to_string(),
            place: item.place.to_string(),
            outcome: "refused",
            code: item.reason.code().to_owned(),
            value: item.text.to_string(),
            reason: item.reason.to_string(),
        }
    }
}

impl From<Dropped> for LeftOut {
    fn from(item: Dropped) -> Self {
        let place = &item.indicator.provenance.place;
        Self {
            feed: place.source.feed.to_string(),
            place: place.to_string(),
            outcome: "dropped",
            code: item.list.to_string(),
            value: item.indicator.observable.to_string(),
            reason: item.entry.to_string(),
        }
    }
}

impl Printed for LeftOut {
    const HEADER: &'static [&'static str] =
        &["outcome", "code", "value", "reason", "feed", "place"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.outcome.to_owned(),
            self.code.clone(),
            self.value.clone(),
            self.reason.clone(),
            self.feed.clone(),
            self.place.clone(),
        ]
    }

    fn value(&self) -> String {
        self.value.clone()
    }
}

impl<P: Printed> Printed for &P {
    const HEADER: &'static [&'static str] = P::HEADER;

    fn cells(&self) -> Vec<String> {
        P::cells(self)
    }

    fn value(&self) -> String {
        P::value(self)
    }
}

/// Writes the items.
pub(crate) fn write<P: Printed>(
    format: PullFormat,
    mut items: impl Iterator<Item = P>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match format {
        PullFormat::Table => table(items, out)?,
        PullFormat::List => items.try_for_each(|item| writeln!(out, "{}", item.value()))?,
        PullFormat::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(P::HEADER)?;
            for item in items {
                csv.write_record(
                    item.cells()
                        .iter()
                        .map(|cell| formula_guarded(cell).into_owned()),
                )?;
            }
            csv.flush()?;
        }
        PullFormat::Json => json(items, out)?,
        PullFormat::Jsonl => items.try_for_each(|item| -> anyhow::Result<()> {
            Ok(writeln!(out, "{}", serde_json::to_string(&item)?)?)
        })?,
    }
    Ok(())
}

fn table<P: Printed>(items: impl Iterator<Item = P>, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut table = plain(P::HEADER);
    table.add_rows(items.map(|item| -> Vec<String> {
        item.cells()
            .iter()
            .map(|cell| printable(cell).into_owned())
            .collect()
    }));
    if !table.is_empty() {
        writeln!(out, "{}", lines(&table))?;
    }
    Ok(())
}

/// An array, one element a line, written as it comes.
fn json<P: Printed>(items: impl Iterator<Item = P>, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut before = "[";
    for item in items {
        write!(out, "{before}\n  {}", serde_json::to_string(&item)?)?;
        before = ",";
    }
    let end = if before == "[" { "[]" } else { "\n]" };
    Ok(writeln!(out, "{end}")?)
}
