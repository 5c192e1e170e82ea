//! What applying a plan takes.

use tesem_defender::endpoint::INDICATORS_PER_BATCH_MAX;

use super::Withdrawal;
use crate::plan::Plan;

/// Most imports, and most batch deletions, in a minute.
///
/// Source: learn.microsoft.com/defender-endpoint/api/import-ti-indicators and batch-delete-ti-indicators.
const BATCHES_PER_MINUTE: usize = 30;

/// The calls that applying a plan takes where nothing is refused and the tenant has room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calls {
    /// Imports of up to 500 indicators.
    pub imports: usize,
    /// Deletions of up to 500 indicators.
    pub deletions: usize,
}

impl Calls {
    /// Those of `plan`.
    #[must_use]
    pub fn of(plan: &Plan, withdrawal: Withdrawal) -> Self {
        let steps = plan.steps.iter();
        let withdrawn = steps.filter(|step| step.change.is_withdrawal()).count();
        let made = plan.steps.len() - withdrawn;
        let batches = |steps: usize| steps.div_ceil(INDICATORS_PER_BATCH_MAX);
        match withdrawal {
            Withdrawal::Delete => Self {
                imports: batches(made),
                deletions: batches(withdrawn),
            },
            Withdrawal::Expire => Self {
                imports: batches(made) + batches(withdrawn),
                deletions: 0,
            },
        }
    }

    /// Minutes of quota that they take.
    #[must_use]
    pub fn minutes(&self) -> usize {
        self.imports
            .max(self.deletions)
            .div_ceil(BATCHES_PER_MINUTE)
    }
}
