//! What the service holds of a source, read through GraphQL.
//!
//! Source: `query` in <https://github.com/IBM/cp4s-car-schema/blob/master/docs/rest_api_v3.md>.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::CarError;
use super::client::{Call, CarClient};
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{AssetGraph, EdgeKey, Ends, NodeKey};
use crate::import::Source;
use crate::property::{
    ADAPTERS, ALERT, APPLICATIONS, BASE_SCORE, CATEGORY, CVE, DESCRIPTION, DISCLOSED_ON, Draft,
    IS_OS, NAME, PUBLISHED_ON, Properties, UPDATED_ON, texts,
};
use crate::text::{Interner, Text};
use crate::{Key, Millis};

/// The region of addresses of which an import named none.
const REGION: &str = "0/";

impl CarClient {
    /// The graph of a source; nothing where the service does not answer GraphQL or knows other collections, so that the next import must be
    /// full.
    pub(super) async fn graph(
        &self,
        source: &Source,
        edges: &[EdgeKind],
    ) -> Result<Option<AssetGraph>, CarError> {
        let (mut graph, mut interner) = (AssetGraph::default(), Interner::default());
        for kind in NodeKind::ALL {
            let asked = Asked::nodes(kind);
            let put = |row: &Json| {
                let key = interner.text(&asked.key(row, "external_id", kind, source)?);
                let said = interner.properties(&said(kind, &key, row));
                graph.put_node(NodeKey::new(kind, key), said);
                Ok(())
            };
            if !self.rows(source, &asked, put).await? {
                return Ok(None);
            }
        }
        for kind in edges.iter().copied() {
            let asked = Asked::edges(kind);
            let put = |row: &Json| {
                let ends = asked.ends(row, kind, source)?;
                let ends = Ends::new(interner.text(&ends.from), interner.text(&ends.to));
                graph.put_edge(EdgeKey { kind, ends }, Properties::default());
                Ok(())
            };
            if !self.rows(source, &asked, put).await? {
                return Ok(None);
            }
        }
        Ok(Some(restored(graph)))
    }

    /// Takes all rows of a collection, page by page until there is none; a service may give fewer than were asked for. Whether it could be
    /// asked.
    async fn rows(
        &self,
        source: &Source,
        asked: &Asked,
        mut take: impl FnMut(&Json) -> Result<(), CarError>,
    ) -> Result<bool, CarError> {
        let mut taken = 0;
        loop {
            let query = asked.query(source, self.settings.read_rows, taken);
            let call = Call::new(Method::POST, &["query"]).v3();
            let call = call.body(json!({"query": query}));
            let answer = self.ask(&call).await?;
            if has_no_graphql(answer.status) || answer.json.get("errors").is_some() {
                return Ok(false);
            }
            if !answer.is_success() {
                return Err(self.refusal(&call, &answer));
            }
            let data = answer.json.get("data");
            let page = data.and_then(|data| data.get(asked.collection)?.as_array());
            let page = page.ok_or_else(|| asked.unreadable("it has no rows"))?;
            if page.is_empty() {
                return Ok(true);
            }
            page.iter().try_for_each(&mut take)?;
            taken += page.len();
        }
    }
}

/// Whether a status says that nobody answers such questions there, rather than that this one cannot be answered now.
fn has_no_graphql(status: u16) -> bool {
    matches!(status, 400 | 404 | 405 | 501)
}

/// A collection and what is asked of it.
#[derive(Debug)]
struct Asked {
    collection: &'static str,
    members: Vec<String>,
    /// How many of the members name a row.
    names: usize,
}

impl Asked {
    fn nodes(kind: NodeKind) -> Self {
        let more: &[&str] = match kind {
            NodeKind::Asset | NodeKind::Account => &["name"],
            NodeKind::Application => &["name", "is_os"],
            NodeKind::Vulnerability => &[
                "name",
                "description",
                "base_score",
                "published_on",
                "disclosed_on",
                "updated_on",
            ],
            NodeKind::Hostname | NodeKind::IpAddress | NodeKind::MacAddress | NodeKind::User => &[],
        };
        let members = ["external_id"].iter().chain(more);
        Self {
            collection: kind.name(),
            members: members.map(|member| (*member).to_owned()).collect(),
            names: 1,
        }
    }

