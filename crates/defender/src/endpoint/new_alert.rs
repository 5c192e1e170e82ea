//! Alerts of one's own, raised from an event.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/create-alert-by-reference.

use jiff::Timestamp;
use serde::Serialize;

use super::AlertSeverity;
use crate::MachineId;

/// An alert to be raised from an event of advanced hunting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAlert {
    /// The machine of the event.
    pub machine_id: MachineId,
    /// How bad it is; the service takes `Low`, `Medium` and `High`.
    pub severity: AlertSeverity,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// What to do about it.
    pub recommended_action: String,
    /// The event's `Timestamp`, to the digit.
    pub event_time: Timestamp,
    /// The event's `ReportId`, as a text.
    pub report_id: String,
    /// Category, e.g. `CommandAndControl`.
    pub category: String,
}
