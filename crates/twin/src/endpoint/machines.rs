//! Machines: list, find, tags, value, users and alerts.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/machine and the pages beside it.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{alerts, collection, listing, one};
use crate::data::{Entity, SharedEntity};
use crate::iso;
use crate::odata::{self, EntitySet, Kind, Property};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request_body::RequestBody;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::state::{DEVICE_VALUES, TenantState, instant, text};
use crate::telemetry;

/// Most machines that one call tags.
pub(crate) const TAGGED_MAX: usize = 500;

/// Before and after the instant of `findbyip`.
const FIND_MINUTES: i64 = 15;

/// How far back `findbyip` looks.
const FIND_DAYS: i64 = 30;

pub(crate) static MACHINES: EntitySet = EntitySet {
    context: "Machines",
    type_name: "microsoft.windowsDefenderATP.api.Machine",
    properties: &[
        Property::filtered("id", Kind::Text),
        Property::filtered("computerDnsName", Kind::Text),
        Property::filtered("lastSeen", Kind::Instant),
        Property::filtered("osPlatform", Kind::Text),
        Property::filtered("version", Kind::Text),
        Property::filtered("lastIpAddress", Kind::Text),
        Property::filtered("healthStatus", Kind::Text),
        Property::filtered("deviceValue", Kind::Text),
        Property::filtered("rbacGroupId", Kind::Number),
        Property::filtered("riskScore", Kind::Text),
        Property::filtered("exposureLevel", Kind::Text),
        Property::filtered("aadDeviceId", Kind::Text),
        Property::filtered("machineTags", Kind::Texts),
        Property::filtered("onboardingStatus", Kind::Text),
        Property::shown("mergedIntoMachineId", Kind::Text),
        Property::shown("isPotentialDuplication", Kind::Flag),
        Property::shown("isExcluded", Kind::Flag),
        Property::shown("exclusionReason", Kind::Text),
        Property::shown("firstSeen", Kind::Instant),
        Property::shown("osVersion", Kind::Text),
        Property::shown("osProcessor", Kind::Text),
        Property::shown("osArchitecture", Kind::Text),
        Property::shown("lastExternalIpAddress", Kind::Text),
        Property::shown("agentVersion", Kind::Text),
        Property::shown("osBuild", Kind::Number),
        Property::shown("rbacGroupName", Kind::Text),
        Property::shown("isAadJoined", Kind::Flag),
        Property::shown("defenderAvStatus", Kind::Text),
        Property::shown("managedBy", Kind::Text),
        Property::shown("managedByStatus", Kind::Text),
        Property::shown("ipAddresses", Kind::Nested),
        Property::shown("vmMetadata", Kind::Nested),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: false,
    top_is_page: false,
};

pub(crate) static USERS: EntitySet = EntitySet {
    context: "Users",
    type_name: "microsoft.windowsDefenderATP.api.User",
    properties: &[
        Property::filtered("id", Kind::Text),
        Property::filtered("accountName", Kind::Text),
        Property::filtered("accountDomain", Kind::Text),
        Property::shown("accountSid", Kind::Text),
        Property::shown("firstSeen", Kind::Instant),
        Property::shown("lastSeen", Kind::Instant),
        Property::shown("mostPrevalentMachineId", Kind::Text),
        Property::shown("leastPrevalentMachineId", Kind::Text),
        Property::shown("logonTypes", Kind::Text),
        Property::shown("logOnMachinesCount", Kind::Number),
        Property::shown("isDomainAdmin", Kind::Flag),
        Property::shown("isOnlyNetworkUser", Kind::Flag),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: false,
    top_is_page: false,
};

/// `GET /api/machines`.
pub(crate) fn list(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let machines = all(&twin.tenant_state());
    collection(twin, call, &MACHINES, &machines)
}

/// `GET /api/machines/$count`.
pub(crate) fn count(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let machines = all(&twin.tenant_state());
    odata::count(twin, call, listing(&MACHINES, &machines))
}

fn all(state: &TenantState) -> Vec<SharedEntity> {
    state.machines.values().cloned().collect()
}

/// `GET /api/machines/{id}`.
pub(crate) fn get(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let state = twin.tenant_state();
    let machine = state.machine(&call.required("id")?)?;
    Ok(machine_reply(call, machine))
}

/// A machine on its own.
pub(super) fn machine_reply(call: &Call, machine: &Entity) -> Reply {
    one(call, "Machines/$entity", machine)
}

/// `PATCH /api/machines/{id}`: tags and value.
pub(crate) fn update(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let tags = body.texts("machineTags")?;
    let value = body.choice("deviceValue", &DEVICE_VALUES)?;
    if tags.is_none() && value.is_none() {
        return Err(Refusal::bad(
            "InvalidRequestBody",
            "Request body is incorrect: it updates nothing.",
        ));
    }
    let mut state = twin.tenant_state();
    let id = state.machine_id(&call.required("id")?)?;
    if let Some(tags) = tags {
        state.set_machine(&id, "machineTags", json!(tags));
    }
    if let Some(value) = value {
        state.set_machine(&id, "deviceValue", json!(value));
    }
    Ok(machine_reply(call, state.machine(&id)?))
}

/// `POST /api/machines/{id}/tags`.
pub(crate) fn tag(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let (tag, adds) = tag_change(&body)?;
    let mut state = twin.tenant_state();
    let id = state.machine_id(&call.required("id")?)?;
    state.tag(&id, tag, adds);
    Ok(machine_reply(call, state.machine(&id)?))
}

/// `POST /api/machines/AddOrRemoveTagForMultipleMachines`.
pub(crate) fn tag_many(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let (tag, adds) = tag_change(&body)?;
    let names = body
        .texts("MachineIds")?
        .filter(|names| !names.is_empty())
        .ok_or_else(|| Refusal::missing("MachineIds"))?;
    if names.len() > TAGGED_MAX {
        return Err(Refusal::batch(names.len(), TAGGED_MAX));
    }
    let mut state = twin.tenant_state();
    let ids = names
        .iter()
        .map(|name| state.machine_id(name))
        .collect::<Result<Vec<_>, _>>()?;
    for id in &ids {
        state.tag(id, tag, adds);
    }
    let tagged: Vec<SharedEntity> = ids
        .iter()
        .filter_map(|id| state.machines.get(id).cloned())
        .collect();
    drop(state);
    collection(twin, call, &MACHINES, &tagged)
}

fn tag_change(body: &RequestBody) -> Result<(&str, bool), Refusal> {
    let tag = body.required("Value")?;
    let action = body
        .choice("Action", &["Add", "Remove"])?
        .ok_or_else(|| Refusal::missing("Action"))?;
    Ok((tag, action == "Add"))
}

/// `POST /api/machines/{id}/setDeviceValue`.
pub(crate) fn set_value(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let value = body
        .choice("DeviceValue", &DEVICE_VALUES)?
        .ok_or_else(|| Refusal::missing("DeviceValue"))?;
    let mut state = twin.tenant_state();
    let id = state.machine_id(&call.required("id")?)?;
    state.set_machine(&id, "deviceValue", json!(value));
    Ok(machine_reply(call, state.machine(&id)?))
}

/// `GET /api/machines/findbytag?tag=…&useStartsWithFilter=…`.
pub(crate) fn find_by_tag(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let tag = call.option("tag").ok_or_else(|| Refusal::missing("tag"))?;
    let by_start = match call.option("useStartsWithFilter").as_deref() {
        None => false,
        Some(flag) if flag.eq_ignore_ascii_case("false") => false,
        Some(flag) if flag.eq_ignore_ascii_case("true") => true,
        Some(other) => return Err(Refusal::invalid("useStartsWithFilter", other)),
    };
    let fits = |own: &str| {
        if by_start {
            own.starts_with(&tag)
        } else {
            own == tag
        }
    };
    let has_tag = |machine: &SharedEntity| {
        let tags = machine.get("machineTags").and_then(Value::as_array);
        tags.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(fits)
    };
    let mut machines = all(&twin.tenant_state());
    machines.retain(has_tag);
    collection(twin, call, &MACHINES, &machines)
}

/// `GET /api/machines/findbyip(ip='…',timestamp=…)`.
pub(crate) fn find_by_ip<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, found_by_ip(twin, call).await) })
}

