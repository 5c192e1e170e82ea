//! The words in which a person is told of nodes and edges.

use super::neighbourhood::{Category, Group, Neighbour, Neighbourhood};
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::NodeKey;
use crate::property::{NAME, Properties, Property, Value};

/// Longest value that is shown, in characters.
const VALUE_MAX: usize = 300;

/// What a node is, and what people call it.
pub(super) fn heading(of: &Neighbourhood) -> String {
    let name = named(&of.node, &of.properties);
    format!("{} {name}", word(of.node.kind, &of.properties))
}

fn word(kind: NodeKind, said: &Properties) -> &'static str {
    match kind {
        NodeKind::Asset => "machine",
        NodeKind::Hostname => "host name",
        NodeKind::IpAddress => "address",
        NodeKind::MacAddress => "adapter",
        NodeKind::User => "user",
        NodeKind::Account => "account",
        NodeKind::Application => "application",
        NodeKind::Vulnerability if is_alert(said) => "alert",
        NodeKind::Vulnerability => "vulnerability",
    }
}

fn is_alert(said: &Properties) -> bool {
    said.value(Property::Category) == Some(&Value::Text(Category::Alert.name().into()))
}

/// What the neighbours of a group are.
pub(super) fn title(group: &Group) -> String {
    let words = match group.neighbour_kind() {
        NodeKind::Asset => "machines",
        NodeKind::Hostname => "host names",
        NodeKind::IpAddress => "addresses",
        NodeKind::MacAddress => "adapters",
        NodeKind::User => "users",
        NodeKind::Account => "accounts",
        NodeKind::Application => "applications",
        NodeKind::Vulnerability if is_about_alerts(group) => "alerts",
        NodeKind::Vulnerability => "vulnerabilities",
    };
    let past = if group.is_past { "past " } else { "" };
    format!("{past}{words} ({})", group.total)
}

/// Addresses and accounts are joined to alerts alone.
fn is_about_alerts(group: &Group) -> bool {
    let alerts_only = matches!(
        group.edge,
        EdgeKind::IpAddressVulnerability | EdgeKind::AccountVulnerability
    );
    alerts_only || group.category == Some(Category::Alert)
}

/// A machine's id tells people little, and so does an alert's.
fn named(node: &NodeKey, said: &Properties) -> String {
    let key = printable(&node.key);
    let name = said.get(NAME).filter(|name| *name != node.key);
    match (node.kind, name) {
        (NodeKind::Asset, Some(name)) => format!("{} [{key}]", printable(&name)),
        (NodeKind::Vulnerability, Some(name)) => format!("{key} {}", cut(&name)),
        _ => key,
    }
}

/// What a node says, a line for each property that its heading does not show.
pub(super) fn properties(of: &Neighbourhood) -> Vec<String> {
    let source = format!(
        "source: {} [{}]",
        printable(&of.source.name),
        of.source.key()
    );
    let said = of.properties.iter();
    let said = said.filter(|(property, _)| *property != Property::Name);
    let said = said.map(|(property, value)| format!("{}: {}", property.name(), shown(value)));
    let removed = of.removed_at.map(|at| format!("removed_at: {at}"));
    [source].into_iter().chain(removed).chain(said).collect()
}

/// A neighbour on one line, with what tells it from others and what the edge says.
pub(super) fn line(of: &Neighbour) -> String {
    let mut details: Vec<String> = Vec::new();
    if let Some(until) = of.until {
        let why = of.because.iter().map(|why| format!(", {}", printable(why)));
        let why: String = why.collect();
        details.push(format!("{} to {until}{why}", of.since));
    }
    let telling = telling(of.node.kind).iter();
    let telling = telling.filter_map(|property| Some((*property, of.properties.value(*property)?)));
    let said = telling.chain(of.edge_properties.iter());
    details.extend(said.map(|(property, value)| format!("{} {}", property.name(), shown(value))));
    let name = named(&of.node, &of.properties);
    if details.is_empty() {
        return name;
    }
    format!("{name} ({})", details.join("; "))
}

fn telling(kind: NodeKind) -> &'static [Property] {
    match kind {
        NodeKind::Asset => &[
            Property::OsPlatform,
            Property::HealthStatus,
            Property::RiskScore,
            Property::ExposureLevel,
        ],
        NodeKind::IpAddress => &[Property::AddressScope],
        NodeKind::Application => &[Property::EndOfSupport],
        NodeKind::Vulnerability => &[
            Property::CvssScore,
            Property::Severity,
            Property::PublicExploit,
            Property::Status,
            Property::AssignedTo,
        ],
        NodeKind::Hostname | NodeKind::MacAddress | NodeKind::User | NodeKind::Account => &[],
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => cut(text),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.0.to_string(),
        Value::Flag(true) => "yes".to_owned(),
        Value::Flag(false) => "no".to_owned(),
        Value::Time(millis) => millis.to_string(),
        Value::Texts(texts) => cut(&texts.join(", ")),
    }
}

/// [`printable`], with three dots in place of what is too long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}...", printable(text.get(..end).unwrap_or_default())),
        None => printable(text),
    }
}

/// Text with control characters, and those that reorder text, as their numbers: none of it moves a cursor or begins a line.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_harmful(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Source: bidirectional formatting characters, Unicode Standard Annex 9; line and paragraph separators.
fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_value_moves_the_cursor() {
        let cases = [
            ("caf\u{e9}", "caf\u{e9}"),
            ("a\u{1b}[2J\nb", "a\\u{1b}[2J\\u{a}b"),
            ("\u{202e}exe", "\\u{202e}exe"),
            ("a\u{2028}b", "a\\u{2028}b"),
        ];
        for (text, expected) in cases {
            assert_eq!(printable(text), expected);
        }
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let longest = "ä".repeat(VALUE_MAX);
        assert_eq!(cut(&longest), longest);
        assert_eq!(cut(&format!("{longest}b")), format!("{longest}..."));
    }
}
