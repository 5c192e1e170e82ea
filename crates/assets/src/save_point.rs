//! What an incremental import needs to know of the import before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::mapping::AccountIds;
use crate::millis::Millis;
use crate::observed::Aspect;

/// Longest time after which an incremental import can still see what changed.
///
/// Hunting reaches 30 days back: learn.microsoft.com/defender-xdr/advanced-hunting-limits.
pub const AGE_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How far an incremental import reaches back behind the one before, for what the service made known late.
pub const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// What the imports of a sink are about. Where it changes, what the sink holds no longer tells what is missing in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportScope {
    /// What is read of each machine.
    pub aspects: BTreeSet<Aspect>,
    /// What makes an account one account.
    pub accounts: AccountIds,
}

/// How far a sink's imports have come.
///
/// A full import is written part by part where the sink takes that, so that a crash repeats the part and not the whole: [`SavePoint::parts`]
/// says which parts are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavePoint {
    /// When the last import that was completed began to read; 0 where none was.
    #[serde(serialize_with = "as_number", deserialize_with = "from_number")]
    pub at: Millis,
    /// What it was about, where that is known: Connected Assets and Risk keeps only the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ImportScope>,
    /// What an import after that one has read and written completely before it broke off, and when it began to read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<Aspect, Part>,
}

/// A part of an import that was completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// When its import began to read.
    #[serde(serialize_with = "as_number", deserialize_with = "from_number")]
    pub at: Millis,
}

fn as_number<S: Serializer>(millis: &Millis, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_i64(millis.get())
}

fn from_number<'de, D: Deserializer<'de>>(from: D) -> Result<Millis, D::Error> {
    i64::deserialize(from).map(Millis::new)
}

/// A save point that is no number of milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the save point `{0}` is no number of milliseconds")]
pub struct NotASavePoint(pub String);

impl SavePoint {
    /// Of an import that began then and was completed, about which nothing more is known.
    #[must_use]
    pub fn at(at: Millis) -> Self {
        Self {
            at,
            scope: None,
            parts: BTreeMap::new(),
        }
    }

    /// Reads what Connected Assets and Risk keeps: milliseconds since 1970. IBM's connector wrote them with a fraction. Nothing for an empty
    /// text, which it wrote to have the next import be full.
    ///
    /// # Errors
    /// [`NotASavePoint`].
    pub fn from_text(text: &str) -> Result<Option<Self>, NotASavePoint> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let whole = match text.split_once('.') {
            Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => whole,
            _ => text,
        };
        let milliseconds = whole.parse().map_err(|_| NotASavePoint(text.to_owned()))?;
        Ok(Some(Self::at(Millis::new(milliseconds))))
    }

    /// The text for Connected Assets and Risk.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.at.get().to_string()
    }
}

/// How much an import is to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// What changed, where that can be told; else everything.
    #[default]
    Auto,
    /// Everything.
    Full,
    /// What changed; where that cannot be told, nothing.
    Incremental,
}

/// What an import reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Everything.
    Full(FullBecause),
    /// What changed since then. There is no end: what changes while it is read is read twice, and harms nobody.
    Since(Millis),
}

/// Why an import reads everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FullBecause {
    /// Somebody wants it.
    Asked,
    /// There was no import before, or it wants the next to be full.
    NoSavePoint,
    /// What changed is no longer told.
    TooOld,
    /// The import before lies in the future: one of the clocks was wrong.
    InFuture,
    /// The import before was about something else.
    OtherScope,
}

impl fmt::Display for FullBecause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "a full import was asked for",
            Self::NoSavePoint => "there is no save point of an import before",
            Self::TooOld => "the import before is more than 30 days ago",
            Self::InFuture => "the import before lies in the future",
            Self::OtherScope => "the import before read other things or named accounts otherwise",
        })
    }
}

/// An incremental import was asked for that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an incremental import is not possible: {because}; import once in full")]
pub struct NotIncremental {
    /// Why.
    pub because: FullBecause,
}

/// What an import reads of one aspect that begins now.
///
/// # Errors
/// [`NotIncremental`] where an incremental import is asked for and not possible.
pub fn reach(
    mode: Mode,
    last: Option<&SavePoint>,
    aspect: Aspect,
    scope: &ImportScope,
    now: Millis,
) -> Result<Reach, NotIncremental> {
    if mode == Mode::Full {
        return Ok(Reach::Full(FullBecause::Asked));
    }
    match (incremental(last, aspect, scope, now), mode) {
        (Ok(since), _) => Ok(Reach::Since(since)),
        (Err(because), Mode::Incremental) => Err(NotIncremental { because }),
        (Err(because), _) => Ok(Reach::Full(because)),
    }
}

