//! Rows from columns that hold exactly one value: hashes, addresses, mailboxes, device and file names.
//!
//! One leg per table chooses the rows in which any of its columns holds any wanted value; then each chosen row becomes one row per
//! column, and those whose value is wanted stay. So each table is read once.

use super::details::{Shape, write_columns};
use super::functions::PLAIN_ADDRESS;
use super::listed::is_of_items;
use super::text::QueryText;
use super::{Row, RowKind, Scope, write_device, write_legs};
use crate::map::{Holds, Place, SearchColumn, Side};
use crate::term::List;

/// The searched columns of one table.
type Table = Vec<Place>;

/// Writes `let exact_rows = …`, if any of the part's lists is for such columns.
pub(super) fn write(text: &mut QueryText, scope: &Scope<'_>) -> Option<Row> {
    let tables = tables(scope);
    if tables.is_empty() {
        return None;
    }
    let row = scope.row(RowKind::Exact);
    write_legs(text, row, &tables, |text, table| {
        write_leg(text, scope, table);
    });
    text.code(
        "\n| mv-expand SourceColumn = Columns to typeof(string), Form = Forms to typeof(string), ",
    );
    text.code("Value = Values to typeof(string)");
    let places = tables.iter().flatten();
    write_final_filter(text, scope, places.map(|place| place.column.holds));
    if scope.shape == Shape::Details {
        text.code("\n| extend MatchedText = Value");
    }
    text.code(";\n");
    Some(row)
}

/// Writes the step that leaves the rows whose `Value` is in a list for what `Form` says that it is.
pub(super) fn write_final_filter(
    text: &mut QueryText,
    scope: &Scope<'_>,
    kinds: impl Iterator<Item = Holds>,
) {
    let mut kinds: Vec<Holds> = kinds.collect();
    kinds.sort_unstable();
    kinds.dedup();
    text.code("\n| where ");
    text.separated("\n  or ", kinds, |text, holds| {
        text.code("(Form == ").string(form(holds)).code(" and (");
        write_condition(text, scope, holds, "Value", true);
        text.code("))");
    });
}

fn tables(scope: &Scope<'_>) -> Vec<Table> {
    let places: Vec<Place> = scope
        .places()
        .filter(|place| !matches!(place.column.holds, Holds::Link | Holds::Host))
        .filter(|place| !is_of_items(*place))
        .filter(|place| lists_for(scope, place.column.holds).next().is_some())
        .collect();
    let by_table = places.chunk_by(|one, next| one.table.name == next.table.name);
    by_table.map(<[Place]>::to_vec).collect()
}

pub(super) fn lists_for(scope: &Scope<'_>, holds: Holds) -> impl Iterator<Item = List> {
    let lists = scope.part.lists.kinds();
    lists.filter(move |list| list.is_looked_for_in(holds))
}

fn write_leg(text: &mut QueryText, scope: &Scope<'_>, table: &Table) {
    let Some(first) = table.first() else {
        return;
    };
    text.code(" | where ");
    text.separated(" or ", table, |text, place| {
        write_condition(text, scope, place.column.holds, place.column.name, false);
    });
    text.code(" | project ");
    write_device(text, first.table);
    text.code(", Columns = dynamic([");
    text.separated(", ", table, |text, place| {
        text.string(place.column.name);
    });
    text.code("]), Forms = dynamic([");
    text.separated(", ", table, |text, place| {
        text.string(form(place.column.holds));
    });
    text.code("]), Values = pack_array(");
    text.separated(", ", table, |text, place| write_value(text, place.column));
    text.code(")");
    write_columns(text, scope, first.table);
}

