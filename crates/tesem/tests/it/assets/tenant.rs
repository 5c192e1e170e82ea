//! A small tenant whose every fact is known, on one day and on the next.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tesem_state::{Clock as _, SystemClock};
use tesem_twin::{QuotaSetting, TwinOptions, TwinSource};

use crate::world::World;

/// A tenant's machines with all that is known of them.
#[derive(Debug, Clone)]
pub(super) struct Tenant {
    now: Timestamp,
    pub(super) machines: Vec<Machine>,
    pub(super) alerts: Vec<Alert>,
}

#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) number: u32,
    /// Hours since it was seen.
    pub(super) silent: i64,
    pub(super) tags: Vec<&'static str>,
    /// Last parts of its addresses; the first one is in the machine's own list, the others are known to hunting alone.
    pub(super) addresses: Vec<u8>,
    /// Accounts, each with the hours since it signed in last.
    pub(super) logons: Vec<(u32, i64)>,
    /// Products, each with the vulnerabilities that it has.
    pub(super) products: Vec<(u32, Vec<u32>)>,
}

#[derive(Debug, Clone)]
pub(super) struct Alert {
    pub(super) number: u32,
    pub(super) machine: u32,
    pub(super) is_open: bool,
    /// Hours since something changed.
    pub(super) changed: i64,
}

pub(super) fn machine_id(number: u32) -> String {
    format!("{:040x}", 0xa000 + number)
}

pub(super) fn alert_id(number: u32) -> String {
    format!("da{number:019}_1")
}

impl Machine {
    pub(super) fn new(number: u32) -> Self {
        Self {
            number,
            silent: 5,
            tags: vec!["floor-1"],
            addresses: vec![1, 2],
            logons: (0..3).map(|account| (number * 2 + account, 7)).collect(),
            products: (0..3)
                .map(|product| {
                    (
                        number % 4 + product,
                        vec![product * 10 + number % 4, product * 10 + 5],
                    )
                })
                .collect(),
        }
    }
}

impl Tenant {
    /// Some machines and alerts, the day before.
    pub(super) fn new(machines: u32) -> Self {
        let alerts = (0..6).map(|number| Alert {
            number,
            machine: number,
            is_open: number != 5,
            changed: 30,
        });
        Self {
            now: SystemClock.now(),
            machines: (0..machines).map(Machine::new).collect(),
            alerts: alerts.collect(),
        }
    }

    /// The same tenant later: every part of it changed somewhere.
    pub(super) fn later(&self) -> Self {
        let mut later = self.clone();
        for machine in later
            .machines
            .iter_mut()
            .filter(|machine| machine.number % 4 == 0)
        {
            machine.silent = 0;
            machine.addresses = vec![1, 9];
            machine.logons.remove(0);
            machine.logons.push((900 + machine.number, 0));
            let (_, vulnerabilities) = &mut machine.products[1];
            vulnerabilities.remove(0);
            vulnerabilities.push(77);
        }
        // Somebody tagged one that was not seen anew, one went for good, one is gone from the list, one is new.
        later.machines[1].tags = vec!["floor-1", "vip"];
        later.machines[2].silent = 20 * 24;
        later.machines.remove(3);
        let mut new = Machine::new(500);
        new.silent = 0;
        later.machines.push(new);
        later.alerts[0].is_open = false;
        later.alerts[0].changed = 0;
        later.alerts.push(Alert {
            number: 50,
            machine: 1,
            is_open: true,
            changed: 0,
        });
        later
    }

    /// A twin of it, and a folder to work in.
    pub(super) fn world(&self) -> World {
        self.world_within(QuotaSetting::Documented)
    }

    /// The same, with other quotas.
    pub(super) fn world_within(&self, quota: QuotaSetting) -> World {
        let data = TempDir::new().unwrap();
        self.write(data.path());
        // The twin reads the directory when it starts.
        World::serving(TwinOptions {
            quota,
            ..TwinOptions::new(TwinSource::Directory(data.path().to_owned()))
        })
    }

    fn ago(&self, hours: i64) -> String {
        // A minute ago rather than now: a twin tells nothing of its future.
        let span = SignedDuration::from_hours(hours) + SignedDuration::from_mins(1);
        format!("{:.7}", self.now - span)
    }

