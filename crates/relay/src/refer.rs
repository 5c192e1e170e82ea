//! Links into the portal. Nothing is looked up for them.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
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

/// What a segment of a path does not hold, so that a value is one segment whatever it is. Source: RFC 3986, section 3.3.
const NOT_IN_SEGMENTS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

fn link(kind: ObservableType, value: &str, portal: &Url) -> Option<Value> {
    let portal = portal.as_str().trim_end_matches('/');
    let url = format!("{portal}/{}/{}", segment(kind)?, one_segment(value));
    let label = kind.label();
    Some(json!({
        "id": format!("ref-md-search-{kind}-{value}"),
        "title": format!("Search for this {label}"),
        "description": format!("Lookup this {label} on {SOURCE}"),
        "url": url,
        "categories": ["Search", SOURCE],
    }))
}

fn one_segment(value: &str) -> String {
    match value {
        // These would be steps.
        "." | ".." => value.replace('.', "%2E"),
        value => utf8_percent_encode(value, NOT_IN_SEGMENTS).to_string(),
    }
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
