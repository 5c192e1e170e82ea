//! Harmless events that look like the stories' indicators to a careless comparison.

use std::borrow::Cow;

use super::indicator::{BEACON_DOMAIN, MAIL_DOMAIN, METER_DOMAIN, STAGER_URL};
use super::payload::Payload;
use crate::generate::calendar::{MINUTE, SECOND};
use crate::generate::catalogue::App;
use crate::generate::day::{Connection, DeviceDay, Message, WindowsTree};
use crate::generate::process::ProcessRef;
use crate::generate::random::Topic;
use crate::generate::rows::{Item, Sender, Verdict};

/// Addresses that begin like one of the indicators, or share all but a part with it.
pub(in crate::generate) const ADDRESSES: [&str; 6] = [
    "203.0.113.70",
    "203.0.113.71",
    "198.51.100.230",
    "192.0.2.6",
    "2001:db8:bad:70::53",
    "2001:db8:bad:7::5",
];

/// Names and URLs that contain an indicator's text without being it or lying below it.
pub(in crate::generate) fn names() -> [String; 6] {
    [
        format!("not{BEACON_DOMAIN}"),
        format!("{BEACON_DOMAIN}.fabrikam.com"),
        format!("https://my{MAIL_DOMAIN}/track"),
        format!("https://www.bing.com/search?q={METER_DOMAIN}&form=QBLH"),
        format!("https://www.contoso.com/redirect?to={STAGER_URL}"),
        format!("{}.example.net", BEACON_DOMAIN.replace('.', "-")),
    ]
}

/// The days before the end of the data on which they happen.
const DAYS_BACK: [i64; 2] = [1, 12];

/// Writes the near misses on the devices chosen for them.
pub(super) fn write(day: &mut DeviceDay<'_, '_>, days_back: i64) {
    let is_chosen = day.tenant.cast.bystanders.contains(&day.device.number);
    if !is_chosen || !DAYS_BACK.contains(&days_back) {
        return;
    }
    let tree = WindowsTree::of_today(day);
    let at = day.local(10, 5);
    let browser = tree.open(day, App::Edge, at, "\"msedge.exe\"");
    connections(day, browser, at);
    let near_miss = day.tenant.cast.payloads.get(Payload::InvoiceNearMiss);
    day.change_file(
        browser,
        at + 5 * MINUTE,
        "FileCreated",
        Item::of(near_miss, &tree.account.name),
    );
    mail(day, at + 6 * MINUTE);
}

fn connections(day: &mut DeviceDay<'_, '_>, browser: ProcessRef, at: i64) {
    for ((ip, url), place) in ADDRESSES.into_iter().zip(names()).zip(1..) {
        day.connect(
            browser,
            at + place * 7 * SECOND,
            Connection::to(ip, 443, url),
        );
    }
}

fn mail(day: &mut DeviceDay<'_, '_>, at: i64) {
    let Some(person) = day.tenant.owner(day.device) else {
        return;
    };
    let mut stream = day.stream(Topic::NearMiss);
    let message = Message {
        sender: Sender {
            address: Cow::Owned(format!("accounts@{MAIL_DOMAIN}.adatum.com")),
            display_name: Cow::Borrowed("Adatum Accounts"),
            object_id: "",
            ipv4: Cow::Borrowed("192.0.2.14"),
            ipv6: Cow::Borrowed(""),
        },
        subject: Cow::Borrowed("Invoice 88214"),
        verdict: Verdict {
            action: "Delivered",
            location: "Inbox/Folder",
            threat: "",
            method: "",
        },
        urls: vec![Cow::Owned(format!("https://my{MAIL_DOMAIN}/track?id=1"))],
        attachment: None,
    };
    day.receive(at, person, message, &mut stream);
}
