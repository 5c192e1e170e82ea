//! The tools of a department.

use std::borrow::Cow;

use super::workday::Workday;
use super::{DeviceDay, WindowsTree};
use crate::generate::calendar::{MILLISECOND, SECOND};
use crate::generate::catalogue::App;
use crate::generate::person::Department;
use crate::generate::process::{Integrity, ProcessRef, Start};
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::Item;

const SHELL_COMMANDS: [&str; 6] = [
    "Get-ChildItem -Recurse -Filter *.log",
    "Get-Service | Where-Object Status -eq 'Stopped'",
    "Test-NetConnection intranet.contoso.com -Port 443",
    "Import-Csv .\\devices.csv | Sort-Object Name",
    "Get-ADUser -Filter * -SearchBase 'OU=Sales,DC=contoso,DC=com'",
    "Restart-Service Spooler",
];

/// Writes what the person's work beyond mail, web and documents leaves.
pub(super) fn write<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    workday: &Workday<'t>,
) {
    let mut stream = day.stream(Topic::Tools);
    let at = workday.moment(&mut stream);
    match workday.person.department {
        Department::Engineering => develop(day, tree, at, &mut stream),
        Department::Support => administer(day, tree, at, &mut stream),
        _ if stream.chance(300) => {
            tree.open(day, App::Notepad, at, "notepad.exe");
        }
        _ => {}
    }
    for _ in 0..stream.between(0, 3) {
        let at = workday.moment(&mut stream);
        line_of_business(day, tree, at, &mut stream);
    }
}

fn develop<'t>(day: &mut DeviceDay<'_, 't>, tree: &WindowsTree<'t>, at: i64, stream: &mut Stream) {
    let editor = tree.open(day, App::Code, at, "\"Code.exe\" .");
    let mut at = at + 30 * SECOND;
    for _ in 0..stream.between(1, 5) {
        at += stream.between(10 * SECOND, 600 * SECOND);
        match stream.below(3) {
            0 => {
                let git = WindowsTree::child(day, editor, App::Git, at, "git.exe fetch origin");
                day.visit(git, at + SECOND, day.tenant.web.named("github.com"), stream);
            }
            1 => {
                let pip = WindowsTree::child(
                    day,
                    editor,
                    App::Python,
                    at,
                    "python.exe -m pip install requests",
                );
                day.visit(pip, at + SECOND, day.tenant.web.named("pypi.org"), stream);
            }
            _ => {
                WindowsTree::child(day, editor, App::Node, at, "node.exe build.js");
            }
        }
    }
}

fn administer<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    at: i64,
    stream: &mut Stream,
) {
    let command = *stream.pick(&SHELL_COMMANDS);
    let start = Start {
        file: day.file(App::PowerShell),
        parent: Some(tree.explorer),
        account: tree.account,
        command_line: Cow::Borrowed("\"powershell.exe\""),
        integrity: Integrity::High,
        at,
    };
    let shell = day.create(start);
    WindowsTree::child(
        day,
        shell,
        App::Conhost,
        at + 50 * MILLISECOND,
        r"\??\C:\Windows\system32\conhost.exe 0xffffffff",
    );
    day.load_image(
        shell,
        at + 300 * MILLISECOND,
        Item::of(day.file(App::AmsiDll), ""),
    );
    day.load_image(
        shell,
        at + 400 * MILLISECOND,
        Item::of(day.file(App::ClrDll), ""),
    );
    shell_command(day, shell, at + 5 * SECOND, command);
    match stream.below(3) {
        0 => WindowsTree::child(
            day,
            shell,
            App::Ipconfig,
            at + 20 * SECOND,
            "ipconfig.exe /all",
        ),
        1 => WindowsTree::child(day, shell, App::Net, at + 20 * SECOND, "net.exe use"),
        _ => tree.open(day, App::Mmc, at + 60 * SECOND, "mmc.exe devmgmt.msc"),
    };
}

fn shell_command(day: &mut DeviceDay<'_, '_>, shell: ProcessRef, at: i64, command: &str) {
    if let Some(row) = day.note(shell, at, "PowerShellCommand") {
        let command = command.replace('\\', r"\\");
        row.additional = Cow::Owned(format!(r#"{{"Command":"{command}"}}"#));
    }
}

/// A program of the long tail; the first time a device runs one, its file and its signature are looked at.
fn line_of_business<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    at: i64,
    stream: &mut Stream,
) {
    let file = day.tenant.tool(stream);
    let path = file.path(&tree.account.name);
    let start = Start {
        file,
        parent: Some(tree.explorer),
        account: tree.account,
        command_line: Cow::Owned(format!("\"{path}\"")),
        integrity: Integrity::Medium,
        at,
    };
    let program = day.create(start);
    if stream.chance(250) {
        day.inspect_signature(at + SECOND, file);
    }
    if stream.chance(300) {
        let host = day.tenant.web.visited(stream);
        day.visit(program, at + 2 * SECOND, host, stream);
    }
}
