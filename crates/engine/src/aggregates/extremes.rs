//! `arg_max`, `arg_min` and `take_any`: one row of a group.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, StructArray, new_null_array};
use datafusion::arrow::array::{AsArray, UInt32Array};
use datafusion::arrow::compute::{interleave, take};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{DataFusionError, exec_err};
use datafusion::logical_expr::{Expr, lit};
use tesem_kql::types::ScalarType;

use super::grouped::{Definition, Groups, aggregate, column};
use super::{Aggregate, AggregateName, AggregateOutput, BoundAggregate, Finish};
use crate::bound::{Bound, CallContext, CallError};
use crate::decimal::Decimal;
use crate::dynamic::View;
use crate::functions::arguments::Arguments;
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::types;

/// Most columns of the row, a `*` included.
const COLUMNS_MAX: usize = 4096;

pub(super) const AGGREGATES: &[Aggregate] = &[
    row_of("arg_max", 1, COLUMNS_MAX, true, arg_max),
    row_of("argmax", 1, COLUMNS_MAX, true, arg_max),
    row_of("arg_min", 1, COLUMNS_MAX, true, arg_min),
    row_of("argmin", 1, COLUMNS_MAX, true, arg_min),
    row_of("take_any", 1, COLUMNS_MAX, true, take_any),
    row_of("any", 1, COLUMNS_MAX, true, any),
    row_of("take_anyif", 2, 2, false, take_any_if),
    row_of("anyif", 2, 2, false, any_if),
];

const fn row_of(
    name: &'static str,
    at_least: usize,
    at_most: usize,
    takes_star: bool,
    bind: fn(&CallContext<'_>, Vec<Bound>) -> Result<BoundAggregate, CallError>,
) -> Aggregate {
    Aggregate {
        name,
        at_least,
        at_most,
        takes_star,
        result_name: AggregateName::SetByFunction,
        bind,
    }
}

type Call = Result<BoundAggregate, CallError>;

/// `arg_max(value, columns…)`: the columns of a row where the value is greatest; a row without a
/// value only if no row has one.
///
/// Source: learn.microsoft.com/kusto/query/arg-max-aggregation-function.
fn arg_max(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    arg_extreme(context, arguments, true)
}

/// `arg_min(value, columns…)`.
///
/// Source: learn.microsoft.com/kusto/query/arg-min-aggregation-function.
fn arg_min(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    arg_extreme(context, arguments, false)
}

fn arg_extreme(context: &CallContext<'_>, arguments: Vec<Bound>, wants_greatest: bool) -> Call {
    if let Some(key) = arguments
        .first()
        .filter(|key| key.scalar_type == ScalarType::Dynamic)
    {
        return Err(context.invalid_argument(key, "expects a value that is not dynamic here"));
    }
    let names = extreme_names(context.function, &arguments, wants_greatest);
    let key = arguments
        .first()
        .map(|key| (key.expr.clone(), key.scalar_type));
    let Some(key) = key else {
        return Err(context.invalid("a value is missing"));
    };
    Ok(one_row(key, arguments, names, None, wants_greatest))
}

/// `take_any(columns…)`: the columns of some row; of one column a value that is not empty, if there
/// is one.
///
/// Source: learn.microsoft.com/kusto/query/take-any-aggregation-function.
fn take_any(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    some_row(context, arguments, "")
}

/// `any(columns…)`: the older name of `take_any`.
///
/// Source: learn.microsoft.com/kusto/query/take-any-aggregation-function.
fn any(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    some_row(context, arguments, "any_")
}

/// The names of the columns. An expression that is maximised is called `max_`; the older spellings
/// name all columns after themselves.
fn extreme_names(function: &str, columns: &[Bound], wants_greatest: bool) -> Vec<Option<String>> {
    let prefix = if wants_greatest { "max_" } else { "min_" };
    let is_old = matches!(function, "argmax" | "argmin");
    let key = columns.first().and_then(|key| key.name.clone());
    let name = |(place, column): (usize, &Bound)| match (place, &column.name) {
        (0, Some(name)) if is_old => Some(format!("{prefix}{name}")),
        (0, None) => Some(prefix.to_owned()),
        (_, Some(name)) if is_old && place > 0 => Some(format!(
            "{prefix}{}_{name}",
            key.clone().unwrap_or_default()
        )),
        (_, name) => name.clone(),
    };
    columns.iter().enumerate().map(name).collect()
}

fn some_row(context: &CallContext<'_>, arguments: Vec<Bound>, prefix: &str) -> Call {
    let name = |(place, column): (usize, &Bound)| match &column.name {
        Some(name) => Some(format!("{prefix}{name}")),
        None => Some(format!("any_arg{place}")),
    };
    let names = arguments.iter().enumerate().map(name).collect();
    let key = match arguments.as_slice() {
        [only] => has_value(context, only),
        _ => lit(0_i64),
    };
    Ok(one_row(
        (key, ScalarType::Long),
        arguments,
        names,
        None,
        true,
    ))
}

/// The columns of some row of a group, nulls included.
pub(crate) fn whole_row(columns: Vec<Bound>) -> BoundAggregate {
    let names = vec![None; columns.len()];
    one_row((lit(0_i64), ScalarType::Long), columns, names, None, true)
}

/// `take_anyif(value, predicate)`.
///
/// Source: learn.microsoft.com/kusto/query/take-anyif-aggregation-function.
fn take_any_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    some_value_if(context, arguments, "")
}

