//! The type that several arguments have in common.

use tesem_kql::types::ScalarType;

use super::arguments::is_number;
use crate::bound::{Bound, CallContext, CallError};
use crate::kernels::{convert, dynamics};

/// The one type of all values, or the widest number type; `None` when there is none.
pub(super) fn common_type(types: impl IntoIterator<Item = ScalarType>) -> Option<ScalarType> {
    types
        .into_iter()
        .map(Some)
        .reduce(|left, right| widest(left?, right?))
        .flatten()
}

fn widest(left: ScalarType, right: ScalarType) -> Option<ScalarType> {
    const NUMBERS: [ScalarType; 4] = [
        ScalarType::Decimal,
        ScalarType::Real,
        ScalarType::Long,
        ScalarType::Int,
    ];
    if left == right {
        return Some(left);
    }
    let both_numbers = is_number(left) && is_number(right);
    NUMBERS
        .into_iter()
        .find(|&number| both_numbers && (number == left || number == right))
}

/// All values as their common type.
///
/// # Errors
/// When they have none, as the language's own binder says.
pub(super) fn unify(
    context: &CallContext<'_>,
    values: Vec<Bound>,
) -> Result<(ScalarType, Vec<Bound>), CallError> {
    let common = common_type(values.iter().map(|value| value.scalar_type));
    let Some(common) = common else {
        let message = format!(
            "the arguments of {}() have no common type",
            context.function
        );
        return Err(context.invalid(message));
    };
    Ok((common, convert_all(context, values, common)?))
}

/// All values as the common type of those that are not dynamic, or as dynamics where there is none:
/// the rule of `iff` and `case`.
///
/// # Errors
/// None today.
pub(super) fn unify_branches(
    context: &CallContext<'_>,
    values: Vec<Bound>,
) -> Result<(ScalarType, Vec<Bound>), CallError> {
    let types = values.iter().map(|value| value.scalar_type);
    let common = common_type(types.filter(|&scalar_type| scalar_type != ScalarType::Dynamic));
    let common = common.unwrap_or(ScalarType::Dynamic);
    Ok((common, convert_all(context, values, common)?))
}

fn convert_all(
    context: &CallContext<'_>,
    values: Vec<Bound>,
    target: ScalarType,
) -> Result<Vec<Bound>, CallError> {
    let convert = |value: Bound| match target {
        ScalarType::Dynamic => dynamics::from_scalar(context, value),
        _ => convert::to(context, value, target),
    };
    values.into_iter().map(convert).collect()
}

#[cfg(test)]
mod tests {
    use super::ScalarType::{DateTime, Decimal, Dynamic, Int, Long, Real, String};
    use super::*;

    #[test]
    fn common_types() {
        assert_eq!(common_type([Int, Long]), Some(Long));
        assert_eq!(common_type([Int, Int]), Some(Int));
        assert_eq!(common_type([Long, Real, Int]), Some(Real));
        assert_eq!(common_type([Long, Decimal]), Some(Decimal));
        assert_eq!(common_type([String, String]), Some(String));
        assert_eq!(common_type([String, Long]), None);
        assert_eq!(common_type([DateTime, Long]), None);
        assert_eq!(common_type([String, Dynamic]), None);
    }
}
