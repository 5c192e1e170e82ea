//! Custom indicators.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/ti-indicator and the pages beside it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{collection, listing, one};
use crate::data::SharedEntity;
use crate::odata::{self, EntitySet, Kind, Property};
use crate::options::DeletionStatus;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request_body::RequestBody;
use crate::route::Call;
use crate::server::Twin;
use crate::state::{Caller, IndicatorRules, Submission, Visibility, text};

/// Most indicators in one import, and most ids in one deletion.
pub(crate) const BATCH_MAX: usize = 500;

pub(crate) static INDICATORS: EntitySet = EntitySet {
    context: "Indicators",
    type_name: "microsoft.windowsDefenderATP.api.Indicator",
    properties: &[
        Property::filtered("application", Kind::Text),
        Property::filtered("createdByDisplayName", Kind::Text),
        Property::filtered("expirationTime", Kind::Instant),
        Property::filtered("generateAlert", Kind::Flag),
        Property::filtered("title", Kind::Text),
        Property::filtered("rbacGroupNames", Kind::Texts),
        Property::filtered("rbacGroupIds", Kind::Texts),
        Property::filtered("indicatorValue", Kind::Text),
        Property::filtered("indicatorType", Kind::Text),
        Property::filtered("creationTimeDateTimeUtc", Kind::Instant),
        Property::filtered("createdBy", Kind::Text),
        Property::filtered("action", Kind::Text),
        Property::filtered("severity", Kind::Text),
        Property::shown("id", Kind::Text),
        Property::shown("description", Kind::Text),
        Property::shown("recommendedActions", Kind::Text),
        Property::shown("category", Kind::Number),
        Property::shown("educateUrl", Kind::Text),
        Property::shown("bypassDurationHours", Kind::Number),
        Property::shown("lastUpdateTime", Kind::Instant),
        Property::shown("createdBySource", Kind::Text),
        Property::shown("lastUpdatedBy", Kind::Text),
        Property::shown("mitreTechniques", Kind::Texts),
        Property::shown("historicalDetection", Kind::Flag),
        Property::shown("lookBackPeriod", Kind::Text),
        Property::shown("notificationId", Kind::Text),
        Property::shown("notificationBody", Kind::Text),
        Property::shown("version", Kind::Text),
        Property::shown("additionalInfo", Kind::Nested),
        Property::shown("externalId", Kind::Text),
        Property::shown("certificateInfo", Kind::Nested),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: false,
    top_is_page: false,
};

fn visibility(call: &Call) -> Visibility {
    if call.has_role("Ti.ReadWrite.All") {
        Visibility::All
    } else {
        Visibility::Own
    }
}

fn caller<'a>(twin: &Twin, call: &'a Call) -> Caller<'a> {
    Caller {
        app: &call.app,
        app_name: &call.app_name,
        visibility: visibility(call),
        now: twin.time.now(),
    }
}

fn seen(twin: &Twin, call: &Call) -> Vec<SharedEntity> {
    let state = twin.tenant_state();
    state.indicators.seen_by(&call.app, visibility(call))
}

/// `GET /api/indicators`.
pub(crate) fn list(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let indicators = seen(twin, call);
    collection(twin, call, &INDICATORS, &indicators)
}

/// `GET /api/indicators/$count`.
pub(crate) fn count(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let indicators = seen(twin, call);
    odata::count(twin, call, listing(&INDICATORS, &indicators))
}

fn rules(twin: &Twin) -> IndicatorRules {
    IndicatorRules {
        unverified: twin.unverified,
        now: twin.time.now(),
    }
}

fn take(twin: &Twin, call: &Call, submission: Submission) -> Result<SharedEntity, Refusal> {
    twin.tenant_state().indicators.submit(
        submission,
        caller(twin, call),
        twin.unverified.indicator_key,
        twin.limits.indicators_max,
    )
}

/// `POST /api/indicators`: creates, or updates what has the same value.
pub(crate) fn submit(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let submission = rules(twin).read(&body).map_err(|fault| fault.refusal)?;
    let indicator = take(twin, call, submission)?;
    Ok(one(call, "Indicators/$entity", &indicator))
}

/// `POST /api/indicators/import`: each on its own, but one that is expired spoils all.
pub(crate) fn import(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let items = match body.0.get("Indicators") {
        Some(Value::Array(items)) if !items.is_empty() => items,
        Some(Value::Array(_)) | None => return Err(Refusal::missing("Indicators")),
        Some(_) => {
            return Err(Refusal::bad(
                "InvalidRequestBody",
                "Request body is incorrect.",
            ));
        }
    };
    if items.len() > BATCH_MAX {
        return Err(Refusal::batch(items.len(), BATCH_MAX));
    }
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        let Value::Object(fields) = item else {
            return Err(Refusal::bad(
                "InvalidRequestBody",
                "Request body is incorrect.",
            ));
        };
        let checked = rules(twin).read(&RequestBody(fields.clone()));
        if let Err(fault) = &checked
            && fault.spoils_import
        {
            return Err(fault.refusal.clone());
        }
        read.push((text(fields, "indicatorValue"), checked));
    }
    let results: Vec<Value> = read
        .into_iter()
        .map(|(value, checked)| {
            let taken = checked
                .map_err(|fault| fault.refusal)
                .and_then(|submission| take(twin, call, submission));
            import_result(value, taken)
        })
        .collect();
    let context = "Collection(microsoft.windowsDefenderATP.api.ImportIndicatorResult)";
    Ok(super::value(call, context, results))
}

fn import_result(value: &str, taken: Result<SharedEntity, Refusal>) -> Value {
    match taken {
        Ok(indicator) => {
            json!({"id": text(&indicator, "id"), "indicator": value, "isFailed": false, "failureReason": null})
        }
        Err(refusal) => {
            json!({"id": null, "indicator": value, "isFailed": true, "failureReason": refusal.message})
        }
    }
}

/// `DELETE /api/indicators/{id}`.
pub(crate) fn delete(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let id = number(&call.required("id")?)?;
    twin.tenant_state()
        .indicators
        .delete(&[id], caller(twin, call))?;
    Ok(Reply::empty(match twin.unverified.indicator_deletion {
        DeletionStatus::NoContent => StatusCode::NO_CONTENT,
        DeletionStatus::Ok => StatusCode::OK,
    }))
}

/// `POST /api/indicators/BatchDelete`: all or nothing.
pub(crate) fn delete_many(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let ids = body
        .texts("IndicatorIds")?
        .filter(|ids| !ids.is_empty())
        .ok_or_else(|| Refusal::missing("IndicatorIds"))?;
    if ids.len() > BATCH_MAX {
        return Err(Refusal::batch(ids.len(), BATCH_MAX));
    }
    let ids = ids
        .iter()
        .map(|id| number(id))
        .collect::<Result<Vec<_>, _>>()?;
    twin.tenant_state()
        .indicators
        .delete(&ids, caller(twin, call))?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn number(id: &str) -> Result<u64, Refusal> {
    id.parse().map_err(|_| Refusal::invalid("id", id))
}
