//! `make-series`: aggregates along an axis, as arrays.
//!
//! Rows are grouped by the keys and the bin they lie in, then the bins of each key become arrays, in which bins without rows have the
//! default. Without rows there is no series, unless `kind=nonempty` asks for one.
//! Source: learn.microsoft.com/kusto/query/make-series-operator.

use datafusion::common::{DataFusionError, resources_datafusion_err};
use datafusion::logical_expr::Expr as PlanExpr;
use tesem_kql::Span;
use tesem_kql::ast::{MakeSeriesOperator, Name, SeriesAggregate};
use tesem_kql::types::ScalarType;

use super::project::{named_outputs, output_name};
use super::series_axis::{Axis, VALUES_MAX, too_many};
use super::sort::not_a_key;
use super::summarize::{columns_of, finished, grouped};
use crate::aggregates;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::names::Names;
use crate::binder::properties;
use crate::binder::relation::{ColumnId, Relation, RelationColumn, reference};
use crate::binder::row::{Collected, Row};
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::dynamic::{Array, Dynamic, View, Writer, encode};
use crate::error::codes;
use crate::kernel::{self, Input};
use crate::kernels::rows;
use crate::value::Value;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    series: &'q MakeSeriesOperator,
    span: Span,
) -> Bind<Relation> {
    let may_be_empty = !is_nonempty(series)?;
    let row = Row::of(input, scope);
    let mut names = Names::default();
    let keys = keys(binder, &row, series, &mut names)?;
    let place = place(binder, &row, series)?;
    let axis = Axis::of(binder, &Row::none(scope), &series.range, place.scalar_type)?;
    if !may_be_empty && (axis.first().is_none() || axis.last().is_none()) {
        let what = "`kind=nonempty` of `make-series` without `from` and `to`";
        return Err(Fault::not_supported(what, span));
    }
    let (bins, measures) = binned(
        binder,
        scope,
        input,
        series,
        (keys, &place, axis),
        &mut names,
    )?;
    let place_name = series.on.names.first();
    let name = output_name(binder, &mut names, place_name, &place)?;
    arrays(binder, &bins, measures, axis, (name, may_be_empty))
}

fn is_nonempty(series: &MakeSeriesOperator) -> Bind<bool> {
    properties::check(&series.properties, "make-series", &["kind"])?;
    match properties::find(&series.properties, "kind") {
        None => Ok(false),
        Some(property) => match properties::word_of(&property.value) {
            Some("nonempty") => Ok(true),
            _ => Err(properties::invalid(property, "nonempty")),
        },
    }
}

fn keys<'q>(
    binder: &Binder<'_>,
    row: &Row<'_, 'q>,
    series: &'q MakeSeriesOperator,
    names: &mut Names,
) -> Bind<Vec<(String, Bound)>> {
    let mut keys = Vec::with_capacity(series.by.len());
    for key in &series.by {
        let bound = binder.scalar(row, &key.value)?;
        if bound.scalar_type == ScalarType::Dynamic {
            return Err(not_a_key(&bound));
        }
        for (name, bound) in named_outputs(key, bound)? {
            keys.push((output_name(binder, names, name, &bound)?, bound));
        }
    }
    Ok(keys)
}

/// Where a row lies on the axis.
fn place<'q>(
    binder: &Binder<'_>,
    row: &Row<'_, 'q>,
    series: &'q MakeSeriesOperator,
) -> Bind<Bound> {
    let place = binder.scalar(row, &series.on.value)?;
    match place.scalar_type {
        ScalarType::DateTime
        | ScalarType::TimeSpan
        | ScalarType::Int
        | ScalarType::Long
        | ScalarType::Real => Ok(place),
        other => Err(Fault::wrong_type(
            "the axis of `make-series`",
            "a datetime, a timespan or a number",
            other,
            place.span,
        )),
    }
}

/// A series: the column that holds its values, one for each bin, and what bins without rows have.
struct Measure {
    value: RelationColumn,
    default: Vec<u8>,
}

/// The aggregates for each key and bin; the number of the bin is the last key.
fn binned<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    series: &'q MakeSeriesOperator,
    (mut keys, place, axis): (Vec<(String, Bound)>, &Bound, Axis),
    names: &mut Names,
) -> Bind<(Relation, Vec<Measure>)> {
    keys.push((String::new(), axis.bin_of(place.clone())));
    let rows = binder.keep(input.clone(), axis.covers(place))?;
    let collected = Collected::default();
    let mut outputs = Vec::new();
    let mut defaults = Vec::new();
    for aggregate in &series.aggregates {
        let row = Row::aggregating(&rows, scope, &collected);
        for (name, value) in values(binder, &row, &collected, aggregate)? {
            defaults.push(default(binder, scope, aggregate, &value)?);
            outputs.push((output_name(binder, names, name, &value)?, value));
        }
    }
    let aggregates = collected.aggregates.into_inner();
    let bins = grouped(binder, &rows, keys, aggregates)?;
    let keys = bins.columns.len();
    let bins = finished(binder, bins, outputs)?;
    let values = bins.columns.iter().skip(keys).cloned();
    let measures = values.zip(defaults);
    let measures = measures.map(|(value, default)| Measure { value, default });
    let measures = measures.collect();
    let columns = bins.columns.iter().take(keys).cloned().collect();
    Ok((Relation { columns, ..bins }, measures))
}