    fn edges(kind: EdgeKind) -> Self {
        let (from, to) = kind.ends();
        Self {
            collection: kind.name(),
            members: vec![format!("{from}_id"), format!("{to}_id")],
            names: 2,
        }
    }

    fn query(&self, source: &Source, limit: usize, offset: usize) -> String {
        // A text of JSON is one of GraphQL: the same quotes and escapes.
        let source = Json::from(source.key());
        let order = self.members.iter().take(self.names);
        let order: Vec<String> = order.map(|name| format!("{{{name}: asc}}")).collect();
        format!(
            "{{ {}(where: {{source: {{_eq: {source}}}}}, order_by: [{}], limit: {limit}, offset: {offset}) {{ {} }} }}",
            self.collection,
            order.join(", "),
            self.members.join(" "),
        )
    }

    fn ends(&self, row: &Json, kind: EdgeKind, source: &Source) -> Result<Ends, CarError> {
        let (from, to) = kind.ends();
        let end = |member: usize, kind| {
            let member = self.members.get(member).map_or("", String::as_str);
            self.key(row, member, kind, source)
        };
        Ok(Ends::new(end(0, from)?, end(1, to)?))
    }

    /// The key of a node in a member, which may be preceded by its source and, for an address, by its region.
    fn key(
        &self,
        row: &Json,
        member: &str,
        kind: NodeKind,
        source: &Source,
    ) -> Result<String, CarError> {
        let text = row.get(member).and_then(Json::as_str);
        let text = text.ok_or_else(|| self.unreadable(&format!("a row has no `{member}`")))?;
        let is_edge = self.names > 1;
        let of_source = text.strip_prefix(source.key());
        let own = of_source
            .and_then(|rest| rest.strip_prefix('/'))
            .filter(|_| is_edge);
        let key = own.unwrap_or(text);
        let key = match kind {
            NodeKind::IpAddress => key.strip_prefix(REGION).unwrap_or(key),
            _ => key,
        };
        Ok(key.to_owned())
    }

    fn unreadable(&self, problem: &str) -> CarError {
        CarError::Unreadable {
            call: format!("POST query for {}", self.collection),
            problem: problem.to_owned(),
        }
    }
}

/// What a row says of a node.
fn said(kind: NodeKind, key: &str, row: &Json) -> Properties {
    let text = |member: &str| row.get(member).and_then(Json::as_str);
    let mut draft = Draft::default().text(NAME, text("name"));
    match kind {
        NodeKind::Application => {
            draft = draft.with(IS_OS, row.get("is_os").and_then(Json::as_bool));
        }
        NodeKind::Vulnerability => {
            let instant = |key: Key<Millis>| instant(row.get(key.property().name())?);
            draft = draft
                .text(DESCRIPTION, text("description"))
                .text(CATEGORY, Some(category(key)))
                .with(BASE_SCORE, row.get("base_score").and_then(whole))
                .with(PUBLISHED_ON, instant(PUBLISHED_ON))
                .with(DISCLOSED_ON, instant(DISCLOSED_ON))
                .with(UPDATED_ON, instant(UPDATED_ON));
        }
        _ => {}
    }
    draft.done()
}

/// The service does not keep what stands behind a vulnerability; its key tells.
fn category(key: &str) -> &'static str {
    if ["CVE-", "TVM-"].iter().any(|list| key.starts_with(list)) {
        CVE
    } else {
        ALERT
    }
}

