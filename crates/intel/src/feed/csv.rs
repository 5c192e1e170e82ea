//! CSV with a map of columns.

use std::cell::Cell;
use std::io::{BufRead, Read};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder, Trim};

use super::fields::{self, Field};
use super::{kinds, lines};
use crate::fetch::Input;
use crate::output::Output;
use crate::{Problem, RefusedBecause};

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// By its name in the header; case and blanks around it do not matter.
    Name(String),
    /// By its number; the first is 1.
    Number(usize),
}

/// CSV: where what stands.
#[derive(Debug, Clone)]
pub struct CsvFeed {
    /// The columns with values. A row gives an observable for each that is filled; one at least.
    pub values: Vec<Column>,
    /// The column that says what a value is.
    pub kind_column: Option<Column>,
    /// What all values are, in place of a column.
    pub kind: Option<String>,
    /// Confidence from 0 to 100.
    pub confidence: Option<Column>,
    /// When it was first seen.
    pub first_seen: Option<Column>,
    /// When it was last seen.
    pub last_seen: Option<Column>,
    /// Until when it counts.
    pub valid_until: Option<Column>,
    /// A comment.
    pub comment: Option<Column>,
    /// Labels, separated by commas, semicolons or bars.
    pub labels: Option<Column>,
    /// The source's id.
    pub id: Option<Column>,
    /// A TLP label.
    pub tlp: Option<Column>,
    /// The address of a report.
    pub reference: Option<Column>,
    /// What separates cells.
    pub delimiter: u8,
    /// What starts a comment line.
    pub comment_mark: Option<u8>,
    /// Whether the first row that is no comment names the columns.
    pub header: bool,
    /// A label of the WHATWG standard; else it is found out.
    pub encoding: Option<String>,
}

impl Default for CsvFeed {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            kind_column: None,
            kind: None,
            confidence: None,
            first_seen: None,
            last_seen: None,
            valid_until: None,
            comment: None,
            labels: None,
            id: None,
            tlp: None,
            reference: None,
            delimiter: b',',
            comment_mark: Some(b'#'),
            header: true,
            encoding: None,
        }
    }
}

/// Longest row, in bytes: a quote that is never closed would make one row of the rest of the file.
const ROW_BYTES_MAX: usize = 4 << 20;

/// Columns by index.
#[derive(Debug, Default)]
struct Map {
    values: Vec<usize>,
    kind: Option<usize>,
    confidence: Option<usize>,
    first_seen: Option<usize>,
    last_seen: Option<usize>,
    valid_until: Option<usize>,
    comment: Option<usize>,
    labels: Option<usize>,
    id: Option<usize>,
    tlp: Option<usize>,
    reference: Option<usize>,
}

impl Map {
    fn index(&self, field: Field) -> Option<usize> {
        match field {
            Field::Confidence => self.confidence,
            Field::FirstSeen => self.first_seen,
            Field::LastSeen => self.last_seen,
            Field::ValidUntil => self.valid_until,
            Field::Comment => self.comment,
            Field::Labels => self.labels,
            Field::Id => self.id,
            Field::Tlp => self.tlp,
            Field::Reference => self.reference,
        }
    }
}

impl CsvFeed {
    pub(super) fn read(&self, input: Input, output: &mut Output) -> Result<(), Problem> {
        let what = output.document().to_owned();
        input.refuse_html(&what, "CSV")?;
        let reader = lines::decoded(input, self.encoding.as_deref(), &what)?;
        let since_row = Rc::new(Cell::new(0));
        let guarded = RowGuard {
            inner: reader,
            since_row: Rc::clone(&since_row),
        };
        let mut rows = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .comment(self.comment_mark)
            .flexible(true)
            .trim(Trim::All)
            .has_headers(false)
            .from_reader(guarded);
        let mut row = ByteRecord::new();
        let mut map = if self.header {
            None
        } else {
            Some(self.map(None)?)
        };
        while next(&mut rows, &mut row, &what)? {
            since_row.set(0);
            let line = row.position().map_or(0, csv::Position::line);
            match &map {
                None => map = Some(self.map(Some(&row))?),
                Some(map) => self.row(map, &row, line, output)?,
            }
        }
        Ok(())
    }

