//! Remediation tasks.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/get-remediation-methods-properties.

use super::{collection, listing, one};
use crate::data::SharedEntity;
use crate::odata::{self, EntitySet, Kind, Property};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::Call;
use crate::server::Twin;

pub(crate) static TASKS: EntitySet = EntitySet {
    context: "RemediationTasks",
    type_name: "microsoft.windowsDefenderATP.api.RemediationTask",
    properties: &[
        Property::filtered("createdOn", Kind::Instant),
        Property::filtered("status", Kind::Text),
        Property::shown("id", Kind::Text),
        Property::shown("title", Kind::Text),
        Property::shown("requesterId", Kind::Text),
        Property::shown("requesterEmail", Kind::Text),
        Property::shown("dueOn", Kind::Instant),
        Property::shown("priority", Kind::Text),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: false,
    top_is_page: false,
};

/// `GET /api/remediationtasks`.
pub(crate) fn list(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    collection(twin, call, &TASKS, &all(twin))
}

/// `GET /api/remediationtasks/$count`.
pub(crate) fn count(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    odata::count(twin, call, listing(&TASKS, &all(twin)))
}

fn all(twin: &Twin) -> Vec<SharedEntity> {
    let state = twin.tenant_state();
    state.remediation_tasks.values().cloned().collect()
}

/// `GET /api/remediationtasks/{id}`.
pub(crate) fn get(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let id = call.required("id")?;
    let state = twin.tenant_state();
    let task = state.remediation_tasks.get(&id);
    let task = task.ok_or_else(|| Refusal::not_found("RemediationTask", &id))?;
    Ok(one(call, "RemediationTasks/$entity", task))
}
