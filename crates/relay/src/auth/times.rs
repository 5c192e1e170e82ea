//! When a token holds.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::AuthError;

/// How far a maker's clock may run ahead of ours, in seconds. Source: RFC 7519, section 4.1.5, "some small leeway".
const CLOCK_SKEW: f64 = 60.0;

/// Checks `exp` and `nbf`, where they are claimed.
pub(super) fn check(claims: &Map<String, Value>, now: Timestamp) -> Result<(), AuthError> {
    let now = now.as_duration().as_secs_f64();
    if instant(claims, "exp")?.is_some_and(|end| end <= now) {
        return Err(AuthError::Expired);
    }
    if instant(claims, "nbf")?.is_some_and(|start| start > now + CLOCK_SKEW) {
        return Err(AuthError::NotYetValid);
    }
    Ok(())
}

/// A `NumericDate`: seconds since 1970, perhaps with a fraction.
fn instant(claims: &Map<String, Value>, name: &str) -> Result<Option<f64>, AuthError> {
    let claim = claims.get(name);
    claim
        .map(|claim| claim.as_f64().ok_or(AuthError::WrongPayload))
        .transpose()
}
