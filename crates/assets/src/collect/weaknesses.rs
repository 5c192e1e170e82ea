//! Software on machines, and the vulnerabilities that they have through it.
//!
//! In full they come from export files. Later, those machines are asked for in hunting's tables that were seen anew, or of which the
//! service says that their vulnerabilities changed; where that is a good part of all, all are.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tesem_defender::endpoint::{DELTA_AGE_MAX, DeltaRecord, DeltaStatus};
use tesem_defender::{DefenderError, MachineId};

use super::hunting::{Whose, can_be_named};
use super::machines::MACHINES_FEW;
use super::tables::FirstSeen;
use super::{Collector, InventoryRoute, Notice, descriptions, export, is_barred, tables};
use crate::collection::EdgeKind;
use crate::graph::{AssetGraph, Ends};
use crate::mapping::product_key;
use crate::millis::Millis;
use crate::observed::Aspect;
use crate::property::APPLICATIONS;
use crate::text::Text;

/// Up to how many machines are named rather than all asked for: as many, or this part of all.
const TABLES_MACHINES: usize = 500;
const TABLES_SHARE: usize = 10;

/// How far back changes are asked for behind the import before: what that read was made up to a day before, and changes are made four
/// times a day.
const CHANGES_OVERLAP: SignedDuration = SignedDuration::from_hours(48);

pub(super) async fn software(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    let aspect = Aspect::Software;
    let Some(wanted) = wanted(run, aspect, &BTreeSet::new()) else {
        return software_of_all(run).await;
    };
    match tables::software(run, &wanted).await {
        Err(error) if is_barred(&error) => {
            instead(run, aspect, "export files", &error);
            software_of_all(run).await
        }
        Err(error) => Err(error),
        Ok(()) => {
            covered(run, aspect, &wanted);
            Ok(())
        }
    }
}

async fn software_of_all(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    if run.options.inventory == InventoryRoute::Files {
        let exports = run.client.reader().exports();
        let files = || exports.software_files(Some(export::VALID_HOURS));
        match files().await {
            Err(error) if is_barred(&error) => instead(run, Aspect::Software, "hunting", &error),
            given => {
                let (watcher, observed) = (run.watcher, &mut run.observed);
                let each = |record: &_| observed.software(record);
                export::records(Aspect::Software, watcher, given?, files, each).await?;
                run.observed.covers_all(Aspect::Software);
                return Ok(());
            }
        }
    }
    let all = all(run);
    tables::software(run, &all).await?;
    covered(run, Aspect::Software, &all);
    Ok(())
}

pub(super) async fn vulnerabilities(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    let changes = changes(run).await?;
    match wanted(run, Aspect::Vulnerabilities, &changes.machines) {
        Some(wanted) => vulnerabilities_of(run, &wanted, &changes.first_seen).await?,
        None => vulnerabilities_of_all(run).await?,
    }
    descriptions::read(run).await
}

async fn vulnerabilities_of(
    run: &mut Collector<'_>,
    wanted: &Whose,
    first_seen: &FirstSeen,
) -> Result<(), DefenderError> {
    let aspect = Aspect::Vulnerabilities;
    match tables::vulnerabilities(run, wanted, first_seen).await {
        Err(error) if is_barred(&error) => {
            instead(run, aspect, "export files", &error);
            vulnerabilities_of_all(run).await
        }
        Err(error) => Err(error),
        Ok(()) => {
            covered(run, aspect, wanted);
            Ok(())
        }
    }
}

async fn vulnerabilities_of_all(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    if run.options.inventory == InventoryRoute::Files {
        let exports = run.client.reader().exports();
        let files = || exports.vulnerability_files(Some(export::VALID_HOURS));
        match files().await {
            Err(error) if is_barred(&error) => {
                instead(run, Aspect::Vulnerabilities, "hunting", &error);
            }
            given => {
                let (watcher, observed) = (run.watcher, &mut run.observed);
                let each = |record: &_| observed.machine_vulnerability(record);
                export::records(Aspect::Vulnerabilities, watcher, given?, files, each).await?;
                run.observed.covers_all(Aspect::Vulnerabilities);
                return Ok(());
            }
        }
    }
    let all = all(run);
    tables::vulnerabilities(run, &all, &FirstSeen::new()).await?;
    covered(run, Aspect::Vulnerabilities, &all);
    Ok(())
}

fn instead(run: &Collector<'_>, aspect: Aspect, way: &'static str, error: &DefenderError) {
    run.watcher.notice(&Notice::Instead {
        aspect,
        way,
        because: error.to_string(),
    });
}

