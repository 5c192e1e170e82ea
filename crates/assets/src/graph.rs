//! The graph: what is known of a tenant's assets now.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::collection::{EdgeKind, NodeKind};
use crate::edges::{Edges, Fan};
use crate::property::Properties;
use crate::text::Text;

/// A node: its collection and its key there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeKey {
    /// The collection.
    pub kind: NodeKind,
    /// The key.
    pub key: Text,
}

/// Where an edge begins and ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ends {
    /// The key of the node where it begins.
    pub from: Text,
    /// The key of the node where it ends.
    pub to: Text,
}

/// [`Ends`] of an edge that a graph holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndsRef<'a> {
    /// The key of the node where it begins.
    pub from: &'a Text,
    /// The key of the node where it ends.
    pub to: &'a Text,
}

/// An edge: its collection and its ends. There is at most one between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeKey {
    /// The collection.
    pub kind: EdgeKind,
    /// The ends.
    pub ends: Ends,
}

/// Nodes of one collection, by key.
pub type Nodes = BTreeMap<Text, Properties>;

/// Nodes and edges by collection and key. An edge says that something is so now: what is no longer so has no edge, its past is a
/// sink's matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetGraph {
    nodes: BTreeMap<NodeKind, Nodes>,
    edges: BTreeMap<EdgeKind, Edges>,
}

/// Every collection is there, so that two graphs are equal when what they hold is.
impl Default for AssetGraph {
    fn default() -> Self {
        Self {
            nodes: NodeKind::ALL.map(|kind| (kind, Nodes::new())).into(),
            edges: EdgeKind::ALL.map(|kind| (kind, Edges::default())).into(),
        }
    }
}

impl AssetGraph {
    /// What a node says; nothing where there is no such node.
    #[must_use]
    pub fn node(&self, kind: NodeKind, key: &str) -> Option<&Properties> {
        self.nodes.get(&kind)?.get(key)
    }

    /// What an edge says; nothing where there is no such edge.
    #[must_use]
    pub fn edge<'e>(&self, kind: EdgeKind, ends: impl Into<EndsRef<'e>>) -> Option<&Properties> {
        let ends = ends.into();
        self.edges.get(&kind)?.get(ends.from, ends.to)
    }

    /// The nodes of a collection, by key.
    pub fn nodes(&self, kind: NodeKind) -> impl Iterator<Item = (&Text, &Properties)> {
        self.nodes.get(&kind).into_iter().flatten()
    }

    /// The edges of a collection, by ends.
    pub fn edges(&self, kind: EdgeKind) -> impl Iterator<Item = (EndsRef<'_>, &Properties)> {
        self.edges.get(&kind).into_iter().flat_map(Edges::iter)
    }

    /// The edges of a collection by where they begin.
    pub(crate) fn fans(&self, kind: EdgeKind) -> impl Iterator<Item = (&Text, &Fan)> {
        self.edges.get(&kind).into_iter().flat_map(Edges::fans)
    }

    /// The edges of a collection that begin at a node, by where they end.
    pub fn edges_from<'a>(
        &'a self,
        kind: EdgeKind,
        from: &'a str,
    ) -> impl Iterator<Item = (EndsRef<'a>, &'a Properties)> {
        let edges = self.edges.get(&kind).into_iter();
        edges.flat_map(move |edges| edges.from(from))
    }

    /// How many nodes a collection has.
    #[must_use]
    pub fn node_count(&self, kind: NodeKind) -> usize {
        self.nodes.get(&kind).map_or(0, BTreeMap::len)
    }

    /// How many edges a collection has.
    #[must_use]
    pub fn edge_count(&self, kind: EdgeKind) -> usize {
        self.edges.get(&kind).map_or(0, Edges::len)
    }

    /// How many nodes and how many edges there are.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let nodes = NodeKind::ALL.into_iter().map(|kind| self.node_count(kind));
        let edges = EdgeKind::ALL.into_iter().map(|kind| self.edge_count(kind));
        (nodes.sum(), edges.sum())
    }

    /// Whether there is neither a node nor an edge.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.values().all(BTreeMap::is_empty)
            && self.edges.values().all(|edges| edges.len() == 0)
    }

    /// Sets a node.
    pub fn put_node(&mut self, node: NodeKey, properties: Properties) {
        self.nodes_mut(node.kind).insert(node.key, properties);
    }

    /// Sets an edge. Its ends are the caller's matter: [`AssetGraph::dangling`] tells those that lack one.
    pub fn put_edge(&mut self, edge: EdgeKey, properties: Properties) {
        self.edges_mut(edge.kind).put(edge.ends, properties);
    }

    /// Takes a node out. Its edges stay.
    pub fn remove_node(&mut self, node: &NodeKey) {
        self.nodes_mut(node.kind).remove(&node.key);
    }

    /// Takes an edge out. Its ends stay.
    pub fn remove_edge(&mut self, edge: &EdgeKey) {
        self.edges_mut(edge.kind).remove(&edge.ends);
    }

    /// Edges of which an end is not there.
    pub fn dangling(&self) -> impl Iterator<Item = EdgeKey> {
        self.edges.iter().flat_map(move |(kind, edges)| {
            let (from, to) = kind.ends();
            let lacks_end = move |ends: &EndsRef<'_>| {
                self.node(from, ends.from).is_none() || self.node(to, ends.to).is_none()
            };
            let ends = edges.iter().map(|(ends, _)| ends);
            ends.filter(lacks_end).map(|ends| EdgeKey {
                kind: *kind,
                ends: ends.into(),
            })
        })
    }

    pub(crate) fn nodes_mut(&mut self, kind: NodeKind) -> &mut Nodes {
        self.nodes.entry(kind).or_default()
    }

    /// Shares with an earlier graph the edges of a collection that are as they were.
    pub(crate) fn share_edges(&mut self, kind: EdgeKind, earlier: &Self) {
        if let Some(before) = earlier.edges.get(&kind) {
            self.edges_mut(kind).share_with(before);
        }
    }

    /// Edges of a collection that say nothing, by their ends; those that were there already are shared.
    pub(crate) fn edges_of(&self, kind: EdgeKind, ends: Vec<(&Text, &Text)>) -> Edges {
        let none = Edges::default();
        Edges::of_ends(ends, self.edges.get(&kind).unwrap_or(&none))
    }

    pub(crate) fn edges_mut(&mut self, kind: EdgeKind) -> &mut Edges {
        self.edges.entry(kind).or_default()
    }

    /// Adds what an observation says to what others said.
    pub(crate) fn join_node(&mut self, node: NodeKey, properties: &Properties) {
        match self.nodes_mut(node.kind).entry(node.key) {
            Entry::Occupied(mut known) => {
                let both = known.get().joined(properties);
                known.insert(both);
            }
            Entry::Vacant(new) => {
                new.insert(properties.clone());
            }
        }
    }

    /// The same for an edge.
    pub(crate) fn join_edge(&mut self, edge: EdgeKey, properties: &Properties) {
        let edges = self.edges_mut(edge.kind);
        edges.join(edge.ends, properties, |both| both);
    }
}