/// `anyif(value, predicate)`: the older name of `take_anyif`.
///
/// Source: learn.microsoft.com/kusto/query/take-anyif-aggregation-function.
fn any_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    some_value_if(context, arguments, "anyif_")
}

fn some_value_if(context: &CallContext<'_>, arguments: Vec<Bound>, prefix: &str) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.any()?;
    let predicate = arguments.bool()?;
    let names = vec![value.name.as_ref().map(|name| format!("{prefix}{name}"))];
    let key = (has_value(context, &value), ScalarType::Long);
    Ok(one_row(key, vec![value], names, Some(predicate.expr), true))
}

/// 1 for a value, 0 for null and the empty string.
fn has_value(context: &CallContext<'_>, value: &Bound) -> Expr {
    let scalar_type = value.scalar_type;
    let test = kernel::call(
        "isnotempty",
        vec![value.clone()],
        ScalarType::Long,
        context.span,
        move |input| {
            let cells = Cells::of(input, 0, scalar_type)?;
            let is_empty = |row| matches!(cells.view(row), View::Null | View::String(""));
            crate::kernels::rows::longs(input.rows, |row| Some(i64::from(!is_empty(row))))
        },
    );
    test.expr
}

/// The columns of the row where the key is extreme, as a struct and then as columns of their own.
fn one_row(
    (key, key_type): (Expr, ScalarType),
    columns: Vec<Bound>,
    names: Vec<Option<String>>,
    filter: Option<Expr>,
    wants_greatest: bool,
) -> BoundAggregate {
    let column_types: Vec<ScalarType> = columns.iter().map(|column| column.scalar_type).collect();
    let data_types: Vec<DataType> = column_types
        .iter()
        .map(|&column| types::physical(column))
        .collect();
    let fields = struct_fields(&data_types);
    let mut states = vec![DataType::Boolean, types::physical(key_type)];
    states.extend(data_types);
    let state_fields = fields.clone();
    let definition = Definition {
        name: if wants_greatest { "arg_max" } else { "arg_min" },
        returns: DataType::Struct(fields),
        states,
        make: Box::new(move || {
            Box::new(BestRows::new(
                key_type,
                state_fields.clone(),
                wants_greatest,
            ))
        }),
    };
    let outputs =
        names
            .into_iter()
            .zip(&column_types)
            .enumerate()
            .map(|(place, (name, &scalar_type))| AggregateOutput {
                name,
                scalar_type,
                finish: struct_field(place, scalar_type),
            });
    let outputs = outputs.collect();
    let mut inputs = vec![key];
    inputs.extend(columns.into_iter().map(|column| column.expr));
    BoundAggregate {
        aggregates: vec![aggregate(definition, inputs, filter)],
        outputs,
    }
}

fn struct_fields(data_types: &[DataType]) -> Fields {
    let field = |(place, data_type): (usize, &DataType)| {
        Field::new(format!("c{place}"), data_type.clone(), true)
    };
    data_types.iter().enumerate().map(field).collect()
}

