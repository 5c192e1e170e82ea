//! Nodes and edges as the service has them.
//!
//! Source: import schema, <https://github.com/IBM/cp4s-car-schema/blob/master/doc/generated/importSchema.md>.

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{AssetGraph, EndsRef};
use crate::property::{
    BASE_SCORE, DESCRIPTION, DISCLOSED_ON, FIRST_SEEN, IS_OS, Key, LAST_SEEN, NAME, PUBLISHED_ON,
    Properties, UPDATED_ON,
};
use crate::text::Text;
use crate::{Millis, Typed};

/// An object of an import.
pub(super) type Document = Map<String, Json>;

/// Where a collection keeps the name of a node.
fn key_member(kind: NodeKind) -> &'static str {
    if is_shared(kind) {
        "_key"
    } else {
        "external_id"
    }
}

/// Whether the service names nodes of the collection by what they are, and not by what a source calls them.
fn is_shared(kind: NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::Hostname | NodeKind::IpAddress | NodeKind::MacAddress
    )
}

/// Members that every node of a collection has, and those that the service makes of them.
pub(super) fn members(kind: NodeKind) -> &'static [&'static str] {
    match kind {
        NodeKind::Hostname => &["_key", "host_name", "external_id"],
        NodeKind::IpAddress | NodeKind::MacAddress => &["_key", "name", "external_id"],
        NodeKind::User => &["external_id"],
        NodeKind::Asset | NodeKind::Account | NodeKind::Application | NodeKind::Vulnerability => {
            &["external_id", "name"]
        }
    }
}

/// A node as it is imported. The service keeps less than the graph does.
pub(super) fn node(kind: NodeKind, key: &str, said: &Properties) -> Document {
    let mut document = Document::new();
    document.insert(key_member(kind).to_owned(), key.into());
    let name = || {
        said.get(NAME)
            .map_or_else(|| key.to_owned(), |name| name.to_string())
    };
    match kind {
        NodeKind::Asset => {
            document.insert("name".to_owned(), name().into());
            put(&mut document, said, FIRST_SEEN, millis);
            put(&mut document, said, LAST_SEEN, millis);
        }
        NodeKind::Hostname => {
            document.insert("description".to_owned(), "hostname of the machine".into());
        }
        NodeKind::IpAddress | NodeKind::MacAddress | NodeKind::User => {}
        NodeKind::Account => {
            document.insert("name".to_owned(), key.into());
        }
        NodeKind::Application => {
            document.insert("name".to_owned(), key.into());
            put(&mut document, said, IS_OS, Json::from);
        }
        NodeKind::Vulnerability => {
            document.insert("name".to_owned(), name().into());
            put(&mut document, said, DESCRIPTION, |text| Json::from(&*text));
            put(&mut document, said, BASE_SCORE, Json::from);
            for key in [PUBLISHED_ON, DISCLOSED_ON, UPDATED_ON] {
                put(&mut document, said, key, millis);
            }
        }
    }
    document
}

fn millis(instant: Millis) -> Json {
    instant.get().into()
}

fn put<T: Typed>(
    document: &mut Document,
    said: &Properties,
    key: Key<T>,
    json: impl Fn(T) -> Json,
) {
    if let Some(value) = said.get(key) {
        document.insert(key.property().name().to_owned(), json(value));
    }
}

/// An edge as it is imported, but for what it says of its report.
pub(super) fn edge(kind: EdgeKind, ends: EndsRef<'_>, said: &Properties) -> Document {
    let (from, to) = kind.ends();
    let mut document = Document::new();
    for (side, end, key) in [("_from", from, ends.from), ("_to", to, ends.to)] {
        if is_shared(end) {
            document.insert(side.to_owned(), format!("{end}/{key}").into());
        } else {
            document.insert(format!("{side}_external_id"), json!(**key));
        }
    }
    if let Some(first) = said.get(FIRST_SEEN) {
        document.insert("created".to_owned(), millis(first));
    }
    document
}

/// The part of a graph that the service has: no accounts that only alerts name, because it has no edge from those.
#[derive(Debug)]
pub(super) struct View<'a> {
    graph: &'a AssetGraph,
    signed_in: HashSet<&'a Text>,
    /// Edges that the service's schema has.
    edges: &'a [EdgeKind],
}

impl<'a> View<'a> {
    pub(super) fn new(graph: &'a AssetGraph, edges: &'a [EdgeKind]) -> Self {
        let logons = graph.edges(EdgeKind::AssetAccount);
        Self {
            graph,
            signed_in: logons.map(|(ends, _)| ends.to).collect(),
            edges,
        }
    }

