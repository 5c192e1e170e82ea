//! What a process does, after it started.

use std::borrow::Cow;

use super::soon;
use crate::generate::catalogue::App;
use crate::generate::day::{Connection, DeviceDay};
use crate::generate::digest::Digests;
use crate::generate::process::ProcessRef;
use crate::generate::random::Stream;
use crate::generate::rows::{Item, Text};
use crate::generate::web;

const LIBRARIES: [App; 12] = [
    App::CryptDll,
    App::WinhttpDll,
    App::WbemDll,
    App::AmsiDll,
    App::WininetDll,
    App::ClrDll,
    App::TaskschdDll,
    App::SamlibDll,
    App::VaultcliDll,
    App::MsoDll,
    App::DbghelpDll,
    App::VbeDll,
];
const KEYS: [(&str, &str); 6] = [
    (
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore\Applications",
        "Path",
    ),
    (
        r"HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\bam\State\UserSettings",
        "Version",
    ),
    (
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree",
        "Index",
    ),
    (
        r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Explorer\RecentDocs",
        "MRUListEx",
    ),
    (
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UserData",
        "DisplayVersion",
    ),
    (
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Tracing",
        "EnableFileTracing",
    ),
];
const ENDINGS: [&str; 8] = ["tmp", "json", "dat", "log", "js", "xml", "pf", "db"];

/// Writes what a Windows process does, and says how many events that are.
pub(super) fn write(
    day: &mut DeviceDay<'_, '_>,
    process: ProcessRef,
    started: i64,
    stream: &mut Stream,
) -> i64 {
    let (count, mut at) = (stream.rank(4), started);
    for _ in 0..count {
        at = soon(at, stream);
        match stream.below(100) {
            0..38 => connection(day, process, at, stream),
            38..64 => file(day, process, at, stream),
            64..80 => registry(day, process, at, stream),
            80..95 => library(day, process, at, stream),
            _ => answer(day, process, at, stream),
        }
    }
    i64::from(count)
}

/// A connection to a host: seven of eight to one of the known ones.
pub(super) fn connection(
    day: &mut DeviceDay<'_, '_>,
    process: ProcessRef,
    at: i64,
    stream: &mut Stream,
) {
    if stream.chance(875) {
        let host = match stream.chance(350) {
            true => day.tenant.web.called(stream),
            false => day.tenant.web.visited(stream),
        };
        day.visit(process, at, host, stream);
        return;
    }
    let (name, ip) = web::seldom(stream);
    day.connect(process, at, Connection::to(ip, 443, name));
}

/// A file that is written or removed: two of three have a content that others have, too.
pub(super) fn file(day: &mut DeviceDay<'_, '_>, process: ProcessRef, at: i64, stream: &mut Stream) {
    let label = match stream.below(3) {
        0 => format!("content {} {at}", day.device.number),
        _ => format!("shared content {}", stream.rank(18)),
    };
    let digests = Digests::of(&label);
    let ending = *stream.pick(&ENDINGS);
    let name = format!("{}.{ending}", &digests.md5[..12]);
    let item = Item {
        path: path(day, process, &name),
        name: Cow::Owned(name),
        size: i64::from_str_radix(&digests.md5[12..17], 16).ok(),
        has_sha256: stream.chance(600),
        digests: Some(Cow::Owned(digests)),
    };
    let action = match stream.below(100) {
        0..62 => "FileCreated",
        62..80 => "FileModified",
        _ => "FileDeleted",
    };
    day.change_file(process, at, action, item);
}

/// Where a process keeps its files.
fn path<'t>(day: &DeviceDay<'_, '_>, process: ProcessRef, name: &str) -> Text<'t> {
    let account = day.process(process).account;
    let is_person = !account.upn.is_empty();
    Cow::Owned(match (day.device.is_windows(), is_person) {
        (true, true) => format!(r"C:\Users\{}\AppData\Local\Temp\{name}", account.name),
        (true, false) => format!(r"C:\Windows\Temp\{name}"),
        (false, true) => format!("/Users/{}/Library/Caches/{name}", account.name),
        (false, false) => format!("/var/cache/{name}"),
    })
}

fn registry(day: &mut DeviceDay<'_, '_>, process: ProcessRef, at: i64, stream: &mut Stream) {
    let (key, name) = KEYS[super::ranked(stream, KEYS.len())];
    let key = format!(r"{key}\{}", stream.rank(12));
    let data = stream.rank(20).to_string();
    if let Some(row) = day.set_registry(process, at, key, name, data) {
        row.action = match stream.below(10) {
            0 => "RegistryValueDeleted",
            1 => "RegistryKeyCreated",
            _ => "RegistryValueSet",
        };
    }
}

fn library(day: &mut DeviceDay<'_, '_>, process: ProcessRef, at: i64, stream: &mut Stream) {
    let library = LIBRARIES[super::ranked(stream, LIBRARIES.len())];
    day.load_image(process, at, Item::of(day.file(library), ""));
}

/// The answer of a name server that a process asked.
fn answer(day: &mut DeviceDay<'_, '_>, process: ProcessRef, at: i64, stream: &mut Stream) {
    let host = day.tenant.web.visited(stream);
    if let Some(row) = day.note(process, at, "DnsQueryResponse") {
        row.additional = Cow::Owned(format!(
            r#"{{"DnsQueryString":"{}","DnsQueryResult":"{}"}}"#,
            host.name, host.ip
        ));
    }
}
