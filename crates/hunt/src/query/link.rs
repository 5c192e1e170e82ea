//! Rows from columns that hold URLs or hosts.
//!
//! The legs only choose rows; then the last two labels of the host are cut out of each text with one pattern, which rules out
//! nearly all rows, and only what is left is taken apart further. A domain is compared with as many labels from the end of the
//! host as it has itself, so `evil.com` is found in `www.evil.com` and not in `notevil.com` or `evil.com.example.org`. How many
//! labels and path segments occur is known when the query is written. A host that is an address is cut out as such, so that ranges
//! and every spelling of an IPv6 address are found.

use std::fmt;

use super::details::write_columns;
use super::exact::write_leading_octets;
use super::functions::HOST_ADDRESS;
use super::listed::{write_item, write_items};
use super::text::QueryText;
use super::{Row, RowKind, Scope, write_device, write_legs};
use crate::map::{Field, Holds, Place, Reading, SearchColumn};
use crate::term::List;

/// Writes `let link_rows = …` and `let host_rows = …`, as far as the part's lists ask for them.
pub(super) fn write(text: &mut QueryText, scope: &Scope<'_>) -> Vec<Row> {
    let links = write_rows(text, scope, RowKind::Links, Holds::Link);
    let hosts = write_rows(text, scope, RowKind::Hosts, Holds::Host);
    links.into_iter().chain(hosts).collect()
}

fn write_rows(text: &mut QueryText, scope: &Scope<'_>, kind: RowKind, holds: Holds) -> Option<Row> {
    let kinds = scope.part.lists.kinds();
    let filters: Vec<List> = kinds
        .clone()
        .filter(|list| rules_rows_out(*list, holds))
        .collect();
    let lists: Vec<List> = kinds.filter(|list| list.is_looked_for_in(holds)).collect();
    let places: Vec<Place> = scope
        .places()
        .filter(|place| place.column.holds == holds)
        .collect();
    if lists.is_empty() || places.is_empty() || filters.is_empty() {
        return None;
    }
    let row = scope.row(kind);
    write_legs(text, row, &places, |text, place| {
        write_leg(text, scope, *place);
    });
    write_filter(text, scope, &filters);
    write_parts(text, &lists, filters.contains(&List::UrlHosts6));
    write_comparison(text, scope, &lists);
    text.code(";\n");
    Some(row)
}

/// Whether hosts in columns of that kind are compared with the list before anything else is.
fn rules_rows_out(list: List, holds: Holds) -> bool {
    list.is_of_tails() || (holds == Holds::Link && list.is_of_host_addresses())
}

fn write_leg(text: &mut QueryText, scope: &Scope<'_>, place: Place) {
    let column = place.column.name;
    let has_links = place.column.holds == Holds::Link;
    let is_term = |list: &List| list.is_of_tails() || (has_links && list.is_of_host_terms());
    let terms: Vec<List> = scope.part.lists.kinds().filter(is_term).collect();
    if let Reading::Fields(fields) = place.column.reading {
        write_actions(text, fields);
    }
    text.code(" | where ");
    if terms.is_empty() || !scope.part.lists.has_few_hosts() {
        text.code("isnotempty(").code(column).code(")");
    } else {
        text.separated(" or ", &terms, |text, list| {
            text.code(column)
                .code(" has_any (")
                .name(&scope.list(*list))
                .code(")");
        });
        if has_links && terms.iter().copied().any(may_be_mapped) {
            text.code(" or ").code(column).code(" has \"ffff\"");
        }
    }
    write_value(text, place.column);
    text.code(" | project ");
    write_device(text, place.table);
    text.code(", SourceColumn = ").string(column);
    text.code(match place.column.reading {
        Reading::Whole => ", MatchedText = ",
        _ => ", ",
    });
    text.code(match place.column.reading {
        Reading::Whole => column,
        _ => "MatchedText",
    });
    write_columns(text, scope, place.table);
}

/// Scheme or `//`, and user, before the host.
const BEFORE_HOST: &str = "^(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?(?:[^/?#]*@)?";

