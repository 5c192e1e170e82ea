//! Products on machines.

use tesem_defender::endpoint::SoftwareRecord;

use super::normal::Product;
use super::{Facts, RecordKind};
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{EdgeKey, NodeKey};
use crate::millis::Millis;
use crate::property::{
    Draft, END_OF_SUPPORT, END_OF_SUPPORT_DATE, FIRST_SEEN, NAME, PRODUCT, VENDOR, VERSION,
};
use crate::text::Text;

/// Maps a product on a machine.
pub(crate) fn software(record: &SoftwareRecord) -> Facts {
    let mut facts = Facts::default();
    let product = Product::new(
        record.software_vendor.as_deref(),
        record.software_name.as_deref(),
        record.software_version.as_deref(),
    );
    let machine = record.device_id.as_str();
    match product {
        Ok(product) => {
            let support = Draft::default()
                .text(END_OF_SUPPORT, record.end_of_support_status.as_deref())
                .with(
                    END_OF_SUPPORT_DATE,
                    record.end_of_support_date.map(Millis::from),
                );
            let application = application(&product, support, &mut facts);
            let said = Draft::default()
                .with(FIRST_SEEN, record.first_seen.map(Millis::from))
                .done();
            let edge = EdgeKey::new(EdgeKind::AssetApplication, machine, application);
            facts.edge(edge, &said);
        }
        Err(reason) => {
            let name = record.software_name.as_deref().unwrap_or_default();
            facts.refuse(RecordKind::Software, reason, format!("{machine} {name}"));
        }
    }
    facts
}

/// Puts the node of a product, with what else is known of it, and gives its key.
pub(super) fn application(product: &Product, draft: Draft, facts: &mut Facts) -> Text {
    let node = NodeKey::new(NodeKind::Application, product.key());
    let key = node.key.clone();
    let said = draft
        .text(NAME, Some(&key))
        .text(VENDOR, Some(&product.vendor))
        .text(PRODUCT, Some(&product.name))
        .text(VERSION, Some(&product.version))
        .done();
    facts.node(node, &said);
    key
}
