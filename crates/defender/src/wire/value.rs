//! Values that fields hold.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::{Entity, WireProblem};

/// A field's value, which may be absent.
pub(crate) trait Wire: Sized {
    fn read(value: Option<Value>) -> Result<Self, WireProblem>;
}

/// A value that is there.
pub(crate) trait WireValue: Sized {
    const EXPECTED: &'static str;

    /// Reads the value, or gives it back.
    fn of(value: Value) -> Result<Self, Unfit>;
}

/// Why a value could not be read.
pub(crate) enum Unfit {
    /// It is something else.
    Other(Value),
    /// Something within it is something else.
    Within(WireProblem),
}

/// Takes the value of the field `name` out of `object` and leaves a null in its place, which costs less than closing
/// the gap.
pub(crate) fn take<T: Wire>(object: &mut Map<String, Value>, name: &str) -> Result<T, WireProblem> {
    T::read(object.get_mut(name).map(Value::take)).map_err(|problem| problem.within(name))
}

fn problem<T: WireValue>(unfit: Unfit) -> WireProblem {
    match unfit {
        Unfit::Within(problem) => problem,
        Unfit::Other(value) => WireProblem {
            path: String::new(),
            found: kind_of(&value),
            expected: T::EXPECTED,
        },
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text of another form",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

impl<T: WireValue> Wire for Option<T> {
    fn read(value: Option<Value>) -> Result<Self, WireProblem> {
        match value {
            Some(value) if !is_absent(&value) => T::of(value).map(Some).map_err(problem::<T>),
            _ => Ok(None),
        }
    }
}

impl<T: WireValue> Wire for Vec<T> {
    fn read(value: Option<Value>) -> Result<Self, WireProblem> {
        let items = match value {
            None => return Ok(Self::new()),
            Some(Value::Array(items)) => items,
            Some(value) if is_absent(&value) => return Ok(Self::new()),
            Some(other) => {
                return Err(WireProblem {
                    path: String::new(),
                    found: kind_of(&other),
                    expected: "a list",
                });
            }
        };
        let read = |(index, item)| {
            T::of(item).map_err(|unfit| problem::<T>(unfit).within(&format!("[{index}]")))
        };
        items.into_iter().enumerate().map(read).collect()
    }
}

/// A text that must be there: ids.
impl Wire for String {
    fn read(value: Option<Value>) -> Result<Self, WireProblem> {
        Self::of(value.unwrap_or_default()).map_err(problem::<Self>)
    }
}

impl WireValue for String {
    const EXPECTED: &'static str = "a text";

    fn of(value: Value) -> Result<Self, Unfit> {
        match value {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(is_true) => Ok(is_true.to_string()),
            other => Err(Unfit::Other(other)),
        }
    }
}

impl WireValue for bool {
    const EXPECTED: &'static str = "a boolean";

    fn of(value: Value) -> Result<Self, Unfit> {
        let read = match &value {
            Value::Bool(is_true) => Some(*is_true),
            Value::Number(number) => match number.as_i64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            Value::String(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        };
        read.ok_or(Unfit::Other(value))
    }
}

impl WireValue for i64 {
    const EXPECTED: &'static str = "a whole number";

    fn of(value: Value) -> Result<Self, Unfit> {
        let read = match &value {
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        read.ok_or(Unfit::Other(value))
    }
}

/// `3.0` is a whole number too.
#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to be whole and in range"
)]
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

impl WireValue for f64 {
    const EXPECTED: &'static str = "a number";

    fn of(value: Value) -> Result<Self, Unfit> {
        let read = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text
                .trim()
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite()),
            _ => None,
        };
        read.ok_or(Unfit::Other(value))
    }
}

/// UTC instants: RFC 3339, the same without zone, or with a space in the middle, as export records have them.
impl WireValue for Timestamp {
    const EXPECTED: &'static str = "a date and time";

    fn of(value: Value) -> Result<Self, Unfit> {
        let read = value.as_str().and_then(instant);
        read.ok_or(Unfit::Other(value))
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    let civil: DateTime = text.parse().ok()?;
    civil
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// Anything, as it came.
impl WireValue for Value {
    const EXPECTED: &'static str = "a value";

    fn of(value: Value) -> Result<Self, Unfit> {
        Ok(value)
    }
}

impl<T: Entity> WireValue for T {
    const EXPECTED: &'static str = "an object";

    fn of(value: Value) -> Result<Self, Unfit> {
        match value {
            Value::Object(object) => T::read(object).map_err(Unfit::Within),
            other => Err(Unfit::Other(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read<T: Wire>(value: Value) -> Result<T, String> {
        T::read(Some(value)).map_err(|problem| problem.to_string())
    }

    #[test]
    fn absent_values_have_many_forms() {
        assert_eq!(Option::<String>::read(None), Ok(None));
        assert_eq!(read::<Option<i64>>(json!(null)), Ok(None));
        assert_eq!(read::<Option<Timestamp>>(json!({})), Ok(None));
        assert_eq!(read::<Vec<String>>(json!(null)), Ok(vec![]));
    }

    #[test]
    fn numbers_and_booleans_may_be_texts() {
        assert_eq!(read(json!("3599")), Ok(Some(3_599_i64)));
        assert_eq!(read(json!(3.0)), Ok(Some(3_i64)));
        assert_eq!(read(json!("0.5")), Ok(Some(0.5)));
        assert_eq!(read(json!("True")), Ok(Some(true)));
        assert_eq!(read(json!(0)), Ok(Some(false)));
        assert_eq!(read(json!(17)), Ok(Some("17".to_owned())));
    }

    #[test]
    fn instants_are_read_in_every_observed_form() {
        let expected: Timestamp = "2020-05-28T07:06:58.4340352Z".parse().unwrap();
        for text in [
            "2020-05-28T07:06:58.4340352Z",
            "2020-05-28T07:06:58.4340352",
            "2020-05-28 07:06:58.4340352",
        ] {
            assert_eq!(read(json!(text)), Ok(Some(expected)), "{text}");
        }
    }

    #[test]
    fn nonsense_is_named_and_not_shown() {
        let error = read::<Vec<i64>>(json!([1, "secret"])).unwrap_err();
        assert_eq!(
            error,
            "`[1]` is a text of another form, a whole number was expected"
        );
        assert!(read::<String>(json!(null)).is_err());
        assert!(read::<Option<i64>>(json!(1.5)).is_err());
        assert!(read::<Option<bool>>(json!(2)).is_err());
        assert!(read::<Option<Timestamp>>(json!("yesterday")).is_err());
    }
}
