//! `queries/NAME.csv` and `queries/NAME.json`: the answers to the queries of packs.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::cell::{guarded, of_value};
use super::{OutputError, Subject, WriteError, file_failed, write_file};
use crate::backend::BackendRows;
use crate::run::PackReport;

/// The folder of these files in that of the run.
const FOLDER: &str = "queries";

/// What a query of a pack left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackFile {
    /// The query.
    pub name: String,
    /// Its rows, with a header; nothing where the query was not answered.
    pub csv: Option<PathBuf>,
    /// Its rows as pandas writes a frame with `orient="split"`: `columns`, `index`, `data`. Nothing where there are no rows, as in
    /// Shodan-to-MDE.
    pub json: Option<PathBuf>,
    /// Its rows.
    pub rows: u64,
}

pub(super) fn write(subject: &Subject<'_>) -> Result<Vec<PackFile>, OutputError> {
    let reports = &subject.report.packs;
    if reports.is_empty() {
        return Ok(Vec::new());
    }
    let folder = subject.folder.path().join(FOLDER);
    fs::create_dir_all(&folder).map_err(|source| file_failed("create", &folder, source))?;
    reports
        .iter()
        .map(|report| write_query(subject, report, &folder))
        .collect()
}

fn write_query(
    subject: &Subject<'_>,
    report: &PackReport,
    folder: &Path,
) -> Result<PackFile, OutputError> {
    let mut file = PackFile {
        name: report.name.clone(),
        csv: None,
        json: None,
        rows: 0,
    };
    if report.answers.is_empty() {
        return Ok(file);
    }
    let answers = Answers::new(subject, report)?;
    let csv = folder.join(format!("{}.csv", report.file_stem));
    file.rows = write_file(&csv, |out| write_csv(&answers, out))?;
    file.csv = Some(csv);
    if file.rows > 0 {
        let json = folder.join(format!("{}.json", report.file_stem));
        write_file(&json, |out| write_split(&answers, file.rows, out))?;
        file.json = Some(json);
    }
    Ok(file)
}

/// The answers to one query, read one at a time.
struct Answers<'a> {
    subject: &'a Subject<'a>,
    keys: &'a [String],
    /// The columns of all, in the order of their first appearance.
    columns: Vec<String>,
}

impl<'a> Answers<'a> {
    fn new(subject: &'a Subject<'a>, report: &'a PackReport) -> Result<Self, OutputError> {
        let mut answers = Self {
            subject,
            keys: &report.answers,
            columns: Vec::new(),
        };
        for key in answers.keys {
            let columns = answers.read(key)?.columns;
            for (at, column) in columns.iter().enumerate() {
                if position(&answers.columns, &column.name, nth(&columns, at)).is_none() {
                    answers.columns.push(column.name.clone());
                }
            }
        }
        Ok(answers)
    }

    fn read(&self, key: &str) -> Result<BackendRows, OutputError> {
        let answer = self.subject.folder.answer(key)?;
        Ok(answer.map(|answer| answer.rows).unwrap_or_default())
    }

    /// Gives each row to `take`, in the order of the columns. A row that several parts have is given as often as the part that has it
    /// most often.
    fn each(
        &self,
        mut take: impl FnMut(Vec<Value>) -> Result<(), WriteError>,
    ) -> Result<u64, WriteError> {
        let mut given: HashMap<String, u64> = HashMap::new();
        let mut count = 0;
        for key in self.keys {
            let answer = self.read(key)?;
            let mut here: HashMap<String, u64> = HashMap::new();
            for row in self.rows(answer) {
                if self.keys.len() > 1 {
                    let text = serde_json::to_string(&row)?;
                    let times = here.entry(text.clone()).or_default();
                    *times += 1;
                    let before = given.entry(text).or_default();
                    if *times <= *before {
                        continue;
                    }
                    *before = *times;
                }
                take(row)?;
                count += 1;
            }
        }
        Ok(count)
    }

    fn rows(&self, answer: BackendRows) -> impl Iterator<Item = Vec<Value>> {
        let places: Vec<Option<usize>> = answer
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| position(&self.columns, &column.name, nth(&answer.columns, at)))
            .collect();
        let width = self.columns.len();
        answer.rows.into_iter().map(move |row| {
            let mut ordered = vec![Value::Null; width];
            for (value, place) in row.into_iter().zip(&places) {
                if let Some(slot) = place.and_then(|place| ordered.get_mut(place)) {
                    *slot = value;
                }
            }
            ordered
        })
    }
}

/// How many columns of the same name stand before the one at `at`.
fn nth(columns: &[crate::backend::BackendColumn], at: usize) -> usize {
    let name = columns.get(at).map(|column| &column.name);
    let before = columns.iter().take(at);
    before.filter(|column| Some(&column.name) == name).count()
}

/// Where the `nth` column of that name stands, from 0.
fn position(columns: &[String], name: &str, nth: usize) -> Option<usize> {
    let named = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| *column == name);
    named.map(|(at, _)| at).nth(nth)
}

fn write_csv(answers: &Answers<'_>, out: &mut impl Write) -> Result<u64, WriteError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(
        answers
            .columns
            .iter()
            .map(|name| guarded(name).into_owned()),
    )?;
    let count = answers.each(|row| {
        csv.write_record(row.iter().map(|value| of_value(Some(value))))?;
        Ok(())
    })?;
    csv.flush()?;
    Ok(count)
}

fn write_split(answers: &Answers<'_>, rows: u64, out: &mut impl Write) -> Result<(), WriteError> {
    let columns = serde_json::to_string(&answers.columns)?;
    write!(out, "{{\"columns\":{columns},\"index\":[")?;
    for index in 0..rows {
        let comma = if index > 0 { "," } else { "" };
        write!(out, "{comma}{index}")?;
    }
    out.write_all(b"],\"data\":[")?;
    let mut comma: &[u8] = b"";
    answers.each(|row| {
        out.write_all(comma)?;
        comma = b",";
        serde_json::to_writer(&mut *out, &row)?;
        Ok(())
    })?;
    out.write_all(b"]}\n")?;
    Ok(())
}
