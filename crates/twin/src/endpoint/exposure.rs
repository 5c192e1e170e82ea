//! The tenant's exposure: the inventory of the devices that are still there, in the forms that the vulnerability routes show.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::data::{Entity, SharedEntity};
use crate::inventory::{Inventory, Product, Vulnerability, Weakness};
use crate::refusal::Refusal;
use crate::server::Twin;
use crate::state::{entity, instant, text};
use crate::wire_time;

/// The inventory, the machines as they are now, and which devices count.
pub(super) struct Exposure<'a> {
    pub(super) inventory: &'a Inventory,
    machines: HashMap<String, SharedEntity>,
    is_there: Vec<bool>,
}

/// A row of a vulnerability on a device, with what stands behind its places.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) device: usize,
    pub(super) product: &'a Product,
    pub(super) vulnerability: &'a Vulnerability,
    pub(super) update: &'a (String, String),
}

impl<'a> Exposure<'a> {
    /// What is exposed now: not the devices that were offboarded.
    pub(super) async fn now(twin: &'a Twin) -> Result<Self, Refusal> {
        let inventory = twin.inventory().await?;
        let machines: HashMap<String, SharedEntity> = {
            let state = twin.tenant_state();
            let all = state.machines.iter();
            all.map(|(id, machine)| (id.clone(), SharedEntity::clone(machine)))
                .collect()
        };
        let is_there = inventory.devices.iter().map(|device| {
            machines
                .get(&device.id)
                .is_none_or(|machine| matches!(text(machine, "onboardingStatus"), "" | "Onboarded"))
        });
        Ok(Self {
            inventory,
            is_there: is_there.collect(),
            machines,
        })
    }

    pub(super) fn has(&self, device: usize) -> bool {
        self.is_there.get(device).copied().unwrap_or(false)
    }

    pub(super) fn device_id(&self, device: usize) -> &str {
        self.inventory
            .devices
            .get(device)
            .map_or("", |device| &device.id)
    }

    pub(super) fn machine(&self, device: usize) -> Option<&SharedEntity> {
        self.machines.get(self.device_id(device))
    }

    /// The name of the group, as the exports write it.
    pub(super) fn group(&self, device: usize) -> String {
        let machine = self
            .machine(device)
            .map(|machine| text(machine, "rbacGroupName"));
        machine
            .filter(|name| !name.is_empty())
            .unwrap_or("Unassigned")
            .to_owned()
    }

    /// The vulnerabilities of the devices that are there.
    pub(super) fn weaknesses(&self) -> impl Iterator<Item = Row<'a>> + '_ {
        let all = self.inventory.weaknesses.iter();
        all.filter(|weakness| self.has(weakness.device))
            .filter_map(|weakness| self.row(weakness))
    }

    /// Those of devices that are there or not.
    pub(super) fn all_weaknesses(&self) -> impl Iterator<Item = Row<'a>> + '_ {
        self.inventory
            .weaknesses
            .iter()
            .filter_map(|weakness| self.row(weakness))
    }

