//! What is known of vulnerabilities, whoever has them.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use tesem_defender::{Comparison, DefenderError, Filter, ListQuery, VulnerabilityId};

use super::{Collector, Notice, is_barred};
use crate::collection::NodeKind;
use crate::graph::AssetGraph;
use crate::observed::Aspect;

/// How many vulnerabilities are asked for one by one rather than all that there are.
const SINGLE_MAX: usize = 20;

/// Describes the vulnerabilities that machines have: in full all of them; else those that are new, and those that changed.
pub(super) async fn read(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    match describe(run).await {
        Err(error) if is_barred(&error) => {
            run.watcher.notice(&Notice::Missing {
                what: "what is known of vulnerabilities",
                because: error.to_string(),
            });
            Ok(())
        }
        other => other,
    }
}

async fn describe(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    let Some(since) = run.since(Aspect::Vulnerabilities) else {
        let seen = run.observed.undescribed(&AssetGraph::default());
        return list(run, ListQuery::default(), &seen.into_iter().collect()).await;
    };
    let new = run.observed.undescribed(run.earlier);
    let changed = Filter::compare("updatedOn", Comparison::Ge, since.timestamp());
    let known = run.earlier.nodes(NodeKind::Vulnerability);
    let known = known.map(|(key, _)| VulnerabilityId::new(&**key)).collect();
    list(run, ListQuery::filtered(changed), &known).await?;
    if new.len() > SINGLE_MAX {
        return list(run, ListQuery::default(), &new.into_iter().collect()).await;
    }
    for id in new {
        if let Some(found) = run.client.reader().vulnerabilities().get(&id).await? {
            run.observed.vulnerability(&found);
        }
    }
    Ok(())
}

/// Takes those of the list that are wanted: the service knows far more than a tenant has.
async fn list(
    run: &mut Collector<'_>,
    query: ListQuery,
    wanted: &BTreeSet<VulnerabilityId>,
) -> Result<(), DefenderError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut all = run.client.reader().vulnerabilities().list(&query);
    while let Some(vulnerability) = all.try_next().await? {
        if wanted.contains(&vulnerability.id) {
            run.observed.vulnerability(&vulnerability);
        }
    }
    Ok(())
}
