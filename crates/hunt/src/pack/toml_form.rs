//! Our own form: TOML, in which unknown keys are mistakes.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Value};

use super::document::{Found, Mistake};
use super::{PackQuery, ParameterValue};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    pack: Head,
    #[serde(default)]
    parameters: BTreeMap<Spanned<String>, Spanned<Value>>,
    #[serde(default, alias = "queries")]
    query: Vec<Query>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Head {
    name: Option<String>,
    description: String,
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    name: Spanned<String>,
    #[serde(default)]
    description: String,
    #[serde(alias = "query")]
    kql: Spanned<String>,
    #[serde(default)]
    labels: Vec<String>,
    feed: Option<String>,
    label: Option<String>,
}

pub(super) fn read(text: &str) -> Result<Found, Mistake> {
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (line(text, at), error.message().trim_end().to_owned())
    })?;
    let mut parameters = BTreeMap::new();
    for (name, value) in file.parameters {
        let at = line(text, name.span().start);
        let name = parameter_name(name.into_inner()).map_err(|message| (at, message))?;
        let value = parameter(&name, value.into_inner()).map_err(|message| (at, message))?;
        parameters.insert(name, value);
    }
    let queries: Result<Vec<_>, Mistake> = file.query.into_iter().map(|q| query(text, q)).collect();
    Ok(Found {
        name: file.pack.name,
        description: file.pack.description,
        version: file.pack.version,
        parameters,
        queries: queries?,
        left_out: Vec::new(),
    })
}

fn query(text: &str, query: Query) -> Result<PackQuery, Mistake> {
    let at = line(text, query.name.span().start);
    if query.name.get_ref().trim().is_empty() {
        return Err((at, "a query needs a name".to_owned()));
    }
    let kql = first_line(text, &query.kql);
    Ok(PackQuery {
        description: query.description,
        labels: query.labels,
        feed: query.feed,
        label: query.label,
        ..PackQuery::new(query.name.into_inner(), query.kql.into_inner(), kql)
    })
}

/// The line of a string's first character: a multi-line string drops the line end behind its opening quotes.
fn first_line(text: &str, string: &Spanned<String>) -> u64 {
    let start = string.span().start;
    let opening = text.get(start..).unwrap_or_default();
    let quotes = ["'''", "\"\"\""]
        .iter()
        .any(|quotes| opening.starts_with(quotes));
    let content = opening.get(3..).unwrap_or_default();
    let drops = quotes && (content.starts_with('\n') || content.starts_with("\r\n"));
    line(text, start) + u64::from(drops)
}

fn parameter_name(name: String) -> Result<String, String> {
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_word {
        Ok(name)
    } else {
        Err(format!(
            "parameter `{name}`: a name has letters, digits and `_`"
        ))
    }
}

fn parameter(name: &str, value: Value) -> Result<ParameterValue, String> {
    Ok(match value {
        Value::String(text) => ParameterValue::of_text(&text),
        Value::Integer(number) => ParameterValue::Long(number),
        Value::Float(number) => ParameterValue::Real(number),
        Value::Boolean(truth) => ParameterValue::Bool(truth),
        Value::Datetime(time) => match time.to_string().parse() {
            Ok(time) => ParameterValue::Datetime(time),
            Err(_) => {
                return Err(format!(
                    "parameter `{name}`: a point in time needs its zone"
                ));
            }
        },
        Value::Array(items) => ParameterValue::List(strings(name, items)?),
        Value::Table(_) => {
            return Err(format!(
                "parameter `{name}` is a table; give a value or a list"
            ));
        }
    })
}

fn strings(name: &str, items: Vec<Value>) -> Result<Vec<String>, String> {
    let string = |item: Value| match item {
        Value::String(text) => Ok(text),
        other => Err(format!(
            "parameter `{name}`: a list holds strings, not {other}"
        )),
    };
    items.into_iter().map(string).collect()
}

/// The line at an offset, from 1.
pub(super) fn line(text: &str, at: usize) -> u64 {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count() as u64 + 1
}
