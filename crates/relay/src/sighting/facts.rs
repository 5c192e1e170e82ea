//! What was looked up beside alerts and events.

use std::collections::HashMap;

use serde_json::Value;
use tesem_defender::endpoint::Machine;

use super::{HashBook, Row};

/// A network adapter of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adapter {
    /// Its hardware address.
    pub mac: Option<String>,
    /// Its addresses.
    pub addresses: Vec<String>,
}

impl Adapter {
    /// The adapter that a row of `DeviceNetworkInfo` tells of.
    #[must_use]
    pub fn of(row: &Row<'_>) -> Self {
        Self {
            mac: row.text("MacAddress").map(str::to_owned),
            addresses: row.cell("IPAddresses").map(addresses).unwrap_or_default(),
        }
    }
}

/// The addresses in a list of objects, which comes as a list or as its text. Whatever has another shape is passed over.
fn addresses(cell: &Value) -> Vec<String> {
    let parsed = match cell {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    };
    let items = parsed.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item.get("IPAddress")?.as_str())
        .filter(|address| !address.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What was looked up beside alerts and events. Whatever is not here is left out of sightings.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Machines by their ids.
    pub machines: HashMap<String, Machine>,
    /// Adapters by the machine's id.
    pub adapters: HashMap<String, Vec<Adapter>>,
    /// Hashes that belong together.
    pub hashes: HashBook,
}

impl Facts {
    /// The system of a machine, as clients show it.
    #[must_use]
    pub fn os(&self, machine: &str) -> Option<String> {
        let machine = self.machines.get(machine)?;
        let part = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let mut os = part(&machine.os_platform)?;
        os.push_str(&part(&machine.os_processor).unwrap_or_default());
        if let Some(version) = part(&machine.version) {
            os.push_str(" version: ");
            os.push_str(&version);
        }
        Some(os)
    }
}
