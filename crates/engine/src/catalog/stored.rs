//! What the columns of Parquet files become, and how conditions find their way back to them.
//!
//! A stored column seldom is what the language works with: times have another unit, strings may be null. A condition on the converted
//! value could not skip anything, because files keep statistics of what they store. [`ReachStoredColumns`] says such conditions in terms
//! of the stored column.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{
    BinaryExpr, Expr, Filter, LogicalPlan, Operator, TableScan, binary_expr, lit,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use crate::bound::Bound;
use crate::kernel;
use crate::ticks;

/// What [`ticks_of_time`] is called in plans.
const TICKS_OF_TIME: &str = "ticks_of_time";
/// What [`text_of`] is called in plans.
const TEXT_OF: &str = "text_of";
const NANOSECONDS_PER_TICK: i64 = 100;

/// The ticks of a column of timestamps with this unit and zone.
pub(super) fn ticks_of_time(column: Expr, unit: TimeUnit, zone: Option<Arc<str>>) -> Expr {
    // The second argument only tells the rule what is stored.
    let stored = lit(timestamp(unit, zone, None));
    ticks_of(TICKS_OF_TIME, vec![column, stored], unit, ticks::UNIX_EPOCH)
}

/// The ticks of a column of durations with this unit.
pub(super) fn ticks_of_duration(column: Expr, unit: TimeUnit) -> Expr {
    ticks_of("ticks_of_duration", vec![column], unit, 0)
}

fn ticks_of(name: &'static str, arguments: Vec<Expr>, unit: TimeUnit, origin: i64) -> Expr {
    kernel::call_plan(name, arguments, DataType::Int64, move |input| {
        let counts = cast(&input.array(0)?, &DataType::Int64)?;
        Ok(match counts.as_primitive_opt() {
            Some(counts) => Arc::new(ticks_of_counts(counts, unit, origin)),
            None => counts,
        })
    })
}

fn ticks_of_counts(counts: &Int64Array, unit: TimeUnit, origin: i64) -> Int64Array {
    match ticks_per(unit) {
        Some(ticks) => counts.unary(|count| count.saturating_mul(ticks).saturating_add(origin)),
        None => counts.unary(|count| count.div_euclid(NANOSECONDS_PER_TICK) + origin),
    }
}

/// How many ticks a unit has; `None` for nanoseconds, of which a tick has many.
fn ticks_per(unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Second => Some(ticks::PER_SECOND),
        TimeUnit::Millisecond => Some(ticks::PER_SECOND / 1_000),
        TimeUnit::Microsecond => Some(ticks::PER_SECOND / 1_000_000),
        TimeUnit::Nanosecond => None,
    }
}

/// A column of string views, nulls being empty.
pub(super) fn text_of(column: Expr) -> Expr {
    let column = Bound::new(column, ScalarType::String, Span::default());
    let text = kernel::call(
        TEXT_OF,
        vec![column],
        ScalarType::String,
        Span::default(),
        |input| input.array(0),
    );
    text.expr
}

fn timestamp(unit: TimeUnit, zone: Option<Arc<str>>, count: Option<i64>) -> ScalarValue {
    match unit {
        TimeUnit::Second => ScalarValue::TimestampSecond(count, zone),
        TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(count, zone),
        TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(count, zone),
        TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(count, zone),
    }
}

/// Says conditions on converted columns as conditions on stored ones, which statistics, page indexes and Bloom filters can answer.
#[derive(Debug)]
pub(crate) struct ReachStoredColumns;

impl OptimizerRule for ReachStoredColumns {
    fn name(&self) -> &'static str {
        "reach_stored_columns"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>, DataFusionError> {
        Ok(match plan {
            LogicalPlan::Filter(filter) => {
                let predicate = reached(filter.predicate.clone());
                let is_changed = predicate.transformed;
                let filter = Filter::try_new(predicate.data, filter.input)?;
                Transformed::new_transformed(LogicalPlan::Filter(filter), is_changed)
            }
            LogicalPlan::TableScan(scan) => {
                let filters: Vec<_> = scan.filters.iter().cloned().map(reached).collect();
                let is_changed = filters.iter().any(|filter| filter.transformed);
                let filters = filters.into_iter().map(|filter| filter.data).collect();
                let scan = TableScan { filters, ..scan };
                Transformed::new_transformed(LogicalPlan::TableScan(scan), is_changed)
            }
            other => Transformed::no(other),
        })
    }
}

