//! Shapes of JSON values as constant data, and the JSON Schema of each.

use serde_json::{Map, Value, json};

/// What a JSON value looks like.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Any JSON value.
    Any,
    /// A string.
    Text,
    /// A string with something beside blanks in it.
    Words,
    /// A string of a format that JSON Schema knows, such as `date-time`.
    Format(&'static str),
    /// A string that fits a regular expression.
    Pattern(&'static str),
    /// One of these strings, in this letter case.
    Choice(&'static [&'static str]),
    /// One of these strings, each with a small first letter, as Graph writes them.
    Camel(&'static [&'static str]),
    /// A whole number.
    Integer,
    /// A whole number from the first to the second.
    Between(u64, u64),
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// The shape, or null.
    OrNull(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// A list of at least one item.
    Filled(&'static Shape),
    /// A list of at least one item and at most so many.
    Batch(&'static Shape, usize),
    /// An object whose keys are free.
    Map(&'static Shape),
    /// An object with these fields, and maybe others.
    Object(&'static [Field]),
    /// An object with these fields and no others.
    Closed(&'static [Field]),
    /// One of the shapes.
    Either(&'static [Shape]),
    /// A schema of the document's components.
    Named(&'static str),
    /// A schema that none of these can say.
    Written(fn() -> Value),
}

/// A field of an object, or a parameter of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) is_required: bool,
    /// What a reader must know beyond name and shape; may be empty.
    pub(super) note: &'static str,
}

/// A field that may be left out.
pub(super) const fn field(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        is_required: false,
        note: "",
    }
}

/// A field that may be null or left out.
pub(super) const fn nullable(name: &'static str, shape: &'static Shape) -> Field {
    field(name, Shape::OrNull(shape))
}

/// A field that must be there.
pub(super) const fn required(name: &'static str, shape: Shape) -> Field {
    Field {
        is_required: true,
        ..field(name, shape)
    }
}

impl Field {
    /// The same field with a note.
    pub(super) const fn noted(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// The schema of the field's value, with its note.
    pub(super) fn schema(&self) -> Value {
        let mut schema = self.shape.schema();
        if let (false, Some(schema)) = (self.note.is_empty(), schema.as_object_mut()) {
            schema.insert("description".to_owned(), json!(self.note));
        }
        schema
    }
}

impl Shape {
    /// The JSON Schema (2020-12) of the shape.
    pub(super) fn schema(&self) -> Value {
        match self {
            Self::Any => json!({}),
            Self::Integer => json!({"type": "integer"}),
            Self::Between(least, most) => {
                json!({"type": "integer", "minimum": least, "maximum": most})
            }
            Self::Number => json!({"type": "number"}),
            Self::Flag => json!({"type": "boolean"}),
            Self::OrNull(shape) => or_null(shape.schema()),
            Self::List(item) => json!({"type": "array", "items": item.schema()}),
            Self::Filled(item) => {
                json!({"type": "array", "items": item.schema(), "minItems": 1})
            }
            Self::Batch(item, most) => {
                json!({"type": "array", "items": item.schema(), "minItems": 1, "maxItems": most})
            }
            Self::Map(value) => {
                json!({"type": "object", "additionalProperties": value.schema()})
            }
            Self::Object(fields) => object(fields),
            Self::Closed(fields) => {
                let mut schema = object(fields);
                schema["additionalProperties"] = json!(false);
                schema
            }
            Self::Either(shapes) => {
                let schemas: Vec<Value> = shapes.iter().map(Self::schema).collect();
                json!({"anyOf": schemas})
            }
            Self::Named(name) => reference(name),
            Self::Written(write) => write(),
            text => text.text_schema(),
        }
    }

    fn text_schema(&self) -> Value {
        match self {
            Self::Words => json!({"type": "string", "pattern": "\\S"}),
            Self::Format(format) => json!({"type": "string", "format": format}),
            Self::Pattern(pattern) => json!({"type": "string", "pattern": pattern}),
            Self::Choice(names) => json!({"type": "string", "enum": names}),
            Self::Camel(names) => {
                let names: Vec<String> = names.iter().map(|name| camel(name)).collect();
                json!({"type": "string", "enum": names})
            }
            _ => json!({"type": "string"}),
        }
    }
}

/// `InProgress` is `inProgress` in Graph.
fn camel(name: &str) -> String {
    let mut rest = name.chars();
    let first = rest.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(rest).collect()
}

/// A reference to a schema of the document.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// An object of some fields, open for others.
pub(super) fn object(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.name.to_owned(), field.schema()))
        .collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.is_required)
        .map(|field| field.name)
        .collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn or_null(mut schema: Value) -> Value {
    let kind = schema.get("type").and_then(Value::as_str);
    let is_plain = matches!(kind, Some("string" | "integer" | "number" | "boolean"));
    // Tools read a format beside two types as that of neither.
    let is_formed = schema.get("enum").is_some() || schema.get("format").is_some();
    if is_formed || !is_plain {
        return json!({"anyOf": [schema, {"type": "null"}]});
    }
    schema["type"] = json!([kind, "null"]);
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_one_more_type() {
        let cases = [
            (
                Shape::OrNull(&Shape::Words),
                json!({"type": ["string", "null"], "pattern": "\\S"}),
            ),
            (
                Shape::OrNull(&Shape::Choice(&["A"])),
                json!({"anyOf": [{"type": "string", "enum": ["A"]}, {"type": "null"}]}),
            ),
            (
                Shape::OrNull(&Shape::Named("X")),
                json!({"anyOf": [{"$ref": "#/components/schemas/X"}, {"type": "null"}]}),
            ),
            (
                Shape::Camel(&["InProgress"]),
                json!({"type": "string", "enum": ["inProgress"]}),
            ),
        ];
        for (shape, expected) in cases {
            assert_eq!(shape.schema(), expected);
        }
    }

    #[test]
    fn an_object_names_what_it_needs() {
        const FIELDS: &[Field] = &[required("a", Shape::Flag), field("b", Shape::Any)];
        let shape = Shape::Closed(FIELDS);
        assert_eq!(
            shape.schema(),
            json!({"type": "object", "properties": {"a": {"type": "boolean"}, "b": {}}, "required": ["a"],
                   "additionalProperties": false})
        );
    }
}
