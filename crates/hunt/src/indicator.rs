//! Indicators: observables that are hunted for, with the places in the input that named them.

use serde::{Deserialize, Serialize};
use tesem_observable::{Observable, ObservableKind};

/// The number of an indicator in its intake and in every plan, query and report made from it, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IndicatorId(pub u32);

impl IndicatorId {
    /// The id as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Which source, as an index into [`Intake::sources`](crate::Intake::sources).
    pub source: u32,
    /// The line, from 1; 0 stands for the source as a whole.
    pub line: u64,
}

/// Something to hunt for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indicator {
    /// What it is.
    pub observable: Observable,
    /// Every line that named it, in order and each once.
    pub origins: Vec<Origin>,
}

impl Indicator {
    /// What kind of observable it is.
    #[must_use]
    pub fn kind(&self) -> ObservableKind {
        self.observable.kind()
    }
}
