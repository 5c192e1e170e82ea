//! What the sensor knows of the device itself: `DeviceInfo`, `DeviceNetworkInfo`, the software inventory.

use std::borrow::Cow;

use super::DeviceDay;
use super::workday::Workday;
use crate::generate::calendar::{DAY, Day, HOUR};
use crate::generate::catalogue::App;
use crate::generate::device::Role;
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::{
    AdapterRow, AssessmentRow, InfoRow, SoftwareRow, VulnerabilityRow, WeaknessRow,
};
use crate::generate::site::name_server;
use crate::generate::weakness::{SETTINGS, VULNERABILITIES, of_software};

/// 2025-10-14, after which Windows 10 gets no updates.
/// Source: "Windows 10 Home and Pro", learn.microsoft.com/lifecycle/products/windows-10-home-and-pro.
const WINDOWS_10_ENDS: Day = Day(20_375);

/// Writes two snapshots, while the owner works or one in each half of the day, and on the last day the inventory.
pub(super) fn write(day: &mut DeviceDay<'_, '_>, workday: Option<&Workday<'_>>) {
    let mut stream = day.stream(Topic::Snapshot);
    if workday.is_none() && day.device.role.is_personal() && !stream.chance(400) {
        return inventory(day);
    }
    for half in 0..2 {
        let begins = day.day.start() + half * DAY / 2;
        let at = match workday {
            Some(workday) => workday.moment(&mut stream),
            None => stream.between(begins, begins + DAY / 2 - HOUR),
        };
        device_info(day, workday, at, &mut stream);
        adapters(day, workday, at, &mut stream);
    }
    inventory(day);
}

fn device_info(
    day: &mut DeviceDay<'_, '_>,
    workday: Option<&Workday<'_>>,
    at: i64,
    stream: &mut Stream,
) {
    let role = day.device.role;
    let at_home = workday.is_some_and(|workday| workday.at_home);
    let exposure = *stream.pick(&["Low", "Low", "Medium", "Medium", "High"]);
    let info = InfoRow {
        stamp: match day.stamp(at) {
            Some(stamp) => stamp,
            None => return,
        },
        client_version: sensor_version(day),
        revision: (3_000 + day.day.0.div_euclid(30) % 500).to_string(),
        logged_on: logged_on(day),
        public_ip: if at_home {
            "198.18.254.77"
        } else {
            day.device.site().public_ip
        },
        group: if role.is_personal() {
            "Workstations"
        } else {
            "Servers"
        },
        exposure,
        value: if role == Role::DomainController {
            "High"
        } else {
            "Normal"
        },
        is_internet_facing: role == Role::WebServer,
    };
    day.rows.info.push(info);
}

fn sensor_version<'t>(day: &DeviceDay<'_, 't>) -> Cow<'t, str> {
    match day.device.role {
        Role::LinuxServer | Role::Mac => Cow::Borrowed(&day.file(App::Wdavdaemon).version),
        _ => Cow::Owned(format!("10.8760.{}.1010", day.device.system.build)),
    }
}

fn logged_on(day: &DeviceDay<'_, '_>) -> String {
    day.tenant
        .owner(day.device)
        .map_or_else(String::new, |owner| {
            let account = &owner.account;
            format!(
                r#"[{{"UserName":"{}","DomainName":"{}","Sid":"{}"}}]"#,
                account.name, account.domain, account.sid
            )
        })
}