    fn map(&self, header: Option<&ByteRecord>) -> Result<Map, Problem> {
        let find = |column: &Column| index(column, header);
        let option = |column: &Option<Column>| column.as_ref().map(find).transpose();
        if self.values.is_empty() {
            return Err(Problem::setting(
                "columns",
                "no column holds the value; name it as `value`",
            ));
        }
        Ok(Map {
            values: self.values.iter().map(find).collect::<Result<_, _>>()?,
            kind: option(&self.kind_column)?,
            confidence: option(&self.confidence)?,
            first_seen: option(&self.first_seen)?,
            last_seen: option(&self.last_seen)?,
            valid_until: option(&self.valid_until)?,
            comment: option(&self.comment)?,
            labels: option(&self.labels)?,
            id: option(&self.id)?,
            tlp: option(&self.tlp)?,
            reference: option(&self.reference)?,
        })
    }

    fn row(
        &self,
        map: &Map,
        row: &ByteRecord,
        line: u64,
        output: &mut Output,
    ) -> Result<(), Problem> {
        let texts = |field| map.index(field).and_then(|index| cell(row, index));
        let details = fields::details(|field| texts(field).into_iter().collect(), output).shared();
        let kind = map.kind.and_then(|index| cell(row, index));
        let kind = kind.as_deref().or(self.kind.as_deref());
        let mut has_value = false;
        for value in map.values.iter().filter_map(|index| cell(row, *index)) {
            has_value = true;
            match kinds::read(kind, &value) {
                Ok(read) => output.value(line, read, details.clone())?,
                Err(reason) => output.refused(line, &value, reason)?,
            }
        }
        match has_value {
            true => Ok(()),
            false => {
                let text: Vec<_> = row.iter().map(lines::text).collect();
                let reason =
                    RefusedBecause::Form("has no value in the columns that should hold one".into());
                output.refused(line, &text.join(","), reason)
            }
        }
    }
}

fn next<R: Read>(
    rows: &mut csv::Reader<R>,
    row: &mut ByteRecord,
    what: &str,
) -> Result<bool, Problem> {
    rows.read_byte_record(row)
        .map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) if is_row_too_long(&error) => Problem::Damaged {
                what: what.into(),
                why: format!(
                    "a row is longer than {ROW_BYTES_MAX} bytes; a quote may not be closed"
                )
                .into(),
            },
            csv::ErrorKind::Io(error) => Problem::reading(what, &error),
            other => Problem::Damaged {
                what: what.into(),
                why: format!("{other:?}").into(),
            },
        })
}

fn is_row_too_long(error: &std::io::Error) -> bool {
    let inner = error.get_ref();
    inner
        .and_then(|inner| inner.downcast_ref::<RowTooLong>())
        .is_some()
}

fn index(column: &Column, header: Option<&ByteRecord>) -> Result<usize, Problem> {
    match (column, header) {
        (Column::Number(0), _) => Err(Problem::setting("columns", "the first column is number 1")),
        (Column::Number(number), _) => Ok(number - 1),
        (Column::Name(name), None) => {
            let why =
                format!("`{name}` is a name, but there is no header; give the column's number");
            Err(Problem::setting("columns", why))
        }
        (Column::Name(name), Some(header)) => {
            let names: Vec<_> = header
                .iter()
                .map(|cell| plain(&lines::text(cell)))
                .collect();
            let found = names.iter().position(|found| *found == plain(name));
            found.ok_or_else(|| {
                let known = crate::item::excerpt(&names.join(", "));
                Problem::setting(
                    "columns",
                    format!("there is no column `{name}`; there are {known}"),
                )
            })
        }
    }
}

/// A column's name without marks that lists put around it.
fn plain(name: &str) -> String {
    name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '"' | '\u{feff}'))
        .to_lowercase()
}

/// A cell that is filled.
fn cell(row: &ByteRecord, index: usize) -> Option<String> {
    let text = lines::text(row.get(index)?);
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A row that does not end.
#[derive(Debug, thiserror::Error)]
#[error("a row is too long")]
struct RowTooLong;

/// Ends a row that does not end.
struct RowGuard {
    inner: Box<dyn BufRead + Send>,
    since_row: Rc<Cell<usize>>,
}

impl Read for RowGuard {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.since_row.get() > ROW_BYTES_MAX {
            return Err(std::io::Error::other(RowTooLong));
        }
        let read = self.inner.read(buffer)?;
        self.since_row.set(self.since_row.get() + read);
        Ok(read)
    }
}
