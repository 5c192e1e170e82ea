//! What comes out of a feed.

use std::sync::Arc;

use jiff::Timestamp;
use tesem_observable::{Observable, Refusal};

use crate::{Place, Provenance};

/// One item of a feed. Each input item ends as one of these; what carries no observable by its nature (comments, reports,
/// relationships) is counted in the [`Summary`](crate::Summary).
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// An observable that a source says something about.
    Indicator(Indicator),
    /// What became no indicator.
    Refused(RefusedItem),
    /// What a list stopped.
    Dropped(Dropped),
}

/// An observable and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// The observable.
    pub observable: Observable,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// An item that became no indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedItem {
    /// Where it stands.
    pub place: Place,
    /// The text or the source's id, shortened.
    pub text: Box<str>,
    /// Why.
    pub reason: RefusedBecause,
}

/// An indicator that a list stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// What was stopped.
    pub indicator: Indicator,
    /// The list.
    pub list: Arc<str>,
    /// The list's entry that it matched, or the rule.
    pub entry: Box<str>,
}

/// Why an item became no indicator.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusedBecause {
    /// The value is no observable.
    #[error(transparent)]
    Value(#[from] Refusal),
    /// It was withdrawn by its source.
    #[error("was revoked by its source")]
    Revoked,
    /// Its source gave a newer version of it, which may be a withdrawal.
    #[error("was superseded by its version of {0}")]
    Superseded(Timestamp),
    /// Its time is over.
    #[error("was valid until {0}")]
    Expired(Timestamp),
    /// It was last seen too long ago.
    #[error("was last seen at {0}, longer ago than `max_age`")]
    TooOld(Timestamp),
    /// It is less certain than the feed's settings ask for.
    #[error("has confidence {given}; the feed's settings ask for {wanted}")]
    Unsure {
        /// Its confidence.
        given: u8,
        /// The least that is taken.
        wanted: u8,
    },
    /// The type is none that a device or a wire shows, or Microsoft Defender does not record it.
    #[error("has the type `{0}`, which is no observable here")]
    Type(Box<str>),
    /// A pattern, or a part of one, that is no list of observables.
    #[error("{0}")]
    Pattern(Box<str>),
    /// The item has not the form that its format asks for.
    #[error("{0}")]
    Form(Box<str>),
    /// Longer than an item may be.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
}

impl RefusedBecause {
    /// A stable short name for reports.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Value(refusal) => refusal.reason().code(),
            Self::Revoked => "revoked",
            Self::Superseded(_) => "superseded",
            Self::Expired(_) => "expired",
            Self::TooOld(_) => "too-old",
            Self::Unsure { .. } => "unsure",
            Self::Type(_) => "type",
            Self::Pattern(_) => "pattern",
            Self::Form(_) => "form",
            Self::TooLong(_) => "too-long",
        }
    }
}

/// Text for messages: at most 120 bytes, control characters escaped.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    const BYTES_MAX: usize = 120;
    let kept = text
        .get(..text.floor_char_boundary(BYTES_MAX))
        .unwrap_or(text);
    let mut shown: String = kept.chars().flat_map(escaped).collect();
    if kept.len() < text.len() {
        shown.push('…');
    }
    shown.into()
}

fn escaped(character: char) -> impl Iterator<Item = char> {
    let is_control = character.is_control();
    let escape = is_control.then(|| character.escape_default());
    let plain = (!is_control).then_some(character);
    escape.into_iter().flatten().chain(plain)
}
