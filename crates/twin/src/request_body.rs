//! JSON bodies of calls that write.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::options::ContentTypeCheck;
use crate::refusal::Refusal;
use crate::route::Call;
use crate::server::Twin;

/// The object in a call's body. Its keys are compared in their exact letter case, as the service does.
#[derive(Debug)]
pub(crate) struct RequestBody(pub(crate) Map<String, Value>);

impl RequestBody {
    /// Reads the body of a call.
    ///
    /// # Errors
    /// 415 for another content type than JSON, 400 for what is no JSON object.
    pub(crate) fn read(twin: &Twin, call: &Call) -> Result<Self, Refusal> {
        check_content_type(twin, call)?;
        serde_json::from_slice(&call.body)
            .map(Self)
            .map_err(|_| Refusal::bad("InvalidRequestBody", "Request body is incorrect."))
    }

    /// A text that must be there and not be blank.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        let text = self.optional(name)?;
        text.filter(|text| !text.trim().is_empty())
            .ok_or_else(|| Refusal::missing(name))
    }

    /// A text; `None` for null and for none.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(name, other)),
        }
    }

    /// One of the allowed values.
    pub(crate) fn choice(&self, name: &str, allowed: &[&str]) -> Result<Option<&str>, Refusal> {
        match self.optional(name)? {
            Some(value) if !allowed.contains(&value) => Err(Refusal::invalid(name, value)),
            value => Ok(value),
        }
    }

    /// A list of texts; `None` for null and for none.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let list = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(list)) => list,
            Some(other) => return Err(wrong_type(name, other)),
        };
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(wrong_type(name, other)),
        };
        list.iter().map(text).collect::<Result<_, _>>().map(Some)
    }
}

fn wrong_type(name: &str, value: &Value) -> Refusal {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Refusal::bad(
        "InvalidRequestBody",
        format!("Request body is incorrect: {name} cannot be {kind}."),
    )
}

/// A body without a content type is read as JSON; whether another type is refused is not documented.
fn check_content_type(twin: &Twin, call: &Call) -> Result<(), Refusal> {
    let given = call
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/json");
    let kind = given.split(';').next().unwrap_or_default().trim();
    let is_json = kind.eq_ignore_ascii_case("application/json")
        || kind.eq_ignore_ascii_case("text/json")
        || kind.to_ascii_lowercase().ends_with("+json");
    if is_json || twin.unverified.content_type == ContentTypeCheck::Ignored {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UnsupportedMediaType",
        format!("The content type '{kind}' is not supported: send application/json."),
    ))
}
