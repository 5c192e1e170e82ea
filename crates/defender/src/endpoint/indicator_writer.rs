//! Custom indicators, to be written.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/post-ti-indicator, import-ti-indicators,
//! delete-ti-indicator-by-id and batch-delete-ti-indicators.

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::Method;
use serde::Serialize;

use super::indicators::INDICATOR;
use super::{Indicator, IndicatorAction, IndicatorSeverity, IndicatorType};
use crate::core::Core;
use crate::odata::Page;
use crate::route::{INDICATOR_BATCHES, Route};
use crate::wire::entity;
use crate::{AnswerProblem, DefenderError, IndicatorId, Service};

/// Most indicators in one import or batch deletion.
///
/// Source: learn.microsoft.com/defender-endpoint/api/import-ti-indicators, "Limitations".
pub const INDICATORS_PER_BATCH_MAX: usize = 500;

pub(crate) const IMPORT_INDICATORS: Route = Route::write(
    "import indicators",
    "POST /api/indicators/import",
    INDICATOR,
)
.within(INDICATOR_BATCHES);

/// An indicator to be made, or changed where the tenant has one of the same value and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewIndicator {
    /// What is matched.
    #[serde(rename = "indicatorValue")]
    pub value: String,
    /// What that is.
    #[serde(rename = "indicatorType")]
    pub kind: IndicatorType,
    /// What happens.
    pub action: IndicatorAction,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// A label of who makes it; cannot be changed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// When it ends; in the future.
    #[serde(
        rename = "expirationTime",
        skip_serializing_if = "Option::is_none",
        serialize_with = "seconds"
    )]
    pub expires: Option<Timestamp>,
    /// How bad a match is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<IndicatorSeverity>,
    /// What to do about a match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended_actions: Option<String>,
    /// Device groups that it holds for; all where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rbac_group_names: Vec<String>,
    /// A page to show to a user who is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub educate_url: Option<String>,
    /// Whether a match raises an alert; must be so with [`IndicatorAction::Audit`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate_alert: Option<bool>,
}

/// The service counts in whole seconds.
fn seconds<S: serde::Serializer>(
    instant: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => serializer.collect_str(&instant.strftime("%Y-%m-%dT%H:%M:%S.0Z")),
        None => serializer.serialize_none(),
    }
}

entity! {
    /// What became of one indicator of an import.
    pub struct ImportResult {
        /// Its id, where it was taken.
        id: Option<IndicatorId> = "id",
        /// Its value.
        indicator: Option<String> = "indicator",
        /// Whether it was refused.
        is_failed: Option<bool> = "isFailed",
        /// Why.
        failure_reason: Option<String> = "failureReason",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Import<'a> {
    indicators: &'a [NewIndicator],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchDelete<'a> {
    indicator_ids: &'a [IndicatorId],
}

/// Changes custom indicators, from [`DefenderWriter::indicators`](crate::DefenderWriter::indicators).
///
/// A request that may have been carried out is never repeated: [`DefenderError::may_have_been_done`] says so, and
/// the list says what is.
#[derive(Debug, Clone)]
pub struct IndicatorWriter {
    pub(crate) core: Arc<Core>,
}

impl IndicatorWriter {
    /// Makes or changes one indicator and gives it back as it is now.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn submit(&self, indicator: &NewIndicator) -> Result<Indicator, DefenderError> {
        let route = Route::write("submit an indicator", "POST /api/indicators", INDICATOR);
        self.core
            .send(
                &route,
                self.core.url(Service::Defender, "/api", &["indicators"]),
                indicator,
            )
            .await
    }

    /// Makes or changes up to 500 indicators; the answer tells of each. One that has expired fails them all.
    ///
    /// # Errors
    /// [`DefenderError::Unfit`] for none or too many; [`DefenderError::Unreadable`] when the service does not tell of
    /// every one; [`DefenderError`].
    pub async fn import(
        &self,
        indicators: &[NewIndicator],
    ) -> Result<Vec<ImportResult>, DefenderError> {
        let route = IMPORT_INDICATORS;
        check_size(&route, indicators.len())?;
        let url = self
            .core
            .url(Service::Defender, "/api", &["indicators", "import"]);
        let (object, request_id) = self
            .core
            .send_object(&route, Method::POST, url, &Import { indicators })
            .await?;
        let unreadable = |source| route.unreadable(request_id.clone(), source);
        let object = object.ok_or_else(|| unreadable(AnswerProblem::Missing { part: "body" }))?;
        let page: Page<ImportResult> = Page::read(object).map_err(unreadable)?;
        if page.items.len() != indicators.len() {
            let problem = format!(
                "`value` tells of {} indicators, {} were sent",
                page.items.len(),
                indicators.len()
            );
            return Err(unreadable(AnswerProblem::Shape { problem }));
        }
        Ok(page.items)
    }

    /// Deletes one indicator. That there is none is an error.
    ///
    /// # Errors
    /// [`DefenderError`]; [`DefenderError::is_not_found`] where there was none.
    pub async fn delete(&self, id: &IndicatorId) -> Result<(), DefenderError> {
        let route = Route::write(
            "delete an indicator",
            "DELETE /api/indicators/{id}",
            INDICATOR,
        );
        self.core
            .delete(
                &route,
                self.core
                    .url(Service::Defender, "/api", &["indicators", id.as_str()]),
            )
            .await
    }

    /// Deletes up to 500 indicators. The service deletes none when one of them is missing (404) or not the caller's
    /// to see (403).
    ///
    /// # Errors
    /// [`DefenderError::Unfit`] for none or too many; [`DefenderError`].
    pub async fn delete_all(&self, indicator_ids: &[IndicatorId]) -> Result<(), DefenderError> {
        let route = Route::write(
            "delete indicators",
            "POST /api/indicators/BatchDelete",
            INDICATOR,
        )
        .within(INDICATOR_BATCHES);
        check_size(&route, indicator_ids.len())?;
        let url = self
            .core
            .url(Service::Defender, "/api", &["indicators", "BatchDelete"]);
        self.core
            .send_object(&route, Method::POST, url, &BatchDelete { indicator_ids })
            .await
            .map(drop)
    }
}

fn check_size(route: &Route, size: usize) -> Result<(), DefenderError> {
    if (1..=INDICATORS_PER_BATCH_MAX).contains(&size) {
        return Ok(());
    }
    let reason = format!("a batch has 1 to {INDICATORS_PER_BATCH_MAX} indicators, not {size}");
    Err(DefenderError::Unfit {
        operation: route.operation,
        reason,
    })
}
