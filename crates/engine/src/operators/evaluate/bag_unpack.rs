//! `bag_unpack`: the members of a bag as columns.
//!
//! Without a declared schema there is a column for each member that occurs, in the order of their names; its type is that of all its
//! values, or dynamic where they differ. Source: learn.microsoft.com/kusto/query/bag-unpack-plugin.

use std::collections::{BTreeMap, HashMap, HashSet};

use datafusion::arrow::array::{ArrayRef, AsArray, BinaryViewArray, RecordBatch};
use datafusion::arrow::compute::concat_batches;
use datafusion::common::DataFusionError;
use tesem_kql::ast::ColumnDeclaration;
use tesem_kql::types::ScalarType;

use super::super::datatable::built;
use super::call::Call;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::binder::tabular::visible;
use crate::catalog::{BuildError, Column, TableBuilder};
use crate::dynamic::{Bag, Dynamic, DynamicValue, View};
use crate::error::{Finding, codes};
use crate::value::Value;

pub(super) fn bind(call: &Call<'_, '_, '_>, input: &Relation) -> Bind<Relation> {
    call.check(4, &["columnsConflict", "ignoredProperties"])?;
    let options = Options::of(call)?;
    let position = call.column(input, call.required(0)?)?;
    let mut columns = visible(input);
    let unpacked = columns.remove(position);
    if unpacked.scalar_type != ScalarType::Dynamic {
        let what = format!("`{}`", unpacked.name);
        let span = call.required(0)?.span;
        return Err(Fault::wrong_type(
            &what,
            "a dynamic",
            unpacked.scalar_type,
            span,
        ));
    }
    let rows = call.binder.rows_of(input)?;
    let mut arrays = rows.columns().to_vec();
    let bags = arrays.remove(position);
    let Some(bags) = bags.as_binary_view_opt() else {
        return Err(call.not_supported("rows"));
    };
    let source = Source { columns, arrays };
    let slots = match call.schema {
        Some(schema) => declared(call, &source, schema, &options)?,
        None => {
            call.binder.open_schema();
            inferred(call, &source, bags, &options)?
        }
    };
    let filled = fill(call, bags, &slots)?;
    let kept = match call.schema {
        Some(_) if !call.open => HashSet::new(),
        _ => (0..source.columns.len()).collect(),
    };
    assembled(call, &source, &kept, &slots, filled, rows.num_rows())
}

/// The rows without the column that is unpacked.
struct Source {
    columns: Vec<Column>,
    arrays: Vec<ArrayRef>,
}

impl Source {
    fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// What happens to a member whose column exists already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conflict {
    Error,
    ReplaceSource,
    KeepSource,
}

struct Options {
    prefix: String,
    conflict: Conflict,
    ignored: HashSet<String>,
}

impl Options {
    fn of(call: &Call<'_, '_, '_>) -> Bind<Self> {
        let mut rest = call.positional().skip(1);
        let prefix = rest.next().map(|expr| call.text(expr)).transpose()?;
        let conflict = call.named("columnsConflict").or_else(|| rest.next());
        let ignored = call.named("ignoredProperties").or_else(|| rest.next());
        let conflict = match conflict {
            None => Conflict::Error,
            Some(expr) => match call.text(expr)?.as_str() {
                "error" => Conflict::Error,
                "replace_source" => Conflict::ReplaceSource,
                "keep_source" => Conflict::KeepSource,
                _ => {
                    let message = "`columnsConflict` must be error, replace_source or keep_source";
                    return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, expr.span));
                }
            },
        };
        let ignored = match ignored {
            None => HashSet::new(),
            Some(expr) => {
                let names = call.constant(expr, ScalarType::Dynamic)?.constant;
                texts(names.as_ref()).ok_or_else(|| {
                    let message = "`ignoredProperties` must be an array of texts";
                    Fault::wrong(codes::WRONG_ARGUMENTS, message, expr.span)
                })?
            }
        };
        Ok(Self {
            prefix: prefix.unwrap_or_default(),
            conflict,
            ignored,
        })
    }
}

