//! The API's entities of a generated tenant: the same devices, people, files and alerts that the tables show.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use serde_json::{Value, json};

use super::calendar::{self, DAY};
use super::catalogue::File;
use super::device::{Device, Role};
use super::digest;
use super::harvest::{AlertFacts, DeviceFacts, Harvest};
use super::person::Account;
use super::story::{PlantedKind, Story, planted};
use super::tenant::Tenant;
use crate::data::{Entities, SharedEntity};
use crate::ids::derived_uuid;
use crate::wire_time;

/// Severities from low to high.
const SEVERITIES: [&str; 4] = ["Informational", "Low", "Medium", "High"];

/// Days after which an alert is being worked on, and after which it is resolved.
const TRIAGED: [i64; 2] = [5, 8];

/// Everything that the tenant's data directory holds beside tables.
pub(super) fn entities(tenant: &Tenant, harvest: &Harvest, tenant_id: &str) -> Entities {
    let alerts = alerts(tenant, harvest, tenant_id);
    Entities {
        machines: shared(tenant.devices.iter().map(|device| machine(device, harvest))),
        investigations: shared(alerts.iter().filter_map(investigation)),
        alerts: shared(alerts),
        indicators: shared(indicators(tenant)),
        machine_actions: Vec::new(),
        remediation_tasks: shared([remediation(tenant, harvest)]),
        vulnerability_changes: Vec::new(),
        files: shared(tenant.known_files().map(|file| file_profile(tenant, file))),
        logon_users: logon_users(tenant, harvest),
        available_actions: BTreeMap::new(),
    }
}

fn shared(values: impl IntoIterator<Item = Value>) -> Vec<SharedEntity> {
    let object = |value| match value {
        Value::Object(entity) => Some(SharedEntity::new(entity)),
        _ => None,
    };
    values.into_iter().filter_map(object).collect()
}

fn time(ticks: i64) -> String {
    wire_time::text(calendar::timestamp(ticks))
}

fn machine(device: &Device, harvest: &Harvest) -> Value {
    let facts = harvest.devices.get(&device.number);
    let text = |get: fn(&DeviceFacts) -> &str| facts.map(get);
    let is_joined = device.role == Role::Workstation;
    let is_arm = device.role == Role::Mac;
    json!({
        "id": device.id, "mergedIntoMachineId": null, "isPotentialDuplication": false, "isExcluded": false,
        "exclusionReason": null, "computerDnsName": device.name, "firstSeen": facts.map(|facts| time(facts.first)),
        "lastSeen": facts.map(|facts| time(facts.last)), "osPlatform": device.system.platform, "osVersion": null,
        "osProcessor": if is_arm { "arm64" } else { "x64" }, "version": device.system.version_info,
        "lastIpAddress": device.ip, "lastExternalIpAddress": text(|facts| facts.public_ip),
        "agentVersion": text(|facts| &facts.client_version), "osBuild": device.system.build,
        "healthStatus": if facts.is_some() { "Active" } else { "Inactive" },
        "deviceValue": text(|facts| facts.value).unwrap_or("Normal"),
        "rbacGroupId": if device.role.is_personal() { 1 } else { 2 },
        "rbacGroupName": text(|facts| facts.group), "riskScore": risk(device, harvest),
        "exposureLevel": text(|facts| facts.exposure).unwrap_or("None"), "isAadJoined": is_joined,
        "aadDeviceId": is_joined.then_some(&device.entra_id), "machineTags": tags(device),
        "defenderAvStatus": "Updated", "onboardingStatus": "Onboarded", "osArchitecture": "64-bit",
        "managedBy": if is_joined { "Intune" } else { "Unknown" },
        "managedByStatus": if is_joined { "Success" } else { "Unknown" },
        "ipAddresses": [
            {"ipAddress": device.ip, "macAddress": device.mac, "type": "Ethernet", "operationalStatus": "Up"},
            {"ipAddress": device.ipv6, "macAddress": device.mac, "type": "Ethernet", "operationalStatus": "Up"},
            {"ipAddress": "127.0.0.1", "macAddress": null, "type": "SoftwareLoopback", "operationalStatus": "Up"},
        ],
        "vmMetadata": null,
    })
}

fn tags(device: &Device) -> Vec<&'static str> {
    let mut tags = vec![device.site().city];
    if !device.role.is_personal() {
        tags.push("server");
    }
    tags
}

/// The highest severity of the device's alerts.
fn risk(device: &Device, harvest: &Harvest) -> &'static str {
    let own = harvest
        .alerts
        .values()
        .filter(|alert| alert.device == device.number);
    let rank = |alert: &AlertFacts| SEVERITIES.iter().position(|name| *name == alert.severity);
    own.filter_map(rank)
        .max()
        .and_then(|rank| SEVERITIES.get(rank).copied())
        .unwrap_or("None")
}

