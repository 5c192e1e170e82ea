//! The service's import schema: which collections it takes, and what it requires of them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::CarError;
use super::client::{Call, CarClient};
use super::document::members;
use crate::collection::{EdgeKind, NodeKind};

/// Edges that services may do without.
const OPTIONAL: [EdgeKind; 1] = [EdgeKind::IpAddressVulnerability];

/// Edges that no service has.
const NOT_THERE: [EdgeKind; 1] = [EdgeKind::AccountVulnerability];

impl CarClient {
    /// The edges that the service takes. What it requires of nodes is held against what imports have, before anything is imported.
    pub(super) async fn edges(&self) -> Result<Vec<EdgeKind>, CarError> {
        let call = Call::get(&["importSchema"]).v3().with("version", "v2");
        let answer = self.ask_for(&call).await.map_err(schema_failure)?;
        let collections = answer.json.pointer("/schema/properties");
        let unreadable = |problem: String| CarError::Unreadable {
            call: call.to_string(),
            problem,
        };
        let collections =
            collections.ok_or_else(|| unreadable("it names no collections".to_owned()))?;
        for kind in NodeKind::ALL {
            let collection = collections.get(kind.name());
            let collection =
                collection.ok_or_else(|| unreadable(format!("there is no collection `{kind}`")))?;
            check(kind, collection)?;
        }
        let (mut edges, mut missing) = (Vec::new(), BTreeSet::new());
        for kind in EdgeKind::ALL {
            if collections.get(kind.name()).is_some() {
                edges.push(kind);
            } else if !OPTIONAL.contains(&kind) {
                missing.insert(kind);
            }
        }
        edges.retain(|kind| !NOT_THERE.contains(kind));
        missing.retain(|kind| !NOT_THERE.contains(kind));
        match missing.first() {
            Some(kind) => Err(unreadable(format!("there is no collection `{kind}`"))),
            None => Ok(edges),
        }
    }
}

/// A schema that cannot be fetched leaves no gap: nothing was imported.
fn schema_failure(error: CarError) -> CarError {
    match error {
        CarError::Status {
            call,
            status,
            message,
        } => CarError::Unreadable {
            call,
            problem: format!("status {status} {message}").trim().to_owned(),
        },
        other => other,
    }
}

fn check(kind: NodeKind, collection: &Json) -> Result<(), CarError> {
    let required = collection.pointer("/items/required");
    let required = required.and_then(Json::as_array).into_iter().flatten();
    let lacking = required
        .filter_map(Json::as_str)
        .find(|member| !members(kind).contains(member));
    match lacking {
        Some(member) => Err(CarError::Requires {
            collection: kind.name(),
            member: member.to_owned(),
        }),
        None => Ok(()),
    }
}
