//! What an indicator does.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity};

/// What an indicator does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// What happens on a match.
    pub action: IndicatorAction,
    /// How bad that is.
    pub severity: IndicatorSeverity,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// What to do about a match.
    pub recommended_actions: Option<String>,
    /// A page that is shown to a user who is stopped.
    pub educate_url: Option<String>,
    /// Whether a match raises an alert.
    pub generate_alert: bool,
    /// When it ends.
    pub expires: Option<Timestamp>,
}
