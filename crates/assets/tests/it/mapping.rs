//! What each kind of record comes to.

use serde_json::{Value as Json, json};
use tesem_assets::{AccountIds, AssetGraph, MappingOptions, Observed};

use crate::records::{Record, lines, observed, options, reasons};

fn shown(records: &[Record]) -> String {
    shown_with(records, options())
}

fn shown_with(records: &[Record], options: MappingOptions) -> String {
    let mut observed = Observed::new(options);
    for record in records {
        record.feed(&mut observed);
    }
    let next = observed.next(&AssetGraph::default());
    assert_eq!(next.graph.dangling().count(), 0);
    let mut all = lines(&next.graph);
    all.push("not mapped:".to_owned());
    all.extend(reasons(&next.unmapped));
    all.join("\n")
}

fn bare(id: &str) -> Record {
    Record::Machine(json!({"id": id}))
}

fn full_machine() -> Json {
    json!({
        "id": "1e5b",
        "mergedIntoMachineId": null,
        "isExcluded": false,
        "computerDnsName": "PC-1.Contoso.com",
        "firstSeen": "2026-01-02T03:04:05.1234567Z",
        "lastSeen": "2026-11-28T19:00:00Z",
        "osPlatform": "Windows11",
        "version": "23H2",
        "osProcessor": "x64",
        "osBuild": 22631,
        "lastIpAddress": "10.0.0.5",
        "lastExternalIpAddress": "203.0.113.7",
        "agentVersion": "10.8",
        "healthStatus": "Active",
        "deviceValue": "High",
        "rbacGroupName": "Servers",
        "riskScore": "Medium",
        "exposureLevel": "High",
        "isAadJoined": true,
        "aadDeviceId": "80fe8ff8",
        "machineTags": ["web", "dmz", "web", ""],
        "onboardingStatus": "Onboarded",
        "managedBy": "Intune",
        "ipAddresses": [
            {"ipAddress": "10.0.0.5", "macAddress": "000C29ABCDEF", "type": "Ethernet", "operationalStatus": "Up"},
            {"ipAddress": "fe80::1%12", "macAddress": "00-0c-29-ab-cd-ef", "type": "Ethernet", "operationalStatus": "Up"},
            {"ipAddress": "127.0.0.1", "macAddress": null, "type": "SoftwareLoopback", "operationalStatus": "Up"},
            {"ipAddress": "192.168.7.7", "macAddress": "", "type": "Tunnel", "operationalStatus": "Down"},
            {"ipAddress": null, "macAddress": "000C29000001", "type": "Wireless80211", "operationalStatus": "Down"},
            {"ipAddress": "10.0.0.300", "macAddress": "0C29"},
        ],
        "vmMetadata": {"cloudProvider": "Azure", "resourceId": "/subscriptions/1/vm"},
    })
}

/// All adapters with all of their addresses, and the external address in any case, where IBM's connector keeps none of them unless the
/// last address stands in a row of the network table.
#[test]
fn a_machine_gives_its_name_system_adapters_and_addresses() {
    insta::assert_snapshot!(shown(&[Record::Machine(full_machine())]));
}