    /// Writes the twin's directory.
    pub(super) fn write(&self, folder: &Path) {
        let of_machines = |one: fn(&Self, &Machine) -> Vec<Value>| -> Vec<Value> {
            self.machines
                .iter()
                .flat_map(|machine| one(self, machine))
                .collect()
        };
        let list = |name: &str, rows: Vec<Value>| {
            fs::write(folder.join(name), serde_json::to_vec(&rows).unwrap()).unwrap();
        };
        list(
            "machines.json",
            of_machines(|tenant, machine| vec![tenant.machine(machine)]),
        );
        list(
            "alerts.json",
            self.alerts.iter().map(|alert| self.alert(alert)).collect(),
        );
        let users = self
            .machines
            .iter()
            .map(|machine| (machine_id(machine.number), json!(self.users(machine))));
        let users: serde_json::Map<String, Value> = users.collect();
        fs::write(
            folder.join("logonusers.json"),
            serde_json::to_vec(&users).unwrap(),
        )
        .unwrap();
        let table = |name: &str, rows: Vec<Value>| {
            fs::create_dir_all(folder.join("tables")).unwrap();
            let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
            fs::write(
                folder.join(format!("tables/{name}.jsonl")),
                lines.join("\n"),
            )
            .unwrap();
        };
        table("DeviceNetworkInfo", of_machines(Self::adapters));
        table("DeviceLogonEvents", of_machines(Self::logons));
        table(
            "DeviceTvmSoftwareInventory",
            of_machines(|_, machine| inventory(machine)),
        );
        table(
            "DeviceTvmSoftwareVulnerabilities",
            of_machines(|_, machine| weaknesses(machine)),
        );
        table("DeviceTvmSoftwareVulnerabilitiesKB", self.knowledge());
    }

    fn machine(&self, machine: &Machine) -> Value {
        let health = if machine.silent > 7 * 24 {
            "Inactive"
        } else {
            "Active"
        };
        json!({
            "id": machine_id(machine.number), "computerDnsName": name(machine), "osPlatform": "Windows11", "version": "23H2",
            "healthStatus": health, "onboardingStatus": "Onboarded", "exposureLevel": "High", "riskScore": "Low",
            "firstSeen": "2026-03-01T00:00:00Z", "lastSeen": self.ago(machine.silent), "machineTags": machine.tags,
            "lastIpAddress": address(machine, machine.addresses[0]),
            "lastExternalIpAddress": format!("203.0.113.{}", machine.number % 250),
            "ipAddresses": [{"ipAddress": address(machine, machine.addresses[0]), "macAddress": mac(machine, machine.addresses[0]),
                "type": "Ethernet", "operationalStatus": "Up"}],
        })
    }

    fn adapters(&self, machine: &Machine) -> Vec<Value> {
        let adapter = |last: &u8| {
            json!({
                "Timestamp": self.ago(machine.silent), "DeviceId": machine_id(machine.number), "DeviceName": name(machine),
                "NetworkAdapterName": format!("{{{last}}}"), "MacAddress": mac(machine, *last), "NetworkAdapterType": "Ethernet",
                "NetworkAdapterStatus": "Up",
                "IPAddresses": json!([{"IPAddress": address(machine, *last), "SubnetPrefix": 24, "AddressType": "Private"}]).to_string(),
            })
        };
        machine.addresses.iter().map(adapter).collect()
    }

    fn logons(&self, machine: &Machine) -> Vec<Value> {
        let logon = |(account, hours): &(u32, i64), kind: &str, action: &str| {
            json!({
                "Timestamp": self.ago(*hours + i64::from(machine.silent > 0) * 24), "DeviceId": machine_id(machine.number),
                "DeviceName": name(machine), "ActionType": action, "LogonType": kind, "AccountDomain": "contoso",
                "AccountName": format!("user{account}"), "AccountSid": sid(*account),
            })
        };
        let mut rows: Vec<Value> = machine
            .logons
            .iter()
            .flat_map(|known| {
                [
                    logon(known, "Interactive", "LogonSuccess"),
                    logon(known, "Network", "LogonSuccess"),
                ]
            })
            .collect();
        rows.push(logon(&(666, 1), "Network", "LogonFailed"));
        rows
    }