/// The columns of an aggregate: numbers, as the service takes nothing else.
fn values<'q>(
    binder: &Binder<'_>,
    row: &Row<'_, 'q>,
    collected: &Collected,
    aggregate: &'q SeriesAggregate,
) -> Bind<Vec<(Option<&'q Name>, Bound)>> {
    let columns = binder.within("summarize", || {
        columns_of(binder, row, collected, &aggregate.aggregate)
    })?;
    for (_, value) in &columns {
        let is_number = matches!(
            value.scalar_type,
            ScalarType::Int | ScalarType::Long | ScalarType::Real | ScalarType::Decimal
        );
        if !is_number {
            let what = format!("`make-series` of {} values", value.scalar_type);
            return Err(Fault::not_supported(what, aggregate.aggregate.span));
        }
    }
    Ok(columns)
}

/// What a bin without rows has, as it is encoded.
fn default<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    aggregate: &'q SeriesAggregate,
    value: &Bound,
) -> Bind<Vec<u8>> {
    let (bound, span) = match &aggregate.default {
        Some(default) => (binder.scalar(&Row::none(scope), default)?, default.span),
        None => (Bound::constant(Value::Long(0), value.span), value.span),
    };
    if bound.constant.as_ref().is_some_and(Value::is_null) {
        return Ok(Dynamic::NULL.bytes().to_vec());
    }
    let (from, to) = (bound.scalar_type, value.scalar_type);
    let is_whole = |scalar_type| matches!(scalar_type, ScalarType::Int | ScalarType::Long);
    let fits = from == to
        || is_whole(from) && (is_whole(to) || to == ScalarType::Real || to == ScalarType::Decimal);
    if !fits {
        let what = format!("a default of type {from} for a series of {to} values");
        return Err(Fault::not_supported(what, span));
    }
    let target = if is_whole(to) { from } else { to };
    let converted = binder.convert(bound, target)?;
    let Some(constant) = converted.constant else {
        return Err(Fault::not_constant("the default of a series", span));
    };
    let context = binder.context("make-series", value);
    let encoded = crate::kernels::dynamics::from_scalar(&context, Bound::constant(constant, span))?;
    match encoded.constant {
        Some(Value::Dynamic(value)) => Ok(encode(&value)),
        _ => Err(Fault::wrong(
            codes::WRONG_TYPE,
            "the default of a series must be a number",
            span,
        )),
    }
}

/// One row for each key: the bins as arrays, the axis last.
fn arrays(
    binder: &Binder<'_>,
    bins: &Relation,
    measures: Vec<Measure>,
    axis: Axis,
    (axis_name, may_be_empty): (String, bool),
) -> Bind<Relation> {
    let (bin, keys) = match bins.columns.split_last() {
        Some((bin, keys)) => (bin, keys),
        None => {
            return Err(Fault::not_supported(
                "`make-series` without bins",
                Span::default(),
            ));
        }
    };
    let keys = keys
        .iter()
        .map(|key| (key.name.clone(), key.bound(Span::default())));
    let mut lists = Vec::with_capacity(measures.len() + 1);
    for column in std::iter::once(bin).chain(measures.iter().map(|measure| &measure.value)) {
        lists.push((binder.fresh_id(), list_of(binder, column)?));
    }
    let ids: Vec<ColumnId> = lists.iter().map(|(id, _)| id.clone()).collect();
    let grouped = grouped(binder, bins, keys.collect(), lists)?;
    let list = |id: &ColumnId| Bound::new(reference(id), ScalarType::Dynamic, Span::default());
    let Some((bin_id, value_ids)) = ids.split_first() else {
        return Err(Fault::not_supported(
            "`make-series` without bins",
            Span::default(),
        ));
    };
    let mut outputs = Vec::with_capacity(measures.len() + 1);
    for (measure, id) in measures.into_iter().zip(value_ids) {
        let array = array(list(bin_id), list(id), axis, measure.default);
        outputs.push((measure.value.name, array));
    }
    outputs.push((axis_name, axis_array(list(bin_id), axis)));
    // An aggregation without keys makes a row out of nothing.
    let grouped = match may_be_empty && grouped.columns.is_empty() {
        true => binder.keep(grouped, is_not_empty(list(bin_id)))?,
        false => grouped,
    };
    finished(binder, grouped, outputs)
}