/// Only rows of those actions hold the value.
fn write_actions(text: &mut QueryText, fields: &[Field]) {
    text.code(" | where ActionType in (");
    text.separated(", ", fields, |text, field| {
        text.string(field.action);
    });
    text.code(")");
}

/// Writes the steps that make the column `MatchedText` out of a column whose text is not the value itself.
fn write_value(text: &mut QueryText, column: &SearchColumn) {
    match column.reading {
        Reading::Whole => {}
        Reading::List | Reading::Property(_) => {
            text.code(" | mv-expand Item = ");
            write_items(text, column.name);
            text.code(" | extend MatchedText = ");
            write_item(text, column.reading);
        }
        Reading::Fields(fields) => {
            text.code(" | extend Fields = parse_json(")
                .code(column.name);
            text.code(") | extend MatchedText = case(");
            for field in fields {
                text.code("ActionType == ").string(field.action).code(", ");
                write_field(text, *field);
                text.code(", ");
            }
            text.code("\"\")");
        }
    }
}

fn write_field(text: &mut QueryText, field: Field) {
    let Some(path) = field.path else {
        text.code("tostring(Fields.").code(field.host).code(")");
        return;
    };
    // To a proxy, the path is a whole URL, whose host stands in the property of the host, too.
    text.code("strcat(Fields.").code(field.host);
    text.code(", iff(tostring(Fields.").code(path);
    text.code(") startswith \"/\", tostring(Fields.").code(path);
    text.code("), \"\"))");
}

/// Whether values of the list are also written as IPv6, in digits that have none of the value's.
fn may_be_mapped(list: List) -> bool {
    matches!(list, List::Addresses(_) | List::Octets(..)) && list.is_of_host_addresses()
}

/// Writes the step that cuts out what nearly all rows are ruled out with, and that which does.
fn write_filter(text: &mut QueryText, scope: &Scope<'_>, filters: &[List]) {
    if filters.iter().any(|list| list.is_of_tails()) {
        text.code("\n| extend HostTail = tolower(extract(@\"")
            .code(BEFORE_HOST);
        text.code("(?:[^/?#:]*?\\.)??([^./?#:]+\\.[^./?#:]+|[^./?#:]+)\\.?(?:[:/?#]|$)\", 1, MatchedText))");
    }
    if filters.iter().any(|list| list.is_of_host_addresses()) {
        text.code("\n| extend HostAddress = ")
            .code(HOST_ADDRESS)
            .code("(MatchedText)");
        write_address_parts(text, filters);
    }
    text.code("\n| where ");
    write_any(text, scope, filters);
}

/// Writes that the host is in one of the lists.
fn write_any(text: &mut QueryText, scope: &Scope<'_>, filters: &[List]) {
    text.separated(" or ", filters, |text, list| {
        write_filtered(text, *list);
        text.code(" in (").name(&scope.list(*list)).code(")");
    });
}

/// Writes the columns that are made out of the host's address.
fn write_address_parts(text: &mut QueryText, filters: &[List]) {
    let octets = filters.iter().filter_map(|list| match list {
        List::Octets(_, count) => Some(Derived::Octets(*count)),
        _ => None,
    });
    let digits = filters
        .iter()
        .filter(|list| matches!(list, List::Ipv6(_) | List::UrlHosts6))
        .map(|_| Derived::Digits);
    let mut parts: Vec<Derived> = octets.chain(digits).collect();
    parts.sort_unstable();
    parts.dedup();
    write_derived(text, &parts);
}

fn write_derived(text: &mut QueryText, derived: &[Derived]) {
    if derived.is_empty() {
        return;
    }
    text.code("\n| extend ");
    text.separated(", ", derived, |text, derived| {
        text.name(derived).code(" = ");
        derived.write(text);
    });
}

/// The column that rows are ruled out with by that list.
fn write_filtered(text: &mut QueryText, list: List) {
    match list {
        List::Octets(_, count) => {
            text.name(&Derived::Octets(count));
        }
        List::Ipv6(_) | List::UrlHosts6 => {
            text.name(&Derived::Digits);
        }
        List::Addresses(_) => {
            text.code("HostAddress");
        }
        _ => {
            text.code("HostTail");
        }
    }
}

