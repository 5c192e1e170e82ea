//! Alerts, with what they are about.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use tesem_defender::endpoint::{Alert, AlertQuery, ItemStream};
use tesem_defender::{AlertId, Comparison, DefenderError, Filter, ListQuery};

use super::{AlertRoute, Collector, Notice, graph_alerts, is_barred};
use crate::millis::Millis;
use crate::observed::Aspect;

pub(super) async fn read(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    if run.options.alerts == AlertRoute::Defender {
        match read_from(run, AlertRoute::Defender).await {
            Err(error) if is_barred(&error) => run.watcher.notice(&Notice::Instead {
                aspect: Aspect::Alerts,
                way: "Microsoft Graph",
                because: error.to_string(),
            }),
            other => return other,
        }
    }
    read_from(run, AlertRoute::Graph).await
}

async fn read_from(run: &mut Collector<'_>, route: AlertRoute) -> Result<(), DefenderError> {
    let mut seen = BTreeSet::new();
    let Some(since) = run.since(Aspect::Alerts) else {
        list(run, route, Which::Open, &mut seen, |_| true).await?;
        run.observed.covers_all(Aspect::Alerts);
        return Ok(());
    };
    list(run, route, Which::Since(since), &mut seen, |_| true).await?;
    // A machine that is back has alerts from before it went.
    if !run.listed.new.is_empty() {
        let new = run.listed.new.clone();
        let is_of_new = |alert: &Alert| {
            let machine = alert.machine_id.as_ref();
            machine.is_some_and(|machine| new.contains(machine))
        };
        list(run, route, Which::Open, &mut seen, is_of_new).await?;
        for machine in &new {
            run.observed.covers(Aspect::Alerts, machine);
        }
    }
    Ok(())
}

/// Which alerts are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    /// Those that nobody has resolved.
    Open,
    /// Those of which something changed: raised, gone on, resolved.
    Since(Millis),
}

fn filter(which: Which) -> Filter {
    match which {
        Which::Open => Filter::equal("status", "New").or(&Filter::equal("status", "InProgress")),
        Which::Since(since) => Filter::compare("lastUpdateTime", Comparison::Ge, since.timestamp()),
    }
}

/// Alerts of one way.
fn stream(run: &Collector<'_>, route: AlertRoute, which: Which) -> ItemStream<Alert> {
    match route {
        AlertRoute::Graph => graph_alerts::list(run.client, which),
        AlertRoute::Defender => {
            let query = AlertQuery {
                list: ListQuery::filtered(filter(which)),
                with_evidence: true,
            };
            run.client.reader().alerts().list(&query)
        }
    }
}

/// Gives each alert that is wanted, once.
async fn list(
    run: &mut Collector<'_>,
    route: AlertRoute,
    which: Which,
    seen: &mut BTreeSet<AlertId>,
    is_wanted: impl Fn(&Alert) -> bool,
) -> Result<(), DefenderError> {
    let mut alerts = stream(run, route, which);
    while let Some(alert) = alerts.try_next().await? {
        if is_wanted(&alert) && seen.insert(alert.id.clone()) {
            run.watcher.read(Aspect::Alerts, 1);
            run.observed.alert(&alert);
        }
    }
    Ok(())
}
