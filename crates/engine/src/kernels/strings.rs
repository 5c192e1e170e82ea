//! The string operators.

use std::sync::Arc;

use tesem_kql::ast::StringOp;

use crate::bound::{Bound, CallContext, CallError};

/// `left op right` for every [`StringOp`]; both operands are strings (the binder has turned dynamics into text). A negated operator
/// is included in `op`. The result is a non-null `bool`.
///
/// # Errors
/// When the right side is a pattern that cannot be compiled.
pub fn binary(
    context: &CallContext<'_>,
    _op: StringOp,
    _left: Bound,
    _right: Bound,
) -> Result<Bound, CallError> {
    Err(context.not_supported("this string operator"))
}

/// `operand in (texts)` for a string operand and known texts, of which there may be 100,000; `in~` when not `case_sensitive`.
///
/// # Errors
/// None today.
pub fn in_texts(
    context: &CallContext<'_>,
    _operand: Bound,
    _texts: Arc<[String]>,
    _case_sensitive: bool,
    _negated: bool,
) -> Result<Bound, CallError> {
    Err(context.not_supported("in over strings"))
}

/// `operand has_any (texts)`, or `has_all` when `all`, for a string operand and known texts, of which there may be 100,000.
///
/// # Errors
/// None today.
pub fn has_texts(
    context: &CallContext<'_>,
    _operand: Bound,
    _texts: Arc<[String]>,
    _all: bool,
) -> Result<Bound, CallError> {
    Err(context.not_supported("has_any"))
}

/// `operand has_any (array)`, or `has_all` when `all`, for a string operand and a `dynamic` that is known only when the query runs.
///
/// # Errors
/// None today.
pub fn has_dynamic(
    context: &CallContext<'_>,
    _operand: Bound,
    _array: Bound,
    _all: bool,
) -> Result<Bound, CallError> {
    Err(context.not_supported("has_any"))
}