    pub(super) fn nodes(&self, kind: NodeKind) -> impl Iterator<Item = (&'a Text, &'a Properties)> {
        let is_person = matches!(kind, NodeKind::User | NodeKind::Account);
        let nodes = self.graph.nodes(kind);
        nodes.filter(move |(key, _)| !is_person || self.signed_in.contains(key))
    }

    pub(super) fn node(&self, kind: NodeKind, key: &Text) -> Option<&'a Properties> {
        let is_person = matches!(kind, NodeKind::User | NodeKind::Account);
        let is_there = !is_person || self.signed_in.contains(key);
        self.graph.node(kind, key).filter(|_| is_there)
    }

    pub(super) fn edges(
        &self,
        kind: EdgeKind,
    ) -> impl Iterator<Item = (EndsRef<'a>, &'a Properties)> {
        let edges = self.graph.edges(kind);
        edges.filter(move |(ends, _)| self.has_edge(kind, *ends))
    }

    pub(super) fn edge(&self, kind: EdgeKind, ends: EndsRef<'_>) -> Option<&'a Properties> {
        let said = self.graph.edge(kind, ends);
        said.filter(|_| self.has_edge(kind, ends))
    }

    fn has_edge(&self, kind: EdgeKind, ends: EndsRef<'_>) -> bool {
        let is_signed_in = kind != EdgeKind::UserAccount || self.signed_in.contains(ends.to);
        self.edges.contains(&kind) && is_signed_in
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Ends;
    use crate::property::{CATEGORY, CVSS_SCORE, Draft, Real};

    #[test]
    fn nodes_have_the_members_that_the_service_requires() {
        let said = Draft::default()
            .text(NAME, Some("PC-1"))
            .text(DESCRIPTION, Some("bad"))
            .text(CATEGORY, Some("cve"))
            .with(FIRST_SEEN, Some(Millis::new(1)))
            .with(LAST_SEEN, Some(Millis::new(2)))
            .with(IS_OS, Some(true))
            .with(BASE_SCORE, Some(8))
            .with(CVSS_SCORE, Some(Real(7.5)))
            .with(PUBLISHED_ON, Some(Millis::new(3)))
            .with(DISCLOSED_ON, Some(Millis::new(4)))
            .done();
        let cases = [
            (
                NodeKind::Asset,
                json!({"external_id": "k", "name": "PC-1", "first_seen": 1, "last_seen": 2}),
            ),
            (
                NodeKind::Hostname,
                json!({"_key": "k", "description": "hostname of the machine"}),
            ),
            (NodeKind::IpAddress, json!({"_key": "k"})),
            (NodeKind::MacAddress, json!({"_key": "k"})),
            (NodeKind::User, json!({"external_id": "k"})),
            (NodeKind::Account, json!({"external_id": "k", "name": "k"})),
            (
                NodeKind::Application,
                json!({"external_id": "k", "name": "k", "is_os": true}),
            ),
            (
                NodeKind::Vulnerability,
                json!({"external_id": "k", "name": "PC-1", "description": "bad", "base_score": 8, "published_on": 3,
                    "disclosed_on": 4}),
            ),
        ];
        for (kind, expected) in cases {
            assert_eq!(Json::Object(node(kind, "k", &said)), expected, "{kind}");
        }
        let nameless = node(NodeKind::Asset, "k", &Properties::default());
        assert_eq!(
            Json::Object(nameless),
            json!({"external_id": "k", "name": "k"})
        );
    }

    #[test]
    fn edges_name_their_ends_as_the_service_does() {
        let (ends, said) = (Ends::new("a", "b"), Properties::default());
        let cases = [
            (
                EdgeKind::AssetHostname,
                json!({"_from_external_id": "a", "_to": "hostname/b"}),
            ),
            (
                EdgeKind::IpAddressMacAddress,
                json!({"_from": "ipaddress/a", "_to": "macaddress/b"}),
            ),
            (
                EdgeKind::IpAddressVulnerability,
                json!({"_from": "ipaddress/a", "_to_external_id": "b"}),
            ),
            (
                EdgeKind::AssetVulnerability,
                json!({"_from_external_id": "a", "_to_external_id": "b"}),
            ),
        ];
        for (kind, expected) in cases {
            assert_eq!(
                Json::Object(edge(kind, (&ends).into(), &said)),
                expected,
                "{kind}"
            );
        }
        let seen = Draft::default()
            .with(FIRST_SEEN, Some(Millis::new(7)))
            .done();
        assert_eq!(
            edge(EdgeKind::AssetAccount, (&ends).into(), &seen)["created"],
            7
        );
    }
}