    fn row(&self, weakness: &Weakness) -> Option<Row<'a>> {
        let inventory = self.inventory;
        Some(Row {
            device: weakness.device,
            product: inventory.products.get(weakness.product)?,
            vulnerability: inventory.vulnerabilities.get(weakness.vulnerability)?,
            update: inventory.updates.get(weakness.update)?,
        })
    }

    /// Device and product of every installed program of the devices that are there.
    pub(super) fn installed(&self) -> impl Iterator<Item = (usize, usize, &'a Product)> + '_ {
        let all = self.inventory.installed.iter();
        all.filter(|(device, _)| self.has(*device))
            .filter_map(|(device, place)| {
                Some((*device, *place, self.inventory.products.get(*place)?))
            })
    }

    /// When a device got a vulnerability: when it was published, or when the device was first seen.
    pub(super) fn first_seen(&self, row: &Row<'_>) -> Option<Timestamp> {
        let device = self
            .machine(row.device)
            .and_then(|machine| instant(machine, "firstSeen"));
        let published = row.vulnerability.published;
        device.max(published).or(published).or(device)
    }

    pub(super) fn last_seen(&self, device: usize) -> Option<Timestamp> {
        self.machine(device)
            .and_then(|machine| instant(machine, "lastSeen"))
    }

    /// Devices that have an alert that nobody resolved.
    pub(super) fn alerted(twin: &Twin) -> BTreeSet<String> {
        let state = twin.tenant_state();
        let open = state
            .alerts
            .values()
            .filter(|alert| text(alert, "status") != "Resolved");
        open.map(|alert| text(alert, "machineId").to_owned())
            .collect()
    }

    /// `Software` entities of the programs that fit, by id.
    pub(super) fn software(&self, twin: &Twin, fits: impl Fn(usize) -> bool) -> Vec<Entity> {
        let alerted = Self::alerted(twin);
        let mut programs: BTreeMap<String, Program<'_>> = BTreeMap::new();
        for (device, _, product) in self.installed().filter(|(device, ..)| fits(*device)) {
            let program = programs
                .entry(product.software_id())
                .or_insert_with(|| Program::of(product));
            program.devices.insert(device);
        }
        for row in self.weaknesses().filter(|row| fits(row.device)) {
            let program = programs
                .entry(row.product.software_id())
                .or_insert_with(|| Program::of(row.product));
            program.exposed.insert(row.device);
            program.weaknesses.insert(&row.vulnerability.id);
            program.has_exploit |= row.vulnerability.has_exploit;
        }
        let show = |(id, program): (String, Program<'_>)| {
            let has_alert = program
                .exposed
                .iter()
                .any(|device| alerted.contains(self.device_id(*device)));
            program.shown(&id, has_alert)
        };
        programs.into_iter().map(show).collect()
    }

    /// `Vulnerability` entities: with the number of devices of those that fit.
    pub(super) fn vulnerabilities(
        &self,
        fits: impl Fn(&Row<'_>) -> bool,
        all: bool,
    ) -> Vec<Entity> {
        let mut exposed: HashMap<&str, (BTreeSet<usize>, Option<Timestamp>)> = HashMap::new();
        for row in self.weaknesses().filter(|row| fits(row)) {
            let entry = exposed.entry(&row.vulnerability.id).or_default();
            entry.0.insert(row.device);
            let seen = self.first_seen(&row);
            entry.1 = match (entry.1, seen) {
                (Some(known), Some(seen)) => Some(known.min(seen)),
                (known, seen) => known.or(seen),
            };
        }
        let known = self.inventory.vulnerabilities.iter();
        known
            .filter_map(|vulnerability| {
                let found = exposed.get(vulnerability.id.as_str());
                if found.is_none() && !all {
                    return None;
                }
                let count = found.map_or(0, |(devices, _)| devices.len());
                Some(vulnerability_entity(
                    vulnerability,
                    count,
                    found.and_then(|found| found.1),
                ))
            })
            .collect()
    }

    /// `MachineReference` entities of devices.
    pub(super) fn references(&self, devices: impl IntoIterator<Item = usize>) -> Vec<Entity> {
        let distinct: BTreeSet<usize> = devices.into_iter().collect();
        let reference = |place: usize| {
            let device = self.inventory.devices.get(place)?;
            let group = self
                .machine(place)
                .and_then(|machine| machine.get("rbacGroupName"));
            Some(entity(json!({
                "id": device.id, "computerDnsName": device.name, "osPlatform": device.platform,
                "rbacGroupName": group,
            })))
        };
        distinct.into_iter().filter_map(reference).collect()
    }

    /// The security updates that rows lack, by number.
    pub(super) fn missing_updates(&self, fits: impl Fn(&Row<'_>) -> bool) -> Vec<Entity> {
        let mut missing: BTreeMap<&str, Missing<'_>> = BTreeMap::new();
        let rows = self.weaknesses().filter(|row| !row.update.1.is_empty());
        for row in rows.filter(|row| fits(row)) {
            let entry = missing.entry(&row.update.1).or_default();
            entry.name = &row.update.0;
            entry.products.insert(&row.product.name);
            entry.devices.insert(row.device);
            entry.vulnerabilities.insert(&row.vulnerability.id);
        }
        missing
            .into_iter()
            .map(|(id, missing)| missing.shown(id))
            .collect()
    }
}

/// A program over its versions and devices.
struct Program<'a> {
    vendor: &'a str,
    name: &'a str,
    devices: BTreeSet<usize>,
    exposed: BTreeSet<usize>,
    weaknesses: BTreeSet<&'a str>,
    has_exploit: bool,
}

impl<'a> Program<'a> {
    fn of(product: &'a Product) -> Self {
        Self {
            vendor: &product.vendor,
            name: &product.name,
            devices: BTreeSet::new(),
            exposed: BTreeSet::new(),
            weaknesses: BTreeSet::new(),
            has_exploit: false,
        }
    }

    fn shown(&self, id: &str, has_alert: bool) -> Entity {
        let share = ratio(
            self.exposed.len(),
            self.devices.len().max(self.exposed.len()),
        );
        entity(json!({
            "id": id, "name": self.name, "vendor": self.vendor, "weaknesses": self.weaknesses.len(),
            "publicExploit": self.has_exploit, "activeAlert": has_alert, "exposedMachines": self.exposed.len(),
            "installedMachines": self.devices.len(), "impactScore": rounded(share * 10.0), "isNormalized": true,
            "category": "", "distributions": [],
        }))
    }
}

/// A security update that devices lack.
#[derive(Default)]
struct Missing<'a> {
    name: &'a str,
    products: BTreeSet<&'a str>,
    devices: BTreeSet<usize>,
    vulnerabilities: BTreeSet<&'a str>,
}

