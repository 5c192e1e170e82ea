//! Software, vulnerabilities, recommendations and scores.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/software, …/vulnerability, …/recommendation, …/score and the pages beside them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::exposure::{Exposure, Row, by_id, ratio, rounded, score, shared};
use super::exposure_sets::{
    DISTRIBUTIONS, MACHINE_VULNERABILITIES, RECOMMENDATIONS, REFERENCES, SOFTWARE, UPDATES,
    VULNERABILITIES,
};
use super::{collection, listing, one};
use crate::data::Entity;
use crate::odata::{self, EntitySet};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::state::{entity, text};
use crate::wire_time;

/// Of 100: what a device of each exposure level adds.
const EXPOSURE_WEIGHTS: [(&str, f64); 3] = [("Low", 10.0), ("Medium", 50.0), ("High", 100.0)];

/// A handler that needs the exposure.
macro_rules! handler {
    ($(#[$doc:meta])* $name:ident, $inner:ident) => {
        $(#[$doc])*
        pub(crate) fn $name<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
            Box::pin(async move {
                let result = match Exposure::now(twin).await {
                    Ok(exposure) => $inner(twin, call, &exposure),
                    Err(refusal) => Err(refusal),
                };
                call.finish(twin, result)
            })
        }
    };
}

handler! {
    /// `GET /api/Software`.
    list_software, software_page
}
handler! {
    /// `GET /api/Software/$count`.
    count_software, software_count
}
handler! {
    /// `GET /api/vulnerabilities/$count`.
    count_vulnerabilities, vulnerability_count
}
handler! {
    /// `GET /api/recommendations/$count`.
    count_recommendations, recommendation_count
}
handler! {
    /// `GET /api/Software/{id}`.
    get_software, software_one
}
handler! {
    /// `GET /api/Software/{id}/distributions`.
    distributions, distribution_page
}
handler! {
    /// `GET /api/Software/{id}/machineReferences`.
    software_machines, software_machine_page
}
handler! {
    /// `GET /api/Software/{id}/vulnerabilities`.
    software_vulnerabilities, software_vulnerability_page
}
handler! {
    /// `GET /api/Software/{id}/getmissingkbs`.
    software_updates, software_update_page
}
handler! {
    /// `GET /api/machines/{id}/software`.
    machine_software, machine_software_page
}
handler! {
    /// `GET /api/machines/{id}/vulnerabilities`.
    machine_vulnerabilities, machine_vulnerability_page
}
handler! {
    /// `GET /api/machines/{id}/recommendations`.
    machine_recommendations, machine_recommendation_page
}
handler! {
    /// `GET /api/machines/{id}/getmissingkbs`.
    machine_updates, machine_update_page
}
handler! {
    /// `GET /api/vulnerabilities`.
    list_vulnerabilities, vulnerability_page
}
handler! {
    /// `GET /api/vulnerabilities/{cve}`.
    get_vulnerability, vulnerability_one
}
handler! {
    /// `GET /api/vulnerabilities/{cve}/machineReferences`.
    vulnerability_machines, vulnerability_machine_page
}
handler! {
    /// `GET /api/vulnerabilities/machinesVulnerabilities`.
    machines_vulnerabilities, all_vulnerability_page
}
handler! {
    /// `GET /api/recommendations`.
    list_recommendations, recommendation_page
}
handler! {
    /// `GET /api/recommendations/{id}`.
    get_recommendation, recommendation_one
}
handler! {
    /// `GET /api/recommendations/{id}/software`.
    recommendation_software, recommendation_software_one
}
handler! {
    /// `GET /api/recommendations/{id}/machineReferences`.
    recommendation_machines, recommendation_machine_page
}
handler! {
    /// `GET /api/recommendations/{id}/vulnerabilities`.
    recommendation_vulnerabilities, recommendation_vulnerability_page
}
handler! {
    /// `GET /api/configurationScore`.
    configuration_score, configuration_score_one
}

type Answer = Result<Reply, Refusal>;

fn page(twin: &Twin, call: &Call, set: &'static EntitySet, entities: Vec<Entity>) -> Answer {
    collection(twin, call, set, &shared(entities))
}

fn count(twin: &Twin, call: &Call, set: &'static EntitySet, entities: Vec<Entity>) -> Answer {
    odata::count(twin, call, listing(set, &shared(entities)))
}

fn software_count(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    count(twin, call, &SOFTWARE, exposure.software(twin, |_| true))
}

fn vulnerability_count(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let all = exposure.vulnerabilities(|_| true, true);
    count(twin, call, &VULNERABILITIES, all)
}

fn recommendation_count(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let all = recommendations(twin, exposure, |_| true);
    count(twin, call, &RECOMMENDATIONS, all)
}

/// The machine of a call, as its place in the inventory; `None` when it has none there.
fn machine_place(
    twin: &Twin,
    call: &Call,
    exposure: &Exposure<'_>,
) -> Result<Option<usize>, Refusal> {
    let id = twin.tenant_state().machine_id(&call.required("id")?)?;
    let mut places = 0..exposure.inventory.devices.len();
    Ok(places.find(|place| exposure.device_id(*place) == id))
}

fn software_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    page(twin, call, &SOFTWARE, exposure.software(twin, |_| true))
}

