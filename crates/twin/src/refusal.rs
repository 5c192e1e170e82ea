//! What a handler refuses with; the face's envelope makes an answer of it.

use axum::http::StatusCode;

/// An error answer in the making: status, code and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// 400 with one of the documented codes.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 400 for a body without something it needs.
    pub(crate) fn missing(name: &str) -> Self {
        Self::bad(
            "MissingRequiredParameter",
            format!("Missing required parameter: {name}"),
        )
    }

    /// 400 for a value that is not one of those allowed.
    pub(crate) fn invalid(name: &str, value: &str) -> Self {
        Self::bad(
            "InvalidInput",
            format!("'{value}' is not a valid value of {name}"),
        )
    }

    /// 404 for an entity that is not there: "Machine 123 was not found".
    pub(crate) fn not_found(kind: &str, id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            format!("{kind} {id} was not found"),
        )
    }

    /// 400 for more items than one call takes.
    pub(crate) fn batch(received: usize, allowed: usize) -> Self {
        Self::bad(
            "MaximumBatchSizeExceeded",
            format!("Maximum batch size exceeded. Received: {received}, allowed: {allowed}."),
        )
    }

    /// 403 for something that the app's permissions do not cover.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    /// 500 where the twin itself failed.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "An internal server error occurred.",
        )
    }
}