fn incremental(
    last: Option<&SavePoint>,
    aspect: Aspect,
    scope: &ImportScope,
    now: Millis,
) -> Result<Millis, FullBecause> {
    let last = last.ok_or(FullBecause::NoSavePoint)?;
    if last.scope.as_ref().is_some_and(|known| known != scope) {
        return Err(FullBecause::OtherScope);
    }
    let part = last.parts.get(&aspect).map(|part| part.at);
    let at = part.unwrap_or(last.at);
    if at == NEVER {
        return Err(FullBecause::NoSavePoint);
    }
    let age = i128::from(now.get()) - i128::from(at.get());
    if age > AGE_MAX.as_millis() {
        return Err(FullBecause::TooOld);
    }
    if age < 0 {
        return Err(FullBecause::InFuture);
    }
    let overlap = i64::try_from(OVERLAP.as_millis()).unwrap_or_default();
    Ok(Millis::new(at.get().saturating_sub(overlap)))
}

/// [`SavePoint::at`] where no import was completed.
pub(crate) const NEVER: Millis = Millis::new(0);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis::new(1_795_900_000_000);
    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;

    fn scope() -> ImportScope {
        ImportScope {
            aspects: Aspect::ALL.into(),
            accounts: AccountIds::Name,
        }
    }

    fn point(before: i64) -> SavePoint {
        SavePoint {
            at: Millis::new(NOW.get() - before),
            scope: Some(scope()),
            parts: BTreeMap::new(),
        }
    }

    #[test]
    fn an_import_is_full_unless_what_changed_can_be_told() {
        let without_alerts = ImportScope {
            aspects: [Aspect::Machines].into(),
            ..scope()
        };
        let by_domain = ImportScope {
            accounts: AccountIds::DomainName,
            ..scope()
        };
        let with = |scope: Option<ImportScope>| SavePoint {
            scope,
            ..point(DAY)
        };
        let since = |before: i64| Ok(Millis::new(NOW.get() - before));
        let cases = [
            (None, Err(FullBecause::NoSavePoint)),
            (Some(point(0)), since(10 * MINUTE)),
            (Some(point(DAY)), since(DAY + 10 * MINUTE)),
            (Some(point(30 * DAY)), since(30 * DAY + 10 * MINUTE)),
            (Some(point(30 * DAY + 1)), Err(FullBecause::TooOld)),
            (Some(point(-1)), Err(FullBecause::InFuture)),
            (Some(with(None)), since(DAY + 10 * MINUTE)),
            (
                Some(with(Some(without_alerts))),
                Err(FullBecause::OtherScope),
            ),
            (Some(with(Some(by_domain))), Err(FullBecause::OtherScope)),
        ];
        for (last, expected) in cases {
            let of = |mode| reach(mode, last.as_ref(), Aspect::Alerts, &scope(), NOW);
            let (auto, incremental) = match expected {
                Ok(since) => (Reach::Since(since), Ok(Reach::Since(since))),
                Err(because) => (Reach::Full(because), Err(NotIncremental { because })),
            };
            assert_eq!(of(Mode::Auto), Ok(auto), "{last:?}");
            assert_eq!(of(Mode::Incremental), incremental, "{last:?}");
            assert_eq!(of(Mode::Full), Ok(Reach::Full(FullBecause::Asked)));
        }
    }

    #[test]
    fn a_part_that_was_read_after_the_last_import_counts_for_itself() {
        let part = |before: i64| Part {
            at: Millis::new(NOW.get() - before),
        };
        let mut last = SavePoint {
            at: NEVER,
            parts: [(Aspect::Logons, part(DAY))].into(),
            ..point(0)
        };
        let of = |last: &SavePoint, aspect| reach(Mode::Auto, Some(last), aspect, &scope(), NOW);
        let since = Reach::Since(Millis::new(NOW.get() - DAY - 10 * MINUTE));
        assert_eq!(of(&last, Aspect::Logons), Ok(since.clone()));
        let full = Reach::Full(FullBecause::NoSavePoint);
        assert_eq!(of(&last, Aspect::Software), Ok(full));
        last.at = Millis::new(NOW.get() - 2 * DAY);
        assert_eq!(of(&last, Aspect::Logons), Ok(since));
        let json = serde_json::to_string(&last).unwrap();
        assert_eq!(serde_json::from_str::<SavePoint>(&json).unwrap(), last);
    }

    #[test]
    fn save_points_are_read_in_every_form_that_was_written() {
        let at = |text: &str| SavePoint::from_text(text).map(|point| point.map(|point| point.at));
        let expected = Some(Millis::new(1_795_226_257_294));
        assert_eq!(at("1795226257294"), Ok(expected));
        assert_eq!(at("1795226257294.176"), Ok(expected));
        assert_eq!(at(" 1795226257294.0 "), Ok(expected));
        assert_eq!(at(""), Ok(None));
        for text in ["yesterday", "1.7e12", "1795226257294.x", ".5"] {
            assert_eq!(at(text), Err(NotASavePoint(text.to_owned())));
        }
        assert_eq!(point(0).to_text(), NOW.get().to_string());
    }

    #[test]
    fn a_save_point_keeps_what_it_is_about() {
        let json = serde_json::to_string(&point(0)).unwrap();
        assert_eq!(
            json,
            r#"{"at":1795900000000,"scope":{"aspects":["machines","logons","software","vulnerabilities","alerts"],"accounts":"name"}}"#
        );
        assert_eq!(serde_json::from_str::<SavePoint>(&json).unwrap(), point(0));
    }
}
