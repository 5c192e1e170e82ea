//! The form that triggers a response action.

use serde_json::{Map, Value};

use super::complaint::{InvalidBody, NOT_INTEGER, NULL, note, text};

/// What is to be done, with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionForm {
    /// The action's id, as it was offered.
    pub action_id: String,
    /// The observable's type, as it was sent.
    pub observable_type: String,
    /// The observable's value.
    pub observable_value: String,
    /// The id of an indicator: an optional sign and digits.
    pub indicator_id: Option<String>,
}

impl ActionForm {
    /// Reads the form in `body`, whatever its content type says. Other members are ignored.
    ///
    /// # Errors
    /// [`InvalidBody`] says all that is wrong, by member.
    pub fn read(body: &[u8]) -> Result<Self, InvalidBody> {
        let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
            return Err(InvalidBody::whole());
        };
        let mut wrong = Map::new();
        let action_id = text(&members, "action-id", &mut wrong);
        let observable_type = text(&members, "observable_type", &mut wrong);
        let observable_value = text(&members, "observable_value", &mut wrong);
        let indicator_id = indicator_id(&members, &mut wrong);
        InvalidBody::unless_empty(wrong)?;
        let whole = |text: Option<&str>| text.map(str::to_owned).unwrap_or_default();
        Ok(Self {
            action_id: whole(action_id),
            observable_type: whole(observable_type),
            observable_value: whole(observable_value),
            indicator_id,
        })
    }
}

fn indicator_id(members: &Map<String, Value>, wrong: &mut Map<String, Value>) -> Option<String> {
    let id = match members.get("indicator_id")? {
        Value::Null => {
            note(wrong, "indicator_id", NULL);
            return None;
        }
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| is_integer(text)),
        _ => None,
    };
    if id.is_none() {
        note(wrong, "indicator_id", NOT_INTEGER);
    }
    id
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
