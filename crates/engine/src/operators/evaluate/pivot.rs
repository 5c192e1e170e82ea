//! `pivot`: a column for each value of a column.
//!
//! Columns and rows come in the order in which their values first occur. Source: learn.microsoft.com/kusto/query/pivot-plugin.

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::DataFusionError;
use indexmap::{IndexMap, IndexSet};
use tesem_kql::Span;
use tesem_kql::ast::{Argument, Expr, ExprKind, Name};
use tesem_kql::types::ScalarType;

use super::super::datatable::built;
use super::super::sort::not_a_key;
use super::super::summarize::one_aggregate;
use super::call::Call;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::{Relation, RelationColumn};
use crate::catalog::{Column, TableBuilder};
use crate::error::codes;
use crate::types::value_at;
use crate::value::Value;

/// The aggregates that a pivot takes.
const AGGREGATES: &[&str] = &[
    "any",
    "avg",
    "count",
    "dcount",
    "make_bag",
    "make_list",
    "make_set",
    "max",
    "min",
    "stdev",
    "sum",
    "take_any",
    "variance",
];
/// How many columns a pivot may make.
const COLUMNS_MAX: usize = 10_000;

pub(super) fn bind(call: &Call<'_, '_, '_>, input: &Relation) -> Bind<Relation> {
    call.check(usize::MAX, &[])?;
    if call.open {
        return Err(call.not_supported("a `*` in the schema"));
    }
    let aggregate = aggregate(call)?;
    let pivot = call.column(input, call.required(0)?)?;
    let groups = groups(call, input, pivot, aggregate)?;
    let input = in_order(call, input.clone())?;
    let key = |position: &usize| input.columns.get(*position);
    let group_columns: Vec<&RelationColumn> = groups.iter().filter_map(key).collect();
    let pivot_column = key(&pivot).filter(|column| is_nameable(column.scalar_type));
    let pivot_column = pivot_column.ok_or_else(|| call.not_supported("a column of this type"))?;
    let keys = group_columns.iter().copied().chain([pivot_column]);
    let keys = keys.map(|column| (column.name.clone(), column.bound(Span::default())));
    let keys: Vec<_> = keys.collect();
    if let Some((_, key)) = keys
        .iter()
        .find(|(_, key)| key.scalar_type == ScalarType::Dynamic)
    {
        return Err(not_a_key(key));
    }
    let grouped = one_aggregate(call.binder, call.scope, &input, keys, aggregate, call.span)?;
    let value_type = grouped.columns.last().map(|column| column.scalar_type);
    let pivoted = Pivoted {
        groups: group_columns
            .iter()
            .map(|column| Column::new(&column.name, column.scalar_type))
            .collect(),
        pivot_type: pivot_column.scalar_type,
        value_type: value_type.unwrap_or(ScalarType::Long),
        missing: missing(
            aggregate.map_or("count", |(name, _)| &name.text),
            value_type,
        ),
    };
    if call.schema.is_none() {
        call.binder.open_schema();
    }
    pivoted.relation(call, &call.binder.rows_of(&grouped)?)
}

type Aggregate<'q> = (&'q Name, &'q [Argument]);

fn aggregate<'q>(call: &Call<'_, '_, 'q>) -> Bind<Option<Aggregate<'q>>> {
    let Some(expr) = call.positional().nth(1) else {
        return Ok(None);
    };
    match &expr.kind {
        ExprKind::Call {
            base: None,
            name,
            arguments,
        } if AGGREGATES.contains(&name.text.as_str()) => Ok(Some((name, arguments))),
        _ => {
            let message = format!("`pivot` takes one of these here: {}", AGGREGATES.join(", "));
            Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, expr.span))
        }
    }
}

