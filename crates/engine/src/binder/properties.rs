//! The `name = value` parameters of operators.

use tesem_kql::ast::{Expr, ExprKind, Literal, Property};

use super::fault::{Bind, Fault};
use crate::error::{Finding, codes};

/// Looks up parameters of an operator and refuses those it does not have. Hints are ignored: they do not change the answer.
pub(crate) fn check(properties: &[Property], operator: &str, known: &[&str]) -> Bind<()> {
    for property in properties {
        let name = property.name.text.as_str();
        if !name.starts_with("hint.") && !known.contains(&name) {
            return Err(Fault::not_supported(
                format!("the parameter `{name}` of `{operator}`"),
                property.name.span,
            ));
        }
    }
    Ok(())
}

/// The parameter of that name.
pub(crate) fn find<'q>(properties: &'q [Property], name: &str) -> Option<&'q Property> {
    properties
        .iter()
        .find(|property| property.name.text == name)
}

/// The word or text that a parameter is set to.
pub(crate) fn word<'q>(properties: &'q [Property], name: &str) -> Bind<Option<&'q str>> {
    let Some(property) = find(properties, name) else {
        return Ok(None);
    };
    match word_of(&property.value) {
        Some(word) => Ok(Some(word)),
        None => Err(invalid(property, "a word")),
    }
}

/// Whether a parameter is set to `true`.
pub(crate) fn flag(properties: &[Property], name: &str) -> Bind<bool> {
    let Some(property) = find(properties, name) else {
        return Ok(false);
    };
    match &property.value.kind {
        ExprKind::Literal(Literal::Bool(Some(value))) => Ok(*value),
        ExprKind::Literal(Literal::Long(Some(value))) => Ok(*value != 0),
        _ => Err(invalid(property, "true or false")),
    }
}

/// The word, name or text of an expression.
pub(crate) fn word_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(&name.text),
        ExprKind::Literal(Literal::String(text)) => Some(text),
        _ => None,
    }
}

/// A parameter with a value that it does not take.
pub(crate) fn invalid(property: &Property, expected: &str) -> Fault {
    let message = format!("`{}` must be {expected}", property.name.text);
    Finding::error(codes::WRONG_PROPERTY, message, property.value.span).into()
}
