//! The axis of `make-series`: where its bins lie.

use datafusion::logical_expr::{Expr as PlanExpr, lit};
use tesem_kql::Span;
use tesem_kql::ast::{Expr, SeriesRange};
use tesem_kql::types::ScalarType;

use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::row::Row;
use crate::bound::Bound;
use crate::dynamic::Writer;
use crate::error::codes;
use crate::kernel;
use crate::kernels::rows;
use crate::types;
use crate::value::Value;

/// Most values of a series.
///
/// Source: learn.microsoft.com/kusto/query/make-series-operator.
pub(super) const VALUES_MAX: i64 = 1 << 20;

/// A place on the axis or a distance.
#[derive(Debug, Clone, Copy)]
enum Number {
    /// Of `int`, `long`, `datetime` and `timespan`.
    Whole(i64),
    /// Of `real`.
    Real(f64),
}

/// The bins: bin `n` starts at `origin + n * step`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    scalar_type: ScalarType,
    origin: Number,
    step: Number,
    from: Option<Number>,
    to: Option<Number>,
    /// Whether `to` itself belongs to the series.
    is_closed: bool,
}

impl Axis {
    /// The axis that a query describes for values of a type.
    pub(super) fn of<'q>(
        binder: &Binder<'_>,
        row: &Row<'_, 'q>,
        range: &'q SeriesRange,
        scalar_type: ScalarType,
    ) -> Bind<Self> {
        let (from, to, step, is_closed) = match range {
            SeriesRange::FromToStep { from, to, step } => (from.as_ref(), to.as_ref(), step, false),
            SeriesRange::InRange { from, to, step } => (Some(from), Some(to), step, true),
        };
        let step_type = match scalar_type {
            ScalarType::DateTime => ScalarType::TimeSpan,
            other => other,
        };
        let number = |expr: &'q Expr, scalar_type| number(binder, row, expr, scalar_type);
        let from = from.map(|from| number(from, scalar_type)).transpose()?;
        let to = to.map(|to| number(to, scalar_type)).transpose()?;
        let step_span = step.span;
        let step = number(step, step_type)?;
        let is_positive = match step {
            Number::Whole(step) => step > 0,
            Number::Real(step) => step > 0.0 && step.is_finite(),
        };
        if !is_positive {
            let message = "the step of `make-series` must be greater than zero";
            return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, step_span));
        }
        // The older form has its bins where bin() has them; so has a series without a start.
        let origin = from.filter(|_| !is_closed).unwrap_or(match step {
            Number::Whole(_) => Number::Whole(0),
            Number::Real(_) => Number::Real(0.0),
        });
        let axis = Self {
            scalar_type,
            origin,
            step,
            from,
            to,
            is_closed,
        };
        match (axis.first(), axis.last()) {
            (Some(first), Some(last)) if last.saturating_sub(first) >= VALUES_MAX => {
                Err(Fault::too_large(too_many()))
            }
            _ => Ok(axis),
        }
    }

    /// The number of the first bin, if the query says where the series starts.
    pub(super) fn first(self) -> Option<i64> {
        self.from.map(|from| self.bin(from))
    }

    /// The number of the last bin, if the query says where the series ends.
    pub(super) fn last(self) -> Option<i64> {
        let to = self.to?;
        let bin = self.bin(to);
        Some(match (self.is_closed, self.starts_bin(to, bin)) {
            (false, true) => bin - 1,
            _ => bin,
        })
    }

    fn starts_bin(self, place: Number, bin: i64) -> bool {
        match (place, self.start(bin)) {
            (Number::Whole(place), Number::Whole(start)) => place == start,
            #[expect(
                clippy::float_cmp,
                reason = "an end that is a bin's start is one exactly"
            )]
            (Number::Real(place), Number::Real(start)) => place == start,
            _ => false,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a place far outside saturates, and the series is refused for its length"
    )]
    fn bin(self, place: Number) -> i64 {
        match (place, self.origin, self.step) {
            (Number::Whole(place), Number::Whole(origin), Number::Whole(step)) => {
                let distance = i128::from(place) - i128::from(origin);
                let bin = distance.div_euclid(i128::from(step.max(1)));
                i64::try_from(bin).unwrap_or(i64::MAX)
            }
            (Number::Real(place), Number::Real(origin), Number::Real(step)) => {
                ((place - origin) / step).floor() as i64
            }
            _ => 0,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "the number of a bin is far below 2^53"
    )]
    fn start(self, bin: i64) -> Number {
        match (self.origin, self.step) {
            (Number::Whole(origin), Number::Whole(step)) => {
                Number::Whole(origin.saturating_add(bin.saturating_mul(step)))
            }
            (Number::Real(origin), Number::Real(step)) => Number::Real(origin + bin as f64 * step),
            (origin, _) => origin,
        }
    }

    /// Writes where a bin starts.
    pub(super) fn write(self, bin: i64, writer: &mut Writer) {
        match (self.start(bin), self.scalar_type) {
            (Number::Whole(ticks), ScalarType::DateTime) => writer.datetime(ticks),
            (Number::Whole(ticks), ScalarType::TimeSpan) => writer.timespan(ticks),
            (Number::Whole(number), _) => writer.long(number),
            (Number::Real(number), _) => writer.real(number),
        }
    }

    /// Whether a value lies on the axis.
    pub(super) fn covers(self, value: &Bound) -> PlanExpr {
        let literal = |number: Number| lit(types::literal(&self.value(number)));
        let place = || value.expr.clone();
        let mut condition = place().is_not_null();
        if let Some(from) = self.from {
            condition = condition.and(place().gt_eq(literal(from)));
        }
        if let Some(to) = self.to {
            condition = condition.and(match self.is_closed {
                true => place().lt_eq(literal(to)),
                false => place().lt(literal(to)),
            });
        }
        condition
    }

    fn value(self, number: Number) -> Value {
        match number {
            Number::Real(number) => Value::Real(number),
            Number::Whole(number) => match self.scalar_type {
                ScalarType::Int => i32::try_from(number).map_or(Value::Long(number), Value::Int),
                _ => Value::Long(number),
            },
        }
    }

    /// The number of the bin that a value lies in.
    pub(super) fn bin_of(self, value: Bound) -> Bound {
        let (span, scalar_type) = (value.span, value.scalar_type);
        kernel::call(
            "make_series_bin",
            vec![value],
            ScalarType::Long,
            span,
            move |input| match scalar_type {
                ScalarType::Real => {
                    let places = input.reals(0)?;
                    let place = |row| rows::at(&places, row).filter(|place| place.is_finite());
                    rows::longs(input.rows, |row| {
                        place(row).map(|place| self.bin(Number::Real(place)))
                    })
                }
                ScalarType::Int => {
                    let places = input.ints(0)?;
                    let place = |row| rows::at(&places, row).map(i64::from);
                    rows::longs(input.rows, |row| {
                        place(row).map(|place| self.bin(Number::Whole(place)))
                    })
                }
                _ => {
                    let places = input.longs(0)?;
                    let place = |row| rows::at(&places, row);
                    rows::longs(input.rows, |row| {
                        place(row).map(|place| self.bin(Number::Whole(place)))
                    })
                }
            },
        )
    }
}

