//! The aggregate functions, one file per family.

mod collections;
mod counts;
mod distinct;
mod encoded;
mod extremes;
mod grouped;
mod percentiles;
mod schemas;
pub(crate) mod sketches;
mod sums;
mod value_sets;

use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use datafusion::logical_expr::Expr;
use tesem_kql::types::ScalarType;

use crate::bound::{Bound, CallContext, CallError};

pub(crate) use extremes::whole_row;

/// Every family's table.
const FAMILIES: &[&[Aggregate]] = &[
    collections::AGGREGATES,
    counts::AGGREGATES,
    extremes::AGGREGATES,
    percentiles::AGGREGATES,
    schemas::AGGREGATES,
    sketches::AGGREGATES,
    sums::AGGREGATES,
];

/// How the result column of an unnamed aggregate is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateName {
    /// A prefix, an underscore and the first argument's name, if it has one: `dcount(a)` is `dcount_a`, `count()` is `count_`.
    PrefixAndFirstArgument(&'static str),
    /// The first argument's own name.
    FirstArgument,
    /// What [`Aggregate::bind`] sets in [`AggregateOutput::name`].
    SetByFunction,
}

/// An aggregate function.
#[derive(Debug)]
pub struct Aggregate {
    /// Its name; names are case-sensitive. An alias is an entry of its own.
    pub name: &'static str,
    /// The fewest arguments it takes.
    pub at_least: usize,
    /// The most arguments it takes; a `*` counts as the columns it stands for and is always allowed where `takes_star`.
    pub at_most: usize,
    /// Whether an argument may be `*`: the binder replaces it by the columns that are neither keys of the `summarize` nor other
    /// arguments.
    pub takes_star: bool,
    /// How an unnamed result column is called.
    pub result_name: AggregateName,
    /// Makes the bound call. The binder has checked the number of arguments.
    pub bind: fn(&CallContext<'_>, Vec<Bound>) -> Result<BoundAggregate, CallError>,
}

/// A bound aggregate: what DataFusion computes per group, and how columns come out of it.
#[derive(Debug, Clone)]
pub struct BoundAggregate {
    /// The aggregate expressions (calls of aggregate functions, without alias) that are computed per group.
    pub aggregates: Vec<Expr>,
    /// The result columns: one for most functions, several for `arg_max` and the like.
    pub outputs: Vec<AggregateOutput>,
}

/// Makes a result from the values of [`BoundAggregate::aggregates`], given as column references in the same order.
pub type Finish = Arc<dyn Fn(&[Expr]) -> Expr + Send + Sync>;

/// One result column of an aggregate.
#[derive(Clone)]
pub struct AggregateOutput {
    /// The name it gets when the query gives none; `None` leaves it to [`Aggregate::result_name`].
    pub name: Option<String>,
    /// Its type.
    pub scalar_type: ScalarType,
    /// How it is made: for a string it must turn null into the empty string.
    pub finish: Finish,
}

impl fmt::Debug for AggregateOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateOutput")
            .field("name", &self.name)
            .field("scalar_type", &self.scalar_type)
            .finish_non_exhaustive()
    }
}

impl AggregateOutput {
    /// The first value of the aggregates as it is.
    fn plain(scalar_type: ScalarType) -> Self {
        let null = crate::types::null(scalar_type);
        let finish: Finish = Arc::new(move |results| {
            results
                .first()
                .cloned()
                .unwrap_or_else(|| Expr::Literal(null.clone(), None))
        });
        Self {
            name: None,
            scalar_type,
            finish,
        }
    }
}

/// An entry of a family's table.
const fn entry(
    name: &'static str,
    arguments: RangeInclusive<usize>,
    result_name: AggregateName,
    bind: fn(&CallContext<'_>, Vec<Bound>) -> Result<BoundAggregate, CallError>,
) -> Aggregate {
    Aggregate {
        name,
        at_least: *arguments.start(),
        at_most: *arguments.end(),
        takes_star: false,
        result_name,
        bind,
    }
}

/// The aggregate function of that name.
#[must_use]
pub fn aggregate(name: &str) -> Option<&'static Aggregate> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Aggregate>> =
        LazyLock::new(|| all().map(|function| (function.name, function)).collect());
    BY_NAME.get(name).copied()
}

/// All aggregate functions, family by family.
pub fn all() -> impl Iterator<Item = &'static Aggregate> {
    FAMILIES.iter().copied().flatten()
}

#[cfg(test)]
mod tests;
