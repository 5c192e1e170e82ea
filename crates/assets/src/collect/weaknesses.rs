//! Software on machines, and the vulnerabilities that they have through it.
//!
//! In full they come from export files. Later, those machines are asked for in hunting's tables that were seen anew, or of which the
//! service says that their vulnerabilities changed; where that is a good part of all, the files are read again.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tesem_defender::endpoint::{DELTA_AGE_MAX, DeltaRecord, DeltaStatus};
use tesem_defender::{DefenderError, MachineId};

use super::hunting::can_be_named;
use super::machines::MACHINES_FEW;
use super::tables::{FirstSeen, Whose};
use super::{Collector, InventoryRoute, Notice, descriptions, export, is_barred, tables};
use crate::collection::EdgeKind;
use crate::graph::{AssetGraph, Ends};
use crate::mapping::product_key;
use crate::millis::Millis;
use crate::observed::Aspect;
use crate::property::APPLICATIONS;
use crate::text::Text;

/// Up to how many machines the tables are asked rather than the files read: as many, or this part of all.
const TABLES_MACHINES: usize = 500;
const TABLES_SHARE: usize = 10;

/// How far back changes are asked for behind the import before: what that read was made up to a day before, and changes are made four
/// times a day.
const CHANGES_OVERLAP: SignedDuration = SignedDuration::from_hours(48);

pub(super) async fn software(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    let aspect = Aspect::Software;
    let Some(machines) = few(run, aspect, &BTreeSet::new()) else {
        return software_of_all(run).await;
    };
    tables::software(run, Whose::Named(&machines)).await?;
    covered(run, aspect, &machines);
    Ok(())
}

async fn software_of_all(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    if run.options.inventory == InventoryRoute::Files {
        let exports = run.client.reader().exports();
        let files = || exports.software_files(Some(export::VALID_HOURS));
        let (watcher, observed) = (run.watcher, &mut run.observed);
        let each = |record: &_| observed.software(record);
        match export::records(Aspect::Software, watcher, files, each).await {
            Err(error) if is_barred(&error) => instead(run, Aspect::Software, &error),
            other => {
                run.observed.covers_all(Aspect::Software);
                return other;
            }
        }
    }
    let is_large = run.listed.count > MACHINES_FEW;
    tables::software(run, Whose::All { is_large }).await?;
    run.observed.covers_all(Aspect::Software);
    run.observed.tells_no_first_seen();
    Ok(())
}

pub(super) async fn vulnerabilities(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    let aspect = Aspect::Vulnerabilities;
    let changes = changes(run).await?;
    let changed = changes.as_ref().map(|changes| &changes.machines);
    let few = changed.and_then(|changed| few(run, aspect, changed));
    match (few, changes) {
        (Some(machines), Some(changes)) => {
            tables::vulnerabilities(run, Whose::Named(&machines), &changes.first_seen).await?;
            covered(run, aspect, &machines);
        }
        _ => vulnerabilities_of_all(run).await?,
    }
    descriptions::read(run).await
}

async fn vulnerabilities_of_all(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    if run.options.inventory == InventoryRoute::Files {
        let exports = run.client.reader().exports();
        let files = || exports.vulnerability_files(Some(export::VALID_HOURS));
        let (watcher, observed) = (run.watcher, &mut run.observed);
        let each = |record: &_| observed.machine_vulnerability(record);
        match export::records(Aspect::Vulnerabilities, watcher, files, each).await {
            Err(error) if is_barred(&error) => instead(run, Aspect::Vulnerabilities, &error),
            other => {
                run.observed.covers_all(Aspect::Vulnerabilities);
                return other;
            }
        }
    }
    let is_large = run.listed.count > MACHINES_FEW;
    tables::vulnerabilities(run, Whose::All { is_large }, &FirstSeen::new()).await?;
    run.observed.covers_all(Aspect::Vulnerabilities);
    run.observed.tells_no_first_seen();
    Ok(())
}

fn instead(run: &Collector<'_>, aspect: Aspect, error: &DefenderError) {
    run.watcher.notice(&Notice::Instead {
        aspect,
        way: "hunting",
        because: error.to_string(),
    });
}