fn software_one(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let found = software_of(twin, &call.required("id")?, exposure)?;
    Ok(one(call, "Software/$entity", &found))
}

fn software_of(twin: &Twin, id: &str, exposure: &Exposure<'_>) -> Result<Entity, Refusal> {
    by_id(exposure.software(twin, |_| true), "Software", id)
}

fn distribution_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let id = call.required("id")?;
    software_of(twin, &id, exposure)?;
    let mut versions: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for (_, _, product) in exposure
        .installed()
        .filter(|(.., product)| product.software_id() == id)
    {
        versions.entry(&product.version).or_default().0 += 1;
    }
    for row in exposure
        .weaknesses()
        .filter(|row| row.product.software_id() == id)
    {
        let version = versions.entry(&row.product.version).or_default();
        version.1.insert(&row.vulnerability.id);
    }
    let shown = versions.into_iter().map(|(version, (count, found))| {
        entity(json!({"version": version, "installations": count, "vulnerabilities": found.len()}))
    });
    page(twin, call, &DISTRIBUTIONS, shown.collect())
}

fn software_machine_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let id = call.required("id")?;
    software_of(twin, &id, exposure)?;
    let installed = exposure
        .installed()
        .filter(|(.., product)| product.software_id() == id);
    let references = exposure.references(installed.map(|(device, ..)| device));
    page(twin, call, &REFERENCES, references)
}

fn software_vulnerability_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let id = call.required("id")?;
    software_of(twin, &id, exposure)?;
    let fits = |row: &Row<'_>| row.product.software_id() == id;
    page(
        twin,
        call,
        &VULNERABILITIES,
        exposure.vulnerabilities(fits, false),
    )
}

fn software_update_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let id = call.required("id")?;
    software_of(twin, &id, exposure)?;
    let fits = |row: &Row<'_>| row.product.software_id() == id;
    page(twin, call, &UPDATES, exposure.missing_updates(fits))
}

fn machine_software_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let machine = machine_place(twin, call, exposure)?;
    let found = exposure.software(twin, |device| Some(device) == machine);
    page(twin, call, &SOFTWARE, found)
}

fn machine_vulnerability_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let machine = machine_place(twin, call, exposure)?;
    let fits = |row: &Row<'_>| Some(row.device) == machine;
    page(
        twin,
        call,
        &VULNERABILITIES,
        exposure.vulnerabilities(fits, false),
    )
}

fn machine_recommendation_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let machine = machine_place(twin, call, exposure)?;
    let found = recommendations(twin, exposure, |device| Some(device) == machine);
    page(twin, call, &RECOMMENDATIONS, found)
}

fn machine_update_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let machine = machine_place(twin, call, exposure)?;
    let fits = |row: &Row<'_>| Some(row.device) == machine;
    page(twin, call, &UPDATES, exposure.missing_updates(fits))
}

fn vulnerability_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    page(
        twin,
        call,
        &VULNERABILITIES,
        exposure.vulnerabilities(|_| true, true),
    )
}

fn vulnerability_one(_: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let all = exposure.vulnerabilities(|_| true, true);
    let found = by_id(all, "Vulnerability", &call.required("cve")?)?;
    Ok(one(call, "Vulnerabilities/$entity", &found))
}

fn vulnerability_machine_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let id = call.required("cve")?;
    by_id(
        exposure.vulnerabilities(|_| true, true),
        "Vulnerability",
        &id,
    )?;
    let rows = exposure
        .weaknesses()
        .filter(|row| row.vulnerability.id == id);
    let references = exposure.references(rows.map(|row| row.device));
    page(twin, call, &REFERENCES, references)
}

