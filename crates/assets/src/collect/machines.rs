//! Machines: the whole list, and the adapters of those that were seen anew.

use futures::TryStreamExt;
use serde_json::json;
use tesem_defender::endpoint::{IpAddressEntry, Machine};
use tesem_defender::{DefenderError, Entity, ListQuery, MachineId};

use super::adapters::{Adapters, adapters};
use super::hunting::{Whose, can_be_named};
use super::{Collector, Notice, is_barred};
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::AssetGraph;
use crate::millis::Millis;
use crate::observed::Aspect;
use crate::property::{ADAPTERS, IS_EXTERNAL, LAST_SEEN};
use crate::text::Text;

/// From how many rows on a query is worth being counted before.
pub(super) const MACHINES_FEW: usize = 1_000;

/// Machines on a page of the list.
const PAGE: usize = 10_000;

/// How many machines that are no longer listed are looked up each for itself.
const LOOKED_UP_MAX: usize = 50;

/// How many machines can be asked for by name rather than all of them.
pub(super) const NAMED_MAX: usize = 4_000;

pub(super) async fn read(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    let changed = list(run).await?;
    let adapters = of_changed(run, &changed).await?;
    for mut machine in changed {
        if let Some(more) = adapters.get(&machine.id) {
            machine.ip_addresses.extend(more.iter().cloned());
        }
        run.observed.machine(&machine);
    }
    run.observed.covers_all(Aspect::Machines);
    Ok(())
}

/// Takes machines that were not seen anew as they are, and gives the others.
async fn list(run: &mut Collector<'_>) -> Result<Vec<Machine>, DefenderError> {
    let mut machines = run.client.reader().machines().list(&ListQuery::default());
    let mut changed = Vec::new();
    while let Some(machine) = machines.try_next().await? {
        run.watcher.read(Aspect::Machines, 1);
        sort(run, machine, &mut changed);
    }
    for machine in unlisted(run).await? {
        sort(run, machine, &mut changed);
    }
    Ok(changed)
}

fn sort(run: &mut Collector<'_>, machine: Machine, changed: &mut Vec<Machine>) {
    let id = &machine.id;
    run.listed.count += 1;
    run.listed.all.insert(id.clone());
    // The service goes on listing a machine for months after it went; the graph does not.
    if run.observed.is_gone(&machine) {
        return run.observed.silent_machine(&machine);
    }
    if run.earlier.node(NodeKind::Asset, id.as_str()).is_none() {
        run.listed.new.insert(id.clone());
    }
    if was_seen_anew(run, &machine) {
        run.listed.changed.insert(id.clone());
        changed.push(machine);
    } else {
        run.observed.silent_machine(&machine);
    }
}

/// Machines of the graph that a list of several pages left out and that are there all the same: where one goes while the list is read, the
/// next ones move up, and one of them falls between two pages.
async fn unlisted(run: &Collector<'_>) -> Result<Vec<Machine>, DefenderError> {
    if run.listed.count < PAGE {
        return Ok(Vec::new());
    }
    let known = run.earlier.nodes(NodeKind::Asset);
    let known = known.map(|(id, _)| MachineId::new(&**id));
    let missing: Vec<MachineId> = known.filter(|id| !run.listed.all.contains(id)).collect();
    if missing.len() > LOOKED_UP_MAX {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for id in missing {
        found.extend(run.client.reader().machines().get(id.as_str()).await?);
    }
    Ok(found)
}

/// Whether its addresses, its name or its system can be others than those in the graph.
fn was_seen_anew(run: &Collector<'_>, machine: &Machine) -> bool {
    let Some(since) = run.since(Aspect::Machines) else {
        return true;
    };
    let Some(known) = run.earlier.node(NodeKind::Asset, machine.id.as_str()) else {
        return true;
    };
    let Some(seen) = machine.last_seen.map(Millis::from) else {
        return true;
    };
    let is_other = known.get(LAST_SEEN).is_some_and(|known| known != seen);
    seen >= since || is_other
}

async fn of_changed(
    run: &mut Collector<'_>,
    changed: &[Machine],
) -> Result<Adapters, DefenderError> {
    if changed.is_empty() {
        return Ok(Adapters::new());
    }
    let from = run.hunting_from();
    let (named, strange): (Vec<MachineId>, Vec<MachineId>) = changed
        .iter()
        .map(|machine| machine.id.clone())
        .partition(can_be_named);
    if !strange.is_empty() {
        let count = strange.len();
        run.watcher.notice(&Notice::StrangeIds { count });
    }
    let whose = if named.len() > NAMED_MAX || run.since(Aspect::Machines).is_none() {
        let is_large = run.listed.count > MACHINES_FEW;
        Whose::All { is_large }
    } else {
        Whose::Named(named)
    };
    match adapters(run.client, from, &whose).await {
        Err(error) if is_barred(&error) => {
            run.watcher.notice(&Notice::Missing {
                what: "adapters that only hunting knows",
                because: error.to_string(),
            });
            Ok(known_adapters(run.earlier, changed))
        }
        other => other,
    }
}

/// What the graph knows of machines' adapters, where hunting does not tell.
fn known_adapters(earlier: &AssetGraph, machines: &[Machine]) -> Adapters {
    let of_machine = |machine: &Machine| {
        let edges = earlier.edges_from(EdgeKind::AssetIpAddress, machine.id.as_str());
        let own = edges.filter(|(_, said)| !said.is(IS_EXTERNAL));
        let entries = own.flat_map(|(ends, said)| {
            let adapters = said.get(ADAPTERS).unwrap_or_default();
            let entry = |adapter: &Text| {
                let fields = json!({"ipAddress": &**ends.to, "macAddress": &**adapter});
                IpAddressEntry::read(fields.as_object().cloned().unwrap_or_default()).ok()
            };
            adapters.iter().filter_map(entry).collect::<Vec<_>>()
        });
        (machine.id.clone(), entries.collect())
    };
    machines.iter().map(of_machine).collect()
}
