//! The entities of the Defender API that lie in the data directory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::read_optional;
use crate::error::TwinError;
use crate::state::instant;

/// An entity as on the wire.
pub(crate) type Entity = Map<String, Value>;

/// An entity that the tenant's state shares until a call changes it.
pub(crate) type SharedEntity = Arc<Entity>;

/// What the data directory holds beside tables. A file that is not there is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Entities {
    /// `machines.json`.
    pub(crate) machines: Vec<SharedEntity>,
    /// `alerts.json`.
    pub(crate) alerts: Vec<SharedEntity>,
    /// `indicators.json`.
    pub(crate) indicators: Vec<SharedEntity>,
    /// `machineactions.json`.
    pub(crate) machine_actions: Vec<SharedEntity>,
    /// `investigations.json`.
    pub(crate) investigations: Vec<SharedEntity>,
    /// `remediationtasks.json`.
    pub(crate) remediation_tasks: Vec<SharedEntity>,
    /// `vulnerabilitychanges.json`: what the tables cannot tell, such as vulnerabilities that were fixed.
    pub(crate) vulnerability_changes: Vec<SharedEntity>,
    /// `files.json`.
    pub(crate) files: Vec<SharedEntity>,
    /// `logonusers.json`: machine id to users.
    pub(crate) logon_users: BTreeMap<String, Vec<SharedEntity>>,
    /// `available_actions.json`: machine id to what is available.
    pub(crate) available_actions: BTreeMap<String, Vec<SharedEntity>>,
}

impl Entities {
    /// Reads all entity files of `directory`.
    pub(crate) fn read(directory: &Path) -> Result<Self, TwinError> {
        Ok(Self {
            machines: read_named(directory, "machines.json")?,
            alerts: read_named(directory, "alerts.json")?,
            indicators: read_named(directory, "indicators.json")?,
            machine_actions: read_named(directory, "machineactions.json")?,
            investigations: read_named(directory, "investigations.json")?,
            remediation_tasks: read_named(directory, "remediationtasks.json")?,
            vulnerability_changes: read_dated(directory, "vulnerabilitychanges.json")?,
            files: read(directory, "files.json")?,
            logon_users: read(directory, "logonusers.json")?,
            available_actions: read(directory, "available_actions.json")?,
        })
    }

    /// How many entities there are of each kind, by file name.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, usize> {
        BTreeMap::from([
            ("machines", self.machines.len()),
            ("alerts", self.alerts.len()),
            ("indicators", self.indicators.len()),
            ("machineactions", self.machine_actions.len()),
            ("investigations", self.investigations.len()),
            ("remediationtasks", self.remediation_tasks.len()),
            ("vulnerabilitychanges", self.vulnerability_changes.len()),
            ("files", self.files.len()),
            ("logonusers", self.logon_users.values().map(Vec::len).sum()),
            (
                "available_actions",
                self.available_actions.values().map(Vec::len).sum(),
            ),
        ])
    }
}

/// Entities that calls find by their `id`.
fn read_named(directory: &Path, name: &str) -> Result<Vec<SharedEntity>, TwinError> {
    let is_named = |entity: &Entity| entity.get("id").is_some_and(Value::is_string);
    read_checked(directory, name, is_named, "`id` that is a text")
}

/// Entities that calls find by their `eventTimestamp`.
fn read_dated(directory: &Path, name: &str) -> Result<Vec<SharedEntity>, TwinError> {
    let is_dated = |entity: &Entity| instant(entity, "eventTimestamp").is_some();
    read_checked(
        directory,
        name,
        is_dated,
        "`eventTimestamp` that is an instant",
    )
}

fn read_checked(
    directory: &Path,
    name: &str,
    is_whole: impl Fn(&Entity) -> bool,
    lacking: &str,
) -> Result<Vec<SharedEntity>, TwinError> {
    let entities: Vec<SharedEntity> = read(directory, name)?;
    match entities.iter().position(|entity| !is_whole(entity)) {
        None => Ok(entities),
        Some(place) => Err(TwinError::refused(
            &directory.join(name),
            format!("entity number {} has no {lacking}", place + 1),
        )),
    }
}

fn read<T: DeserializeOwned + Default>(directory: &Path, name: &str) -> Result<T, TwinError> {
    let path = directory.join(name);
    let Some(bytes) = read_optional(&path)? else {
        return Ok(T::default());
    };
    serde_json::from_slice(&bytes).map_err(|error| TwinError::malformed(&path, &error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn entities_are_kept_as_they_are() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(
            directory.path().join("machines.json"),
            "\u{feff}[{\"id\": \"m\"}]",
        )
        .unwrap();
        fs::write(
            directory.path().join("logonusers.json"),
            r#"{"m": [{"id": "u"}]}"#,
        )
        .unwrap();
        let entities = Entities::read(directory.path()).unwrap();
        assert_eq!(entities.machines[0]["id"], "m");
        assert_eq!(entities.counts()["logonusers"], 1);
        assert_eq!(entities.counts()["alerts"], 0);
    }

    #[test]
    fn a_malformed_file_is_named_with_the_place() {
        let cases = [
            ("alerts.json", "{}", "line 1, column 0: invalid type: map"),
            (
                "files.json",
                "[\n  {},\n  7\n]",
                "line 3, column 3: invalid type: integer `7`",
            ),
            (
                "indicators.json",
                "[{]",
                "line 1, column 3: key must be a string",
            ),
            ("logonusers.json", "{\"m\": {}}", "line 1, column"),
            ("machines.json", "", "line 1, column 0: EOF"),
            (
                "alerts.json",
                "[{\"id\": \"a\"}, {\"id\": 7}]",
                "number 2 has no `id`",
            ),
            (
                "vulnerabilitychanges.json",
                "[{\"eventTimestamp\": \"yesterday\"}]",
                "number 1 has no `eventTimestamp`",
            ),
        ];
        for (name, content, expected) in cases {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join(name), content).unwrap();
            let error = Entities::read(directory.path()).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(expected), "{error}");
        }
    }
}
