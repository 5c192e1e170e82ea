//! Machines: the whole list, and the adapters of those that were seen anew.

use futures::TryStreamExt;
use tesem_defender::endpoint::Machine;
use tesem_defender::{DefenderError, ListQuery, MachineId};

use super::adapters::{Adapters, Whose, adapters};
use super::hunting::can_be_named;
use super::{Collector, Notice, is_barred};
use crate::collection::NodeKind;
use crate::millis::Millis;
use crate::observed::Aspect;
use crate::property::LAST_SEEN;

/// From how many rows on a query is worth being counted before.
pub(super) const MACHINES_FEW: usize = 1_000;

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
        run.listed.count += 1;
        run.listed.all.insert(machine.id.clone());
        if run
            .earlier
            .node(NodeKind::Asset, machine.id.as_str())
            .is_none()
        {
            run.listed.new.insert(machine.id.clone());
        }
        if was_seen_anew(run, &machine) {
            run.listed.changed.insert(machine.id.clone());
            changed.push(machine);
        } else {
            run.observed.silent_machine(&machine);
        }
    }
    Ok(changed)
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
        Whose::Named(&named)
    };
    match adapters(run.client, from, whose).await {
        Err(error) if is_barred(&error) => {
            run.watcher.notice(&Notice::Missing {
                what: "adapters that only hunting knows",
                because: error.to_string(),
            });
            Ok(Adapters::new())
        }
        other => other,
    }
}
