//! Export assessments: whole inventories as pages, as gzip files behind signed addresses, and as changes.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/get-assessment-methods-properties and the pages beside it.

use std::io::Write;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::exposure::{Exposure, Row, generated, shared};
use crate::address;
use crate::data::{Entity, SharedEntity};
use crate::iso;
use crate::odata::PageFault;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::state::{entity, text};
use crate::storage::{self, EXPORTS};
use crate::wire_time;

/// Most rows on a page.
pub(crate) const ROWS_MAX: usize = 200_000;
/// Rows of a file.
const FILE_ROWS: usize = 20_000;
/// How long an address of a file can be good, in hours.
pub(crate) const HOURS_MAX: u64 = 6;
/// How far back changes reach.
pub(crate) const CHANGES_DAYS: i64 = 14;
/// How often whole inventories are made, and how often changes are, in hours.
const SNAPSHOT_HOURS: i64 = 24;
const CHANGES_HOURS: i64 = 6;

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Software,
    Vulnerabilities,
    Settings,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Software, Self::Vulnerabilities, Self::Settings];

    /// The type of its rows.
    fn type_name(self) -> &'static str {
        match self {
            Self::Software => "AssetSoftware",
            Self::Vulnerabilities => "AssetVulnerability",
            Self::Settings => "AssetConfiguration",
        }
    }

    /// The folder of its files.
    fn folder(self) -> &'static str {
        match self {
            Self::Software => "SoftwareInventory",
            Self::Vulnerabilities => "VaExport",
            Self::Settings => "ScaExport",
        }
    }

    fn rows(self, exposure: &Exposure<'_>) -> Vec<Entity> {
        match self {
            Self::Software => software_rows(exposure),
            Self::Vulnerabilities => {
                let rows = exposure.weaknesses();
                rows.map(|row| vulnerability_row(exposure, &row)).collect()
            }
            Self::Settings => setting_rows(exposure),
        }
    }
}

macro_rules! exports {
    ($($(#[$doc:meta])* $name:ident: $inner:ident($kind:expr);)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
            Box::pin(async move { call.finish(twin, $inner(twin, call, $kind).await) })
        }
    )*};
}

exports! {
    /// `GET /api/machines/SoftwareInventoryByMachine`.
    software_pages: pages(Kind::Software);
    /// `GET /api/machines/SoftwareVulnerabilitiesByMachine`.
    vulnerability_pages: pages(Kind::Vulnerabilities);
    /// `GET /api/machines/SecureConfigurationsAssessmentByMachine`.
    setting_pages: pages(Kind::Settings);
    /// `GET /api/machines/SoftwareInventoryExport`.
    software_files: files(Kind::Software);
    /// `GET /api/machines/SoftwareVulnerabilitiesExport`.
    vulnerability_files: files(Kind::Vulnerabilities);
    /// `GET /api/machines/SecureConfigurationsAssessmentExport`.
    setting_files: files(Kind::Settings);
}

/// `GET /api/machines/SoftwareVulnerabilityChangesByMachine`.
pub(crate) fn vulnerability_changes<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, changes(twin, call).await) })
}

/// `GET /tvm-export/{date}/{time}/{kind}/json/{organization}/{part}`.
pub(crate) fn file<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, part(twin, call).await) })
}

async fn pages(twin: &Twin, call: &Call, kind: Kind) -> Result<Reply, Refusal> {
    let exposure = Exposure::now(twin).await?;
    let rows = shared(kind.rows(&exposure));
    page(twin, call, kind.type_name(), &rows, SNAPSHOT_HOURS)
}

