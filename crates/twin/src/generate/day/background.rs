//! What Windows does by itself.

use std::borrow::Cow;

use super::{DeviceDay, WindowsTree};
use crate::generate::calendar::{MILLISECOND, SECOND};
use crate::generate::catalogue::App;
use crate::generate::digest::Digests;
use crate::generate::process::ProcessRef;
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::Item;

/// Tasks of the scheduler: the program and its command line.
const TASKS: [(App, &str); 9] = [
    (App::Taskhostw, "taskhostw.exe Install $(Arg0)"),
    (
        App::BackgroundTaskHost,
        "\"backgroundTaskHost.exe\" -ServerName:App.AppXmtcan0h2tfbfy7k9kn8hbxb6dmzz1zh0.mca",
    ),
    (
        App::RuntimeBroker,
        r"C:\Windows\System32\RuntimeBroker.exe -Embedding",
    ),
    (
        App::Dllhost,
        r"C:\Windows\system32\DllHost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}",
    ),
    (App::Wuauclt, "wuauclt.exe /RunHandlerComServer"),
    (App::Gpupdate, "gpupdate.exe /target:computer"),
    (
        App::MpCmdRun,
        "MpCmdRun.exe SignatureUpdate -ScheduleJob -RestrictPrivileges",
    ),
    (App::Ngen, "ngen.exe ExecuteQueuedItems /nologo"),
    (
        App::Rundll32,
        r"rundll32.exe C:\Windows\system32\PcaSvc.dll,PcaPatchSdbTask",
    ),
];
/// Values that Windows often writes.
const VALUES: [(&str, &str, &str); 6] = [
    (
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update",
        "LastOnline",
        "1",
    ),
    (
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows Defender\Signature Updates",
        "SignaturesLastUpdated",
        "01DC5A",
    ),
    (
        r"HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\bam\State\UserSettings",
        "SequenceNumber",
        "48",
    ),
    (
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tasks",
        "DynamicInfo",
        "03",
    ),
    (
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\EnterpriseResourceManager\Tracked",
        "LastRefresh",
        "2",
    ),
    (
        r"HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\W32Time\Config",
        "Status",
        "0",
    ),
];
const LIBRARIES: [App; 10] = [
    App::AmsiDll,
    App::ClrDll,
    App::WinhttpDll,
    App::WininetDll,
    App::SamlibDll,
    App::VaultcliDll,
    App::DbghelpDll,
    App::TaskschdDll,
    App::WbemDll,
    App::CryptDll,
];

/// Writes `chores` rounds of housekeeping between two ticks.
pub(super) fn write(
    day: &mut DeviceDay<'_, '_>,
    tree: &WindowsTree<'_>,
    from: i64,
    to: i64,
    chores: i64,
) {
    let mut stream = day.stream(Topic::Background);
    for _ in 0..chores {
        let at = stream.between(from, to);
        scheduled_task(day, tree, at, &mut stream);
        telemetry(day, tree, stream.between(from, to), &mut stream);
    }
    for _ in 0..chores / 2 {
        let at = stream.between(from, to);
        let (key, name, data) = *stream.pick(&VALUES);
        if let Some(row) = day.set_registry(tree.netsvcs, at, key, name, data) {
            row.kind = "Dword";
            row.previous_data = Cow::Borrowed("0");
        }
        service_file(day, tree, at, &mut stream);
    }
    update(day, tree, stream.between(from, to), &mut stream);
}

fn scheduled_task(
    day: &mut DeviceDay<'_, '_>,
    tree: &WindowsTree<'_>,
    at: i64,
    stream: &mut Stream,
) {
    let (app, command_line) = *stream.pick(&TASKS);
    let task = WindowsTree::child(day, tree.netsvcs, app, at, command_line);
    let library = *stream.pick(&LIBRARIES);
    day.load_image(
        task,
        at + stream.between(50, 900) * MILLISECOND,
        Item::of(day.file(library), ""),
    );
}

fn telemetry(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, at: i64, stream: &mut Stream) {
    let caller = *stream.pick(&[
        tree.netsvcs,
        tree.antimalware,
        tree.sense,
        tree.local_service,
    ]);
    let host = day.tenant.web.called(stream);
    day.visit(caller, at, host, stream);
}

/// A file that a service keeps; the sensor seldom gives its SHA-256.
fn service_file(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, at: i64, stream: &mut Stream) {
    let name = format!("{}.etl", stream.hex(8));
    let item = Item {
        path: Cow::Owned(format!(
            r"C:\ProgramData\Microsoft\Diagnosis\ETLLogs\{name}"
        )),
        digests: Some(Cow::Owned(Digests::of(&format!("service file {name}")))),
        name: Cow::Owned(name),
        has_sha256: stream.chance(300),
        size: Some(stream.between(4_096, 262_144)),
    };
    let action = if stream.chance(700) {
        "FileCreated"
    } else {
        "FileDeleted"
    };
    day.change_file(tree.netsvcs, at, action, item);
}

/// An update of a browser: the updater runs, fetches, and writes the new program.
fn update(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, at: i64, stream: &mut Stream) {
    let (updater, program, host) = match stream.below(3) {
        0 => (App::GoogleUpdater, App::Chrome, "update.googleapis.com"),
        1 => (App::EdgeUpdate, App::Edge, "edge.microsoft.com"),
        _ => (App::ClickToRun, App::Word, "officeclient.microsoft.com"),
    };
    let command_line = format!("\"{}\" --wake --system", day.file(updater).name);
    let process = WindowsTree::child(day, tree.netsvcs, updater, at, command_line);
    day.visit(process, at + SECOND, day.tenant.web.named(host), stream);
    if stream.chance(250) {
        write_program(day, process, program, at + 20 * SECOND);
    }
}

fn write_program(day: &mut DeviceDay<'_, '_>, updater: ProcessRef, program: App, at: i64) {
    let file = day.file(program);
    day.change_file(updater, at, "FileCreated", Item::of(file, ""));
    day.inspect_signature(at + SECOND, file);
}
