//! The shape of `[feeds.NAME]` and `[lists]`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tesem_intel::{Column, Confidence, Tlp};

use crate::settings::secret::SecretReference;
use crate::settings::span::span;

/// `kind = …`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FeedKindName {
    Shodan,
    Taxii,
    Misp,
    Csv,
    Text,
    Stix,
    Minemeld,
    Json,
}

impl FeedKindName {
    /// As the file spells it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Shodan => "shodan",
            Self::Taxii => "taxii",
            Self::Misp => "misp",
            Self::Csv => "csv",
            Self::Text => "text",
            Self::Stix => "stix",
            Self::Minemeld => "minemeld",
            Self::Json => "json",
        }
    }
}

/// `[feeds.NAME]`: the keys of all kinds; [`super::feed`] refuses those that a kind does not have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedFile {
    pub(crate) kind: FeedKindName,
    /// Addresses or files; one may stand alone.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) url: Vec<String>,
    pub(crate) key: Option<SecretReference>,
    /// The header that carries `key`, in place of `Authorization: Bearer`.
    pub(crate) key_header: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<SecretReference>,

    // Every kind.
    #[serde(default, deserialize_with = "duration")]
    pub(crate) max_age: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    pub(crate) fresh_for: Option<Duration>,
    pub(crate) confidence: Option<Confidence>,
    pub(crate) confidence_min: Option<Confidence>,
    #[serde(default, deserialize_with = "tlp")]
    pub(crate) tlp: Option<Tlp>,
    #[serde(default)]
    pub(crate) labels: Vec<String>,

    // Shodan.
    pub(crate) queries: Option<BTreeMap<String, String>>,
    pub(crate) credits_max: Option<u64>,

    // TAXII and MISP.
    pub(crate) limit: Option<u32>,

    // TAXII.
    pub(crate) api_root: Option<String>,
    pub(crate) collections: Option<Vec<String>>,
    pub(crate) added_after: Option<Timestamp>,

    // MISP.
    pub(crate) search: Option<MispSearch>,
    pub(crate) to_ids: Option<bool>,
    pub(crate) enforce_warninglist: Option<bool>,
    pub(crate) published: Option<bool>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) types: Option<Vec<String>>,
    pub(crate) within: Option<String>,

    // CSV and JSON.
    pub(crate) columns: Option<ColumnsFile>,
    #[serde(rename = "type")]
    pub(crate) value_type: Option<String>,

    // JSON.
    /// Where the entries are, such as `data.iocs`, or `*`.
    pub(crate) entries: Option<String>,
    /// A document a line.
    pub(crate) lines: Option<bool>,

    // CSV.
    pub(crate) delimiter: Option<char>,
    pub(crate) header: Option<bool>,

    // CSV and text.
    #[serde(default, deserialize_with = "some_one_or_many")]
    pub(crate) comment: Option<Vec<String>>,
    pub(crate) encoding: Option<String>,

    // Text.
    pub(crate) running: Option<bool>,
}

/// `[fetch]`: limits for all feeds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FetchFile {
    /// Most bytes of a document, as it unfolds.
    pub(crate) bytes_max: Option<u64>,
    /// Most bytes of one page of an API.
    pub(crate) page_bytes_max: Option<u64>,
    /// Longest time for one answer.
    #[serde(deserialize_with = "duration")]
    pub(crate) answer_time: Option<Duration>,
    /// How long a TAXII collection is gone on from before all of it is fetched again.
    #[serde(deserialize_with = "duration")]
    pub(crate) whole_after: Option<Duration>,
}

/// `search = …`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MispSearch {
    Attributes,
    Events,
    /// A folder with `manifest.json`.
    Static,
}

/// `columns = { … }`: names from the header, or numbers from 1 on; in JSON, paths such as `ioc.value`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnsFile {
    #[serde(deserialize_with = "columns")]
    pub(crate) value: Vec<Column>,
    #[serde(default, rename = "type", deserialize_with = "column")]
    pub(crate) kind: Option<Column>,
    #[serde(default, deserialize_with = "column")]
    pub(crate) confidence: Option<Column>,
    #[serde(default, deserialize_with = "column")]
    pub(crate) first_seen: Option<Column>,
    #[serde(default, deserialize_with = "column")]
    pub(crate) last_seen: Option<Column>,
    #[serde(default, deserialize_with = "column")]
    pub(crate) valid_until: Option<Column>,
    #[serde(default, deserialize_with = "column")]
    pub(crate) comment: Option<Column>,
    #[serde(default, deserialize_with = "column")]
    pub(crate) labels: Option<Column>,
    #[serde(default, deserialize_with = "column")]
    pub(crate) id: Option<Column>,
    #[serde(default, deserialize_with = "column")]
    pub(crate) tlp: Option<Column>,
    #[serde(default, deserialize_with = "column")]
    pub(crate) reference: Option<Column>,
}

/// `[lists]`: what feeds must not give.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ListsFile {
    /// Addresses that are not public, shared suffixes, well-known services.
    pub(crate) builtin: bool,
    /// Files with a value a line.
    pub(crate) allow: Vec<PathBuf>,
    /// MISP's warning lists, `list.json`.
    pub(crate) warning: Vec<PathBuf>,
}

impl Default for ListsFile {
    fn default() -> Self {
        Self {
            builtin: true,
            allow: Vec::new(),
            warning: Vec::new(),
        }
    }
}

/// One value or a list of them.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected one value or a list of them")]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> From<OneOrMany<T>> for Vec<T> {
    fn from(given: OneOrMany<T>) -> Self {
        match given {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    OneOrMany::deserialize(deserializer).map(Into::into)
}

fn some_one_or_many<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    one_or_many(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a column's name, or its number from 1 on"
)]
enum ColumnFile {
    Number(usize),
    Name(String),
}

impl From<ColumnFile> for Column {
    fn from(column: ColumnFile) -> Self {
        match column {
            ColumnFile::Number(number) => Self::Number(number),
            ColumnFile::Name(name) => Self::Name(name),
        }
    }
}

fn columns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Column>, D::Error> {
    let columns: Vec<ColumnFile> = OneOrMany::deserialize(deserializer)?.into();
    Ok(columns.into_iter().map(Into::into).collect())
}

fn column<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Column>, D::Error> {
    ColumnFile::deserialize(deserializer).map(|column| Some(column.into()))
}

fn tlp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Tlp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let span = span(&text).map_err(D::Error::custom)?;
    Duration::try_from(span).map(Some).map_err(D::Error::custom)
}
