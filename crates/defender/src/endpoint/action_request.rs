//! What can be ordered for a machine.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/isolate-machine and its neighbours. Body keys are case-sensitive.

use serde_json::{Value, json};

use crate::route::Route;
use crate::wire::open_enum;

open_enum! {
    /// How far a machine is cut off.
    pub enum IsolationType {
        /// From everything but Defender.
        Full = "Full",
        /// Outlook, Teams and Skype go on.
        Selective = "Selective",
        /// A machine without the sensor is kept from others.
        UnmanagedDevice = "UnManagedDevice",
    }
}

open_enum! {
    /// How thorough a scan is.
    pub enum ScanType {
        /// The usual places.
        Quick = "Quick",
        /// Everything.
        Full = "Full",
    }
}

/// A command of live response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveResponseCommand {
    /// Puts a file of the library on the machine.
    PutFile {
        /// The library's file.
        file_name: String,
    },
    /// Runs a script of the library.
    RunScript {
        /// The library's script.
        script_name: String,
        /// Its arguments, as one text.
        arguments: Option<String>,
    },
    /// Fetches a file.
    GetFile {
        /// Its path on the machine.
        path: String,
    },
}

/// Something to order for a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionRequest {
    /// Cut it off the network.
    Isolate(IsolationType),
    /// Let it back.
    Unisolate,
    /// Let only Microsoft's programs run.
    RestrictCodeExecution,
    /// Let all programs run again.
    UnrestrictCodeExecution,
    /// Scan it.
    RunAntiVirusScan(ScanType),
    /// Collect a package for forensics.
    CollectInvestigationPackage,
    /// Stop a file everywhere on it and put it away.
    StopAndQuarantineFile {
        /// The file's SHA-1.
        sha1: String,
    },
    /// Take the sensor off.
    Offboard,
    /// Run commands.
    LiveResponse(Vec<LiveResponseCommand>),
}

impl ActionRequest {
    /// The last part of the path.
    pub(super) fn path(&self) -> &'static str {
        match self {
            Self::Isolate(_) => "isolate",
            Self::Unisolate => "unisolate",
            Self::RestrictCodeExecution => "restrictCodeExecution",
            Self::UnrestrictCodeExecution => "unrestrictCodeExecution",
            Self::RunAntiVirusScan(_) => "runAntiVirusScan",
            Self::CollectInvestigationPackage => "collectInvestigationPackage",
            Self::StopAndQuarantineFile { .. } => "StopAndQuarantineFile",
            Self::Offboard => "offboard",
            Self::LiveResponse(_) => "runliveresponse",
        }
    }

    pub(crate) fn route(&self) -> Route {
        let route = |operation, endpoint, permission| Route::write(operation, endpoint, permission);
        match self {
            Self::Isolate(_) => route(
                "isolate a machine",
                "POST /api/machines/{id}/isolate",
                &["Machine.Isolate"],
            ),
            Self::Unisolate => route(
                "release a machine",
                "POST /api/machines/{id}/unisolate",
                &["Machine.Isolate"],
            ),
            Self::RestrictCodeExecution => route(
                "restrict a machine's programs",
                "POST /api/machines/{id}/restrictCodeExecution",
                &["Machine.RestrictExecution"],
            ),
            Self::UnrestrictCodeExecution => route(
                "allow a machine's programs",
                "POST /api/machines/{id}/unrestrictCodeExecution",
                &["Machine.RestrictExecution"],
            ),
            Self::RunAntiVirusScan(_) => route(
                "scan a machine",
                "POST /api/machines/{id}/runAntiVirusScan",
                &["Machine.Scan"],
            ),
            Self::CollectInvestigationPackage => route(
                "collect a package from a machine",
                "POST /api/machines/{id}/collectInvestigationPackage",
                &["Machine.CollectForensics"],
            ),
            Self::StopAndQuarantineFile { .. } => route(
                "stop a file on a machine",
                "POST /api/machines/{id}/StopAndQuarantineFile",
                &["Machine.StopAndQuarantine"],
            ),
            Self::Offboard => route(
                "offboard a machine",
                "POST /api/machines/{id}/offboard",
                &["Machine.Offboard"],
            ),
            Self::LiveResponse(_) => route(
                "run live response on a machine",
                "POST /api/machines/{id}/runliveresponse",
                &["Machine.LiveResponse"],
            )
            .within(crate::route::LIVE_RESPONSES),
        }
    }

    pub(super) fn body(&self, comment: &str) -> Value {
        match self {
            Self::Isolate(kind) => json!({"Comment": comment, "IsolationType": kind}),
            Self::RunAntiVirusScan(kind) => json!({"Comment": comment, "ScanType": kind}),
            Self::StopAndQuarantineFile { sha1 } => json!({"Comment": comment, "Sha1": sha1}),
            Self::LiveResponse(commands) => {
                let commands: Vec<Value> = commands.iter().map(LiveResponseCommand::body).collect();
                json!({"Comment": comment, "Commands": commands})
            }
            Self::Unisolate
            | Self::RestrictCodeExecution
            | Self::UnrestrictCodeExecution
            | Self::CollectInvestigationPackage
            | Self::Offboard => json!({"Comment": comment}),
        }
    }
}

impl LiveResponseCommand {
    fn body(&self) -> Value {
        let parameter = |key: &str, value: &str| json!({"key": key, "value": value});
        match self {
            Self::PutFile { file_name } => {
                json!({"type": "PutFile", "params": [parameter("FileName", file_name)]})
            }
            Self::GetFile { path } => {
                json!({"type": "GetFile", "params": [parameter("Path", path)]})
            }
            Self::RunScript {
                script_name,
                arguments,
            } => {
                let mut parameters = vec![parameter("ScriptName", script_name)];
                parameters.extend(
                    arguments
                        .iter()
                        .map(|arguments| parameter("Args", arguments)),
                );
                json!({"type": "RunScript", "params": parameters})
            }
        }
    }
}
