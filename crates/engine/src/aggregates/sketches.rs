//! `hll` and `tdigest`: sketches that are merged and read later.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use super::counts::counted_sets;
use super::distinct::Distinct;
use super::grouped::{Definition, Groups, aggregate, column};
use super::percentiles::{digest_of, rankable};
use super::{Aggregate, AggregateName, AggregateOutput, BoundAggregate, entry};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, DynamicError, Writer};
use crate::error::EngineError;
use crate::functions::arguments::Arguments;
use crate::kernels::cells::Cells;
use crate::kernels::convert;
use crate::kernels::rows;
use crate::sketches::digest;

const fn named(prefix: &'static str) -> AggregateName {
    AggregateName::PrefixAndFirstArgument(prefix)
}

pub(super) const AGGREGATES: &[Aggregate] = &[
    entry("hll", 1..=2, named("hll"), hll),
    entry("hll_if", 2..=3, named("hll_if"), hll_if),
    entry("hll_merge", 1..=1, named("hll_merge"), hll_merge),
    entry("tdigest", 1..=2, named("tdigest"), tdigest),
    entry(
        "tdigest_merge",
        1..=1,
        named("merge_tdigests"),
        tdigest_merge,
    ),
    entry(
        "merge_tdigest",
        1..=1,
        named("merge_tdigests"),
        tdigest_merge,
    ),
];

type Call = Result<BoundAggregate, CallError>;

/// The value that a set counts; ints count as the longs they are equal to.
fn countable(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<Bound, CallError> {
    let value = arguments.any()?;
    match value.scalar_type {
        ScalarType::Int => convert::to(context, value, ScalarType::Long),
        ScalarType::Real | ScalarType::Bool => {
            Err(arguments.wrong_type(&value, "a value that is neither real nor bool"))
        }
        _ => Ok(value),
    }
}

/// `hll(value [, accuracy])`: the distinct values, to be counted by `dcount_hll()`.
///
/// Source: learn.microsoft.com/kusto/query/hll-aggregation-function.
fn hll(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let value = countable(context, &mut arguments)?;
    counted_sets(context, value, None, &mut arguments, true)
}

/// `hll_if(value, predicate [, accuracy])`.
///
/// Source: learn.microsoft.com/kusto/query/hll-if-aggregation-function.
fn hll_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let value = countable(context, &mut arguments)?;
    let filter = arguments.bool()?.expr;
    counted_sets(context, value, Some(filter), &mut arguments, true)
}

/// `hll_merge(hll)`: the values of all of them.
///
/// Source: learn.microsoft.com/kusto/query/hll-merge-aggregation-function.
fn hll_merge(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    merged::<Sets>(context, arguments)
}

/// `tdigest(value [, weight])`: the values, to be asked by `percentile_tdigest()` and its relatives.
///
/// Source: learn.microsoft.com/kusto/query/tdigest-aggregation-function.
fn tdigest(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let value = rankable(context, &mut arguments)?;
    let weight = arguments.optional(Arguments::integer)?;
    Ok(digest_of(value, weight))
}

/// `tdigest_merge(tdigest)`: the values of all of them.
///
/// Source: learn.microsoft.com/kusto/query/tdigest-merge-aggregation-function.
fn tdigest_merge(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    merged::<Digest>(context, arguments)
}

/// A sketch that others are merged into.
pub(crate) trait Merge: Default + Send + Sync + 'static {
    /// Adds what a dynamic holds, and says how many bytes more are held; none for a dynamic that is no such sketch, or one of
    /// another precision or type.
    fn merge(&mut self, value: Dynamic<'_>) -> Option<usize>;

    /// Writes the sketch; nothing for an empty one.
    ///
    /// # Errors
    /// When the writer stands too deep already.
    fn write(&self, writer: &mut Writer) -> Result<(), DynamicError>;
}

/// A set of distinct values with its precision.
#[derive(Default)]
pub(crate) struct Sets(Option<(u8, Distinct)>);

impl Sets {
    /// How many distinct values there are.
    pub(crate) fn count(&self) -> Option<i64> {
        self.0.as_ref().map(|(_, set)| set.count())
    }
}