fn struct_field(place: usize, scalar_type: ScalarType) -> Finish {
    Arc::new(move |results| {
        let arguments: Vec<Expr> = results.iter().take(1).cloned().collect();
        let data_type = types::physical(scalar_type);
        let field = kernel::call_plan("field", arguments, data_type, move |input| {
            let rows = input.array(0)?;
            let Some(rows) = rows.as_struct_opt() else {
                return exec_err!("the row of an aggregate is no struct");
            };
            match rows.columns().get(place) {
                Some(column) => Ok(Arc::clone(column)),
                None => exec_err!("the row of an aggregate has no column {place}"),
            }
        });
        match scalar_type {
            ScalarType::String => without_null(field),
            _ => field,
        }
    })
}

fn without_null(text: Expr) -> Expr {
    let empty = lit(types::null(ScalarType::String));
    let filled =
        datafusion::logical_expr::when(text.clone().is_null(), empty).otherwise(text.clone());
    filled.unwrap_or(text)
}

/// The best row of each group. Rows are kept in batches; a batch holds what won in one update.
struct BestRows {
    key_type: ScalarType,
    fields: Fields,
    wants_greatest: bool,
    keys: Vec<Key>,
    places: Vec<Option<Place>>,
    /// The key and the columns of rows that won; the first batch is one row of nulls.
    batches: Vec<Vec<ArrayRef>>,
    kept_rows: usize,
    held: usize,
}

/// A value as it is compared; `None` loses against every value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    None,
    Number(i128),
    Decimal(Decimal),
    Bytes(Box<[u8]>),
}

#[derive(Debug, Clone, Copy)]
struct Place {
    batch: usize,
    row: usize,
}

impl Key {
    fn of(view: View<'_>) -> Self {
        match view {
            View::Bool(value) => Self::Number(i128::from(value)),
            View::Long(value) | View::DateTime(value) | View::TimeSpan(value) => {
                Self::Number(i128::from(value))
            }
            View::Real(value) if value.is_nan() => Self::None,
            View::Real(value) => Self::Number(i128::from(ordered(value))),
            View::Decimal(value) => Self::Decimal(value),
            View::Guid(value) => Self::Bytes(value.to_be_bytes().into()),
            View::String(text) => Self::Bytes(text.as_bytes().into()),
            View::Null | View::Array(_) | View::Bag(_) => Self::None,
        }
    }

    /// Whether a value would win, without making a key of it.
    fn is_beaten_by(&self, view: View<'_>, wants_greatest: bool) -> bool {
        let order = match (self, view) {
            (Self::Bytes(old), View::String(text)) => text.as_bytes().cmp(old),
            (old, view) => {
                let new = Self::of(view);
                if new == Self::None {
                    return false;
                }
                if *old == Self::None {
                    return true;
                }
                new.cmp(old)
            }
        };
        if wants_greatest {
            order.is_gt()
        } else {
            order.is_lt()
        }
    }
}

/// A number whose order among such numbers is that of the reals.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

impl BestRows {
    fn new(key_type: ScalarType, fields: Fields, wants_greatest: bool) -> Self {
        let key = types::physical(key_type);
        let nulls = std::iter::once(&key).chain(fields.iter().map(|field| field.data_type()));
        let nulls = nulls
            .map(|data_type| new_null_array(data_type, 1))
            .collect();
        Self {
            key_type,
            fields,
            wants_greatest,
            keys: Vec::new(),
            places: Vec::new(),
            batches: vec![nulls],
            kept_rows: 0,
            held: 0,
        }
    }

    /// Lets rows compete; `columns` are the key and the columns of the row.
    fn compete(
        &mut self,
        columns: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
    ) -> Result<(), DataFusionError> {
        let keys = Cells::new(column(columns, 0)?, self.key_type)?;
        let batch = self.batches.len();
        let mut winners = Vec::new();
        for (row, group) in rows {
            let view = keys.view(row);
            let (Some(key), Some(place)) = (self.keys.get_mut(group), self.places.get_mut(group))
            else {
                continue;
            };
            if place.is_none() || key.is_beaten_by(view, self.wants_greatest) {
                *key = Key::of(view);
                if place.is_none_or(|place| place.batch != batch) {
                    winners.push(group);
                }
                *place = Some(Place { batch, row });
            }
        }
        if winners.is_empty() {
            Ok(())
        } else {
            self.keep(columns, &winners)
        }
    }

