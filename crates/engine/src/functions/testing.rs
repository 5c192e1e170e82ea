//! Calling functions on known values.

use tesem_kql::Span;

use super::scalar;
use crate::bound::{Bound, CallContext};
use crate::dynamic::{Dynamic, DynamicValue, decode, from_json};
use crate::value::Value;

/// The value of a call, or the text of its refusal.
pub(crate) fn eval(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let span = Span::new(0, 0);
    let context = CallContext {
        function: name,
        span,
        now: 0,
        columns: &[],
    };
    let function = scalar(name).ok_or_else(|| format!("no function {name}"))?;
    let given = arguments.len();
    if given < function.at_least || given > function.at_most {
        return Err(format!("{name}() does not take {given} arguments"));
    }
    let arguments = arguments
        .iter()
        .map(|value| Bound::constant(value.clone(), span))
        .collect();
    let bound = (function.bind)(&context, arguments).map_err(|error| error.to_string())?;
    bound.constant.ok_or_else(|| "not folded".to_owned())
}

/// Checks a table of calls.
#[track_caller]
pub(crate) fn check(name: &str, cases: &[(&[Value], Value)]) {
    for (arguments, expected) in cases {
        let found = eval(name, arguments);
        assert_eq!(found.as_ref(), Ok(expected), "{name}({arguments:?})");
    }
}

/// A string.
pub(crate) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// A dynamic from JSON.
pub(crate) fn dynamic(json: &str) -> Value {
    match decode(&from_json(json)) {
        DynamicValue::Null => Value::Null(tesem_kql::types::ScalarType::Dynamic),
        value => Value::Dynamic(value),
    }
}

/// The JSON of a dynamic result.
#[track_caller]
pub(crate) fn json(name: &str, arguments: &[Value]) -> String {
    match eval(name, arguments) {
        Ok(Value::Dynamic(value)) => {
            crate::dynamic::to_json(Dynamic::new(&crate::dynamic::encode(&value)))
        }
        Ok(Value::Null(_)) => "null".to_owned(),
        other => format!("{other:?}"),
    }
}