async fn found_by_ip(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let (ip, at) = find_arguments(&call.required("arguments")?, twin.time.now())?;
    let around = SignedDuration::from_mins(FIND_MINUTES);
    let window = (
        at.checked_sub(around).unwrap_or(Timestamp::MIN),
        at.checked_add(around).unwrap_or(Timestamp::MAX),
    );
    let seen = telemetry::devices_with_local_ip(twin, &ip, window).await?;
    let is_there = |machine: &SharedEntity| {
        let reported =
            instant(machine, "lastSeen").is_some_and(|seen| seen >= window.0 && seen <= window.1);
        let is_last = text(machine, "lastIpAddress") == ip && reported;
        is_last || seen.contains(text(machine, "id"))
    };
    let mut machines = all(&twin.tenant_state());
    machines.retain(is_there);
    collection(twin, call, &MACHINES, &machines)
}

/// `ip='10.0.0.1',timestamp=2026-10-01T08:00:00Z`, in this order or the other.
fn find_arguments(arguments: &str, now: Timestamp) -> Result<(String, Timestamp), Refusal> {
    let argument = |name: &str| {
        arguments.split(',').find_map(|part| {
            let (own, value) = part.trim().split_once('=')?;
            (own.trim() == name).then(|| value.trim().trim_matches('\'').to_owned())
        })
    };
    let ip = argument("ip").ok_or_else(|| Refusal::missing("ip"))?;
    if ip.parse::<IpAddr>().is_err() {
        return Err(Refusal::bad(
            "InvalidIpAddress",
            format!("'{ip}' is not a valid IP address"),
        ));
    }
    let given = argument("timestamp").ok_or_else(|| Refusal::missing("timestamp"))?;
    let at = iso::instant(&given).ok_or_else(|| Refusal::invalid("timestamp", &given))?;
    if now.duration_since(at) > SignedDuration::from_hours(24 * FIND_DAYS) {
        return Err(Refusal::bad(
            "BadRequest",
            format!("The given timestamp must be in the past {FIND_DAYS} days."),
        ));
    }
    Ok((ip, at))
}

/// `GET /api/machines/{id}/logonusers`.
pub(crate) fn logon_users(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let users = {
        let state = twin.tenant_state();
        let id = state.machine_id(&call.required("id")?)?;
        state.users_of(&id).to_vec()
    };
    collection(twin, call, &USERS, &users)
}

/// `GET /api/machines/{id}/alerts`.
pub(crate) fn alerts_of(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let found = machine_alerts(twin, call)?;
    alerts::page(twin, call, &found)
}

/// `GET /api/machines/{id}/alerts/$count`.
pub(crate) fn count_alerts_of(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let found = machine_alerts(twin, call)?;
    odata::count(twin, call, listing(&alerts::ALERTS, &found))
}

fn machine_alerts(twin: &Twin, call: &Call) -> Result<Vec<SharedEntity>, Refusal> {
    let state = twin.tenant_state();
    let id = state.machine_id(&call.required("id")?)?;
    Ok(state.alerts_of_machine(&id).cloned().collect())
}