/// A page of rows: `pageSize`, `$top` (which ends the links), `$skiptoken`.
fn page(
    twin: &Twin,
    call: &Call,
    type_name: &str,
    rows: &[SharedEntity],
    hours: i64,
) -> Result<Reply, Refusal> {
    check_options(call)?;
    let size = number(call, "pageSize", ROWS_MAX)?.unwrap_or(twin.limits.export_rows_default);
    let top = number(call, "$top", ROWS_MAX)?;
    let time_path = generated(twin.time.now(), hours);
    let start = match call.option("$skiptoken") {
        Some(token) => read_token(&token)?,
        None => 0,
    };
    let start = start.min(rows.len());
    let full = start.saturating_add(top.unwrap_or(size)).min(rows.len());
    let fault = call.page_fault.filter(|_| top.is_none());
    let end = match fault {
        Some(PageFault::ShortPage) => start + (full - start).div_ceil(2),
        Some(PageFault::EmptyPage) => start,
        _ => full,
    };
    let mut shown: Vec<&SharedEntity> = rows.iter().take(end).skip(start).collect();
    if fault == Some(PageFault::DuplicateIds) {
        shown.extend(rows.iter().take(end).skip(start).next_back());
    }
    let more = (end < rows.len() && top.is_none()).then(|| next_link(twin, call, end, time_path));
    let link = match fault {
        Some(PageFault::MissingLink) => None,
        Some(PageFault::LoopingLink) => Some(address::own_link(twin, call)),
        _ => more,
    };
    let context = format!("Collection(microsoft.windowsDefenderATP.api.{type_name})");
    let mut body =
        entity(json!({"@odata.context": address::context(call, &context), "value": shown}));
    if let Some(link) = link {
        body.insert("@odata.nextLink".to_owned(), json!(link));
    }
    Ok(Reply::odata(&body))
}

fn check_options(call: &Call) -> Result<(), Refusal> {
    let unknown = url::form_urlencoded::parse(call.query.as_bytes())
        .find(|(name, _)| name.starts_with('$') && name != "$top" && name != "$skiptoken");
    match unknown {
        None => Ok(()),
        Some((name, _)) => Err(Refusal::bad(
            "ODataError",
            format!("Invalid OData URI query: The query parameter '{name}' is not supported."),
        )),
    }
}

fn number(call: &Call, name: &str, most: usize) -> Result<Option<usize>, Refusal> {
    let Some(given) = call.option(name) else {
        return Ok(None);
    };
    let number = given.parse::<usize>().ok();
    match number.filter(|number| (1..=most).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(Refusal::invalid(name, &given)),
    }
}

/// A link with a token in the form that the service's tokens have.
fn next_link(twin: &Twin, call: &Call, line: usize, made: Timestamp) -> String {
    let path = made.strftime("%Y-%m-%d/%H%M/").to_string();
    let token = json!({"ExportDefinition": {"TimePath": path}, "ExportFileIndex": 0, "LineStoppedAt": line});
    let token = STANDARD.encode(token.to_string());
    address::with_option(twin, call, ("$skiptoken", &token), &["$skiptoken"], &[])
}

fn read_token(token: &str) -> Result<usize, Refusal> {
    let line = STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        .and_then(|token| token.get("LineStoppedAt")?.as_u64())
        .and_then(|line| usize::try_from(line).ok());
    line.ok_or_else(|| Refusal::invalid("$skiptoken", token))
}

async fn files(twin: &Twin, call: &Call, kind: Kind) -> Result<Reply, Refusal> {
    let hours = match call.option("sasValidHours") {
        None => 1,
        Some(given) => {
            let hours = given.parse::<u64>().ok();
            let hours = hours.filter(|hours| (1..=HOURS_MAX).contains(hours));
            hours.ok_or_else(|| Refusal::invalid("sasValidHours", &given))?
        }
    };
    let exposure = Exposure::now(twin).await?;
    let made = generated(twin.time.now(), SNAPSHOT_HOURS);
    let parts = kind.rows(&exposure).len().div_ceil(FILE_ROWS).max(1);
    let life = Duration::from_secs(hours * 3_600);
    let urls: Vec<String> = (0..parts)
        .map(|part| storage::signed_url(twin, call, &part_path(twin, kind, made, part), life))
        .collect();
    let context = "microsoft.windowsDefenderATP.api.ExportFilesResponse";
    Ok(Reply::odata(&json!({
        "@odata.context": address::context(call, context), "exportFiles": urls,
        "generatedTime": wire_time::text(made),
    })))
}

