//! `DeviceLogonEvents`.

use super::{Table, initiating, ip_type};
use crate::generate::rows::Rows;

pub(super) fn table<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::of_device("DeviceLogonEvents", &rows.logon);
    let processes: Vec<_> = rows
        .logon
        .iter()
        .map(|row| rows.process(row.process))
        .collect();
    let all = || rows.logon.iter();
    table.text("ActionType", all().map(|row| row.action));
    table.text("LogonType", all().map(|row| row.kind));
    table.text(
        "AccountDomain",
        all().map(|row| row.account.domain.as_str()),
    );
    table.text("AccountName", all().map(|row| row.account.name.as_str()));
    table.text("AccountSid", all().map(|row| row.account.sid.as_str()));
    table.text("Protocol", all().map(|row| row.protocol));
    table.text("FailureReason", all().map(|row| row.failure));
    table.bool("IsLocalAdmin", all().map(|row| row.is_local_admin));
    table.long("LogonId", all().map(|row| Some(row.logon_id)));
    table.text(
        "RemoteDeviceName",
        all().map(|row| row.remote_device.as_ref()),
    );
    table.text("RemoteIP", all().map(|row| row.remote_ip.as_ref()));
    table.text("RemoteIPType", all().map(|row| ip_type(&row.remote_ip)));
    table.int("RemotePort", all().map(|row| row.remote_port));
    table.text(
        "AdditionalFields",
        all().map(|row| additional(row.is_local_admin)),
    );
    initiating::columns(&mut table, &processes);
    initiating::rights(&mut table, &processes);
    table
}

fn additional(is_local_admin: Option<bool>) -> &'static str {
    match is_local_admin {
        Some(_) => r#"{"IsLocalLogon":false}"#,
        None => "",
    }
}
