//! What an examination finds.

use serde::Serialize;
use tesem_defender::checkup::Job;

use crate::failure;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// It works.
    Ok,
    /// It may be done, which was not tried: it would change something.
    Granted,
    /// It works, and somebody should know something.
    Warning,
    /// The permission is missing.
    Missing,
    /// It does not work.
    Failed,
    /// It was not looked at, because something before it failed.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What was checked.
    pub(crate) check: String,
    pub(crate) status: Status,
    /// What was seen.
    pub(crate) detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
}

/// One capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CapabilityFinding {
    /// What can be done.
    pub(crate) capability: &'static str,
    /// The jobs that need it.
    pub(crate) jobs: Vec<&'static str>,
    /// The service that is called.
    pub(crate) service: String,
    pub(crate) status: Status,
    /// What was seen.
    pub(crate) detail: String,
    /// Permissions of which one is enough.
    pub(crate) permissions: &'static [&'static str],
    /// What is left of its quota, as far as this computer knows.
    pub(crate) quota: Vec<Left>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
}

/// What is left of one window of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Left {
    /// Calls.
    pub(crate) left: u32,
    /// Calls that the window allows.
    pub(crate) limit: u32,
    /// The window's length.
    pub(crate) seconds: u64,
}

/// Everything about one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TenantFindings {
    /// The tenant's name in settings.
    pub(crate) tenant: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cloud: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hunting: Option<&'static str>,
    pub(crate) checks: Vec<Finding>,
    pub(crate) capabilities: Vec<CapabilityFinding>,
    /// What to do, the most important first, each once.
    pub(crate) advice: Vec<String>,
}

impl Status {
    /// As JSON and tables spell it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Granted => "granted",
            Self::Warning => "warning",
            Self::Missing => "missing",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Whether somebody has to do something.
    pub(crate) fn is_bad(self) -> bool {
        matches!(self, Self::Missing | Self::Failed)
    }
}

impl Finding {
    pub(super) fn new(check: impl Into<String>, status: Status, detail: impl Into<String>) -> Self {
        Self {
            check: check.into(),
            status,
            detail: detail.into(),
            advice: None,
        }
    }

    pub(super) fn with_advice(self, advice: Option<impl Into<String>>) -> Self {
        Self {
            advice: advice.map(Into::into),
            ..self
        }
    }
}

impl TenantFindings {
    /// A tenant that cannot even be opened.
    pub(super) fn unusable(name: &str, error: &anyhow::Error) -> Self {
        let finding = Finding::new("settings", Status::Failed, causes(error.as_ref()));
        let finding = finding.with_advice(failure::hint(error));
        Self {
            tenant: name.to_owned(),
            tenant_id: None,
            client_id: None,
            cloud: None,
            hunting: None,
            advice: finding.advice.iter().cloned().collect(),
            checks: vec![finding],
            capabilities: Vec::new(),
        }
    }

    /// Whether nothing has to be done. What no job needs may be missing.
    pub(crate) fn is_fine(&self) -> bool {
        self.statuses().all(|status| !status.is_bad())
    }

    /// The statuses that count.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = Status> {
        let checks = self.checks.iter().map(|finding| finding.status);
        let needed = self
            .capabilities
            .iter()
            .filter(|finding| !finding.jobs.is_empty());
        checks.chain(needed.map(|finding| finding.status))
    }
}

/// An error and its causes in one line.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = all.map(ToString::to_string).collect();
    texts.join(": ")
}

/// As `--for` spells it.
pub(super) fn job_name(job: Job) -> &'static str {
    match job {
        Job::Hunt => "hunt",
        Job::Indicators => "indicators",
        Job::Assets => "assets",
        Job::Relay => "relay",
        _ => "other",
    }
}
