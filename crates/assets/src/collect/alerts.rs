//! Alerts, with what they are about.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use tesem_defender::endpoint::{Alert, AlertQuery};
use tesem_defender::{AlertId, Comparison, DefenderError, Filter, ListQuery};

use super::Collector;
use crate::millis::Millis;
use crate::observed::Aspect;

pub(super) async fn read(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    let Some(since) = run.since(Aspect::Alerts) else {
        let mut seen = BTreeSet::new();
        list(run, open(), &mut seen, |_| true).await?;
        run.observed.covers_all(Aspect::Alerts);
        return Ok(());
    };
    let mut seen = BTreeSet::new();
    list(run, updated(since), &mut seen, |_| true).await?;
    // A machine that is back has alerts from before it went.
    if !run.listed.new.is_empty() {
        let new = run.listed.new.clone();
        let is_of_new = |alert: &Alert| {
            let machine = alert.machine_id.as_ref();
            machine.is_some_and(|machine| new.contains(machine))
        };
        list(run, open(), &mut seen, is_of_new).await?;
        for machine in &new {
            run.observed.covers(Aspect::Alerts, machine);
        }
    }
    Ok(())
}

/// Alerts that nobody has resolved.
fn open() -> Filter {
    Filter::equal("status", "New").or(&Filter::equal("status", "InProgress"))
}

/// Alerts of which something changed: raised, gone on, resolved.
fn updated(since: Millis) -> Filter {
    Filter::compare("lastUpdateTime", Comparison::Ge, since.timestamp())
}

/// Gives each alert that is wanted, once.
async fn list(
    run: &mut Collector<'_>,
    filter: Filter,
    seen: &mut BTreeSet<AlertId>,
    is_wanted: impl Fn(&Alert) -> bool,
) -> Result<(), DefenderError> {
    let query = AlertQuery {
        list: ListQuery::filtered(filter),
        with_evidence: true,
    };
    let mut alerts = run.client.reader().alerts().list(&query);
    while let Some(alert) = alerts.try_next().await? {
        if is_wanted(&alert) && seen.insert(alert.id.clone()) {
            run.watcher.read(Aspect::Alerts, 1);
            run.observed.alert(&alert);
        }
    }
    Ok(())
}
