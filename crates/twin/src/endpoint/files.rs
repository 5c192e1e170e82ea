//! Files: profile, prevalence, related alerts and machines.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/files and the pages beside it.

use serde_json::{Value, json};

use super::prevalence::{self, Prevalence};
use super::{alerts, collection, machines, one};
use crate::data::{Entity, SharedEntity};
use crate::odata::{EntitySet, Kind, Property};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::state::{entity, evidence, text};
use crate::telemetry::{self, HashKind, SeenFile, Sighting};

pub(crate) static FILES: EntitySet = EntitySet {
    context: "Files",
    type_name: "microsoft.windowsDefenderATP.api.File",
    properties: &[
        Property::shown("sha1", Kind::Text),
        Property::shown("sha256", Kind::Text),
        Property::shown("md5", Kind::Text),
        Property::shown("size", Kind::Number),
        Property::shown("fileType", Kind::Text),
        Property::shown("determinationType", Kind::Text),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: false,
    top_is_page: false,
};

/// Names that the statistics tell.
const NAMES_MAX: usize = 10;

/// `GET /api/files/{id}`.
pub(crate) fn get<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, profile(twin, call).await) })
}

async fn profile(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let (kind, hash) = hash(call)?;
    let file = find(twin, kind, &hash)
        .await?
        .ok_or_else(|| Refusal::not_found("File", &hash))?;
    Ok(one(call, "Files/$entity", &file))
}

fn hash(call: &Call) -> Result<(HashKind, String), Refusal> {
    let hash = call.required("id")?;
    match HashKind::of(&hash) {
        Some(kind) => Ok((kind, hash.to_ascii_lowercase())),
        None => Err(Refusal::bad(
            "InvalidHashValue",
            format!("'{hash}' is not a valid file hash"),
        )),
    }
}

fn property(kind: HashKind) -> &'static str {
    match kind {
        HashKind::Sha1 => "sha1",
        HashKind::Sha256 => "sha256",
        HashKind::Md5 => "md5",
    }
}

/// The file that the tenant's own list, the telemetry or the evidence of an alert knows.
async fn find(twin: &Twin, kind: HashKind, hash: &str) -> Result<Option<SharedEntity>, Refusal> {
    let has_hash = |file: &Entity| text(file, property(kind)).eq_ignore_ascii_case(hash);
    let listed = {
        let state = twin.tenant_state();
        state.files.iter().find(|file| has_hash(file)).cloned()
    };
    if listed.is_some() {
        return Ok(listed);
    }
    let seen = telemetry::file(twin, kind, hash, prevalence::visible(twin)).await?;
    if let Some(seen) = seen {
        return Ok(Some(SharedEntity::new(from_telemetry(&seen))));
    }
    let state = twin.tenant_state();
    let found = state
        .alerts
        .values()
        .flat_map(|alert| evidence(alert))
        .find(|evidence| has_hash(evidence))
        .map(|evidence| SharedEntity::new(from_evidence(evidence)));
    Ok(found)
}

fn from_telemetry(seen: &SeenFile) -> Entity {
    let first = seen.sightings.iter().map(|sighting| sighting.first).min();
    let last = seen.sightings.iter().map(|sighting| sighting.last).max();
    let name = seen
        .sightings
        .first()
        .map_or("", |sighting| sighting.name.as_str());
    let is_program = [".exe", ".dll", ".sys"]
        .iter()
        .any(|ending| name.to_ascii_lowercase().ends_with(ending));
    entity(json!({
        "sha1": nonempty(&seen.sha1), "sha256": nonempty(&seen.sha256), "md5": nonempty(&seen.md5),
        "globalPrevalence": devices(&seen.sightings), "globalFirstObserved": first.map(crate::wire_time::text),
        "globalLastObserved": last.map(crate::wire_time::text), "size": seen.size,
        "fileType": if is_program { Some("PortableExecutable") } else { None }, "isPeFile": is_program,
        "filePublisher": null, "fileProductName": null, "signer": null, "issuer": null, "signerHash": null,
        "isValidCertificate": null, "determinationType": "Unknown", "determinationValue": "",
    }))
}

