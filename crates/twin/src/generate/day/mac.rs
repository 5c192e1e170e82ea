//! A Mac's day.

use std::borrow::Cow;

use super::DeviceDay;
use super::linux::child;
use super::workday::Workday;
use crate::generate::calendar::{MINUTE, SECOND};
use crate::generate::catalogue::App;
use crate::generate::digest::Digests;
use crate::generate::person::Department;
use crate::generate::process::{Integrity, ProcessRef, Start};
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::Item;

/// Writes the day; nothing happens while its owner is off.
pub(super) fn write<'t>(day: &mut DeviceDay<'_, 't>, workday: Option<&Workday<'t>>) {
    let Some(workday) = workday else { return };
    let mut stream = day.stream(Topic::Session);
    let launchd = Start {
        file: day.file(App::Launchd),
        parent: None,
        account: &workday.person.account,
        command_line: Cow::Borrowed("/sbin/launchd"),
        integrity: Integrity::Unknown,
        at: workday.begins - 2 * MINUTE,
    };
    let launchd = day.run_on(launchd, 1);
    day.log_on(
        launchd,
        workday.begins,
        "Interactive",
        &workday.person.account,
    );
    let browser = browser(day, workday, launchd, &mut stream);
    for _ in 0..stream.between(10, 30) {
        let at = workday.moment(&mut stream);
        let host = day.tenant.web.visited(&mut stream);
        day.visit(browser, at, host, &mut stream);
    }
    let outlook = child(
        day,
        launchd,
        App::MacOutlook,
        "",
        workday.begins + 90 * SECOND,
    );
    let mail = day.tenant.web.named("outlook.office365.com");
    day.visit(outlook, workday.begins + 95 * SECOND, mail, &mut stream);
    let word = child(day, launchd, App::MacWord, "", workday.moment(&mut stream));
    document(day, workday, word, &mut stream);
    housekeeping(day, workday, launchd, &mut stream);
    super::routine::at_mac(day, workday, launchd);
}

/// The process that makes the browser's connections.
fn browser(
    day: &mut DeviceDay<'_, '_>,
    workday: &Workday<'_>,
    launchd: ProcessRef,
    stream: &mut Stream,
) -> ProcessRef {
    let at = workday.begins + MINUTE;
    if stream.chance(500) {
        return child(day, launchd, App::MacChrome, "", at);
    }
    let safari = child(day, launchd, App::Safari, "", at);
    child(day, safari, App::SafariNetworking, "", at + SECOND)
}

fn document(
    day: &mut DeviceDay<'_, '_>,
    workday: &Workday<'_>,
    word: ProcessRef,
    stream: &mut Stream,
) {
    let opened = day.process(word).created;
    let at = workday.moment(stream).max(opened + MINUTE);
    let name = format!("Notes {}.docx", stream.below(60));
    let item = Item {
        path: Cow::Owned(format!(
            "/Users/{}/Documents/{name}",
            workday.person.account.name
        )),
        digests: Some(Cow::Owned(Digests::of(&format!(
            "mac {} {at}",
            day.device.number
        )))),
        name: Cow::Owned(name),
        has_sha256: stream.chance(800),
        size: Some(stream.between(12_000, 400_000)),
    };
    day.change_file(word, at, "FileModified", item);
}

fn housekeeping(
    day: &mut DeviceDay<'_, '_>,
    workday: &Workday<'_>,
    launchd: ProcessRef,
    stream: &mut Stream,
) {
    if workday.person.department == Department::Engineering {
        child(day, launchd, App::Zsh, "-zsh", workday.moment(stream));
    }
    for _ in 0..3 {
        child(
            day,
            launchd,
            App::Mdworker,
            "mdworker_shared -s mdworker",
            workday.moment(stream),
        );
    }
    let at = workday.moment(stream);
    let updater = child(day, launchd, App::SoftwareUpdated, "softwareupdated", at);
    day.visit(
        updater,
        at + SECOND,
        day.tenant.web.named("www.apple.com"),
        stream,
    );
}
