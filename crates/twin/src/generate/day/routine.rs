//! The many small things that a device reports beside the demonstration's own: as many as the options ask for.
//!
//! They come in episodes: a process starts below a fitting parent and does a handful of things. Which program, host, file or key it is
//! follows a heavy tail: few are everywhere, most are rare, some happen once on one device.

use std::borrow::Cow;

use super::workday::Workday;
use super::{DeviceDay, WindowsTree};
use crate::generate::calendar::{MILLISECOND, MINUTE, SECOND};
use crate::generate::catalogue::{App, File};
use crate::generate::process::{Integrity, ProcessRef, Start};
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::ProcessRow;

mod deeds;
mod other;

pub(super) use other::{at_linux_server, at_mac};

/// Of 100 episodes of a workstation on a day of work, how many are the owner's; the others are the system's.
const INTERACTIVE: u32 = 60;

/// Programs that Windows starts by itself, most often first, with their command lines.
const CHORES: [(App, &str); 12] = [
    (App::Svchost, "svchost.exe -k LocalService -p -s BITS"),
    (
        App::BackgroundTaskHost,
        "\"backgroundTaskHost.exe\" -ServerName:BackgroundTaskHost.WebAccountProvider",
    ),
    (
        App::RuntimeBroker,
        r"C:\Windows\System32\RuntimeBroker.exe -Embedding",
    ),
    (
        App::Dllhost,
        r"C:\Windows\system32\DllHost.exe /Processid:{3EB3C877-1F16-487C-9050-104DBCD66683}",
    ),
    (App::Taskhostw, "taskhostw.exe"),
    (App::MpCmdRun, "MpCmdRun.exe GetDeviceTicket -AccessKey"),
    (
        App::Rundll32,
        r"rundll32.exe C:\Windows\system32\invagent.dll,RunUpdate",
    ),
    (
        App::EdgeUpdate,
        "\"MicrosoftEdgeUpdate.exe\" /ua /installsource scheduler",
    ),
    (App::Conhost, r"\??\C:\Windows\system32\conhost.exe 0x4"),
    (App::Ngen, "ngen.exe ExecuteQueuedItems"),
    (App::Gpupdate, "gpupdate.exe /target:user"),
    (App::Schtasks, "schtasks.exe /query /fo csv"),
];
/// Programs that people start, most often first.
const DESKTOP: [App; 8] = [
    App::Chrome,
    App::Edge,
    App::Outlook,
    App::Excel,
    App::Word,
    App::AcrobatReader,
    App::Notepad,
    App::PowerPoint,
];

/// Writes a workstation's day of work.
pub(super) fn at_work<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    workday: &Workday<'t>,
) {
    if day.tenant.activity == 0 {
        return;
    }
    begin_session(day, tree);
    let mut stream = day.stream(Topic::Routine);
    let mut left = budget(day, 100, &mut stream);
    while left > 0 {
        let is_interactive = stream.below(100) < INTERACTIVE;
        let at = if is_interactive {
            workday.moment(&mut stream)
        } else {
            stream.between(tree.booted + MINUTE, workday.ends)
        };
        left -= episode(day, tree, at, is_interactive, &mut stream);
    }
}

/// Writes an hour in which a workstation runs while its owner is off.
pub(super) fn at_rest<'t>(day: &mut DeviceDay<'_, 't>, tree: &WindowsTree<'t>, from: i64, to: i64) {
    let mut stream = day.stream(Topic::Routine);
    let mut left = budget(day, 8, &mut stream);
    while left > 0 {
        let at = stream.between(from + MINUTE, to);
        left -= episode(day, tree, at, false, &mut stream);
    }
}

/// Writes a Windows server's day, around the clock.
pub(super) fn at_server<'t>(day: &mut DeviceDay<'_, 't>, tree: &WindowsTree<'t>) {
    let mut stream = day.stream(Topic::Routine);
    let mut left = budget(day, 150, &mut stream);
    while left > 0 {
        let at = super::logon::busy_moment(day, &mut stream);
        left -= match stream.below(100) {
            0..30 => episode(day, tree, at, false, &mut stream),
            _ => {
                super::server::serve(day, tree, at, &mut stream);
                1
            }
        };
    }
}

/// How many events to write: `percent` of the tenant's activity, by the device's own habit from half to double of it.
fn budget(day: &DeviceDay<'_, '_>, percent: i64, stream: &mut Stream) -> i64 {
    let habit = 50 + i64::from(day.device.number % 7) * 25;
    let mood = stream.between(80, 121);
    i64::from(day.tenant.activity) * percent * habit * mood / 1_250_000
}

/// The programs of the session, which the sensor sees start because it is up before the owner logs on.
fn begin_session(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>) {
    for (process, parent) in [
        (tree.userinit, tree.winlogon),
        (tree.explorer, tree.userinit),
    ] {
        let at = day.process(process).created + 15 * MILLISECOND;
        if let Some(stamp) = day.stamp(at) {
            day.rows.process.push(ProcessRow {
                stamp,
                process,
                parent,
            });
        }
    }
}

/// A process and what it does; the number of events.
fn episode<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    at: i64,
    is_interactive: bool,
    stream: &mut Stream,
) -> i64 {
    let process = match is_interactive {
        true => program(day, tree, at, stream),
        false => chore(day, tree, at, stream),
    };
    1 + deeds::write(day, process, at, stream)
}

fn chore(
    day: &mut DeviceDay<'_, '_>,
    tree: &WindowsTree<'_>,
    at: i64,
    stream: &mut Stream,
) -> ProcessRef {
    let (app, command_line) = CHORES[ranked(stream, CHORES.len())];
    let parent = match app {
        App::Svchost => tree.services,
        App::MpCmdRun => tree.antimalware,
        _ => tree.netsvcs,
    };
    WindowsTree::child(day, parent, app, at, command_line)
}

/// What somebody starts from the desktop: mostly programs that everybody has, now and then one of the long tail, seldom one that no other
/// device has.
fn program<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    at: i64,
    stream: &mut Stream,
) -> ProcessRef {
    let file: &'t File = match stream.below(1_000) {
        0..8 => day.tenant.rare(day.device, stream),
        8..150 => day.tenant.tool(stream),
        _ => day.file(DESKTOP[ranked(stream, DESKTOP.len())]),
    };
    let command_line = format!("\"{}\"", file.path(&tree.account.name));
    day.create(Start {
        file,
        parent: Some(tree.explorer),
        account: tree.account,
        command_line: Cow::Owned(command_line),
        integrity: Integrity::Medium,
        at,
    })
}

/// A place in a list of `length` items; the first ones come often.
fn ranked(stream: &mut Stream, length: usize) -> usize {
    (stream.rank(4) as usize - 1) % length.max(1)
}

/// The next moment after `at` of a process that is busy: mostly at once, now and then after a pause.
fn soon(at: i64, stream: &mut Stream) -> i64 {
    at + stream.between(60 * MILLISECOND, SECOND) * i64::from(stream.rank(5))
}