fn covered(run: &mut Collector<'_>, aspect: Aspect, machines: &[MachineId]) {
    for machine in machines {
        run.observed.covers(aspect, machine);
    }
    run.observed.tells_no_first_seen();
}

/// The machines to be asked for, where they are few; nothing where all are to be.
fn few(
    run: &Collector<'_>,
    aspect: Aspect,
    changed: &BTreeSet<MachineId>,
) -> Option<Vec<MachineId>> {
    run.since(aspect)?;
    let wanted: BTreeSet<&MachineId> = run.listed.changed.union(changed).collect();
    let wanted = wanted.into_iter().filter(|machine| can_be_named(machine));
    let wanted: Vec<MachineId> = wanted.cloned().collect();
    let many = TABLES_MACHINES.max(run.listed.count / TABLES_SHARE);
    (wanted.len() <= many).then_some(wanted)
}

/// What changed in vulnerabilities and is not in the graph.
#[derive(Debug, Default)]
struct Changes {
    machines: BTreeSet<MachineId>,
    first_seen: FirstSeen,
}

/// Which machines have other vulnerabilities than when the import before read them; nothing where that is not told.
async fn changes(run: &Collector<'_>) -> Result<Option<Changes>, DefenderError> {
    let Some(since) = run.since(Aspect::Vulnerabilities) else {
        return Ok(None);
    };
    let Some(since) = changes_since(since, run.at) else {
        return Ok(None);
    };
    match read_changes(run, since).await {
        Err(error) if is_barred(&error) => {
            run.watcher.notice(&Notice::Missing {
                what: "what changed in vulnerabilities of machines that were not seen anew",
                because: error.to_string(),
            });
            Ok(Some(Changes::default()))
        }
        other => other.map(Some),
    }
}

/// As far back as it has to be, and at most as far as it can be.
fn changes_since(since: Millis, now: Timestamp) -> Option<Timestamp> {
    // What is asked for a moment later must still be within reach.
    let reach = SignedDuration::try_from(DELTA_AGE_MAX).ok()? - SignedDuration::from_hours(1);
    let oldest = now.checked_sub(reach).ok()?;
    let since = since.timestamp();
    let behind = since.checked_sub(CHANGES_OVERLAP).unwrap_or(since);
    (since >= oldest).then_some(behind.max(oldest))
}

async fn read_changes(run: &Collector<'_>, since: Timestamp) -> Result<Changes, DefenderError> {
    let exports = run.client.reader().exports();
    let mut records = exports.vulnerability_changes(since, None)?;
    let mut last: BTreeMap<(MachineId, Text, String), DeltaRecord> = BTreeMap::new();
    while let Some(record) = records.try_next().await? {
        let product = product_key(
            record.software_vendor.as_deref(),
            record.software_name.as_deref(),
            record.software_version.as_deref(),
        );
        let (Some(product), Some(cve)) = (product, record.cve_id.clone()) else {
            continue;
        };
        let key = (record.device_id.clone(), product, cve);
        if last
            .get(&key)
            .is_none_or(|known| known.event <= record.event)
        {
            last.insert(key, record);
        }
    }
    let mut changes = Changes::default();
    for ((machine, product, cve), record) in last {
        if is_in_graph(run.earlier, &machine, &product, &cve) != is_there(&record) {
            changes.machines.insert(machine.clone());
        }
        if let Some(first) = record.first_seen {
            changes
                .first_seen
                .insert((machine, cve), json!(first.to_string()));
        }
    }
    Ok(changes)
}

fn is_there(record: &DeltaRecord) -> bool {
    record.status != Some(DeltaStatus::Fixed)
}

/// Whether the machine has the vulnerability through the product.
fn is_in_graph(graph: &AssetGraph, machine: &MachineId, product: &Text, cve: &str) -> bool {
    let ends = Ends::new(machine.as_str(), cve);
    let said = graph.edge(EdgeKind::AssetVulnerability, &ends);
    let through = said.and_then(|said| said.get(APPLICATIONS));
    through.is_some_and(|through| through.contains(product))
}
