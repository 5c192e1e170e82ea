//! What differs between two graphs.

use std::cmp::Ordering;
use std::fmt;
use std::iter::Peekable;

use crate::collection::{EdgeKind, NodeKind};
use crate::edges::Fan;
use crate::graph::{AssetGraph, EdgeKey, EndsRef, NodeKey};
use crate::property::{ALERT, CATEGORY, Patch, Properties};
use crate::text::Text;

/// The way from one graph to another. It is a pure function of both and is worked out as it is read, so that it takes no room.
#[derive(Debug, Clone, Copy)]
pub struct Delta<'a> {
    earlier: &'a AssetGraph,
    next: &'a AssetGraph,
}

/// A step on that way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A node is new.
    NodeCreated {
        /// The node.
        node: NodeKey,
        /// What it says.
        properties: Properties,
    },
    /// A node says something else.
    NodeUpdated {
        /// The node.
        node: NodeKey,
        /// What changed.
        patch: Patch,
    },
    /// An edge is new.
    EdgeCreated {
        /// The edge.
        edge: EdgeKey,
        /// What it says.
        properties: Properties,
    },
    /// An edge says something else.
    EdgeUpdated {
        /// The edge.
        edge: EdgeKey,
        /// What changed.
        patch: Patch,
    },
    /// What an edge said is no longer so.
    EdgeClosed {
        /// The edge.
        edge: EdgeKey,
        /// Why.
        because: Because,
    },
    /// A node is gone.
    NodeRemoved {
        /// The node.
        node: NodeKey,
        /// Why.
        because: Because,
    },
}

/// Why something is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Because {
    /// The machine is gone: inactive for too long, or no longer listed.
    AssetDeleted,
    /// The machine's alert is no longer open.
    AlertResolved,
    /// The machine no longer has the vulnerability.
    VulnerabilityGone,
    /// Nothing shows it any more.
    NotSeen,
}

impl Because {
    /// A word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AssetDeleted => "asset_deleted",
            Self::AlertResolved => "alert_resolved",
            Self::VulnerabilityGone => "vulnerability_gone",
            Self::NotSeen => "not_seen",
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'a> Delta<'a> {
    /// The way from `earlier` to `next`.
    #[must_use]
    pub fn new(earlier: &'a AssetGraph, next: &'a AssetGraph) -> Self {
        Self { earlier, next }
    }

    /// The steps in an order in which each can be taken: nodes before the edges that need them, edges before the nodes that they leave.
    /// Within, by collection and key.
    pub fn changes(self) -> impl Iterator<Item = Change> + 'a {
        let nodes = NodeKind::ALL.into_iter();
        let edges = EdgeKind::ALL.into_iter();
        let new_nodes = nodes.clone().flat_map(move |kind| self.new_nodes(kind));
        let new_edges = edges.clone().flat_map(move |kind| self.new_edges(kind));
        let closed = edges.flat_map(move |kind| self.closed(kind));
        let removed = nodes.flat_map(move |kind| self.removed(kind));
        new_nodes.chain(new_edges).chain(closed).chain(removed)
    }

