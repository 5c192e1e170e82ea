//! `invoke FileProfile(x, y)`: what is known about a file around the world, beside the rows that name it.
//!
//! `x` is the column with the hash: `SHA1` (the default), `SHA256`, `InitiatingProcessSHA1` or `InitiatingProcessSHA256`, as a name or
//! as text. `y`, from 1 to 1000 and 100 if it is left out, is how many files are looked up: the first ones in the order of the rows.
//! `ProfileAvailability` says `Available`, `Missing` for files that nothing is known about, and is empty where the hash is none or
//! the limit was reached. Source: learn.microsoft.com/defender-xdr/advanced-hunting-fileprofile-function.
//!
//! The page does not say what happens to names that the rows have already. Here, as after a join, the rows keep their columns and
//! those of the profile get a number (`SHA11`, and `GlobalPrevalence1` when the function is invoked twice); this is what
//! github.com/FalconForceTeam/KQLAnalyzer has observed. Neither does it say whether hashes that are none, or come again, count: here
//! they do not.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringViewArray, UInt64Array};
use datafusion::arrow::datatypes::Schema;
use datafusion::common::DataFusionError;
use tesem_kql::Span;
use tesem_kql::ast::{Argument, Expr, ExprKind};
use tesem_kql::types::ScalarType;

use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::names::Names;
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::binder::tabular::{rehidden, visible};
use crate::catalog::Column;
use crate::catalog::file_profiles::{FileId, FileProfiles};
use crate::error::{Finding, codes};
use crate::types;

/// How many files are looked up without `y`.
const LIMIT: usize = 100;
/// The greatest `y`.
const LIMIT_MAX: usize = 1_000;
const AVAILABILITY: &str = "ProfileAvailability";
const FILE_IDS: [(&str, FileId); 4] = [
    ("SHA1", FileId::Sha1),
    ("SHA256", FileId::Sha256),
    ("InitiatingProcessSHA1", FileId::Sha1),
    ("InitiatingProcessSHA256", FileId::Sha256),
];

pub(super) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    arguments: &'q [Argument],
    span: Span,
) -> Bind<Relation> {
    let (column, limit) = taken(arguments, span)?;
    let column = match column {
        Some(expr) => column_name(binder, scope, expr)?,
        None => "SHA1".to_owned(),
    };
    let limit = match limit {
        Some(expr) => limit_of(binder, scope, expr)?,
        None => LIMIT,
    };
    let id = file_id(&column, span)?;
    let columns = with_profile(visible(input));
    let batches = match (position(binder, input, &column, span)?, binder.has_rows()) {
        (Some(position), true) => {
            let profiles = binder
                .database()
                .file_profiles()
                .ok_or_else(|| none(span))?;
            let rows = binder.rows_of(input)?;
            let files = Files {
                id,
                limit,
                profiles,
            };
            vec![files.enriched(&rows, position, &columns)?]
        }
        _ => Vec::new(),
    };
    let known = binder.known_rows(&columns, batches)?;
    Ok(Relation {
        hidden: rehidden(input, &known),
        ..known
    })
}

fn none(span: Span) -> Fault {
    let what = "FileProfile() over a database without file profiles (put a `files.json` beside its tables)";
    Fault::not_supported(what, span)
}

/// The arguments `x` and `y`.
fn taken(arguments: &[Argument], span: Span) -> Bind<(Option<&Expr>, Option<&Expr>)> {
    if let Some(name) = arguments.iter().find_map(|argument| argument.name.as_ref()) {
        return Err(Fault::not_supported(
            "a named argument of FileProfile()",
            name.span,
        ));
    }
    let mut values = arguments.iter().map(|argument| &argument.value);
    let (column, limit) = (values.next(), values.next());
    if values.next().is_some() {
        let message = format!(
            "FileProfile() takes 0 to 2 arguments and was given {}",
            arguments.len()
        );
        return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
    }
    Ok((column, limit))
}

fn column_name<'q>(binder: &Binder<'_>, scope: &Scope<'q>, expr: &'q Expr) -> Bind<String> {
    if let ExprKind::Name(name) = &expr.kind
        && scope.find(&name.text).is_none()
    {
        return Ok(name.text.clone());
    }
    let bound = binder.scalar(&Row::none(scope), expr)?;
    match bound.constant_str() {
        Some(text) => Ok(text.to_owned()),
        None if bound.is_constant() => {
            let what = "the file ID column of FileProfile()";
            Err(Fault::wrong_type(
                what,
                "a column name",
                bound.scalar_type,
                expr.span,
            ))
        }
        None => Err(Fault::not_constant("the file ID column", expr.span)),
    }
}