    /// Keeps of a batch just the rows of the groups that have won with it.
    fn keep(&mut self, columns: &[ArrayRef], winners: &[usize]) -> Result<(), DataFusionError> {
        let mut rows = Vec::with_capacity(winners.len());
        for (place, &group) in winners.iter().enumerate() {
            if let Some(Some(best)) = self.places.get_mut(group) {
                rows.push(u32::try_from(best.row).unwrap_or_default());
                best.row = place;
            }
        }
        let rows = UInt32Array::from(rows);
        let kept: Vec<ArrayRef> = columns
            .iter()
            .map(|column| take(column, &rows, None))
            .collect::<Result<_, _>>()?;
        self.held += kept.iter().map(Array::get_array_memory_size).sum::<usize>();
        self.kept_rows += rows.len();
        self.batches.push(kept);
        // Rows that have lost since are dropped when they are the most.
        if self.kept_rows > 2 * self.places.len() + 8192 {
            self.compact()?;
        }
        Ok(())
    }

    fn compact(&mut self) -> Result<(), DataFusionError> {
        let filled: Vec<(usize, usize)> = self
            .places
            .iter()
            .flatten()
            .map(|place| (place.batch, place.row))
            .collect();
        let columns = self.gathered(&filled)?;
        for (row, place) in self.places.iter_mut().flatten().enumerate() {
            *place = Place { batch: 1, row };
        }
        self.batches.truncate(1);
        self.held = columns.iter().map(Array::get_array_memory_size).sum();
        self.kept_rows = filled.len();
        self.batches.push(columns);
        Ok(())
    }

    /// The key and columns of rows, one array each.
    fn gathered(&self, places: &[(usize, usize)]) -> Result<Vec<ArrayRef>, DataFusionError> {
        let gather = |column: usize| {
            let arrays: Vec<&dyn Array> = self
                .batches
                .iter()
                .filter_map(|batch| batch.get(column).map(AsRef::as_ref))
                .collect();
            Ok(interleave(&arrays, places)?)
        };
        (0..=self.fields.len()).map(gather).collect()
    }

    /// Takes out the first groups: whether they have a row, and its key and columns.
    fn emit(&mut self, count: usize) -> Result<(Vec<bool>, Vec<ArrayRef>), DataFusionError> {
        let count = count.min(self.places.len());
        self.keys.drain(..count);
        let places: Vec<Option<Place>> = self.places.drain(..count).collect();
        let seen = places.iter().map(Option::is_some).collect();
        let rows: Vec<(usize, usize)> = places
            .iter()
            .map(|place| place.map_or((0, 0), |place| (place.batch, place.row)))
            .collect();
        let columns = self.gathered(&rows)?;
        if self.places.is_empty() {
            self.batches.truncate(1);
            (self.kept_rows, self.held) = (0, 0);
        }
        Ok((seen, columns))
    }
}

impl Groups for BestRows {
    fn grow(&mut self, groups: usize) {
        let groups = groups.max(self.places.len());
        self.keys.resize(groups, Key::None);
        self.places.resize(groups, None);
    }

    fn update(
        &mut self,
        values: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
    ) -> Result<(), DataFusionError> {
        self.compete(values, rows)
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<(), DataFusionError> {
        let seen = Cells::new(column(states, 0)?, ScalarType::Bool)?;
        let is_seen = |row: usize| seen.view(row) == View::Bool(true);
        let mut rows = groups
            .iter()
            .enumerate()
            .filter(|(row, _)| is_seen(*row))
            .map(|(row, &group)| (row, group));
        self.compete(states.get(1..).unwrap_or_default(), &mut rows)
    }

    fn evaluate(&mut self, count: usize) -> Result<ArrayRef, DataFusionError> {
        let (_, columns) = self.emit(count)?;
        let columns = columns.into_iter().skip(1).collect();
        Ok(Arc::new(StructArray::try_new(
            self.fields.clone(),
            columns,
            None,
        )?))
    }

    fn state(&mut self, count: usize) -> Result<Vec<ArrayRef>, DataFusionError> {
        let (seen, columns) = self.emit(count)?;
        let seen: ArrayRef = Arc::new(datafusion::arrow::array::BooleanArray::from(seen));
        Ok(std::iter::once(seen).chain(columns).collect())
    }

    fn len(&self) -> usize {
        self.places.len()
    }

    fn size(&self) -> usize {
        self.held + self.places.capacity() * (size_of::<Option<Place>>() + size_of::<Key>())
    }
}
