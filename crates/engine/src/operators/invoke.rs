//! `invoke`: a function of the query, or `FileProfile`, called with the rows as its first argument.
//!
//! Source: learn.microsoft.com/kusto/query/invoke-operator.

use tesem_kql::ast::{Expr, ExprKind};

use super::file_profile;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::{Binding, Scope};
use crate::binder::service_functions;
use crate::binder::user_functions::Called;
use crate::error::codes;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    call: &'q Expr,
) -> Bind<Relation> {
    let ExprKind::Call {
        base: None,
        name,
        arguments,
    } = &call.kind
    else {
        let message = "`invoke` takes a function call";
        return Err(Fault::wrong(codes::WRONG_KIND, message, call.span));
    };
    let Some(binding) = scope.find(&name.text) else {
        if name.text == "FileProfile" {
            return file_profile::bind(binder, scope, &input, arguments, call.span);
        }
        let what = service_functions::refused(&name.text)
            .unwrap_or_else(|| format!("invoking {}()", name.text));
        return Err(Fault::not_supported(what, call.span));
    };
    let Binding::Function(function) = &*binding else {
        let message = format!("`{}` is no function", name.text);
        return Err(Fault::wrong(codes::WRONG_KIND, message, name.span));
    };
    let row = Row::none(scope);
    match binder.call_with_input(&row, function, Some(input), arguments, call.span)? {
        Called::Table(relation) => Ok(relation),
        Called::Scalar(_) => Err(Fault::wrong(
            codes::WRONG_KIND,
            format!("`{}` returns a value, not rows", name.text),
            call.span,
        )),
    }
}
