//! The records of files as rows.

use datafusion::arrow::array::RecordBatch;
use tesem_kql::types::ScalarType;

use super::error::ExternalDataError;
use super::format::Format;
use super::location::{Compression, Location};
use super::mapping::{Mapping, Source};
use super::{ExternalData, content, delimited, json};
use crate::catalog::{BuildError, Column, TableBuilder};
use crate::dynamic::Step;

/// How records become rows.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The format of every file.
    pub(crate) format: Format,
    /// Which field fills which column; without it fields go by position, members by name.
    pub(crate) mapping: Option<Mapping>,
    /// Whether the first record of each file holds no data.
    pub(crate) ignore_first: bool,
}

/// Rows as they are read: text, or dynamics out of JSON, for the binder to convert to the declared types.
#[derive(Debug)]
pub(crate) struct Records {
    format: Format,
    ignore_first: bool,
    /// Where each column's value comes from; `None` leaves it empty.
    sources: Vec<Option<Source>>,
    rows: TableBuilder,
}

impl Records {
    /// No rows yet of the declared columns.
    pub(crate) fn new(declared: &[Column], layout: &Layout) -> Self {
        let staged = if layout.format.is_json() {
            ScalarType::Dynamic
        } else {
            ScalarType::String
        };
        let columns = declared
            .iter()
            .map(|column| Column::new(&column.name, staged));
        let sources = declared.iter().enumerate();
        Self {
            format: layout.format,
            ignore_first: layout.ignore_first,
            sources: sources
                .map(|(position, column)| source(layout, position, &column.name))
                .collect(),
            rows: TableBuilder::new(columns.collect()),
        }
    }

    /// The columns of the rows.
    pub(crate) fn columns(&self) -> Vec<Column> {
        self.rows.columns().to_vec()
    }

    /// Reads a location and says how many bytes it holds; `room` is how many there may be.
    pub(crate) fn read(
        &mut self,
        allowed: &ExternalData,
        location: &Location,
        compression: Compression,
        room: u64,
    ) -> Result<u64, ExternalDataError> {
        let path = allowed.find(location)?;
        let text = content::text(&path, compression, room, allowed.bytes_max())?;
        self.read_text(&text)?;
        Ok(text.len() as u64)
    }

    /// Reads the records of one file.
    pub(super) fn read_text(&mut self, text: &str) -> Result<(), ExternalDataError> {
        let skipped = usize::from(self.ignore_first);
        match self.format {
            Format::Delimited(delimiter) => {
                delimited::records(text, delimiter, |index, fields| match index < skipped {
                    true => Ok(()),
                    false => self.text_row(|ordinal| fields.get(ordinal)),
                })
            }
            Format::Text => {
                let lines = text.lines().filter(|line| !line.is_empty());
                lines
                    .skip(skipped)
                    .try_for_each(|line| self.text_row(|ordinal| (ordinal == 0).then_some(line)))
            }
            Format::Raw => self.text_row(|ordinal| (ordinal == 0).then_some(text)),
            Format::JsonLines => json::lines(text, |record| self.json_row(record)),
            Format::MultiJson => json::several(text, |record| self.json_row(record)),
            Format::SingleJson => json::single(text, |record| self.json_row(record)),
            // Parquet is scanned, not read into rows.
            Format::Parquet => Ok(()),
        }
    }

    /// The rows.
    pub(crate) fn finish(self) -> Result<Vec<RecordBatch>, ExternalDataError> {
        self.rows.finish().map_err(not_stored)
    }

    fn text_row<'t>(
        &mut self,
        field: impl Fn(usize) -> Option<&'t str>,
    ) -> Result<(), ExternalDataError> {
        for (index, source) in self.sources.iter().enumerate() {
            let text = match source {
                Some(Source::Ordinal(ordinal)) => field(*ordinal),
                Some(Source::Constant(text)) => Some(text.as_str()),
                Some(Source::Path(_)) | None => None,
            };
            if let Some(text) = text {
                self.rows.string(index, text).map_err(not_stored)?;
            }
        }
        self.rows.finish_row().map_err(not_stored)
    }

    fn json_row(&mut self, record: json::Record<'_>) -> Result<(), ExternalDataError> {
        for (index, source) in self.sources.iter().enumerate() {
            match source {
                Some(Source::Path(path)) => {
                    if let Some(value) = record.get(path) {
                        self.rows
                            .dynamic_encoded(index, value.bytes())
                            .map_err(not_stored)?;
                    }
                }
                Some(Source::Constant(text)) => {
                    let text = crate::dynamic::DynamicValue::String(text.clone());
                    self.rows.dynamic(index, &text).map_err(not_stored)?;
                }
                Some(Source::Ordinal(_)) | None => {}
            }
        }
        self.rows.finish_row().map_err(not_stored)
    }
}

fn source(layout: &Layout, position: usize, name: &str) -> Option<Source> {
    if let Some(mapping) = &layout.mapping {
        return mapping.source(name).cloned();
    }
    Some(match layout.format.is_json() {
        true => Source::Path(vec![Step::Member(name.to_owned())]),
        false => Source::Ordinal(position),
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` wants"
)]
fn not_stored(error: BuildError) -> ExternalDataError {
    ExternalDataError::Rows(error.to_string())
}
