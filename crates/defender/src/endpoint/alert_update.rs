//! Changing alerts.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/update-alert and batch-update-alerts.

use std::sync::Arc;

use reqwest::Method;
use serde::Serialize;

use super::{Alert, AlertStatus, Classification, Determination, NewAlert};
use crate::core::{Core, entity};
use crate::route::{ALERT_BATCHES, ALERT_CREATIONS, Route};
use crate::{AlertId, AnswerProblem, DefenderError, Service};

const ALERT: &[&str] = &["Alert.ReadWrite.All"];

/// What to change; absent parts stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertUpdate {
    /// New status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<AlertStatus>,
    /// New owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// New classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    /// New determination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub determination: Option<Determination>,
    /// A comment to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchUpdate<'a> {
    alert_ids: &'a [AlertId],
    #[serde(flatten)]
    update: &'a AlertUpdate,
}

/// Changes alerts, from [`DefenderWriter::alerts`](crate::DefenderWriter::alerts).
#[derive(Debug, Clone)]
pub struct AlertWriter {
    pub(crate) core: Arc<Core>,
}

impl AlertWriter {
    /// Raises an alert from an event and gives it back.
    ///
    /// # Errors
    /// [`DefenderError`]; [`DefenderError::is_not_found`] where the service finds no such event.
    pub async fn create(&self, alert: &NewAlert) -> Result<Alert, DefenderError> {
        let endpoint = "POST /api/alerts/CreateAlertByReference";
        let route = Route::write("create an alert", endpoint, ALERT).within(ALERT_CREATIONS);
        let segments = &["alerts", "CreateAlertByReference"];
        let url = self.core.url(Service::Defender, "/api", segments);
        self.core.send(&route, url, alert).await
    }

    /// Changes one alert and gives it back as it is now.
    ///
    /// # Errors
    /// [`DefenderError`]; see [`DefenderError::may_have_been_done`].
    pub async fn update(&self, id: &AlertId, update: &AlertUpdate) -> Result<Alert, DefenderError> {
        let route = Route::write("update an alert", "PATCH /api/alerts/{id}", ALERT);
        let url = self
            .core
            .url(Service::Defender, "/api", &["alerts", id.as_str()]);
        let (object, request_id) = self
            .core
            .send_object(&route, Method::PATCH, url, update)
            .await?;
        match object {
            Some(object) => entity(&route, object, request_id),
            None => Err(route.unreadable(request_id, AnswerProblem::Missing { part: "body" })),
        }
    }

    /// Changes several alerts alike.
    ///
    /// # Errors
    /// [`DefenderError`]; see [`DefenderError::may_have_been_done`].
    pub async fn update_all(
        &self,
        alert_ids: &[AlertId],
        update: &AlertUpdate,
    ) -> Result<(), DefenderError> {
        let route = Route::write("update alerts", "POST /api/alerts/batchUpdate", ALERT)
            .within(ALERT_BATCHES);
        let url = self
            .core
            .url(Service::Defender, "/api", &["alerts", "batchUpdate"]);
        let body = BatchUpdate { alert_ids, update };
        self.core
            .send_object(&route, Method::POST, url, &body)
            .await
            .map(drop)
    }
}
