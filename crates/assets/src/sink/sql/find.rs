//! Nodes by what a person types. Everything typed is a parameter, and beginnings are ranges: nothing of it is a pattern.

use std::collections::HashSet;

use super::Dialect;
use crate::around::{Candidate, Found, Matched, Question, Spelling, folded, spellings};
use crate::collection::NodeKind;
use crate::graph::NodeKey;
use crate::import::Source;
use crate::millis::Millis;
use crate::property::{NAME, PRODUCT, Property};
use crate::sink::SinkError;

/// One query of one collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sink) struct Search {
    kind: NodeKind,
    matched: Matched,
    column: &'static str,
    how: How,
    /// What was typed, as parameters in their order.
    pub(in crate::sink) values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// The key itself.
    Exact,
    /// In whatever letter case.
    Equal,
    /// Its beginning, in whatever letter case.
    Begins,
}

/// A row that was found: the columns of [`Search::statement`].
pub(in crate::sink) struct Hit {
    pub(in crate::sink) source: (String, String),
    pub(in crate::sink) key: String,
    pub(in crate::sink) name: Option<String>,
    pub(in crate::sink) removed_at: Option<i64>,
}

/// After every text that begins with another, which goes before it: no character is greater, and this one stands in no text.
const LAST: char = '\u{10ffff}';

/// The columns of a collection by which a node is found.
pub(super) fn columns(kind: NodeKind) -> Vec<&'static str> {
    let names = [NAME.property(), PRODUCT.property()];
    let names = names
        .into_iter()
        .filter(|name| kind.properties().contains(name));
    ["key"]
        .into_iter()
        .chain(names.map(Property::name))
        .collect()
}

/// The queries for keys and names.
pub(in crate::sink) fn by_name(question: &Question) -> Vec<Search> {
    each(question, |kind, spelling| {
        let mut all = Vec::new();
        for key in &spelling.keys {
            let values = vec![folded(key), key.clone()];
            all.push(Search::new(kind, Matched::Key, "key", How::Exact, values));
        }
        let Some(typed) = &spelling.folded else {
            return all;
        };
        for column in columns(kind) {
            let matched = match (kind, column) {
                (NodeKind::Asset, "name") => Matched::Key,
                _ => Matched::Name,
            };
            let values = vec![typed.clone()];
            all.push(Search::new(kind, matched, column, How::Equal, values));
        }
        all.extend(without_rest(kind, typed));
        all
    })
}

/// A machine without its domain, an application without its version.
fn without_rest(kind: NodeKind, typed: &str) -> Option<Search> {
    let (column, end) = match kind {
        NodeKind::Asset => ("name", '.'),
        NodeKind::Hostname => ("key", '.'),
        NodeKind::Application if typed.contains(':') => ("key", ':'),
        _ => return None,
    };
    let values = range(&format!("{typed}{end}"));
    Some(Search::new(
        kind,
        Matched::Name,
        column,
        How::Begins,
        values,
    ))
}

/// The queries for beginnings.
pub(in crate::sink) fn by_beginning(question: &Question) -> Vec<Search> {
    each(question, |kind, spelling| {
        let Some(typed) = &spelling.folded else {
            return Vec::new();
        };
        let columns = columns(kind).into_iter();
        let search =
            |column| Search::new(kind, Matched::Beginning, column, How::Begins, range(typed));
        columns.map(search).collect()
    })
}

fn each(question: &Question, make: impl Fn(NodeKind, &Spelling) -> Vec<Search>) -> Vec<Search> {
    let kinds = NodeKind::ALL.into_iter();
    let kinds = kinds.filter(|kind| question.kind.is_none_or(|asked| asked == *kind));
    let mut all: Vec<Search> = kinds
        .filter_map(|kind| Some((kind, spellings(kind, &question.text)?)))
        .flat_map(|(kind, spelling)| make(kind, &spelling))
        .collect();
    for search in &mut all {
        search.values.extend(
            question
                .source
                .as_deref()
                .map(crate::text::clean)
                .map(Into::into),
        );
    }
    all
}

fn range(beginning: &str) -> Vec<String> {
    vec![beginning.to_owned(), format!("{beginning}{LAST}")]
}

impl Search {
    fn new(
        kind: NodeKind,
        matched: Matched,
        column: &'static str,
        how: How,
        values: Vec<String>,
    ) -> Self {
        Self {
            kind,
            matched,
            column,
            how,
            values,
        }
    }

    /// The statement, which gives one row more than are asked for.
    pub(in crate::sink) fn statement(&self, dialect: Dialect, question: &Question) -> String {
        let (kind, column) = (self.kind, format!("n.{}", self.column));
        let folded = dialect.folded(&column);
        let parameter = |number| dialect.parameter(number);
        let (one, two) = (parameter(1), parameter(2));
        let mut condition = match self.how {
            How::Exact => format!("{folded} = {one} AND {column} = {two}"),
            How::Equal => format!("{folded} = {one}"),
            How::Begins => format!("{folded} >= {one} AND {folded} < {two}"),
        };
        if question.source.is_some() {
            condition += &format!(" AND s.key = {}", parameter(self.values.len()));
        }
        if !question.past {
            condition += " AND n.removed_at IS NULL";
        }
        let has_name = kind.properties().contains(&NAME.property());
        format!(
            "SELECT s.key, s.name, n.key, {name}, n.removed_at FROM {nodes} n JOIN {source} s ON s.id = n.source \
            WHERE {condition} ORDER BY {by_key}, {by_source} LIMIT {limit}",
            name = if has_name {
                "n.name"
            } else {
                "CAST(NULL AS TEXT)"
            },
            nodes = dialect.table(kind.name()),
            source = dialect.table("source"),
            by_key = dialect.ordered("n.key"),
            by_source = dialect.ordered("s.key"),
            limit = question.most.saturating_add(1).min(LIMIT_MAX),
        )
    }

    pub(in crate::sink) fn candidate(&self, hit: Hit, shown: &str) -> Result<Candidate, SinkError> {
        let (key, name) = hit.source;
        let source = Source::new(&key, &name).map_err(|error| SinkError::damaged(shown, error))?;
        Ok(Candidate {
            matched: self.matched,
            source,
            node: NodeKey::new(self.kind, hit.key),
            name: hit.name.map(Into::into),
            removed_at: hit.removed_at.map(Millis::new),
        })
    }
}

/// Most rows of a query, whatever is asked.
const LIMIT_MAX: usize = 10_000;

/// What was found, each once, best first.
pub(in crate::sink) fn found(mut candidates: Vec<Candidate>, question: &Question) -> Found {
    let order = |one: &Candidate, other: &Candidate| {
        let by = |one: &Candidate| (one.matched, one.node.clone(), one.source.key().to_owned());
        by(one).cmp(&by(other))
    };
    candidates.sort_by(order);
    let mut known = HashSet::new();
    candidates.retain(|one| known.insert((one.node.clone(), one.source.key().to_owned())));
    let is_cut = candidates.len() > question.most;
    candidates.truncate(question.most);
    Found { candidates, is_cut }
}
