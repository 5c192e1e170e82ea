//! An update of a trusted program brings a library that calls strangers.

use std::borrow::Cow;

use super::beacon_label;
use super::indicator::{METER_DOMAIN, METER_IP, METER_IPV6, Story};
use super::payload::Payload;
use crate::generate::calendar::{HOUR, MINUTE, SECOND};
use crate::generate::catalogue::App;
use crate::generate::day::{Connection, DeviceDay, WindowsTree};
use crate::generate::process::{Integrity, Start};
use crate::generate::rows::{Evidence, Item};

/// Days before the end of the data on which the update arrives.
pub(super) const DAYS_BACK: i64 = 16;

/// All three parts get the update and run the program, on the day itself and on the next two.
pub(super) fn write(day: &mut DeviceDay<'_, '_>, part: usize, days_back: i64) {
    let at = day.local(8, 50) + i64::try_from(part).unwrap_or(0) * 7 * MINUTE;
    match days_back {
        DAYS_BACK => {
            is_updated(day, at - 10 * MINUTE);
            runs(day, at);
            if part == 0 {
                raise(day, at + 3 * HOUR);
            }
        }
        14..DAYS_BACK => runs(day, at),
        _ => {}
    }
}

fn is_updated(day: &mut DeviceDay<'_, '_>, at: i64) {
    let tree = WindowsTree::of_today(day);
    let payloads = &day.tenant.cast.payloads;
    let updater = WindowsTree::child(
        day,
        tree.netsvcs,
        App::Dllhost,
        at,
        "dllhost.exe /Processid:{4D111E08}",
    );
    for payload in [Payload::MeterBridge, Payload::MeterLibrary] {
        let file = payloads.get(payload);
        day.change_file(updater, at + SECOND, "FileModified", Item::of(file, ""));
        day.inspect_signature(at + 2 * SECOND, file);
    }
}

fn runs(day: &mut DeviceDay<'_, '_>, at: i64) {
    let tree = WindowsTree::of_today(day);
    let payloads = &day.tenant.cast.payloads;
    let start = Start {
        file: payloads.get(Payload::MeterBridge),
        parent: Some(tree.explorer),
        account: tree.account,
        command_line: Cow::Borrowed(r#""C:\Program Files\Adatum\Meter Console\MeterConsole.exe""#),
        integrity: Integrity::Medium,
        at,
    };
    let console = day.create(start);
    day.load_image(
        console,
        at + SECOND,
        Item::of(payloads.get(Payload::MeterLibrary), ""),
    );
    for round in 0..4 {
        let at = at + 40 * SECOND + round * HOUR;
        let ip = if round == 2 { METER_IPV6 } else { METER_IP };
        let label = beacon_label(day.device.number, at);
        let url = format!("https://{label}.telemetry.{METER_DOMAIN}/v1/usage");
        day.connect(console, at, Connection::to(ip, 443, url));
    }
}

fn raise(day: &mut DeviceDay<'_, '_>, at: i64) {
    let library = day.tenant.cast.payloads.get(Payload::MeterLibrary);
    let evidence = vec![
        Evidence::File(Item::of(library, "")),
        Evidence::Ip(Cow::Borrowed(METER_IP)),
    ];
    day.raise(Story::SupplyChain, at, evidence);
}