impl NodeKey {
    /// A node by its collection and key.
    #[must_use]
    pub fn new(kind: NodeKind, key: impl Into<Text>) -> Self {
        let key = key.into();
        Self { kind, key }
    }
}

impl Ends {
    /// From one key to the other.
    #[must_use]
    pub fn new(from: impl Into<Text>, to: impl Into<Text>) -> Self {
        Self {
            from: from.into(),
            to: to.into(),
        }
    }
}

impl<'a> From<&'a Ends> for EndsRef<'a> {
    fn from(ends: &'a Ends) -> Self {
        Self {
            from: &ends.from,
            to: &ends.to,
        }
    }
}

impl From<EndsRef<'_>> for Ends {
    fn from(ends: EndsRef<'_>) -> Self {
        Self::new(ends.from.clone(), ends.to.clone())
    }
}

impl EdgeKey {
    /// An edge by its collection and ends.
    #[must_use]
    pub fn new(kind: EdgeKind, from: impl Into<Text>, to: impl Into<Text>) -> Self {
        Self {
            kind,
            ends: Ends::new(from, to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::{Draft, NAME};

    #[test]
    fn a_graph_is_the_same_however_it_was_filled() {
        let name = Draft::default().text(NAME, Some("pc")).done();
        let nodes = ["b", "a"].map(|key| NodeKey::new(NodeKind::Asset, key));
        let edges = ["x", "w"].map(|to| EdgeKey::new(EdgeKind::AssetHostname, "a", to));
        let (mut one, mut other) = (AssetGraph::default(), AssetGraph::default());
        for (node, edge) in nodes.iter().zip(&edges) {
            one.put_node(node.clone(), name.clone());
            one.put_edge(edge.clone(), Properties::default());
        }
        for (node, edge) in nodes.iter().rev().zip(edges.iter().rev()) {
            other.put_edge(edge.clone(), Properties::default());
            other.put_node(node.clone(), Properties::default());
            other.put_node(node.clone(), name.clone());
        }
        assert_eq!(one, other);
        other.remove_node(&nodes[0]);
        assert_ne!(one, other);
    }

    #[test]
    fn edges_are_found_from_where_they_begin() {
        let mut graph = AssetGraph::default();
        for (from, to) in [("a", "x"), ("ab", "x"), ("a", "y"), ("b", "x")] {
            let edge = EdgeKey::new(EdgeKind::AssetAccount, from, to);
            graph.put_edge(edge, Properties::default());
        }
        let found: Vec<&str> = graph
            .edges_from(EdgeKind::AssetAccount, "a")
            .map(|(ends, _)| &**ends.to)
            .collect();
        assert_eq!(found, ["x", "y"]);
        assert_eq!(graph.edges_from(EdgeKind::AssetHostname, "a").count(), 0);
    }

    #[test]
    fn edges_without_an_end_are_told() {
        let mut graph = AssetGraph::default();
        let edge = EdgeKey::new(EdgeKind::UserAccount, "ana", "ana");
        graph.put_edge(edge.clone(), Properties::default());
        graph.put_node(NodeKey::new(NodeKind::User, "ana"), Properties::default());
        assert_eq!(graph.dangling().collect::<Vec<_>>(), [edge]);
        graph.put_node(
            NodeKey::new(NodeKind::Account, "ana"),
            Properties::default(),
        );
        assert_eq!(graph.dangling().count(), 0);
    }
}
