//! Microsoft Defender for Endpoint beside hunting: one file per family of routes.
//!
//! Handlers read the call, let the tenant's state decide, and write entities as the service shows them.
//! Source: learn.microsoft.com/defender-endpoint/api/exposed-apis-list and the pages below it.

pub(crate) mod actions;
pub(crate) mod addresses;
pub(crate) mod alerts;
pub(crate) mod exports;
mod exposure;
pub(crate) mod exposure_sets;
pub(crate) mod files;
pub(crate) mod indicators;
pub(crate) mod investigations;
pub(crate) mod machines;
pub(crate) mod prevalence;
pub(crate) mod remediation;
pub(crate) mod software;
pub(crate) mod users;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::address;
use crate::data::{Entity, SharedEntity};
use crate::odata::{self, EntitySet, Listing};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::Call;
use crate::server::Twin;

/// A page of entities as they are.
fn collection(
    twin: &Twin,
    call: &Call,
    set: &'static EntitySet,
    entities: &[SharedEntity],
) -> Result<Reply, Refusal> {
    odata::list(twin, call, listing(set, entities), |entity, _| {
        entity.clone()
    })
}

fn listing<'a>(set: &'static EntitySet, entities: &'a [SharedEntity]) -> Listing<'a> {
    Listing {
        set,
        entities: entities.iter().map(AsRef::as_ref).collect(),
    }
}

/// One entity under its context, such as `Machines/$entity`.
fn one(call: &Call, context: &str, entity: &Entity) -> Reply {
    one_with(StatusCode::OK, call, context, entity)
}

fn one_with(status: StatusCode, call: &Call, context: &str, entity: &Entity) -> Reply {
    Reply::odata_with(status, &in_context(call, context, entity))
}

fn in_context(call: &Call, context: &str, entity: &Entity) -> Entity {
    let mut body = Entity::with_capacity(entity.len() + 1);
    body.insert(
        "@odata.context".to_owned(),
        json!(address::context(call, context)),
    );
    body.extend(entity.clone());
    body
}

/// A single value under the context of its type: `{"@odata.context": …, "value": …}`.
fn value(call: &Call, context: &str, value: impl Into<Value>) -> Reply {
    let context = address::context(call, context);
    Reply::odata(&json!({"@odata.context": context, "value": value.into()}))
}
