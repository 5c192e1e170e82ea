//! Machines, and what is changed on them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{TenantState, text};
use crate::data::SharedEntity;
use crate::refusal::Refusal;

/// How much a device is worth.
pub(crate) const DEVICE_VALUES: [&str; 3] = ["Normal", "Low", "High"];

impl TenantState {
    /// The machine of an id or a DNS name, in any letter case.
    pub(crate) fn machine(&self, name: &str) -> Result<&SharedEntity, Refusal> {
        let by_id = self.machines.get(name);
        let by_lower_id = || self.machines.get(&name.to_ascii_lowercase());
        let by_name = || {
            let has_name = |machine: &&SharedEntity| {
                text(machine, "computerDnsName").eq_ignore_ascii_case(name)
            };
            self.machines.values().find(has_name)
        };
        by_id
            .or_else(by_lower_id)
            .or_else(by_name)
            .ok_or_else(|| Refusal::not_found("Machine", name))
    }

    /// The id of a machine that a call names.
    pub(crate) fn machine_id(&self, name: &str) -> Result<String, Refusal> {
        self.machine(name)
            .map(|machine| text(machine, "id").to_owned())
    }

    /// Adds a tag to a machine, or removes one; neither does anything the second time.
    pub(crate) fn tag(&mut self, id: &str, tag: &str, adds: bool) {
        let Some(machine) = self.machines.get_mut(id) else {
            return;
        };
        let machine = Arc::make_mut(machine);
        let Some(tags) = machine
            .entry("machineTags")
            .or_insert_with(|| json!([]))
            .as_array_mut()
        else {
            return;
        };
        tags.retain(|own| own != tag);
        if adds {
            tags.push(json!(tag));
        }
    }

    /// Sets a property of a machine.
    pub(crate) fn set_machine(&mut self, id: &str, name: &str, value: Value) {
        if let Some(machine) = self.machines.get_mut(id) {
            Arc::make_mut(machine).insert(name.to_owned(), value);
        }
    }

    /// The users who logged on to a machine.
    pub(crate) fn users_of(&self, id: &str) -> &[SharedEntity] {
        self.logon_users
            .get(id)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The alerts of a machine.
    pub(crate) fn alerts_of_machine<'a>(
        &'a self,
        id: &'a str,
    ) -> impl Iterator<Item = &'a SharedEntity> {
        self.alerts
            .values()
            .filter(move |alert| text(alert, "machineId") == id)
    }
}
