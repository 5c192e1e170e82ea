//! A Windows workstation's day.

use super::workday::Workday;
use super::{
    DeviceDay, WindowsTree, background, browsing, logon, office, routine, sensor, toolbox,
};
use crate::generate::calendar::{HOUR, SECOND};
use crate::generate::catalogue::App;
use crate::generate::random::Topic;

const WEB_VIEW: &str =
    "msedgewebview2.exe --embedded-browser-webview=1 --webview-exe-name=ms-teams.exe";

/// Writes the day: work from the morning's start on, or, on a day off, an hour of updates in four of ten cases.
pub(super) fn write<'t>(day: &mut DeviceDay<'_, 't>, workday: Option<&Workday<'t>>) {
    match workday {
        Some(workday) => work(day, workday),
        None => rest(day),
    }
}

fn work<'t>(day: &mut DeviceDay<'_, 't>, workday: &Workday<'t>) {
    let tree = WindowsTree::grow(day, workday.booted(), &workday.person.account);
    logon::at_desk(day, &tree, workday);
    start_programs(day, &tree, workday.begins);
    browsing::write(day, &tree, workday);
    office::write(day, &tree, workday);
    toolbox::write(day, &tree, workday);
    background::write(day, &tree, workday.begins, workday.ends, 5);
    sensor::write(day, &tree, workday.begins, workday.ends, 4);
    routine::at_work(day, &tree, workday);
}

fn rest(day: &mut DeviceDay<'_, '_>) {
    let mut stream = day.stream(Topic::Background);
    let Some(owner) = day.tenant.owner(day.device) else {
        return;
    };
    if !stream.chance(400) {
        return;
    }
    let begins = day.local(9, stream.between(0, 540));
    let tree = WindowsTree::grow(day, begins, &owner.account);
    background::write(day, &tree, begins, begins + HOUR, 2);
    sensor::write(day, &tree, begins, begins + HOUR, 2);
    routine::at_rest(day, &tree, begins, begins + HOUR);
}

/// What starts with the desktop.
fn start_programs<'t>(day: &mut DeviceDay<'_, 't>, tree: &WindowsTree<'t>, begins: i64) {
    let programs = [
        (App::OneDrive, "\"OneDrive.exe\" /background"),
        (App::Teams, "\"ms-teams.exe\" msteams:system-initiated"),
        (App::Outlook, "\"OUTLOOK.EXE\""),
    ];
    let mut stream = day.stream(Topic::Order);
    let mut at = begins + 20 * SECOND;
    for (app, command_line) in programs {
        at += stream.between(2 * SECOND, 40 * SECOND);
        let process = tree.open(day, app, at, command_line);
        let caller = match app {
            App::Teams => WindowsTree::child(day, process, App::WebView, at + SECOND, WEB_VIEW),
            _ => process,
        };
        let host = day.tenant.web.called(&mut stream);
        day.visit(caller, at + 2 * SECOND, host, &mut stream);
    }
}
