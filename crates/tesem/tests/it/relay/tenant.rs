//! A tenant whose every alert and event is known.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tesem_state::{Clock as _, SystemClock};

/// A machine of which all is known.
pub(super) const PC1: &str = "a000000000000000000000000000000000000001";
/// A machine that is isolated, with few actions.
pub(super) const PC2: &str = "a000000000000000000000000000000000000002";
/// A machine of which little is known.
pub(super) const PC3: &str = "a000000000000000000000000000000000000003";

/// A file with all its hashes in `files.json`.
pub(super) const SHA1: &str = "1111111111111111111111111111111111111111";
pub(super) const SHA256: &str = "1212121212121212121212121212121212121212121212121212121212121212";
pub(super) const MD5: &str = "13131313131313131313131313131313";
/// Its parent process, which no list of files has.
pub(super) const PARENT_SHA1: &str = "2121212121212121212121212121212121212121";
pub(super) const PARENT_SHA256: &str =
    "2222222222222222222222222222222222222222222222222222222222222222";
/// A process in events, all its hashes in `files.json`.
pub(super) const PROCESS_SHA1: &str = "3131313131313131313131313131313131313131";
pub(super) const PROCESS_SHA256: &str =
    "3232323232323232323232323232323232323232323232323232323232323232";
pub(super) const PROCESS_MD5: &str = "33333333333333333333333333333333";
/// A file that only an event knows.
pub(super) const EVENT_SHA1: &str = "4141414141414141414141414141414141414141";
pub(super) const EVENT_MD5: &str = "43434343434343434343434343434343";

pub(super) const DOMAIN: &str = "evil.example.com";
pub(super) const URL: &str = "https://evil.example.com/x";
pub(super) const IP: &str = "203.0.113.7";
pub(super) const IPV6: &str = "2001:db8::7";
/// One alert of each severity names it.
pub(super) const SEVERITIES: &str = "severity.example.com";
/// It has an indicator, as has the file.
pub(super) const BLOCKED: &str = "blocked.example.com";

/// The tenant, by its times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tenant {
    now: Timestamp,
}

impl Tenant {
    pub(super) fn now() -> Self {
        let now = SystemClock.now();
        Self { now }
    }

    /// So many hours ago, as the service writes it. A minute earlier still: a twin tells nothing of its future.
    pub(super) fn ago(self, hours: i64) -> String {
        let span = SignedDuration::from_hours(hours) + SignedDuration::from_mins(1);
        // Seven digits, as the service writes them, which leaves zeros at their end out.
        format!("{:.6}", self.now - span).replace('Z', "7Z")
    }

    /// Writes the twin's directory.
    pub(super) fn write(self, folder: &Path) {
        let file = |name: &str, content: Value| {
            fs::write(folder.join(name), content.to_string()).unwrap();
        };
        file("machines.json", self.machines());
        file("alerts.json", self.alerts());
        file("files.json", files());
        file("indicators.json", indicators());
        file("available_actions.json", available());
        file("machineactions.json", self.actions());
        fs::create_dir_all(folder.join("tables")).unwrap();
        let table = |name: &str, rows: &[Value]| {
            let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
            let path = folder.join(format!("tables/{name}.jsonl"));
            fs::write(path, lines.join("\n")).unwrap();
        };
        table("DeviceFileEvents", &self.file_events());
        table("DeviceNetworkEvents", &self.network_events());
        table("DeviceNetworkInfo", &self.adapters());
    }

    fn machines(self) -> Value {
        let machine = |id: &str, name: &str, more: Value| {
            with(
                json!({"id": id, "computerDnsName": name, "firstSeen": self.ago(900), "lastSeen": self.ago(1)}),
                more,
            )
        };
        json!([
            machine(
                PC1,
                "pc1.contoso.test",
                json!({"osPlatform": "Windows11", "osProcessor": "x64", "version": "23H2"})
            ),
            machine(
                PC2,
                "pc2.contoso.test",
                json!({"osPlatform": "Linux", "version": "12"})
            ),
            machine(PC3, "pc3.contoso.test", json!({"osPlatform": "Windows10"})),
        ])
    }

    fn alerts(self) -> Value {
        let mut alerts = vec![self.full_alert(), self.bare_alert()];
        let severities = ["Informational", "Low", "Medium", "High", "UnSpecified"];
        for (number, severity) in severities.iter().enumerate() {
            let hours = 50 + i64::try_from(number).unwrap();
            alerts.push(self.alert(&format!("da5_{number}"), hours, json!({
                "severity": severity,
                "evidence": [{"entityType": "Url", "url": format!("http://{SEVERITIES}/{number}")}],
            })));
        }
        Value::Array(alerts)
    }