/// The adapter in use, and for workstations the one that is not.
fn adapters(
    day: &mut DeviceDay<'_, '_>,
    workday: Option<&Workday<'_>>,
    at: i64,
    stream: &mut Stream,
) {
    let at_home = workday.is_some_and(|workday| workday.at_home);
    let is_wireless = day.device.role.is_personal() && (at_home || stream.chance(500));
    let (kind, name) = if is_wireless {
        ("Wireless80211", "Wi-Fi")
    } else {
        ("Ethernet", "Ethernet")
    };
    let Some(stamp) = day.stamp(at) else { return };
    let (gateway, prefix) = gateway(day.local_ip);
    let server = if at_home {
        gateway.clone()
    } else {
        name_server(day.device.site())
    };
    let network = if at_home { "Home" } else { "contoso.com" };
    day.rows.adapter.push(AdapterRow {
        stamp,
        name,
        mac: Cow::Borrowed(&day.device.mac),
        kind,
        status: "Up",
        tunnel: "None",
        networks: format!(
            r#"[{{"Name":"{network}","Description":"{network}","IsConnectedToInternet":true,"Category":"{}"}}]"#,
            if at_home { "Private" } else { "Authenticated" }
        ),
        name_servers: format!(r#"["{server}"]"#),
        dhcp: Cow::Owned(server),
        gateways: format!(r#"["{gateway}"]"#),
        addresses: format!(
            r#"[{{"IPAddress":"{}","SubnetPrefix":{prefix},"AddressType":"Private"}},{{"IPAddress":"{}","SubnetPrefix":64,"AddressType":"Private"}}]"#,
            day.local_ip, day.device.ipv6
        ),
    });
    if day.device.role == Role::Workstation {
        idle_adapter(day, at);
    }
}

fn idle_adapter(day: &mut DeviceDay<'_, '_>, at: i64) {
    let Some(stamp) = day.stamp(at) else { return };
    day.rows.adapter.push(AdapterRow {
        stamp,
        name: "Bluetooth Network Connection",
        mac: Cow::Owned(format!("00155E{:06X}", day.device.number)),
        kind: "Ethernet",
        status: "Down",
        tunnel: "None",
        networks: String::new(),
        name_servers: "[]".to_owned(),
        dhcp: Cow::Borrowed(""),
        gateways: "[]".to_owned(),
        addresses: "[]".to_owned(),
    });
}

/// The first address of the network, and the length of its prefix.
fn gateway(ip: &str) -> (String, u8) {
    let network = ip.rsplit_once('.').map_or(ip, |(network, _)| network);
    (format!("{network}.1"), 24)
}

/// The inventory is a table of the present: one row for a program of a device.
fn inventory(day: &mut DeviceDay<'_, '_>) {
    if day.day != day.tenant.window.last_day() {
        return;
    }
    let programs: &[(App, &str, &str)] = match day.device.role {
        Role::Workstation => &[
            (App::Chrome, "google", "chrome"),
            (App::Edge, "microsoft", "edge_chromium-based"),
            (App::Word, "microsoft", "office"),
            (App::Teams, "microsoft", "teams"),
            (App::AcrobatReader, "adobe", "acrobat_reader_dc"),
            (App::Zip7, "7-zip", "7-zip"),
        ],
        Role::Mac => &[
            (App::MacChrome, "google", "chrome"),
            (App::Safari, "apple", "safari"),
        ],
        Role::LinuxServer => &[
            (App::Nginx, "nginx", "nginx"),
            (App::Curl, "haxx", "curl"),
            (App::Sshd, "openbsd", "openssh"),
        ],
        Role::DatabaseServer => &[
            (App::SqlServer, "microsoft", "sql_server_2022"),
            (App::Edge, "microsoft", "edge_chromium-based"),
        ],
        _ => &[(App::Edge, "microsoft", "edge_chromium-based")],
    };
    for (app, vendor, name) in programs {
        let version = day.file(*app).version.as_str();
        software(day, vendor, name, version);
    }
    let system = day.device.system;
    let name = if system.platform == "Windows10" {
        "windows_10"
    } else {
        system.platform
    };
    software(day, "system", name, system.version);
    assessments(day);
    if day.device.number == 0 {
        knowledge(day);
    }
}

/// Settings are assessed on Windows.
fn assessments(day: &mut DeviceDay<'_, '_>) {
    if !day.device.is_windows() {
        return;
    }
    let (device, time) = (day.device, day.day.start());
    day.rows
        .assessment
        .extend(SETTINGS.iter().map(|setting| AssessmentRow {
            device,
            time,
            setting,
            is_kept: setting.is_kept(device),
        }));
}

/// What is known about vulnerabilities and settings stands in tables without devices.
fn knowledge(day: &mut DeviceDay<'_, '_>) {
    let tenant = day.tenant;
    let known = VULNERABILITIES
        .iter()
        .map(|vulnerability| VulnerabilityRow {
            vulnerability,
            published: vulnerability.published(tenant),
            modified: vulnerability.modified(tenant),
            affected: vulnerability.affected(),
        });
    day.rows.vulnerability.extend(known);
    day.rows.setting.extend(SETTINGS);
}

fn software<'t>(
    day: &mut DeviceDay<'_, 't>,
    vendor: &'static str,
    name: &'static str,
    version: &'t str,
) {
    let weaknesses = of_software(day.device, name).map(|vulnerability| WeaknessRow {
        device: day.device,
        vendor,
        name,
        version,
        vulnerability,
    });
    day.rows.weakness.extend(weaknesses);
    let has_ended = name == "windows_10";
    day.rows.software.push(SoftwareRow {
        device: day.device,
        vendor,
        name,
        version,
        support: if has_ended { "EOS Version" } else { "" },
        support_ends: has_ended.then(|| WINDOWS_10_ENDS.start()),
        cpe: format!("cpe:2.3:a:{vendor}:{name}:{version}:*:*:*:*:*:*:*"),
    });
}
