//! Automated investigations.

use axum::http::StatusCode;

use super::{collection, listing, one, one_with};
use crate::data::SharedEntity;
use crate::odata::{self, EntitySet, Kind, Property};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request_body::RequestBody;
use crate::route::Call;
use crate::server::Twin;

pub(crate) static INVESTIGATIONS: EntitySet = EntitySet {
    context: "Investigations",
    type_name: "microsoft.windowsDefenderATP.api.Investigation",
    properties: &[
        Property::filtered("id", Kind::Text),
        Property::filtered("startTime", Kind::Instant),
        Property::filtered("state", Kind::Text),
        Property::filtered("machineId", Kind::Text),
        Property::filtered("triggeringAlertId", Kind::Text),
        Property::shown("endTime", Kind::Instant),
        Property::shown("cancelledBy", Kind::Text),
        Property::shown("statusDetails", Kind::Text),
        Property::shown("computerDnsName", Kind::Text),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: false,
    top_is_page: false,
};

const ENTITY: &str = "Investigations/$entity";

/// `GET /api/investigations`.
pub(crate) fn list(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let investigations: Vec<SharedEntity> = twin.tenant_state().all_investigations();
    collection(twin, call, &INVESTIGATIONS, &investigations)
}

/// `GET /api/investigations/$count`.
pub(crate) fn count(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let investigations = twin.tenant_state().all_investigations();
    odata::count(twin, call, listing(&INVESTIGATIONS, &investigations))
}

/// `GET /api/investigations/{id}`.
pub(crate) fn get(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let state = twin.tenant_state();
    Ok(one(
        call,
        ENTITY,
        state.investigation(&call.required("id")?)?,
    ))
}

/// `POST /api/machines/{id}/startInvestigation`.
pub(crate) fn start(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    body.required("Comment")?;
    let mut state = twin.tenant_state();
    let machine = state.machine_id(&call.required("id")?)?;
    let length = twin
        .limits
        .action_pending
        .saturating_add(twin.limits.action_running);
    let begun = state.begin_investigation(&machine, length, twin.time.now());
    Ok(one_with(StatusCode::CREATED, call, ENTITY, &begun))
}