/// What the rows of such a column say in `Form`.
pub(super) fn form(holds: Holds) -> &'static str {
    match holds {
        Holds::Sha256 => "sha256",
        Holds::Sha1 => "sha1",
        Holds::Md5 => "md5",
        Holds::Certificate => "certificate",
        Holds::Address(Side::Remote) => "address_remote",
        Holds::Address(Side::Local) => "address_local",
        Holds::Address(Side::Either) => "address_either",
        Holds::Link => "link",
        Holds::Host => "host",
        Holds::Mailbox => "mailbox",
        Holds::DeviceName => "device",
        Holds::FileName => "file_name",
    }
}

/// Writes the comparison of `column` with the lists for what it holds; a `plain` one has gone through [`write_value`].
fn write_condition(
    text: &mut QueryText,
    scope: &Scope<'_>,
    holds: Holds,
    column: &'static str,
    plain: bool,
) {
    text.separated(" or ", lists_for(scope, holds), |text, list| match list {
        List::Octets(_, count) => {
            write_leading_octets(text, "", column, count);
            text.code(" in (").name(&scope.list(list)).code(")");
            if !plain {
                write_mapped_test(text, scope, column, list);
            }
        }
        List::Ipv6(side) => write_ipv6_test(text, scope, column, side, plain),
        List::Devices => write_device_test(text, scope, column, list),
        _ => {
            text.code(column)
                .code(" in~ (")
                .name(&scope.list(list))
                .code(")");
            if matches!(holds, Holds::Address(_)) && !plain {
                write_mapped_test(text, scope, column, list);
            }
        }
    });
}

/// Devices and services that listen on both families note IPv4 peers as IPv6, such as `::ffff:192.0.2.1` and `::ffff:c000:201`. All
/// of these spellings have one group as a term.
fn write_mapped_test(text: &mut QueryText, scope: &Scope<'_>, column: &'static str, list: List) {
    text.code(" or (").code(column).code(" has \"ffff\" and ");
    match list {
        List::Octets(_, count) => write_leading_octets(text, PLAIN_ADDRESS, column, count),
        _ => write_plain(text, column),
    }
    text.code(" in (").name(&scope.list(list)).code("))");
}

pub(super) fn write_plain(text: &mut QueryText, column: &'static str) {
    text.code(PLAIN_ADDRESS).code("(").code(column).code(")");
}

/// Every spelling of an address is the same to `parse_ipv6`. Rows are ruled out first, as it reads each one.
fn write_ipv6_test(
    text: &mut QueryText,
    scope: &Scope<'_>,
    column: &'static str,
    side: Side,
    plain: bool,
) {
    let groups = List::Ipv6Groups(side);
    text.code("(");
    if !plain && scope.part.lists.is_short(groups) {
        text.code(column)
            .code(" has_any (")
            .name(&scope.list(groups))
            .code(") and ");
    } else if !plain {
        text.code(column).code(" contains \":\" and ");
    }
    text.code("parse_ipv6(").code(column).code(") in (");
    text.name(&scope.list(List::Ipv6(side))).code("))");
}

/// Writes what cuts the leading octets out of `column`, which goes through `function` before.
pub(super) fn write_leading_octets(
    text: &mut QueryText,
    function: &'static str,
    column: &'static str,
    count: u8,
) {
    text.code("extract(@\"^((?:\\d+\\.){")
        .number(count - 1)
        .code("}\\d+)\\.\", 1, ");
    text.code(function).code("(").code(column).code("))");
}

/// A device is known by its short name and by that with its domain.
fn write_device_test(text: &mut QueryText, scope: &Scope<'_>, column: &'static str, list: List) {
    text.code(column)
        .code(" in~ (")
        .name(&scope.list(list))
        .code(") or extract(@\"^([^.]+)\\.\", 1, ");
    text.code(column)
        .code(") in~ (")
        .name(&scope.list(list))
        .code(")");
}

fn write_value(text: &mut QueryText, column: &SearchColumn) {
    let name = column.name;
    match column.holds {
        Holds::Address(_) => {
            text.code("iff(").code(name).code(" has \"ffff\", ");
            write_plain(text, name);
            text.code(", ").code(name).code(")");
        }
        _ => {
            text.code(name);
        }
    }
}
