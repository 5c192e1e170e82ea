//! The tenant's entities as the API writes them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::plan::{Alert, Cve, DAY, Logon, Machine, Plan, Weakness, mixed};

const TENANT_ID: &str = "a55e7000-0000-4000-8000-000000000001";
const CLIENT_ID: &str = "a55e7000-0000-4000-8000-000000000002";
pub(super) const DOMAIN: &str = "contoso";

/// Days without a report after which the service calls a machine inactive.
const INACTIVE_DAYS: i64 = 7;

/// A system: platform, version, build, type of device.
pub(super) struct System {
    pub(super) platform: &'static str,
    pub(super) version: &'static str,
    pub(super) build: u32,
    pub(super) device_type: &'static str,
}

const SYSTEMS: [System; 5] = [
    system("Windows11", "24H2", 26_100, "Workstation"),
    system("Windows11", "23H2", 22_631, "Workstation"),
    system("Windows10", "22H2", 19_045, "Workstation"),
    system("WindowsServer2022", "21H2", 20_348, "Server"),
    system("Linux", "22.04", 0, "Server"),
];

const fn system(
    platform: &'static str,
    version: &'static str,
    build: u32,
    device_type: &'static str,
) -> System {
    System {
        platform,
        version,
        build,
        device_type,
    }
}

/// The system of a machine.
pub(super) fn system_of(machine: &Machine) -> &'static System {
    let [first, ..] = &SYSTEMS;
    SYSTEMS.get(machine.kind(SYSTEMS.len())).unwrap_or(first)
}

/// An instant as the API writes it.
pub(super) fn instant(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .unwrap_or_default()
        .to_string()
}

/// `2026-10-01 08:00:00`, as exports write instants.
fn plain(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `tenant.json`: one app with every role.
pub(super) fn tenant() -> Value {
    json!({
        "tenant_id": TENANT_ID, "name": "Contoso", "domains": ["contoso.com"],
        "apps": [{"client_id": CLIENT_ID, "client_secret": "asset-tenant", "public_client": true}],
    })
}

pub(super) fn name(machine: &Machine) -> String {
    let kind = match system_of(machine).device_type {
        "Server" => "srv",
        _ => "pc",
    };
    format!("{kind}-{:05}.contoso.com", machine.number)
}

pub(super) fn mac_address(machine: &Machine) -> String {
    format!("{:012X}", 0x0200_0000_0000_u64 + u64::from(machine.number))
}

pub(super) fn entra_id(machine: &Machine) -> String {
    let (head, tail) = (mixed(machine.number, 21), mixed(machine.number, 22));
    let (head, tail) = (format!("{head:016x}"), format!("{tail:016x}"));
    let part = |text: &str, from: usize, to: usize| text.get(from..to).unwrap_or("").to_owned();
    format!(
        "{}-{}-4{}-8{}-{}",
        part(&head, 0, 8),
        part(&head, 8, 12),
        part(&head, 13, 16),
        part(&tail, 1, 4),
        part(&tail, 4, 16)
    )
}

pub(super) fn exposure(machine: &Machine) -> &'static str {
    ["Low", "Medium", "High"]
        .get(machine.kind(3))
        .unwrap_or(&"None")
}

/// Whether the tenant's Entra ID knows the machine.
pub(super) fn is_joined(machine: &Machine) -> bool {
    system_of(machine).device_type == "Workstation"
}

/// A machine.
pub(super) fn machine(plan: &Plan, machine: &Machine, at_risk: &BTreeSet<u32>) -> Value {
    let system = system_of(machine);
    let address = machine.address(machine.changed.is_some());
    let is_silent = plan.now() - machine.last_seen > INACTIVE_DAYS * DAY;
    let is_joined = is_joined(machine);
    let group = machine.group() % 5;
    json!({
        "id": machine.id(), "mergedIntoMachineId": null, "isPotentialDuplication": false, "isExcluded": false,
        "exclusionReason": null, "computerDnsName": name(machine), "firstSeen": instant(machine.first_seen),
        "lastSeen": instant(machine.last_seen), "osPlatform": system.platform, "osVersion": null,
        "osProcessor": "x64", "version": system.version, "lastIpAddress": address,
        "lastExternalIpAddress": format!("198.51.100.{}", group + 1), "agentVersion": "10.8760.26100.1",
        "osBuild": system.build, "healthStatus": if is_silent { "Inactive" } else { "Active" }, "deviceValue": "Normal",
        "rbacGroupId": group + 1, "rbacGroupName": format!("Site {}", group + 1),
        "riskScore": if at_risk.contains(&machine.number) { "High" } else { "None" },
        "exposureLevel": exposure(machine), "isAadJoined": is_joined,
        "aadDeviceId": is_joined.then(|| entra_id(machine)),
        "machineTags": if system.device_type == "Server" { vec!["server"] } else { vec![] },
        "defenderAvStatus": "Updated", "onboardingStatus": "Onboarded", "osArchitecture": "64-bit",
        "managedBy": if is_joined { "Intune" } else { "Unknown" },
        "managedByStatus": if is_joined { "Success" } else { "Unknown" },
        "ipAddresses": [
            {"ipAddress": address, "macAddress": mac_address(machine), "type": "Ethernet", "operationalStatus": "Up"},
            {"ipAddress": "127.0.0.1", "macAddress": null, "type": "SoftwareLoopback", "operationalStatus": "Up"},
        ],
        "vmMetadata": null,
    })
}

