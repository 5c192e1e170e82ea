//! A Windows server's day.

use std::borrow::Cow;

use super::logon::busy_moment;
use super::{Connection, DeviceDay, WindowsTree, background, logon, sensor};
use crate::generate::calendar::{DAY, SECOND};
use crate::generate::catalogue::App;
use crate::generate::device::Role;
use crate::generate::digest::Digests;
use crate::generate::process::{Integrity, ProcessRef, Start};
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::{Item, ShareRequest};

const SHARED_FILES: [&str; 8] = [
    "Budget 2026.xlsx",
    "Staff list.xlsx",
    "Offer 4711.docx",
    "Floor plan.pdf",
    "Minutes.docx",
    "Logo.png",
    "Price list.xlsx",
    "Handbook.pdf",
];

/// Writes the day of a domain controller, file, web or database server.
pub(super) fn write(day: &mut DeviceDay<'_, '_>) {
    let tree = WindowsTree::of_server(day);
    let (from, to) = (day.day.start(), day.day.start() + DAY);
    background::write(day, &tree, from, to, 5);
    sensor::write(day, &tree, from, to, 4);
    super::routine::at_server(day, &tree);
    match day.device.role {
        Role::DomainController => domain_controller(day, &tree),
        Role::FileServer => file_server(day, &tree),
        Role::DatabaseServer => database_server(day, &tree),
        _ => web_server(day, &tree),
    }
}

/// A call of a client, beside the plain day of the server's role.
pub(super) fn serve(
    day: &mut DeviceDay<'_, '_>,
    tree: &WindowsTree<'_>,
    at: i64,
    stream: &mut Stream,
) {
    match (day.device.role, stream.below(100)) {
        (Role::DomainController, 0..60) => inbound(day, tree.lsass, at, 389, stream),
        (Role::DomainController, _) => inbound(day, tree.network_service, at, 88, stream),
        (Role::FileServer, 0..45) => shared_file(day, tree, at, stream),
        (_, 0..70) => inbound(day, tree.netsvcs, at, 445, stream),
        _ => inbound(day, tree.network_service, at, 135, stream),
    }
}

fn domain_controller(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>) {
    let mut stream = day.stream(Topic::Server);
    logon::at_server(day, tree, 40);
    let system = &day.tenant.accounts.system;
    let dns = Start {
        file: day.file(App::Dns),
        parent: Some(tree.services),
        account: system,
        command_line: Cow::Borrowed(r"C:\Windows\system32\dns.exe"),
        integrity: Integrity::System,
        at: tree.booted + 30 * SECOND,
    };
    let dns = day.run_on(dns, 348);
    for _ in 0..25 {
        let at = busy_moment(day, &mut stream);
        inbound(day, tree.lsass, at, 389, &mut stream);
        inbound(day, dns, at + SECOND, 53, &mut stream);
    }
}

fn file_server(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>) {
    let mut stream = day.stream(Topic::Server);
    logon::at_server(day, tree, 30);
    for _ in 0..30 {
        let at = busy_moment(day, &mut stream);
        inbound(day, tree.netsvcs, at, 445, &mut stream);
        shared_file(day, tree, at + SECOND, &mut stream);
    }
}

/// A file that someone changed on a share: the system process did it on behalf of the caller.
fn shared_file(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, at: i64, stream: &mut Stream) {
    let caller = day.tenant.neighbour(day.device, stream);
    let Some(owner) = day.tenant.owner(caller) else {
        return;
    };
    let name = *stream.pick(&SHARED_FILES);
    let label = format!("shared {name} {} {}", day.device.number, at);
    let item = Item {
        name: Cow::Borrowed(name),
        path: Cow::Owned(format!(r"D:\Shares\Teams\{name}")),
        digests: Some(Cow::Owned(Digests::of(&label))),
        has_sha256: stream.chance(400),
        size: Some(stream.between(10_000, 3_000_000)),
    };
    let port = 49_152 + i32::try_from(stream.below(16_000)).unwrap_or(0);
    if let Some(row) = day.change_file(tree.services, at, "FileModified", item) {
        row.request = Some(ShareRequest {
            share: r"D:\Shares\Teams",
            source_ip: Cow::Borrowed(&caller.ip),
            source_port: port,
            account: &owner.account,
        });
    }
}

fn database_server(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>) {
    let mut stream = day.stream(Topic::Server);
    logon::at_server(day, tree, 25);
    let service = &day.tenant.accounts.database;
    let start = |file, command_line, at| Start {
        file,
        parent: Some(tree.services),
        account: service,
        command_line: Cow::Borrowed(command_line),
        integrity: Integrity::System,
        at,
    };
    let database = start(
        day.file(App::SqlServer),
        "\"sqlservr.exe\" -sMSSQLSERVER",
        tree.booted + 20 * SECOND,
    );
    let database = day.run_on(database, 352);
    let agent = start(
        day.file(App::SqlAgent),
        "\"SQLAGENT.EXE\" -i MSSQLSERVER",
        tree.booted + 25 * SECOND,
    );
    let agent = day.run_on(agent, 356);
    for _ in 0..25 {
        let at = busy_moment(day, &mut stream);
        inbound(day, database, at, 1_433, &mut stream);
    }
    for hour in [1, 13] {
        let at = day.local(hour, 30) + stream.between(0, 10 * SECOND);
        WindowsTree::child(
            day,
            agent,
            App::Robocopy,
            at,
            r"robocopy.exe E:\Backup \\zrh-fs-0005\Backup /MIR /Z",
        );
    }
}

fn web_server(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>) {
    let mut stream = day.stream(Topic::Server);
    logon::at_server(day, tree, 8);
    let start = Start {
        file: day.file(App::W3wp),
        parent: Some(tree.netsvcs),
        account: &day.tenant.accounts.web,
        command_line: Cow::Borrowed(
            r#"c:\windows\system32\inetsrv\w3wp.exe -ap "DefaultAppPool" -v "v4.0""#,
        ),
        integrity: Integrity::High,
        at: tree.booted + 40 * SECOND,
    };
    let worker = day.run_on(start, 360);
    for _ in 0..40 {
        let at = busy_moment(day, &mut stream);
        let visitor = format!("198.18.{}.{}", 64 + stream.below(64), 1 + stream.below(250));
        let port = 1_024 + i32::try_from(stream.below(60_000)).unwrap_or(0);
        let connection = Connection {
            action: "InboundConnectionAccepted",
            ip: Cow::Owned(visitor),
            port,
            url: Cow::Borrowed(""),
            protocol: "Tcp",
        };
        if let Some(row) = day.connect(worker, at, connection) {
            row.local_port = 443;
        }
    }
}

/// A connection that a device of the tenant made to this server.
fn inbound(
    day: &mut DeviceDay<'_, '_>,
    process: ProcessRef,
    at: i64,
    local_port: i32,
    stream: &mut Stream,
) {
    let source = day.tenant.neighbour(day.device, stream);
    let port = 49_152 + i32::try_from(stream.below(16_000)).unwrap_or(0);
    let connection = Connection {
        action: "InboundConnectionAccepted",
        ip: Cow::Borrowed(&source.ip),
        port,
        url: Cow::Borrowed(""),
        protocol: if local_port == 53 { "Udp" } else { "Tcp" },
    };
    if let Some(row) = day.connect(process, at, connection) {
        row.local_port = local_port;
    }
}
