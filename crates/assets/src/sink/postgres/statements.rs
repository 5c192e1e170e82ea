//! The statements of each collection, each for many rows. Parameter 1 is the source; an instant follows where there is one, then a column of
//! keys, then columns of properties in their order.

use super::columns::array_type;
use crate::collection::{EdgeKind, NodeKind};
use crate::property::{Property, ValueType};

/// Nodes that are there, with what they say. Parameters: source, instant, keys, properties.
pub(super) fn put_nodes(kind: NodeKind) -> String {
    let properties = kind.properties();
    format!(
        "INSERT INTO tesem_assets.\"{kind}\" (source, key, created_at, updated_at{names}) \
        SELECT $1, u.key, $2, $2{values} FROM unnest($3::text[]{arrays}) AS u (key{names}) \
        ON CONFLICT (source, key) DO UPDATE SET removed_at = NULL, updated_at = excluded.updated_at{said}",
        names = names(properties),
        values = values(properties),
        arrays = arrays(properties, 4),
        said = excluded(properties),
    )
}

/// Nodes that are gone. Parameters: source, instant, keys.
pub(super) fn remove_nodes(kind: NodeKind) -> String {
    format!(
        "UPDATE tesem_assets.\"{kind}\" n SET removed_at = $2, updated_at = $2 FROM unnest($3::text[]) AS u (key) \
        WHERE n.source = $1 AND n.key = u.key AND n.removed_at IS NULL"
    )
}

/// Edges that are new; nothing happens where one is open already, or was begun at that instant. Whether that is so the indexes of the table
/// tell as a row is put: a join with the edges that are there would take longer with each batch. Parameters: source, instant, both keys,
/// properties.
pub(super) fn open_edges(kind: EdgeKind) -> String {
    let properties = kind.properties();
    format!(
        "INSERT INTO tesem_assets.{kind} (from_id, to_id, valid_from{names}) SELECT f.id, t.id, $2{values} FROM {rows} \
        ON CONFLICT DO NOTHING",
        names = names(properties),
        values = values(properties),
        rows = edge_rows(kind, &arrays(properties, 5), &names(properties)),
    )
}

/// Edges that were begun at an instant and closed since are open again; nothing happens where another is. Parameters: source, the instant,
/// both keys.
pub(super) fn reopen_edges(kind: EdgeKind) -> String {
    format!(
        "UPDATE tesem_assets.{kind} e SET valid_to = NULL, because = NULL FROM {rows} \
        WHERE e.from_id = f.id AND e.to_id = t.id AND e.valid_from = $2 AND e.valid_to IS NOT NULL \
        AND NOT EXISTS (SELECT 1 FROM tesem_assets.{kind} o WHERE o.from_id = f.id AND o.to_id = t.id AND o.valid_to IS NULL)",
        rows = edge_rows(kind, "", ""),
    )
}

/// What open edges say; nothing where edges of the collection say nothing. Parameters: source, an instant, both keys, properties.
pub(super) fn update_edges(kind: EdgeKind) -> Option<String> {
    let properties = kind.properties();
    let (first, rest) = properties.split_first()?;
    let set = |property: &Property| {
        format!(
            "{} = u.{}{}",
            property.name(),
            property.name(),
            array_type(*property).1
        )
    };
    let rest: String = rest
        .iter()
        .map(|property| format!(", {}", set(property)))
        .collect();
    let rows = edge_rows(kind, &arrays(properties, 5), &names(properties));
    Some(format!(
        "UPDATE tesem_assets.{kind} e SET {}{rest} FROM {rows} \
        WHERE e.from_id = f.id AND e.to_id = t.id AND e.valid_to IS NULL AND $2::bigint IS NOT NULL",
        set(first)
    ))
}

/// Edges that are no longer so. Parameters: source, instant, both keys, why.
pub(super) fn close_edges(kind: EdgeKind) -> String {
    let rows = edge_rows(kind, ", $5::text[]", ", why");
    format!(
        "UPDATE tesem_assets.{kind} e SET valid_to = greatest(e.valid_from, $2), because = u.why FROM {rows} \
        WHERE e.from_id = f.id AND e.to_id = t.id AND e.valid_to IS NULL"
    )
}

/// Edges that came and went. Parameters: source, why, both keys, both instants, properties.
pub(super) fn passed_edges(kind: EdgeKind) -> String {
    let properties = kind.properties();
    let names = names(properties);
    let arrays = format!(", $5::bigint[], $6::bigint[]{}", arrays(properties, 7));
    let rows = edge_rows(kind, &arrays, &format!(", begun, ended{names}"));
    format!(
        "INSERT INTO tesem_assets.{kind} (from_id, to_id, valid_from, valid_to, because{names}) \
        SELECT f.id, t.id, u.begun, u.ended, $2{values} FROM {rows} ON CONFLICT (from_id, to_id, valid_from) DO NOTHING",
        values = values(properties),
    )
}

/// The nodes that are there: key, then properties. Parameter: source.
pub(super) fn read_nodes(kind: NodeKind) -> String {
    let names = read(kind.properties(), "");
    format!(
        "SELECT key{names} FROM tesem_assets.\"{kind}\" WHERE source = $1 AND removed_at IS NULL"
    )
}

/// The edges that are open: both keys, then properties. Parameter: source.
pub(super) fn read_edges(kind: EdgeKind) -> String {
    let (from, to) = kind.ends();
    let names = read(kind.properties(), "e.");
    format!(
        "SELECT f.key, t.key{names} FROM tesem_assets.{kind} e JOIN tesem_assets.\"{from}\" f ON f.id = e.from_id \
        JOIN tesem_assets.\"{to}\" t ON t.id = e.to_id WHERE f.source = $1 AND e.valid_to IS NULL"
    )
}

/// Rows of edges with the nodes at both ends: `u`, `f` and `t`.
fn edge_rows(kind: EdgeKind, arrays: &str, names: &str) -> String {
    let (from, to) = kind.ends();
    format!(
        "unnest($3::text[], $4::text[]{arrays}) AS u (from_key, to_key{names}) \
        JOIN tesem_assets.\"{from}\" f ON f.source = $1 AND f.key = u.from_key \
        JOIN tesem_assets.\"{to}\" t ON t.source = $1 AND t.key = u.to_key"
    )
}

fn names(properties: &[Property]) -> String {
    let names = properties
        .iter()
        .map(|property| format!(", {}", property.name()));
    names.collect()
}

fn values(properties: &[Property]) -> String {
    let values = properties.iter();
    values
        .map(|property| format!(", u.{}{}", property.name(), array_type(*property).1))
        .collect()
}

fn arrays(properties: &[Property], first: usize) -> String {
    let numbers = (first..).zip(properties);
    numbers
        .map(|(number, property)| format!(", ${number}::{}", array_type(*property).0))
        .collect()
}

fn excluded(properties: &[Property]) -> String {
    let set = properties.iter().map(|property| {
        let name = property.name();
        format!(", {name} = excluded.{name}")
    });
    set.collect()
}

/// Lists are read as text.
fn read(properties: &[Property], table: &str) -> String {
    let names = properties.iter().map(|property| {
        let cast = match property.value_type() {
            ValueType::Texts => "::text",
            _ => "",
        };
        format!(", {table}{}{cast}", property.name())
    });
    names.collect()
}