pub(super) fn account_name(logon: &Logon) -> String {
    format!("user{:05}", logon.account)
}

pub(super) fn account_sid(logon: &Logon) -> String {
    format!(
        "S-1-5-21-1004336348-1177238915-682003330-{}",
        1_000 + logon.account
    )
}

/// A user who logged on to a machine.
pub(super) fn user(machine: &Machine, logon: &Logon) -> Value {
    let name = account_name(logon);
    json!({
        "id": format!("{DOMAIN}\\{name}"), "accountName": name, "accountDomain": DOMAIN, "accountSid": account_sid(logon),
        "firstSeen": instant(logon.first), "lastSeen": instant(logon.last), "mostPrevalentMachineId": machine.id(),
        "logonTypes": logon.kind, "isDomainAdmin": logon.account < 20, "isOnlyNetworkUser": logon.kind == "Network",
    })
}

/// An alert with its evidence.
pub(super) fn alert(plan: &Plan, alert: &Alert) -> Value {
    let machine = plan.machine(alert.machine);
    let logon = machine.logons(plan).next();
    let (status, updated) = match alert.resolved {
        Some(at) => ("Resolved", at),
        None if alert.number % 3 == 1 => ("InProgress", alert.raised + 1_800),
        None => ("New", alert.raised + 60),
    };
    let severity = ["Low", "Medium", "High", "Informational"];
    let severity = usize::try_from(alert.number % 4)
        .ok()
        .and_then(|place| severity.get(place));
    let user = logon.as_ref().map(account_name);
    json!({
        "id": format!("da{:018}_{}", 638_000_000_000_000_000_u64 + u64::from(alert.number) * 7_919, alert.number + 1),
        "incidentId": alert.number / 2 + 1, "investigationId": null,
        "assignedTo": (status != "New").then_some("soc@contoso.com"), "severity": severity, "status": status,
        "classification": (status == "Resolved").then_some("TruePositive"),
        "determination": (status == "Resolved").then_some("Malware"), "investigationState": "UnsupportedAlertType",
        "detectionSource": "WindowsDefenderAtp", "detectorId": "17c10bbc-3a68-474a-8aad-faef14d43952",
        "category": "Execution", "threatFamilyName": null, "threatName": null, "title": "Suspicious script",
        "description": "A script was started in a suspicious way.", "alertCreationTime": instant(alert.raised),
        "firstEventTime": instant(alert.raised - 300), "lastEventTime": instant(alert.raised - 60),
        "lastUpdateTime": instant(updated), "resolvedTime": alert.resolved.map(instant), "machineId": machine.id(),
        "computerDnsName": name(&machine), "rbacGroupName": format!("Site {}", machine.group() % 5 + 1),
        "aadTenantId": TENANT_ID, "mitreTechniques": ["T1059.001"],
        "relatedUser": user.as_ref().map(|user| json!({"userName": user, "domainName": DOMAIN})),
        "loggedOnUsers": user.iter().map(|user| json!({"accountName": user, "domainName": DOMAIN})).collect::<Vec<_>>(),
        "comments": [], "evidence": evidence(alert, logon.as_ref()), "domains": [],
    })
}

/// What of an item of evidence differs; all other keys are null.
fn item(alert: &Alert, kind: &str, own: &Value) -> Value {
    let mut item = json!({
        "entityType": kind, "evidenceCreationTime": instant(alert.raised), "sha1": null, "sha256": null, "fileName": null,
        "filePath": null, "processId": null, "processCommandLine": null, "processCreationTime": null,
        "parentProcessId": null, "parentProcessCreationTime": null, "parentProcessFileName": null,
        "parentProcessFilePath": null, "ipAddress": null, "url": null, "registryKey": null, "registryHive": null,
        "registryValueType": null, "registryValue": null, "registryValueName": null, "accountName": null,
        "domainName": null, "userSid": null, "aadUserId": null, "userPrincipalName": null, "detectionStatus": "Detected",
    });
    if let (Some(item), Some(own)) = (item.as_object_mut(), own.as_object()) {
        item.extend(own.clone());
    }
    item
}