/// The alerts, oldest first; each is an incident of its own.
fn alerts(tenant: &Tenant, harvest: &Harvest, tenant_id: &str) -> Vec<Value> {
    let mut sorted: Vec<(&String, &AlertFacts)> = harvest.alerts.iter().collect();
    sorted.sort_by_key(|(id, facts)| (facts.raised, *id));
    (1_u64..)
        .zip(sorted)
        .filter_map(|(number, (id, facts))| alert(tenant, harvest, tenant_id, number, id, facts))
        .collect()
}

fn alert(
    tenant: &Tenant,
    harvest: &Harvest,
    tenant_id: &str,
    number: u64,
    id: &str,
    facts: &AlertFacts,
) -> Option<Value> {
    let device = tenant.devices.get(facts.device as usize)?;
    let age = (tenant.window.end - facts.raised) / DAY;
    let is_resolved = age >= TRIAGED[1];
    let status = match age {
        age if age < TRIAGED[0] => "New",
        age if age < TRIAGED[1] => "InProgress",
        _ => "Resolved",
    };
    let raised = time(facts.raised);
    let is_investigated = facts.severity == "High" && device.is_windows();
    let owner = tenant.owner(device).map(|owner| &owner.account);
    let user = owner.map(|account| json!({"userName": account.name, "domainName": account.domain}));
    let logged_on =
        owner.map(|account| json!({"accountName": account.name, "domainName": account.domain}));
    let techniques = techniques(facts.techniques);
    Some(json!({
        "id": id, "incidentId": number, "investigationId": is_investigated.then_some(number),
        "assignedTo": (status != "New").then_some("soc@contoso.com"), "severity": facts.severity, "status": status,
        "classification": is_resolved.then_some("TruePositive"), "determination": is_resolved.then_some("Malware"),
        "investigationState": if is_investigated { "SuccessfullyRemediated" } else { "UnsupportedAlertType" },
        "detectionSource": "WindowsDefenderAtp",
        "detectorId": derived_uuid(&[b"detector", facts.title.as_bytes()]).to_string(), "category": facts.category,
        "threatFamilyName": null, "title": facts.title,
        "description": format!("{} on {}.", facts.title, device.name), "alertCreationTime": raised,
        "firstEventTime": raised, "lastEventTime": raised, "lastUpdateTime": raised,
        "resolvedTime": is_resolved.then_some(&raised), "machineId": device.id, "computerDnsName": device.name,
        "rbacGroupName": harvest.devices.get(&device.number).map(|device| device.group), "aadTenantId": tenant_id,
        "threatName": null, "mitreTechniques": techniques, "relatedUser": user,
        "loggedOnUsers": Vec::from_iter(logged_on), "comments": [], "evidence": facts.evidence, "domains": [],
    }))
}

/// `T1059.001` of `PowerShell (T1059.001)`.
fn techniques(json_text: &str) -> Vec<String> {
    let named: Vec<String> = serde_json::from_str(json_text).unwrap_or_default();
    let number = |name: &String| {
        let (_, rest) = name.rsplit_once('(')?;
        Some(rest.trim_end_matches(')').to_owned())
    };
    named.iter().filter_map(number).collect()
}

fn investigation(alert: &Value) -> Option<Value> {
    let id = alert["investigationId"].as_u64()?;
    Some(json!({
        "id": id.to_string(), "startTime": alert["alertCreationTime"], "endTime": alert["lastUpdateTime"],
        "state": "SuccessfullyRemediated", "cancelledBy": null, "statusDetails": null, "machineId": alert["machineId"],
        "computerDnsName": alert["computerDnsName"], "triggeringAlertId": alert["id"],
    }))
}

/// What an analyst blocked after the first intrusion.
fn indicators(tenant: &Tenant) -> Vec<Value> {
    let known = planted(tenant);
    let of_story = known
        .iter()
        .filter(|planted| planted.story == Story::TrojanisedInstaller);
    let created = time(tenant.window.end - 8 * DAY);
    of_story
        .filter_map(|planted| indicator_type(planted.kind, &planted.value))
        .zip(1_u32..)
        .map(|((kind, action, value), id)| {
            json!({
                "id": id.to_string(), "indicatorValue": value, "indicatorType": kind, "action": action,
                "createdBy": "soc@contoso.com", "severity": "High", "category": 1, "application": null,
                "educateUrl": null, "bypassDurationHours": null, "title": "FreeScan back door",
                "description": "Blocked after an intrusion.", "recommendedActions": null,
                "creationTimeDateTimeUtc": created, "expirationTime": null, "lastUpdateTime": created,
                "lastUpdatedBy": null, "rbacGroupNames": [], "rbacGroupIds": [], "notificationId": null,
                "notificationBody": null, "version": null, "mitreTechniques": [], "historicalDetection": false,
                "lookBackPeriod": null, "generateAlert": true, "additionalInfo": null,
                "createdByDisplayName": "soc@contoso.com", "externalId": null, "createdBySource": "Portal",
                "certificateInfo": null,
            })
        })
        .collect()
}

