//! `hash` and its relatives.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::digests::xxh64;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::View;
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::kernels::rows;
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("hash", 1..=2, ResultName::Default, hash),
    function("hash_xxhash64", 1..=2, ResultName::Default, hash),
];

/// `hash(value [, modulus])`: XXH64 of a string's bytes or of a datetime's ticks.
///
/// How other types are laid out in memory is not published, so that they are refused.
/// Source: learn.microsoft.com/kusto/query/hash-xxhash64-function.
fn hash(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.not_dynamic()?;
    let kind = value.scalar_type;
    if !matches!(kind, ScalarType::String | ScalarType::DateTime) {
        return Err(context.not_supported(format!("{}() of a {kind}", context.function)));
    }
    let modulus = arguments.or(Value::Null(ScalarType::Long), Arguments::integer)?;
    Ok(kernel::call(
        "hash",
        vec![value, modulus],
        ScalarType::Long,
        context.span,
        move |input| {
            let (values, moduli) = (Cells::of(input, 0, kind)?, input.longs(1)?);
            rows::longs(input.rows, |row| {
                let hash = match values.view(row) {
                    View::String(text) => xxh64(text.as_bytes()),
                    View::DateTime(ticks) => xxh64(&ticks.to_le_bytes()),
                    _ => return None,
                };
                match rows::at(&moduli, row) {
                    Some(modulus) => hash.cast_signed().checked_rem_euclid(modulus),
                    None => Some(hash.cast_signed()),
                }
            })
        },
    ))
}

#[cfg(test)]
mod tests {
    use tesem_kql::constant::parse_datetime;

    use super::super::testing::{check, eval, text};
    use crate::Value::{DateTime, Long};

    #[test]
    fn published_answers() {
        check(
            "hash",
            &[
                (&[text("World")], Long(1_846_988_464_401_551_951)),
                (&[text("World"), Long(100)], Long(51)),
                (
                    &[DateTime(parse_datetime("2015-01-01").unwrap())],
                    Long(1_380_966_698_541_616_202),
                ),
            ],
        );
        assert!(
            eval("hash", &[Long(1)])
                .unwrap_err()
                .contains("not supported")
        );
    }
}