/// All machines.
fn all(run: &Collector<'_>) -> Whose {
    Whose::All {
        is_large: run.listed.count > MACHINES_FEW,
    }
}

fn covered(run: &mut Collector<'_>, aspect: Aspect, wanted: &Whose) {
    match wanted {
        Whose::All { .. } => run.observed.covers_all(aspect),
        Whose::Named(machines) => {
            for machine in machines {
                run.observed.covers(aspect, machine);
            }
        }
    }
    run.observed.tells_no_first_seen();
}

/// The machines to be asked for since a save point; nothing where the aspect is read in full. Tables, unlike export files, are never older
/// than what they told before.
fn wanted(run: &Collector<'_>, aspect: Aspect, changed: &BTreeSet<MachineId>) -> Option<Whose> {
    run.since(aspect)?;
    let wanted: BTreeSet<&MachineId> = run.listed.changed.union(changed).collect();
    let wanted = wanted.into_iter().filter(|machine| can_be_named(machine));
    let wanted: Vec<MachineId> = wanted.cloned().collect();
    let many = TABLES_MACHINES.max(run.listed.count / TABLES_SHARE);
    Some(match wanted.len() > many {
        true => all(run),
        false => Whose::Named(wanted),
    })
}

/// What changed in vulnerabilities and is not in the graph.
#[derive(Debug, Default)]
struct Changes {
    machines: BTreeSet<MachineId>,
    first_seen: FirstSeen,
}

/// Which machines have other vulnerabilities than the graph says, as far as the service tells.
async fn changes(run: &Collector<'_>) -> Result<Changes, DefenderError> {
    let Some(since) = run.since(Aspect::Vulnerabilities) else {
        return Ok(Changes::default());
    };
    match read_changes(run, changes_since(since, run.at)).await {
        Err(error) if is_barred(&error) => {
            run.watcher.notice(&Notice::Missing {
                what: "what changed in vulnerabilities of machines that were not seen anew",
                because: error.to_string(),
            });
            Ok(Changes::default())
        }
        other => other,
    }
}

/// As far back as it has to be, and at most as far as it can be.
fn changes_since(since: Millis, now: Timestamp) -> Timestamp {
    // What is asked for a moment later must still be within reach.
    let reach = SignedDuration::try_from(DELTA_AGE_MAX).unwrap_or(SignedDuration::ZERO);
    let oldest = now.checked_sub(reach - SignedDuration::from_hours(1));
    let since = since.timestamp();
    let behind = since.checked_sub(CHANGES_OVERLAP).unwrap_or(since);
    behind.max(oldest.unwrap_or(Timestamp::MIN))
}

async fn read_changes(run: &Collector<'_>, since: Timestamp) -> Result<Changes, DefenderError> {
    let exports = run.client.reader().exports();
    let mut records = exports.vulnerability_changes(since, None)?;
    let mut last: BTreeMap<(MachineId, Text, String), Change> = BTreeMap::new();
    while let Some(record) = records.try_next().await? {
        let product = product_key(
            record.software_vendor.as_deref(),
            record.software_name.as_deref(),
            record.software_version.as_deref(),
        );
        let (Some(product), Some(cve)) = (product, record.cve_id.clone()) else {
            continue;
        };
        let change = Change::of(&record);
        let key = (record.device_id, product, cve);
        if last.get(&key).is_none_or(|known| known.at <= change.at) {
            last.insert(key, change);
        }
    }
    let mut changes = Changes::default();
    for ((machine, product, cve), change) in last {
        if is_in_graph(run.earlier, &machine, &product, &cve) == change.is_there {
            continue;
        }
        changes.machines.insert(machine.clone());
        if let Some(first) = change.first_seen {
            let key = (machine, cve);
            changes.first_seen.insert(key, json!(first.to_string()));
        }
    }
    Ok(changes)
}

/// What a record of changes comes to.
#[derive(Debug)]
struct Change {
    at: Option<Timestamp>,
    is_there: bool,
    first_seen: Option<Timestamp>,
}

impl Change {
    fn of(record: &DeltaRecord) -> Self {
        Self {
            at: record.event,
            is_there: record.status != Some(DeltaStatus::Fixed),
            first_seen: record.first_seen,
        }
    }
}

/// Whether the machine has the vulnerability through the product.
fn is_in_graph(graph: &AssetGraph, machine: &MachineId, product: &Text, cve: &str) -> bool {
    let ends = Ends::new(machine.as_str(), cve);
    let said = graph.edge(EdgeKind::AssetVulnerability, &ends);
    let through = said.and_then(|said| said.get(APPLICATIONS));
    through.is_some_and(|through| through.contains(product))
}
