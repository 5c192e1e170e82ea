//! The steps of a plan and what became of each so far.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tesem_defender::IndicatorId;

use crate::content::Content;
use crate::key::Key;
use crate::plan::{Change, Step};

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum StepEnd {
    /// It is to be done.
    Pending {
        /// How often it has been refused.
        refusals: u8,
        /// What the service said last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It is done.
    Done {
        /// The id of the indicator, where it is there and the service told it.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "id_text")]
        id: Option<IndicatorId>,
    },
    /// It will not be done.
    Failed {
        /// Why.
        reason: String,
    },
}

mod id_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use tesem_defender::IndicatorId;

    pub(super) fn serialize<S: Serializer>(
        id: &Option<IndicatorId>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        id.as_ref().map(IndicatorId::as_str).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<IndicatorId>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(IndicatorId::new))
    }
}

impl StepEnd {
    pub(crate) const NEW: Self = Self::Pending {
        refusals: 0,
        reason: None,
    };

    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        Self::Failed {
            reason: reason.into(),
        }
    }

    /// Whether it is still to be done.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Pending { .. })
    }

    /// Whether it is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

/// How often the service may refuse an indicator before it is given up.
const REFUSALS_MAX: u8 = 2;

/// How the service says that it has no place: `Max capacity exceeded. Current Total: 15000, Limit: 15000 (...)`.
const FULL: &str = "Max capacity exceeded";

/// An indicator that ends sooner than this is not sent: by the time it arrives it may have ended, and one that has spoils its batch.
const LIFE_MIN: SignedDuration = SignedDuration::from_mins(1);

/// The steps of a plan and what became of each so far.
#[derive(Debug)]
pub(crate) struct Work<'p> {
    pub(crate) steps: &'p [Step],
    pub(crate) ends: Vec<StepEnd>,
    /// The label that ours carry.
    pub(crate) application: String,
    /// Places that are free in the tenant.
    free: usize,
    /// What the service said when it had no place, until there is one again.
    full: Option<String>,
    /// Whether a withdrawal gives its place free at once.
    withdrawn_at_once: bool,
    /// Parts of refused batches, to be sent on their own.
    pub(crate) parts: Vec<Vec<usize>>,
    /// Steps by what they make or change.
    made: BTreeMap<&'p Key, usize>,
}