#[test]
fn a_machine_without_a_name_is_known_by_its_id() {
    insta::assert_snapshot!(shown(&[
        bare("m1"),
        Record::Machine(json!({"id": "m2", "computerDnsName": "  "})),
        Record::Machine(json!({"id": "m3", "computerDnsName": "a<b>.contoso.com"})),
    ]), @"
    asset m1 name=m1
    asset m2 name=m2
    asset m3 name=a<b>.contoso.com
    not mapped:
    1 x machine: its name has a character that a host name cannot have (m3)
    ");
}

#[test]
fn a_machine_is_gone_when_it_is_inactive_for_fifteen_days() {
    let machine = |id: &str, health: &str, seen: &str| {
        Record::Machine(json!({"id": id, "healthStatus": health, "lastSeen": seen}))
    };
    let records = [
        machine("just", "Inactive", "2026-11-13T20:00:00.001Z"),
        machine("gone", "Inactive", "2026-11-13T20:00:00Z"),
        machine("quiet", "NoSensorData", "2026-10-01T00:00:00Z"),
        Record::Machine(json!({"id": "unseen", "healthStatus": "Inactive"})),
    ];
    let ids = |options| -> Vec<String> {
        let shown = shown_with(&records, options);
        let assets = shown.lines().filter_map(|line| line.strip_prefix("asset "));
        assets
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(options()), ["just", "quiet", "unseen"]);
    let never = MappingOptions {
        inactive_after: None,
        ..options()
    };
    assert_eq!(ids(never), ["gone", "just", "quiet", "unseen"]);
}

fn logons() -> Vec<Record> {
    let user = |machine: &str, json| Record::Logon(machine.to_owned(), json);
    vec![
        Record::Machine(json!({"id": "m1", "computerDnsName": "pc-1"})),
        Record::Machine(json!({"id": "m2", "computerDnsName": "pc-2"})),
        user(
            "m1",
            json!({
                "id": "CONTOSO\\ana", "accountName": "ana", "accountDomain": "CONTOSO", "accountSid": "s-1-5-21-1-2-3-1001",
                "firstSeen": "2026-11-01T00:00:00Z", "lastSeen": "2026-11-28T00:00:00Z",
                "logonTypes": "RemoteInteractive, Network", "isDomainAdmin": true, "isOnlyNetworkUser": false,
            }),
        ),
        user(
            "m2",
            json!({"id": "fabrikam\\ana", "accountName": "ana", "accountDomain": "fabrikam"}),
        ),
        user("m2", json!({"id": "", "accountName": null})),
        user("m9", json!({"id": "contoso\\bo", "accountName": "bo"})),
    ]
}

#[test]
fn a_logon_gives_a_person_an_account_and_its_machine_s_name() {
    insta::assert_snapshot!(shown(&logons()));
}

#[test]
fn accounts_of_two_domains_are_two_where_the_domain_counts() {
    let options = MappingOptions {
        accounts: AccountIds::DomainName,
        ..options()
    };
    insta::assert_snapshot!(shown_with(&logons(), options));
}

#[test]
fn software_gives_applications_and_needs_vendor_name_and_version() {
    insta::assert_snapshot!(shown(&[
        bare("m1"),
        Record::Software(json!({
            "deviceId": "m1", "softwareVendor": "7-zip", "softwareName": "7-zip", "softwareVersion": "23.1",
            "softwareFirstSeenTimestamp": "2026-10-01 10:00:00", "endOfSupportStatus": "EOS Version", "endOfSupportDate": "2026-09-01T00:00:00Z",
        })),
        Record::Software(
            json!({"deviceId": "m1", "softwareVendor": "contoso", "softwareName": "tool", "softwareVersion": ""})
        ),
        Record::Software(
            json!({"deviceId": "m8", "softwareVendor": "a", "softwareName": "b", "softwareVersion": "1"})
        ),
    ]));
}

/// Without a score there is a node without a score, and never an edge to nothing, where IBM's connector has the edge without the node.
#[test]
fn a_vulnerability_of_a_machine_gives_what_it_is_and_through_what() {
    let row = |id: &str, cve: Json, score: Json| {
        Record::MachineVulnerability(json!({
            "id": id, "deviceId": "m1", "softwareVendor": "openssl", "softwareName": "openssl", "softwareVersion": "3.0.1",
            "cveId": cve, "cvssScore": score, "vulnerabilitySeverityLevel": "High", "exploitabilityLevel": "ExploitIsPublic",
            "firstSeenTimestamp": "2026-11-01 00:00:00", "lastSeenTimestamp": "2026-11-28 00:00:00",
        }))
    };
    insta::assert_snapshot!(shown(&[
        bare("m1"),
        row("1", json!("cve-2026-0001"), json!(7.5)),
        row("2", json!("CVE-2026-0002"), json!(0)),
        row("3", json!("CVE-2026-0003"), json!(null)),
        row("4", json!(null), json!(9.8)),
        Record::MachineVulnerability(
            json!({"id": "5", "deviceId": "m1", "cveId": "CVE-2026-0001", "softwareVendor": "other",
            "softwareName": "x", "softwareVersion": "1", "firstSeenTimestamp": "2026-10-01 00:00:00"})
        ),
        Record::MachineVulnerability(
            json!({"id": "6", "deviceId": "m1", "cveId": "CVE-2026-0004", "cvssScore": 6.5})
        ),
        Record::MachineVulnerability(
            json!({"deviceId": "m7", "softwareName": "x", "cveId": "CVE-2026-0005"})
        ),
    ]));
}

#[test]
fn what_is_known_of_a_vulnerability_counts_before_what_rows_say_and_only_where_a_machine_has_it() {
    let known = |id: &str| {
        Record::Vulnerability(json!({
            "id": id, "name": id, "description": "A way in.", "severity": "Critical", "cvssV3": 6.5, "cvssVector": "CVSS:3.1/AV:N",
            "publishedOn": "2026-03-04T05:06:07Z", "updatedOn": "2026-04-04T00:00:00Z", "publicExploit": true, "exploitVerified": false,
            "exploitInKit": false, "epss": 0.25,
        }))
    };
    insta::assert_snapshot!(shown(&[
        bare("m1"),
        known("CVE-2026-0001"),
        known("CVE-2026-0009"),
        Record::Vulnerability(json!({"id": "ADV-1"})),
        Record::MachineVulnerability(
            json!({"deviceId": "m1", "cveId": "CVE-2026-0001", "cvssScore": 9.8, "vulnerabilitySeverityLevel": "High",
            "softwareVendor": "a", "softwareName": "b", "softwareVersion": "1"})
        ),
    ]));
}

fn alert(id: &str, severity: &str, more: Json) -> Record {
    let mut json = json!({
        "id": id, "machineId": "m1", "title": "Beacon", "description": "It calls home.", "severity": severity, "status": "New",
        "firstEventTime": "2026-11-27T01:00:00.1234567Z", "lastEventTime": "2026-11-27T02:00:00Z",
        "alertCreationTime": "2026-11-27T03:00:00Z", "lastUpdateTime": "2026-11-27T03:00:00Z",
    });
    if let Json::Object(fields) = more {
        json.as_object_mut().unwrap().extend(fields);
    }
    Record::Alert(json)
}

#[test]
fn an_alert_gives_a_vulnerability_of_its_machine_and_who_its_evidence_names() {
    let evidence = json!([
        {"entityType": "Ip", "ipAddress": "203.0.113.9", "evidenceCreationTime": "2026-11-27T03:01:00Z"},
        {"entityType": "Ip", "ipAddress": "127.0.0.1"},
        {"entityType": "User", "accountName": "ana", "domainName": "contoso", "evidenceCreationTime": "2026-11-27T03:02:00Z"},
        {"entityType": "User"},
        {"entityType": "File", "fileName": "beacon.exe"},
        {"entityType": "MailMessage"},
        {},
    ]);
    insta::assert_snapshot!(shown(&[
        bare("m1"),
        alert(
            "da1",
            "High",
            json!({
                "evidence": evidence, "incidentId": 12, "category": "CommandAndControl", "threatName": "Beacon", "assignedTo": "bo@contoso.com",
                "mitreTechniques": ["T1105", "T1071"], "classification": "TruePositive", "determination": "Malware", "detectionSource": "WindowsDefenderAtp",
            })
        ),
    ]));
}

#[test]
fn the_severity_of_an_alert_is_a_score_and_only_open_alerts_count() {
    insta::assert_snapshot!(shown(&[
        bare("m1"),
        alert("a-high", "high", json!({})),
        alert(
            "b-medium",
            "Medium",
            json!({"status": "InProgress", "title": null})
        ),
        alert("c-low", "Low", json!({})),
        alert("d-informational", "Informational", json!({})),
        alert("e-other", "Dreadful", json!({})),
        alert("f-resolved", "High", json!({"status": "Resolved"})),
        alert("g-unknown", "High", json!({"status": "Unknown"})),
        alert("h-homeless", "High", json!({"machineId": null})),
        alert("i-elsewhere", "High", json!({"machineId": "m9"})),
    ]));
}

#[test]
fn of_two_records_of_one_machine_or_alert_the_later_counts() {
    let machine = |seen: &str, address: &str| {
        Record::Machine(json!({"id": "m1", "lastSeen": seen, "lastIpAddress": address}))
    };
    let records = [
        machine("2026-11-28T02:00:00Z", "10.0.0.2"),
        machine("2026-11-28T01:00:00Z", "10.0.0.9"),
        alert(
            "da1",
            "High",
            json!({"status": "Resolved", "lastUpdateTime": "2026-11-28T02:00:00Z"}),
        ),
        alert(
            "da1",
            "High",
            json!({"status": "New", "lastUpdateTime": "2026-11-28T01:00:00Z"}),
        ),
    ];
    let one = observed(&records).next(&AssetGraph::default());
    let other = observed(records.iter().rev()).next(&AssetGraph::default());
    assert_eq!(one, other);
    assert_eq!(
        lines(&one.graph),
        [
            "asset m1 name=m1 last_seen=2026-11-28T02:00:00Z",
            "ipaddress 10.0.0.2 ip_version=4 address_scope=private",
            "asset_ipaddress m1 -> 10.0.0.2 is_last=true",
        ]
    );
}
