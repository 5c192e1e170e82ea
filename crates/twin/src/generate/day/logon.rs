//! People and services logging on.

use std::borrow::Cow;

use super::workday::Workday;
use super::{DeviceDay, WindowsTree};
use crate::generate::calendar::{HOUR, MINUTE, SECOND};
use crate::generate::random::{Stream, Topic};

/// Writes the logons at a desk: the morning's, a mistyped password now and then, unlocking after breaks.
pub(super) fn at_desk<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    workday: &Workday<'t>,
) {
    let mut stream = day.stream(Topic::Logon);
    let account = &workday.person.account;
    let first = workday.begins - 2 * MINUTE;
    if stream.chance(60)
        && let Some(row) = day.log_on(tree.lsass, first - 20 * SECOND, "Interactive", account)
    {
        row.action = "LogonFailed";
        row.failure = "InvalidUserNameOrPassword";
        row.is_local_admin = None;
    }
    if let Some(row) = day.log_on(tree.lsass, first, "Interactive", account) {
        row.protocol = "Kerberos";
    }
    for _ in 0..stream.between(1, 4) {
        let at = workday.moment(&mut stream);
        day.log_on(tree.lsass, at, "Unlock", account);
    }
    let system = &day.tenant.accounts.system;
    let services_up = day.process(tree.services).created;
    day.log_on(tree.services, services_up + 5 * SECOND, "Service", system);
}

/// Writes the logons that a server sees over the network in a day: people during their hours, services around the clock.
pub(super) fn at_server(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, count: i64) {
    let mut stream = day.stream(Topic::Logon);
    for _ in 0..count {
        let at = busy_moment(day, &mut stream);
        network_logon(day, tree, at, &mut stream);
    }
    for round in 0..4 {
        let service = &day.tenant.accounts.database;
        let at = day.day.start() + round * 6 * HOUR + stream.between(0, MINUTE);
        day.log_on(tree.services, at, "Service", service);
    }
    if stream.chance(300) {
        administrator_logon(day, tree, &mut stream);
    }
}

/// A moment of the day at the device's office; nine of ten lie between seven and nineteen o'clock.
pub(super) fn busy_moment(day: &DeviceDay<'_, '_>, stream: &mut Stream) -> i64 {
    let is_weekend = day.device.site().weekend.contains(&day.day.weekday());
    match stream.chance(if is_weekend { 300 } else { 900 }) {
        true => stream.between(day.local(7, 0), day.local(19, 0)),
        false => stream.between(day.local(0, 0), day.local(24, 0)),
    }
}

fn network_logon(
    day: &mut DeviceDay<'_, '_>,
    tree: &WindowsTree<'_>,
    at: i64,
    stream: &mut Stream,
) {
    let source = day.tenant.neighbour(day.device, stream);
    let Some(owner) = day.tenant.owner(source) else {
        return;
    };
    let port = 49_152 + i32::try_from(stream.below(16_000)).unwrap_or(0);
    let failed = stream.chance(25);
    if let Some(row) = day.log_on(tree.lsass, at, "Network", &owner.account) {
        row.protocol = "Kerberos";
        row.remote_device = Cow::Borrowed(source.short_name());
        row.remote_ip = Cow::Borrowed(&source.ip);
        row.remote_port = Some(port);
        if failed {
            row.action = "LogonFailed";
            row.failure = "InvalidUserNameOrPassword";
            row.is_local_admin = None;
        }
    }
}

fn administrator_logon(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, stream: &mut Stream) {
    let source = day.tenant.neighbour(day.device, stream);
    let account = &day.tenant.accounts.administrator;
    let at = stream.between(day.local(9, 0), day.local(17, 0));
    if let Some(row) = day.log_on(tree.winlogon, at, "RemoteInteractive", account) {
        row.remote_device = Cow::Borrowed(source.short_name());
        row.remote_ip = Cow::Borrowed(&source.ip);
        row.is_local_admin = Some(true);
    }
}
