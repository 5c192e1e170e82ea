//! Who asks. The engine has no identities: nobody is a member of anything.

use tesem_kql::types::ScalarType;

use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "current_principal_is_member_of",
    1..=64,
    ResultName::Default,
    is_member_of,
)];

/// `current_principal_is_member_of(principals…)`: false, as for everybody who is none of them.
///
/// Source: learn.microsoft.com/kusto/query/current-principal-is-member-of-function.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the table of functions holds them all by one type"
)]
fn is_member_of(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let wrong = arguments.iter().find(|principal| {
        !matches!(
            principal.scalar_type,
            ScalarType::String | ScalarType::Dynamic
        )
    });
    match wrong {
        Some(wrong) => Err(context.invalid_argument(wrong, "expects names of principals")),
        None => Ok(Bound::constant(Value::Bool(false), context.span)),
    }
}