    fn new_nodes(self, kind: NodeKind) -> impl Iterator<Item = Change> + 'a {
        let pairs = Pairs::new(self.earlier.nodes(kind), self.next.nodes(kind));
        pairs.filter_map(move |(key, before, after)| {
            let node = || NodeKey::new(kind, Text::clone(key));
            match difference(before, after?)? {
                Difference::New(properties) => Some(Change::NodeCreated {
                    node: node(),
                    properties,
                }),
                Difference::Patch(patch) => Some(Change::NodeUpdated {
                    node: node(),
                    patch,
                }),
            }
        })
    }

    fn new_edges(self, kind: EdgeKind) -> impl Iterator<Item = Change> + 'a {
        self.edges(kind).filter_map(move |(ends, before, after)| {
            let edge = || EdgeKey {
                kind,
                ends: ends.into(),
            };
            match difference(before, after?)? {
                Difference::New(properties) => Some(Change::EdgeCreated {
                    edge: edge(),
                    properties,
                }),
                Difference::Patch(patch) => Some(Change::EdgeUpdated {
                    edge: edge(),
                    patch,
                }),
            }
        })
    }

    fn closed(self, kind: EdgeKind) -> impl Iterator<Item = Change> + 'a {
        let gone = self.edges(kind).filter(|(_, _, after)| after.is_none());
        gone.map(move |(ends, _, _)| Change::EdgeClosed {
            because: self.why_closed(kind, ends),
            edge: EdgeKey {
                kind,
                ends: ends.into(),
            },
        })
    }

    /// What both say of each edge of either. Edges that both graphs share are left out, as nothing of them differs.
    fn edges(self, kind: EdgeKind) -> impl Iterator<Item = EdgePair<'a>> {
        let fans = Pairs::new(self.earlier.fans(kind), self.next.fans(kind));
        let differ = |(_, before, after): &(_, Option<&Fan>, Option<&Fan>)| match (before, after) {
            (Some(before), Some(after)) => !before.is_same(after),
            _ => true,
        };
        fans.filter(differ).flat_map(|(from, before, after)| {
            let edges = |fan: Option<&'a Fan>| fan.into_iter().flat_map(Fan::iter);
            let pairs = Pairs::new(edges(before), edges(after));
            pairs.map(move |(to, before, after)| (EndsRef { from, to }, before, after))
        })
    }

    fn removed(self, kind: NodeKind) -> impl Iterator<Item = Change> + 'a {
        let pairs = Pairs::new(self.earlier.nodes(kind), self.next.nodes(kind));
        let gone = pairs.filter(|(_, _, after)| after.is_none());
        let because = match kind {
            NodeKind::Asset => Because::AssetDeleted,
            _ => Because::NotSeen,
        };
        gone.map(move |(key, _, _)| Change::NodeRemoved {
            node: NodeKey::new(kind, Text::clone(key)),
            because,
        })
    }

    fn why_closed(self, kind: EdgeKind, ends: EndsRef<'_>) -> Because {
        let (from, to) = kind.ends();
        if from != NodeKind::Asset {
            return Because::NotSeen;
        }
        if self.next.node(from, ends.from).is_none() {
            return Because::AssetDeleted;
        }
        if to != NodeKind::Vulnerability {
            return Because::NotSeen;
        }
        let said = self.earlier.node(to, ends.to);
        match said.and_then(|said| said.get(CATEGORY)).as_deref() {
            Some(ALERT) => Because::AlertResolved,
            _ => Because::VulnerabilityGone,
        }
    }
}

/// What two graphs say of an edge.
type EdgePair<'a> = (EndsRef<'a>, Option<&'a Properties>, Option<&'a Properties>);

enum Difference {
    New(Properties),
    Patch(Patch),
}

fn difference(before: Option<&Properties>, after: &Properties) -> Option<Difference> {
    match before {
        None => Some(Difference::New(after.clone())),
        Some(before) => {
            let patch = before.patch_to(after);
            (!patch.is_empty()).then_some(Difference::Patch(patch))
        }
    }
}

/// What two ordered sequences say of each key of either.
struct Pairs<A: Iterator, B: Iterator> {
    before: Peekable<A>,
    after: Peekable<B>,
}

impl<'a, K, V, A, B> Pairs<A, B>
where
    K: Ord + 'a,
    V: 'a,
    A: Iterator<Item = (&'a K, &'a V)>,
    B: Iterator<Item = (&'a K, &'a V)>,
{
    fn new(before: A, after: B) -> Self {
        Self {
            before: before.peekable(),
            after: after.peekable(),
        }
    }
}

impl<'a, K, V, A, B> Iterator for Pairs<A, B>
where
    K: Ord + 'a,
    V: 'a,
    A: Iterator<Item = (&'a K, &'a V)>,
    B: Iterator<Item = (&'a K, &'a V)>,
{
    type Item = (&'a K, Option<&'a V>, Option<&'a V>);

    fn next(&mut self) -> Option<Self::Item> {
        let order = match (self.before.peek(), self.after.peek()) {
            (Some((before, _)), Some((after, _))) => before.cmp(after),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let before = (order != Ordering::Greater).then(|| self.before.next());
        let after = (order != Ordering::Less).then(|| self.after.next());
        let (before, after) = (before.flatten(), after.flatten());
        let (key, _) = before.or(after)?;
        let said = |side: Option<(&'a K, &'a V)>| side.map(|(_, said)| said);
        Some((key, said(before), said(after)))
    }
}

impl AssetGraph {
    /// Takes a step.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::NodeCreated { node, properties } => self.put_node(node, properties),
            Change::NodeUpdated { node, patch } => {
                if let Some(said) = self.nodes_mut(node.kind).get_mut(&node.key) {
                    *said = said.patched(&patch);
                }
            }
            Change::NodeRemoved { node, .. } => self.remove_node(&node),
            Change::EdgeCreated { edge, properties } => self.put_edge(edge, properties),
            Change::EdgeUpdated { edge, patch } => {
                if let Some(said) = self.edges_mut(edge.kind).get_mut(&edge.ends) {
                    *said = said.patched(&patch);
                }
            }
            Change::EdgeClosed { edge, .. } => self.remove_edge(&edge),
        }
    }
}
