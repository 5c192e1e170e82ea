//! Legs over columns that hold exactly one value: hashes, addresses, mailboxes, device and file names.

use super::details::write_columns;
use super::text::QueryText;
use super::{Row, RowKind, Scope, write_legs, write_origin};
use crate::map::{Holds, Place};
use crate::term::List;

/// Writes `let exact_rows = …`, if any of the part's lists is for such columns.
pub(super) fn write(text: &mut QueryText, scope: &Scope<'_>) -> Option<Row> {
    let places: Vec<Place> = scope
        .places()
        .filter(|place| !matches!(place.column.holds, Holds::Link | Holds::Host))
        .filter(|place| !lists_for(scope, *place).is_empty())
        .collect();
    if places.is_empty() {
        return None;
    }
    let row = scope.row(RowKind::Exact);
    write_legs(text, row, &places, |text, place| {
        text.code(" | where ");
        write_condition(text, scope, place);
        text.code(" | project ");
        write_origin(text, place);
        text.code(", Form = ")
            .string(form(place.column.holds))
            .code(", Value = ");
        write_value(text, place);
        write_columns(text, scope, place);
    });
    text.code(";\n");
    Some(row)
}

fn lists_for(scope: &Scope<'_>, place: Place) -> Vec<List> {
    let lists = scope.part.lists.kinds();
    lists
        .filter(|list| list.is_looked_for_in(place.column.holds))
        .collect()
}

/// What the rows of such a column say in `Form`.
fn form(holds: Holds) -> &'static str {
    match holds {
        Holds::Sha256 => "sha256",
        Holds::Sha1 => "sha1",
        Holds::Md5 => "md5",
        Holds::Certificate => "certificate",
        Holds::Address(_) => "address",
        Holds::Link => "link",
        Holds::Host => "host",
        Holds::Mailbox => "mailbox",
        Holds::DeviceName => "device",
        Holds::FileName => "file_name",
    }
}

fn write_condition(text: &mut QueryText, scope: &Scope<'_>, place: Place) {
    let lists = lists_for(scope, place);
    text.separated(" or ", lists, |text, list| match list {
        List::Addresses(_) => write_address_test(text, scope, place, list),
        List::Octets(_, count) => {
            write_leading_octets(text, place, count);
            text.code(" in (").name(scope.list(list)).code(")");
        }
        List::Devices => write_device_test(text, scope, place, list),
        _ => {
            text.code(place.column.name)
                .code(" in~ (")
                .name(scope.list(list))
                .code(")");
        }
    });
}

/// Devices and services that listen on both families note IPv4 peers as `::ffff:192.0.2.1`.
fn write_address_test(text: &mut QueryText, scope: &Scope<'_>, place: Place, list: List) {
    let column = place.column.name;
    text.code(column)
        .code(" in~ (")
        .name(scope.list(list))
        .code(") or (");
    text.code(column)
        .code(" startswith \"::ffff:\" and substring(");
    text.code(column)
        .code(", 7) in (")
        .name(scope.list(list))
        .code("))");
}

fn write_leading_octets(text: &mut QueryText, place: Place, count: u8) {
    text.code("extract(@\"^(?:::[Ff]{4}:)?((?:\\d+\\.){")
        .number(count - 1);
    text.code("}\\d+)\\.\", 1, ")
        .code(place.column.name)
        .code(")");
}

/// A device is known by its short name and by that with its domain.
fn write_device_test(text: &mut QueryText, scope: &Scope<'_>, place: Place, list: List) {
    let column = place.column.name;
    text.code(column)
        .code(" in~ (")
        .name(scope.list(list))
        .code(") or extract(@\"^([^.]+)\\.\", 1, ");
    text.code(column)
        .code(") in~ (")
        .name(scope.list(list))
        .code(")");
}

fn write_value(text: &mut QueryText, place: Place) {
    let column = place.column.name;
    match place.column.holds {
        Holds::Address(_) => {
            text.code("iff(")
                .code(column)
                .code(" startswith \"::ffff:\", substring(");
            text.code(column).code(", 7), ").code(column).code(")");
        }
        _ => {
            text.code("tolower(").code(column).code(")");
        }
    }
}
