//! JSON records.

use serde_json::value::RawValue;

use super::error::ExternalDataError;
use crate::dynamic::{self, Dynamic, Step, View};

/// A JSON object in the encoding of [`crate::dynamic`].
#[derive(Clone, Copy)]
pub(super) struct Record<'r> {
    value: Dynamic<'r>,
}

impl<'r> Record<'r> {
    /// The value at the end of a path, if there is one.
    pub(super) fn get(&self, path: &[Step]) -> Option<Dynamic<'r>> {
        dynamic::get_path(self.value, path).filter(|value| value.view_or_null() != View::Null)
    }
}

/// What takes the records.
type Handled = Result<(), ExternalDataError>;

/// One object on each line; empty lines are none.
pub(super) fn lines(text: &str, mut handle: impl FnMut(Record<'_>) -> Handled) -> Handled {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    for (index, line) in lines.enumerate() {
        record(
            line,
            index,
            "; records that span lines or stand in an array need the format multijson",
            &mut handle,
        )?;
    }
    Ok(())
}

/// Objects one after the other, or in arrays.
pub(super) fn several(text: &str, mut handle: impl FnMut(Record<'_>) -> Handled) -> Handled {
    let mut index = 0;
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let value = value.map_err(|error| malformed(index, &error))?.get();
        let elements: Vec<&RawValue> = match value.starts_with('[') {
            true => serde_json::from_str(value).map_err(|error| malformed(index, &error))?,
            false => Vec::new(),
        };
        if !value.starts_with('[') {
            record(value, index, "", &mut handle)?;
            index += 1;
        }
        for element in elements {
            record(element.get(), index, "", &mut handle)?;
            index += 1;
        }
    }
    Ok(())
}

/// One object.
pub(super) fn single(text: &str, mut handle: impl FnMut(Record<'_>) -> Handled) -> Handled {
    if text.trim().is_empty() {
        return Ok(());
    }
    record(text, 0, "", &mut handle)
}

fn record(
    text: &str,
    index: usize,
    advice: &str,
    handle: &mut impl FnMut(Record<'_>) -> Handled,
) -> Handled {
    let encoded = dynamic::from_json(text);
    let value = Dynamic::new(&encoded);
    match value.view_or_null() {
        View::Bag(_) => handle(Record { value }),
        _ => Err(malformed(index, &format!("it is no JSON object{advice}"))),
    }
}

fn malformed(index: usize, message: &dyn std::fmt::Display) -> ExternalDataError {
    ExternalDataError::Malformed {
        record: index + 1,
        message: message.to_string(),
    }
}
