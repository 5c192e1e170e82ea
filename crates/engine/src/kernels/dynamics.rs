//! Access to the inside of dynamics, and their conversion where an operator meets one.

use tesem_kql::types::ScalarType;

use crate::bound::{Bound, CallContext, CallError};

/// `base.name` and `base["name"]`: a dynamic; null where there is no such member. The binder names the result.
///
/// # Errors
/// None today.
pub fn member(context: &CallContext<'_>, _base: Bound, _name: &str) -> Result<Bound, CallError> {
    Err(context.not_supported("dynamic member access"))
}

/// `base[index]` with a known number, from the end when negative: a dynamic; null where there is no such element.
///
/// # Errors
/// None today.
pub fn element(context: &CallContext<'_>, _base: Bound, _index: i64) -> Result<Bound, CallError> {
    Err(context.not_supported("dynamic element access"))
}

/// `base[index]` with an index (string, int, long or dynamic) that is known only when the query runs.
///
/// # Errors
/// None today.
pub fn index(context: &CallContext<'_>, _base: Bound, _index: Bound) -> Result<Bound, CallError> {
    Err(context.not_supported("dynamic element access"))
}

/// The implicit conversion of a dynamic where an operator wants a value of `target`, such as in `d.count > 5` or `d.name has "x"`:
/// the unquoted text for strings, null for everything that does not convert.
///
/// # Errors
/// None today.
pub fn to_scalar(
    context: &CallContext<'_>,
    _value: Bound,
    _target: ScalarType,
) -> Result<Bound, CallError> {
    Err(context.not_supported("the conversion of a dynamic"))
}

/// The implicit conversion of any scalar to a dynamic, as in `iff(b, 1, "x")`.
///
/// # Errors
/// None today.
pub fn from_scalar(context: &CallContext<'_>, _value: Bound) -> Result<Bound, CallError> {
    Err(context.not_supported("the conversion to a dynamic"))
}

/// `operand in (array)` for a dynamic array that is known only when the query runs; the operand is of any type, compared as by `==`
/// (but for case when not `case_sensitive`). The result is a non-null `bool`.
///
/// # Errors
/// None today.
pub fn in_array(
    context: &CallContext<'_>,
    _operand: Bound,
    _array: Bound,
    _case_sensitive: bool,
    _negated: bool,
) -> Result<Bound, CallError> {
    Err(context.not_supported("in over a dynamic"))
}
