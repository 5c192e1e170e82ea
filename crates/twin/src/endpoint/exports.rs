//! Export assessments: whole inventories as pages, as gzip files behind signed addresses, and as changes.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/get-assessment-methods-properties and the pages beside it.

use std::io::{BufWriter, Write};
use std::ops::Range;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::exposure::{Exposure, Installed, Row, generated};
use crate::address;
use crate::data::Entity;
use crate::inventory::{Assessment, Setting};
use crate::iso;
use crate::odata::PageFault;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::state::{entity, instant, text};
use crate::storage::{self, EXPORTS};
use crate::wire_time;

/// Most rows on a page.
pub(crate) const ROWS_MAX: usize = 200_000;
/// Bytes of a file that are packed at once.
const PACKED_BYTES: usize = 64 * 1024;
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

    /// How many rows there are.
    fn count(self, exposure: &Exposure<'_>) -> usize {
        match self {
            Self::Software => exposure.installed().count(),
            Self::Vulnerabilities => exposure.weaknesses().count(),
            Self::Settings => exposure.assessments().count(),
        }
    }

    /// The rows at some places. No other row is made.
    fn rows<'a>(
        self,
        exposure: &'a Exposure<'_>,
        places: Range<usize>,
    ) -> Box<dyn Iterator<Item = Entity> + 'a> {
        let (skip, take) = (places.start, places.len());
        match self {
            Self::Software => {
                let own = exposure.installed().skip(skip).take(take);
                Box::new(own.map(|installed| software_row(exposure, installed)))
            }
            Self::Vulnerabilities => {
                let own = exposure.weaknesses().skip(skip).take(take);
                Box::new(own.map(|row| vulnerability_row(exposure, &row)))
            }
            Self::Settings => {
                let own = exposure.assessments().skip(skip).take(take);
                Box::new(
                    own.map(|(assessment, setting)| setting_row(exposure, assessment, setting)),
                )
            }
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
    let listing = Listing {
        type_name: kind.type_name(),
        hours: SNAPSHOT_HOURS,
        total: kind.count(&exposure),
    };
    listing.page(twin, call, |places| kind.rows(&exposure, places).collect())
}

/// Rows that are made once it is known which of them a page shows.
struct Listing {
    type_name: &'static str,
    /// How often the service makes them.
    hours: i64,
    total: usize,
}

