//! What can be done to machines.

use tesem_defender::endpoint::{ActionRequest, IsolationType, ScanType};

/// Something that can be done to a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MachineAction {
    /// Cut it off the network.
    FullIsolation,
    /// Cut it off, but for Outlook, Teams and Skype.
    SelectiveIsolation,
    /// Scan the usual places.
    QuickScan,
    /// Scan everything.
    FullScan,
    /// Collect a package for forensics.
    CollectInvestigationPackage,
    /// Let only Microsoft's programs run.
    RestrictCodeExecution,
    /// Start an automated investigation.
    InitiateInvestigation,
    /// Let it back to the network.
    Unisolate,
    /// Let all programs run again.
    UnrestrictCodeExecution,
}

impl MachineAction {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::FullIsolation,
        Self::SelectiveIsolation,
        Self::QuickScan,
        Self::FullScan,
        Self::CollectInvestigationPackage,
        Self::RestrictCodeExecution,
        Self::InitiateInvestigation,
        Self::Unisolate,
        Self::UnrestrictCodeExecution,
    ];

    /// The end of its id.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FullIsolation => "FullIsolation",
            Self::SelectiveIsolation => "SelectiveIsolation",
            Self::QuickScan => "RunAntiVirusScanQuick",
            Self::FullScan => "RunAntiVirusScanFull",
            Self::CollectInvestigationPackage => "CollectInvestigationPackage",
            Self::RestrictCodeExecution => "RestrictCodeExecution",
            Self::InitiateInvestigation => "InitiateInvestigation",
            Self::Unisolate => "Unisolate",
            Self::UnrestrictCodeExecution => "UnrestrictCodeExecution",
        }
    }

    /// The action whose id ends so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }

    /// Its title, which is its description too.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::FullIsolation => "Isolate Device: Full",
            Self::SelectiveIsolation => "Isolate Device: Selective",
            Self::QuickScan => "Run antivirus scan: Quick",
            Self::FullScan => "Run antivirus scan: Full",
            Self::CollectInvestigationPackage => "Collect investigation package",
            Self::RestrictCodeExecution => "Restrict app execution",
            Self::InitiateInvestigation => "Initiate automated investigation",
            Self::Unisolate => "Release from isolation",
            Self::UnrestrictCodeExecution => "Remove app restrictions",
        }
    }

    /// What a name in the service's list of available actions stands for; nothing for names that are not offered.
    pub(super) fn available(name: &str) -> Vec<Self> {
        match name {
            "RunAntiVirusScan" => vec![Self::QuickScan, Self::FullScan],
            name => Self::named(name).into_iter().collect(),
        }
    }

    /// What is ordered; nothing for an investigation, which is started in another way.
    pub(super) fn order(self) -> Option<ActionRequest> {
        Some(match self {
            Self::FullIsolation => ActionRequest::Isolate(IsolationType::Full),
            Self::SelectiveIsolation => ActionRequest::Isolate(IsolationType::Selective),
            Self::QuickScan => ActionRequest::RunAntiVirusScan(ScanType::Quick),
            Self::FullScan => ActionRequest::RunAntiVirusScan(ScanType::Full),
            Self::CollectInvestigationPackage => ActionRequest::CollectInvestigationPackage,
            Self::RestrictCodeExecution => ActionRequest::RestrictCodeExecution,
            Self::Unisolate => ActionRequest::Unisolate,
            Self::UnrestrictCodeExecution => ActionRequest::UnrestrictCodeExecution,
            Self::InitiateInvestigation => return None,
        })
    }
}
