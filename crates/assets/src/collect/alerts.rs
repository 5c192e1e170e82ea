//! Alerts, with what they are about.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use tesem_defender::endpoint::AlertQuery;
use tesem_defender::{AlertId, Comparison, DefenderError, Filter, ListQuery};

use super::Collector;
use crate::millis::Millis;
use crate::observed::Aspect;

pub(super) async fn read(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    let Some(since) = run.since(Aspect::Alerts) else {
        let mut seen = BTreeSet::new();
        list(run, open(), &mut seen).await?;
        run.observed.covers_all(Aspect::Alerts);
        return Ok(());
    };
    let mut seen = BTreeSet::new();
    list(run, updated(since), &mut seen).await?;
    // A machine that is back has alerts from before it went.
    if !run.listed.new.is_empty() {
        list(run, open(), &mut seen).await?;
        for machine in &run.listed.new {
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

/// Gives each alert once.
async fn list(
    run: &mut Collector<'_>,
    filter: Filter,
    seen: &mut BTreeSet<AlertId>,
) -> Result<(), DefenderError> {
    let query = AlertQuery {
        list: ListQuery::filtered(filter),
        with_evidence: true,
    };
    let mut alerts = run.client.reader().alerts().list(&query);
    while let Some(alert) = alerts.try_next().await? {
        if seen.insert(alert.id.clone()) {
            run.watcher.read(Aspect::Alerts, 1);
            run.observed.alert(&alert);
        }
    }
    Ok(())
}
