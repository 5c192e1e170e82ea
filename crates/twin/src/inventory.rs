//! What vulnerability management knows, read from the hunting tables: so hunting and the API agree, and a data directory needs no files
//! of its own for it.
//!
//! | table | what it gives |
//! | --- | --- |
//! | `DeviceTvmSoftwareInventory` | installed programs |
//! | `DeviceTvmSoftwareVulnerabilities` and its `KB` | vulnerabilities of devices |
//! | `DeviceTvmSecureConfigurationAssessment` and its `KB` | settings of devices |
//!
//! Texts that many rows share are kept once and named by their place.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use jiff::Timestamp;
use tesem_engine::{Value, ticks};

use crate::refusal::Refusal;
use crate::server::Twin;
use crate::telemetry::{self, text_at};

const DEVICES: &str = "DeviceTvmSoftwareInventory | project DeviceId, DeviceName, OSPlatform, OSVersion, OSArchitecture, SoftwareVendor, SoftwareName, SoftwareVersion, EndOfSupportStatus, EndOfSupportDate | sort by DeviceId asc, SoftwareVendor asc, SoftwareName asc, SoftwareVersion asc";
const WEAKNESSES: &str = "DeviceTvmSoftwareVulnerabilities | project DeviceId, DeviceName, OSPlatform, OSVersion, OSArchitecture, SoftwareVendor, SoftwareName, SoftwareVersion, CveId, VulnerabilitySeverityLevel, RecommendedSecurityUpdate, RecommendedSecurityUpdateId | sort by DeviceId asc, SoftwareVendor asc, SoftwareName asc, SoftwareVersion asc, CveId asc";
const KNOWLEDGE: &str = "DeviceTvmSoftwareVulnerabilitiesKB | project CveId, CvssScore, IsExploitAvailable, VulnerabilitySeverityLevel, LastModifiedTime, PublishedDate, VulnerabilityDescription | sort by CveId asc";
const ASSESSMENTS: &str = "DeviceTvmSecureConfigurationAssessment | summarize arg_max(Timestamp, OSPlatform, DeviceName, IsCompliant, IsApplicable, IsExpectedUserImpact, ConfigurationImpact, ConfigurationCategory, ConfigurationSubcategory) by DeviceId, ConfigurationId | project DeviceId, DeviceName, OSPlatform, Timestamp, ConfigurationId, IsCompliant, IsApplicable, IsExpectedUserImpact, ConfigurationImpact, ConfigurationCategory, ConfigurationSubcategory | sort by DeviceId asc, ConfigurationId asc";
const SETTINGS: &str = "DeviceTvmSecureConfigurationAssessmentKB | project ConfigurationId, ConfigurationName | sort by ConfigurationId asc";

/// A device as these tables name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct InventoryDevice {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) platform: String,
    pub(crate) version: String,
    pub(crate) architecture: String,
}

/// A program in one version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Product {
    pub(crate) vendor: String,
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Product {
    /// `vendor-_-name`, the id of the software.
    pub(crate) fn software_id(&self) -> String {
        format!("{}-_-{}", self.vendor, self.name)
    }
}

/// When a program's support ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Support {
    pub(crate) status: String,
    pub(crate) ends: Option<Timestamp>,
}

/// A vulnerability.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vulnerability {
    pub(crate) id: String,
    pub(crate) severity: String,
    pub(crate) score: Option<f64>,
    pub(crate) has_exploit: bool,
    pub(crate) published: Option<Timestamp>,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) description: String,
}

/// A vulnerability of a program on a device; places in the lists of the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weakness {
    pub(crate) device: usize,
    pub(crate) product: usize,
    pub(crate) vulnerability: usize,
    /// What closes it: its name and number.
    pub(crate) update: usize,
}

/// A setting.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) category: String,
    pub(crate) subcategory: String,
    pub(crate) impact: f64,
}

/// Whether a device has a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Assessment {
    pub(crate) device: usize,
    pub(crate) setting: usize,
    pub(crate) at: Timestamp,
    pub(crate) is_compliant: bool,
    pub(crate) is_applicable: bool,
    pub(crate) is_expected_user_impact: bool,
}

/// Everything of the five tables.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    pub(crate) devices: Vec<InventoryDevice>,
    pub(crate) products: Vec<Product>,
    /// By place of the product.
    pub(crate) support: HashMap<usize, Support>,
    /// Device and product; what belongs to a device stands together.
    pub(crate) installed: Vec<(usize, usize)>,
    pub(crate) vulnerabilities: Vec<Vulnerability>,
    pub(crate) updates: Vec<(String, String)>,
    /// What belongs to a device stands together.
    pub(crate) weaknesses: Vec<Weakness>,
    /// How many of them a device has, by device and product.
    pub(crate) weakness_counts: HashMap<(usize, usize), usize>,
    pub(crate) settings: Vec<Setting>,
    /// What belongs to a device stands together.
    pub(crate) assessments: Vec<Assessment>,
}

