//! Custom indicators that outlive a twin.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::text;
use crate::data::{SharedEntity, read_optional};
use crate::error::TwinError;

/// The custom indicators of a tenant while no twin runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptIndicators {
    /// The highest id that was ever given; the service gives none twice.
    pub last_id: u64,
    /// The active ones as on the wire, in the order of the list.
    pub indicators: Vec<Map<String, Value>>,
}

impl KeptIndicators {
    /// Reads a file that holds them as JSON; nothing where there is none.
    ///
    /// # Errors
    /// [`TwinError`] for a file that cannot be read, or holds anything that no twin gave.
    pub fn read(path: &Path) -> Result<Option<Self>, TwinError> {
        let Some(bytes) = read_optional(path)? else {
            return Ok(None);
        };
        let kept: Self =
            serde_json::from_slice(&bytes).map_err(|error| TwinError::malformed(path, &error))?;
        match kept.fault() {
            Some(message) => Err(TwinError::refused(path, message)),
            None => Ok(Some(kept)),
        }
    }

    fn fault(&self) -> Option<String> {
        let mut seen = HashSet::new();
        for (number, indicator) in (1..).zip(&self.indicators) {
            let id = text(indicator, "id").parse::<u64>().ok();
            if !id.is_some_and(|id| id <= self.last_id && seen.insert(id)) {
                return Some(format!(
                    "indicator number {number} has no `id` of its own up to `last_id`"
                ));
            }
            let missing = ["indicatorType", "indicatorValue", "action"]
                .into_iter()
                .find(|name| text(indicator, name).is_empty());
            if let Some(name) = missing {
                return Some(format!("indicator number {number} has no `{name}`"));
            }
        }
        None
    }

    /// As the state of a tenant shares them.
    pub(super) fn shared(&self) -> Vec<SharedEntity> {
        let indicators = self.indicators.iter();
        indicators.cloned().map(SharedEntity::new).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_twin_gave_is_read() {
        let one = r#"{"id": "3", "indicatorType": "DomainName", "indicatorValue": "evil.com", "action": "Block"}"#;
        let cases = [
            (format!(r#"{{"last_id": 3, "indicators": [{one}]}}"#), None),
            (format!(r#"{{"last_id": 9, "indicators": [{one}]}}"#), None),
            (r#"{"last_id": 0, "indicators": []}"#.to_owned(), None),
            (
                format!(r#"{{"last_id": 2, "indicators": [{one}]}}"#),
                Some("number 1 has no `id`"),
            ),
            (
                format!(r#"{{"last_id": 3, "indicators": [{one}, {one}]}}"#),
                Some("number 2 has no `id`"),
            ),
            (
                r#"{"last_id": 3, "indicators": [{"id": "3"}]}"#.to_owned(),
                Some("number 1 has no `indicatorType`"),
            ),
            (
                r#"{"last_id": 3, "indicators": [{"id": 3}]}"#.to_owned(),
                Some("number 1 has no `id`"),
            ),
            (
                r#"{"last_id": 3, "indicators": [7]}"#.to_owned(),
                Some("line 1, column"),
            ),
            (
                r#"{"last_id": 3}"#.to_owned(),
                Some("missing field `indicators`"),
            ),
            (
                r#"{"last_id": 3, "indicators": [], "more": 1}"#.to_owned(),
                Some("unknown field `more`"),
            ),
            (String::new(), Some("EOF")),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.json");
        assert_eq!(KeptIndicators::read(&path).unwrap(), None);
        for (content, expected) in cases {
            std::fs::write(&path, &content).unwrap();
            let fault = KeptIndicators::read(&path)
                .err()
                .map(|error| error.to_string());
            match (&fault, expected) {
                (None, None) => {}
                (Some(fault), Some(expected)) => {
                    assert!(fault.contains(expected), "{content}: {fault}");
                }
                _ => panic!("{content}: {fault:?}"),
            }
        }
    }
}
