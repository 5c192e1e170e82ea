//! A small tenant that changes, and what a full or an incremental import reads of it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::json;
use tesem_assets::{Aspect, AssetGraph, Observed};
use tesem_defender::MachineId;

use crate::records::{Record, observed};

/// A machine.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Machine {
    name: Option<u8>,
    platform: u8,
    /// Addresses with the adapters that carry them.
    addresses: BTreeSet<(u8, Option<u8>)>,
    external: Option<u8>,
    logons: BTreeMap<u8, u8>,
    /// Applications with the vulnerabilities that it has through them.
    software: BTreeMap<u8, BTreeSet<u8>>,
    is_silent: bool,
    /// Rises with each change.
    minute: u32,
}

/// An alert.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alert {
    machine: u8,
    status: &'static str,
    accounts: BTreeSet<u8>,
    addresses: BTreeSet<u8>,
    minute: u32,
}

/// A tenant at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct World {
    machines: BTreeMap<u8, Machine>,
    alerts: BTreeMap<u8, Alert>,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Machine(u8, Machine),
    Alert(u8, Alert),
}

const STATUSES: [&str; 4] = ["New", "InProgress", "Resolved", "Unknown"];

fn machine() -> impl Strategy<Value = Machine> {
    let adapter = prop::option::weighted(0.7, 0_u8..3);
    let software =
        prop::collection::btree_map(0_u8..4, prop::collection::btree_set(0_u8..4, 0..3), 0..3);
    (
        prop::option::weighted(0.8, 0_u8..3),
        0_u8..2,
        prop::collection::btree_set((0_u8..4, adapter), 0..3),
        prop::option::of(4_u8..6),
        prop::collection::btree_map(0_u8..4, any::<u8>(), 0..3),
        software,
        prop::bool::weighted(0.2),
    )
        .prop_map(
            |(name, platform, addresses, external, logons, software, is_silent)| Machine {
                name,
                platform,
                addresses,
                external,
                logons,
                software,
                is_silent,
                minute: 0,
            },
        )
}

fn alert() -> impl Strategy<Value = Alert> {
    (
        0_u8..4,
        prop::sample::select(STATUSES.to_vec()),
        prop::collection::btree_set(0_u8..5, 0..2),
        prop::collection::btree_set(0_u8..6, 0..2),
    )
        .prop_map(|(machine, status, accounts, addresses)| Alert {
            machine,
            status,
            accounts,
            addresses,
            minute: 0,
        })
}

pub(crate) fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (0_u8..4, machine()).prop_map(|(id, machine)| Event::Machine(id, machine)),
        2 => (0_u8..4, alert()).prop_map(|(id, alert)| Event::Alert(id, alert)),
    ];
    prop::collection::vec(event, 0..6)
}

impl World {
    /// The world after these events, which happen at `minute`.
    pub(crate) fn after(&self, events: &[Event], minute: u32) -> Self {
        let mut world = self.clone();
        for event in events {
            match event.clone() {
                Event::Machine(id, mut machine) => {
                    machine.minute = minute;
                    world.machines.insert(id, machine);
                }
                Event::Alert(id, mut alert) => {
                    alert.minute = minute;
                    // An alert stays with its machine.
                    if let Some(known) = world.alerts.get(&id) {
                        alert.machine = known.machine;
                    }
                    world.alerts.insert(id, alert);
                }
            }
        }
        world
    }