fn limit_of<'q>(binder: &Binder<'_>, scope: &Scope<'q>, expr: &'q Expr) -> Bind<usize> {
    let limit = binder.constant_long(&Row::none(scope), expr, "the limit of FileProfile()")?;
    let limit = usize::try_from(limit).ok();
    limit
        .filter(|limit| (1..=LIMIT_MAX).contains(limit))
        .ok_or_else(|| {
            let message = format!("the limit of FileProfile() goes from 1 to {LIMIT_MAX}");
            Fault::wrong(codes::WRONG_ARGUMENTS, message, expr.span)
        })
}

fn file_id(column: &str, span: Span) -> Bind<FileId> {
    let known = FILE_IDS.iter().find(|(name, _)| *name == column);
    known.map(|(_, id)| *id).ok_or_else(|| {
        let names = FILE_IDS.map(|(name, _)| name).join(", ");
        let what = format!("FileProfile() of `{column}` (only of {names})");
        Fault::not_supported(what, span)
    })
}

/// Where the rows have the hash; `None` where only the rows can tell whether they have it.
fn position(
    binder: &Binder<'_>,
    input: &Relation,
    column: &str,
    span: Span,
) -> Bind<Option<usize>> {
    let found = input.columns.iter().position(|own| own.name == column);
    let Some(own) = found.and_then(|position| input.columns.get(position)) else {
        if binder.is_open() {
            return Ok(None);
        }
        let message = format!("there is no column `{column}` for FileProfile()");
        let finding = Finding::error(codes::UNKNOWN_COLUMN, message, span)
            .with_hint("name the column with the hash of the file, or keep it before `invoke`");
        return Err(finding.into());
    };
    if own.scalar_type != ScalarType::String {
        let what = format!("`{column}`");
        return Err(Fault::wrong_type(&what, "a string", own.scalar_type, span));
    }
    Ok(found)
}

/// The columns of the rows and of a profile, those whose names are taken with a number.
fn with_profile(mut columns: Vec<Column>) -> Vec<Column> {
    let mut names = Names::with_taken(columns.iter().map(|column| column.name.as_str()));
    let availability = Column::new(AVAILABILITY, ScalarType::String);
    for column in FileProfiles::columns().chain([availability]) {
        columns.push(Column::new(names.derived(&column.name), column.scalar_type));
    }
    columns
}

/// The files that one call looks up.
struct Files<'p> {
    id: FileId,
    limit: usize,
    profiles: &'p FileProfiles,
}

impl Files<'_> {
    /// The rows with the profiles of the files in one of their columns.
    fn enriched(
        &self,
        rows: &RecordBatch,
        position: usize,
        columns: &[Column],
    ) -> Bind<RecordBatch> {
        let hashes = rows.columns().get(position);
        let hashes = hashes.and_then(|hashes| hashes.as_string_view_opt());
        let (places, availability) = match hashes {
            Some(hashes) => self.looked_up(hashes),
            None => (UInt64Array::new_null(0), StringViewArray::new_null(0)),
        };
        let profiles = self.profiles.at(&places).map_err(DataFusionError::from)?;
        let mut arrays: Vec<ArrayRef> = rows.columns().to_vec();
        arrays.extend(profiles);
        arrays.push(Arc::new(availability));
        let fields = columns.iter().enumerate().map(|(index, column)| {
            types::field(&format!("r{index}"), column.scalar_type).with_nullable(true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(RecordBatch::try_new(schema, arrays).map_err(DataFusionError::from)?)
    }

    /// Where the profile of each row's file is, and whether there is one.
    fn looked_up(&self, hashes: &StringViewArray) -> (UInt64Array, StringViewArray) {
        let nothing = self.profiles.nothing();
        let mut files = HashMap::new();
        let each = hashes.iter().map(|hash| {
            let Some(digest) = hash.and_then(|hash| self.id.digest(hash)) else {
                return (nothing, "");
            };
            if let Some(place) = files.get(&digest) {
                return found(*place, nothing);
            }
            if files.len() == self.limit {
                return (nothing, "");
            }
            let place = self.profiles.find(self.id, &digest);
            files.insert(digest, place);
            found(place, nothing)
        });
        let (places, availability): (Vec<u64>, Vec<&str>) = each.unzip();
        (
            places.into(),
            StringViewArray::from_iter_values(availability),
        )
    }
}

fn found(place: Option<u64>, nothing: u64) -> (u64, &'static str) {
    match place {
        Some(place) => (place, "Available"),
        None => (nothing, "Missing"),
    }
}