fn texts(value: Option<&Value>) -> Option<HashSet<String>> {
    let Some(Value::Dynamic(DynamicValue::Array(items))) = value else {
        return None;
    };
    let text = |item: &DynamicValue| match item {
        DynamicValue::String(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().map(text).collect()
}

/// A member and the column it fills.
struct Slot {
    member: String,
    column: Column,
    /// The column of the source in whose place it comes.
    replaces: Option<usize>,
    /// A declared column that is one of the source.
    source: Option<usize>,
    /// Whether every value must be of the column's type.
    is_declared: bool,
}

/// The slots that the query declares, in its order.
fn declared(
    call: &Call<'_, '_, '_>,
    source: &Source,
    schema: &[ColumnDeclaration],
    options: &Options,
) -> Bind<Vec<Slot>> {
    let slot = |declaration: &ColumnDeclaration| {
        let name = declaration.name.text.as_str();
        let existing = source.position(name);
        if call.open && existing.is_some() {
            return Err(call.not_supported("a declared column that the rows have, beside `*`,"));
        }
        let found = existing.and_then(|position| source.columns.get(position));
        if found.is_some_and(|found| found.scalar_type != declaration.scalar_type) {
            return Err(call.not_supported("another type for a column of the rows"));
        }
        Ok(Slot {
            member: name
                .strip_prefix(&options.prefix)
                .unwrap_or(name)
                .to_owned(),
            column: Column::new(name, declaration.scalar_type),
            replaces: None,
            source: existing,
            is_declared: true,
        })
    };
    schema.iter().map(slot).collect()
}

/// The slots that occur, in the order of their columns' names.
fn inferred(
    call: &Call<'_, '_, '_>,
    source: &Source,
    bags: &BinaryViewArray,
    options: &Options,
) -> Bind<Vec<Slot>> {
    let mut types: BTreeMap<String, Option<ScalarType>> = BTreeMap::new();
    for (name, value) in bags.iter().flatten().filter_map(bag).flat_map(entries) {
        if options.ignored.contains(name) {
            continue;
        }
        let found = type_of(value);
        match types.get_mut(name) {
            Some(known) => *known = joined(*known, found),
            None => {
                types.insert(name.to_owned(), found);
            }
        }
    }
    let mut slots = Vec::with_capacity(types.len());
    for (member, scalar_type) in types {
        let name = format!("{}{member}", options.prefix);
        let existing = source.position(&name);
        match (existing, options.conflict) {
            (Some(_), Conflict::Error) => return Err(conflict(call, &name)),
            (Some(_), Conflict::KeepSource) => continue,
            _ => {}
        }
        let Some(scalar_type) = scalar_type else {
            return Err(call.not_supported(&format!("a member that is always null (`{member}`)")));
        };
        slots.push(Slot {
            member,
            column: Column::new(name, scalar_type),
            replaces: existing,
            source: None,
            is_declared: false,
        });
    }
    Ok(slots)
}

fn conflict(call: &Call<'_, '_, '_>, name: &str) -> Fault {
    Finding::error(
        codes::DUPLICATE_NAME,
        format!("`bag_unpack` makes a column `{name}`, which is there already"),
        call.span,
    )
    .with_hint("give a prefix, or `columnsConflict`")
    .into()
}

fn bag(bytes: &[u8]) -> Option<Bag<'_>> {
    match Dynamic::new(bytes).view_or_null() {
        View::Bag(bag) => Some(bag),
        _ => None,
    }
}

fn entries<'a>(bag: Bag<'a>) -> impl Iterator<Item = (&'a str, Dynamic<'a>)> {
    bag.iter()
}

/// The type of a value; none of null.
fn type_of(value: Dynamic<'_>) -> Option<ScalarType> {
    Some(match value.view_or_null() {
        View::Null => return None,
        View::Bool(_) => ScalarType::Bool,
        View::Long(_) => ScalarType::Long,
        View::Real(_) => ScalarType::Real,
        View::Decimal(_) => ScalarType::Decimal,
        View::DateTime(_) => ScalarType::DateTime,
        View::TimeSpan(_) => ScalarType::TimeSpan,
        View::Guid(_) => ScalarType::Guid,
        View::String(_) => ScalarType::String,
        View::Array(_) | View::Bag(_) => ScalarType::Dynamic,
    })
}

fn joined(left: Option<ScalarType>, right: Option<ScalarType>) -> Option<ScalarType> {
    match (left, right) {
        (None, other) | (other, None) => other,
        (Some(left), Some(right)) if left == right => Some(left),
        _ => Some(ScalarType::Dynamic),
    }
}

