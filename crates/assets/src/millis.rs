//! Instants as the graph keeps them.

use std::fmt;

use jiff::Timestamp;

/// Milliseconds since 1970, UTC: the unit of Connected Assets and Risk, and the finest that every sink keeps, so that what a sink gives
/// back equals what it was given.
///
/// Source: "epoch in milliseconds" in the import schema, <https://github.com/IBM/cp4s-car-schema>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(i64);

impl Millis {
    /// That many milliseconds since 1970.
    #[must_use]
    pub const fn new(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// As an instant; the nearest one where there is none of that year.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        let nearest = if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        Timestamp::from_millisecond(self.0).unwrap_or(nearest)
    }
}

impl From<Timestamp> for Millis {
    fn from(instant: Timestamp) -> Self {
        Self(instant.as_millisecond())
    }
}

/// As RFC 3339 writes it; as a number where that has no such year.
impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

impl std::str::FromStr for Millis {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(milliseconds) => Ok(Self(milliseconds)),
            Err(_) => text.parse().map(|instant: Timestamp| Self::from(instant)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for milliseconds in [0, 1, 1_795_226_257_294, -1, i64::MAX] {
            let millis = Millis::new(milliseconds);
            assert_eq!(millis.to_string().parse::<Millis>().unwrap(), millis);
        }
        assert_eq!(
            Millis::new(1_795_226_257_294).to_string(),
            "2026-11-21T01:57:37.294Z"
        );
    }
}
