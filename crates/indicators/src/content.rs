//! What an indicator does.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity};
use uuid::Uuid;

use crate::actual::Item;

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

/// The name space of fingerprints.
const NAMESPACE: Uuid = Uuid::from_u128(0x7465_7365_6d2d_636f_6e74_656e_742d_7635);

impl Content {
    /// What an indicator of the tenant does; nothing where it has an action or severity that cannot be submitted.
    #[must_use]
    pub fn of(item: &Item) -> Option<Self> {
        Some(Self {
            action: item.action.clone()?,
            severity: item.severity.clone()?,
            title: item.title.clone(),
            description: item.description.clone(),
            recommended_actions: item.recommended_actions.clone(),
            educate_url: item.educate_url.clone(),
            generate_alert: item.generate_alert,
            expires: item.expires,
        })
    }

    /// Whether an indicator of the tenant does this. The service counts in whole seconds, and does not tell an empty text from none.
    #[must_use]
    pub fn is_of(&self, item: &Item) -> bool {
        Self::of(item).is_some_and(|own| own.normal() == self.clone().normal())
    }

    fn normal(self) -> Self {
        let whole = |instant: Timestamp| Timestamp::from_second(instant.as_second());
        Self {
            recommended_actions: self.recommended_actions.filter(|text| !text.is_empty()),
            educate_url: self.educate_url.filter(|text| !text.is_empty()),
            expires: self.expires.and_then(|instant| whole(instant).ok()),
            ..self
        }
    }

    /// Tells contents apart, whenever they end.
    #[must_use]
    pub fn fingerprint(&self) -> Uuid {
        let lasting = Self {
            expires: None,
            ..self.clone().normal()
        };
        // A content of JSON types only can always be written.
        Uuid::new_v5(
            &NAMESPACE,
            &serde_json::to_vec(&lasting).unwrap_or_default(),
        )
    }
}
