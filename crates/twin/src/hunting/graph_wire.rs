//! Results as Graph writes them: `schema`, `results`, and OData's annotations inside the rows.
//!
//! Observed in published answers of `security/runHuntingQuery`: bools are numbers, nulls are `{}`, whole numbers and lists have a key
//! `Column@odata.type` beside them, objects carry `@odata.type` themselves, and objects inside lists become text.

use serde_json::{Value as Json, json};
use tesem_engine::{DynamicValue, QueryResult, Value};

use super::{defender_wire, wire_type};
use crate::json_text;

/// The content type of Graph's answers.
pub(crate) const CONTENT_TYPE: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

const CONTEXT: &str =
    "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults";

/// What an object of a dynamic column is.
const OBJECT_TYPE: &str = "\"@odata.type\":\"#microsoft.graph.security.dynamicColumnValue\"";

/// The whole body.
pub(super) fn write(result: &QueryResult) -> String {
    let schema: Vec<Json> = result
        .columns
        .iter()
        .map(|column| json!({"name": column.name, "type": wire_type::name(column.scalar_type)}))
        .collect();
    let rows = rows(result);
    format!(
        "{{\"@odata.context\":\"{CONTEXT}\",\"schema\":{},\"results\":{rows}}}",
        Json::from(schema)
    )
}

fn rows(result: &QueryResult) -> String {
    let names: Vec<&str> = result
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut out = String::from("[");
    for row in result.rows() {
        json_text::separate(&mut out, '[');
        out.push('{');
        for (name, value) in names.iter().zip(&row) {
            push_cell(name, value, &mut out);
        }
        out.push('}');
    }
    out.push(']');
    out
}

fn push_cell(name: &str, value: &Value, out: &mut String) {
    match value {
        Value::Null(_) => {
            push_key(name, None, out);
            out.push_str("{}");
        }
        Value::Bool(value) => {
            push_key(name, Some("#SByte"), out);
            out.push(if *value { '1' } else { '0' });
        }
        Value::Long(_) => {
            push_key(name, Some("#Int64"), out);
            defender_wire::push_scalar(value, out);
        }
        Value::Dynamic(value) => push_member(name, value, out),
        scalar => {
            push_key(name, None, out);
            defender_wire::push_scalar(scalar, out);
        }
    }
}

/// `"name":`, after `"name@odata.type":"…",` where there is a type.
fn push_key(name: &str, odata_type: Option<&str>, out: &mut String) {
    json_text::separate(out, '{');
    if let Some(odata_type) = odata_type {
        json_text::push_string(&format!("{name}@odata.type"), out);
        out.push(':');
        json_text::push_string(odata_type, out);
        out.push(',');
    }
    out.push_str(&json_text::key(name));
}

/// A dynamic value under its name: a column, or a member of an object.
fn push_member(name: &str, value: &DynamicValue, out: &mut String) {
    match value {
        DynamicValue::Null => {
            push_key(name, None, out);
            out.push_str("{}");
        }
        DynamicValue::Array(items) => push_list(name, items, out),
        DynamicValue::Bag(members) => {
            push_key(name, None, out);
            push_object(members, out);
        }
        DynamicValue::Long(_) => {
            push_key(name, Some("#Int64"), out);
            out.push_str(&value.to_json());
        }
        scalar => {
            push_key(name, None, out);
            out.push_str(&scalar.to_json());
        }
    }
}

fn push_object(members: &[(String, DynamicValue)], out: &mut String) {
    out.push('{');
    out.push_str(OBJECT_TYPE);
    for (name, value) in members {
        push_member(name, value, out);
    }
    out.push('}');
}

fn push_list(name: &str, items: &[DynamicValue], out: &mut String) {
    let kind = ListKind::of(items);
    push_key(name, Some(kind.odata_type()), out);
    out.push('[');
    for item in items {
        json_text::separate(out, '[');
        match kind {
            ListKind::Texts => json_text::push_string(&item.to_text(), out),
            _ => out.push_str(&item.to_json()),
        }
    }
    out.push(']');
}

/// What a list holds. Lists of texts, and of objects as texts, were observed; the others follow OData.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListKind {
    Texts,
    Longs,
    Reals,
    Bools,
}

impl ListKind {
    fn of(items: &[DynamicValue]) -> Self {
        let all = |is: fn(&DynamicValue) -> bool| !items.is_empty() && items.iter().all(is);
        if all(|item| matches!(item, DynamicValue::Long(_))) {
            Self::Longs
        } else if all(|item| matches!(item, DynamicValue::Long(_) | DynamicValue::Real(_))) {
            Self::Reals
        } else if all(|item| matches!(item, DynamicValue::Bool(_))) {
            Self::Bools
        } else {
            Self::Texts
        }
    }

    fn odata_type(self) -> &'static str {
        match self {
            Self::Texts => "#Collection(String)",
            Self::Longs => "#Collection(Int64)",
            Self::Reals => "#Collection(Double)",
            Self::Bools => "#Collection(Boolean)",
        }
    }
}
