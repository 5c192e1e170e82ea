//! JSON with a map of members.

mod path;
mod walk;

use std::io::{BufRead, BufReader};

use serde_json::Value;

use super::fields::{self, Field};
use super::{kinds, lines, text};
use crate::fetch::Input;
use crate::output::Output;
use crate::stix::damaged;
use crate::{Problem, RefusedBecause};
use walk::{EntryGuard, Guarded, Walk};

/// JSON: where what stands.
///
/// Places are paths: names with dots between them, such as `data.iocs`. `*` stands for any name, lists on the way are walked
/// through, and a name may itself hold dots.
#[derive(Debug, Clone, Default)]
pub struct JsonFeed {
    /// Where the entries are in the document, such as `data.iocs`, or `*` for lists under names that are ids. The document itself
    /// is the list, or the one entry, where nothing is given.
    pub entries: Option<String>,
    /// JSON Lines: a document a line. Lines that are no JSON are refused.
    pub lines: bool,
    /// Where an entry has its values: an observable for each that is filled, and each of a list. Entries are values themselves
    /// where there is none.
    pub values: Vec<String>,
    /// Where an entry says what a value is.
    pub kind_path: Option<String>,
    /// What all values are, in place of a path.
    pub kind: Option<String>,
    /// Confidence from 0 to 100.
    pub confidence: Option<String>,
    /// When it was first seen.
    pub first_seen: Option<String>,
    /// When it was last seen.
    pub last_seen: Option<String>,
    /// Until when it counts.
    pub valid_until: Option<String>,
    /// A comment.
    pub comment: Option<String>,
    /// Labels: a list, or a text with commas, semicolons or bars.
    pub labels: Option<String>,
    /// The source's id.
    pub id: Option<String>,
    /// A TLP label.
    pub tlp: Option<String>,
    /// Addresses of reports.
    pub reference: Option<String>,
}

impl JsonFeed {
    pub(super) fn read(&self, input: Input, output: &mut Output) -> Result<(), Problem> {
        let what = output.document().to_owned();
        input.refuse_html(&what, "JSON")?;
        let mut reader = lines::decoded(input, None, &what)?;
        match self.lines {
            true => self.lines(&mut *reader, output),
            false => self.document(reader, output),
        }
    }

    fn lines(&self, reader: &mut dyn BufRead, output: &mut Output) -> Result<(), Problem> {
        text::each_line(reader, output, |number, line, output| {
            let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{1e}');
            if line.is_empty() {
                output.context("empty line");
                return Ok(());
            }
            match serde_json::from_str::<Value>(line) {
                Ok(value) => self.entries_of(&value, number, output),
                Err(error) => {
                    let why = format!("is no JSON: {error}");
                    output.refused(number, line, RefusedBecause::Form(why.into()))
                }
            }
        })
    }

    /// The entries of a line. One without any is accounted for.
    fn entries_of(&self, line: &Value, number: u64, output: &mut Output) -> Result<(), Problem> {
        let path = self.entries.as_deref().unwrap_or_default();
        let entries = path::values(line, path);
        if entries.is_empty() {
            output.context("line without entries");
        }
        entries
            .into_iter()
            .try_for_each(|entry| self.entry(entry, number, output))
    }

    fn document(
        &self,
        reader: Box<dyn BufRead + Send>,
        output: &mut Output,
    ) -> Result<(), Problem> {
        let what = output.document().to_owned();
        let guard = EntryGuard::new();
        let mut reader = BufReader::with_capacity(64 << 10, Guarded::new(reader, &guard));
        skip_mark(&mut reader).map_err(|error| Problem::reading(&what, &error))?;
        let path = self.entries.as_deref().unwrap_or_default();
        let mut take = |entry: &Value, number| self.entry(entry, number, output);
        let mut walk = Walk::new(&guard, &mut take);
        let mut json = serde_json::Deserializer::from_reader(reader);
        let read = walk.document(&mut json, path);
        let has_entries = walk.has_entries();
        if let Some(problem) = walk.stopped() {
            return Err(problem);
        }
        read.map_err(|error| match guard.is_over() {
            true => guard.problem(&what),
            false => damaged(&what, error),
        })?;
        json.end().map_err(|error| several(&what, error))?;
        match has_entries {
            true => Ok(()),
            false => Err(Problem::setting(
                "entries",
                format!("there is nothing at `{path}` in {what}"),
            )),
        }
    }

    fn entry(&self, entry: &Value, number: u64, output: &mut Output) -> Result<(), Problem> {
        let at = |path: &Option<String>| {
            let path = path.as_deref();
            path.map_or_else(Vec::new, |path| path::texts(entry, path))
        };
        let values: Vec<String> = match self.values.as_slice() {
            [] => path::texts(entry, ""),
            paths => paths
                .iter()
                .flat_map(|path| path::texts(entry, path))
                .collect(),
        };
        if values.is_empty() {
            let reason = RefusedBecause::Form("has no value where one should be".into());
            return output.refused(number, &entry.to_string(), reason);
        }
        let details = fields::details(|field| at(self.path(field)), output).shared();
        let kind = at(&self.kind_path).into_iter().next();
        let kind = kind.as_deref().or(self.kind.as_deref());
        for value in values {
            match kinds::read(kind, &value) {
                Ok(read) => output.value(number, read, details.clone())?,
                Err(reason) => output.refused(number, &value, reason)?,
            }
        }
        Ok(())
    }

    fn path(&self, field: Field) -> &Option<String> {
        match field {
            Field::Confidence => &self.confidence,
            Field::FirstSeen => &self.first_seen,
            Field::LastSeen => &self.last_seen,
            Field::ValidUntil => &self.valid_until,
            Field::Comment => &self.comment,
            Field::Labels => &self.labels,
            Field::Id => &self.id,
            Field::Tlp => &self.tlp,
            Field::Reference => &self.reference,
        }
    }
}

/// A byte-order mark is no JSON.
fn skip_mark(reader: &mut impl BufRead) -> std::io::Result<()> {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    if reader.fill_buf()?.starts_with(MARK) {
        reader.consume(MARK.len());
    }
    Ok(())
}

/// Something follows the document.
fn several(what: &str, error: serde_json::Error) -> Problem {
    match error.is_syntax() {
        true => Problem::NotTheData {
            what: what.into(),
            wanted: "one JSON document",
            why: "something follows its end; for JSON Lines set `lines`".into(),
        },
        false => damaged(what, error),
    }
}