/// The arrays of the slots.
fn fill(call: &Call<'_, '_, '_>, bags: &BinaryViewArray, slots: &[Slot]) -> Bind<Vec<ArrayRef>> {
    let columns = slots.iter().map(|slot| slot.column.clone());
    let mut rows = TableBuilder::new(columns.collect());
    let places = slots
        .iter()
        .enumerate()
        .filter(|(_, slot)| slot.source.is_none());
    let places: HashMap<&str, usize> = places
        .map(|(index, slot)| (slot.member.as_str(), index))
        .collect();
    for bytes in bags {
        for (name, value) in bytes.and_then(bag).into_iter().flat_map(entries) {
            let Some((index, slot)) = places
                .get(name)
                .and_then(|index| Some((*index, slots.get(*index)?)))
            else {
                continue;
            };
            let found = type_of(value);
            let fits = slot.column.scalar_type == ScalarType::Dynamic
                || found.is_none_or(|found| found == slot.column.scalar_type);
            if slot.is_declared && !fits {
                let what = format!("a value of another type than the declared one (`{name}`)");
                return Err(call.not_supported(&what));
            }
            built(append(&mut rows, index, slot.column.scalar_type, value))?;
        }
        built(rows.finish_row())?;
    }
    let schema = std::sync::Arc::new(datafusion::arrow::datatypes::Schema::new(
        slots
            .iter()
            .map(|slot| crate::types::field(&slot.column.name, slot.column.scalar_type))
            .collect::<Vec<_>>(),
    ));
    let batch = concat_batches(&schema, &built(rows.finish())?);
    Ok(batch.map_err(DataFusionError::from)?.columns().to_vec())
}

fn append(
    rows: &mut TableBuilder,
    index: usize,
    scalar_type: ScalarType,
    value: Dynamic<'_>,
) -> Result<(), BuildError> {
    match value.view_or_null() {
        View::Null => rows.null(index),
        _ if scalar_type == ScalarType::Dynamic => rows.dynamic_encoded(index, value.bytes()),
        View::Bool(value) => rows.bool(index, value),
        View::Long(value) => rows.long(index, value),
        View::Real(value) => rows.real(index, value),
        View::Decimal(value) => rows.decimal(index, value),
        View::DateTime(value) => rows.datetime(index, value),
        View::TimeSpan(value) => rows.timespan(index, value),
        View::Guid(value) => rows.guid(index, value),
        View::String(value) => rows.string(index, value),
        View::Array(_) | View::Bag(_) => rows.dynamic_encoded(index, value.bytes()),
    }
}

/// The columns of the source with the slots in their places or behind them.
fn assembled(
    call: &Call<'_, '_, '_>,
    source: &Source,
    kept: &HashSet<usize>,
    slots: &[Slot],
    filled: Vec<ArrayRef>,
    row_count: usize,
) -> Bind<Relation> {
    let mut output: Vec<Option<(Column, ArrayRef)>> = source
        .columns
        .iter()
        .cloned()
        .zip(source.arrays.iter().cloned())
        .enumerate()
        .map(|(index, column)| kept.contains(&index).then_some(column))
        .collect();
    for (slot, array) in slots.iter().zip(filled) {
        let array = slot
            .source
            .and_then(|index| source.arrays.get(index))
            .cloned()
            .unwrap_or(array);
        let column = Some((slot.column.clone(), array));
        match slot.replaces.and_then(|index| output.get_mut(index)) {
            Some(place) => *place = column,
            None => output.push(column),
        }
    }
    let (columns, arrays): (Vec<Column>, Vec<ArrayRef>) = output.into_iter().flatten().unzip();
    known(call, &columns, arrays, row_count)
}

/// Rows of known arrays.
pub(super) fn known(
    call: &Call<'_, '_, '_>,
    columns: &[Column],
    arrays: Vec<ArrayRef>,
    row_count: usize,
) -> Bind<Relation> {
    let fields = columns.iter().zip(&arrays).map(|(column, array)| {
        datafusion::arrow::datatypes::Field::new(&column.name, array.data_type().clone(), true)
    });
    let schema = datafusion::arrow::datatypes::Schema::new(fields.collect::<Vec<_>>());
    let options =
        datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(row_count));
    let batch = RecordBatch::try_new_with_options(std::sync::Arc::new(schema), arrays, &options);
    let batch = batch.map_err(DataFusionError::from)?;
    call.binder.known_rows(columns, vec![batch])
}