/// A whole number, which a database may give with a fraction of zero or as a text.
fn whole(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => number
            .as_i64()
            .or_else(|| format!("{:.0}", number.as_f64()?).parse().ok()),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// An instant in milliseconds or as RFC 3339 writes it.
fn instant(json: &Json) -> Option<Millis> {
    let text = json.as_str().and_then(|text| text.parse().ok());
    text.or_else(|| whole(json).map(Millis::new))
}

/// The graph with what the service does not keep and its edges tell: through which applications a machine has a vulnerability, and which of
/// its adapters carry an address. Edges of which an end is gone are left out.
fn restored(mut graph: AssetGraph) -> AssetGraph {
    let dangling: Vec<EdgeKey> = graph.dangling().collect();
    for edge in &dangling {
        graph.remove_edge(edge);
    }
    let through = [
        (
            EdgeKind::AssetVulnerability,
            EdgeKind::AssetApplication,
            EdgeKind::ApplicationVulnerability,
        ),
        (
            EdgeKind::AssetIpAddress,
            EdgeKind::AssetMacAddress,
            EdgeKind::IpAddressMacAddress,
        ),
    ];
    for (kind, owned, between) in through {
        let partners = partners(&graph, kind, owned, between);
        for (ends, found) in partners {
            let draft = Draft::default();
            let said = if kind == EdgeKind::AssetVulnerability {
                draft.with(APPLICATIONS, texts(found))
            } else {
                draft.with(ADAPTERS, texts(found))
            };
            graph.put_edge(EdgeKey { kind, ends }, said.done());
        }
    }
    graph
}

/// For each edge from a machine, what of the machine's own things has an edge with its end.
fn partners(
    graph: &AssetGraph,
    kind: EdgeKind,
    owned: EdgeKind,
    between: EdgeKind,
) -> Vec<(Ends, BTreeSet<Text>)> {
    let (_, end) = kind.ends();
    let mut of_end: BTreeMap<&Text, Vec<&Text>> = BTreeMap::new();
    for (ends, _) in graph.edges(between) {
        let (key, partner) = if between.ends().0 == end {
            (ends.from, ends.to)
        } else {
            (ends.to, ends.from)
        };
        of_end.entry(key).or_default().push(partner);
    }
    let found = graph.edges(kind).map(|(ends, _)| {
        let candidates = of_end.get(ends.to).into_iter().flatten();
        let is_owned = |partner: &&&Text| {
            let own = Ends::new(ends.from.clone(), Text::clone(partner));
            graph.edge(owned, &own).is_some()
        };
        let partners = candidates
            .filter(is_owned)
            .map(|partner| Text::clone(partner));
        (ends.into(), partners.collect())
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source::new("conn-1", "Contoso").unwrap()
    }

    #[test]
    fn a_query_asks_for_one_source_in_order() {
        let nodes = Asked::nodes(NodeKind::Application);
        assert_eq!(
            nodes.query(&source(), 10, 20),
            r#"{ application(where: {source: {_eq: "conn-1"}}, order_by: [{external_id: asc}], limit: 10, offset: 20) { external_id name is_os } }"#
        );
        let edges = Asked::edges(EdgeKind::AssetIpAddress);
        assert_eq!(
            edges.query(&source(), 10, 0),
            r#"{ asset_ipaddress(where: {source: {_eq: "conn-1"}}, order_by: [{asset_id: asc}, {ipaddress_id: asc}], limit: 10, offset: 0) { asset_id ipaddress_id } }"#
        );
    }

    #[test]
    fn ends_are_read_in_every_form() {
        let asked = Asked::edges(EdgeKind::AssetIpAddress);
        for address in [
            "conn-1/0/10.0.0.5",
            "conn-1/10.0.0.5",
            "0/10.0.0.5",
            "10.0.0.5",
        ] {
            let row = json!({"asset_id": "conn-1/m/1", "ipaddress_id": address});
            let ends = asked
                .ends(&row, EdgeKind::AssetIpAddress, &source())
                .unwrap();
            assert_eq!(ends, Ends::new("m/1", "10.0.0.5"), "{address}");
        }
        let strange = json!({"asset_id": "conn-1/m1", "ipaddress_id": null});
        assert!(
            asked
                .ends(&strange, EdgeKind::AssetIpAddress, &source())
                .is_err()
        );
        let other = json!({"asset_id": "conn-10/m1", "ipaddress_id": "conn-1/0/::1"});
        let ends = asked
            .ends(&other, EdgeKind::AssetIpAddress, &source())
            .unwrap();
        assert_eq!(ends, Ends::new("conn-10/m1", "::1"));
    }

    #[test]
    fn numbers_and_instants_are_read_in_every_form() {
        assert_eq!(whole(&json!(8)), Some(8));
        assert_eq!(whole(&json!(8.0)), Some(8));
        assert_eq!(whole(&json!("8")), Some(8));
        assert_eq!(whole(&json!(null)), None);
        let expected = Some(Millis::new(1_795_226_257_294));
        for json in [
            json!(1_795_226_257_294_i64),
            json!(1_795_226_257_294.0),
            json!("1795226257294"),
            json!("2026-11-21T01:57:37.294Z"),
        ] {
            assert_eq!(instant(&json), expected, "{json}");
        }
        assert_eq!(instant(&json!("soon")), None);
    }
}
