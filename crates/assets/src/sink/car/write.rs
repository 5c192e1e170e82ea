//! Writing an import: nodes, then edges, then what is no longer so.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::client::{Call, CarClient};
use super::document::{self, View};
use super::envelope::{Header, Page};
use super::jobs::Imports;
use super::{AddressIds, CarError};
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::EndsRef;
use crate::import::Import;
use crate::property::{LAST_MODIFIED, Properties};
use crate::sink::Written;
use crate::text::Text;

/// Most characters of ids in one deletion, as IBM's connectors have it.
const DELETED_CHARS_MAX: usize = 1_800;

/// An import on its way into the service.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    client: &'a CarClient,
    import: &'a Import,
    earlier: View<'a>,
    next: View<'a>,
    edges: &'a [EdgeKind],
    header: Header,
}

/// Whether everything is sent or what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Full,
    Changes,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        client: &'a CarClient,
        import: &'a Arc<Import>,
        edges: &'a [EdgeKind],
    ) -> Self {
        Self {
            client,
            import,
            earlier: View::new(&import.earlier, edges),
            next: View::new(&import.next, edges),
            edges,
            header: Header::new(import),
        }
    }

    /// A full import. What is no longer so, the service closes with the session.
    pub(super) async fn full(&self) -> Result<(), CarError> {
        let mut imports = Imports::new(self.client);
        imports.send(self.header.bare()).await?;
        imports.finish().await?;
        self.nodes(&mut imports, Extent::Full).await?;
        self.edges(&mut imports, Extent::Full).await?;
        self.resolve_passed().await
    }

    /// What changed.
    pub(super) async fn changes(&self) -> Result<(), CarError> {
        let mut imports = Imports::new(self.client);
        self.nodes(&mut imports, Extent::Changes).await?;
        self.edges(&mut imports, Extent::Changes).await?;
        self.patch_edges().await?;
        self.resolve_passed().await?;
        self.delete_assets().await
    }

    async fn nodes(&self, imports: &mut Imports<'_>, extent: Extent) -> Result<(), CarError> {
        let mut is_empty = true;
        for kind in NodeKind::ALL {
            let size = self.client.settings.page_objects;
            let nodes = self.new_nodes(kind, extent);
            let objects =
                nodes.map(|(key, said)| (key.to_string(), document::node(kind, key, said)));
            for page in self.header.pages(kind.name(), size, objects) {
                is_empty = false;
                imports.send(page).await?;
            }
        }
        self.end_phase(imports, is_empty && extent == Extent::Full)
            .await
    }

    /// Nodes that are to be sent: of each collection those of the graph, then alerts that came and went.
    fn new_nodes(
        &self,
        kind: NodeKind,
        extent: Extent,
    ) -> impl Iterator<Item = (&'a Text, &'a Properties)> {
        let passed = self.import.passed.iter();
        let passed = passed.map(|passed| (&passed.alert, &passed.properties));
        let passed = passed.filter(move |_| kind == NodeKind::Vulnerability);
        let changed = self.next.nodes(kind).filter(move |(key, said)| {
            extent == Extent::Full || self.node_differs(kind, key, said)
        });
        let changed: Vec<_> = changed.collect();
        changed.into_iter().chain(passed)
    }

    fn node_differs(&self, kind: NodeKind, key: &Text, said: &Properties) -> bool {
        let before = self.earlier.node(kind, key);
        let document = |said| document::node(kind, key, said);
        before.is_none_or(|before| !before.is_same(said) && document(before) != document(said))
    }

    async fn edges(&self, imports: &mut Imports<'_>, extent: Extent) -> Result<(), CarError> {
        let mut is_empty = true;
        for kind in self.edges {
            let size = self.client.settings.page_objects;
            let objects = self
                .new_edges(*kind, extent)
                .into_iter()
                .map(|(ends, said)| {
                    let key = format!("{} {}", ends.from, ends.to);
                    (
                        key,
                        self.header.decorated(document::edge(*kind, ends, said)),
                    )
                });
            for page in self.header.pages(kind.name(), size, objects) {
                is_empty = false;
                imports.send(page).await?;
            }
        }
        self.end_phase(imports, is_empty && extent == Extent::Full)
            .await
    }

    fn new_edges(&self, kind: EdgeKind, extent: Extent) -> Vec<(EndsRef<'a>, &'a Properties)> {
        let new = self
            .next
            .edges(kind)
            .filter(|(ends, _)| extent == Extent::Full || self.earlier.edge(kind, *ends).is_none());
        let passed = self.import.passed.iter();
        let passed = passed.filter(|passed| passed.edge.kind == kind);
        let passed =
            passed.map(|passed| (EndsRef::from(&passed.edge.ends), &passed.edge_properties));
        new.chain(passed).collect()
    }

    async fn end_phase(&self, imports: &mut Imports<'_>, is_bare: bool) -> Result<(), CarError> {
        if is_bare {
            let page: Page = self.header.bare();
            imports.send(page).await?;
        }
        imports.finish().await
    }

    /// Edges that are no longer so, and alerts of which there is news. Edges of machines that are gone go with them.
    async fn patch_edges(&self) -> Result<(), CarError> {
        for kind in self.edges {
            for ends in self.closed(*kind) {
                self.patch(*kind, ends, json!({"active": false})).await?;
            }
            for (ends, modified) in self.modified(*kind) {
                self.patch(*kind, ends, json!({"last_modified": modified}))
                    .await?;
            }
        }
        Ok(())
    }

    fn closed(&self, kind: EdgeKind) -> Vec<EndsRef<'a>> {
        let (from, _) = kind.ends();
        let closed = self.earlier.edges(kind).filter(|(ends, _)| {
            let is_gone = from == NodeKind::Asset && self.next.node(from, ends.from).is_none();
            !is_gone && self.next.edge(kind, *ends).is_none()
        });
        closed.map(|(ends, _)| ends).collect()
    }

    fn modified(&self, kind: EdgeKind) -> Vec<(EndsRef<'a>, i64)> {
        let modified = self.next.edges(kind).filter_map(|(ends, said)| {
            let (before, now) = (self.earlier.edge(kind, ends)?, said.get(LAST_MODIFIED)?);
            (before.get(LAST_MODIFIED) != Some(now)).then_some((ends, now.get()))
        });
        modified.collect()
    }

    async fn resolve_passed(&self) -> Result<(), CarError> {
        for passed in &self.import.passed {
            let edge = &passed.edge;
            self.patch(edge.kind, (&edge.ends).into(), json!({"active": false}))
                .await?;
        }
        Ok(())
    }

    async fn patch(&self, kind: EdgeKind, ends: EndsRef<'_>, body: Json) -> Result<(), CarError> {
        let (from, to) = kind.ends();
        let call = Call::new(Method::PATCH, &[kind.name()])
            .with("source", self.import.source.key())
            .with("from", self.end(from, ends.from))
            .with("to", self.end(to, ends.to))
            .body(body);
        self.client.ask_for(&call).await.map(drop)
    }

    fn end(&self, kind: NodeKind, key: &str) -> String {
        match (kind, self.client.settings.address_ids) {
            (NodeKind::IpAddress, AddressIds::InRegion) => format!("0/{key}"),
            _ => key.to_owned(),
        }
    }

    async fn delete_assets(&self) -> Result<(), CarError> {
        for ids in pages_of_ids(&self.deleted()) {
            let path = ["source", self.import.source.key(), NodeKind::Asset.name()];
            let call = Call::new(Method::DELETE, &path).with("external_ids", ids);
            self.client.ask_for(&call).await?;
        }
        Ok(())
    }

    fn deleted(&self) -> Vec<&'a Text> {
        let kind = NodeKind::Asset;
        let nodes = self.earlier.nodes(kind).map(|(key, _)| key);
        nodes
            .filter(|key| self.next.node(kind, key).is_none())
            .collect()
    }

    /// How much the import changes of what the service has.
    pub(super) fn written(&self) -> Written {
        let mut written = Written {
            nodes_removed: count(self.deleted().len()),
            alerts_passed: count(self.import.passed.len()),
            ..Written::default()
        };
        for kind in NodeKind::ALL {
            for (key, said) in self.next.nodes(kind) {
                if self.earlier.node(kind, key).is_none() {
                    written.nodes_created += 1;
                } else if self.node_differs(kind, key, said) {
                    written.nodes_updated += 1;
                }
            }
        }
        for kind in self.edges {
            let next = self.next.edges(*kind);
            let created = next.filter(|(ends, _)| self.earlier.edge(*kind, *ends).is_none());
            written.edges_created += count(created.count());
            written.edges_updated += count(self.modified(*kind).len());
            let earlier = self.earlier.edges(*kind);
            let closed = earlier.filter(|(ends, _)| self.next.edge(*kind, *ends).is_none());
            written.edges_closed += count(closed.count());
        }
        written
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Ids joined by commas, as many at one time as the service's addresses hold.
fn pages_of_ids(ids: &[&Text]) -> Vec<String> {
    let mut pages: Vec<String> = Vec::new();
    for id in ids {
        match pages.last_mut() {
            Some(page) if page.len() + 1 + id.len() <= DELETED_CHARS_MAX => {
                page.push(',');
                page.push_str(id);
            }
            _ => pages.push(id.to_string()),
        }
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_deleted_in_pages_that_addresses_hold() {
        let ids: Vec<Text> = (0..120)
            .map(|number| format!("{number:040}").into())
            .collect();
        let ids: Vec<&Text> = ids.iter().collect();
        let pages = pages_of_ids(&ids);
        assert_eq!(pages.len(), 3);
        assert!(pages.iter().all(|page| page.len() <= DELETED_CHARS_MAX));
        let again: Vec<&str> = pages.iter().flat_map(|page| page.split(',')).collect();
        assert!(again.iter().zip(&ids).all(|(one, other)| **one == ***other));
        assert_eq!(again.len(), ids.len());
        assert!(pages_of_ids(&[]).is_empty());
    }
}