fn evidence(alert: &Alert, logon: Option<&Logon>) -> Vec<Value> {
    let digest = |salt| format!("{:016x}", mixed(alert.number % 40, salt));
    let sha256 = [31, 32, 33, 34].map(digest).concat();
    let sha1 = sha256.get(..40);
    let file = json!({"sha1": sha1, "sha256": sha256, "fileName": "script.ps1", "filePath": "C:\\Users\\Public"});
    let process = json!({
        "sha1": sha1, "sha256": sha256, "fileName": "powershell.exe",
        "filePath": "C:\\Windows\\System32\\WindowsPowerShell\\v1.0", "processId": 4_000 + alert.number % 4_000,
        "processCommandLine": "powershell.exe -File C:\\Users\\Public\\script.ps1",
        "processCreationTime": instant(alert.raised - 300), "parentProcessFileName": "explorer.exe",
    });
    let address = json!({"ipAddress": format!("203.0.113.{}", alert.number % 250 + 1)});
    let user = logon.map(|logon| {
        let own = json!({"accountName": account_name(logon), "domainName": DOMAIN, "userSid": account_sid(logon)});
        item(alert, "User", &own)
    });
    let others = [("Process", process), ("File", file), ("Ip", address)];
    let others = others
        .into_iter()
        .map(|(kind, own)| item(alert, kind, &own));
    user.into_iter().chain(others).collect()
}

/// A program's vendor, name and version.
pub(super) fn program(number: u32) -> [String; 3] {
    let version = format!("{}.{}.{}", 1 + number % 9, number % 7, number % 5);
    ["contoso".to_owned(), format!("product-{number}"), version]
}

pub(super) fn severity(cve: Cve) -> &'static str {
    let all = ["Low", "Medium", "Medium", "High", "High", "Critical"];
    let place = usize::try_from(mixed(cve.number(), 41) % 6).unwrap_or(0);
    all.get(place).copied().unwrap_or("Medium")
}

pub(super) fn score(cve: Cve) -> f64 {
    let tenth = u32::try_from(mixed(cve.number(), 42) % 10).unwrap_or(0);
    let whole = match severity(cve) {
        "Low" => 2,
        "Medium" => 5,
        "High" => 7,
        _ => 9,
    };
    f64::from(whole * 10 + tenth) / 10.0
}

pub(super) fn has_exploit(cve: Cve) -> bool {
    mixed(cve.number(), 43).is_multiple_of(10)
}

/// The name and the number of what closes a vulnerability.
pub(super) fn update(weakness: Weakness) -> (String, String) {
    let number = 5_030_000 + weakness.program;
    (
        format!("Update of product-{}", weakness.program),
        number.to_string(),
    )
}

/// The record of the vulnerability that the machine's change closed: no table tells of it any more.
pub(super) fn fixed(plan: &Plan, machine: &Machine) -> Option<Value> {
    let weakness = machine.closed(plan)?;
    let at = machine.last_seen;
    let [vendor, product, version] = program(weakness.program);
    let (id, cve, system) = (machine.id(), weakness.cve.id(), system_of(machine));
    let (update, update_id) = update(weakness);
    let exploit = if has_exploit(weakness.cve) {
        "ExploitIsPublic"
    } else {
        "NoExploit"
    };
    Some(json!({
        "id": format!("{id}_-_{vendor}_-_{product}_-_{version}_-_{cve}"), "deviceId": id,
        "rbacGroupName": format!("Site {}", machine.group() % 5 + 1), "deviceName": name(machine),
        "osPlatform": system.platform, "osVersion": system.version, "osArchitecture": "x64", "softwareVendor": vendor,
        "softwareName": product, "softwareVersion": version, "cveId": cve,
        "vulnerabilitySeverityLevel": severity(weakness.cve), "cvssScore": score(weakness.cve),
        "recommendedSecurityUpdate": update, "recommendedSecurityUpdateId": update_id,
        "recommendedSecurityUpdateUrl":
            format!("https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB{update_id}"),
        "diskPaths": [], "registryPaths": [], "lastSeenTimestamp": plain(at),
        "firstSeenTimestamp": plain(machine.first_seen.max(weakness.cve.published(plan))),
        "exploitabilityLevel": exploit, "recommendationReference": format!("va-_-{vendor}-_-{product}"),
        "securityUpdateAvailable": true, "status": "Fixed", "eventTimestamp": instant(at), "isOnboarded": true,
    }))
}
