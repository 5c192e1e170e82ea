//! Software and vulnerabilities from hunting's tables of vulnerability management.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tesem_defender::endpoint::{SoftwareRecord, VulnerabilityRecord};
use tesem_defender::{DefenderError, MachineId};

use super::hunting::{DeviceQuery, Whose, ask};
use super::row::{Row, Rows};
use super::{Collector, Watcher};
use crate::observed::{Aspect, Observed};

/// When a product on a machine was first seen to have a vulnerability, as no table tells: machine, vulnerability.
pub(super) type FirstSeen = BTreeMap<(MachineId, String), Value>;

const PRODUCT: [(&str, &str); 4] = [
    ("deviceId", "DeviceId"),
    ("softwareVendor", "SoftwareVendor"),
    ("softwareName", "SoftwareName"),
    ("softwareVersion", "SoftwareVersion"),
];

pub(super) async fn software(run: &mut Collector<'_>, whose: &Whose) -> Result<(), DefenderError> {
    let query = DeviceQuery {
        source: "DeviceTvmSoftwareInventory".to_owned(),
        rest: "| project DeviceId, SoftwareVendor, SoftwareName, SoftwareVersion, EndOfSupportStatus, EndOfSupportDate"
            .to_owned(),
    };
    let (watcher, observed) = (run.watcher, &mut run.observed);
    let mut each = |rows: &Rows| add_software(rows, observed, watcher);
    ask(run.client, &query, whose, &mut each).await
}

fn add_software(
    rows: &Rows,
    observed: &mut Observed,
    watcher: &dyn Watcher,
) -> Result<(), DefenderError> {
    watcher.read(Aspect::Software, rows.len() as u64);
    for row in rows.iter().filter(|row| row.machine().is_some()) {
        observed.software(&product(row)?);
    }
    Ok(())
}

fn product(row: Row<'_>) -> Result<SoftwareRecord, DefenderError> {
    let support = [
        ("endOfSupportStatus", "EndOfSupportStatus"),
        ("endOfSupportDate", "EndOfSupportDate"),
    ];
    row.record(&[&PRODUCT[..], &support].concat(), [])
}

pub(super) async fn vulnerabilities(
    run: &mut Collector<'_>,
    whose: &Whose,
    first_seen: &FirstSeen,
) -> Result<(), DefenderError> {
    let query = DeviceQuery {
        source: "DeviceTvmSoftwareVulnerabilities".to_owned(),
        rest: "| project DeviceId, SoftwareVendor, SoftwareName, SoftwareVersion, CveId, VulnerabilitySeverityLevel".to_owned(),
    };
    let (watcher, observed) = (run.watcher, &mut run.observed);
    let mut each = |rows: &Rows| add_vulnerabilities(rows, observed, watcher, first_seen);
    ask(run.client, &query, whose, &mut each).await
}

fn add_vulnerabilities(
    rows: &Rows,
    observed: &mut Observed,
    watcher: &dyn Watcher,
    first_seen: &FirstSeen,
) -> Result<(), DefenderError> {
    watcher.read(Aspect::Vulnerabilities, rows.len() as u64);
    for row in rows.iter() {
        let Some(machine) = row.machine() else {
            continue;
        };
        let cve = row.text("CveId").unwrap_or_default().to_owned();
        let first = first_seen.get(&(machine, cve));
        observed.machine_vulnerability(&vulnerability(row, first)?);
    }
    Ok(())
}

fn vulnerability(
    row: Row<'_>,
    first_seen: Option<&Value>,
) -> Result<VulnerabilityRecord, DefenderError> {
    let own = [
        ("cveId", "CveId"),
        ("vulnerabilitySeverityLevel", "VulnerabilitySeverityLevel"),
    ];
    let first = first_seen.map(|first| ("firstSeenTimestamp", json!(first)));
    row.record(&[&PRODUCT[..], &own].concat(), first)
}
