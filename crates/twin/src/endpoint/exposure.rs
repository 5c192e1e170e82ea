//! The tenant's exposure: the inventory of the devices that are still there, in the forms that the vulnerability routes show.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::data::{Entity, SharedEntity};
use crate::inventory::{Assessment, Inventory, Product, Setting, Vulnerability, Weakness};
use crate::refusal::Refusal;
use crate::server::Twin;
use crate::state::{entity, instant, text};
use crate::wire_time;

/// The inventory, and how its devices stand now.
pub(super) struct Exposure<'a> {
    pub(super) inventory: &'a Inventory,
    /// By place of the device.
    devices: Vec<Standing>,
}

/// How a device of the inventory stands now.
#[derive(Default)]
struct Standing {
    machine: Option<SharedEntity>,
    /// Whether it counts.
    is_there: bool,
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
}

impl Standing {
    fn of(machine: Option<SharedEntity>) -> Self {
        let own = machine.as_deref();
        let status = own.map_or("", |machine| text(machine, "onboardingStatus"));
        Self {
            is_there: matches!(status, "" | "Onboarded"),
            first_seen: own.and_then(|machine| instant(machine, "firstSeen")),
            last_seen: own.and_then(|machine| instant(machine, "lastSeen")),
            machine,
        }
    }
}

/// Device, place of the product, and the product.
pub(super) type Installed<'a> = (usize, usize, &'a Product);

/// A row of a vulnerability on a device, with what stands behind its places.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) device: usize,
    pub(super) product: &'a Product,
    /// The place of the vulnerability.
    place: usize,
    pub(super) vulnerability: &'a Vulnerability,
    pub(super) update: &'a (String, String),
}

impl<'a> Exposure<'a> {
    /// What is exposed now: not the devices that were offboarded.
    pub(super) async fn now(twin: &'a Twin) -> Result<Self, Refusal> {
        let inventory = twin.inventory().await?;
        let state = twin.tenant_state();
        let known = inventory.devices.iter();
        let devices = known.map(|device| Standing::of(state.machines.get(&device.id).cloned()));
        Ok(Self {
            inventory,
            devices: devices.collect(),
        })
    }

    /// An inventory of which some devices are there.
    #[cfg(test)]
    pub(super) fn of(inventory: &'a Inventory, is_there: &[bool]) -> Self {
        let standing = |is_there: &bool| Standing {
            is_there: *is_there,
            ..Standing::default()
        };
        Self {
            inventory,
            devices: is_there.iter().map(standing).collect(),
        }
    }

    pub(super) fn has(&self, device: usize) -> bool {
        self.devices.get(device).is_some_and(|own| own.is_there)
    }

    pub(super) fn device_id(&self, device: usize) -> &str {
        self.inventory
            .devices
            .get(device)
            .map_or("", |device| &device.id)
    }

    pub(super) fn machine(&self, device: usize) -> Option<&SharedEntity> {
        self.devices.get(device)?.machine.as_ref()
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
            place: weakness.vulnerability,
            vulnerability: inventory.vulnerabilities.get(weakness.vulnerability)?,
            update: inventory.updates.get(weakness.update)?,
        })
    }

    /// Device and product of every installed program of the devices that are there.
    pub(super) fn installed(&self) -> impl Iterator<Item = Installed<'a>> + '_ {
        let all = self.inventory.installed.iter();
        all.filter(|(device, _)| self.has(*device))
            .filter_map(|(device, place)| {
                Some((*device, *place, self.inventory.products.get(*place)?))
            })
    }

    /// The settings of the devices that are there.
    pub(super) fn assessments(&self) -> impl Iterator<Item = (&'a Assessment, &'a Setting)> + '_ {
        let all = self.inventory.assessments.iter();
        all.filter(|own| self.has(own.device))
            .filter_map(|own| Some((own, self.inventory.settings.get(own.setting)?)))
    }

    pub(super) fn device_first_seen(&self, device: usize) -> Option<Timestamp> {
        self.devices.get(device)?.first_seen
    }

    /// When a device got a vulnerability: when it was published, or when the device was first seen.
    pub(super) fn first_seen(&self, row: &Row<'_>) -> Option<Timestamp> {
        self.device_first_seen(row.device)
            .max(row.vulnerability.published)
    }

    pub(super) fn last_seen(&self, device: usize) -> Option<Timestamp> {
        self.devices.get(device)?.last_seen
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
        let mut exposed: BTreeMap<usize, Exposed> = BTreeMap::new();
        for row in self.weaknesses().filter(|row| fits(row)) {
            let seen = self.first_seen(&row);
            exposed.entry(row.place).or_default().add(row.device, seen);
        }
        let known = self.inventory.vulnerabilities.iter().enumerate();
        known
            .filter(|(place, _)| all || exposed.contains_key(place))
            .map(|(place, known)| vulnerability_entity(known, exposed.get(&place)))
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

/// The devices that have a vulnerability.
#[derive(Default)]
struct Exposed {
    devices: usize,
    /// The rows of a device stand together.
    latest: Option<usize>,
    first_seen: Option<Timestamp>,
}

impl Exposed {
    fn add(&mut self, device: usize, seen: Option<Timestamp>) {
        if self.latest.replace(device) != Some(device) {
            self.devices += 1;
        }
        self.first_seen = [self.first_seen, seen].into_iter().flatten().min();
    }
}

fn vulnerability_entity(known: &Vulnerability, exposed: Option<&Exposed>) -> Entity {
    let first = exposed.and_then(|exposed| exposed.first_seen);
    let exposed = exposed.map_or(0, |exposed| exposed.devices);
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
