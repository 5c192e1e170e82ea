//! Defender for Endpoint: one module per resource.
//!
//! Source of routes, fields, limits and permissions: the pages below
//! learn.microsoft.com/defender-endpoint/api/exposed-apis-list, and captures of real answers where they differ.

mod action_request;
mod alert_update;
mod alerts;
mod domains;
mod evidence;
mod export_files;
mod export_records;
mod exports;
mod files;
mod indicator_writer;
mod indicators;
mod investigations;
mod ips;
mod list;
mod machine_actions;
mod machine_writer;
mod machines;
mod new_alert;
mod recommendations;
mod remediation;
mod scores;
mod software;
mod users;
mod vulnerabilities;

pub(crate) use alerts::LIST_ALERTS;
pub(crate) use domains::READ_DOMAIN_STATS;
pub(crate) use exports::{EXPORT_SOFTWARE, EXPORT_VULNERABILITIES};
pub(crate) use files::READ_FILE;
pub(crate) use indicator_writer::IMPORT_INDICATORS;
pub(crate) use indicators::LIST_INDICATORS;
pub(crate) use investigations::LIST_INVESTIGATIONS;
pub(crate) use ips::READ_IP_STATS;
pub(crate) use machine_actions::LIST_MACHINE_ACTIONS;
pub(crate) use machine_writer::START_INVESTIGATION;
pub(crate) use machines::{LIST_LOGON_USERS, LIST_MACHINES};
pub(crate) use recommendations::LIST_RECOMMENDATIONS;
pub(crate) use scores::READ_EXPOSURE_SCORE;
pub(crate) use software::LIST_SOFTWARE;
pub(crate) use vulnerabilities::LIST_VULNERABILITIES;

pub use action_request::{ActionRequest, IsolationType, LiveResponseCommand, ScanType};
pub use alert_update::{AlertUpdate, AlertWriter};
pub use alerts::{
    Alert, AlertComment, AlertDomain, AlertIp, AlertQuery, AlertSeverity, AlertStatus, Alerts,
    Classification, Determination, InvestigationState, LoggedOnUser, RelatedUser,
};
pub use domains::{DomainStats, Domains};
pub use evidence::{Evidence, EvidenceKind};
pub use export_files::ExportFiles;
pub use export_records::{
    ConfigurationRecord, DeltaRecord, DeltaStatus, SoftwareRecord, VulnerabilityRecord,
};
pub use exports::{DELTA_AGE_MAX, EXPORT_PAGE_MAX, Exports};
pub use files::{File, FileStats, Files};
pub use indicator_writer::{INDICATORS_PER_BATCH_MAX, ImportResult, IndicatorWriter, NewIndicator};
pub use indicators::{
    INDICATORS_MAX, Indicator, IndicatorAction, IndicatorSeverity, IndicatorType, Indicators,
};
pub use investigations::{Investigation, Investigations};
pub use ips::{IpStats, Ips};
pub use list::ItemStream;
pub use machine_actions::{
    ActionAvailability, ActionStatus, ActionType, MachineAction, MachineActions, RelatedFile,
};
pub use machine_writer::{MACHINES_PER_TAGGING_MAX, MachineWriter, TagChange};
pub use machines::{
    DeviceValue, ExposureLevel, HealthStatus, IpAddressEntry, Machine, Machines, OnboardingStatus,
    RiskScore, TagMatch, VmMetadata,
};
pub use new_alert::NewAlert;
pub use recommendations::{Recommendation, Recommendations};
pub use remediation::{RemediationTask, RemediationTasks};
pub use scores::{GroupScore, Score, Scores};
pub use software::{Distribution, MissingUpdate, Software, SoftwareInventory};
pub use users::{User, Users};
pub use vulnerabilities::{MachineReference, MachineVulnerability, Vulnerabilities, Vulnerability};