    fn alert(self, id: &str, hours: i64, more: Value) -> Value {
        with(
            json!({
                "id": id, "incidentId": 1, "severity": "Medium", "status": "New", "category": "Malware",
                "detectionSource": "WindowsDefenderAtp", "title": format!("Alert {id}"), "description": "It **happened**.",
                "alertCreationTime": self.ago(hours), "firstEventTime": self.ago(hours + 2), "lastEventTime": self.ago(hours + 1),
                "lastUpdateTime": self.ago(hours), "machineId": PC1, "computerDnsName": "pc1.contoso.test", "evidence": [],
            }),
            more,
        )
    }

    /// A process with its parent, of each of which not all hashes are told, and what it spoke to.
    fn full_alert(self) -> Value {
        let evidence = json!([
            {
                "entityType": "Process", "fileName": "x.exe", "filePath": "C:\\x", "sha1": SHA1,
                "processId": 20, "parentProcessId": 10, "evidenceCreationTime": self.ago(10),
            },
            {
                "entityType": "Process", "fileName": "parent.exe", "filePath": "C:\\p", "sha1": PARENT_SHA1, "sha256": PARENT_SHA256,
                "processId": 10, "evidenceCreationTime": self.ago(10),
            },
            {"entityType": "Ip", "ipAddress": IP},
            {"entityType": "Ip", "ipAddress": IPV6},
            {"entityType": "Url", "url": URL},
            {"entityType": "Url", "url": null},
            {"entityType": "User", "accountName": "ann", "domainName": "contoso"},
        ]);
        self.alert(
            "da1_1",
            10,
            json!({"evidence": evidence, "severity": "High"}),
        )
    }

    /// Of a machine without a name.
    fn bare_alert(self) -> Value {
        let evidence = json!([
            {"entityType": "File", "fileName": "x.exe", "filePath": "C:\\other", "sha1": SHA1, "sha256": SHA256},
            {"entityType": "File", "fileName": "unhashed.txt", "filePath": "C:\\u"},
        ]);
        let more = json!({"evidence": evidence, "machineId": PC3, "computerDnsName": null});
        self.alert("da2_1", 20, more)
    }

    fn network_events(self) -> Vec<Value> {
        let event = |hours: i64, device: &str, more: Value| {
            with(
                json!({
                    "Timestamp": self.ago(hours), "DeviceId": device, "DeviceName": format!("{}.contoso.test", pc(device)),
                    "ActionType": "ConnectionSuccess", "LocalIP": "10.0.0.1", "LocalPort": 50000, "RemotePort": 443,
                    "InitiatingProcessSHA1": PROCESS_SHA1, "InitiatingProcessSHA256": PROCESS_SHA256, "InitiatingProcessMD5": PROCESS_MD5,
                    "InitiatingProcessFileName": "p.exe", "InitiatingProcessFolderPath": "c:\\p\\p.exe",
                    "InitiatingProcessParentFileName": "explorer.exe",
                }),
                more,
            )
        };
        vec![
            event(5, PC1, json!({"RemoteUrl": URL, "RemoteIP": IP})),
            // Another letter case, and hashes of which one is known.
            event(
                6,
                PC2,
                json!({"RemoteUrl": "EVIL.example.com:8080", "RemoteIP": "198.51.100.9", "InitiatingProcessSHA256": "",
                    "InitiatingProcessMD5": ""}),
            ),
            event(
                7,
                PC1,
                json!({"RemoteUrl": "notevil.example.com", "RemoteIP": "198.51.100.10"}),
            ),
            event(
                8,
                PC1,
                json!({"RemoteUrl": "evil.example.com.example.org", "RemoteIP": "198.51.100.11"}),
            ),
            event(
                9,
                PC1,
                json!({"RemoteUrl": "", "RemoteIP": "2001:db8::7", "LocalIP": "2001:db8::1"}),
            ),
            // Nothing but what it must say.
            json!({"Timestamp": self.ago(11), "DeviceId": PC3, "DeviceName": "pc3.contoso.test", "ActionType": "", "RemoteIP": "198.51.100.12"}),
        ]
    }