fn all_vulnerability_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let show = |row: Row<'_>| {
        let (machine, cve) = (exposure.device_id(row.device), &row.vulnerability.id);
        let (product, update) = (row.product, Some(&row.update.1).filter(|id| !id.is_empty()));
        let parts = [
            machine,
            cve,
            &product.vendor,
            &product.name,
            &product.version,
        ];
        entity(json!({
            "id": format!("{}-_-{}", parts.join("-_-"), update.map_or("", String::as_str)), "cveId": cve,
            "machineId": machine, "fixingKbId": update, "productName": product.name,
            "productVendor": product.vendor, "productVersion": product.version,
            "severity": row.vulnerability.severity,
        }))
    };
    let rows = exposure.weaknesses().map(show).collect();
    page(twin, call, &MACHINE_VULNERABILITIES, rows)
}

/// Programs to update and settings to turn on, on the devices that fit.
fn recommendations(
    twin: &Twin,
    exposure: &Exposure<'_>,
    fits: impl Fn(usize) -> bool,
) -> Vec<Entity> {
    let programs = exposure
        .software(twin, &fits)
        .into_iter()
        .filter_map(|program| update_of(&program));
    let mut settings: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let applicable = exposure
        .inventory
        .assessments
        .iter()
        .filter(|own| own.is_applicable);
    for assessment in applicable.filter(|own| exposure.has(own.device) && fits(own.device)) {
        let counts = settings.entry(assessment.setting).or_default();
        counts.0 += 1;
        counts.1 += usize::from(!assessment.is_compliant);
    }
    let lacking = settings
        .into_iter()
        .filter(|(_, (_, lacking))| *lacking > 0);
    let settings = lacking.filter_map(|(place, counts)| setting_of(exposure, place, counts));
    programs.chain(settings).collect()
}

fn update_of(program: &Entity) -> Option<Entity> {
    let exposed = program
        .get("exposedMachines")?
        .as_u64()
        .filter(|count| *count > 0)?;
    let name = text(program, "name");
    Some(entity(json!({
        "id": format!("va-_-{}", text(program, "id")), "productName": name,
        "recommendationName": format!("Update {name}"), "weaknesses": program.get("weaknesses"),
        "vendor": program.get("vendor"), "recommendedVersion": "", "recommendedProgram": "", "recommendedVendor": "",
        "recommendationCategory": "Application", "subCategory": "", "severityScore": 0.0,
        "publicExploit": program.get("publicExploit"), "activeAlert": program.get("activeAlert"),
        "associatedThreats": [], "remediationType": "Update", "status": "Active", "configScoreImpact": 0.0,
        "exposureImpact": program.get("impactScore"), "totalMachineCount": program.get("installedMachines"),
        "exposedMachinesCount": exposed, "nonProductivityImpactedAssets": 0, "relatedComponent": name,
        "exposedCriticalDevices": 0,
    })))
}

fn setting_of(
    exposure: &Exposure<'_>,
    place: usize,
    (total, lacking): (usize, usize),
) -> Option<Entity> {
    let setting = exposure.inventory.settings.get(place)?;
    Some(entity(json!({
        "id": format!("sca-_-{}", setting.id), "productName": "windows", "recommendationName": setting.name,
        "weaknesses": 1, "vendor": "microsoft", "recommendedVersion": "", "recommendedProgram": "",
        "recommendedVendor": "", "recommendationCategory": setting.category, "subCategory": setting.subcategory,
        "severityScore": 0.0, "publicExploit": false, "activeAlert": false, "associatedThreats": [],
        "remediationType": "ConfigurationChange", "status": "Active",
        "configScoreImpact": rounded(setting.impact * ratio(lacking, total)), "exposureImpact": 0.0,
        "totalMachineCount": total, "exposedMachinesCount": lacking, "nonProductivityImpactedAssets": 0,
        "relatedComponent": setting.subcategory, "exposedCriticalDevices": 0,
    })))
}

fn recommendation_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    page(
        twin,
        call,
        &RECOMMENDATIONS,
        recommendations(twin, exposure, |_| true),
    )
}

