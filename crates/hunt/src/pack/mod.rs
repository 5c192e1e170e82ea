//! Packs: named queries from files, with placeholders for indicators, the window and parameters.
//!
//! 1. [`Pack::read`] reads a file: our TOML, the YAML of public query repositories, their Markdown, or a bare query.
//! 2. [`prepare`] resolves parameters and checks every query: its placeholders must be known, stand where a value may stand, and
//!    the filled text must parse. What passes is a [`PreparedQuery`].
//! 3. The run asks each query, in several parts where its lists do not fit the byte budget.
//!
//! # Placeholders
//!
//! `{{indicators.ip}}` and its siblings become `dynamic([…])`, to be used as in `RemoteIP in ({{indicators.ip}})`;
//! `{{window.start}}` and `{{window.end}}` become datetimes; `{{name}}` is a parameter of the pack. Values become text through
//! [`tesem_kql::literal`] alone. A placeholder inside a string or a comment is refused.

mod check;
mod document;
mod error;
mod fill;
mod list;
mod markdown;
mod name;
mod parameter;
mod parts;
mod template;
mod toml_form;
mod yaml;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use check::{PreparedQuery, prepare};
pub use document::builtin_names;
pub use error::{PackError, Problem, QueryError};
pub(crate) use fill::Filler;
pub use list::IndicatorList;
pub use parameter::{ParameterError, ParameterValue};
pub(crate) use parts::{PackPart, part_key};

/// A set of named queries.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    /// The file it was read from, as it was named.
    pub file: String,
    /// Its name.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Its version, if it says one.
    pub version: Option<String>,
    /// Its parameters and their defaults.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// Its queries, in the order of the file.
    pub queries: Vec<PackQuery>,
    /// What the file holds and is not asked.
    pub left_out: Vec<LeftOut>,
    /// Whether everything in double braces is meant as a placeholder, even inside strings: so in our own form.
    pub(crate) is_native: bool,
}

/// A query of a pack, as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackQuery {
    /// Its name, unique in its pack.
    pub name: String,
    /// What it looks for; may be empty.
    pub description: String,
    /// Its text, with placeholders.
    pub kql: String,
    /// The line of the file on which the text begins, from 1.
    pub line: u64,
    /// What its author filed it under, such as tactics.
    pub labels: Vec<String>,
    /// Only indicators of this feed are filled in.
    pub feed: Option<String>,
    /// Only indicators with this label are filled in.
    pub label: Option<String>,
}

/// Part of a file that is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What it is called.
    pub name: String,
    /// Where it stands, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

impl PackQuery {
    fn new(name: impl Into<String>, kql: impl Into<String>, line: u64) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            kql: kql.into(),
            line,
            labels: Vec::new(),
            feed: None,
            label: None,
        }
    }
}
