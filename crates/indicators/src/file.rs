//! A plan on disk, bound to what it was made from.

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::actual::Owner;
use crate::desired::RefusedEntry;
use crate::limit::Limit;
use crate::lint::Lint;
use crate::plan::Plan;
use crate::prevalence::{Downgraded, Prevalence};

/// Raised when a plan gains a meaning that an older program would miss.
pub const FORMAT_VERSION: u32 = 1;

/// The content of a plan file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub format_version: u32,
    /// The tenant, as it is called in the configuration.
    pub tenant: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// By what our indicators are told from others'.
    pub owner: Owner,
    /// Indicators that the tenant had then.
    pub read: usize,
    /// A digest of them.
    pub digest: Uuid,
    /// What is to be done.
    pub plan: Plan,
    /// What is not wanted, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedEntry>,
    /// What should be known of what is made and changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lints: Vec<Lint>,
    /// What new blocks would have touched, where that was asked for; those that were seen nowhere are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prevalence: Vec<Prevalence>,
    /// Blocks that would have touched too many devices, and what becomes of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub downgraded: Vec<Downgraded>,
}

/// Why a plan file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanFileError {
    /// It is no plan.
    #[error("it is no plan of this program: {0}")]
    Format(#[from] serde_json::Error),
    /// Another version wrote it.
    #[error(
        "it has format version {found}, this program applies version {FORMAT_VERSION}; plan again"
    )]
    Version {
        /// The version in the file.
        found: u32,
    },
}

#[derive(Deserialize)]
struct Versioned {
    format_version: u32,
}

/// The name space of plans.
const NAMESPACE: Uuid = Uuid::from_u128(0x7465_7365_6d2d_706c_616e_2d66_696c_6573);

impl PlanFile {
    /// Tells plans apart: the same plan, the same id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        // A plan of JSON types only can always be written.
        Uuid::new_v5(&NAMESPACE, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// How many indicators of ours the tenant had.
    #[must_use]
    pub fn ours(&self) -> usize {
        self.read.saturating_sub(self.plan.foreign)
    }

    /// How many steps take protection away, where they are more than `limit` allows.
    #[must_use]
    pub fn losses_beyond(&self, limit: Limit) -> Option<usize> {
        let losses = self.plan.losses();
        (losses > limit.of(self.ours())).then_some(losses)
    }

    /// Writes it: the same plan, the same bytes.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, mut out: impl Write) -> std::io::Result<()> {
        serde_json::to_writer_pretty(&mut out, self)?;
        out.write_all(b"\n")
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`PlanFileError`] for anything that this version did not write.
    pub fn read(mut from: impl Read) -> Result<Self, PlanFileError> {
        let mut text = Vec::new();
        from.read_to_end(&mut text).map_err(serde_json::Error::io)?;
        let Versioned { format_version } = serde_json::from_slice(&text)?;
        if format_version != FORMAT_VERSION {
            return Err(PlanFileError::Version {
                found: format_version,
            });
        }
        Ok(serde_json::from_slice(&text)?)
    }
}
