//! A plan on disk: what it was made from. Planning it again gives the same queries.

use serde::{Deserialize, Serialize};

use crate::earlier::Earlier;
use crate::indicator::Indicator;
use crate::intake::{Intake, RefusedItem, SourceSummary};
use crate::pack::PreparedQuery;
use crate::plan::{Plan, PlanError, PlanOptions, planned};

/// Raised when the file gains a meaning that an older program would miss, or when planning changes.
const FORMAT_VERSION: u32 = 2;

/// The content of `plan.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SavedPlan {
    format_version: u32,
    options: PlanOptions,
    sources: Vec<SourceSummary>,
    indicators: Vec<Indicator>,
    refused: Vec<RefusedItem>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    earlier: Option<Earlier>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    packs: Vec<PreparedQuery>,
}

/// Why a saved plan cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavedPlanError {
    /// Written by another version of this program.
    #[error(
        "it has format version {found}, this program runs version {FORMAT_VERSION}; \
         resume with the version that began the run"
    )]
    Version {
        /// The version in the file.
        found: u32,
    },
    /// Options that make no sense.
    #[error(transparent)]
    Options(#[from] PlanError),
}

impl SavedPlan {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            options: plan.options.clone(),
            sources: plan.intake.sources.clone(),
            indicators: plan.intake.indicators.clone(),
            refused: plan.intake.refused.clone(),
            earlier: plan.earlier.clone(),
            packs: plan.packs.clone(),
        }
    }

    pub(super) fn restore(self) -> Result<Plan, SavedPlanError> {
        if self.format_version != FORMAT_VERSION {
            return Err(SavedPlanError::Version {
                found: self.format_version,
            });
        }
        let intake = Intake::restored(self.sources, self.indicators, self.refused);
        Ok(planned(intake, self.options, self.earlier)?.with_packs(self.packs))
    }
}
