//! Who did what.

use jiff::Timestamp;
use serde::Serialize;

/// What became of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditResult {
    /// The service took it.
    Done,
    /// The service did not take it, or was never asked.
    NotDone,
    /// It may have been done all the same.
    Unknown,
}

/// One action, with whoever asked for it. Holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// When it was asked for.
    pub at: Timestamp,
    /// The id of the request.
    pub request_id: String,
    /// Who asked, by the token's subject; nobody where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The tenant.
    pub tenant_id: String,
    /// The app that acts.
    pub client_id: String,
    /// The action.
    pub action_id: String,
    /// What the observable is.
    pub observable_type: String,
    /// The machine or the observable.
    pub observable_value: String,
    /// The indicator that is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator_id: Option<String>,
    /// What became of it.
    pub result: AuditResult,
    /// The failure that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Keeps records of actions.
pub trait Audit: Send + Sync {
    /// Keeps `record`. Is called once for each action that was sent, after it.
    fn record(&self, record: &AuditRecord);
}
