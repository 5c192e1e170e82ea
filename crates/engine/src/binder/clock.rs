//! `now()` and `ago()`: the time of the query, the same wherever a query asks for it.
//!
//! Source: learn.microsoft.com/kusto/query/now-function and …/ago-function.

use tesem_kql::Span;
use tesem_kql::ast::Argument;
use tesem_kql::types::ScalarType;

use super::Binder;
use super::arithmetic::{Sign, add_ticks};
use super::fault::{Bind, Fault};
use super::row::Row;
use crate::bound::Bound;
use crate::error::codes;
use crate::value::Value;

impl Binder<'_> {
    /// `now()`, `now(offset)`.
    pub(crate) fn now<'q>(
        &self,
        row: &Row<'_, 'q>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Bound> {
        match arguments {
            [] => Ok(self.query_time(span)),
            [offset] => self.moved(row, offset, Sign::Plus, span),
            _ => Err(wrong_count("now() takes at most one argument", span)),
        }
    }

    /// `ago(timespan)`.
    pub(crate) fn ago<'q>(
        &self,
        row: &Row<'_, 'q>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Bound> {
        match arguments {
            [offset] => self.moved(row, offset, Sign::Minus, span),
            _ => Err(wrong_count("ago() takes one argument", span)),
        }
    }

    fn query_time(&self, span: Span) -> Bound {
        Bound::constant(Value::DateTime(self.environment.now), span)
    }

    fn moved<'q>(
        &self,
        row: &Row<'_, 'q>,
        offset: &'q Argument,
        sign: Sign,
        span: Span,
    ) -> Bind<Bound> {
        let offset = self.scalar(row, &offset.value)?;
        let offset = match offset.scalar_type {
            ScalarType::TimeSpan => offset,
            ScalarType::Dynamic => self.convert(offset, ScalarType::TimeSpan)?,
            found => {
                return Err(Fault::wrong_type(
                    "the offset",
                    "a timespan",
                    found,
                    offset.span,
                ));
            }
        };
        let now = self.query_time(span);
        Ok(add_ticks(now, offset, sign, ScalarType::DateTime, span))
    }
}

fn wrong_count(message: &str, span: Span) -> Fault {
    Fault::wrong(codes::WRONG_ARGUMENTS, message, span)
}
