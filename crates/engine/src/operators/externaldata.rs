//! `externaldata`: rows of files outside of the database, of a schema that the query declares.
//!
//! Fields are converted as `tolong()` and its relatives convert text; what does not convert is null. Source:
//! learn.microsoft.com/kusto/query/externaldata-operator.

use datafusion::logical_expr::LogicalPlanBuilder;
use tesem_kql::Span;
use tesem_kql::ast::{ColumnDeclaration, Expr, ExprKind, Literal, Property};
use tesem_kql::types::ScalarType;

use super::project::computed;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::properties;
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::catalog::{CatalogError, Column, parquet_table};
use crate::error::{EngineError, codes};
use crate::external::{Compression, ExternalDataError, Format, Layout, Location, Mapping, Records};
use crate::functions;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    declared: &[ColumnDeclaration],
    locations: &'q [Expr],
    properties: &'q [Property],
    span: Span,
) -> Bind<Relation> {
    let columns: Vec<Column> = declared
        .iter()
        .map(|column| Column::new(&column.name.text, column.scalar_type))
        .collect();
    let files = locations
        .iter()
        .map(|location| file(binder, scope, location))
        .collect::<Bind<Vec<_>>>()?;
    let layout = layout(binder, scope, properties, &files, span)?;
    if !binder.has_rows() {
        return binder.known_rows(&columns, Vec::new());
    }
    match layout.format {
        Format::Parquet => scanned(binder, &columns, &files),
        _ => read(binder, &columns, &files, &layout),
    }
}

/// A location and how its file is packed.
struct SourceFile {
    location: Location,
    compression: Compression,
    extension: String,
    span: Span,
}

fn file<'q>(binder: &Binder<'_>, scope: &Scope<'q>, expr: &'q Expr) -> Bind<SourceFile> {
    let bound = binder.scalar(&Row::none(scope), expr)?;
    if bound.scalar_type != ScalarType::String {
        return Err(Fault::wrong_type(
            "a location",
            "a string",
            bound.scalar_type,
            expr.span,
        ));
    }
    let Some(text) = bound.constant_str() else {
        return Err(Fault::not_constant(
            "a location of `externaldata`",
            expr.span,
        ));
    };
    let location = Location::parse(text);
    let (compression, extension) = location.file_kind();
    Ok(SourceFile {
        location,
        compression,
        extension,
        span: expr.span,
    })
}

fn layout<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    properties: &'q [Property],
    files: &[SourceFile],
    span: Span,
) -> Bind<Layout> {
    let mut given = Given::default();
    for property in properties {
        given.take(binder, scope, property)?;
    }
    let format = match given.format {
        Some(format) => format,
        None => common_format(files, span)?,
    };
    if let Some(at) = given.ignore_first.filter(|_| !format.has_header()) {
        let what = "`ignoreFirstRecord` for a format without lines";
        return Err(Fault::not_supported(what, at));
    }
    let mapping = given.mapping.map(|(text, at)| {
        Mapping::parse(&text, format).map_err(|why| {
            Fault::wrong(
                codes::WRONG_PROPERTY,
                format!("the ingestion mapping: {why}"),
                at,
            )
        })
    });
    Ok(Layout {
        format,
        mapping: mapping.transpose()?,
        ignore_first: given.ignore_first.is_some(),
    })
}

/// What the query says about the files.
#[derive(Default)]
struct Given {
    format: Option<Format>,
    /// Where it stands, if it is set.
    ignore_first: Option<Span>,
    mapping: Option<(String, Span)>,
}

impl Given {
    fn take<'q>(
        &mut self,
        binder: &Binder<'_>,
        scope: &Scope<'q>,
        property: &'q Property,
    ) -> Bind<()> {
        let name = property.name.text.to_ascii_lowercase();
        let at = property.value.span;
        match name.as_str() {
            "format" => self.format = Some(named_format(property)?),
            "ignorefirstrecord" => self.ignore_first = is_set(property)?.then_some(at),
            "ingestionmapping" | "csvmapping" | "jsonmapping" => {
                let text = binder.scalar(&Row::none(scope), &property.value)?;
                let text = text.constant_str().map(str::to_owned);
                let text = text.ok_or_else(|| properties::invalid(property, "a text"))?;
                self.mapping = Some((text, at));
            }
            // Follows from the format.
            "ingestionmappingtype" => {}
            "ingestionmappingreference" | "csvmappingreference" | "jsonmappingreference" => {
                let what = "an ingestion mapping that lies in the database";
                return Err(Fault::not_supported(what, at));
            }
            _ => binder.note(format!(
                "`{}` of `externaldata` has no effect here",
                property.name.text
            )),
        }
        Ok(())
    }
}

fn named_format(property: &Property) -> Bind<Format> {
    let word = properties::word_of(&property.value);
    match word.map(Format::of_name) {
        Some(Some(Ok(format))) => Ok(format),
        Some(Some(Err(name))) => Err(absent(&name, property.value.span)),
        _ => Err(properties::invalid(
            property,
            "a format such as csv, txt or multijson",
        )),
    }
}

