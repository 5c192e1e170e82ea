//! Edges that follow from others.

use std::collections::HashSet;

use crate::collection::EdgeKind;
use crate::graph::{AssetGraph, Edges, Ends};
use crate::property::{ADAPTERS, APPLICATIONS, Properties};
use crate::text::Text;

/// Puts the edges that follow from those of machines. They are made anew each time, so that they are right however the others came
/// about.
pub(crate) fn derive(graph: &mut AssetGraph, earlier: &AssetGraph) {
    let derived = [
        (EdgeKind::AccountHostname, account_names(graph)),
        (EdgeKind::UserAccount, persons(graph)),
        (EdgeKind::ApplicationVulnerability, weak_applications(graph)),
        (EdgeKind::IpAddressMacAddress, adapters(graph, earlier)),
    ];
    for (kind, ends) in derived {
        let edges = ends.into_iter().map(|ends| (ends, Properties::default()));
        *graph.edges_mut(kind) = Edges::from_iter(edges);
    }
}

/// An account has the names of the machines that it signed in on.
fn account_names(graph: &AssetGraph) -> HashSet<Ends> {
    let mut found = HashSet::new();
    for (name, _) in graph.edges(EdgeKind::AssetHostname) {
        for (logon, _) in graph.edges_from(EdgeKind::AssetAccount, &name.from) {
            found.insert(Ends {
                from: logon.to.clone(),
                to: name.to.clone(),
            });
        }
    }
    found
}

/// Each account has a person of the same key.
fn persons(graph: &AssetGraph) -> HashSet<Ends> {
    let signed_in = graph
        .edges(EdgeKind::AssetAccount)
        .map(|(ends, _)| &ends.to);
    let named = graph.edges(EdgeKind::AccountVulnerability);
    let accounts = signed_in.chain(named.map(|(ends, _)| &ends.from));
    accounts
        .map(|key| Ends::new(key.clone(), key.clone()))
        .collect()
}

/// A version of a product has the vulnerabilities that a machine has through it.
fn weak_applications(graph: &AssetGraph) -> HashSet<Ends> {
    let mut found = HashSet::new();
    for (ends, said) in graph.edges(EdgeKind::AssetVulnerability) {
        for application in said
            .get(APPLICATIONS)
            .iter()
            .flat_map(|through| through.iter())
        {
            found.insert(Ends {
                from: application.clone(),
                to: ends.to.clone(),
            });
        }
    }
    found
}

/// An adapter has the addresses that a machine shows with it; where none shows any, those that it had.
fn adapters(graph: &AssetGraph, earlier: &AssetGraph) -> HashSet<Ends> {
    let mut found = HashSet::new();
    let mut shown: HashSet<Text> = HashSet::new();
    for (ends, said) in graph.edges(EdgeKind::AssetIpAddress) {
        for adapter in said
            .get(ADAPTERS)
            .iter()
            .flat_map(|adapters| adapters.iter())
        {
            shown.insert(adapter.clone());
            found.insert(Ends {
                from: ends.to.clone(),
                to: adapter.clone(),
            });
        }
    }
    let before = earlier.edges(EdgeKind::IpAddressMacAddress);
    let silent = before.filter(|(ends, _)| !shown.contains(&ends.to));
    found.extend(silent.map(|(ends, _)| ends.clone()));
    found
}
