//! Running processes.

use std::borrow::Cow;

use super::catalogue::File;
use super::person::Account;

/// A process of the rows it was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProcessRef(pub(super) usize);

/// How much a process may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Integrity {
    System,
    High,
    Medium,
    Low,
    /// Not Windows: the sensor leaves it empty.
    Unknown,
}

impl Integrity {
    /// As `ProcessIntegrityLevel` spells it.
    pub(super) fn level(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::High => "High",
            Self::Medium => "Medium",
            Self::Low => "Low",
            Self::Unknown => "",
        }
    }

    /// As `ProcessTokenElevation` spells it.
    pub(super) fn elevation(self) -> &'static str {
        match self {
            Self::System => "TokenElevationTypeDefault",
            Self::High => "TokenElevationTypeFull",
            Self::Medium | Self::Low => "TokenElevationTypeLimited",
            Self::Unknown => "None",
        }
    }
}

/// A process that ran on a device.
#[derive(Debug, Clone)]
pub(super) struct Process<'t> {
    pub(super) file: &'t File,
    pub(super) path: String,
    /// The path in lower case, as the sensor writes it for initiating processes.
    pub(super) path_lower: String,
    pub(super) id: i64,
    pub(super) unique_id: String,
    pub(super) command_line: Cow<'t, str>,
    pub(super) created: i64,
    pub(super) account: &'t Account,
    pub(super) integrity: Integrity,
    pub(super) session: i64,
    pub(super) logon_id: i64,
    pub(super) parent_name: &'t str,
    pub(super) parent_id: i64,
    pub(super) parent_created: i64,
}

/// What to start.
#[derive(Debug, Clone)]
pub(super) struct Start<'t> {
    pub(super) file: &'t File,
    pub(super) parent: Option<ProcessRef>,
    pub(super) account: &'t Account,
    pub(super) command_line: Cow<'t, str>,
    pub(super) integrity: Integrity,
    pub(super) at: i64,
}
