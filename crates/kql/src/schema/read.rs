//! Reading the schema file, whose form is described at its top.

use std::collections::HashMap;

use super::{Column, Schema, Table};
use crate::types::ScalarType;

pub(super) fn read(text: &'static str) -> Schema {
    let mut tables: Vec<Table> = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if !line.starts_with(' ') {
            tables.push(table(line));
        } else if let Some(table) = tables.last_mut() {
            table.columns.extend(columns(line));
        }
    }
    let places = places(&tables);
    Schema { tables, places }
}

fn table(line: &'static str) -> Table {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let mut table = Table {
        name,
        columns: Vec::new(),
        mde_api: false,
        superseded_by: None,
        aliases: Vec::new(),
    };
    for word in words {
        match word.split_once('=') {
            Some(("now", name)) => table.superseded_by = Some(name),
            Some(("was", names)) => table.aliases = names.split(',').collect(),
            _ => table.mde_api |= word == "mde",
        }
    }
    table
}

fn columns(line: &'static str) -> impl Iterator<Item = Column> {
    let mut words = line.split_whitespace();
    let type_name = words.next().unwrap_or_default();
    let json_text = type_name == "json";
    let scalar_type = type_name.parse().unwrap_or(ScalarType::String);
    words.map(move |name| Column {
        name,
        scalar_type,
        json_text,
    })
}

fn places(tables: &[Table]) -> HashMap<&'static str, usize> {
    let names = |table: &Table| std::iter::once(table.name).chain(table.aliases.clone());
    tables
        .iter()
        .enumerate()
        .flat_map(|(place, table)| names(table).map(move |name| (name, place)))
        .collect()
}