    /// All that there is to read.
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut records: Vec<Record> = (0..4).map(known_vulnerability).collect();
        for id in self.machines.keys() {
            records.push(self.machine(*id));
            records.extend(self.logons(*id));
            records.extend(self.software(*id));
        }
        records.extend(self.open_alerts(|_| true));
        records
    }

    /// A full import.
    pub(crate) fn full(&self) -> Observed {
        let mut observed = observed(&self.records());
        for aspect in Aspect::ALL {
            observed.covers_all(aspect);
        }
        observed
    }

    /// An incremental import since `before`: machines seen since, silent ones, alerts updated since; then, of machines that the graph
    /// does not know, what it lacks.
    pub(crate) fn since(&self, before: &Self, earlier: &AssetGraph) -> Observed {
        let mut observed = observed(&[]);
        for (id, machine) in &self.machines {
            if before.machines.get(id) != Some(machine) || machine.is_silent {
                self.machine(*id).feed(&mut observed);
                self.read(*id, Aspect::Logons, &mut observed);
                self.read(*id, Aspect::Software, &mut observed);
                self.read(*id, Aspect::Vulnerabilities, &mut observed);
            }
        }
        for (id, alert) in &self.alerts {
            if before.alerts.get(id) != Some(alert) {
                self.alert(*id).feed(&mut observed);
            }
        }
        for (id, aspect) in observed.unread(earlier, &Aspect::ALL) {
            let id = id.as_str().trim_start_matches('m').parse().unwrap();
            self.read(id, aspect, &mut observed);
        }
        for id in observed.undescribed(earlier) {
            let number = id.as_str().trim_start_matches("CVE-2026-").parse();
            known_vulnerability(number.unwrap()).feed(&mut observed);
        }
        observed
    }

    fn read(&self, id: u8, aspect: Aspect, observed: &mut Observed) {
        let records = match aspect {
            Aspect::Machines => vec![self.machine(id)],
            Aspect::Logons => self.logons(id),
            Aspect::Software | Aspect::Vulnerabilities => self.software(id),
            Aspect::Alerts => self.open_alerts(|alert| alert.machine == id),
        };
        for record in records {
            record.feed(observed);
        }
        observed.covers(aspect, &MachineId::new(format!("m{id}")));
    }

    fn machine(&self, id: u8) -> Record {
        let machine = &self.machines[&id];
        let addresses = machine.addresses.iter().map(|(address, adapter)| {
            let adapter = adapter.map(|adapter| format!("000C2900000{}", adapter + 1));
            json!({"ipAddress": format!("10.0.0.{address}"), "macAddress": adapter, "type": "Ethernet"})
        });
        let (health, day) = if machine.is_silent {
            ("Inactive", "01")
        } else {
            ("Active", "28")
        };
        Record::Machine(json!({
            "id": format!("m{id}"),
            "computerDnsName": machine.name.map(|name| format!("PC-{name}")),
            "osPlatform": format!("System{}", machine.platform),
            "healthStatus": health,
            "lastSeen": format!("2026-11-{day}T00:{:02}:00Z", machine.minute),
            "lastExternalIpAddress": machine.external.map(|address| format!("203.0.113.{address}")),
            "ipAddresses": addresses.collect::<Vec<_>>(),
        }))
    }

    fn logons(&self, id: u8) -> Vec<Record> {
        let logons = self.machines[&id].logons.iter();
        let logon = |(account, hour): (&u8, &u8)| {
            let user = json!({
                "id": format!("contoso\\user{account}"),
                "accountName": format!("user{account}"),
                "accountDomain": "contoso",
                "lastSeen": format!("2026-11-28T{:02}:00:00Z", hour % 24),
            });
            Record::Logon(format!("m{id}"), user)
        };
        logons.map(logon).collect()
    }

    fn software(&self, id: u8) -> Vec<Record> {
        let mut records = Vec::new();
        for (application, vulnerabilities) in &self.machines[&id].software {
            let mut product = json!({
                "deviceId": format!("m{id}"),
                "softwareVendor": "contoso",
                "softwareName": format!("product{application}"),
                "softwareVersion": "1.0",
            });
            records.push(Record::Software(product.clone()));
            for vulnerability in vulnerabilities {
                product["cveId"] = json!(format!("CVE-2026-000{vulnerability}"));
                product["cvssScore"] = json!(5.0);
                records.push(Record::MachineVulnerability(product.clone()));
            }
        }
        records
    }

    fn open_alerts(&self, is_wanted: impl Fn(&Alert) -> bool) -> Vec<Record> {
        let is_open = |alert: &Alert| matches!(alert.status, "New" | "InProgress");
        let open = self
            .alerts
            .iter()
            .filter(|(_, alert)| is_open(alert) && is_wanted(alert));
        open.map(|(id, _)| self.alert(*id)).collect()
    }

    fn alert(&self, id: u8) -> Record {
        let alert = &self.alerts[&id];
        let accounts = alert.accounts.iter();
        let accounts = accounts
            .map(|number| json!({"entityType": "User", "accountName": format!("user{number}")}));
        let addresses = alert.addresses.iter();
        let addresses = addresses
            .map(|number| json!({"entityType": "Ip", "ipAddress": format!("10.0.0.{number}")}));
        Record::Alert(json!({
            "id": format!("da{id}"),
            "machineId": format!("m{}", alert.machine),
            "title": "Beacon",
            "severity": "High",
            "status": alert.status,
            "lastUpdateTime": format!("2026-11-28T00:{:02}:00Z", alert.minute),
            "evidence": accounts.chain(addresses).collect::<Vec<_>>(),
        }))
    }
}

fn known_vulnerability(number: u8) -> Record {
    let id = format!("CVE-2026-000{number}");
    Record::Vulnerability(json!({"id": id, "severity": "Medium", "cvssV3": 5.0}))
}