impl Merge for Sets {
    fn merge(&mut self, value: Dynamic<'_>) -> Option<usize> {
        let (precision, state) = Distinct::read(value)?;
        let (own, set) = self
            .0
            .get_or_insert_with(|| (precision, Distinct::default()));
        (*own == precision).then(|| set.merge(&state, precision))
    }

    fn write(&self, writer: &mut Writer) -> Result<(), DynamicError> {
        match &self.0 {
            Some((precision, set)) => set.write(*precision, writer),
            None => Ok(()),
        }
    }
}

/// Values with their weights.
#[derive(Default)]
pub(crate) struct Digest(Option<(ScalarType, Vec<(i64, i64)>)>);

impl Merge for Digest {
    fn merge(&mut self, value: Dynamic<'_>) -> Option<usize> {
        let (item, pairs) = digest::read(value)?;
        let (own, all) = self.0.get_or_insert_with(|| (item, Vec::new()));
        let held = pairs.len() * size_of::<(i64, i64)>();
        (*own == item).then(|| {
            all.extend(pairs);
            held
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), DynamicError> {
        match &self.0 {
            Some((item, pairs)) => digest::write(*item, pairs.clone(), writer),
            None => Ok(()),
        }
    }
}

fn merged<M: Merge>(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let sketch = Arguments::new(context, arguments).dynamic()?;
    let (span, function) = (context.span, context.function.to_owned());
    let definition = Definition {
        name: "merge",
        returns: DataType::BinaryView,
        states: vec![DataType::BinaryView],
        make: Box::new(move || {
            Box::new(Merges::<M> {
                groups: Vec::new(),
                held: 0,
                function: function.clone(),
                span,
            })
        }),
    };
    Ok(BoundAggregate {
        aggregates: vec![aggregate(definition, vec![sketch.expr], None)],
        outputs: vec![AggregateOutput::plain(ScalarType::Dynamic)],
    })
}

/// The sketches of all groups.
struct Merges<M> {
    groups: Vec<M>,
    held: usize,
    function: String,
    span: Span,
}

impl<M: Merge> Merges<M> {
    fn add(&mut self, group: usize, value: Dynamic<'_>) -> Result<(), DataFusionError> {
        let Some(group) = self.groups.get_mut(group).filter(|_| !value.is_null()) else {
            return Ok(());
        };
        match group.merge(value) {
            Some(held) => {
                self.held += held;
                Ok(())
            }
            None => Err(DataFusionError::External(Box::new(
                EngineError::NotSupported {
                    what: format!("{}() of values that are not alike", self.function),
                    span: self.span,
                },
            ))),
        }
    }

    fn written(&mut self, count: usize) -> Result<ArrayRef, DataFusionError> {
        let mut groups = self.groups.drain(..count.min(self.groups.len()));
        rows::dynamics(count, |_, writer| match groups.next() {
            Some(group) => group.write(writer),
            None => Ok(()),
        })
    }
}

impl<M: Merge> Groups for Merges<M> {
    fn grow(&mut self, groups: usize) {
        self.groups
            .resize_with(groups.max(self.groups.len()), M::default);
    }

    fn update(
        &mut self,
        values: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
    ) -> Result<(), DataFusionError> {
        let cells = Cells::new(column(values, 0)?, ScalarType::Dynamic)?;
        for (row, group) in rows {
            self.add(group, cells.dynamic(row))?;
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<(), DataFusionError> {
        let cells = Cells::new(column(states, 0)?, ScalarType::Dynamic)?;
        for (row, &group) in groups.iter().enumerate() {
            self.add(group, cells.dynamic(row))?;
        }
        Ok(())
    }

    fn evaluate(&mut self, count: usize) -> Result<ArrayRef, DataFusionError> {
        self.written(count)
    }

    fn state(&mut self, count: usize) -> Result<Vec<ArrayRef>, DataFusionError> {
        Ok(vec![self.written(count)?])
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn size(&self) -> usize {
        self.held + self.groups.capacity() * size_of::<M>()
    }
}
