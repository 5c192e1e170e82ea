//! Rows, decoded straight from the answer's bytes into cells.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::cell::{missing, normalise};
use super::{HuntingApi, HuntingColumn};
use crate::AnswerProblem;

/// The columns of a result, with what it takes to find one by its name.
pub(super) struct Layout<'a> {
    api: HuntingApi,
    columns: &'a [HuntingColumn],
    places: HashMap<&'a str, usize>,
}

impl<'a> Layout<'a> {
    /// # Errors
    /// [`AnswerProblem::RepeatedColumn`].
    pub(super) fn new(
        api: HuntingApi,
        columns: &'a [HuntingColumn],
    ) -> Result<Self, AnswerProblem> {
        let mut places = HashMap::with_capacity(columns.len());
        for (place, column) in columns.iter().enumerate() {
            if places.insert(column.name.as_str(), place).is_some() {
                return Err(AnswerProblem::RepeatedColumn {
                    column: column.name.clone(),
                });
            }
        }
        Ok(Self {
            api,
            columns,
            places,
        })
    }

    /// The place of column `name`; nearly always `expected`, since rows follow the schema's order.
    fn place(&self, name: &str, expected: usize) -> Option<usize> {
        match self.columns.get(expected) {
            Some(column) if column.name == name => Some(expected),
            _ => self.places.get(name).copied(),
        }
    }
}

/// Decodes the array of rows.
pub(super) struct Rows<'a>(pub(super) &'a Layout<'a>);

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = Vec<Vec<Value>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = Vec<Vec<Value>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = items.next_element_seed(Row(self.0))? {
            rows.push(row);
        }
        Ok(rows)
    }
}

/// Decodes one row: an object keyed by column, with keys that are no columns.
struct Row<'a>(&'a Layout<'a>);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row, which is an object keyed by column")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let layout = self.0;
        let mut cells: Vec<Value> = layout
            .columns
            .iter()
            .map(|column| missing(&column.kind))
            .collect();
        let mut expected = 0;
        while let Some(place) = entries.next_key_seed(Key { layout, expected })? {
            let found = place
                .and_then(|place| Some((place, cells.get_mut(place)?, layout.columns.get(place)?)));
            let Some((place, cell, column)) = found else {
                entries.next_value::<IgnoredAny>()?;
                continue;
            };
            *cell = normalise(layout.api, &column.kind, entries.next_value()?);
            expected = place + 1;
        }
        Ok(cells)
    }
}

/// Decodes a key to its column's place, without keeping the text; sidecar and foreign keys have none.
struct Key<'a> {
    layout: &'a Layout<'a>,
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.layout.place(name, self.expected))
    }
}
