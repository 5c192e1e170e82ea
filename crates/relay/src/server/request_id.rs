//! What tells one request from others in logs.

use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;

pub(super) const REQUEST_ID: &str = "x-request-id";

/// Longest id that is taken over.
const ID_BYTES_MAX: usize = 64;

/// The id that a proxy gave the request, or a new one. An id goes into logs, so only plain ones are taken over.
pub(super) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|id| is_plain(id.as_bytes()));
    given.cloned().unwrap_or_else(|| {
        // Letters, digits and hyphens always make a header.
        HeaderValue::from_str(&Uuid::new_v4().to_string())
            .unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    })
}

fn is_plain(id: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !id.is_empty() && id.len() <= ID_BYTES_MAX && id.iter().all(is_letter)
}
