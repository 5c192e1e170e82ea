//! The YAML of public repositories of hunting queries: one document a query, with keys of theirs that mean nothing here.
//!
//! Source: <https://github.com/Azure/Azure-Sentinel/wiki/Query-Style-Guide>.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::PackQuery;
use super::document::{Found, Mistake};

#[derive(Deserialize)]
struct Document {
    name: Option<String>,
    id: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    tactics: Option<Vec<String>>,
    #[serde(default, rename = "relevantTechniques")]
    techniques: Option<Vec<String>>,
    query: Option<Spanned<String>>,
}

pub(super) fn read(text: &str) -> Result<Found, Mistake> {
    let documents: Vec<Document> = serde_saphyr::from_multiple(text).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        (line, error.without_snippet().to_string())
    })?;
    let mut found = Found::default();
    for document in documents {
        let Some(query) = document.query else {
            continue;
        };
        let start = query.referenced.line();
        let line = first_line(text, start, &query.value);
        let name = document.name.or(document.id);
        let name = name.filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| (line, "a query needs a `name`".to_owned()))?;
        let labels = [document.tactics, document.techniques];
        found.queries.push(PackQuery {
            description: document.description.unwrap_or_default(),
            labels: labels.into_iter().flatten().flatten().collect(),
            ..PackQuery::new(name.trim(), query.value, line)
        });
    }
    Ok(found)
}

/// The line of a text's first line. The parser gives the place of a block's sign or of its first line that is not blank, so that this
/// line is looked for.
fn first_line(text: &str, start: u64, value: &str) -> u64 {
    let mut lines = (0..).zip(value.lines().map(str::trim));
    let Some((blank, first)) = lines.find(|(_, line)| !line.is_empty()) else {
        return start;
    };
    let from = usize::try_from(start.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut below = (start..).zip(text.lines().skip(from));
    let found = below.find(|(_, line)| line.contains(first));
    found.map_or(start, |(line, _)| line.saturating_sub(blank).max(1))
}
