//! The header.

use super::AuthError;

/// The token in an `Authorization` header: exactly a scheme and a token. Source: RFC 6750, section 2.1.
pub(super) fn token(header: Option<&[u8]>) -> Result<&str, AuthError> {
    let header = header.ok_or(AuthError::NoHeader)?;
    let text = str::from_utf8(header).map_err(|_| AuthError::WrongType)?;
    let mut parts = text.split_whitespace();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(scheme), Some(token), None) if scheme.eq_ignore_ascii_case("bearer") => Ok(token),
        _ => Err(AuthError::WrongType),
    }
}
