//! Graphs and changes as lines of JSON.

use serde::{Deserialize, Serialize};

use crate::collection::{EdgeKind, NodeKind};
use crate::delta::Change;
use crate::graph::{AssetGraph, EdgeKey, Ends, NodeKey};
use crate::millis::Millis;
use crate::passed::Passed;
use crate::property::{Patch, Properties, Value};
use crate::text::Interner;

/// A line of a graph: a node or an edge.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum GraphLine<'a> {
    Node {
        node: &'static str,
        key: &'a str,
        properties: &'a Properties,
    },
    Edge {
        edge: &'static str,
        from: &'a str,
        to: &'a str,
        properties: &'a Properties,
    },
}

/// The lines of a graph, nodes first.
pub(super) fn graph_lines(graph: &AssetGraph) -> impl Iterator<Item = GraphLine<'_>> {
    let nodes = NodeKind::ALL.into_iter().flat_map(|kind| {
        graph
            .nodes(kind)
            .map(move |(key, properties)| GraphLine::Node {
                node: kind.name(),
                key,
                properties,
            })
    });
    let edges = EdgeKind::ALL.into_iter().flat_map(|kind| {
        graph
            .edges(kind)
            .map(move |(ends, properties)| GraphLine::Edge {
                edge: kind.name(),
                from: ends.from,
                to: ends.to,
                properties,
            })
    });
    nodes.chain(edges)
}

/// A line of a graph as it is read back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadLine {
    node: Option<String>,
    key: Option<String>,
    edge: Option<String>,
    from: Option<String>,
    to: Option<String>,
    properties: Properties,
}

impl ReadLine {
    /// Puts the node or the edge; nothing where the line is neither.
    pub(super) fn put(self, graph: &mut AssetGraph, texts: &mut Interner) -> Option<()> {
        let said = texts.properties(&self.properties);
        match (self.node, self.key, self.edge, self.from, self.to) {
            (Some(kind), Some(key), None, None, None) => {
                let node = NodeKey::new(NodeKind::named(&kind)?, texts.text(&key));
                graph.put_node(node, said);
            }
            (None, None, Some(kind), Some(from), Some(to)) => {
                let kind = EdgeKind::named(&kind)?;
                let ends = Ends::new(texts.text(&from), texts.text(&to));
                graph.put_edge(EdgeKey { kind, ends }, said);
            }
            _ => return None,
        }
        Some(())
    }
}

/// A line of what changed.
#[derive(Debug, Serialize)]
pub(super) struct ChangeLine<'a> {
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edge: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<&'a Properties>,
    /// What changed: a new value, or null for one that is gone.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "patch")]
    patch: Option<&'a Patch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<String>,
}

impl<'a> ChangeLine<'a> {
    fn new(change: &'static str) -> Self {
        Self {
            change,
            node: None,
            key: None,
            edge: None,
            from: None,
            to: None,
            because: None,
            properties: None,
            patch: None,
            valid_from: None,
            valid_to: None,
        }
    }

    fn node(change: &'static str, node: &'a NodeKey) -> Self {
        Self {
            node: Some(node.kind.name()),
            key: Some(&node.key),
            ..Self::new(change)
        }
    }

    fn edge(change: &'static str, edge: &'a EdgeKey) -> Self {
        Self {
            edge: Some(edge.kind.name()),
            from: Some(&edge.ends.from),
            to: Some(&edge.ends.to),
            ..Self::new(change)
        }
    }

    pub(super) fn of(change: &'a Change) -> Self {
        match change {
            Change::NodeCreated { node, properties } => Self {
                properties: Some(properties),
                ..Self::node("node_created", node)
            },
            Change::NodeUpdated { node, patch } => Self {
                patch: Some(patch),
                ..Self::node("node_updated", node)
            },
            Change::NodeRemoved { node, because } => Self {
                because: Some(because.name()),
                ..Self::node("node_removed", node)
            },
            Change::EdgeCreated { edge, properties } => Self {
                properties: Some(properties),
                ..Self::edge("edge_created", edge)
            },
            Change::EdgeUpdated { edge, patch } => Self {
                patch: Some(patch),
                ..Self::edge("edge_updated", edge)
            },
            Change::EdgeClosed { edge, because } => Self {
                because: Some(because.name()),
                ..Self::edge("edge_closed", edge)
            },
        }
    }

    pub(super) fn passed(passed: &'a Passed) -> Self {
        let time = |millis: Millis| Some(millis.to_string());
        Self {
            key: Some(&passed.alert),
            properties: Some(&passed.properties),
            valid_from: time(passed.from),
            valid_to: time(passed.to),
            ..Self::edge("alert_passed", &passed.edge)
        }
    }
}

fn patch<S: serde::Serializer>(patch: &Option<&Patch>, to: S) -> Result<S::Ok, S::Error> {
    let changes = patch.iter().flat_map(|patch| patch.iter());
    let changes = changes.map(|(property, value): &(_, Option<Value>)| (property.name(), value));
    to.collect_map(changes)
}
