//! The statements of each collection. Nodes are named by source and key, edges by the ids of their ends; instants follow, then properties in
//! their order.

use crate::collection::{EdgeKind, NodeKind};
use crate::property::Property;

/// A node that is there, with what it says. Parameters: source, key, instant, properties.
pub(super) fn put_node(kind: NodeKind) -> String {
    let properties = kind.properties();
    format!(
        "INSERT INTO \"{kind}\" (source, key, created_at, updated_at{names}) VALUES (?1, ?2, ?3, ?3{values}) \
        ON CONFLICT (source, key) DO UPDATE SET removed_at = NULL, updated_at = excluded.updated_at{said}",
        names = names(properties),
        values = parameters(properties, 4),
        said = excluded(properties),
    )
}

/// A node that is gone. Parameters: source, key, instant.
pub(super) fn remove_node(kind: NodeKind) -> String {
    format!(
        "UPDATE \"{kind}\" SET removed_at = ?3, updated_at = ?3 WHERE source = ?1 AND key = ?2 AND removed_at IS NULL"
    )
}

/// An edge that is new; nothing happens where it is open already. Parameters: both ids, instant, properties.
pub(super) fn open_edge(kind: EdgeKind) -> String {
    let properties = kind.properties();
    format!(
        "INSERT INTO {kind} (from_id, to_id, valid_from{names}) SELECT ?1, ?2, ?3{values} \
        WHERE NOT EXISTS (SELECT 1 FROM {kind} WHERE {OPEN}) \
        ON CONFLICT (from_id, to_id, valid_from) DO UPDATE SET valid_to = NULL, because = NULL{said}",
        names = names(properties),
        values = parameters(properties, 4),
        said = excluded(properties),
    )
}

/// What an open edge says; nothing where edges of the collection say nothing. Parameters: both ids, an instant that is not used,
/// properties.
pub(super) fn update_edge(kind: EdgeKind) -> Option<String> {
    let set: Vec<String> = (4..)
        .zip(kind.properties())
        .map(|(number, property)| format!("{} = ?{number}", property.name()))
        .collect();
    (!set.is_empty()).then(|| format!("UPDATE {kind} SET {} WHERE {OPEN}", set.join(", ")))
}

/// An edge that is no longer so. Parameters: both ids, instant, why.
pub(super) fn close_edge(kind: EdgeKind) -> String {
    format!("UPDATE {kind} SET valid_to = max(valid_from, ?3), because = ?4 WHERE {OPEN}")
}

/// An edge that came and went. Parameters: both ids, both instants, why, properties.
pub(super) fn passed_edge(kind: EdgeKind) -> String {
    let properties = kind.properties();
    format!(
        "INSERT INTO {kind} (from_id, to_id, valid_from, valid_to, because{names}) VALUES (?1, ?2, ?3, ?4, ?5{values}) \
        ON CONFLICT (from_id, to_id, valid_from) DO NOTHING",
        names = names(properties),
        values = parameters(properties, 6),
    )
}

/// The ids of the nodes of a collection: key, then id. Parameter: source.
pub(super) fn ids(kind: NodeKind) -> String {
    format!("SELECT key, id FROM \"{kind}\" WHERE source = ?1")
}

/// The nodes that are there: key, then properties. Parameter: source.
pub(super) fn read_nodes(kind: NodeKind) -> String {
    let names = names(kind.properties());
    format!("SELECT key{names} FROM \"{kind}\" WHERE source = ?1 AND removed_at IS NULL")
}

/// The edges that are open: both keys, then properties. Parameter: source.
pub(super) fn read_edges(kind: EdgeKind) -> String {
    let (from, to) = kind.ends();
    let names: String = kind
        .properties()
        .iter()
        .map(|property| format!(", e.{}", property.name()))
        .collect();
    format!(
        "SELECT f.key, t.key{names} FROM {kind} e JOIN \"{from}\" f ON f.id = e.from_id JOIN \"{to}\" t ON t.id = e.to_id \
        WHERE f.source = ?1 AND e.valid_to IS NULL"
    )
}

/// The edge between two ids, while it is so.
const OPEN: &str = "from_id = ?1 AND to_id = ?2 AND valid_to IS NULL";

fn names(properties: &[Property]) -> String {
    let names = properties
        .iter()
        .map(|property| format!(", {}", property.name()));
    names.collect()
}

fn parameters(properties: &[Property], first: usize) -> String {
    let numbers = (first..).zip(properties);
    numbers.map(|(number, _)| format!(", ?{number}")).collect()
}

fn excluded(properties: &[Property]) -> String {
    let set = properties.iter().map(|property| {
        let name = property.name();
        format!(", {name} = excluded.{name}")
    });
    set.collect()
}
