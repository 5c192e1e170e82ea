//! What one record says.

use std::collections::BTreeMap;

use super::{Reason, RecordKind};
use crate::graph::{EdgeKey, NodeKey};
use crate::property::Properties;
use crate::text::shown;

/// Nodes and edges that one record gives, and what of it could not be mapped.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Facts {
    pub(crate) nodes: BTreeMap<NodeKey, Properties>,
    pub(crate) edges: BTreeMap<EdgeKey, Properties>,
    pub(crate) refused: Vec<(RecordKind, Reason, String)>,
}

impl Facts {
    pub(crate) fn node(&mut self, mut node: NodeKey, properties: &Properties) {
        node.key = shown(&node.key);
        let said = self.nodes.entry(node).or_default();
        *said = said.joined(properties);
    }

    pub(crate) fn edge(&mut self, mut edge: EdgeKey, properties: &Properties) {
        edge.ends.from = shown(&edge.ends.from);
        edge.ends.to = shown(&edge.ends.to);
        let said = self.edges.entry(edge).or_default();
        *said = said.joined(properties);
    }

    pub(crate) fn refuse(&mut self, kind: RecordKind, reason: Reason, what: impl Into<String>) {
        self.refused.push((kind, reason, what.into()));
    }
}