fn recommendation_of(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Result<Entity, Refusal> {
    let all = recommendations(twin, exposure, |_| true);
    by_id(all, "Recommendation", &call.required("id")?)
}

fn recommendation_one(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let found = recommendation_of(twin, call, exposure)?;
    Ok(one(call, "Recommendations/$entity", &found))
}

fn recommendation_software_one(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let found = recommendation_of(twin, call, exposure)?;
    let id = text(&found, "id");
    let program = id
        .strip_prefix("va-_-")
        .ok_or_else(|| Refusal::not_found("Software of", id))?;
    let software = software_of(twin, program, exposure)?;
    Ok(one(
        call,
        "Analytics.Contracts.PublicAPI.PublicProductDto",
        &software,
    ))
}

fn recommendation_machine_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let found = recommendation_of(twin, call, exposure)?;
    let id = text(&found, "id");
    let exposed: Vec<usize> = match id.strip_prefix("va-_-") {
        Some(program) => {
            let rows = exposure
                .weaknesses()
                .filter(|row| row.product.software_id() == program);
            rows.map(|row| row.device).collect()
        }
        None => {
            let own = id.trim_start_matches("sca-_-");
            let is_own = |place: usize| {
                exposure
                    .inventory
                    .settings
                    .get(place)
                    .is_some_and(|setting| setting.id == own)
            };
            let all = exposure.inventory.assessments.iter();
            all.filter(|one| is_own(one.setting) && !one.is_compliant && exposure.has(one.device))
                .map(|one| one.device)
                .collect()
        }
    };
    page(twin, call, &REFERENCES, exposure.references(exposed))
}

fn recommendation_vulnerability_page(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let found = recommendation_of(twin, call, exposure)?;
    let program = text(&found, "id")
        .strip_prefix("va-_-")
        .unwrap_or_default()
        .to_owned();
    let fits = |row: &Row<'_>| row.product.software_id() == program;
    page(
        twin,
        call,
        &VULNERABILITIES,
        exposure.vulnerabilities(fits, false),
    )
}

/// The points of the settings that devices have.
fn configuration_score_one(twin: &Twin, call: &Call, exposure: &Exposure<'_>) -> Answer {
    let there = exposure
        .inventory
        .assessments
        .iter()
        .filter(|own| exposure.has(own.device));
    let mut kept: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for assessment in there.filter(|own| own.is_applicable) {
        let counts = kept.entry(assessment.setting).or_default();
        counts.0 += usize::from(assessment.is_compliant);
        counts.1 += 1;
    }
    let points = kept.iter().filter_map(|(place, (kept, all))| {
        Some(exposure.inventory.settings.get(*place)?.impact * ratio(*kept, *all))
    });
    let score = score(twin.time.now(), points.sum());
    Ok(one(call, "ConfigurationScore/$entity", &entity(score)))
}

/// `GET /api/exposureScore`.
pub(crate) fn exposure_score(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let state = twin.tenant_state();
    let levels = state
        .machines
        .values()
        .map(|machine| text(machine, "exposureLevel"));
    let score = score(twin.time.now(), mean_exposure(levels));
    Ok(one(call, "ExposureScore/$entity", &entity(score)))
}

/// `GET /api/exposureScore/ByMachineGroups`.
pub(crate) fn exposure_by_group(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let now = wire_time::text(twin.time.now());
    let state = twin.tenant_state();
    let mut groups: BTreeMap<(u64, &str), Vec<&str>> = BTreeMap::new();
    for machine in state.machines.values() {
        let id = machine
            .get("rbacGroupId")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        let level = text(machine, "exposureLevel");
        groups
            .entry((id, text(machine, "rbacGroupName")))
            .or_default()
            .push(level);
    }
    let scores: Vec<Value> = groups
        .into_iter()
        .map(|((id, name), levels)| {
            let score = rounded(mean_exposure(levels.into_iter()));
            json!({"time": now, "score": score, "rbacGroupName": name, "rbacGroupId": id})
        })
        .collect();
    let context = crate::address::context(call, "ExposureScore");
    let body = json!({"@odata.context": context, "@odata.count": scores.len(), "value": scores});
    Ok(Reply::odata(&body))
}

fn mean_exposure<'a>(levels: impl Iterator<Item = &'a str>) -> f64 {
    let weight = |level: &str| {
        let found = EXPOSURE_WEIGHTS.iter().find(|(name, _)| *name == level);
        found.map_or(0.0, |(_, weight)| *weight)
    };
    let weights: Vec<f64> = levels.map(weight).collect();
    let total: f64 = weights.iter().sum();
    total * ratio(1, weights.len())
}