/// A condition that lets the same rows through a filter; where the given one is false, it may be null.
fn reached(condition: Expr) -> Transformed<Expr> {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if matches!(op, Operator::And | Operator::Or) =>
        {
            let (left, right) = (reached(*left), reached(*right));
            let is_changed = left.transformed || right.transformed;
            Transformed::new_transformed(binary_expr(left.data, op, right.data), is_changed)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            match reached_comparison(&left, op, &right) {
                Some(reached) => Transformed::yes(reached),
                None => Transformed::no(binary_expr(*left, op, *right)),
            }
        }
        Expr::InList(list) => match reached_list(&list) {
            Some(reached) => Transformed::yes(reached),
            None => Transformed::no(Expr::InList(list)),
        },
        other => Transformed::no(other),
    }
}

fn reached_comparison(left: &Expr, op: Operator, right: &Expr) -> Option<Expr> {
    let (value, op, literal) = match (left, right) {
        (value, Expr::Literal(literal, _)) => (value, op, literal),
        (Expr::Literal(literal, _), value) => (value, op.swap()?, literal),
        _ => return None,
    };
    match (converted(value)?, literal) {
        (Converted::Time { column, stored }, ScalarValue::Int64(Some(ticks))) => {
            time_comparison(column, stored, op, *ticks)
        }
        (Converted::Text { column }, ScalarValue::Utf8View(Some(text))) => {
            let is_exact = op == Operator::Eq && !text.is_empty();
            is_exact.then(|| binary_expr(column.clone(), op, right_literal(literal)))
        }
        _ => None,
    }
}

fn right_literal(literal: &ScalarValue) -> Expr {
    Expr::Literal(literal.clone(), None)
}

/// A null is the empty text, and so in no list without it.
fn reached_list(list: &InList) -> Option<Expr> {
    let Some(Converted::Text { column }) = converted(&list.expr) else {
        return None;
    };
    let is_text = |item: &Expr| matches!(item, Expr::Literal(ScalarValue::Utf8View(Some(text)), _) if !text.is_empty());
    let is_exact = !list.negated && list.list.iter().all(is_text);
    is_exact.then(|| column.clone().in_list(list.list.clone(), false))
}

enum Converted<'e> {
    Time {
        column: &'e Expr,
        stored: &'e ScalarValue,
    },
    Text {
        column: &'e Expr,
    },
}

fn converted(expr: &Expr) -> Option<Converted<'_>> {
    let Expr::ScalarFunction(call) = expr else {
        return None;
    };
    match (call.func.name(), &call.args[..]) {
        (TICKS_OF_TIME, [column, Expr::Literal(stored, _)]) => {
            Some(Converted::Time { column, stored })
        }
        (TEXT_OF, [column]) => Some(Converted::Text { column }),
        _ => None,
    }
}

/// `column op ticks` in the unit of the column.
fn time_comparison(column: &Expr, stored: &ScalarValue, op: Operator, ticks: i64) -> Option<Expr> {
    let DataType::Timestamp(unit, zone) = stored.data_type() else {
        return None;
    };
    let since_epoch = ticks.checked_sub(ticks::UNIX_EPOCH)?;
    let (first, last) = counts_of(unit, since_epoch)?;
    let compared = |op, count| {
        let literal = timestamp(unit, zone.clone(), Some(count));
        binary_expr(column.clone(), op, lit(literal))
    };
    match op {
        Operator::GtEq | Operator::Lt => Some(compared(op, first)),
        Operator::Gt | Operator::LtEq => Some(compared(op, last)),
        Operator::Eq if first == last => Some(compared(op, first)),
        Operator::Eq if first < last => {
            Some(compared(Operator::GtEq, first).and(compared(Operator::LtEq, last)))
        }
        _ => None,
    }
}

