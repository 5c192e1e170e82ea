//! Unverified behaviour by name, as a person at a terminal sets it.

use serde_json::{Map, Value};

use crate::UnverifiedBehaviour;

/// An assumption that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WrongAssumption {
    /// Not `KEY=VALUE`.
    #[error("`{text}` is no assumption; write KEY=VALUE, for example indicator-deletion=ok")]
    Form {
        /// What was given.
        text: String,
    },
    /// No such key.
    #[error("there is no assumption `{key}`; there are {known}")]
    Key {
        /// What was given.
        key: String,
        /// All keys with what they are now.
        known: String,
    },
    /// Not one of the key's values.
    #[error("`{key}` cannot be `{value}`: {reason}")]
    Value {
        /// The key.
        key: String,
        /// What was given.
        value: String,
        /// What it can be.
        reason: String,
    },
}

impl UnverifiedBehaviour {
    /// The same behaviour with one assumption made otherwise: `KEY=VALUE`, where the key is a field's name with hyphens and the value
    /// `true`, `false` or a variant's name, such as `graph-wrong-audience=unauthorized`.
    ///
    /// # Errors
    /// [`WrongAssumption`], which names what there is.
    pub fn assuming(self, text: &str) -> Result<Self, WrongAssumption> {
        let (key, value) = text.split_once('=').ok_or_else(|| WrongAssumption::Form {
            text: text.to_owned(),
        })?;
        let mut all = self.named();
        let Some(place) = all.get_mut(key) else {
            let known = all
                .iter()
                .map(|(key, value)| format!("{key}={}", bare(value)));
            return Err(WrongAssumption::Key {
                key: key.to_owned(),
                known: known.collect::<Vec<_>>().join(", "),
            });
        };
        *place = value
            .parse()
            .map_or_else(|_| Value::from(value), Value::Bool);
        serde_json::from_value(Value::Object(all)).map_err(|error| WrongAssumption::Value {
            key: key.to_owned(),
            value: value.to_owned(),
            reason: error.to_string(),
        })
    }

    /// Every assumption by name.
    fn named(self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(all)) => all,
            _ => Map::new(),
        }
    }
}

/// A value as it is typed.
fn bare(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeletionStatus, WrongAudience};

    #[test]
    fn assumptions_are_made_by_name() {
        let behaviour = UnverifiedBehaviour::default()
            .assuming("indicator-deletion=ok")
            .and_then(|behaviour| behaviour.assuming("graph-wrong-audience=unauthorized"))
            .and_then(|behaviour| behaviour.assuming("accepts-md5-indicators=false"))
            .unwrap();
        assert_eq!(behaviour.indicator_deletion, DeletionStatus::Ok);
        assert_eq!(behaviour.graph_wrong_audience, WrongAudience::Unauthorized);
        assert!(!behaviour.accepts_md5_indicators);
        let rest = UnverifiedBehaviour::default();
        assert_eq!(behaviour.bool_cells, rest.bool_cells);
    }

    #[test]
    fn what_cannot_be_assumed_is_answered_with_what_can() {
        let cases = [
            ("indicator-deletion", "KEY=VALUE"),
            ("speed=fast", "bool-cells=number"),
            ("speed=fast", "refused-calls-count=false"),
            ("indicator-deletion=410", "`no-content` or `ok`"),
            (
                "indicator-deletion=true",
                "`indicator-deletion` cannot be `true`",
            ),
            ("accepts-md5-indicators=maybe", "cannot be `maybe`"),
            ("=", "no assumption ``"),
        ];
        for (text, expected) in cases {
            let error = UnverifiedBehaviour::default().assuming(text).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }
}
