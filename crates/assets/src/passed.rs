//! Alerts that came and went between two imports.

use crate::graph::EdgeKey;
use crate::mapping::Facts;
use crate::millis::Millis;
use crate::property::Properties;
use crate::text::Text;
use crate::{EdgeKind, NodeKind};

/// An alert that was raised and resolved since the import before. No graph holds it; a sink that keeps the past writes it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The alert, a key of [`NodeKind::Vulnerability`].
    pub alert: Text,
    /// What it says.
    pub properties: Properties,
    /// The machine that had it.
    pub edge: EdgeKey,
    /// What the edge says.
    pub edge_properties: Properties,
    /// When it was raised.
    pub from: Millis,
    /// When it was resolved.
    pub to: Millis,
}

impl Passed {
    pub(crate) fn new(
        alert: &Text,
        machine: &Text,
        facts: &Facts,
        from: Millis,
        to: Millis,
    ) -> Option<Self> {
        let mut nodes = facts.nodes.iter();
        let (_, properties) =
            nodes.find(|(node, _)| node.kind == NodeKind::Vulnerability && node.key == *alert)?;
        let edge = EdgeKey::new(EdgeKind::AssetVulnerability, machine.clone(), alert.clone());
        Some(Self {
            alert: alert.clone(),
            properties: properties.clone(),
            edge_properties: facts.edges.get(&edge)?.clone(),
            edge,
            from,
            // A clock that goes back ends nothing before it began.
            to: to.max(from),
        })
    }
}
