//! Events in which an indicator was seen, read from the answers of the details queries.

use jiff::Timestamp;
use serde_json::Value;

use super::Subject;
use crate::backend::BackendRows;
use crate::indicator::{Indicator, IndicatorId};
use crate::map::DETAIL_COLUMNS;
use crate::plan::Plan;
use crate::report::{DetailsAnswer, HuntReport};
use crate::run::{Attribution, Cells, FolderError, RunFolder, cell_text};

/// An event in which an indicator was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit<'a> {
    /// The indicator.
    pub indicator: &'a Indicator,
    /// Its id.
    pub id: IndicatorId,
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The text of that column.
    pub matched: String,
    /// When it happened; nothing where the service gave no time.
    pub timestamp: Option<Timestamp>,
    /// The event's columns that are not null, by name, in the order of [`Hit::columns`].
    pub cells: Vec<(&'static str, Value)>,
}

impl Hit<'_> {
    /// The names of all columns that events can have, in order.
    pub fn columns() -> impl Iterator<Item = &'static str> {
        DETAIL_COLUMNS.iter().map(|column| column.name)
    }

    /// A column of the event.
    #[must_use]
    pub fn cell(&self, name: &str) -> Option<&Value> {
        let mut cells = self.cells.iter();
        cells.find(|(of, _)| *of == name).map(|(_, value)| value)
    }

    /// The time as the service wrote it.
    #[must_use]
    pub fn timestamp_text(&self) -> &str {
        self.cell("Timestamp")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// What hits are sorted by: indicator, time, place, and then everything else.
    fn order(&self) -> (IndicatorId, &str, &str, &str, &str, String) {
        let rest = self
            .cells
            .iter()
            .map(|(name, value)| format!("{name}={value};"))
            .collect();
        (
            self.id,
            self.timestamp_text(),
            &self.table,
            &self.column,
            &self.matched,
            rest,
        )
    }
}

/// Reads the hits of a run, answer by answer.
pub struct HitReader<'a> {
    folder: &'a RunFolder,
    plan: &'a Plan,
    attribution: Attribution,
    answers: std::slice::Iter<'a, DetailsAnswer>,
}

impl<'a> HitReader<'a> {
    /// A reader of the hits of `report`, which was made in `folder` for `plan`.
    #[must_use]
    pub fn new(folder: &'a RunFolder, plan: &'a Plan, report: &'a HuntReport) -> Self {
        Self {
            folder,
            plan,
            attribution: Attribution::new(plan),
            answers: report.details.iter(),
        }
    }

    pub(super) fn of(subject: &Subject<'a>) -> Self {
        Self::new(subject.folder, subject.plan, subject.report)
    }

    /// The hits of the next answer, by indicator and time, each once and at most as many per indicator as the plan allows, the newest.
    /// Of a hunt for what is new, those that earlier runs did not report.
    ///
    /// # Errors
    /// [`FolderError`] for an answer that cannot be read.
    pub fn next_answer(&mut self) -> Result<Option<Vec<Hit<'a>>>, FolderError> {
        let Some(details) = self.answers.next() else {
            return Ok(None);
        };
        let answer = self.folder.answer(&details.key)?;
        let mut hits = match &answer {
            Some(answer) => self.hits(&answer.rows, &details.indicators),
            None => Vec::new(),
        };
        hits.sort_by_cached_key(|hit| {
            let (id, time, table, column, matched, rest) = hit.order();
            (
                id,
                time.to_owned(),
                table.to_owned(),
                column.to_owned(),
                matched.to_owned(),
                rest,
            )
        });
        hits.dedup();
        let mut hits = newest(&hits, self.plan.options.rows_per_indicator as usize);
        if let Some(earlier) = &self.plan.earlier {
            hits.retain(|hit| earlier.is_new(hit));
        }
        Ok(Some(hits))
    }

    fn hits(&self, rows: &BackendRows, asked: &[IndicatorId]) -> Vec<Hit<'a>> {
        let cells = Cells::of(rows);
        let columns: Vec<(&'static str, usize)> = Hit::columns()
            .filter_map(|name| Some((name, cells.get(name)?)))
            .collect();
        let place = |name| cells.get(name).unwrap_or(usize::MAX);
        let [form, value, table, column, matched] = [
            "Form",
            "Value",
            "SourceTable",
            "SourceColumn",
            "MatchedText",
        ]
        .map(place);
        let mut hits = Vec::new();
        for row in &rows.rows {
            let found = self
                .attribution
                .find(&cell_text(row, form), &cell_text(row, value), asked);
            for id in found {
                let Some(indicator) = self.plan.intake.get(id) else {
                    continue;
                };
                hits.push(Hit {
                    indicator,
                    id,
                    table: cell_text(row, table),
                    column: cell_text(row, column),
                    matched: cell_text(row, matched),
                    timestamp: cells
                        .get("Timestamp")
                        .and_then(|index| cell_text(row, index).parse().ok()),
                    cells: filled(row, &columns),
                });
            }
        }
        hits
    }
}

/// The cells of a row that say something.
fn filled(row: &[Value], columns: &[(&'static str, usize)]) -> Vec<(&'static str, Value)> {
    columns
        .iter()
        .filter_map(|(name, index)| Some((*name, row.get(*index)?.clone())))
        .filter(|(_, value)| !value.is_null() && value.as_str() != Some(""))
        .collect()
}

/// Keeps the last `limit` hits of each indicator; `hits` are sorted by indicator and time.
fn newest<'a>(hits: &[Hit<'a>], limit: usize) -> Vec<Hit<'a>> {
    let mut kept = Vec::with_capacity(hits.len());
    for group in hits.chunk_by(|one, next| one.id == next.id) {
        kept.extend_from_slice(
            group
                .get(group.len().saturating_sub(limit)..)
                .unwrap_or_default(),
        );
    }
    kept
}
