//! `DeviceNetworkEvents`.

use super::{Table, initiating, ip_type};
use crate::generate::rows::Rows;

pub(super) fn table<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::of_device("DeviceNetworkEvents", &rows.network);
    let processes: Vec<_> = rows
        .network
        .iter()
        .map(|row| rows.process(row.process))
        .collect();
    let all = || rows.network.iter();
    table.text("ActionType", all().map(|row| row.action));
    table.text("RemoteIP", all().map(|row| row.remote_ip.as_ref()));
    table.int("RemotePort", all().map(|row| Some(row.remote_port)));
    table.text("RemoteUrl", all().map(|row| row.remote_url.as_ref()));
    table.text("LocalIP", all().map(|row| row.local_ip.as_ref()));
    table.int("LocalPort", all().map(|row| Some(row.local_port)));
    table.text("Protocol", all().map(|row| row.protocol));
    table.text("LocalIPType", all().map(|row| ip_type(&row.local_ip)));
    table.text("RemoteIPType", all().map(|row| ip_type(&row.remote_ip)));
    table.text("AdditionalFields", all().map(|row| row.additional.as_ref()));
    initiating::columns(&mut table, &processes);
    initiating::rights(&mut table, &processes);
    table
}