/// What is said of a series with too many values.
pub(super) fn too_many() -> String {
    format!("a series of `make-series` has more than {VALUES_MAX} values")
}

fn number<'q>(
    binder: &Binder<'_>,
    row: &Row<'_, 'q>,
    expr: &'q Expr,
    scalar_type: ScalarType,
) -> Bind<Number> {
    let bound = binder.scalar(row, expr)?;
    let fits = bound.scalar_type == scalar_type
        || matches!(
            (bound.scalar_type, scalar_type),
            (ScalarType::Int, ScalarType::Long)
                | (ScalarType::Long, ScalarType::Int)
                | (ScalarType::Int | ScalarType::Long, ScalarType::Real)
        );
    if !fits {
        let (what, expected) = ("an end or the step of `make-series`", scalar_type.name());
        return Err(Fault::wrong_type(
            what,
            expected,
            bound.scalar_type,
            expr.span,
        ));
    }
    match binder.convert(bound, scalar_type)?.constant {
        Some(Value::Int(number)) => Ok(Number::Whole(number.into())),
        Some(Value::Long(number) | Value::DateTime(number) | Value::TimeSpan(number)) => {
            Ok(Number::Whole(number))
        }
        Some(Value::Real(number)) => Ok(Number::Real(number)),
        Some(_) => Err(null_end(expr.span)),
        None => Err(Fault::not_constant(
            "an end or the step of `make-series`",
            expr.span,
        )),
    }
}

fn null_end(span: Span) -> Fault {
    Fault::not_supported("a null as an end or the step of `make-series`", span)
}
