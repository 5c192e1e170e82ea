//! Ingestion mappings: which field of a record fills which column.
//!
//! Source: learn.microsoft.com/kusto/management/csv-mapping and …/json-mapping.

use serde_json::{Map, Value as Json};

use super::format::Format;
use crate::dynamic::{Step, parse_path};

/// Where the value of a column comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A field by its position.
    Ordinal(usize),
    /// A value inside a JSON record.
    Path(Vec<Step>),
    /// The same text in every record.
    Constant(String),
}

/// A mapping: columns by name. A column that it does not name is null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mapping(Vec<(String, Source)>);

impl Mapping {
    /// Reads `[{"Column": "a", "Properties": {"Ordinal": 0}}, …]`; the older form has the properties beside the name.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub(crate) fn parse(text: &str, format: Format) -> Result<Self, String> {
        let entries: Vec<Map<String, Json>> = serde_json::from_str(text)
            .map_err(|error| format!("it is no JSON array of objects: {error}"))?;
        let entries = entries.iter().map(|entry| entry_of(entry, format));
        Ok(Self(entries.collect::<Result<_, _>>()?))
    }

    /// Where a column's value comes from.
    pub(crate) fn source(&self, column: &str) -> Option<&Source> {
        let named = |(name, source)| (name == column).then_some(source);
        self.0
            .iter()
            .find_map(|(name, source)| named((name.as_str(), source)))
    }
}

fn entry_of(entry: &Map<String, Json>, format: Format) -> Result<(String, Source), String> {
    let column = member(entry, &["column", "name"])
        .and_then(Json::as_str)
        .ok_or("an entry does not name its column")?;
    let properties = match member(entry, &["properties"]) {
        Some(Json::Object(properties)) => properties,
        _ => entry,
    };
    if member(properties, &["transform"]).is_some_and(|transform| !transform.is_null()) {
        return Err(format!(
            "the transformation of column `{column}` is not supported"
        ));
    }
    let source = if let Some(constant) = member(properties, &["constvalue", "constantvalue"]) {
        Source::Constant(
            constant
                .as_str()
                .map_or_else(|| constant.to_string(), str::to_owned),
        )
    } else if format.is_json() {
        path_of(properties, column)?
    } else {
        ordinal_of(properties, column)?
    };
    Ok((column.to_owned(), source))
}

fn path_of(properties: &Map<String, Json>, column: &str) -> Result<Source, String> {
    let text = member(properties, &["path"]).and_then(Json::as_str);
    let text = text.ok_or_else(|| format!("column `{column}` has no `Path`"))?;
    let path = text.starts_with('$').then(|| parse_path(text)).flatten();
    path.map(Source::Path)
        .ok_or_else(|| format!("the path `{text}` of column `{column}` is not supported"))
}

fn ordinal_of(properties: &Map<String, Json>, column: &str) -> Result<Source, String> {
    let ordinal = match member(properties, &["ordinal"]) {
        Some(Json::String(text)) => text.trim().parse().ok(),
        Some(Json::Number(number)) => number
            .as_u64()
            .and_then(|number| usize::try_from(number).ok()),
        _ => None,
    };
    ordinal
        .map(Source::Ordinal)
        .ok_or_else(|| format!("column `{column}` has no `Ordinal`"))
}

/// The member of one of these names, in any letter case.
fn member<'j>(object: &'j Map<String, Json>, names: &[&str]) -> Option<&'j Json> {
    let is_named = |key: &str| names.iter().any(|name| key.eq_ignore_ascii_case(name));
    object
        .iter()
        .find(|(key, _)| is_named(key))
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let csv = Format::Delimited(b',');
        let cases = [
            (
                r#"[{"Column":"a","Properties":{"Ordinal":"2"}}]"#,
                csv,
                Source::Ordinal(2),
            ),
            (r#"[{"name":"a","ordinal":1}]"#, csv, Source::Ordinal(1)),
            (
                r#"[{"Column":"a","Properties":{"ConstValue":"x"}}]"#,
                csv,
                Source::Constant("x".to_owned()),
            ),
            (
                r#"[{"column":"a","path":"$.b[0]"}]"#,
                Format::MultiJson,
                Source::Path(vec![Step::Member("b".to_owned()), Step::Index(0)]),
            ),
        ];
        for (text, format, expected) in cases {
            let mapping = Mapping::parse(text, format).unwrap();
            assert_eq!(mapping.source("a"), Some(&expected), "{text}");
            assert_eq!(mapping.source("b"), None);
        }
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let cases = [
            ("{}", "no JSON array"),
            (r#"[{"Ordinal":1}]"#, "does not name its column"),
            (r#"[{"Column":"a"}]"#, "no `Path`"),
            (r#"[{"Column":"a","Properties":{"Path":"b"}}]"#, "path `b`"),
            (
                r#"[{"Column":"a","Properties":{"Path":"$","Transform":"SourceLocation"}}]"#,
                "transformation",
            ),
        ];
        for (text, expected) in cases {
            let error = Mapping::parse(text, Format::JsonLines).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