/// The columns that stay: those that are named, or all that are neither pivoted nor aggregated.
fn groups<'q>(
    call: &Call<'_, '_, 'q>,
    input: &Relation,
    pivot: usize,
    aggregate: Option<Aggregate<'q>>,
) -> Bind<Vec<usize>> {
    let named = call
        .positional()
        .skip(2)
        .map(|expr| call.column(input, expr));
    let named = named.collect::<Bind<Vec<usize>>>()?;
    if !named.is_empty() {
        return Ok(named);
    }
    let mut used = vec![pivot];
    for argument in aggregate.into_iter().flat_map(|(_, arguments)| arguments) {
        match &argument.value {
            Expr {
                kind: ExprKind::Name(_),
                ..
            } => used.push(call.column(input, &argument.value)?),
            Expr {
                kind: ExprKind::Literal(_),
                ..
            } => {}
            _ => return Err(call.not_supported("a computed value without named columns")),
        }
    }
    Ok((0..input.columns.len())
        .filter(|column| !used.contains(column))
        .collect())
}

/// Rows that were sorted before stay in order, for the aggregates that depend on it.
fn in_order(call: &Call<'_, '_, '_>, input: Relation) -> Bind<Relation> {
    if input.order.is_none() {
        return Ok(input);
    }
    call.binder.require_sequence();
    Ok(Relation {
        plan: input.sorted_plan()?,
        ..input
    })
}

/// Types whose values have one spelling as a column name.
fn is_nameable(scalar_type: ScalarType) -> bool {
    matches!(
        scalar_type,
        ScalarType::String | ScalarType::Int | ScalarType::Long
    )
}

/// What stands where no row has the value; `None` where no example shows it.
fn missing(aggregate: &str, value_type: Option<ScalarType>) -> Option<Value> {
    match (aggregate, value_type?) {
        ("count" | "sum", ScalarType::Long) => Some(Value::Long(0)),
        ("sum", ScalarType::Real) => Some(Value::Real(0.0)),
        ("min" | "max" | "any" | "take_any", scalar_type) => Some(Value::null(scalar_type)),
        _ => None,
    }
}

struct Pivoted {
    groups: Vec<Column>,
    pivot_type: ScalarType,
    value_type: ScalarType,
    missing: Option<Value>,
}

impl Pivoted {
    fn relation(&self, call: &Call<'_, '_, '_>, rows: &RecordBatch) -> Bind<Relation> {
        let keys = rows.columns().get(..self.groups.len()).unwrap_or_default();
        let names = self.names(call, rows.columns().get(self.groups.len()), rows.num_rows())?;
        let numbers = group_numbers(keys, rows.num_rows())?;
        let mut distinct: IndexSet<&str> = IndexSet::new();
        let places: Vec<usize> = names
            .iter()
            .map(|name| distinct.insert_full(name.as_str()).0)
            .collect();
        if distinct.len() > COLUMNS_MAX {
            return Err(Fault::too_large(format!(
                "`pivot` makes more than {COLUMNS_MAX} columns"
            )));
        }
        let output = self.output(call, &distinct)?;
        let mut cells: IndexMap<usize, (usize, Vec<Option<usize>>)> = IndexMap::new();
        for (row, (group, place)) in numbers.iter().zip(&places).enumerate() {
            let (_, cells) = cells
                .entry(*group)
                .or_insert_with(|| (row, vec![None; distinct.len()]));
            if let Some(cell) = cells.get_mut(*place) {
                *cell = Some(row);
            }
        }
        let columns = output
            .iter()
            .map(|(column, _)| column.clone())
            .collect::<Vec<_>>();
        let mut table = TableBuilder::new(columns.clone());
        for (first, cells) in cells.values() {
            for (index, (_, from)) in output.iter().enumerate() {
                let value = self.cell(call, rows, from, *first, cells)?;
                built(table.value(index, &value))?;
            }
            built(table.finish_row())?;
        }
        call.binder.known_rows(&columns, built(table.finish())?)
    }

