//! `count` and `dcount`.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, Int64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::common::{DataFusionError, exec_err};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr, lit};
use tesem_kql::types::ScalarType;

use super::grouped::{Definition, Groups, aggregate, column};
use super::{Aggregate, AggregateName, AggregateOutput, BoundAggregate, entry};
use crate::bound::{Bound, CallContext, CallError};
use crate::functions::arguments::Arguments;

const fn named(prefix: &'static str) -> AggregateName {
    AggregateName::PrefixAndFirstArgument(prefix)
}

pub(super) const AGGREGATES: &[Aggregate] = &[
    entry("count", 0..=1, named("count"), count),
    entry("cnt", 0..=0, named("cnt"), count),
    entry("countif", 1..=1, named("countif"), count_if),
    entry(
        "count_distinct",
        1..=1,
        named("count_distinct"),
        count_distinct,
    ),
    entry(
        "count_distinctif",
        2..=2,
        named("count_distinctif"),
        count_distinct_if,
    ),
    entry("dcount", 1..=2, named("dcount"), distinct_count),
    entry("dcountif", 2..=3, named("dcountif"), distinct_count_if),
];

type Call = Result<BoundAggregate, CallError>;

/// A call of DataFusion's `count`.
fn counted(arguments: Vec<Expr>, distinct: bool, filter: Option<Expr>) -> BoundAggregate {
    let filter = filter.map(Box::new);
    let call =
        AggregateFunction::new_udf(count_udaf(), arguments, distinct, filter, Vec::new(), None);
    BoundAggregate {
        aggregates: vec![Expr::AggregateFunction(call)],
        outputs: vec![AggregateOutput::plain(ScalarType::Long)],
    }
}

/// `count()`, `count(value)`: the rows, whatever the value is.
///
/// Source: learn.microsoft.com/kusto/query/count-aggregation-function.
fn count(_context: &CallContext<'_>, _arguments: Vec<Bound>) -> Call {
    Ok(counted(vec![lit(1_i64)], false, None))
}

/// `countif(predicate)`: the rows where it is true.
///
/// Source: learn.microsoft.com/kusto/query/countif-aggregation-function.
fn count_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let predicate = Arguments::new(context, arguments).bool()?;
    Ok(counted(vec![lit(1_i64)], false, Some(predicate.expr)))
}

/// `count_distinct(value)`: exact, however many there are; nulls do not count.
///
/// Source: learn.microsoft.com/kusto/query/count-distinct-aggregation-function.
fn count_distinct(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let value = Arguments::new(context, arguments).not_dynamic()?;
    Ok(counted(vec![value.expr], true, None))
}

/// `count_distinctif(value, predicate)`.
///
/// Source: learn.microsoft.com/kusto/query/count-distinctif-aggregation-function.
fn count_distinct_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let (value, predicate) = (arguments.not_dynamic()?, arguments.bool()?);
    Ok(counted(vec![value.expr], true, Some(predicate.expr)))
}

/// `dcount(value [, accuracy])`: the distinct values, exact for small numbers of them and estimated
/// for large ones; nulls do not count.
///
/// Source: learn.microsoft.com/kusto/query/dcount-aggregation-function.
fn distinct_count(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.any()?;
    estimated(context, value, None, &mut arguments)
}

/// `dcountif(value, predicate [, accuracy])`.
///
/// Source: learn.microsoft.com/kusto/query/dcountif-aggregation-function.
fn distinct_count_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let (value, predicate) = (arguments.any()?, arguments.bool()?);
    estimated(context, value, Some(predicate.expr), &mut arguments)
}

fn estimated(
    context: &CallContext<'_>,
    value: Bound,
    filter: Option<Expr>,
    rest: &mut Arguments<'_, '_>,
) -> Call {
    let accuracy = if rest.has_more() {
        rest.known_integer()?
    } else {
        1
    };
    // Registers as powers of two; the error is 1.04 / sqrt(registers).
    let precision: u8 = match accuracy {
        0 => 12,
        1 => 14,
        2 => 16,
        3 => 17,
        4 => 18,
        _ => return Err(context.invalid("the accuracy of dcount() is a number from 0 to 4")),
    };
    let definition = Definition {
        name: "dcount",
        returns: DataType::Int64,
        states: vec![DataType::Binary],
        make: Box::new(move || {
            Box::new(DistinctCounts {
                precision,
                groups: Vec::new(),
                hashes: Vec::new(),
                held: 0,
            })
        }),
    };
    let call = aggregate(definition, vec![value.expr], filter);
    Ok(BoundAggregate {
        aggregates: vec![call],
        outputs: vec![AggregateOutput::plain(ScalarType::Long)],
    })
}

/// The distinct values of a group.
enum Distinct {
    /// Their hashes, while there are few.
    Exact(HashSet<u64>),
    /// For each register the longest run of zeros seen, plus one.
    Registers(Box<[u8]>),
}

struct DistinctCounts {
    precision: u8,
    groups: Vec<Distinct>,
    hashes: Vec<u64>,
    held: usize,
}

impl Distinct {
    /// Most hashes before registers take over: what they would take up in memory.
    fn exact_max(precision: u8) -> usize {
        (1 << precision) / 8
    }

    /// Adds a hash and says how many bytes more are held.
    fn add(&mut self, hash: u64, precision: u8) -> usize {
        match self {
            Self::Registers(registers) => {
                note(registers, hash, precision);
                0
            }
            Self::Exact(hashes) => {
                if !hashes.insert(hash) {
                    return 0;
                }
                if hashes.len() <= Self::exact_max(precision) {
                    return 12;
                }
                let mut registers = vec![0; 1 << precision].into_boxed_slice();
                hashes
                    .iter()
                    .for_each(|&hash| note(&mut registers, hash, precision));
                let held = registers.len();
                *self = Self::Registers(registers);
                held
            }
        }
    }