    fn users(&self, machine: &Machine) -> Vec<Value> {
        let user = |(account, hours): &(u32, i64)| {
            json!({
                "id": format!("contoso\\user{account}"), "accountName": format!("user{account}"), "accountDomain": "contoso",
                "accountSid": sid(*account), "firstSeen": self.ago(*hours + 24), "lastSeen": self.ago(*hours),
                "logonTypes": "Interactive, Network", "isDomainAdmin": false,
            })
        };
        machine.logons.iter().map(user).collect()
    }

    fn knowledge(&self) -> Vec<Value> {
        let all = self.machines.iter().flat_map(|machine| &machine.products);
        let numbers: std::collections::BTreeSet<u32> =
            all.flat_map(|(_, found)| found.iter().copied()).collect();
        let row = |number: u32| {
            json!({
                "CveId": cve(number), "CvssScore": f64::from(number % 10) + 0.5, "IsExploitAvailable": number.is_multiple_of(7),
                "VulnerabilitySeverityLevel": "High", "LastModifiedTime": "2026-10-01T00:00:00Z", "PublishedDate": "2026-09-01T00:00:00Z",
                "VulnerabilityDescription": format!("Weakness {number}"), "AffectedSoftware": [],
            })
        };
        numbers.into_iter().map(row).collect()
    }

    fn alert(&self, alert: &Alert) -> Value {
        let machine = Machine::new(alert.machine);
        json!({
            "id": alert_id(alert.number), "incidentId": alert.number, "severity": "High",
            "status": if alert.is_open { "New" } else { "Resolved" },
            "detectionSource": "WindowsDefenderAtp", "category": "Malware", "title": format!("Alert {}", alert.number), "description": "It is.",
            "alertCreationTime": self.ago(alert.changed.max(1)), "firstEventTime": self.ago(alert.changed + 1), "lastEventTime": self.ago(alert.changed),
            "lastUpdateTime": self.ago(alert.changed), "resolvedTime": (!alert.is_open).then(|| self.ago(alert.changed)),
            "machineId": machine_id(alert.machine), "computerDnsName": name(&machine), "relatedUser": {"userName": "user1", "domainName": "contoso"},
            "evidence": [{"entityType": "Ip", "ipAddress": "198.51.100.7"}, {"entityType": "User", "accountName": "user1", "domainName": "contoso"}],
        })
    }
}

fn name(machine: &Machine) -> String {
    format!("pc-{}.contoso.com", machine.number)
}

fn address(machine: &Machine, last: u8) -> String {
    format!("10.1.{}.{last}", machine.number % 250)
}

fn mac(machine: &Machine, last: u8) -> String {
    format!("000C29{:04X}{last:02X}", machine.number)
}

fn sid(account: u32) -> String {
    format!("S-1-5-21-1-2-3-{account}")
}

fn cve(number: u32) -> String {
    format!("CVE-2026-{:05}", 10_000 + number)
}

fn product(number: u32) -> Value {
    json!({"SoftwareVendor": "fabrikam", "SoftwareName": format!("app{number}"), "SoftwareVersion": "1.2.3"})
}

fn on_machine(machine: &Machine, number: u32, more: Value) -> Value {
    let mut row = product(number);
    let fields = row.as_object_mut().unwrap();
    let known = json!({
        "DeviceId": machine_id(machine.number), "DeviceName": name(machine), "OSPlatform": "Windows11", "OSVersion": "10.0",
        "OSArchitecture": "x64",
    });
    for part in [known, more] {
        fields.extend(part.as_object().unwrap().clone());
    }
    row
}

fn inventory(machine: &Machine) -> Vec<Value> {
    let row = |(number, _): &(u32, Vec<u32>)| {
        on_machine(machine, *number, json!({"EndOfSupportStatus": ""}))
    };
    machine.products.iter().map(row).collect()
}

fn weaknesses(machine: &Machine) -> Vec<Value> {
    let row = |number: u32, found: u32| {
        on_machine(
            machine,
            number,
            json!({"CveId": cve(found), "VulnerabilitySeverityLevel": "High"}),
        )
    };
    let of_product = |(number, found): &(u32, Vec<u32>)| -> Vec<Value> {
        found.iter().map(|found| row(*number, *found)).collect()
    };
    machine.products.iter().flat_map(of_product).collect()
}
