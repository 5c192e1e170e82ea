//! What the sensor reports beside the plain events.

use std::borrow::Cow;

use super::{DeviceDay, WindowsTree};
use crate::generate::calendar::SECOND;
use crate::generate::catalogue::App;
use crate::generate::process::ProcessRef;
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::Item;

const PIPES: [&str; 5] = [
    "\\\\wkssvc",
    "\\\\srvsvc",
    "\\\\lsass",
    "\\\\spoolss",
    "\\\\InitShutdown",
];

/// Writes `count` events between two ticks.
pub(super) fn write<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    from: i64,
    to: i64,
    count: i64,
) {
    let mut stream = day.stream(Topic::Sensor);
    for _ in 0..count {
        let at = stream.between(from, to);
        event(day, tree, at, &mut stream);
    }
}

fn event<'t>(day: &mut DeviceDay<'_, 't>, tree: &WindowsTree<'t>, at: i64, stream: &mut Stream) {
    match stream.below(100) {
        0..25 => named_pipe(day, tree.network_service, at, stream),
        25..45 => dns_answer(day, tree.network_service, at, stream),
        45..60 => open_process(day, tree, at),
        60..70 => changed_token(day, tree, at),
        70..78 => scheduled_task(day, tree, at, stream),
        78..84 => directory_search(day, tree.lsass, at),
        84..90 => launched_browser(day, tree, at, stream),
        90..93 => usb_drive(day, tree, at, stream),
        93..97 => driver(day, tree, at),
        _ => blocked_site(day, tree, at, stream),
    }
}

fn named_pipe(day: &mut DeviceDay<'_, '_>, process: ProcessRef, at: i64, stream: &mut Stream) {
    let pipe = *stream.pick(&PIPES);
    if let Some(row) = day.note(process, at, "NamedPipeEvent") {
        row.additional = Cow::Owned(format!(
            r#"{{"AccessToken":3,"PipeName":"\\Device\\NamedPipe{pipe}","NamedPipeEnd":"Server","FileOperation":"File opened"}}"#
        ));
    }
}

fn dns_answer(day: &mut DeviceDay<'_, '_>, process: ProcessRef, at: i64, stream: &mut Stream) {
    let host = day.tenant.web.visited(stream);
    if let Some(row) = day.note(process, at, "DnsQueryResponse") {
        row.additional = Cow::Owned(format!(
            r#"{{"DnsQueryString":"{}","DnsQueryResult":"{}"}}"#,
            host.name, host.ip
        ));
    }
}

fn open_process(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, at: i64) {
    let lsass = Item::of(day.file(App::Lsass), "");
    if let Some(row) = day.note(tree.antimalware, at, "OpenProcessApiCall") {
        row.item = Some(lsass);
        row.target = Some(tree.lsass);
        row.additional = Cow::Borrowed(r#"{"DesiredAccess":5136}"#);
    }
}

fn changed_token(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, at: i64) {
    if let Some(row) = day.note(tree.netsvcs, at, "ProcessPrimaryTokenModified") {
        row.target = Some(tree.netsvcs);
        row.additional =
            Cow::Borrowed(r#"{"TokenModificationProperties":"{\"isChangedToSystemToken\":true}"}"#);
    }
}

fn scheduled_task<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    at: i64,
    stream: &mut Stream,
) {
    let name = format!("OneDrive Reporting Task-{}", stream.hex(8));
    if let Some(row) = day.note(tree.netsvcs, at, "ScheduledTaskCreated") {
        row.account = Some(tree.account);
        row.additional = Cow::Owned(format!(r#"{{"TaskName":"\\{name}"}}"#));
    }
}

fn directory_search(day: &mut DeviceDay<'_, '_>, process: ProcessRef, at: i64) {
    if let Some(row) = day.note(process, at, "LdapSearch") {
        row.additional = Cow::Borrowed(
            r#"{"SearchFilter":"(&(objectClass=user)(sAMAccountName=*))","DistinguishedName":"DC=contoso,DC=com","ScopeOfSearch":"SubTree"}"#,
        );
    }
}

fn launched_browser(
    day: &mut DeviceDay<'_, '_>,
    tree: &WindowsTree<'_>,
    at: i64,
    stream: &mut Stream,
) {
    let host = day.tenant.web.visited(stream);
    if let Some(row) = day.note(tree.explorer, at, "BrowserLaunchedToOpenUrl") {
        row.remote_url = Cow::Owned(format!("https://{}{}", host.name, host.path));
    }
}

fn usb_drive(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, at: i64, stream: &mut Stream) {
    let serial = stream.hex(12).to_uppercase();
    if let Some(row) = day.note(tree.netsvcs, at, "PnpDeviceConnected") {
        row.additional = Cow::Owned(format!(
            r#"{{"ClassName":"DiskDrive","DeviceDescription":"Disk drive","DeviceId":"USBSTOR\\DISK&VEN_FABRIKAM&PROD_STICK\\{serial}"}}"#
        ));
    }
    if let Some(row) = day.note(tree.netsvcs, at + SECOND, "UsbDriveMounted") {
        row.additional = Cow::Owned(format!(
            r#"{{"DriveLetter":"E:","Manufacturer":"Fabrikam","ProductName":"Stick","SerialNumber":"{serial}"}}"#
        ));
    }
}

fn driver(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, at: i64) {
    let kernel = Item::of(day.file(App::Ntoskrnl), "");
    if let Some(row) = day.note(tree.services, at, "DriverLoad") {
        row.item = Some(kernel);
    }
}

/// An unwanted but harmless site of the long tail.
fn blocked_site(day: &mut DeviceDay<'_, '_>, tree: &WindowsTree<'_>, at: i64, stream: &mut Stream) {
    let host = day.tenant.web.visited(stream);
    if let Some(row) = day.note(
        tree.network_service,
        at,
        "ExploitGuardNetworkProtectionAudited",
    ) {
        row.remote_url = Cow::Borrowed(&host.name);
        row.remote_ip = Cow::Borrowed(&host.ip);
        row.remote_port = Some(443);
        row.additional = Cow::Borrowed(r#"{"IsAudit":true,"ResponseCategory":"CustomPolicy"}"#);
    }
}
