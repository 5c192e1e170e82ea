//! Percentiles by nearest rank: always a value that occurs.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BinaryBuilder, BinaryViewBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, exec_err};
use datafusion::logical_expr::Expr;
use tesem_kql::types::ScalarType;

use super::grouped::{Definition, Groups, aggregate, column};
use super::{Aggregate, AggregateName, AggregateOutput, BoundAggregate, Finish, entry};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, DynamicValue, Writer, get_index};
use crate::functions::arguments::{Arguments, is_number};
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::kernels::convert::{self, to_long, to_real};
use crate::kernels::rows;
use crate::sketches::digest;
use crate::types;
use crate::value::Value;

const NAMED: AggregateName = AggregateName::SetByFunction;

pub(super) const AGGREGATES: &[Aggregate] = &[
    entry("percentile", 2..=2, NAMED, percentiles),
    entry("percentiles", 2..=64, NAMED, percentiles),
    entry("percentiles_array", 2..=64, NAMED, percentiles_array),
    entry("percentilew", 3..=3, NAMED, weighted_percentiles),
    entry("percentilesw", 3..=64, NAMED, weighted_percentiles),
    entry(
        "percentilesw_array",
        3..=64,
        NAMED,
        weighted_percentiles_array,
    ),
];

type Call = Result<BoundAggregate, CallError>;

/// `percentile(value, percentage)`, `percentiles(value, percentages…)`.
///
/// Source: learn.microsoft.com/kusto/query/percentiles-aggregation-function.
fn percentiles(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    ranked(context, arguments, false, false)
}

/// `percentiles_array(value, percentages…)`: all of them in one array.
///
/// Source: learn.microsoft.com/kusto/query/percentiles-aggregation-function.
fn percentiles_array(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    ranked(context, arguments, false, true)
}

/// `percentilew(value, weight, percentage)`, `percentilesw(value, weight, percentages…)`: each
/// value counts as often as its weight says.
///
/// Source: learn.microsoft.com/kusto/query/percentiles-aggregation-function.
fn weighted_percentiles(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    ranked(context, arguments, true, false)
}

/// `percentilesw_array(value, weight, percentages…)`.
///
/// Source: learn.microsoft.com/kusto/query/percentiles-aggregation-function.
fn weighted_percentiles_array(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    ranked(context, arguments, true, true)
}

/// What values percentiles are made of: numbers, but not decimals, and times.
pub(super) fn rankable(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<Bound, CallError> {
    let value = arguments.any()?;
    let value = match value.scalar_type {
        // The percentiles of ints are longs.
        ScalarType::Int => convert::to(context, value, ScalarType::Long)?,
        _ => value,
    };
    let item = value.scalar_type;
    let times = [ScalarType::DateTime, ScalarType::TimeSpan];
    if item == ScalarType::Decimal || !(is_number(item) || times.contains(&item)) {
        return Err(arguments.wrong_type(&value, "an int, long, real, datetime or timespan"));
    }
    Ok(value)
}

/// The digest of values, each as often as its weight says.
pub(super) fn digest_of(value: Bound, weight: Option<Bound>) -> BoundAggregate {
    let (item, is_weighted) = (value.scalar_type, weight.is_some());
    let inputs = [Some(value), weight].into_iter().flatten();
    let definition = Definition {
        name: "tdigest",
        returns: DataType::BinaryView,
        states: vec![DataType::Binary],
        make: Box::new(move || {
            Box::new(Percentiles {
                item,
                is_weighted,
                percentages: None,
                groups: Vec::new(),
                held: 0,
            })
        }),
    };
    let inputs = inputs.map(|input| input.expr).collect();
    BoundAggregate {
        aggregates: vec![aggregate(definition, inputs, None)],
        outputs: vec![AggregateOutput::plain(ScalarType::Dynamic)],
    }
}

fn ranked(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    is_weighted: bool,
    as_array: bool,
) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let value = rankable(context, &mut arguments)?;
    let item = value.scalar_type;
    let mut inputs = vec![value.expr.clone()];
    if is_weighted {
        inputs.push(arguments.integer()?.expr);
    }
    let percentages = percentages(context, &mut arguments)?;
    let column = value.name.clone().unwrap_or_default();
    let ranks = percentages.clone();
    let definition = Definition {
        name: "percentiles",
        returns: DataType::BinaryView,
        states: vec![DataType::Binary],
        make: Box::new(move || {
            Box::new(Percentiles {
                item,
                is_weighted,
                percentages: Some(ranks.clone()),
                groups: Vec::new(),
                held: 0,
            })
        }),
    };
    let outputs = if as_array {
        vec![AggregateOutput {
            name: Some(format!("percentiles_{column}")),
            ..AggregateOutput::plain(ScalarType::Dynamic)
        }]
    } else {
        let output = |(place, percentage): (usize, &f64)| AggregateOutput {
            name: Some(format!(
                "percentile_{column}_{}",
                percentage_name(*percentage)
            )),
            scalar_type: item,
            finish: element(place, item),
        };
        percentages.iter().enumerate().map(output).collect()
    };
    Ok(BoundAggregate {
        aggregates: vec![aggregate(definition, inputs, None)],
        outputs,
    })
}

/// `99.9` as `99_9`.
fn percentage_name(percentage: f64) -> String {
    percentage.to_string().replace('.', "_")
}