fn absent(format: &str, span: Span) -> Fault {
    Fault::not_supported(format!("the format `{format}` of `externaldata`"), span)
}

/// A switch may also be written as text.
fn is_set(property: &Property) -> Bind<bool> {
    let word = properties::word_of(&property.value).map(str::to_ascii_lowercase);
    match (&property.value.kind, word.as_deref()) {
        (ExprKind::Literal(Literal::Bool(Some(value))), _) => Ok(*value),
        (_, Some("true")) => Ok(true),
        (_, Some("false")) => Ok(false),
        _ => Err(properties::invalid(property, "true or false")),
    }
}

/// The format that the names of all files tell.
fn common_format(files: &[SourceFile], span: Span) -> Bind<Format> {
    let of_file = |file: &SourceFile| {
        Format::of_extension(&file.extension).map_err(|name| absent(&name, file.span))
    };
    let mut formats = files.iter().map(of_file).collect::<Bind<Vec<_>>>()?;
    formats.dedup();
    match formats.as_slice() {
        [] => Ok(Format::Delimited(b',')),
        [format] => Ok(*format),
        _ => Err(Fault::not_supported(
            "files of several formats in one `externaldata`",
            span,
        )),
    }
}

fn read(
    binder: &Binder<'_>,
    columns: &[Column],
    files: &[SourceFile],
    layout: &Layout,
) -> Bind<Relation> {
    let allowed = binder.external_data();
    let mut records = Records::new(columns, layout);
    for file in files {
        let room = allowed.bytes_max().saturating_sub(binder.external_bytes());
        let bytes = records
            .read(allowed, &file.location, file.compression, room)
            .map_err(|problem| unreadable(file, problem))?;
        binder.spend_external_bytes(bytes);
    }
    let staged = records.columns();
    let rows = records.finish();
    let rows = rows.map_err(|error| EngineError::Failed(error.to_string()))?;
    converted(binder, binder.known_rows(&staged, rows)?, columns)
}

/// Text, or what JSON holds, as values of the declared types.
fn converted(binder: &Binder<'_>, staged: Relation, columns: &[Column]) -> Bind<Relation> {
    let values = staged
        .columns
        .iter()
        .zip(columns)
        .map(|(stored, column)| {
            let value = Bound {
                name: None,
                ..stored.bound(Span::default())
            };
            Ok((
                column.name.clone(),
                value_of(binder, value, column.scalar_type)?,
            ))
        })
        .collect::<Bind<Vec<_>>>()?;
    let (columns, plan) = computed(binder, &staged, values)?;
    Ok(Relation {
        columns,
        plan,
        ..staged
    })
}

fn value_of(binder: &Binder<'_>, value: Bound, target: ScalarType) -> Bind<Bound> {
    match (value.scalar_type, target) {
        (ScalarType::String, ScalarType::Dynamic) => {
            let context = binder.context("parse_json", &value);
            let Some(parse) = functions::scalar("parse_json") else {
                return Err(Fault::not_supported("parse_json()", value.span));
            };
            Ok((parse.bind)(&context, vec![value])?)
        }
        _ => binder.convert(value, target),
    }
}

/// The rows of Parquet files, which are read when the query runs.
fn scanned(binder: &Binder<'_>, columns: &[Column], files: &[SourceFile]) -> Bind<Relation> {
    let mut scans = files.iter().map(|file| scan(binder, columns, file));
    let Some(first) = scans.next() else {
        return binder.known_rows(columns, Vec::new());
    };
    scans.try_fold(first?, |all, next| {
        let next = next?;
        let renamed = next.columns.iter().zip(&all.columns);
        let renamed = renamed.map(|(new, old)| new.expr().alias(old.id.to_string()));
        let plan = LogicalPlanBuilder::new(next.plan)
            .project(renamed)?
            .build()?;
        let plan = LogicalPlanBuilder::new(all.plan.clone())
            .union(plan)?
            .build()?;
        Ok(all.with_plan(plan))
    })
}

fn scan(binder: &Binder<'_>, columns: &[Column], file: &SourceFile) -> Bind<Relation> {
    if file.compression != Compression::None {
        return Err(Fault::not_supported("packed Parquet files", file.span));
    }
    let allowed = binder.external_data();
    let path = allowed
        .find(&file.location)
        .map_err(|problem| unreadable(file, problem))?;
    let table = parquet_table(&path, columns.to_vec()).map_err(|error| match error {
        CatalogError::Unconvertible { .. } => {
            Fault::wrong(codes::WRONG_TYPE, error.to_string(), file.span)
        }
        other => unreadable(file, ExternalDataError::Rows(other.to_string())),
    })?;
    let relation = binder.scan("externaldata", &table.without_window())?;
    Ok(Relation {
        table: None,
        ..relation
    })
}

fn unreadable(file: &SourceFile, problem: ExternalDataError) -> Fault {
    EngineError::ExternalData {
        location: file.location.to_string(),
        problem,
        span: file.span,
    }
    .into()
}
