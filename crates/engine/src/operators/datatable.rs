//! `datatable`: rows written in the query.
//!
//! Source: learn.microsoft.com/kusto/query/datatable-operator.

use tesem_kql::Span;
use tesem_kql::ast::{ColumnDeclaration, Expr, ExprKind};

use crate::binder::Binder;
use crate::binder::expressions::literal_value;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::catalog::{BuildError, Column, TableBuilder};
use crate::error::{EngineError, codes};
use crate::value::Value;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    declared: &[ColumnDeclaration],
    values: &'q [Expr],
    span: Span,
) -> Bind<Relation> {
    let columns: Vec<Column> = declared
        .iter()
        .map(|column| Column::new(&column.name.text, column.scalar_type))
        .collect();
    if columns.is_empty() || !values.len().is_multiple_of(columns.len()) {
        let message = format!(
            "{} values do not fill rows of {} columns",
            values.len(),
            columns.len()
        );
        return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
    }
    let mut rows = TableBuilder::new(columns.clone());
    for row in values.chunks(columns.len()) {
        for (index, (column, expr)) in columns.iter().zip(row).enumerate() {
            let value = cell(binder, scope, column, expr)?;
            built(rows.value(index, &value))?;
        }
        built(rows.finish_row())?;
    }
    binder.known_rows(&columns, built(rows.finish())?)
}

/// A constant, converted to the type of its column.
fn cell<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    column: &Column,
    expr: &'q Expr,
) -> Bind<Value> {
    let bound = match &expr.kind {
        ExprKind::Literal(literal) => {
            binder.spend_nodes(1)?;
            let value = literal_value(literal);
            if value.scalar_type() == column.scalar_type {
                return Ok(value);
            }
            Bound::constant(value, expr.span)
        }
        _ => binder.scalar(&Row::none(scope), expr)?,
    };
    if bound.constant.as_ref().is_some_and(Value::is_null) {
        return Ok(Value::null(column.scalar_type));
    }
    let converted = binder.convert(bound, column.scalar_type)?;
    converted
        .constant
        .ok_or_else(|| Fault::not_constant("a value of `datatable`", expr.span))
}

/// Rows that could be built.
pub(crate) fn built<T>(result: Result<T, BuildError>) -> Bind<T> {
    result.map_err(|error| EngineError::Failed(error.to_string()).into())
}