/// The first count that stands for at least these ticks, and the last that stands for at most them. Where no count stands for them, the
/// last is before the first.
fn counts_of(unit: TimeUnit, ticks: i64) -> Option<(i64, i64)> {
    match ticks_per(unit) {
        Some(per) => {
            let last = ticks.div_euclid(per);
            let is_exact = ticks.rem_euclid(per) == 0;
            Some((if is_exact { last } else { last + 1 }, last))
        }
        None => {
            let first = ticks.checked_mul(NANOSECONDS_PER_TICK)?;
            Some((first, first.checked_add(NANOSECONDS_PER_TICK - 1)?))
        }
    }
}

/// The type in which a column is read: strings as views, which share the bytes of their pages.
pub(super) fn read_type(stored: &DataType) -> DataType {
    match stored {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        other => other.clone(),
    }
}

/// The same strings, nulls being empty; their bytes are shared.
///
/// # Errors
/// When the array does not hold string views.
pub(crate) fn without_null_strings(array: &ArrayRef) -> Result<ArrayRef, DataFusionError> {
    use datafusion::arrow::array::{BooleanArray, StringViewArray};
    use datafusion::arrow::compute::kernels::zip::zip;
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        Some(nulls) => {
            let is_there = BooleanArray::new(nulls.inner().clone(), None);
            Ok(zip(&is_there, array, &StringViewArray::new_scalar(""))?)
        }
        None => Ok(Arc::clone(array)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNITS: [TimeUnit; 4] = [
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
    ];

    /// What the condition on the ticks says of a count, and what the condition on the count says.
    fn both(op: Operator, unit: TimeUnit, count: i64, ticks: i64) -> (bool, bool) {
        let counted = ticks_of_counts(&Int64Array::from(vec![count]), unit, 0).value(0);
        let Some((first, last)) = counts_of(unit, ticks) else {
            panic!("{ticks} is out of range");
        };
        match op {
            Operator::GtEq => (counted >= ticks, count >= first),
            Operator::Gt => (counted > ticks, count > last),
            Operator::LtEq => (counted <= ticks, count <= last),
            Operator::Lt => (counted < ticks, count < first),
            _ => (counted == ticks, first <= count && count <= last),
        }
    }

    #[test]
    fn conditions_on_counts_say_the_same() {
        let operators = [
            Operator::GtEq,
            Operator::Gt,
            Operator::LtEq,
            Operator::Lt,
            Operator::Eq,
        ];
        for unit in UNITS {
            for ticks in [
                -20_000_001,
                -10,
                -1,
                0,
                1,
                5,
                10,
                99,
                10_000_000,
                10_000_001,
            ] {
                let (first, last) = counts_of(unit, ticks).unwrap();
                for count in (first - 3..=first + 3).chain(last - 3..=last + 3) {
                    for op in operators {
                        let (said, reached) = both(op, unit, count, ticks);
                        assert_eq!(said, reached, "{unit:?} {count} {op} {ticks}");
                    }
                }
            }
        }
    }

    #[test]
    fn only_exact_conditions_on_texts_are_said_anew() {
        let column = || datafusion::logical_expr::col("a");
        let text = |text: &str| lit(ScalarValue::Utf8View(Some(text.to_owned())));
        let said = |condition: Expr| reached(condition).transformed;
        assert!(said(text_of(column()).eq(text("x"))));
        assert!(said(text("x").eq(text_of(column()))));
        assert!(said(
            text_of(column()).in_list(vec![text("x"), text("y")], false)
        ));
        assert!(!said(text_of(column()).eq(text(""))));
        assert!(!said(text_of(column()).not_eq(text("x"))));
        assert!(!said(
            text_of(column()).in_list(vec![text("x"), text("")], false)
        ));
        assert!(!said(text_of(column()).in_list(vec![text("x")], true)));
    }
}