/// All arguments that are left, as numbers; an array of them may be given as one.
fn percentages(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<Vec<f64>, CallError> {
    let mut percentages = Vec::new();
    while arguments.has_more() {
        let given = arguments.any()?;
        match &given.constant {
            Some(Value::Int(number)) => percentages.push(f64::from(*number)),
            #[expect(clippy::cast_precision_loss, reason = "percentages are small")]
            Some(Value::Long(number)) => percentages.push(*number as f64),
            Some(Value::Real(number)) => percentages.push(*number),
            Some(Value::Dynamic(DynamicValue::Array(items))) => {
                for item in items {
                    match item {
                        #[expect(clippy::cast_precision_loss, reason = "percentages are small")]
                        DynamicValue::Long(number) => percentages.push(*number as f64),
                        DynamicValue::Real(number) => percentages.push(*number),
                        _ => {
                            return Err(
                                context.invalid_argument(&given, "expects numbers as percentages")
                            );
                        }
                    }
                }
            }
            _ => {
                return Err(
                    context.invalid_argument(&given, "expects a constant number as percentage")
                );
            }
        }
    }
    if percentages
        .iter()
        .any(|percentage| !(0.0..=100.0).contains(percentage))
    {
        return Err(context.invalid("percentages are numbers from 0 to 100"));
    }
    Ok(percentages)
}

/// Takes one percentile out of the array of them.
fn element(place: usize, item: ScalarType) -> Finish {
    Arc::new(move |results| {
        let arguments: Vec<Expr> = results.iter().take(1).cloned().collect();
        kernel::call_plan(
            "percentile",
            arguments,
            types::physical(item),
            move |input| {
                let arrays = Cells::of(input, 0, ScalarType::Dynamic)?;
                let place = i64::try_from(place).unwrap_or(i64::MAX);
                let at =
                    |row: usize| get_index(arrays.dynamic(row), place).map(Dynamic::view_or_null);
                match item {
                    ScalarType::Real => rows::reals(input.rows, |row| to_real(at(row)?)),
                    _ => rows::longs(input.rows, |row| to_long(at(row)?)),
                }
            },
        )
    })
}

/// The values of each group as numbers whose order is that of the values, with their weights.
struct Percentiles {
    item: ScalarType,
    is_weighted: bool,
    /// None where the result is the digest itself.
    percentages: Option<Vec<f64>>,
    groups: Vec<Vec<(i64, i64)>>,
    held: usize,
}

impl Percentiles {
    fn add(&mut self, group: usize, key: i64, weight: i64) {
        if let Some(group) = self.groups.get_mut(group).filter(|_| weight > 0) {
            group.push((key, weight));
            self.held += size_of::<(i64, i64)>();
        }
    }
}

impl Groups for Percentiles {
    fn grow(&mut self, groups: usize) {
        self.groups
            .resize_with(groups.max(self.groups.len()), Vec::new);
    }

    fn update(
        &mut self,
        values: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
    ) -> Result<(), DataFusionError> {
        let cells = Cells::new(column(values, 0)?, self.item)?;
        let weights = if self.is_weighted {
            Some(Cells::new(column(values, 1)?, ScalarType::Long)?)
        } else {
            None
        };
        for (row, group) in rows {
            let weight = weights
                .as_ref()
                .map_or(Some(1), |weights| to_long(weights.view(row)));
            if let (Some(key), Some(weight)) = (digest::key(cells.view(row)), weight) {
                self.add(group, key, weight);
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<(), DataFusionError> {
        let Some(states) = column(states, 0)?.as_binary_opt::<i32>() else {
            return exec_err!("percentiles() was given a state of another function");
        };
        for (row, &group) in groups.iter().enumerate() {
            let (pairs, _) = states.value(row).as_chunks::<16>();
            for pair in pairs {
                let (key, weight) = pair.split_at(8);
                let number = |half: &[u8]| half.try_into().map_or(0, i64::from_le_bytes);
                self.add(group, number(key), number(weight));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, count: usize) -> Result<ArrayRef, DataFusionError> {
        let mut builder = BinaryViewBuilder::with_capacity(count);
        let mut writer = Writer::new();
        for group in std::mem::take(&mut self.groups).into_iter().enumerate() {
            let (place, group) = group;
            if place >= count {
                self.groups.push(group);
                continue;
            }
            let Some(percentages) = &self.percentages else {
                writer.clear();
                digest::write(self.item, group, &mut writer)
                    .map_err(|error| DataFusionError::External(Box::new(error)))?;
                builder.append_option(Some(writer.bytes()).filter(|bytes| !bytes.is_empty()));
                continue;
            };
            let Some(keys) =
                digest::at_percentages(group, percentages).filter(|keys| !keys.is_empty())
            else {
                builder.append_null();
                continue;
            };
            writer.clear();
            writer
                .open_array()
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            keys.into_iter()
                .for_each(|key| digest::write_key(self.item, key, &mut writer));
            writer
                .close()
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            builder.append_value(writer.bytes());
        }
        Ok(Arc::new(builder.finish()))
    }

    fn state(&mut self, count: usize) -> Result<Vec<ArrayRef>, DataFusionError> {
        let mut builder = BinaryBuilder::new();
        let mut bytes = Vec::new();
        for group in self.groups.drain(..count.min(self.groups.len())) {
            bytes.clear();
            for (key, weight) in group {
                bytes.extend_from_slice(&key.to_le_bytes());
                bytes.extend_from_slice(&weight.to_le_bytes());
            }
            builder.append_value(&bytes);
        }
        Ok(vec![Arc::new(builder.finish())])
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn size(&self) -> usize {
        self.held + self.groups.capacity() * size_of::<Vec<(i64, i64)>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_no_point() {
        assert_eq!(percentage_name(99.9), "99_9");
        assert_eq!(percentage_name(95.0), "95");
    }
}
