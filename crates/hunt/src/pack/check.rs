//! Packs to queries that can be asked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tesem_kql::literal::{self, Literal};
use tesem_kql::{Position, Severity};

use super::error::{PackError, Problem, QueryError};
use super::list::IndicatorList;
use super::name;
use super::parameter::{ParameterError, ParameterValue};
use super::template::{Slot, Template};
use super::{Pack, PackQuery};

/// A query of a pack that can be asked: its placeholders are known, its parameters have values, and its text is of the language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreparedQuery {
    /// Its pack.
    pub pack: String,
    /// The pack's file.
    pub file: String,
    /// Its name.
    pub name: String,
    /// Its name as that of a file, without extension; unique in the run in any letter case.
    pub file_stem: String,
    /// What it looks for; may be empty.
    pub description: String,
    /// What its author filed it under.
    pub labels: Vec<String>,
    /// Only indicators of this feed are filled in.
    pub feed: Option<String>,
    /// Only indicators with this label are filled in.
    pub label: Option<String>,
    /// Its text, with placeholders.
    pub kql: String,
    /// What its parameters are.
    pub(super) parameters: BTreeMap<String, ParameterValue>,
    pub(super) is_native: bool,
}

/// Operators whose rows depend on all rows before them.
const OF_ALL_ROWS: [&str; 9] = [
    "summarize",
    "top",
    "take",
    "limit",
    "sample",
    "count",
    "make-series",
    "top-nested",
    "top-hitters",
];

impl PreparedQuery {
    /// The lists of indicators that it asks for.
    #[must_use]
    pub fn lists(&self) -> Vec<IndicatorList> {
        self.template().lists()
    }

    /// Whether it has an operator whose rows depend on all rows before it, such as `summarize` or `top`: asked in parts, it gives them
    /// for each part.
    pub(crate) fn looks_at_all_rows(&self) -> bool {
        let tokens = tesem_kql::lexer::tokenize(&self.kql).tokens;
        let texts: Vec<&str> = tokens
            .iter()
            .map(|token| token.span().text(&self.kql))
            .collect();
        let is_such =
            |pair: &[&str]| matches!(pair, ["|", operator] if OF_ALL_ROWS.contains(operator));
        texts.windows(2).any(is_such)
    }

    /// How its indicators are limited, to go behind a sentence.
    pub(crate) fn limits(&self) -> String {
        let feed = self
            .feed
            .iter()
            .map(|feed| format!(" of the feed `{feed}`"));
        let label = self
            .label
            .iter()
            .map(|label| format!(" with the label `{label}`"));
        feed.chain(label).collect()
    }

    /// Its placeholders; they were found without fault before.
    pub(super) fn template(&self) -> Template {
        let read = Template::read(&self.kql, &self.parameters, self.is_native);
        read.unwrap_or_else(|_| Template::plain(&self.kql))
    }

    /// A parameter as it stands in the query.
    pub(super) fn parameter(&self, name: &str) -> Literal {
        parameter(&self.parameters, name)
    }
}

/// Checks the queries of `packs`, with `settings` (name and value) over the defaults of parameters.
///
/// # Errors
/// [`PackError`]: the first query that cannot be asked, or a setting that no pack has or that is of another type.
pub fn prepare(
    packs: &[Pack],
    settings: &[(String, String)],
) -> Result<Vec<PreparedQuery>, PackError> {
    refuse_unknown(packs, settings)?;
    let mut taken = BTreeSet::new();
    let mut prepared = Vec::new();
    for pack in packs {
        let parameters = parameters(pack, settings)?;
        for query in &pack.queries {
            let query = PreparedQuery {
                pack: pack.name.clone(),
                file: pack.file.clone(),
                name: query.name.clone(),
                file_stem: name::unique(&query.name, &mut taken),
                description: query.description.clone(),
                labels: query.labels.clone(),
                feed: query.feed.clone(),
                label: query.label.clone(),
                kql: query.kql.clone(),
                parameters: parameters.clone(),
                is_native: pack.is_native,
            };
            prepared.push(query);
        }
        check(pack, &parameters)?;
    }
    Ok(prepared)
}

fn refuse_unknown(packs: &[Pack], settings: &[(String, String)]) -> Result<(), ParameterError> {
    let known: BTreeSet<&String> = packs
        .iter()
        .flat_map(|pack| pack.parameters.keys())
        .collect();
    let unknown = settings.iter().find(|(name, _)| !known.contains(name));
    match unknown {
        None => Ok(()),
        Some((name, _)) => {
            let known: Vec<&str> = known.into_iter().map(String::as_str).collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            Err(ParameterError::Unknown {
                name: name.clone(),
                known,
            })
        }
    }
}

fn parameters(
    pack: &Pack,
    settings: &[(String, String)],
) -> Result<BTreeMap<String, ParameterValue>, ParameterError> {
    let mut parameters = pack.parameters.clone();
    for (name, text) in settings {
        if let Some(value) = parameters.get_mut(name) {
            *value = value.read_like(name, text)?;
        }
    }
    Ok(parameters)
}

fn check(pack: &Pack, parameters: &BTreeMap<String, ParameterValue>) -> Result<(), PackError> {
    for query in &pack.queries {
        let template = Template::read(&query.kql, parameters, pack.is_native)
            .map_err(|(at, problem)| error(pack, query, at, problem))?;
        check_syntax(pack, query, parameters, &template)?;
    }
    Ok(())
}

/// Parses the query with empty lists in place, and finds the place of a fault in the text that the file has.
fn check_syntax(
    pack: &Pack,
    query: &PackQuery,
    parameters: &BTreeMap<String, ParameterValue>,
    template: &Template,
) -> Result<(), PackError> {
    let filled = template.write(|slot| match slot {
        Slot::List(_) => literal::dynamic_array([]),
        Slot::WindowStart | Slot::WindowEnd => literal::datetime(Timestamp::UNIX_EPOCH),
        Slot::Parameter(name) => parameter(parameters, name),
    });
    let parsed = tesem_kql::parse(&filled.text);
    let mut faults = parsed.diagnostics.into_iter();
    match faults.find(|diagnostic| diagnostic.severity == Severity::Error) {
        None => Ok(()),
        Some(fault) => {
            let at = filled.origin(fault.span.start);
            Err(error(pack, query, at, Problem::Syntax(fault)))
        }
    }
}

/// A parameter as it stands in a query.
fn parameter(parameters: &BTreeMap<String, ParameterValue>, name: &str) -> Literal {
    parameters
        .get(name)
        .map_or_else(|| literal::string(""), ParameterValue::literal)
}

fn error(pack: &Pack, query: &PackQuery, at: usize, problem: Problem) -> PackError {
    let position = Position::of(&query.kql, at);
    PackError::Query(Box::new(QueryError {
        file: pack.file.clone(),
        query: query.name.clone(),
        line: query.line + (position.line as u64).saturating_sub(1),
        column: position.column,
        problem,
    }))
}
