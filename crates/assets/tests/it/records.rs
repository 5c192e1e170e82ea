//! Records as the service writes them, and graphs as a person reads them.

use jiff::Timestamp;
use serde_json::Value as Json;
use tesem_assets::{
    AssetGraph, EdgeKind, MappingOptions, NodeKind, Observed, Properties, Unmapped, Value,
};
use tesem_defender::endpoint::{
    Alert, Machine, SoftwareRecord, User, Vulnerability, VulnerabilityRecord,
};
use tesem_defender::{Entity, MachineId};

pub(crate) fn now() -> Timestamp {
    "2026-11-28T20:00:00Z".parse().unwrap()
}

pub(crate) fn options() -> MappingOptions {
    MappingOptions::new(now())
}

fn read<T: Entity>(json: &Json) -> T {
    T::read(json.as_object().unwrap().clone()).unwrap()
}

/// A record of any kind.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    Machine(Json),
    Logon(String, Json),
    Software(Json),
    MachineVulnerability(Json),
    Vulnerability(Json),
    Alert(Json),
}

impl Record {
    pub(crate) fn feed(&self, observed: &mut Observed) {
        match self {
            Self::Machine(json) => observed.machine(&read::<Machine>(json)),
            Self::Logon(machine, json) => {
                observed.logon(&MachineId::new(machine), &read::<User>(json));
            }
            Self::Software(json) => observed.software(&read::<SoftwareRecord>(json)),
            Self::MachineVulnerability(json) => {
                observed.machine_vulnerability(&read::<VulnerabilityRecord>(json));
            }
            Self::Vulnerability(json) => observed.vulnerability(&read::<Vulnerability>(json)),
            Self::Alert(json) => observed.alert(&read::<Alert>(json)),
        }
    }
}

pub(crate) fn observed<'a>(records: impl IntoIterator<Item = &'a Record>) -> Observed {
    let mut observed = Observed::new(options());
    for record in records {
        record.feed(&mut observed);
    }
    observed
}

/// One line for each node and edge.
pub(crate) fn lines(graph: &AssetGraph) -> Vec<String> {
    let mut lines = Vec::new();
    for kind in NodeKind::ALL {
        let nodes = graph.nodes(kind);
        lines.extend(nodes.map(|(key, said)| format!("{kind} {key}{}", words(said))));
    }
    for kind in EdgeKind::ALL {
        let edges = graph.edges(kind);
        lines.extend(
            edges.map(|(ends, said)| format!("{kind} {} -> {}{}", ends.from, ends.to, words(said))),
        );
    }
    lines
}

/// The lines of one collection.
pub(crate) fn edges(graph: &AssetGraph, kind: EdgeKind) -> Vec<String> {
    let edges = graph.edges(kind).map(|(ends, _)| ends);
    edges
        .map(|ends| format!("{} -> {}", ends.from, ends.to))
        .collect()
}

pub(crate) fn words(said: &Properties) -> String {
    let words = said
        .iter()
        .map(|(property, value)| format!(" {}={}", property.name(), word(value)));
    words.collect()
}

fn word(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.0.to_string(),
        Value::Flag(is_so) => is_so.to_string(),
        Value::Time(millis) => millis.to_string(),
        Value::Texts(texts) => format!("{texts:?}"),
    }
}

/// One line for each reason.
pub(crate) fn reasons(unmapped: &Unmapped) -> Vec<String> {
    let lines = unmapped.iter().map(|(kind, reason, tally)| {
        let examples: Vec<&str> = tally.examples.iter().map(String::as_str).collect();
        format!(
            "{} x {kind}: {reason} ({})",
            tally.count,
            examples.join(", ")
        )
    });
    lines.collect()
}