fn indicator_type(kind: PlantedKind, value: &str) -> Option<(&'static str, &'static str, String)> {
    let plain = value.to_owned();
    Some(match kind {
        PlantedKind::Sha256 => ("FileSha256", "BlockAndRemediate", plain),
        PlantedKind::Sha1 => ("FileSha1", "BlockAndRemediate", plain),
        PlantedKind::Ipv4 => ("IpAddress", "Block", plain),
        PlantedKind::Ipv6 => ("IpAddress", "Block", all_groups(value.parse().ok()?)),
        PlantedKind::Domain => ("DomainName", "Block", plain),
        PlantedKind::Url => ("Url", "Block", plain),
        PlantedKind::Certificate => ("CertificateThumbprint", "BlockAndRemediate", plain),
        PlantedKind::Md5 | PlantedKind::Email | PlantedKind::FileName => return None,
    })
}

fn all_groups(ip: Ipv6Addr) -> String {
    let groups = ip.segments().map(|group| format!("{group:x}"));
    groups.join(":")
}

/// The task to replace the system that gets no updates.
fn remediation(tenant: &Tenant, harvest: &Harvest) -> Value {
    let old = tenant
        .devices
        .iter()
        .filter(|device| device.system.platform == "Windows10");
    let groups = ["Workstations"];
    json!({
        "id": derived_uuid(&[b"remediation", &tenant.seed.to_le_bytes()]).to_string(),
        "title": "Upgrade Microsoft Windows 10", "createdOn": time(tenant.window.start), "requesterId": null,
        "requesterEmail": "soc@contoso.com", "status": "Active", "statusLastModifiedOn": time(tenant.window.start),
        "description": "Windows 10 is out of support.", "relatedComponent": "Microsoft Windows 10",
        "targetDevices": old.clone().count(), "fixedDevices": 0, "rbacGroupNames": groups, "requesterNotes": null,
        "dueOn": time(tenant.window.end + 30 * DAY), "category": "Software", "productivityImpactRemediationType": null,
        "priority": if harvest.alerts.is_empty() { "Medium" } else { "High" }, "completionMethod": null,
        "completerId": null, "completerEmail": null, "scid": null, "type": "Upgrade",
        "productId": "microsoft-_-windows_10", "vendorId": "microsoft", "nameId": "windows_10",
        "recommendedVersion": null, "recommendedVendor": null, "recommendedProgram": null,
    })
}

fn file_profile(tenant: &Tenant, file: &File) -> Value {
    let is_payload = tenant.is_payload(file);
    let certificate = file.certificate.as_ref();
    let is_program = [".exe", ".dll"]
        .iter()
        .any(|ending| file.name.to_ascii_lowercase().ends_with(ending));
    // Popularity around the world is as invented as the file: fixed by its hash.
    let popularity = u64::from_str_radix(&digest::sha1(&file.digests.sha1)[..6], 16).unwrap_or(0);
    let (prevalence, determination) = if is_payload {
        (popularity % 40, ("Malware", "Trojan:Win32/Tesem.A"))
    } else {
        (1_000 + popularity, ("Unknown", ""))
    };
    json!({
        "sha1": file.digests.sha1, "sha256": file.digests.sha256, "md5": file.digests.md5,
        "globalPrevalence": prevalence, "globalFirstObserved": time(tenant.window.start - 90 * DAY),
        "globalLastObserved": time(tenant.window.end), "size": file.size,
        "fileType": is_program.then_some("PortableExecutable"), "isPeFile": is_program,
        "filePublisher": Some(&file.company).filter(|text| !text.is_empty()),
        "fileProductName": Some(&file.product).filter(|text| !text.is_empty()),
        "signer": certificate.map(|own| own.signer), "issuer": certificate.map(|own| own.issuer),
        "signerHash": certificate.map(|own| &own.signer_hash),
        "isValidCertificate": certificate.map(|own| own.is_trusted), "determinationType": determination.0,
        "determinationValue": determination.1,
    })
}

fn logon_users(tenant: &Tenant, harvest: &Harvest) -> BTreeMap<String, Vec<SharedEntity>> {
    let of_device = |device: &Device| {
        let owner = tenant.owner(device).map(|owner| &owner.account);
        let account = owner.unwrap_or(&tenant.accounts.administrator);
        let user = user(
            account,
            device,
            harvest.devices.get(&device.number),
            owner.is_none(),
        );
        (device.id.clone(), shared([user]))
    };
    tenant.devices.iter().map(of_device).collect()
}

fn user(account: &Account, device: &Device, facts: Option<&DeviceFacts>, is_admin: bool) -> Value {
    json!({
        "id": format!("{}\\{}", account.domain, account.name), "accountName": account.name,
        "accountDomain": account.domain, "accountSid": account.sid,
        "firstSeen": facts.map(|facts| time(facts.first)), "lastSeen": facts.map(|facts| time(facts.last)),
        "mostPrevalentMachineId": device.id, "leastPrevalentMachineId": null,
        "logonTypes": if is_admin { "Network, RemoteInteractive" } else { "Interactive" }, "logOnMachinesCount": 1,
        "isDomainAdmin": is_admin, "isOnlyNetworkUser": false,
    })
}