/// Writes the steps that take the text apart, as far as `lists` need them.
///
/// `has_ipv6`: a site may be an IPv6 address, which is put into the spelling of the lists.
fn write_parts(text: &mut QueryText, lists: &[List], has_ipv6: bool) {
    let needs = |test: fn(&List) -> bool| lists.iter().any(test);
    let host = needs(|list| matches!(list, List::Domains(3..) | List::Hosts));
    let site = needs(|list| matches!(list, List::Sites | List::Paths(_) | List::Links));
    let rest = needs(|list| matches!(list, List::Paths(_) | List::Links));
    if host {
        text.code("\n| extend Host = tolower(extract(@\"")
            .code(BEFORE_HOST);
        text.code("([^/?#:]*[^./?#:])\", 1, MatchedText))");
        if has_ipv6 {
            text.code("\n| extend Host = iff(HostAddress contains \":\", strcat(\"[\", HostDigits, \"]\"), Host)");
        }
    }
    if site {
        text.code("\n| extend Site = tolower(extract(@\"")
            .code(BEFORE_HOST);
        text.code("([^/?#]*?)\\.?(?::(?:80|443))?(?:[/?#]|$)\", 1, MatchedText))");
        if has_ipv6 {
            text.code("\n| extend Site = iff(HostAddress contains \":\", strcat(\"[\", HostDigits, \"]\", extract(@\"\\](:\\d+)$\", 1, Site)), Site)");
        }
    }
    if rest {
        text.code("\n| extend Rest = extract(@\"^(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?[^/?#]*([^#]*?)/?(?:#.*)?$\", 1, MatchedText)");
    }
    let derived: Vec<Derived> = lists.iter().copied().filter_map(Derived::of).collect();
    write_derived(text, &derived);
}

/// A column that the query makes out of the host's address, or out of host, site and rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Derived {
    /// So many leading octets of the host's address.
    Octets(u8),
    /// All digits of the host's address.
    Digits,
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
            Self::Octets(count) => write_leading_octets(text, "", "HostAddress", count),
            Self::Digits => {
                text.code("parse_ipv6(HostAddress)");
            }
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
            Self::Octets(count) => write!(f, "HostOctets{count}"),
            Self::Digits => f.write_str("HostDigits"),
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

/// What rows say in `Form` whose host is an address that is looked for, by whatever lists: each such row is one sighting.
const ADDRESS_FORM: &str = "address";

/// Writes the step that makes one row of each value found.
fn write_comparison(text: &mut QueryText, scope: &Scope<'_>, lists: &[List]) {
    let (addresses, others): (Vec<List>, Vec<List>) =
        lists.iter().partition(|list| list.is_of_host_addresses());
    let address = (!addresses.is_empty()).then_some(());
    let forms = address.iter().map(|()| ADDRESS_FORM.to_owned());
    text.code("\n| mv-expand Form = dynamic([");
    text.separated(
        ", ",
        forms.chain(others.iter().map(List::to_string)),
        |text, form| {
            text.string(&form);
        },
    );
    text.code("]) to typeof(string), Value = pack_array(");
    let values = address.iter().map(|()| None);
    text.separated(
        ", ",
        values.chain(others.iter().copied().map(Some)),
        |text, list| match list {
            None => {
                text.code("HostAddress");
            }
            Some(list) => write_compared(text, list),
        },
    );
    text.code(") to typeof(string)\n| where ");
    if address.is_some() {
        text.code("(Form == ").string(ADDRESS_FORM).code(" and (");
        write_any(text, scope, &addresses);
        text.code(if others.is_empty() { "))" } else { ")) or " });
    }
    text.separated(" or ", others, |text, list| {
        text.code("(Form == ").string(&list.to_string());
        text.code(" and Value in (")
            .name(&scope.list(list))
            .code("))");
    });
}