    fn file_events(self) -> Vec<Value> {
        let event = |hours: i64, action: &str, more: Value| {
            with(
                json!({
                    "Timestamp": self.ago(hours), "DeviceId": PC1, "DeviceName": "pc1.contoso.test", "ActionType": action,
                    "SHA1": SHA1, "SHA256": SHA256, "MD5": MD5, "FileName": "x.exe", "FolderPath": "C:\\x\\x.exe",
                    "FileOriginUrl": "http://origin.example.com/x", "FileOriginReferrerUrl": "http://referrer.example.com/",
                    "PreviousFileName": "y.exe",
                    "InitiatingProcessSHA1": PROCESS_SHA1, "InitiatingProcessSHA256": PROCESS_SHA256, "InitiatingProcessMD5": PROCESS_MD5,
                    "InitiatingProcessFileName": "p.exe", "InitiatingProcessFolderPath": "c:\\p\\p.exe",
                    "InitiatingProcessParentFileName": "explorer.exe",
                }),
                more,
            )
        };
        vec![
            event(3, "FileRenamed", json!({})),
            event(
                4,
                "FileCreated",
                json!({"FileOriginUrl": "", "PreviousFileName": ""}),
            ),
            event(
                4,
                "FileCreated",
                json!({"SHA1": EVENT_SHA1, "SHA256": "", "MD5": EVENT_MD5, "FileName": "z.exe"}),
            ),
        ]
    }

    fn adapters(self) -> Vec<Value> {
        let adapter = |hours: i64, mac: &str, addresses: &[&str]| {
            let addresses: Vec<Value> = addresses
                .iter()
                .map(|ip| json!({"IPAddress": ip}))
                .collect();
            json!({
                "Timestamp": self.ago(hours), "DeviceId": PC1, "DeviceName": "pc1.contoso.test", "MacAddress": mac,
                "NetworkAdapterType": "Ethernet", "NetworkAdapterName": mac, "IPAddresses": Value::Array(addresses).to_string(),
            })
        };
        vec![
            adapter(30, "000C29000001", &["10.0.0.9"]),
            adapter(2, "000C29000001", &["10.0.0.1", "fe80::1"]),
            adapter(2, "000C29000002", &["10.0.0.2", "10.0.0.1"]),
            adapter(2, "", &["127.0.0.1", "::1"]),
        ]
    }

    fn actions(self) -> Value {
        let action = |number: u32, machine: &str, kind: &str, status: &str, hours: i64| {
            json!({
                "id": format!("00000000-0000-0000-0000-0000000000{number:02}"), "type": kind, "status": status, "machineId": machine,
                "requestor": "ann", "creationDateTimeUtc": self.ago(hours), "lastUpdateDateTimeUtc": self.ago(hours),
            })
        };
        json!([
            action(1, PC2, "Unisolate", "Succeeded", 40),
            action(2, PC2, "Isolate", "Succeeded", 20),
            action(3, PC2, "Unisolate", "Failed", 10),
            action(4, PC2, "RestrictCodeExecution", "Succeeded", 20),
            action(5, PC3, "Isolate", "Succeeded", 40),
            action(6, PC3, "Unisolate", "Succeeded", 20),
        ])
    }
}

fn pc(device: &str) -> &'static str {
    match device {
        PC1 => "pc1",
        PC2 => "pc2",
        _ => "pc3",
    }
}

fn files() -> Value {
    json!([
        {"sha1": SHA1, "sha256": SHA256, "md5": MD5, "size": 1},
        {"sha1": PROCESS_SHA1, "sha256": PROCESS_SHA256, "md5": PROCESS_MD5, "size": 1},
    ])
}

fn indicators() -> Value {
    let indicator = |id: &str, value: &str, kind: &str, action: &str| {
        json!({
            "id": id, "indicatorValue": value, "indicatorType": kind, "action": action, "title": format!("about {value}"),
            "description": "d", "severity": "High", "createdBy": "ann", "source": "ann", "sourceType": "User",
            "creationTimeDateTimeUtc": "2026-01-01T00:00:00Z",
        })
    };
    json!([
        indicator("995", BLOCKED, "DomainName", "AlertAndBlock"),
        indicator("996", SHA256, "FileSha256", "Audit"),
    ])
}

fn available() -> Value {
    let all = |names: &[&str]| -> Value {
        let action =
            |name: &&str| json!({"action": name, "isAvailable": true, "notSupportedReason": null});
        names.iter().map(action).collect()
    };
    let mut of_pc1 = all(&[
        "FullIsolation",
        "SelectiveIsolation",
        "RunAntiVirusScan",
        "CollectInvestigationPackage",
        "StopAndQuarantineFile",
        "RestrictCodeExecution",
        "OffBoard",
    ]);
    of_pc1.as_array_mut().unwrap().push(
        json!({"action": "InitiateInvestigation", "isAvailable": false, "notSupportedReason": "no"}),
    );
    json!({
        PC1: of_pc1,
        PC2: all(&["FullIsolation", "InitiateInvestigation", "RestrictCodeExecution"]),
        PC3: all(&["SelectiveIsolation"]),
    })
}

/// `value` with the members of `more`.
pub(super) fn with(mut value: Value, more: Value) -> Value {
    let more: Map<String, Value> = serde_json::from_value(more).unwrap();
    value.as_object_mut().unwrap().extend(more);
    value
}
