//! The text of queries.
//!
//! A query lists its values once, in `let` statements, and has a leg per table for columns that hold exactly a value ([`exact`]), one
//! per column that holds a list of them ([`listed`]) and one per URL and host column, from which the host is cut out first ([`link`]). A summary query counts by indicator, column
//! and device; a details query returns rows. Values come in through literals only ([`text`]).

mod details;
mod exact;
mod functions;
mod link;
mod listed;
mod lists;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::map::{DeviceIdentity, Place, SearchTable, TABLES};
pub(crate) use details::{Shape, TABLE_FORM};
pub(crate) use link::Derived;
pub(crate) use lists::Lists;
use text::QueryText;

/// A span of time: from `start`, up to but not including `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeWindow {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant that no longer belongs to it.
    pub end: Timestamp,
}

/// Tables and columns that turned out not to exist in a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Tables, by name.
    pub tables: BTreeSet<String>,
    /// Columns, by name, in whatever table.
    pub columns: BTreeSet<String>,
}

impl Missing {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.columns.is_empty()
    }

    /// Whether the tenant has the place, as far as is known.
    pub(crate) fn has(&self, place: Place) -> bool {
        !self.tables.contains(place.table.name) && !self.columns.contains(place.column.name)
    }
}

/// A set of values and where to look for them.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) lists: Lists,
    /// Where to look; places that hold none of the lists' kinds are passed over.
    pub(crate) places: Vec<Place>,
    /// Only so many rows, the newest.
    pub(crate) newest: Option<u32>,
}

/// A set of rows that a query names with `let`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    kind: RowKind,
    part: usize,
}

#[derive(Debug, Clone, Copy)]
enum RowKind {
    Exact,
    Listed,
    Links,
    Hosts,
    Newest,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            RowKind::Exact => "exact_rows",
            RowKind::Listed => "list_rows",
            RowKind::Links => "link_rows",
            RowKind::Hosts => "host_rows",
            RowKind::Newest => "newest_rows",
        };
        match self.part {
            0 => f.write_str(kind),
            part => write!(f, "{kind}_{part}"),
        }
    }
}

/// Writes the query for `parts`. Nothing when no table is left to look into.
pub(crate) fn write(
    parts: &[Part],
    window: TimeWindow,
    shape: Shape,
    missing: &Missing,
) -> Option<String> {
    let mut text = QueryText::default();
    text.code("let window_start = ").datetime(window.start);
    text.code(";\nlet window_end = ")
        .datetime(window.end)
        .code(";\n");
    functions::write(&mut text, parts);
    let rows: Vec<Row> = parts
        .iter()
        .enumerate()
        .flat_map(|(number, part)| write_part(&mut text, part, number, shape, missing))
        .collect();
    if rows.is_empty() {
        return None;
    }
    write_union(&mut text, &rows);
    details::write_result(&mut text, parts, shape, missing);
    Some(text.finish())
}

/// Writes the `let` statements of a part and returns the rows that the query is made of.
fn write_part(
    text: &mut QueryText,
    part: &Part,
    number: usize,
    shape: Shape,
    missing: &Missing,
) -> Vec<Row> {
    let scope = Scope {
        part,
        number,
        shape,
        missing,
    };
    part.lists.write(text, number);
    let mut rows = Vec::new();
    rows.extend(exact::write(text, &scope));
    rows.extend(listed::write(text, &scope));
    rows.extend(link::write(text, &scope));
    let (Some(newest), false) = (part.newest, rows.is_empty()) else {
        return rows;
    };
    let limited = scope.row(RowKind::Newest);
    text.code("let ").name(&limited).code(" = ");
    write_union(text, &rows);
    text.code("\n| top ")
        .number(newest)
        .code(" by Timestamp desc;\n");
    vec![limited]
}

fn write_union(text: &mut QueryText, rows: &[Row]) {
    if rows.len() > 1 {
        text.code("union ");
    }
    text.separated(", ", rows, |text, row| {
        text.name(row);
    });
}

/// What the writers of a part's statements share.
pub(super) struct Scope<'a> {
    part: &'a Part,
    number: usize,
    shape: Shape,
    missing: &'a Missing,
}

impl Scope<'_> {
    fn row(&self, kind: RowKind) -> Row {
        Row {
            kind,
            part: self.number,
        }
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        self.part
            .places
            .iter()
            .copied()
            .filter(|place| self.missing.has(*place))
    }

    fn list(&self, list: crate::term::List) -> lists::Named {
        lists::Named {
            list,
            part: self.number,
        }
    }
}

/// Where the rows of a leg come from.
trait Leg {
    fn table(&self) -> Option<&'static SearchTable>;
}

impl Leg for Place {
    fn table(&self) -> Option<&'static SearchTable> {
        Some(self.table)
    }
}

impl Leg for Vec<Place> {
    fn table(&self) -> Option<&'static SearchTable> {
        self.first().map(|place| place.table)
    }
}

/// Whether a union of so many legs passes over tables that the tenant does not have. One leg alone is no union: its table's absence is
/// an error.
fn is_fuzzy(legs: usize) -> bool {
    legs > 1
}

/// The tables that a query for `parts` looks into, in the order of the map, each once.
pub(crate) fn tables(parts: &[Part], missing: &Missing) -> Vec<&'static SearchTable> {
    let is_read = |table: &&SearchTable| {
        parts.iter().any(|part| {
            let lists = || part.lists.kinds();
            part.places.iter().any(|place| {
                place.table.name == table.name
                    && missing.has(*place)
                    && lists().any(|list| list.is_looked_for_in(place.column.holds))
            })
        })
    };
    TABLES.iter().filter(is_read).collect()
}

/// Those of a summary's tables that its answer does not say are there, `present` being those that it does.
pub(crate) fn absent(tables: &[&SearchTable], present: &BTreeSet<&str>) -> BTreeSet<String> {
    if !is_fuzzy(tables.len()) {
        return BTreeSet::new();
    }
    let names = tables.iter().map(|table| table.name);
    let absent = names.filter(|name| !present.contains(name));
    absent.map(str::to_owned).collect()
}

/// Writes `let name = union (leg), …`.
fn write_legs<L: Leg>(
    text: &mut QueryText,
    name: Row,
    legs: &[L],
    mut write: impl FnMut(&mut QueryText, &L),
) {
    text.code("let ").name(&name).code(if is_fuzzy(legs.len()) {
        " = union isfuzzy=true\n"
    } else {
        " =\n"
    });
    text.separated(",\n", legs, |text, leg| {
        text.code("  (")
            .code(leg.table().map_or("", |table| table.name));
        text.code(" | where Timestamp >= window_start and Timestamp < window_end");
        write(text, leg);
        text.code(")");
    });
}

/// Writes the columns that every leg has: when, in which table, on which device.
fn write_device(text: &mut QueryText, table: &SearchTable) {
    text.code("Timestamp");
    let (id, name) = match table.device {
        DeviceIdentity::IdAndName => (", DeviceId", ", DeviceName"),
        DeviceIdentity::NameOnly => (", DeviceId = \"\"", ", DeviceName"),
        DeviceIdentity::None => (", DeviceId = \"\"", ", DeviceName = \"\""),
    };
    text.code(id).code(name);
    text.code(", SourceTable = ").string(table.name);
}
