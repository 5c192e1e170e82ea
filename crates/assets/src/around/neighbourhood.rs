//! One node with those that it is joined to.

use serde::{Serialize, Serializer};

use super::found::source;
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::NodeKey;
use crate::import::Source;
use crate::millis::Millis;
use crate::property::{ALERT, CVE, Properties};
use crate::text::Text;

/// How much of a neighbourhood is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most neighbours of a group.
    pub neighbours: u32,
    /// Most of a group of neighbours' neighbours.
    pub below: u32,
    /// Whether the edges that are closed are read as well.
    pub past: bool,
}

impl Default for Bounds {
    /// 20 of each group, 5 below each of them, and nothing of the past.
    fn default() -> Self {
        Self {
            neighbours: 20,
            below: 5,
            past: false,
        }
    }
}

/// On which side of the edges of a group the node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// They begin at the node.
    Out,
    /// They end at the node.
    In,
}

/// What stands in the collection of vulnerabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Vulnerabilities of software.
    Cve,
    /// Alerts.
    Alert,
}

impl Category {
    /// The value of [`CATEGORY`](crate::property::CATEGORY).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cve => CVE,
            Self::Alert => ALERT,
        }
    }
}

/// A node with what it says and what it is joined to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neighbourhood {
    /// Where it stands.
    #[serde(serialize_with = "source")]
    pub source: Source,
    /// Its collection and key.
    #[serde(flatten)]
    pub node: NodeKey,
    /// What it says.
    pub properties: Properties,
    /// When an import found it first.
    pub created_at: Millis,
    /// When it went; nothing while it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Millis>,
    /// What it is joined to: each collection of edges and direction that has any, what is past after what is now.
    pub groups: Vec<Group>,
}

/// What a node is joined to by edges of one collection and direction. Vulnerabilities come by score, the greatest first, then by key; what
/// is past by its end, the last first; others by key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The collection of the edges.
    #[serde(rename = "edges", serialize_with = "edges")]
    pub edge: EdgeKind,
    /// The side on which the node stands.
    pub direction: Direction,
    /// What of the vulnerabilities these are, where a machine has both kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Whether the edges are closed.
    #[serde(rename = "past")]
    pub is_past: bool,
    /// How many there are.
    pub total: u64,
    /// The first of them.
    pub neighbours: Vec<Neighbour>,
}

/// A node at the other end of an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// Its collection and key.
    #[serde(flatten)]
    pub node: NodeKey,
    /// What it says.
    pub properties: Properties,
    /// What the edge says.
    #[serde(rename = "edge")]
    pub edge_properties: Properties,
    /// Since when imports saw the edge.
    pub since: Millis,
    /// Until when; nothing while it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
    /// Why it is no longer so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<Text>,
    /// What it is joined to itself, where that helps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
}

impl Group {
    /// The collection of the neighbours.
    #[must_use]
    pub fn neighbour_kind(&self) -> NodeKind {
        other_end(self.edge, self.direction)
    }

    /// How many are not among [`Group::neighbours`].
    #[must_use]
    pub fn left_out(&self) -> u64 {
        let shown = u64::try_from(self.neighbours.len()).unwrap_or(u64::MAX);
        self.total.saturating_sub(shown)
    }
}

/// The collection at the other end of edges.
pub(crate) fn other_end(edge: EdgeKind, direction: Direction) -> NodeKind {
    let (from, to) = edge.ends();
    match direction {
        Direction::Out => to,
        Direction::In => from,
    }
}

fn edges<S: Serializer>(kind: &EdgeKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.name())
}