impl Inventory {
    /// Reads the tables of a twin.
    pub(crate) async fn read(twin: &Twin) -> Result<Self, Refusal> {
        let all = (Timestamp::MIN, Timestamp::MAX);
        let mut reader = Reader::default();
        for row in telemetry::result(twin, KNOWLEDGE, all).await?.rows() {
            reader.known(&row);
        }
        for row in telemetry::result(twin, SETTINGS, all).await?.rows() {
            reader.names.insert(text_at(&row, 0), text_at(&row, 1));
        }
        for row in telemetry::result(twin, DEVICES, all).await?.rows() {
            reader.installed(&row);
        }
        for row in telemetry::result(twin, WEAKNESSES, all).await?.rows() {
            reader.weakness(&row);
        }
        for row in telemetry::result(twin, ASSESSMENTS, all).await?.rows() {
            reader.assessment(&row);
        }
        Ok(reader.finish())
    }
}

/// Distinct values in the order in which they came, found by their place.
#[derive(Debug)]
struct Distinct<T> {
    values: Vec<T>,
    places: HashMap<T, usize>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Distinct<T> {
    fn place(&mut self, value: T) -> usize {
        match self.places.entry(value) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let place = self.values.len();
                self.values.push(free.key().clone());
                *free.insert(place)
            }
        }
    }
}

#[derive(Debug, Default)]
struct Reader {
    /// Ids of devices; the first row of a device says the rest.
    device_ids: Distinct<String>,
    products: Distinct<Product>,
    cve_ids: Distinct<String>,
    updates: Distinct<(String, String)>,
    setting_ids: Distinct<String>,
    names: HashMap<String, String>,
    inventory: Inventory,
}

impl Reader {
    fn known(&mut self, row: &[Value]) {
        let place = self.cve_ids.place(text_at(row, 0));
        if place < self.inventory.vulnerabilities.len() {
            return;
        }
        self.inventory.vulnerabilities.push(Vulnerability {
            id: text_at(row, 0),
            severity: text_at(row, 3),
            score: text_at(row, 1).parse().ok(),
            has_exploit: flag(row, 2),
            modified: instant(row, 4),
            published: instant(row, 5),
            description: text_at(row, 6),
        });
    }

    fn device(&mut self, row: &[Value], has_system: bool) -> usize {
        let place = self.device_ids.place(text_at(row, 0));
        if place >= self.inventory.devices.len() {
            let system = |cell| {
                if has_system {
                    text_at(row, cell)
                } else {
                    String::new()
                }
            };
            self.inventory.devices.push(InventoryDevice {
                id: text_at(row, 0),
                name: text_at(row, 1),
                platform: text_at(row, 2),
                version: system(3),
                architecture: system(4),
            });
        }
        place
    }

    fn product(&mut self, row: &[Value]) -> usize {
        self.products.place(Product {
            vendor: text_at(row, 5),
            name: text_at(row, 6),
            version: text_at(row, 7),
        })
    }

    fn installed(&mut self, row: &[Value]) {
        let (device, product) = (self.device(row, true), self.product(row));
        self.inventory.installed.push((device, product));
        let support = Support {
            status: text_at(row, 8),
            ends: instant(row, 9),
        };
        self.inventory.support.entry(product).or_insert(support);
    }

    fn weakness(&mut self, row: &[Value]) {
        let (device, product) = (self.device(row, true), self.product(row));
        let vulnerability = self.cve_ids.place(text_at(row, 8));
        if vulnerability >= self.inventory.vulnerabilities.len() {
            self.inventory.vulnerabilities.push(Vulnerability {
                id: text_at(row, 8),
                severity: text_at(row, 9),
                score: None,
                has_exploit: false,
                published: None,
                modified: None,
                description: String::new(),
            });
        }
        let update = self.updates.place((text_at(row, 10), text_at(row, 11)));
        let count = self.inventory.weakness_counts.entry((device, product));
        *count.or_default() += 1;
        self.inventory.weaknesses.push(Weakness {
            device,
            product,
            vulnerability,
            update,
        });
    }

    fn assessment(&mut self, row: &[Value]) {
        let device = self.device(row, false);
        let id = text_at(row, 4);
        let setting = self.setting_ids.place(id.clone());
        if setting >= self.inventory.settings.len() {
            self.inventory.settings.push(Setting {
                name: self.names.get(&id).cloned().unwrap_or_default(),
                id,
                impact: match row.get(8) {
                    Some(Value::Real(impact)) => *impact,
                    _ => 0.0,
                },
                category: text_at(row, 9),
                subcategory: text_at(row, 10),
            });
        }
        let Some(at) = instant(row, 3) else { return };
        self.inventory.assessments.push(Assessment {
            device,
            setting,
            at,
            is_compliant: flag(row, 5),
            is_applicable: flag(row, 6),
            is_expected_user_impact: flag(row, 7),
        });
    }

    fn finish(self) -> Inventory {
        Inventory {
            products: self.products.values,
            updates: self.updates.values,
            ..self.inventory
        }
    }
}

fn flag(row: &[Value], place: usize) -> bool {
    matches!(row.get(place), Some(Value::Bool(true)))
}

fn instant(row: &[Value], place: usize) -> Option<Timestamp> {
    match row.get(place) {
        Some(Value::DateTime(ticks)) => Some(ticks::to_timestamp(*ticks)),
        _ => None,
    }
}