    /// The column name of each row.
    fn names(
        &self,
        call: &Call<'_, '_, '_>,
        values: Option<&ArrayRef>,
        rows: usize,
    ) -> Bind<Vec<String>> {
        let value = |row| values.map(|values| value_at(values, row, self.pivot_type));
        let name = |row| match value(row) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            Some(Value::Int(number)) => Ok(number.to_string()),
            Some(Value::Long(number)) => Ok(number.to_string()),
            _ => Err(call.not_supported("an empty value in the column")),
        };
        (0..rows).map(name).collect()
    }

    /// The columns of the result and where their values come from.
    fn output(
        &self,
        call: &Call<'_, '_, '_>,
        distinct: &IndexSet<&str>,
    ) -> Bind<Vec<(Column, From)>> {
        let groups = self.groups.iter().enumerate();
        let groups = groups.map(|(index, column)| (column.clone(), From::Group(index)));
        let Some(schema) = call.schema else {
            if let Some(column) = self
                .groups
                .iter()
                .find(|column| distinct.contains(column.name.as_str()))
            {
                let what = format!("a value with the name of a column (`{}`)", column.name);
                return Err(call.not_supported(&what));
            }
            let pivoted = distinct.iter().enumerate();
            let pivoted = pivoted.map(|(place, name)| {
                (
                    Column::new(*name, self.value_type),
                    From::Pivoted(Some(place)),
                )
            });
            return Ok(groups.chain(pivoted).collect());
        };
        let known: Vec<(Column, From)> = groups.collect();
        let declared = |declaration: &tesem_kql::ast::ColumnDeclaration| {
            let name = declaration.name.text.as_str();
            let (found, from) = known
                .iter()
                .find(|(column, _)| column.name == name)
                .map_or_else(
                    || (self.value_type, From::Pivoted(distinct.get_index_of(name))),
                    |(column, from)| (column.scalar_type, *from),
                );
            if found != declaration.scalar_type {
                let what = format!("the declared column `{name}`");
                return Err(Fault::wrong_type(
                    &what,
                    found.name(),
                    declaration.scalar_type,
                    declaration.span,
                ));
            }
            Ok((Column::new(name, found), from))
        };
        schema.iter().map(declared).collect()
    }

    fn cell(
        &self,
        call: &Call<'_, '_, '_>,
        rows: &RecordBatch,
        from: &From,
        first: usize,
        cells: &[Option<usize>],
    ) -> Bind<Value> {
        let (column, row, scalar_type) = match from {
            From::Group(index) => {
                let column = self.groups.get(*index);
                (
                    *index,
                    Some(first),
                    column.map_or(ScalarType::String, |column| column.scalar_type),
                )
            }
            From::Pivoted(place) => {
                let row = place.and_then(|place| cells.get(place).copied().flatten());
                (self.groups.len() + 1, row, self.value_type)
            }
        };
        match (row, rows.columns().get(column)) {
            (Some(row), Some(array)) => Ok(value_at(array, row, scalar_type)),
            _ => self.missing.clone().ok_or_else(|| {
                call.not_supported("a combination that no row has, with this aggregate,")
            }),
        }
    }
}

/// Where a column of the result comes from.
#[derive(Clone, Copy)]
enum From {
    Group(usize),
    /// The place of its value; `None` for a declared one that does not occur.
    Pivoted(Option<usize>),
}

/// The number of each row's group, in the order in which groups first occur.
fn group_numbers(keys: &[ArrayRef], rows: usize) -> Bind<Vec<usize>> {
    if keys.is_empty() {
        return Ok(vec![0; rows]);
    }
    let fields = keys
        .iter()
        .map(|key| SortField::new(key.data_type().clone()));
    let converter = RowConverter::new(fields.collect()).map_err(DataFusionError::from)?;
    let encoded = converter
        .convert_columns(keys)
        .map_err(DataFusionError::from)?;
    let mut numbers: IndexSet<OwnedRow> = IndexSet::new();
    Ok(encoded
        .iter()
        .map(|row| numbers.insert_full(row.owned()).0)
        .collect())
}
