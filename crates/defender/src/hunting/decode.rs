//! An answer's body to a result.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::rows::{Layout, Rows};
use super::{HuntingApi, HuntingColumn, HuntingResult, HuntingStats, HuntingType};
use crate::AnswerProblem;
use crate::text::clean;

/// Longest message of the JSON parser that is kept, in characters; it may quote the answer.
const MESSAGE_MAX: usize = 300;

/// Decodes the body of a successful hunting answer.
///
/// Columns come from the schema, never from the keys of rows: rows leave out columns and carry keys that are
/// none. The body is read once, front to back; only an answer whose rows come before its schema is gone
/// through twice.
///
/// # Errors
/// [`AnswerProblem`] for anything but the documented form.
pub fn decode(
    api: HuntingApi,
    content_type: &str,
    body: &[u8],
) -> Result<HuntingResult, AnswerProblem> {
    let unreadable = |error: serde_json::Error| AnswerProblem::Json {
        content_type: Some(content_type)
            .filter(|kind| !kind.is_empty())
            .unwrap_or("no content type")
            .to_owned(),
        bytes: body.len(),
        message: clean(&error.to_string())
            .chars()
            .take(MESSAGE_MAX)
            .collect(),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parts = Top(api)
        .deserialize(&mut deserializer)
        .map_err(unreadable)?;
    deserializer.end().map_err(unreadable)?;
    let Parts {
        columns,
        rows,
        early_rows,
        stats,
        problem,
    } = parts;
    if let Some(problem) = problem {
        return Err(problem);
    }
    let columns = columns.ok_or(AnswerProblem::Missing { part: "schema" })?;
    let rows = match (rows, early_rows) {
        (Some(rows), _) => rows,
        (None, Some(text)) => {
            let layout = Layout::new(api, &columns)?;
            let mut deserializer = serde_json::Deserializer::from_str(text.get());
            Rows(&layout)
                .deserialize(&mut deserializer)
                .map_err(unreadable)?
        }
        (None, None) => return Err(AnswerProblem::Missing { part: "results" }),
    };
    Ok(HuntingResult {
        columns,
        rows,
        stats,
        request_id: None,
    })
}

/// A column on the wire: Graph writes small letters, the older APIs capitals.
#[derive(Deserialize)]
struct WireColumn {
    #[serde(alias = "Name")]
    name: String,
    #[serde(rename = "type", alias = "Type")]
    kind: String,
}

impl From<WireColumn> for HuntingColumn {
    fn from(column: WireColumn) -> Self {
        Self {
            kind: HuntingType::from_wire(&column.kind),
            name: column.name,
        }
    }
}

/// What was found at the top of the answer.
#[derive(Default)]
struct Parts<'de> {
    columns: Option<Vec<HuntingColumn>>,
    rows: Option<Vec<Vec<Value>>>,
    /// Rows that came before the schema, not yet decoded.
    early_rows: Option<&'de RawValue>,
    stats: Option<HuntingStats>,
    problem: Option<AnswerProblem>,
}

struct Top(HuntingApi);

impl<'de> DeserializeSeed<'de> for Top {
    type Value = Parts<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with schema and results")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut parts = Parts::default();
        while let Some(key) = entries.next_key::<String>()? {
            match key.as_str() {
                "schema" | "Schema" => {
                    let columns: Vec<WireColumn> = entries.next_value()?;
                    parts.columns = Some(columns.into_iter().map(HuntingColumn::from).collect());
                }
                "results" | "Results" => parts.read_rows(self.0, &mut entries)?,
                "stats" | "Stats" => {
                    let stats: Value = entries.next_value()?;
                    parts.stats = stats.is_object().then(|| HuntingStats::from_wire(&stats));
                }
                _ => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(parts)
    }
}

impl<'de> Parts<'de> {
    fn read_rows<A: MapAccess<'de>>(
        &mut self,
        api: HuntingApi,
        entries: &mut A,
    ) -> Result<(), A::Error> {
        let Some(columns) = &self.columns else {
            self.early_rows = Some(entries.next_value()?);
            return Ok(());
        };
        match Layout::new(api, columns) {
            Ok(layout) => self.rows = Some(entries.next_value_seed(Rows(&layout))?),
            Err(problem) => {
                entries.next_value::<IgnoredAny>()?;
                self.problem = Some(problem);
            }
        }
        Ok(())
    }
}
