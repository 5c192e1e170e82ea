//! What is wrong with a body, as the tree that the clients know.

use std::fmt::{self, Write};

use serde_json::{Map, Value, json};

use crate::reply::{Code, Compat, Failure};

/// Texts of the schema library of the public relay (marshmallow 3), which its clients show.
pub(super) const WRONG_TYPE: &str = "Invalid input type.";
pub(super) const MISSING: &str = "Missing data for required field.";
pub(super) const NULL: &str = "Field may not be null.";
pub(super) const NOT_TEXT: &str = "Not a valid string.";
pub(super) const BLANK: &str = "Field may not be blank.";
pub(super) const UNKNOWN: &str = "Unknown field.";
pub(super) const NOT_INTEGER: &str = "Not a valid integer.";

/// Most elements of a list, and most members of an element, of which is told what is wrong: who sends more of them does not read it,
/// and the answer would be many times as long as the body.
pub(super) const COMPLAINTS_MAX: usize = 1_000;

/// A body that is not what is expected. Shows as the tree of what is wrong where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", Printed(&Value::Object(self.tree.clone())))]
pub struct InvalidBody {
    tree: Map<String, Value>,
}

impl InvalidBody {
    /// The whole is of another kind.
    pub(super) fn whole() -> Self {
        Self { tree: wrong_type() }
    }

    /// `tree`, where it says anything.
    ///
    /// # Errors
    /// The tree.
    pub(super) fn unless_empty(tree: Map<String, Value>) -> Result<(), Self> {
        if tree.is_empty() {
            return Ok(());
        }
        Err(Self { tree })
    }

    /// The failure to answer with.
    #[must_use]
    pub fn failure(&self, compat: Compat) -> Failure {
        let text = format!("Invalid JSON payload received. {self}");
        match compat {
            Compat::V0 => Failure::new(Code::InvalidPayload, format!("{text}.")),
            Compat::V2 => Failure::new(Code::InvalidArgument, text),
        }
    }
}

/// The tree of a value that is of another kind.
pub(super) fn wrong_type() -> Map<String, Value> {
    Map::from_iter([("_schema".to_owned(), json!([WRONG_TYPE]))])
}

/// Notes what is wrong with member `name`.
pub(super) fn note(tree: &mut Map<String, Value>, name: &str, problem: &str) {
    tree.insert(name.to_owned(), json!([problem]));
}

/// Checks that `name` is there as a text that is not empty, and notes what is wrong otherwise.
pub(super) fn text<'a>(
    members: &'a Map<String, Value>,
    name: &str,
    tree: &mut Map<String, Value>,
) -> Option<&'a str> {
    let problem = match members.get(name) {
        None => MISSING,
        Some(Value::Null) => NULL,
        Some(Value::String(text)) if text.is_empty() => BLANK,
        Some(Value::String(text)) => return Some(text),
        Some(_) => NOT_TEXT,
    };
    note(tree, name, problem);
    None
}

/// A tree in the spelling of Python's `json.dumps`: blanks after separators, ASCII only.
struct Printed<'a>(&'a Value);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Object(members) => {
                f.write_char('{')?;
                for (place, (name, value)) in members.iter().enumerate() {
                    separate(f, place)?;
                    write_text(f, name)?;
                    write!(f, ": {}", Printed(value))?;
                }
                f.write_char('}')
            }
            Value::Array(items) => {
                f.write_char('[')?;
                for (place, item) in items.iter().enumerate() {
                    separate(f, place)?;
                    write!(f, "{}", Printed(item))?;
                }
                f.write_char(']')
            }
            Value::String(text) => write_text(f, text),
            other => write!(f, "{other}"),
        }
    }
}

fn separate(f: &mut fmt::Formatter<'_>, place: usize) -> fmt::Result {
    f.write_str(if place > 0 { ", " } else { "" })
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        write_character(f, character)?;
    }
    f.write_char('"')
}

fn write_character(f: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    match character {
        '"' | '\\' => write!(f, "\\{character}"),
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        '\u{8}' => f.write_str("\\b"),
        '\u{c}' => f.write_str("\\f"),
        ' '..='\u{7f}' => f.write_char(character),
        _ => {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(f, "\\u{unit:04x}")?;
            }
            Ok(())
        }
    }
}