impl Listing {
    /// A page of rows: `pageSize`, `$top` (which ends the links), `$skiptoken`.
    fn page(
        &self,
        twin: &Twin,
        call: &Call,
        rows: impl FnOnce(Range<usize>) -> Vec<Entity>,
    ) -> Result<Reply, Refusal> {
        check_options(call)?;
        let size = number(call, "pageSize", ROWS_MAX)?.unwrap_or(twin.limits.export_rows_default);
        let top = number(call, "$top", ROWS_MAX)?;
        let start = match call.option("$skiptoken") {
            Some(token) => read_token(&token)?,
            None => 0,
        };
        let start = start.min(self.total);
        let full = start.saturating_add(top.unwrap_or(size)).min(self.total);
        let fault = call.page_fault.filter(|_| top.is_none());
        let end = match fault {
            Some(PageFault::ShortPage) => start + (full - start).div_ceil(2),
            Some(PageFault::EmptyPage) => start,
            _ => full,
        };
        let mut shown = rows(start..end);
        if fault == Some(PageFault::DuplicateIds) {
            shown.extend(shown.last().cloned());
        }
        let has_more = end < self.total && top.is_none();
        let link = match fault {
            Some(PageFault::MissingLink) => None,
            Some(PageFault::LoopingLink) => Some(address::own_link(twin, call)),
            _ => {
                has_more.then(|| next_link(twin, call, end, generated(twin.time.now(), self.hours)))
            }
        };
        let context = format!(
            "Collection(microsoft.windowsDefenderATP.api.{})",
            self.type_name
        );
        let shown = shown.into_iter().map(Value::Object).collect();
        let mut body = entity(json!({"@odata.context": address::context(call, &context)}));
        body.insert("value".to_owned(), Value::Array(shown));
        if let Some(link) = link {
            body.insert("@odata.nextLink".to_owned(), json!(link));
        }
        Ok(Reply::odata(&body))
    }
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
    let parts = kind.count(&exposure).div_ceil(file_rows(twin)).max(1);
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

/// Rows of a file.
fn file_rows(twin: &Twin) -> usize {
    twin.limits.export_file_rows.max(1)
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
    let start = number.saturating_mul(file_rows(twin));
    let rows = kind.rows(&exposure, start..start.saturating_add(file_rows(twin)));
    let packed = packed(rows).map_err(|_| Refusal::internal())?;
    Ok(Reply::bytes(
        StatusCode::OK,
        "application/octet-stream",
        packed,
    ))
}

fn packed(rows: impl Iterator<Item = Entity>) -> std::io::Result<Vec<u8>> {
    let packer = GzEncoder::new(Vec::new(), Compression::fast());
    // Packing pieces as small as a key would take most of the time.
    let mut out = BufWriter::with_capacity(PACKED_BYTES, packer);
    for row in rows {
        serde_json::to_writer(&mut out, &row)?;
        out.write_all(b"\n")?;
    }
    out.into_inner()?.finish()
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
    let told = twin.prepared.entities.vulnerability_changes.iter();
    let told =
        told.filter_map(|change| Some((instant(change, "eventTimestamp")?, Event::Told(change))));
    let mut events: Vec<(Timestamp, Event<'_>)> = exposure
        .all_weaknesses()
        .flat_map(|row| events(&exposure, row))
        .chain(told)
        .filter(|(at, _)| *at >= since && *at <= until)
        .collect();
    events.sort_by_key(|(at, _)| *at);
    let listing = Listing {
        type_name: "DeltaAssetVulnerability",
        hours: CHANGES_HOURS,
        total: events.len(),
    };
    listing.page(twin, call, |places| {
        let shown = events.iter().skip(places.start).take(places.len());
        shown
            .map(|(at, event)| event.shown(&exposure, *at))
            .collect()
    })
}

/// What happened to a vulnerability of a device.
enum Event<'a> {
    /// What the tables tell: its status and the row.
    Seen(&'static str, Row<'a>),
    /// What the data directory tells.
    Told(&'a Entity),
}

impl Event<'_> {
    fn shown(&self, exposure: &Exposure<'_>, at: Timestamp) -> Entity {
        let (status, row) = match self {
            Self::Seen(status, row) => (status, row),
            Self::Told(change) => return (*change).clone(),
        };
        let mut event = vulnerability_row(exposure, row);
        event.insert("status".to_owned(), json!(status));
        event.insert("eventTimestamp".to_owned(), json!(wire_time::text(at)));
        event.insert("isOnboarded".to_owned(), json!(exposure.has(row.device)));
        event
    }
}

/// What the tables tell: a vulnerability came, its description changed, the device left.
fn events<'a>(
    exposure: &Exposure<'_>,
    row: Row<'a>,
) -> impl Iterator<Item = (Timestamp, Event<'a>)> + use<'a> {
    let first = exposure.first_seen(&row);
    let changed = row.vulnerability.modified.filter(|at| Some(*at) > first);
    let left = exposure.last_seen(row.device);
    let left = left.filter(|_| !exposure.has(row.device));
    let stages = [("New", first), ("Updated", changed), ("Fixed", left)];
    stages
        .into_iter()
        .filter_map(move |(status, at)| Some((at?, Event::Seen(status, row))))
}

/// `2026-10-01 08:00:00`, as these rows write instants.
fn plain(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn software_row(exposure: &Exposure<'_>, (device, place, product): Installed<'_>) -> Entity {
    let inventory = exposure.inventory;
    let own = inventory.devices.get(device);
    let support = inventory.support.get(&place);
    let weaknesses = inventory.weakness_counts.get(&(device, place));
    entity(json!({
        "deviceId": exposure.device_id(device), "rbacGroupName": exposure.group(device),
        "deviceName": own.map(|own| &own.name), "osPlatform": own.map(|own| &own.platform),
        "softwareVendor": product.vendor, "softwareName": product.name, "softwareVersion": product.version,
        "numberOfWeaknesses": weaknesses.copied().unwrap_or(0), "diskPaths": [], "registryPaths": [],
        "softwareFirstSeenTimestamp": plain(exposure.device_first_seen(device)),
        "endOfSupportStatus": support.map_or("", |support| &support.status),
        "endOfSupportDate": plain(support.and_then(|support| support.ends)),
    }))
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

fn setting_row(exposure: &Exposure<'_>, own: &Assessment, setting: &Setting) -> Entity {
    let device = exposure.inventory.devices.get(own.device);
    let machine = exposure.machine(own.device);
    entity(json!({
        "deviceId": exposure.device_id(own.device), "rbacGroupName": exposure.group(own.device),
        "deviceName": device.map(|device| &device.name), "osPlatform": device.map(|device| &device.platform),
        "osVersion": machine.map(|machine| text(machine, "version")), "timestamp": plain(Some(own.at)),
        "configurationId": setting.id, "configurationCategory": setting.category,
        "configurationSubcategory": setting.subcategory, "configurationImpact": setting.impact,
        "isCompliant": own.is_compliant, "isApplicable": own.is_applicable,
        "isExpectedUserImpact": own.is_expected_user_impact, "configurationName": setting.name,
        "recommendationReference": format!("sca-_-{}", setting.id),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{Inventory, InventoryDevice, Product, Vulnerability, Weakness};

    /// Three devices with two programs, two vulnerabilities and two settings each.
    fn inventory() -> Inventory {
        let device = |place: usize| InventoryDevice {
            id: format!("device-{place}"),
            name: format!("pc-{place}"),
            platform: "Windows11".to_owned(),
            version: "24H2".to_owned(),
            architecture: "x64".to_owned(),
        };
        let product = |place: usize| Product {
            vendor: "contoso".to_owned(),
            name: format!("product-{place}"),
            version: "1.0".to_owned(),
        };
        let vulnerability = |place: usize| Vulnerability {
            id: format!("CVE-2026-1000{place}"),
            severity: "High".to_owned(),
            score: Some(7.5),
            has_exploit: false,
            published: None,
            modified: None,
            description: String::new(),
        };
        let setting = |place: usize| Setting {
            id: format!("scid-{place}"),
            name: String::new(),
            category: String::new(),
            subcategory: String::new(),
            impact: 1.0,
        };
        let pairs = || (0..3).flat_map(|device| (0..2).map(move |other| (device, other)));
        Inventory {
            devices: (0..3).map(device).collect(),
            products: (0..2).map(product).collect(),
            installed: pairs().collect(),
            vulnerabilities: (0..2).map(vulnerability).collect(),
            updates: vec![("Update it".to_owned(), String::new())],
            weaknesses: pairs()
                .map(|(device, vulnerability)| Weakness {
                    device,
                    product: 1,
                    vulnerability,
                    update: 0,
                })
                .collect(),
            weakness_counts: (0..3).map(|device| ((device, 1), 2)).collect(),
            settings: (0..2).map(setting).collect(),
            assessments: pairs()
                .map(|(device, setting)| Assessment {
                    device,
                    setting,
                    at: Timestamp::UNIX_EPOCH,
                    is_compliant: true,
                    is_applicable: true,
                    is_expected_user_impact: false,
                })
                .collect(),
            ..Inventory::default()
        }
    }

    #[test]
    fn ranges_of_any_length_together_are_all_rows() {
        let inventory = inventory();
        let exposure = Exposure::of(&inventory, &[true, false, true]);
        for kind in Kind::ALL {
            let all: Vec<Entity> = kind.rows(&exposure, 0..usize::MAX).collect();
            let devices: Vec<&str> = all.iter().map(|row| text(row, "deviceId")).collect();
            assert_eq!(devices, ["device-0", "device-0", "device-2", "device-2"]);
            assert_eq!(kind.count(&exposure), all.len());
            for length in 1..=all.len() + 1 {
                let starts = (0..all.len()).step_by(length);
                let ranges = starts.map(|start| start..start + length);
                let parts: Vec<Vec<Entity>> = ranges
                    .map(|range| kind.rows(&exposure, range).collect())
                    .collect();
                assert!(parts.iter().all(|part| part.len() <= length));
                assert_eq!(parts.concat(), all, "{kind:?} by {length}");
            }
        }
    }

    #[test]
    fn programs_count_their_weaknesses_on_the_device() {
        let inventory = inventory();
        let exposure = Exposure::of(&inventory, &[true; 3]);
        let rows = Kind::Software.rows(&exposure, 2..4);
        let counts = rows.map(|row| row["numberOfWeaknesses"].clone());
        assert_eq!(counts.collect::<Vec<_>>(), [json!(0), json!(2)]);
    }
}
