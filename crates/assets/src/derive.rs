//! Edges that follow from others.

use std::collections::HashSet;

use crate::collection::EdgeKind;
use crate::graph::AssetGraph;
use crate::property::{Properties, Property, Value};
use crate::text::Text;

/// Puts the edges that follow from those of machines. They are made anew each time, so that they are right however the others came
/// about.
pub(crate) fn derive(graph: &mut AssetGraph, earlier: &AssetGraph) {
    let kind = EdgeKind::AccountHostname;
    *graph.edges_mut(kind) = earlier.edges_of(kind, account_names(graph));
    let kind = EdgeKind::UserAccount;
    *graph.edges_mut(kind) = earlier.edges_of(kind, persons(graph));
    let kind = EdgeKind::ApplicationVulnerability;
    *graph.edges_mut(kind) = earlier.edges_of(kind, weak_applications(graph));
    let kind = EdgeKind::IpAddressMacAddress;
    *graph.edges_mut(kind) = earlier.edges_of(kind, adapters(graph, earlier));
}

/// An account has the names of the machines that it signed in on.
fn account_names(graph: &AssetGraph) -> Vec<(&Text, &Text)> {
    let mut found = Vec::new();
    for (name, _) in graph.edges(EdgeKind::AssetHostname) {
        let logons = graph.edges_from(EdgeKind::AssetAccount, name.from);
        found.extend(logons.map(|(logon, _)| (logon.to, name.to)));
    }
    found
}

/// Each account has a person of the same key.
fn persons(graph: &AssetGraph) -> Vec<(&Text, &Text)> {
    let signed_in = graph.edges(EdgeKind::AssetAccount).map(|(ends, _)| ends.to);
    let named = graph.edges(EdgeKind::AccountVulnerability);
    let accounts: HashSet<&Text> = signed_in.chain(named.map(|(ends, _)| ends.from)).collect();
    accounts.into_iter().map(|key| (key, key)).collect()
}

/// A version of a product has the vulnerabilities that a machine has through it.
fn weak_applications(graph: &AssetGraph) -> Vec<(&Text, &Text)> {
    let mut found: HashSet<(&Text, &Text)> = HashSet::new();
    for (ends, said) in graph.edges(EdgeKind::AssetVulnerability) {
        let applications = listed(said, Property::Applications).iter();
        found.extend(applications.map(|application| (application, ends.to)));
    }
    found.into_iter().collect()
}

/// An adapter has the addresses that a machine shows with it; where none shows any, those that it had.
fn adapters<'a>(graph: &'a AssetGraph, earlier: &'a AssetGraph) -> Vec<(&'a Text, &'a Text)> {
    let mut found: Vec<(&Text, &Text)> = Vec::new();
    for (ends, said) in graph.edges(EdgeKind::AssetIpAddress) {
        let adapters = listed(said, Property::Adapters).iter();
        found.extend(adapters.map(|adapter| (ends.to, adapter)));
    }
    let shown: HashSet<&Text> = found.iter().map(|(_, adapter)| *adapter).collect();
    let before = earlier.edges(EdgeKind::IpAddressMacAddress);
    let silent = before.filter(|(ends, _)| !shown.contains(ends.to));
    let silent: Vec<_> = silent.map(|(ends, _)| (ends.from, ends.to)).collect();
    found.extend(silent);
    found
}

fn listed(said: &Properties, property: Property) -> &[Text] {
    match said.value(property) {
        Some(Value::Texts(texts)) => texts,
        _ => &[],
    }
}
