//! The OData options of an entity set as parameters: only what is really evaluated.

use serde_json::{Value, json};

use crate::odata::{EntitySet, Kind, Property};
use crate::options::SelectAndOrder;

/// The largest number that the handlers read.
const NUMBER_MAX: u64 = usize::MAX as u64;

/// A format of our own: testers can register what generates such texts.
const FILTER_FORMAT: &str = "odata-filter";

/// The parameters of a call on a set.
pub(super) fn parameters(set: &'static EntitySet, select_and_order: SelectAndOrder) -> Vec<Value> {
    let mut parameters = vec![
        filter(set),
        number(
            "$top",
            set.page_rows as u64,
            if set.top_is_page {
                "The number of entities on a page."
            } else {
                "The number of entities in the answer, which then has no `@odata.nextLink`."
            },
        ),
        number(
            "$skip",
            NUMBER_MAX,
            "How many entities to leave out at the beginning.",
        ),
        number("$skiptoken", NUMBER_MAX, "The same as `$skip`."),
        json!({"name": "$count", "in": "query", "schema": {"type": "boolean"},
               "description": "Adds `@odata.count`."}),
    ];
    if !set.expandable.is_empty() {
        parameters.push(names("$expand", set.expandable));
    }
    if select_and_order == SelectAndOrder::Evaluated {
        parameters.push(names("$orderby", &terms(set)));
        parameters.push(names("$select", &own_names(set)));
    }
    parameters
}

fn filter(set: &EntitySet) -> Value {
    let filterable = set
        .properties
        .iter()
        .filter(|property| property.is_filterable && property.kind != Kind::Nested);
    let listed: Vec<String> = filterable
        .map(|property| format!("`{}` ({})", property.name, kind_name(property.kind)))
        .collect();
    let description = if listed.is_empty() {
        "No property of these entities can be filtered by.".to_owned()
    } else {
        format!(
            "`eq`, `ne`, `gt`, `ge`, `lt`, `le`, `in`, `and`, `or`, `not`, `startswith`, `endswith`, `contains`, `tolower`, `toupper` \
             and, on lists, `any`. Properties: {}.",
            listed.join(", ")
        )
    };
    json!({"name": "$filter", "in": "query", "schema": {"type": "string", "format": FILTER_FORMAT}, "description": description})
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::Flag => "boolean",
        Kind::Instant => "instant",
        Kind::Texts => "list of texts",
        Kind::Nested => "nested",
    }
}

fn number(name: &str, most: u64, description: &str) -> Value {
    json!({"name": name, "in": "query", "description": description,
           "schema": {"type": "integer", "minimum": 0, "maximum": most}})
}

/// A parameter with names separated by commas.
fn names(name: &str, allowed: &[impl AsRef<str>]) -> Value {
    let allowed: Vec<&str> = allowed.iter().map(AsRef::as_ref).collect();
    json!({"name": name, "in": "query", "style": "form", "explode": false,
           "schema": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "enum": allowed}}})
}

fn own_names(set: &EntitySet) -> Vec<&'static str> {
    set.properties
        .iter()
        .map(|property| property.name)
        .collect()
}

fn terms(set: &EntitySet) -> Vec<String> {
    let is_ordered = |property: &&Property| !matches!(property.kind, Kind::Nested | Kind::Texts);
    let ordered = set.properties.iter().filter(is_ordered);
    ordered
        .flat_map(|property| ["", " asc", " desc"].map(|end| format!("{}{end}", property.name)))
        .collect()
}