    fn merge(&mut self, state: &[u8], precision: u8) -> usize {
        if state.len() == 1 << precision {
            if let Self::Exact(hashes) = self {
                let mut registers = vec![0; 1 << precision].into_boxed_slice();
                hashes
                    .iter()
                    .for_each(|&hash| note(&mut registers, hash, precision));
                *self = Self::Registers(registers);
            }
            if let Self::Registers(registers) = self {
                registers
                    .iter_mut()
                    .zip(state)
                    .for_each(|(old, new)| *old = (*old).max(*new));
            }
            return state.len();
        }
        let (hashes, _) = state.as_chunks::<8>();
        hashes
            .iter()
            .map(|bytes| self.add(u64::from_le_bytes(*bytes), precision))
            .sum()
    }

    /// Hashes in ascending order, or registers; the two differ in length.
    fn state(&self) -> Vec<u8> {
        match self {
            Self::Registers(registers) => registers.to_vec(),
            Self::Exact(hashes) => {
                let mut hashes: Vec<u64> = hashes.iter().copied().collect();
                hashes.sort_unstable();
                hashes.into_iter().flat_map(u64::to_le_bytes).collect()
            }
        }
    }

    fn count(&self) -> i64 {
        match self {
            Self::Exact(hashes) => i64::try_from(hashes.len()).unwrap_or(i64::MAX),
            Self::Registers(registers) => estimate(registers),
        }
    }
}

fn note(registers: &mut [u8], hash: u64, precision: u8) {
    let place = usize::try_from(hash >> (64 - precision)).unwrap_or(0);
    // The marker bit bounds the run.
    let run = ((hash << precision) | (1 << (precision - 1))).leading_zeros() + 1;
    if let Some(register) = registers.get_mut(place) {
        *register = (*register).max(u8::try_from(run).unwrap_or(u8::MAX));
    }
}

/// The estimate of HyperLogLog with the correction for small numbers.
///
/// Source: Flajolet et al., "HyperLogLog: the analysis of a near-optimal cardinality estimation
/// algorithm", 2007, figure 3.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "an estimate far below 2^53"
)]
fn estimate(registers: &[u8]) -> i64 {
    let count = registers.len() as f64;
    let sum: f64 = registers
        .iter()
        .map(|&run| 2_f64.powi(-i32::from(run)))
        .sum();
    let raw = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
    let zeros = registers.iter().filter(|&&run| run == 0).count();
    if raw <= 2.5 * count && zeros > 0 {
        return (count * (count / zeros as f64).ln()).round() as i64;
    }
    raw.round() as i64
}

impl Groups for DistinctCounts {
    fn grow(&mut self, groups: usize) {
        self.groups.resize_with(groups.max(self.groups.len()), || {
            Distinct::Exact(HashSet::new())
        });
    }

    fn update(
        &mut self,
        values: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
    ) -> Result<(), DataFusionError> {
        let values = column(values, 0)?;
        self.hashes.clear();
        self.hashes.resize(values.len(), 0);
        // A fixed seed, because states of several partitions are merged.
        create_hashes([values], &RandomState::with_seed(0x5eed), &mut self.hashes)?;
        for (row, group) in rows {
            if values.is_null(row) {
                continue;
            }
            if let (Some(group), Some(&hash)) = (self.groups.get_mut(group), self.hashes.get(row)) {
                self.held += group.add(mix(hash), self.precision);
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<(), DataFusionError> {
        let Some(states) = column(states, 0)?.as_binary_opt::<i32>() else {
            return exec_err!("dcount() was given a state of another function");
        };
        for (row, &group) in groups.iter().enumerate() {
            if let Some(group) = self.groups.get_mut(group).filter(|_| states.is_valid(row)) {
                self.held += group.merge(states.value(row), self.precision);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, count: usize) -> Result<ArrayRef, DataFusionError> {
        let groups = self.groups.drain(..count.min(self.groups.len()));
        Ok(Arc::new(
            groups.map(|group| group.count()).collect::<Int64Array>(),
        ))
    }

    fn state(&mut self, count: usize) -> Result<Vec<ArrayRef>, DataFusionError> {
        let mut builder = BinaryBuilder::new();
        for group in self.groups.drain(..count.min(self.groups.len())) {
            builder.append_value(group.state());
        }
        Ok(vec![Arc::new(builder.finish())])
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn size(&self) -> usize {
        self.held + self.groups.capacity() * size_of::<Distinct>()
    }
}

/// Spreads a hash that is fast but not even over all bits.
fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_estimated_within_two_percent() {
        for count in [1_u64, 100, 2_048, 10_000, 1_000_000] {
            let mut group = Distinct::Exact(HashSet::new());
            for value in 0..count {
                group.add(mix(value.wrapping_mul(0x9e37_79b9_7f4a_7c15)), 14);
            }
            #[expect(clippy::cast_precision_loss, reason = "a test")]
            let error = (group.count() as f64 - count as f64).abs() / count as f64;
            let allowed = if count <= 2_048 { 0.0 } else { 0.03 };
            assert!(error <= allowed, "{count}: {}", group.count());
        }
    }

    #[test]
    fn merging_states_gives_the_same_as_adding_values() {
        let of = |range: std::ops::Range<u64>| {
            let mut group = Distinct::Exact(HashSet::new());
            for value in range {
                group.add(mix(value), 12);
            }
            group
        };
        for (split, end) in [(10, 100), (100, 5_000), (3_000, 6_000)] {
            let mut left = of(0..split);
            left.merge(&of(split..end).state(), 12);
            assert_eq!(left.count(), of(0..end).count(), "{split} {end}");
        }
    }
}
