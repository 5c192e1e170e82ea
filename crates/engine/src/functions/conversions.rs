//! `tostring`, `tolong` and their relatives.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel;
use crate::kernels::{convert, rows};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    conversion("tostring", to_string),
    conversion("toint", to_int),
    conversion("tolong", to_long),
    conversion("toreal", to_real),
    conversion("todouble", to_real),
    conversion("todecimal", to_decimal),
    conversion("tobool", to_bool),
    conversion("toboolean", to_bool),
    conversion("todatetime", to_datetime),
    conversion("totimespan", to_timespan),
    conversion("totime", to_timespan),
    conversion("toguid", to_guid),
    function("tohex", 1..=2, ResultName::FirstArgument, to_hex),
    function(
        "gettype",
        1..=1,
        ResultName::PrefixAndFirstArgument("type"),
        get_type,
    ),
];

const fn conversion(
    name: &'static str,
    bind: fn(&CallContext<'_>, Vec<Bound>) -> Result<Bound, CallError>,
) -> ScalarFunction {
    function(name, 1..=1, ResultName::FirstArgument, bind)
}

fn to(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    target: ScalarType,
) -> Result<Bound, CallError> {
    let value = Arguments::new(context, arguments).any()?;
    convert::to(context, value, target)
}

/// `tostring(value)`: the text of any value; the text of null is empty.
///
/// Source: learn.microsoft.com/kusto/query/tostring-function.
fn to_string(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    to(context, arguments, ScalarType::String)
}

/// `toint(value)`: a 32-bit integer; longs that do not fit wrap around.
///
/// Source: learn.microsoft.com/kusto/query/toint-function.
fn to_int(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    to(context, arguments, ScalarType::Int)
}

/// `tolong(value)`: a 64-bit integer; the text of a number with a fraction is none.
///
/// Source: learn.microsoft.com/kusto/query/tolong-function.
fn to_long(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    to(context, arguments, ScalarType::Long)
}

/// `toreal(value)`, `todouble(value)`.
///
/// Source: learn.microsoft.com/kusto/query/toreal-function.
fn to_real(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    to(context, arguments, ScalarType::Real)
}

/// `todecimal(value)`.
///
/// Source: learn.microsoft.com/kusto/query/todecimal-function.
fn to_decimal(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    to(context, arguments, ScalarType::Decimal)
}

/// `tobool(value)`: `true`, `false`, or a number, which is true unless it is 0.
///
/// Source: learn.microsoft.com/kusto/query/tobool-function.
fn to_bool(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    to(context, arguments, ScalarType::Bool)
}

/// `todatetime(value)`.
///
/// Source: learn.microsoft.com/kusto/query/todatetime-function.
fn to_datetime(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    to(context, arguments, ScalarType::DateTime)
}

/// `totimespan(value)`.
///
/// Source: learn.microsoft.com/kusto/query/totimespan-function.
fn to_timespan(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    to(context, arguments, ScalarType::TimeSpan)
}

/// `toguid(value)`: 32 hex digits with or without dashes.
///
/// Source: learn.microsoft.com/kusto/query/toguid-function.
fn to_guid(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.any()?;
    match value.scalar_type {
        ScalarType::String | ScalarType::Dynamic | ScalarType::Guid => {
            convert::to(context, value, ScalarType::Guid)
        }
        _ => Err(arguments.wrong_type(&value, "a string or a dynamic")),
    }
}

/// `tohex(value [, digits])`: lower-case hex digits, negative numbers in two's complement of the
/// width of their type; at least so many digits.
///
/// Source: learn.microsoft.com/kusto/query/tohex-function.
fn to_hex(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let is_int = arguments
        .first()
        .is_some_and(|value| value.scalar_type == ScalarType::Int);
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.integer()?;
    let width = arguments.or(crate::Value::Long(0), Arguments::integer)?;
    let arguments = vec![value, width];
    Ok(kernel::call(
        "tohex",
        arguments,
        ScalarType::String,
        context.span,
        move |input| {
            let (values, widths) = (input.longs(0)?, input.longs(1)?);
            rows::texts(input.rows, |row, out| {
                if let Some(value) = rows::at(&values, row) {
                    let width = rows::at(&widths, row).unwrap_or(0);
                    push_hex(value, is_int, width, out);
                }
            })
        },
    ))
}

fn push_hex(value: i64, is_int: bool, width: i64, out: &mut String) {
    let mask = if is_int {
        u64::from(u32::MAX)
    } else {
        u64::MAX
    };
    let digits = format!("{:x}", value.cast_unsigned() & mask);
    let width = usize::try_from(width.clamp(0, 16)).unwrap_or(0);
    out.extend(std::iter::repeat_n('0', width.saturating_sub(digits.len())));
    out.push_str(&digits);
}

/// `gettype(value)`: the type, for a dynamic the kind of what it holds.
///
/// Source: learn.microsoft.com/kusto/query/gettype-function.
fn get_type(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    use crate::dynamic::View;
    let value = Arguments::new(context, arguments).any()?;
    let name = match value.scalar_type {
        ScalarType::Dynamic => {
            return Ok(kernel::call(
                "gettype",
                vec![value],
                ScalarType::String,
                context.span,
                |input| {
                    let cells = crate::kernels::cells::Cells::of(input, 0, ScalarType::Dynamic)?;
                    rows::slices(input.rows, |row| match cells.view(row) {
                        View::Null => "null",
                        View::Bool(_) => "bool",
                        View::Long(_) => "long",
                        View::Real(_) => "double",
                        View::Decimal(_) => "decimal",
                        View::DateTime(_) => "datetime",
                        View::TimeSpan(_) => "timespan",
                        View::Guid(_) => "guid",
                        View::String(_) => "string",
                        View::Array(_) => "array",
                        View::Bag(_) => "dictionary",
                    })
                },
            ));
        }
        ScalarType::Real => "double",
        other => other.name(),
    };
    Ok(Bound::constant(
        crate::Value::String(name.to_owned()),
        context.span,
    ))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, dynamic, eval, text};
    use crate::Value::{self, Bool, DateTime, Guid, Int, Long, Null, Real, TimeSpan};
    use tesem_kql::types::ScalarType;

    #[test]
    fn text_of_every_type() {
        check(
            "tostring",
            &[
                (&[Bool(true)], text("True")),
                (&[Int(5)], text("5")),
                (&[Real(1.0)], text("1.0")),
                (&[DateTime(0)], text("0001-01-01T00:00:00.0000000Z")),
                (&[TimeSpan(-864_000_000_001)], text("-1.00:00:00.0000001")),
                (&[Guid(1)], text("00000000-0000-0000-0000-000000000001")),
                (&[dynamic("\"x\"")], text("x")),
                (&[dynamic("true")], text("true")),
                (&[dynamic("[1,\"a\"]")], text("[1,\"a\"]")),
                (&[Null(ScalarType::Int)], text("")),
                (&[Null(ScalarType::Dynamic)], text("")),
            ],
        );
    }

    #[test]
    fn numbers_and_times() {
        check(
            "toint",
            &[
                (&[text("123")], Int(123)),
                (&[Real(2.3)], Int(2)),
                (&[text("5.7")], Null(ScalarType::Int)),
            ],
        );
        check(
            "tolong",
            &[
                (&[text("0xFF")], Long(255)),
                (&[dynamic("\"42\"")], Long(42)),
                (&[dynamic("[1]")], Null(ScalarType::Long)),
            ],
        );
        check(
            "tobool",
            &[
                (&[text("1")], Bool(true)),
                (&[text("yes")], Null(ScalarType::Bool)),
            ],
        );
        check(
            "totimespan",
            &[(&[text("0.00:03:00")], TimeSpan(1_800_000_000))],
        );
        check("todatetime", &[(&[text("x")], Null(ScalarType::DateTime))]);
        assert_eq!(
            eval("todecimal", &[text("123.45678")]),
            Ok(Value::Decimal("123.45678".parse().unwrap()))
        );
    }

    #[test]
    fn hex_digits() {
        check(
            "tohex",
            &[
                (&[Long(256)], text("100")),
                (&[Long(-256)], text("ffffffffffffff00")),
                (&[Int(-256), Long(8)], text("ffffff00")),
                (&[Long(256), Long(8)], text("00000100")),
                (&[Long(256), Long(2)], text("100")),
            ],
        );
    }

    #[test]
    fn types() {
        check(
            "gettype",
            &[
                (&[Long(1)], text("long")),
                (&[Real(1.0)], text("double")),
                (&[dynamic("{}")], text("dictionary")),
                (&[dynamic("1.5")], text("double")),
                (&[Null(ScalarType::Dynamic)], text("null")),
            ],
        );
    }
}
