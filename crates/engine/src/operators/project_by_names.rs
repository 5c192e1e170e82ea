//! `project-by-names`: the columns whose names are computed, in that order; names that no column has are passed over.
//!
//! Source: learn.microsoft.com/kusto/query/project-by-names-operator.

use tesem_kql::Span;
use tesem_kql::ast::Expr;

use super::project_away::matches_wildcard;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::{Relation, RelationColumn};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::dynamic::DynamicValue;
use crate::error::codes;
use crate::value::Value;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    expressions: &'q [Expr],
) -> Bind<Relation> {
    let mut columns: Vec<RelationColumn> = Vec::new();
    for expression in expressions {
        let bound = binder.scalar(&Row::none(scope), expression)?;
        let Some(value) = bound.constant else {
            return Err(Fault::not_constant("a column name", expression.span));
        };
        for pattern in patterns(value, expression.span)? {
            let is_new =
                |column: &&RelationColumn| columns.iter().all(|known| known.name != column.name);
            let named = input.columns.iter().filter(is_new);
            let named = named.filter(|column| matches_wildcard(&pattern, &column.name));
            let named: Vec<RelationColumn> = named.cloned().collect();
            columns.extend(named);
        }
    }
    let mut hidden = input.hidden;
    hidden.retain(|second| columns.iter().any(|column| column.id == second.id));
    Ok(Relation {
        columns,
        hidden,
        ..input
    })
}

/// The names and wildcards of a text or of an array of texts.
fn patterns(value: Value, span: Span) -> Bind<Vec<String>> {
    let wrong = || {
        let message = "`project-by-names` takes texts and arrays of texts";
        Fault::wrong(codes::WRONG_KIND, message, span)
    };
    let texts = match value {
        Value::String(text) | Value::Dynamic(DynamicValue::String(text)) => return Ok(vec![text]),
        Value::Null(_) => return Ok(Vec::new()),
        Value::Dynamic(DynamicValue::Array(texts)) => texts,
        _ => return Err(wrong()),
    };
    let text = |item| match item {
        DynamicValue::String(text) => Ok(text),
        _ => Err(wrong()),
    };
    texts.into_iter().map(text).collect()
}