impl Missing<'_> {
    fn shown(&self, id: &str) -> Entity {
        entity(json!({
            "id": id, "name": self.name, "osBuild": null, "productsNames": self.products,
            "url": format!("https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB{id}"),
            "machineMissedOn": self.devices.len(), "cveAddressed": self.vulnerabilities.len(),
        }))
    }
}

fn vulnerability_entity(known: &Vulnerability, exposed: usize, first: Option<Timestamp>) -> Entity {
    entity(json!({
        "id": known.id, "name": known.id, "description": known.description, "severity": known.severity,
        "cvssV3": known.score, "cvssVector": null, "exposedMachines": exposed,
        "publishedOn": known.published.map(wire_time::text), "updatedOn": known.modified.map(wire_time::text),
        "firstDetected": first.map(wire_time::text), "publicExploit": known.has_exploit, "exploitVerified": false,
        "exploitInKit": false, "exploitTypes": [], "exploitUris": [], "cveSupportability": "Supported", "tags": [],
        "epss": null,
    }))
}

/// One count as a share of another; 0 of nothing.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of devices are far below 2^52"
)]
pub(super) fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// Two digits after the point.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Entities for a page.
pub(super) fn shared(entities: Vec<Entity>) -> Vec<SharedEntity> {
    entities.into_iter().map(SharedEntity::new).collect()
}

/// The entity of an id.
pub(super) fn by_id(entities: Vec<Entity>, kind: &str, id: &str) -> Result<Entity, Refusal> {
    let mut fitting = entities
        .into_iter()
        .filter(|entity| text(entity, "id") == id);
    fitting.next().ok_or_else(|| Refusal::not_found(kind, id))
}

/// The latest multiple of `hours` before an instant: when the service last made its files.
pub(super) fn generated(now: Timestamp, hours: i64) -> Timestamp {
    let step = SignedDuration::from_hours(hours).as_secs();
    let seconds = now.as_second() - now.as_second().rem_euclid(step);
    Timestamp::from_second(seconds).unwrap_or(now)
}

/// A score: `{time, score}` and what it is of.
pub(super) fn score(time: Timestamp, score: f64) -> Value {
    json!({"time": wire_time::text(time), "score": rounded(score)})
}
