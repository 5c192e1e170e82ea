//! A trojanised installer, signed with a stolen certificate.

use std::borrow::Cow;

use super::indicator::{INSTALLER_HOST, INSTALLER_IP, INSTALLER_URL, Story};
use super::payload::Payload;
use crate::generate::calendar::{HOUR, MINUTE, SECOND};
use crate::generate::catalogue::App;
use crate::generate::day::{Connection, DeviceDay, WindowsTree};
use crate::generate::process::{Integrity, ProcessRef, Start};
use crate::generate::rows::{Evidence, Item};

/// Days before the end of the data on which the installer runs.
pub(super) const DAYS_BACK: i64 = 9;

/// Part 0 installs first, part 1 an hour later; both call home for three days.
pub(super) fn write(day: &mut DeviceDay<'_, '_>, part: usize, days_back: i64) {
    let at = day.local(10 + i64::try_from(part).unwrap_or(0), 24);
    match days_back {
        DAYS_BACK => {
            installs(day, at);
            if part == 0 {
                raise(day, at + 2 * HOUR);
            }
        }
        7..DAYS_BACK => calls_home(day, at),
        _ => {}
    }
}

fn installs(day: &mut DeviceDay<'_, '_>, at: i64) {
    let tree = WindowsTree::of_today(day);
    let browser = tree.open(day, App::Chrome, at - MINUTE, "\"chrome.exe\"");
    let setup = day.tenant.cast.payloads.get(Payload::Setup);
    if let Some(row) = day.note(tree.explorer, at - MINUTE, "BrowserLaunchedToOpenUrl") {
        row.remote_url = Cow::Owned(format!("https://www.{INSTALLER_HOST}/download"));
    }
    day.connect(
        browser,
        at - 40 * SECOND,
        Connection::to(INSTALLER_IP, 443, INSTALLER_URL),
    );
    let item = Item::of(setup, &tree.account.name);
    if let Some(row) = day.change_file(browser, at - 20 * SECOND, "FileCreated", item) {
        row.origin_url = Cow::Borrowed(INSTALLER_URL);
        row.origin_referrer = Cow::Owned(format!("https://www.{INSTALLER_HOST}/download"));
        row.origin_ip = Cow::Borrowed(INSTALLER_IP);
    }
    day.inspect_signature(at - 10 * SECOND, setup);
    let start = Start {
        file: setup,
        parent: Some(tree.explorer),
        account: tree.account,
        command_line: Cow::Owned(format!("\"{}\"", setup.path(&tree.account.name))),
        integrity: Integrity::High,
        at,
    };
    let installer = day.create(start);
    drops_library(day, installer, at + 12 * SECOND);
}

/// The installer leaves a library behind and has it loaded at every logon.
fn drops_library(day: &mut DeviceDay<'_, '_>, installer: ProcessRef, at: i64) {
    let library = day.tenant.cast.payloads.get(Payload::SetupLibrary);
    day.change_file(installer, at, "FileCreated", Item::of(library, ""));
    let sid = &day.process(installer).account.sid;
    day.set_registry(
        installer,
        at + SECOND,
        format!(r"HKEY_CURRENT_USER\{sid}\Software\Microsoft\Windows\CurrentVersion\Run"),
        "FreeScan",
        r"rundll32.exe C:\ProgramData\FreeScan\scanhelper.dll,Start",
    );
    let host = WindowsTree::child(
        day,
        installer,
        App::Rundll32,
        at + 2 * SECOND,
        r"rundll32.exe C:\ProgramData\FreeScan\scanhelper.dll,Start",
    );
    day.load_image(host, at + 3 * SECOND, Item::of(library, ""));
    day.connect(
        host,
        at + 5 * SECOND,
        Connection::to(INSTALLER_IP, 8_443, format!("api.{INSTALLER_HOST}")),
    );
}

fn calls_home(day: &mut DeviceDay<'_, '_>, at: i64) {
    let tree = WindowsTree::of_today(day);
    let library = day.tenant.cast.payloads.get(Payload::SetupLibrary);
    let command_line = r"rundll32.exe C:\ProgramData\FreeScan\scanhelper.dll,Start";
    let host = tree.open(day, App::Rundll32, at, command_line);
    day.load_image(host, at + SECOND, Item::of(library, ""));
    for hour in 0..5 {
        let connection = Connection::to(INSTALLER_IP, 8_443, format!("api.{INSTALLER_HOST}:8443"));
        day.connect(host, at + hour * HOUR + 4 * SECOND, connection);
    }
}

fn raise(day: &mut DeviceDay<'_, '_>, at: i64) {
    let payloads = &day.tenant.cast.payloads;
    let evidence = vec![
        Evidence::File(Item::of(payloads.get(Payload::Setup), "")),
        Evidence::File(Item::of(payloads.get(Payload::SetupLibrary), "")),
        Evidence::Url(Cow::Borrowed(INSTALLER_URL)),
    ];
    day.raise(Story::TrojanisedInstaller, at, evidence);
}