fn from_evidence(evidence: &Entity) -> Entity {
    entity(json!({
        "sha1": evidence.get("sha1"), "sha256": evidence.get("sha256"), "md5": null, "globalPrevalence": 1,
        "globalFirstObserved": evidence.get("evidenceCreationTime"),
        "globalLastObserved": evidence.get("evidenceCreationTime"), "size": null, "fileType": null, "isPeFile": null,
        "filePublisher": null, "fileProductName": null, "signer": null, "issuer": null, "signerHash": null,
        "isValidCertificate": null, "determinationType": "Unknown", "determinationValue": "",
    }))
}

fn nonempty(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn devices(sightings: &[Sighting]) -> usize {
    prevalence::devices(sightings).len()
}

/// `GET /api/files/{id}/stats`.
pub(crate) fn stats<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, statistics(twin, call).await) })
}

async fn statistics(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let (kind, hash) = hash(call)?;
    let back = prevalence::look_back(twin, call)?;
    let file = find(twin, kind, &hash)
        .await?
        .ok_or_else(|| Refusal::not_found("File", &hash))?;
    let seen = telemetry::file(twin, kind, &hash, back).await?;
    let sightings = seen.map(|seen| seen.sightings).unwrap_or_default();
    let own = Prevalence::of(&sightings);
    let global = file.get("globalPrevalence").cloned().unwrap_or(json!(0));
    let mut names: Vec<&str> = sightings
        .iter()
        .map(|sighting| sighting.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(NAMES_MAX);
    let body = json!({
        "sha1": file.get("sha1"), "orgPrevalence": own.devices.to_string(), "organizationPrevalence": own.devices,
        "orgFirstSeen": own.first_text(), "orgLastSeen": own.last_text(), "globalPrevalence": digits(&global),
        "globallyPrevalence": global, "globalFirstObserved": file.get("globalFirstObserved"),
        "globalLastObserved": file.get("globalLastObserved"), "topFileNames": names,
    });
    let context = "microsoft.windowsDefenderATP.api.InOrgFileStats";
    Ok(one(call, context, &entity(body)))
}

fn digits(number: &Value) -> String {
    number.to_string()
}

/// `GET /api/files/{id}/alerts`.
pub(crate) fn alerts_of(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let (kind, hash) = hash(call)?;
    let has_hash = |evidence: &Entity| text(evidence, property(kind)).eq_ignore_ascii_case(&hash);
    let found: Vec<SharedEntity> = {
        let state = twin.tenant_state();
        state.alerts_with_evidence(has_hash).cloned().collect()
    };
    alerts::page(twin, call, &found)
}

/// `GET /api/files/{sha1}/machines`: only SHA-1 finds any; an unknown file has none.
pub(crate) fn machines_of<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, related_machines(twin, call).await) })
}

async fn related_machines(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let (kind, hash) = hash(call)?;
    if kind != HashKind::Sha1 {
        return collection(twin, call, &machines::MACHINES, &[]);
    }
    let seen = telemetry::file(twin, kind, &hash, prevalence::visible(twin)).await?;
    let sightings = seen.map(|seen| seen.sightings).unwrap_or_default();
    let has_hash = |evidence: &Entity| text(evidence, "sha1").eq_ignore_ascii_case(&hash);
    let found = prevalence::machines(twin, &sightings, has_hash, usize::MAX);
    collection(twin, call, &machines::MACHINES, &found)
}

/// `GET /api/alerts/{id}/files`.
pub(crate) fn of_alert<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, alert_files(twin, call).await) })
}

async fn alert_files(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let mut hashes: Vec<String> = {
        let state = twin.tenant_state();
        let alert = state.alert(&call.required("id")?)?;
        let sha1 = evidence(alert).map(|evidence| text(evidence, "sha1").to_ascii_lowercase());
        sha1.filter(|sha1| HashKind::of(sha1) == Some(HashKind::Sha1))
            .collect()
    };
    hashes.sort_unstable();
    hashes.dedup();
    let mut files = Vec::with_capacity(hashes.len());
    for hash in &hashes {
        files.extend(find(twin, HashKind::Sha1, hash).await?);
    }
    collection(twin, call, &FILES, &files)
}
