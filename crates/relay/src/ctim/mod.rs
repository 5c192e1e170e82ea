//! Documents of the Cisco Threat Intelligence Model, as far as the relay writes them.
//!
//! Source: github.com/threatgrid/ctim, doc/structures: sighting, and the vocabularies that it names.

mod relations;
mod vocabulary;

use serde::Serialize;

pub use relations::Relations;
pub use vocabulary::{RelationName, Vocabulary};

/// Longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 1_024;
/// Longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 5_000;

/// Something that is seen: a type of the vocabulary, and a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Observable {
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value.
    pub value: String,
}

impl Observable {
    /// An observable of `kind`.
    #[must_use]
    pub fn new(kind: &str, value: impl Into<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            value: value.into(),
        }
    }

    /// An address, typed by its family; nothing where the text is none.
    #[must_use]
    pub fn address(text: &str) -> Option<Self> {
        let kind = match text {
            text if text.contains(':') => "ipv6",
            text if text.contains('.') => "ip",
            _ => return None,
        };
        Some(Self::new(kind, text))
    }

    /// A text that is an absolute URL, or else a domain.
    #[must_use]
    pub fn url_or_domain(text: &str) -> Self {
        let has_host = url::Url::parse(text).is_ok_and(|url| url.has_host());
        Self::new(if has_host { "url" } else { "domain" }, text)
    }
}

/// From when to when something was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObservedTime {
    /// The start.
    pub start_time: String,
    /// The end, not before the start.
    pub end_time: String,
}

impl ObservedTime {
    /// A moment.
    #[must_use]
    pub fn at(time: impl Into<String>) -> Self {
        let time = time.into();
        Self {
            start_time: time.clone(),
            end_time: time,
        }
    }
}

/// How one observable relates to another: `source` `relation` `related`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Relation {
    /// Who says so.
    pub origin: String,
    /// The relation's name.
    pub relation: &'static str,
    /// Its subject.
    pub source: Observable,
    /// Its object.
    pub related: Observable,
}

/// The machine where something was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// When.
    pub observed_time: ObservedTime,
    /// Its names and addresses.
    pub observables: Vec<Observable>,
}

/// A table of further facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataTable {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, with a cell per column.
    pub rows: Vec<Vec<String>>,
}

/// A column of a [`DataTable`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// The type of its cells.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// That something was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sighting {
    /// `sighting`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// A transient id: the same for the same facts.
    pub id: String,
    /// The version of the model.
    pub schema_version: &'static str,
    /// Who says so.
    pub source: &'static str,
    /// What saw it.
    pub sensor: &'static str,
    /// How sure that is.
    pub confidence: &'static str,
    /// Whether it was seen within the organisation.
    pub internal: bool,
    /// How often it was seen.
    pub count: usize,
    /// What was seen.
    pub observables: Vec<Observable>,
    /// When.
    pub observed_time: ObservedTime,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// A title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How bad it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// Where a person finds more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_uri: Option<String>,
    /// How what was seen relates to other things.
    pub relations: Vec<Relation>,
    /// Where it was seen.
    pub targets: Vec<Target>,
    /// Further facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<DataTable>,
}
