//! `DeviceEvents`.

use super::{Table, file, initiating};
use crate::generate::process::Process;
use crate::generate::rows::Rows;

pub(super) fn table<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::of_device("DeviceEvents", &rows.event);
    let processes: Vec<_> = rows
        .event
        .iter()
        .map(|row| rows.process(row.process))
        .collect();
    let all = || rows.event.iter();
    table.text("ActionType", all().map(|row| row.action));
    file::item(&mut table, || {
        rows.event.iter().map(|row| row.item.as_ref())
    });
    let account = || all().map(|row| row.account);
    table.text(
        "AccountDomain",
        account().map(|account| account.map_or("", |account| account.domain.as_str())),
    );
    table.text(
        "AccountName",
        account().map(|account| account.map_or("", |account| account.name.as_str())),
    );
    table.text(
        "AccountSid",
        account().map(|account| account.map_or("", |account| account.sid.as_str())),
    );
    table.text("RemoteUrl", all().map(|row| row.remote_url.as_ref()));
    table.text("RemoteIP", all().map(|row| row.remote_ip.as_ref()));
    table.int("RemotePort", all().map(|row| row.remote_port));
    table.text("FileOriginUrl", all().map(|row| row.origin_url.as_ref()));
    table.text("RegistryKey", all().map(|row| row.registry_key.as_ref()));
    table.text("AdditionalFields", all().map(|row| row.additional.as_ref()));
    target(&mut table, rows);
    table.long(
        "InitiatingProcessLogonId",
        processes.iter().map(|process| Some(process.logon_id)),
    );
    initiating::columns(&mut table, &processes);
    table
}

/// The process that something was done to.
fn target<'a>(table: &mut Table<'a>, rows: &'a Rows<'_>) {
    let target = |target: &Option<_>| -> Option<&'a Process<'_>> {
        target.map(|target| rows.process(target))
    };
    let all = || rows.event.iter().map(move |row| target(&row.target));
    table.long("ProcessId", all().map(|process| Some(process?.id)));
    table.text(
        "ProcessCommandLine",
        all().map(|process| process.map_or("", |process| process.command_line.as_ref())),
    );
    table.moment(
        "ProcessCreationTime",
        all().map(|process| Some(process?.created)),
    );
    table.text(
        "ProcessTokenElevation",
        all().map(|process| process.map_or("", |process| process.integrity.elevation())),
    );
    table.long("LogonId", all().map(|process| Some(process?.logon_id)));
}
