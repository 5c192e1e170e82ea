//! What is measured. `peers.py` has the same questions in SQL under the same names.

use std::fmt::Write as _;

use crate::generate::{address, addresses};

/// The addresses that `in` looks for.
const INDICATORS: u64 = 10_000;

/// Names and texts of the queries.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    let fixed = FIXED.iter().map(|(name, text)| (*name, (*text).to_owned()));
    fixed.chain([("in_10000", in_list())]).collect()
}

const FIXED: &[(&str, &str)] = &[
    (
        "filter_count",
        "DeviceNetworkEvents
        | where ActionType == 'ConnectionSuccess' and RemotePort == 443
        | summarize Events = count() by DeviceName
        | summarize Devices = count(), Checksum = sum(Events)",
    ),
    (
        "last_day",
        "DeviceNetworkEvents
        | where Timestamp >= datetime(2026-05-30) and RemotePort == 3389
        | summarize Events = count() by DeviceName
        | summarize Devices = count(), Checksum = sum(Events)",
    ),
    (
        "dcount",
        "DeviceNetworkEvents
        | summarize Addresses = dcount(RemoteIP) by DeviceName, bin(Timestamp, 1h)
        | summarize Groups = count(), Estimate = sum(Addresses)",
    ),
    (
        "has",
        "DeviceNetworkEvents
        | where InitiatingProcessCommandLine has 'mimikatz'
        | summarize Events = count() by DeviceName
        | summarize Devices = count(), Checksum = sum(Events)",
    ),
    (
        "has_frequent",
        "DeviceNetworkEvents
        | where InitiatingProcessCommandLine has 'encodedcommand'
        | summarize Events = count() by DeviceName
        | summarize Devices = count(), Checksum = sum(Events)",
    ),
    (
        "join",
        "DeviceProcessEvents
        | where FileName == 'powershell.exe'
        | project DeviceId, ProcessId, AccountName
        | join kind=inner (
            DeviceNetworkEvents
            | where RemotePort == 443
            | project DeviceId, InitiatingProcessId, RemoteIP)
            on DeviceId, $left.ProcessId == $right.InitiatingProcessId
        | summarize Events = count() by AccountName
        | summarize Accounts = count(), Checksum = sum(Events)",
    ),
    (
        "parse",
        "DeviceNetworkEvents
        | parse RemoteUrl with Scheme '://' Host '/' Path
        | summarize Events = count() by Host
        | summarize Hosts = count(), Checksum = sum(Events)",
    ),
    (
        "extract",
        r"DeviceNetworkEvents
        | extend Port = extract(@'-p (\d+) /handle', 1, InitiatingProcessCommandLine)
        | where isnotempty(Port)
        | summarize Events = count() by Port
        | summarize Ports = count(), Checksum = sum(Events)",
    ),
    (
        "make_set",
        "DeviceNetworkEvents
        | summarize Addresses = make_set(RemoteIP) by DeviceName
        | summarize Devices = count(), Checksum = sum(array_length(Addresses))",
    ),
];

/// Every second address is one that no event has.
pub(crate) fn indicators() -> impl Iterator<Item = String> {
    (0..INDICATORS).map(|number| match number % 2 {
        0 => address(number * 59 % addresses()),
        _ => format!("203.{}.{}.77", number % 256, number / 256),
    })
}

fn in_list() -> String {
    let mut query = "DeviceNetworkEvents | where RemoteIP in (".to_owned();
    for (place, address) in indicators().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(query, "{comma}'{address}'").unwrap();
    }
    query
        + ") | summarize Events = count() by RemoteIP | summarize Addresses = count(), Checksum = sum(Events)"
}