fn part_path(twin: &Twin, kind: Kind, made: Timestamp, part: usize) -> String {
    format!(
        "{EXPORTS}/{}/{}/{}/json/OrgId={}/part-{part:05}.c000.json.gz",
        made.strftime("%Y-%m-%d"),
        made.strftime("%H%M"),
        kind.folder(),
        twin.tenant.tenant_id,
    )
}

/// A file: one JSON object a line, packed.
async fn part(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    storage::check(twin, call)?;
    let folder = call.required("kind")?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.folder() == folder);
    let kind = kind.ok_or_else(storage::no_such_file)?;
    let name = call.required("part")?;
    let number = name
        .strip_prefix("part-")
        .and_then(|rest| rest.strip_suffix(".c000.json.gz"))
        .and_then(|number| number.parse::<usize>().ok())
        .ok_or_else(storage::no_such_file)?;
    let exposure = Exposure::now(twin).await?;
    let rows = kind.rows(&exposure);
    let of_part = rows
        .iter()
        .skip(number.saturating_mul(FILE_ROWS))
        .take(FILE_ROWS);
    let packed = packed(of_part).map_err(|_| Refusal::internal())?;
    Ok(Reply::bytes(
        StatusCode::OK,
        "application/octet-stream",
        packed,
    ))
}

fn packed<'a>(rows: impl Iterator<Item = &'a Entity>) -> std::io::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    for row in rows {
        serde_json::to_writer(&mut out, row)?;
        out.write_all(b"\n")?;
    }
    out.finish()
}

/// What became new, was changed or was closed since a time.
async fn changes(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let now = twin.time.now();
    let given = call
        .option("sinceTime")
        .ok_or_else(|| Refusal::missing("sinceTime"))?;
    let since = iso::instant(&given).ok_or_else(|| Refusal::invalid("sinceTime", &given))?;
    if now.duration_since(since) > SignedDuration::from_hours(24 * CHANGES_DAYS) {
        return Err(Refusal::bad(
            "BadRequest",
            format!("sinceTime can be at most {CHANGES_DAYS} days ago"),
        ));
    }
    let exposure = Exposure::now(twin).await?;
    let until = generated(now, CHANGES_HOURS);
    let rows = exposure.all_weaknesses();
    let events = rows.flat_map(|row| events(&exposure, &row));
    let mut events: Vec<(Timestamp, Entity)> = events
        .filter(|(at, _)| *at >= since && *at <= until)
        .collect();
    events.sort_by_key(|(at, _)| *at);
    let rows = shared(events.into_iter().map(|(_, row)| row).collect());
    page(twin, call, "DeltaAssetVulnerability", &rows, CHANGES_HOURS)
}

/// What happened to a vulnerability of a device: it came, its description changed, the device left.
fn events(exposure: &Exposure<'_>, row: &Row<'_>) -> Vec<(Timestamp, Entity)> {
    let first = exposure.first_seen(row);
    let changed = row.vulnerability.modified.filter(|at| Some(*at) > first);
    let is_there = exposure.has(row.device);
    let left = exposure.last_seen(row.device).filter(|_| !is_there);
    let stages = [("New", first), ("Updated", changed), ("Fixed", left)];
    stages
        .into_iter()
        .filter_map(|(status, at)| {
            let at = at?;
            let mut event = vulnerability_row(exposure, row);
            event.insert("status".to_owned(), json!(status));
            event.insert("eventTimestamp".to_owned(), json!(wire_time::text(at)));
            event.insert("isOnboarded".to_owned(), json!(is_there));
            Some((at, event))
        })
        .collect()
}