impl<'p> Work<'p> {
    pub(crate) fn new(
        steps: &'p [Step],
        ends: Vec<StepEnd>,
        free: usize,
        withdrawn_at_once: bool,
        application: &str,
    ) -> Self {
        let made = steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.change.to().is_some())
            .map(|(index, step)| (&step.key, index))
            .collect();
        Self {
            steps,
            ends,
            application: application.to_owned(),
            free,
            full: None,
            withdrawn_at_once,
            parts: Vec::new(),
            made,
        }
    }

    pub(crate) fn step(&self, index: usize) -> Option<&'p Step> {
        self.steps.get(index)
    }

    pub(crate) fn is_pending(&self, index: usize) -> bool {
        self.ends.get(index).is_some_and(StepEnd::is_pending)
    }

    /// The pending steps, with how often they were refused.
    pub(crate) fn pending(&self) -> impl Iterator<Item = (usize, &'p Step, u8)> + '_ {
        let all = self.steps.iter().zip(&self.ends).enumerate();
        all.filter_map(|(index, (step, end))| match end {
            StepEnd::Pending { refusals, .. } => Some((index, step, *refusals)),
            _ => None,
        })
    }

    pub(crate) fn end(&mut self, index: usize, end: StepEnd) {
        if let Some(slot) = self.ends.get_mut(index) {
            *slot = end;
        }
    }

    /// The service refused a step with `reason`.
    pub(crate) fn refused(&mut self, index: usize, reason: String) {
        if reason.contains(FULL) {
            self.is_full(&reason);
        }
        let end = self.after_refusal(index, reason);
        self.end(index, end);
    }

    fn after_refusal(&self, index: usize, reason: String) -> StepEnd {
        match self.ends.get(index) {
            Some(StepEnd::Pending { refusals, .. })
                if refusals.saturating_add(1) < REFUSALS_MAX =>
            {
                StepEnd::Pending {
                    refusals: refusals + 1,
                    reason: Some(reason),
                }
            }
            _ => StepEnd::Failed { reason },
        }
    }

    /// What became of the step that makes or changes `key`; nothing where the plan does not touch it.
    pub(crate) fn end_of(&self, key: &Key) -> Option<&StepEnd> {
        self.ends.get(*self.made.get(key)?)
    }

    /// Gives up what can no longer be done: indicators that would end at once, and withdrawals whose stand-in was not made.
    pub(crate) fn give_up(&mut self, now: Timestamp) {
        let hopeless: Vec<(usize, String)> = self
            .pending()
            .filter_map(|(index, step, _)| Some((index, self.why_hopeless(step, now)?)))
            .collect();
        for (index, reason) in hopeless {
            self.end(index, StepEnd::Failed { reason });
        }
    }

    fn why_hopeless(&self, step: &Step, now: Timestamp) -> Option<String> {
        match &step.change {
            Change::Withdraw { from, .. }
                if !self.withdrawn_at_once && Content::of(from).is_none() =>
            {
                Some("it has no action or severity that can be submitted again".to_owned())
            }
            Change::Withdraw { covered_by, .. }
                if !self.withdrawn_at_once
                    && covered_by.as_ref().map(Key::target) == Some(step.key.target()) =>
            {
                Some("an end would be given to the other one for the same value; delete it in the portal".to_owned())
            }
            Change::Withdraw { covered_by, .. } => {
                let by = covered_by.as_ref()?;
                matches!(self.end_of(by)?, StepEnd::Failed { .. })
                    .then(|| format!("it stays, because {by}, which was to stand for it, failed"))
            }
            change => {
                let ends = change.to()?.expires?;
                (ends.duration_since(now) < LIFE_MIN)
                    .then(|| format!("it ends at {ends}, before it could be made: plan again"))
            }
        }
    }

    pub(crate) fn withdrawn_at_once(&self) -> bool {
        self.withdrawn_at_once
    }

    /// When the indicator ends that a step makes or changes.
    pub(crate) fn end_at(&self, index: usize) -> Option<Timestamp> {
        self.step(index)?.change.to()?.expires
    }

    /// Gives up what ends at `passed` or before: the service's clock has passed it, and would refuse one after the other.
    pub(crate) fn give_up_until(&mut self, passed: Timestamp) {
        let is_over = |index: usize| self.end_at(index).filter(|end| *end <= passed);
        let over: Vec<(usize, Timestamp)> = self
            .pending()
            .filter_map(|(index, ..)| Some((index, is_over(index)?)))
            .collect();
        for (index, end) in over {
            let reason = format!("it ends at {end}, which has passed by the service's clock");
            self.end(index, StepEnd::failed(reason));
        }
    }

    /// Places that are free in the tenant.
    pub(crate) fn free(&self) -> usize {
        self.free
    }

    /// The tenant was read, and has so many places.
    pub(crate) fn has_free(&mut self, free: usize) {
        self.free = free;
        self.full = None;
    }

    /// An indicator was made or withdrawn.
    pub(crate) fn done(&mut self, index: usize, id: Option<IndicatorId>) {
        match self.step(index).map(|step| &step.change) {
            Some(Change::Create { .. }) => self.free = self.free.saturating_sub(1),
            Some(Change::Withdraw { .. }) if self.withdrawn_at_once => self.has_free(self.free + 1),
            _ => {}
        }
        self.end(index, StepEnd::Done { id });
    }

    /// The service has no place, and says so.
    fn is_full(&mut self, reason: &str) {
        self.free = 0;
        self.full = Some(reason.to_owned());
    }

    /// Gives up what is to be made, where the service has no place for it.
    pub(crate) fn give_up_creations(&mut self) {
        let Some(reason) = self.full.clone() else {
            return;
        };
        let is_creation = |step: &Step| matches!(step.change, Change::Create { .. });
        let all: Vec<usize> = self
            .pending()
            .filter(|(_, step, _)| is_creation(step))
            .map(|(index, ..)| index)
            .collect();
        for index in all {
            self.end(index, StepEnd::failed(reason.as_str()));
        }
    }
}
