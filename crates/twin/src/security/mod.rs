//! Graph's view of alerts and incidents: the same alerts as those of Defender for Endpoint, in Graph's words.
//!
//! Source: learn.microsoft.com/graph/api/resources/security-alert, …/security-incident and the pages of their operations.

pub(crate) mod alerts;
mod evidence;
pub(crate) mod incidents;

use serde_json::{Value, json};

use crate::address;
use crate::data::Entity;
use crate::reply::Reply;
use crate::route::Call;
use crate::state::text;

/// Where links to the portal lead.
const PORTAL: &str = "https://security.microsoft.com";

/// `InProgress` is `inProgress` in Graph; null stays null.
fn camel(entity: &Entity, name: &str) -> Option<String> {
    let text = text(entity, name);
    let mut rest = text.chars();
    let first = rest.next()?;
    Some(first.to_lowercase().chain(rest).collect())
}

/// `inProgress` is `InProgress` in Defender for Endpoint.
fn pascal(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => String::new(),
    }
}

/// An entity under its context.
fn one(call: &Call, context: &str, entity: Entity) -> Reply {
    let mut body = Entity::with_capacity(entity.len() + 1);
    let context = address::context(call, context);
    body.insert("@odata.context".to_owned(), json!(context));
    body.extend(entity);
    Reply::odata(&body)
}

/// The comments of an alert or incident after one was added.
fn comments(call: &Call, of: &str, comments: &[Value]) -> Reply {
    let context = address::context(call, &format!("{of}/comments"));
    Reply::odata(&json!({"@odata.context": context, "value": comments}))
}