/// `2026-10-01 08:00:00`, as these rows write instants.
fn plain(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn software_rows(exposure: &Exposure<'_>) -> Vec<Entity> {
    let mut counts = std::collections::HashMap::<(usize, &str, &str, &str), usize>::new();
    for row in exposure.weaknesses() {
        let product = row.product;
        let key = (
            row.device,
            product.vendor.as_str(),
            product.name.as_str(),
            product.version.as_str(),
        );
        *counts.entry(key).or_default() += 1;
    }
    let show = |(device, place, product): (usize, usize, &crate::inventory::Product)| {
        let own = exposure.inventory.devices.get(device)?;
        let support = exposure.inventory.support.get(&place);
        let key = (
            device,
            product.vendor.as_str(),
            product.name.as_str(),
            product.version.as_str(),
        );
        let machine = exposure.machine(device);
        let first = machine.and_then(|machine| crate::state::instant(machine, "firstSeen"));
        Some(entity(json!({
            "deviceId": own.id, "rbacGroupName": exposure.group(device), "deviceName": own.name,
            "osPlatform": own.platform, "softwareVendor": product.vendor, "softwareName": product.name,
            "softwareVersion": product.version, "numberOfWeaknesses": counts.get(&key).copied().unwrap_or(0),
            "diskPaths": [], "registryPaths": [], "softwareFirstSeenTimestamp": plain(first),
            "endOfSupportStatus": support.map_or("", |support| &support.status),
            "endOfSupportDate": plain(support.and_then(|support| support.ends)),
        })))
    };
    exposure.installed().filter_map(show).collect()
}

fn vulnerability_row(exposure: &Exposure<'_>, row: &Row<'_>) -> Entity {
    let (product, vulnerability) = (row.product, row.vulnerability);
    let device = exposure.inventory.devices.get(row.device);
    let id = exposure.device_id(row.device);
    let parts = [
        id,
        &product.vendor,
        &product.name,
        &product.version,
        &vulnerability.id,
    ];
    let update = Some(&row.update.1).filter(|number| !number.is_empty());
    let exploit = if vulnerability.has_exploit {
        "ExploitIsPublic"
    } else {
        "NoExploit"
    };
    entity(json!({
        "id": parts.join("_-_"), "deviceId": id, "rbacGroupName": exposure.group(row.device),
        "deviceName": device.map(|device| &device.name), "osPlatform": device.map(|device| &device.platform),
        "osVersion": device.map(|device| &device.version),
        "osArchitecture": device.map(|device| &device.architecture), "softwareVendor": product.vendor,
        "softwareName": product.name, "softwareVersion": product.version, "cveId": vulnerability.id,
        "vulnerabilitySeverityLevel": vulnerability.severity, "cvssScore": vulnerability.score,
        "recommendedSecurityUpdate": row.update.0, "recommendedSecurityUpdateId": update,
        "recommendedSecurityUpdateUrl":
            update.map(|id| format!("https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB{id}")),
        "diskPaths": [], "registryPaths": [], "lastSeenTimestamp": plain(exposure.last_seen(row.device)),
        "firstSeenTimestamp": plain(exposure.first_seen(row)), "exploitabilityLevel": exploit,
        "recommendationReference": format!("va-_-{}", product.software_id()),
        "securityUpdateAvailable": !row.update.0.is_empty(),
    }))
}

fn setting_rows(exposure: &Exposure<'_>) -> Vec<Entity> {
    let there = exposure
        .inventory
        .assessments
        .iter()
        .filter(|own| exposure.has(own.device));
    let show = |own: &crate::inventory::Assessment| {
        let device = exposure.inventory.devices.get(own.device)?;
        let setting = exposure.inventory.settings.get(own.setting)?;
        let machine = exposure.machine(own.device);
        Some(entity(json!({
            "deviceId": device.id, "rbacGroupName": exposure.group(own.device), "deviceName": device.name,
            "osPlatform": device.platform, "osVersion": machine.map(|machine| text(machine, "version")),
            "timestamp": plain(Some(own.at)), "configurationId": setting.id,
            "configurationCategory": setting.category, "configurationSubcategory": setting.subcategory,
            "configurationImpact": setting.impact, "isCompliant": own.is_compliant, "isApplicable": own.is_applicable,
            "isExpectedUserImpact": own.is_expected_user_impact, "configurationName": setting.name,
            "recommendationReference": format!("sca-_-{}", setting.id),
        })))
    };
    there.filter_map(show).collect()
}
