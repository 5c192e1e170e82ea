//! Files behind signed addresses, as the service keeps them in blob storage: export assessments, investigation packages, results of
//! live response.
//!
//! Whoever has the address may read until it expires; a bearer token does not belong there and is refused, as blob storage refuses a
//! request with two credentials. Source: learn.microsoft.com/rest/api/storageservices/create-service-sas and …/blob-service-error-codes.

mod package;

use std::time::Duration;

use axum::http::{StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use crate::endpoint::actions;
use crate::iso;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::Call;
use crate::server::Twin;
use crate::state::text;

/// Where investigation packages lie.
pub(crate) const PACKAGES: &str = "/investigation-packages";
/// Where export assessments lie.
pub(crate) const EXPORTS: &str = "/tvm-export";
/// Where results of live response lie.
pub(crate) const LIVE_RESPONSE: &str = "/live-response";

/// The version that signatures name.
const VERSION: &str = "2023-11-03";

/// The address under which `path` can be read for `life`.
pub(crate) fn signed_url(twin: &Twin, call: &Call, path: &str, life: Duration) -> String {
    let life = SignedDuration::try_from(life).unwrap_or(SignedDuration::MAX);
    let expires = twin.time.now().checked_add(life).unwrap_or(Timestamp::MAX);
    let expires = expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("sv", VERSION)
        .append_pair("sr", "b")
        .append_pair("sp", "r")
        .append_pair("se", &expires)
        .append_pair("sig", &signature(twin, path, &expires))
        .finish();
    let host = call.host.as_deref().unwrap_or("localhost");
    format!("http://{host}{path}?{query}")
}

/// A digest that only this tenant's twin can make.
fn signature(twin: &Twin, path: &str, expires: &str) -> String {
    let mut hasher = Sha256::new();
    let secrets = twin
        .tenant
        .apps
        .iter()
        .map(|app| app.client_secret.expose_secret());
    let parts = [twin.tenant.tenant_id.as_str()].into_iter().chain(secrets);
    for part in parts.chain([path, expires]) {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    STANDARD.encode(hasher.finalize())
}

/// Fails unless the call's address is signed and has not expired.
pub(crate) fn check(twin: &Twin, call: &Call) -> Result<(), Refusal> {
    if call.headers.contains_key(header::AUTHORIZATION) {
        return Err(Refusal::bad(
            "InvalidAuthenticationInfo",
            "Authentication information is not given in the correct format: a signed address takes no Authorization header.",
        ));
    }
    let expires = call.option("se").unwrap_or_default();
    let given = call.option("sig").unwrap_or_default();
    let is_in_time = iso::instant(&expires).is_some_and(|expires| twin.time.now() < expires);
    if given != signature(twin, &call.path, &expires) {
        return Err(denied("Signature did not match."));
    }
    if !is_in_time {
        return Err(denied("Signature not valid in the specified time frame."));
    }
    Ok(())
}

fn denied(why: &str) -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "AuthenticationFailed",
        format!("Server failed to authenticate the request. {why}"),
    )
}

/// 404 for a file that is not there.
pub(crate) fn no_such_file() -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        "BlobNotFound",
        "The specified blob does not exist.",
    )
}

/// `GET /investigation-packages/{file}`.
pub(crate) fn investigation_package(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    check(twin, call)?;
    let file = call.required("file")?;
    let id = file.strip_suffix(".zip").ok_or_else(no_such_file)?;
    let state = twin.tenant_state();
    let action = state.action(id).map_err(|_| no_such_file())?;
    let machine = state
        .machine(text(action, "machineId"))
        .map_err(|_| no_such_file())?;
    let users = state.users_of(text(machine, "id"));
    let archive = package::of_machine(machine, users).map_err(|_| Refusal::internal())?;
    Ok(Reply::bytes(StatusCode::OK, "application/zip", archive))
}

/// `GET /live-response/{id}/{file}`.
pub(crate) fn live_response(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    check(twin, call)?;
    let file = call.required("file")?;
    let index = file
        .strip_suffix(".json")
        .and_then(|index| index.parse().ok())
        .ok_or_else(no_such_file)?;
    let state = twin.tenant_state();
    let action = state
        .action(&call.required("id")?)
        .map_err(|_| no_such_file())?;
    let command = actions::live_command(action, index).ok_or_else(no_such_file)?;
    Ok(Reply::json(StatusCode::OK, &actions::live_result(command)))
}
