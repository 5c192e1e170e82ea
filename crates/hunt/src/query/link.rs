//! Rows from columns that hold URLs or hosts.
//!
//! The legs only choose rows; then the last two labels of the host are cut out of each text with one pattern, which rules out
//! nearly all rows, and only what is left is taken apart further. A domain is compared with as many labels from the end of the
//! host as it has itself, so `evil.com` is found in `www.evil.com` and not in `notevil.com` or `evil.com.example.org`. How many
//! labels and path segments occur is known when the query is written.

use std::fmt;

use super::details::write_columns;
use super::text::QueryText;
use super::{Row, RowKind, Scope, write_device, write_legs};
use crate::map::{Holds, Place};
use crate::term::List;

/// Writes `let link_rows = …` and `let host_rows = …`, as far as the part's lists ask for them.
pub(super) fn write(text: &mut QueryText, scope: &Scope<'_>) -> Vec<Row> {
    let links = write_rows(text, scope, RowKind::Links, Holds::Link);
    let hosts = write_rows(text, scope, RowKind::Hosts, Holds::Host);
    links.into_iter().chain(hosts).collect()
}

fn write_rows(text: &mut QueryText, scope: &Scope<'_>, kind: RowKind, holds: Holds) -> Option<Row> {
    let kinds = scope.part.lists.kinds();
    let filters: Vec<List> = kinds.clone().filter(|list| list.rules_rows_out()).collect();
    let lists: Vec<List> = kinds.filter(|list| list.is_looked_for_in(holds)).collect();
    let places: Vec<Place> = scope
        .places()
        .filter(|place| place.column.holds == holds)
        .collect();
    // IPv6 addresses alone have no tails: they are not looked for as hosts of URLs.
    if lists.is_empty() || places.is_empty() || filters.is_empty() {
        return None;
    }
    let row = scope.row(kind);
    write_legs(text, row, &places, |text, place| {
        write_leg(text, scope, *place, &filters);
    });
    write_tail_filter(text, scope, &filters);
    write_parts(text, &lists);
    write_comparison(text, scope, &lists);
    text.code(";\n");
    Some(row)
}

fn write_leg(text: &mut QueryText, scope: &Scope<'_>, place: Place, filters: &[List]) {
    let column = place.column.name;
    if scope.part.lists.has_few_hosts() {
        text.code(" | where ");
        text.separated(" or ", filters, |text, list| {
            text.code(column)
                .code(" has_any (")
                .name(&scope.list(*list))
                .code(")");
        });
    } else {
        text.code(" | where isnotempty(").code(column).code(")");
    }
    text.code(" | project ");
    write_device(text, place.table);
    text.code(", SourceColumn = ").string(column);
    text.code(", MatchedText = ").code(column);
    write_columns(text, scope, place.table);
}

/// Scheme or `//`, and user, before the host.
const BEFORE_HOST: &str = "^(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?(?:[^/?#]*@)?";

fn write_tail_filter(text: &mut QueryText, scope: &Scope<'_>, filters: &[List]) {
    text.code("\n| extend HostTail = tolower(extract(@\"")
        .code(BEFORE_HOST);
    text.code("(?:[^/?#:]*?\\.)??([^./?#:]+\\.[^./?#:]+|[^./?#:]+)\\.?(?:[:/?#]|$)\", 1, MatchedText))\n| where ");
    text.separated(" or ", filters, |text, list| {
        text.code("HostTail in (")
            .name(&scope.list(*list))
            .code(")");
    });
}

/// Writes the steps that take the text apart, as far as `lists` need them.
fn write_parts(text: &mut QueryText, lists: &[List]) {
    let needs = |test: fn(&List) -> bool| lists.iter().any(test);
    let host = needs(|list| matches!(list, List::Domains(3..) | List::Hosts | List::Addresses(_)));
    let site = needs(|list| matches!(list, List::Sites | List::Paths(_) | List::Links));
    let rest = needs(|list| matches!(list, List::Paths(_) | List::Links));
    if host {
        text.code("\n| extend Host = tolower(extract(@\"")
            .code(BEFORE_HOST);
        text.code("([^/?#:]*[^./?#:])\", 1, MatchedText))");
    }
    if site {
        text.code("\n| extend Site = tolower(extract(@\"")
            .code(BEFORE_HOST);
        text.code("([^/?#]*?)\\.?(?::(?:80|443))?(?:[/?#]|$)\", 1, MatchedText))");
    }
    if rest {
        text.code("\n| extend Rest = extract(@\"^(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?[^/?#]*([^#]*?)/?(?:#.*)?$\", 1, MatchedText)");
    }
    let derived: Vec<Derived> = lists.iter().copied().filter_map(Derived::of).collect();
    if derived.is_empty() {
        return;
    }
    text.code("\n| extend ");
    text.separated(", ", derived, |text, derived| {
        text.name(&derived).code(" = ");
        derived.write(text);
    });
}

/// A column that the query makes out of host, site and rest.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Derived {
    /// So many labels from the end of the host.
    Domain(u8),
    /// The site with so many segments of the path.
    Path(u8),
    /// All of it.
    Link,
}

impl Derived {
    fn of(list: List) -> Option<Self> {
        match list {
            List::Domains(labels) if labels > 2 => Some(Self::Domain(labels)),
            List::Paths(segments) => Some(Self::Path(segments)),
            List::Links => Some(Self::Link),
            _ => None,
        }
    }

    fn write(self, text: &mut QueryText) {
        match self {
            Self::Domain(labels) => {
                text.code("extract(@\"((?:[^.]+\\.){").number(labels - 1);
                text.code("}[^.]+)$\", 1, Host)");
            }
            Self::Path(segments) => {
                text.code("strcat(Site, extract(@\"^((?:/[^/?]+){")
                    .number(segments);
                text.code("})\", 1, Rest))");
            }
            Self::Link => {
                text.code("strcat(Site, Rest)");
            }
        }
    }
}

impl fmt::Display for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(labels) => write!(f, "Domain{labels}"),
            Self::Path(segments) => write!(f, "Path{segments}"),
            Self::Link => f.write_str("Link"),
        }
    }
}

/// The column that is compared with a list.
fn write_compared(text: &mut QueryText, list: List) {
    if let Some(derived) = Derived::of(list) {
        text.name(&derived);
        return;
    }
    text.code(match list {
        List::Domains(_) => "HostTail",
        List::Sites => "Site",
        _ => "Host",
    });
}

/// Writes the step that makes one row of each value found.
fn write_comparison(text: &mut QueryText, scope: &Scope<'_>, lists: &[List]) {
    text.code("\n| mv-expand Form = dynamic([");
    text.separated(", ", lists, |text, list| {
        text.string(&list.to_string());
    });
    text.code("]) to typeof(string), Value = pack_array(");
    text.separated(", ", lists, |text, list| write_compared(text, *list));
    text.code(") to typeof(string)\n| where ");
    text.separated(" or ", lists, |text, list| {
        text.code("(Form == ").string(&list.to_string());
        text.code(" and Value in (")
            .name(&scope.list(*list))
            .code("))");
    });
}
