//! How many sightings one observable may have.

use serde_json::Value;

/// The limit where none is given.
pub const ENTITIES_LIMIT_DEFAULT: u32 = 100;

/// The largest limit. Source: [`ROWS_PER_QUERY_MAX`](crate::upstream::ROWS_PER_QUERY_MAX).
pub const ENTITIES_LIMIT_MAX: u32 = 30_000;

/// How many sightings one observable may have. Belongs to a request: a token may bring its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntitiesLimit(u32);

impl Default for EntitiesLimit {
    fn default() -> Self {
        Self(ENTITIES_LIMIT_DEFAULT)
    }
}

impl EntitiesLimit {
    /// The limit that a setting names; 100 for anything but a whole number above zero.
    #[must_use]
    pub fn from_setting(text: Option<&str>) -> Self {
        let number = text.and_then(|text| text.trim().parse().ok());
        Self::positive(number)
    }

    /// The limit that a token's claim names, as a number or a text.
    #[must_use]
    pub fn from_claim(claim: &Value) -> Self {
        match claim {
            Value::String(text) => Self::from_setting(Some(text)),
            other => Self::positive(other.as_u64().and_then(|number| number.try_into().ok())),
        }
    }

    /// No more than one hunting query gives.
    fn positive(number: Option<u32>) -> Self {
        number
            .filter(|number| *number > 0)
            .map_or_else(Self::default, |number| Self(number.min(ENTITIES_LIMIT_MAX)))
    }

    /// As a number of sightings.
    #[must_use]
    pub fn get(self) -> usize {
        self.0.try_into().unwrap_or(usize::MAX)
    }
}
