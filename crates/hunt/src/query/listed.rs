//! Rows from columns whose text is a list of values of which each is one: addresses, hashes, mailboxes.
//!
//! A leg rules rows out by the terms of what is looked for, and makes one row of each item of the others.

use super::details::{Shape, write_columns};
use super::exact::{form, lists_for, write_final_filter, write_plain};
use super::text::QueryText;
use super::{Row, RowKind, Scope, write_device, write_legs};
use crate::map::{Holds, Place, Reading};
use crate::term::List;

/// Writes `let list_rows = …`, if any of the part's lists is for such columns.
pub(super) fn write(text: &mut QueryText, scope: &Scope<'_>) -> Option<Row> {
    let places: Vec<Place> = scope
        .places()
        .filter(|place| is_of_items(*place))
        .filter(|place| lists_for(scope, place.column.holds).next().is_some())
        .collect();
    if places.is_empty() {
        return None;
    }
    let row = scope.row(RowKind::Listed);
    write_legs(text, row, &places, |text, place| {
        write_leg(text, scope, *place);
    });
    write_final_filter(text, scope, places.iter().map(|place| place.column.holds));
    if scope.shape == Shape::Details {
        text.code("\n| extend MatchedText = Value");
    }
    text.code(";\n");
    Some(row)
}

/// Whether the column's text is a list of values that are looked for as they are.
pub(super) fn is_of_items(place: Place) -> bool {
    !matches!(place.column.holds, Holds::Link | Holds::Host)
        && place.column.reading != Reading::Whole
}

fn write_leg(text: &mut QueryText, scope: &Scope<'_>, place: Place) {
    let column = place.column;
    text.code(" | where ");
    write_prefilter(text, scope, place);
    text.code(" | mv-expand Item = ");
    write_items(text, column.name);
    text.code(" | extend Value = ");
    write_item(text, column.reading);
    text.code(" | project ");
    write_device(text, place.table);
    text.code(", SourceColumn = ").string(column.name);
    text.code(", Form = ").string(form(column.holds));
    text.code(", Value = ");
    if let Holds::Address(_) = column.holds {
        write_plain(text, "Value");
    } else {
        text.code("Value");
    }
    write_columns(text, scope, place.table);
}

/// Rows that hold none of what is looked for as a term are ruled out, where that is little.
fn write_prefilter(text: &mut QueryText, scope: &Scope<'_>, place: Place) {
    let column = place.column.name;
    let terms: Vec<List> = lists_for(scope, place.column.holds)
        .map(|list| match list {
            List::Ipv6(side) => List::Ipv6Groups(side),
            list => list,
        })
        .filter(|list| scope.part.lists.has(*list))
        .collect();
    if terms.is_empty() || !terms.iter().all(|list| scope.part.lists.is_short(*list)) {
        text.code("isnotempty(").code(column).code(")");
        return;
    }
    text.separated(" or ", &terms, |text, list| {
        write_text(text, column);
        text.code(" has_any (").name(&scope.list(*list)).code(")");
    });
    if let Holds::Address(_) = place.column.holds {
        text.code(" or ");
        write_text(text, column);
        text.code(" has \"ffff\"");
    }
}

fn write_text(text: &mut QueryText, column: &'static str) {
    text.code("tostring(").code(column).code(")");
}

/// Writes the items of a list, each once; what is no list is its only item.
pub(super) fn write_items(text: &mut QueryText, column: &'static str) {
    text.code("iff(tostring(").code(column);
    text.code(") startswith \"[\", set_union(parse_json(tostring(")
        .code(column);
    text.code(")), dynamic([])), pack_array(tostring(")
        .code(column)
        .code(")))");
}

/// Writes the value of an item.
pub(super) fn write_item(text: &mut QueryText, reading: Reading) {
    match reading {
        Reading::Property(name) => text.code("tostring(Item.").code(name).code(")"),
        _ => text.code("tostring(Item)"),
    };
}
