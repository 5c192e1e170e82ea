//! What is posted: pages of one collection, each with the source and the report that they come from.

use serde_json::{Value as Json, json};

use super::document::Document;
use crate::import::Import;

/// What the report and the source are about, in the words of IBM's connector.
const PRODUCT: &str = "Microsoft Defender for Endpoint";
const DESCRIPTION: &str = "Microsoft Defender for Endpoint imports";
const PRODUCT_LINK: &str = "https://securitycenter.windows.com/";

/// The collection of a page that has none.
const NO_COLLECTION: &str = "the source and its report";

/// One import of the service.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) collection: &'static str,
    /// The keys of the objects, in order.
    pub(super) keys: Vec<String>,
    pub(super) envelope: Json,
}

/// The source and the report of an import.
#[derive(Debug)]
pub(super) struct Header {
    source_key: String,
    source: Json,
    report_key: String,
    report: Json,
    timestamp: i64,
}

impl Header {
    pub(super) fn new(import: &Import) -> Self {
        let (key, at) = (import.source.key(), import.at.get());
        Self {
            source_key: key.to_owned(),
            source: json!({
                "_key": key, "name": import.source.name, "description": DESCRIPTION, "product_link": PRODUCT_LINK,
            }),
            report_key: at.to_string(),
            report: json!({
                "_key": at.to_string(), "timestamp": at, "type": PRODUCT, "description": DESCRIPTION,
            }),
            timestamp: at,
        }
    }

    /// A page that only says where the others come from.
    pub(super) fn bare(&self) -> Page {
        Page {
            collection: NO_COLLECTION,
            keys: Vec::new(),
            envelope: json!({"source": self.source, "report": self.report}),
        }
    }

    /// An edge with what it says of its report.
    pub(super) fn decorated(&self, mut edge: Document) -> Document {
        edge.insert("report".to_owned(), json!(self.report_key));
        edge.insert("source".to_owned(), json!(self.source_key));
        edge.insert("active".to_owned(), true.into());
        edge.insert("timestamp".to_owned(), self.timestamp.into());
        edge
    }

    /// Objects of a collection in pages of `size`, made as they are taken.
    pub(super) fn pages<'a>(
        &'a self,
        collection: &'static str,
        size: usize,
        mut objects: impl Iterator<Item = (String, Document)> + 'a,
    ) -> impl Iterator<Item = Page> + 'a {
        std::iter::from_fn(move || {
            let (keys, documents): (Vec<String>, Vec<Document>) =
                objects.by_ref().take(size).unzip();
            let mut page = self.bare();
            if let Some(envelope) = page.envelope.as_object_mut() {
                let objects = documents.into_iter().map(Json::Object);
                envelope.insert(collection.to_owned(), objects.collect());
            }
            let page = Page {
                collection,
                keys,
                ..page
            };
            (!page.keys.is_empty()).then_some(page)
        })
    }
}
