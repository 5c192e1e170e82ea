//! Names of runs.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The name of a run, e.g. `20261121T035147Z-0f3a9c`: the second it began, UTC, and six hex digits.
///
/// Sorts by time, as text and as a value, and is safe as a file name on every system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// A text that is not a run id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a run id; one looks like 20261121T035147Z-0f3a9c")]
pub struct InvalidRunId {
    /// The text, cut after 80 characters.
    pub text: String,
}

impl RunId {
    /// The id of a run that began at `started`; the low 24 bits of `distinction` tell runs of the same
    /// second apart. Instants before 1970 count as 1970.
    #[must_use]
    pub fn new(started: Timestamp, distinction: u64) -> Self {
        let started = started.max(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
        let (date, time) = (started.date(), started.time());
        Self(format!(
            "{:04}{:02}{:02}T{:02}{:02}{:02}Z-{:06x}",
            date.year(),
            date.month(),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
            distinction & 0xff_ffff,
        ))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidRunId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for RunId {
    type Err = InvalidRunId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if has_the_shape(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidRunId {
            text: text.chars().take(80).collect(),
        })
    }
}

/// Whether each character is of the class that its place asks for.
fn has_the_shape(text: &str) -> bool {
    const SHAPE: &[u8] = b"ddddddddTddddddZ-hhhhhh";
    let fits = |(byte, class): (u8, &u8)| match class {
        b'd' => byte.is_ascii_digit(),
        b'h' => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        other => byte == *other,
    };
    text.len() == SHAPE.len() && text.bytes().zip(SHAPE).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_id_shows_the_second_and_the_distinction() {
        let id = RunId::new(at("2026-11-21T03:51:47.999Z"), 0x00ab_c00f_3a9c);
        assert_eq!(id.as_str(), "20261121T035147Z-0f3a9c");
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    #[test]
    fn ids_sort_by_time() {
        let times = [
            "1969-01-01T00:00:00Z",
            "1999-12-31T23:59:59Z",
            "2026-01-01T00:00:00Z",
        ];
        let ids: Vec<RunId> = times
            .iter()
            .rev()
            .map(|time| RunId::new(at(time), 7))
            .collect();
        let mut sorted = ids.clone();
        sorted.sort();
        assert!(sorted.iter().eq(ids.iter().rev()));
    }

    #[test]
    fn other_texts_are_refused() {
        let texts = [
            "",
            "20261121T035147Z",
            "20261121T035147Z-0F3A9C",
            "20261121T035147Z-0f3a9c/",
            "../../../../../../etc/p",
            "20261121 035147Z-0f3a9c",
            "2026112\u{0661}T035147Z-0f3a9",
        ];
        for text in texts {
            let refused = text.parse::<RunId>().unwrap_err();
            assert!(refused.to_string().contains("is not a run id"), "{text}");
            let quoted = serde_json::to_string(text).unwrap();
            assert!(serde_json::from_str::<RunId>(&quoted).is_err(), "{text}");
        }
    }
}