/// The values of a column as a list, nulls included.
fn list_of(binder: &Binder<'_>, column: &RelationColumn) -> Bind<PlanExpr> {
    let value = column.bound(Span::default());
    let context = binder.context("make_list_with_nulls", &value);
    let aggregate = aggregates::aggregate("make_list_with_nulls");
    let bound = aggregate
        .map(|aggregate| (aggregate.bind)(&context, vec![value]))
        .transpose()?;
    let call = bound.and_then(|bound| bound.aggregates.into_iter().next());
    call.ok_or_else(|| Fault::not_supported("`make-series`", Span::default()))
}

/// Whether a list has values.
fn is_not_empty(bins: Bound) -> PlanExpr {
    let span = bins.span;
    let test = kernel::call(
        "is_not_empty",
        vec![bins],
        ScalarType::Bool,
        span,
        |input| {
            let bins = input.dynamics(0)?;
            let bins = |row| rows::at(&bins, row).map_or(Dynamic::NULL, Dynamic::new);
            rows::bools(input.rows, |row| Some(numbers(bins(row)).next().is_some()))
        },
    );
    test.expr
}

/// The numbers of the first and last bin of a series, if it has any.
fn ends(bins: Dynamic<'_>, axis: Axis) -> Result<Option<(i64, i64)>, DataFusionError> {
    let numbers = || numbers(bins);
    let first = axis.first().or_else(|| numbers().min());
    let last = axis.last().or_else(|| numbers().max());
    match (first, last) {
        (Some(first), Some(last)) if last.saturating_sub(first) >= VALUES_MAX => {
            Err(resources_datafusion_err!("{}", too_many()))
        }
        (Some(first), Some(last)) => Ok(Some((first, last))),
        _ => Ok(None),
    }
}

fn numbers(bins: Dynamic<'_>) -> impl Iterator<Item = i64> + '_ {
    let items = bins.as_array().into_iter().flat_map(Array::iter);
    items.filter_map(|item| match item.view_or_null() {
        View::Long(number) => Some(number),
        _ => None,
    })
}

/// The values of a series in the order of the axis.
fn array(bins: Bound, values: Bound, axis: Axis, default: Vec<u8>) -> Bound {
    let span = bins.span;
    kernel::call(
        "make_series",
        vec![bins, values],
        ScalarType::Dynamic,
        span,
        move |input| {
            let (bins, values) = (input.dynamics(0)?, input.dynamics(1)?);
            let mut slots: Vec<&[u8]> = Vec::new();
            let of = |array, row| rows::at(array, row).map_or(Dynamic::NULL, Dynamic::new);
            each_series(input, axis, |row, writer, first, last| {
                slots.clear();
                let count = usize::try_from(last - first + 1).unwrap_or_default();
                slots.resize(count, &default);
                let values = of(&values, row).as_array();
                let values = values.into_iter().flat_map(Array::iter);
                for (bin, value) in numbers(of(&bins, row)).zip(values) {
                    let slot = usize::try_from(bin - first).ok();
                    if let Some(slot) = slot.and_then(|slot| slots.get_mut(slot)) {
                        *slot = value.bytes();
                    }
                }
                slots
                    .iter()
                    .for_each(|slot| writer.value_of(Dynamic::new(slot)));
            })
        },
    )
}

/// Where the bins of a series start.
fn axis_array(bins: Bound, axis: Axis) -> Bound {
    let span = bins.span;
    kernel::call(
        "make_series_axis",
        vec![bins],
        ScalarType::Dynamic,
        span,
        move |input| {
            each_series(input, axis, |_, writer, first, last| {
                (first..=last).for_each(|bin| axis.write(bin, writer));
            })
        },
    )
}

/// An array for each row; `write` is given the numbers of its first and last bin.
fn each_series<'i>(
    input: &Input<'i>,
    axis: Axis,
    mut write: impl FnMut(usize, &mut Writer, i64, i64),
) -> rows::Column {
    let bins = input.dynamics(0)?;
    let mut failure = None;
    let column = rows::dynamics(input.rows, |row, writer| {
        let bins = rows::at(&bins, row).map_or(Dynamic::NULL, Dynamic::new);
        writer.open_array()?;
        match ends(bins, axis) {
            Ok(Some((first, last))) => write(row, writer, first, last),
            Ok(None) => {}
            Err(error) => failure = Some(error),
        }
        writer.close()
    });
    match failure {
        Some(error) => Err(error),
        None => column,
    }
}
