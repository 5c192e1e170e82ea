//! Links into the portal. Nothing is looked up for them.

use serde_json::{Value, json};
use url::Url;

use crate::request::{ObservableType, SentObservable, supported};
use crate::sighting::SOURCE;

/// Links to the searches of `portal` for the observables that it can search for.
#[must_use]
pub fn links(sent: &[SentObservable], portal: &Url) -> Vec<Value> {
    let observables = supported(sent, |kind| kind != ObservableType::MsMachineId);
    observables
        .iter()
        .filter_map(|(kind, observable)| link(*kind, &observable.value, portal))
        .collect()
}

fn link(kind: ObservableType, value: &str, portal: &Url) -> Option<Value> {
    let mut url = portal.clone();
    url.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .push(segment(kind)?)
        .push(value);
    let label = kind.label();
    Some(json!({
        "id": format!("ref-md-search-{kind}-{value}"),
        "title": format!("Search for this {label}"),
        "description": format!("Lookup this {label} on {SOURCE}"),
        "url": url.as_str(),
        "categories": ["Search", SOURCE],
    }))
}

/// Where the portal searches for it.
fn segment(kind: ObservableType) -> Option<&'static str> {
    match kind {
        ObservableType::Sha1 | ObservableType::Sha256 | ObservableType::Md5 => Some("files"),
        ObservableType::Ip | ObservableType::Ipv6 => Some("ips"),
        ObservableType::Domain => Some("urls"),
        ObservableType::MsMachineId => None,
    }
}
