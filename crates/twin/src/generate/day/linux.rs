//! A Linux server's day.

use std::borrow::Cow;

use super::{Connection, DeviceDay};
use crate::generate::calendar::{DAY, HOUR, MILLISECOND, SECOND};
use crate::generate::catalogue::App;
use crate::generate::digest::Digests;
use crate::generate::person::Account;
use crate::generate::process::{Integrity, ProcessRef, Start};
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::Item;

/// What cron starts: the program and its command line.
const JOBS: [(App, &str); 4] = [
    (App::Python3, "python3 /opt/reports/rollup.py --hourly"),
    (App::Bash, "bash /usr/local/bin/rotate-logs"),
    (
        App::Curl,
        "curl -fsS https://status.proseware.com/v2/summary",
    ),
    (App::RunParts, "run-parts --report /etc/cron.hourly"),
];

/// Writes the day: hourly jobs, web requests, packages, an administrator's shell.
pub(super) fn write(day: &mut DeviceDay<'_, '_>) {
    let mut stream = day.stream(Topic::Server);
    let booted = day.day.start() - (1 + day.day.weekday()) * DAY;
    let systemd = start(day, App::Systemd, None, "/sbin/init", booted, 1);
    let cron = start(
        day,
        App::Cron,
        Some(systemd),
        "/usr/sbin/cron -f",
        booted + SECOND,
        712,
    );
    let sshd = start(
        day,
        App::Sshd,
        Some(systemd),
        "sshd: /usr/sbin/sshd -D [listener]",
        booted + SECOND,
        714,
    );
    let nginx = start_as(
        day,
        &day.tenant.accounts.daemon,
        App::Nginx,
        systemd,
        "nginx: worker process",
        booted,
        730,
    );
    for hour in 0..24 {
        let at = day.day.start() + hour * HOUR + stream.between(SECOND, 3 * SECOND);
        job(day, cron, at, &mut stream);
    }
    for _ in 0..20 {
        let at = stream.between(day.day.start(), day.day.start() + DAY);
        web_request(day, nginx, at, &mut stream);
    }
    packages(day, systemd, &mut stream);
    super::routine::at_linux_server(day, cron, nginx);
    if stream.chance(500) {
        shell(day, sshd, &mut stream);
    }
}

/// Has a service run as root under the number `id`, without an event.
fn start(
    day: &mut DeviceDay<'_, '_>,
    app: App,
    parent: Option<ProcessRef>,
    command_line: &'static str,
    at: i64,
    id: i64,
) -> ProcessRef {
    let account = &day.tenant.accounts.root;
    let (file, command_line) = (day.file(app), Cow::Borrowed(command_line));
    let start = Start {
        file,
        parent,
        account,
        command_line,
        integrity: Integrity::Unknown,
        at,
    };
    day.run_on(start, id)
}

fn start_as<'t>(
    day: &mut DeviceDay<'_, 't>,
    account: &'t Account,
    app: App,
    parent: ProcessRef,
    command_line: &'static str,
    at: i64,
    id: i64,
) -> ProcessRef {
    let (file, command_line) = (day.file(app), Cow::Borrowed(command_line));
    let start = Start {
        file,
        parent: Some(parent),
        account,
        command_line,
        integrity: Integrity::Unknown,
        at,
    };
    day.run_on(start, id)
}

/// Starts a child of a process with an event.
pub(super) fn child<'t>(
    day: &mut DeviceDay<'_, 't>,
    parent: ProcessRef,
    app: App,
    command_line: impl Into<Cow<'t, str>>,
    at: i64,
) -> ProcessRef {
    let account = day.process(parent).account;
    let file = day.file(app);
    day.create(Start {
        file,
        parent: Some(parent),
        account,
        command_line: command_line.into(),
        integrity: Integrity::Unknown,
        at,
    })
}

fn job(day: &mut DeviceDay<'_, '_>, cron: ProcessRef, at: i64, stream: &mut Stream) {
    let (app, command_line) = *stream.pick(&JOBS);
    let shell = child(
        day,
        cron,
        App::Dash,
        format!("/bin/sh -c {command_line}"),
        at,
    );
    let process = child(day, shell, app, command_line, at + 30 * MILLISECOND);
    match app {
        App::Curl => day.visit(
            process,
            at + 200 * MILLISECOND,
            day.tenant.web.named("status.proseware.com"),
            stream,
        ),
        App::Bash => log_file(day, process, at + SECOND, stream),
        _ => {}
    }
}

fn log_file(day: &mut DeviceDay<'_, '_>, process: ProcessRef, at: i64, stream: &mut Stream) {
    let name = format!("access.log.{}", stream.below(14));
    let item = Item {
        path: Cow::Owned(format!("/var/log/nginx/{name}")),
        digests: Some(Cow::Owned(Digests::of(&format!(
            "log {} {at}",
            day.device.number
        )))),
        name: Cow::Owned(name),
        has_sha256: true,
        size: Some(stream.between(1_000, 90_000_000)),
    };
    day.change_file(process, at, "FileCreated", item);
}

pub(super) fn web_request(
    day: &mut DeviceDay<'_, '_>,
    nginx: ProcessRef,
    at: i64,
    stream: &mut Stream,
) {
    let visitor = format!(
        "198.18.{}.{}",
        128 + stream.below(64),
        1 + stream.below(250)
    );
    let port = 1_024 + i32::try_from(stream.below(60_000)).unwrap_or(0);
    let connection = Connection {
        action: "InboundConnectionAccepted",
        ip: Cow::Owned(visitor),
        port,
        url: Cow::Borrowed(""),
        protocol: "Tcp",
    };
    if let Some(row) = day.connect(nginx, at, connection) {
        row.local_port = 443;
    }
}

fn packages(day: &mut DeviceDay<'_, '_>, systemd: ProcessRef, stream: &mut Stream) {
    let at = day.local(6, stream.between(0, 60));
    let update = child(day, systemd, App::Apt, "/usr/bin/apt-get -qq -y update", at);
    day.visit(
        update,
        at + SECOND,
        day.tenant.web.named("archive.ubuntu.com"),
        stream,
    );
}

/// An administrator's session over SSH.
fn shell(day: &mut DeviceDay<'_, '_>, sshd: ProcessRef, stream: &mut Stream) {
    let at = stream.between(day.local(9, 0), day.local(17, 0));
    let source = day.tenant.neighbour(day.device, stream);
    let account = &day.tenant.accounts.administrator;
    if let Some(row) = day.log_on(sshd, at, "Network", account) {
        row.protocol = "ssh";
        row.remote_ip = Cow::Borrowed(&source.ip);
        row.remote_device = Cow::Borrowed(source.short_name());
        row.is_local_admin = Some(true);
    }
    let bash = child(day, sshd, App::Bash, "-bash", at + SECOND);
    child(
        day,
        bash,
        App::Bash,
        "bash -c 'systemctl status nginx'",
        at + 20 * SECOND,
    );
}
