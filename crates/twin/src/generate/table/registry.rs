//! `DeviceRegistryEvents`.

use super::{Table, initiating};
use crate::generate::rows::Rows;

pub(super) fn table<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::of_device("DeviceRegistryEvents", &rows.registry);
    let processes: Vec<_> = rows
        .registry
        .iter()
        .map(|row| rows.process(row.process))
        .collect();
    let all = || rows.registry.iter();
    table.text("ActionType", all().map(|row| row.action));
    table.text("RegistryKey", all().map(|row| row.key.as_ref()));
    table.text("RegistryValueType", all().map(|row| row.kind));
    table.text("RegistryValueName", all().map(|row| row.name.as_ref()));
    table.text("RegistryValueData", all().map(|row| row.data.as_ref()));
    table.text("PreviousRegistryKey", all().map(|row| row.key.as_ref()));
    table.text(
        "PreviousRegistryValueName",
        all().map(|row| row.name.as_ref()),
    );
    table.text(
        "PreviousRegistryValueData",
        all().map(|row| row.previous_data.as_ref()),
    );
    initiating::columns(&mut table, &processes);
    initiating::rights(&mut table, &processes);
    table
}
