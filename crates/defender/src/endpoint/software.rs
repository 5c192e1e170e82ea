//! Software products.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/software, get-missing-kbs-machine and
//! get-software-ver-distribution.

use std::sync::Arc;

use super::list::{ItemStream, PAGE_MAX, list, related};
use super::{MachineReference, Vulnerability};
use crate::core::Core;
use crate::route::Route;
use crate::wire::entity;
use crate::{ListQuery, SoftwareId};

entity! {
    /// A software product.
    pub struct Software keyed by id {
        /// `vendor-_-name`.
        id: SoftwareId = "id",
        /// Name.
        name: Option<String> = "name",
        /// Vendor.
        vendor: Option<String> = "vendor",
        /// How many vulnerabilities.
        weaknesses: Option<i64> = "weaknesses",
        /// Whether one has a public exploit.
        public_exploit: Option<bool> = "publicExploit",
        /// Whether there is an alert.
        active_alert: Option<bool> = "activeAlert",
        /// On how many exposed machines.
        exposed_machines: Option<i64> = "exposedMachines",
        /// How much it adds to the exposure score.
        impact_score: Option<f64> = "impactScore",
    }
}

entity! {
    /// A security update that a machine lacks.
    pub struct MissingUpdate keyed by id {
        /// Its number.
        id: String = "id",
        /// Its name.
        name: Option<String> = "name",
        /// Products.
        products_names: Vec<String> = "productsNames",
        /// Where it is.
        url: Option<String> = "url",
        /// How many machines lack it.
        machine_missed_on: Option<i64> = "machineMissedOn",
        /// How many vulnerabilities it mends.
        cve_addressed: Option<i64> = "cveAddressed",
    }
}

entity! {
    /// A version of a product, as it is spread.
    pub struct Distribution keyed by version {
        /// The version.
        version: String = "version",
        /// On how many machines.
        installations: Option<i64> = "installations",
        /// With how many vulnerabilities.
        vulnerabilities: Option<i64> = "vulnerabilities",
    }
}

/// Software of one tenant, from [`DefenderReader::software`](crate::DefenderReader::software).
#[derive(Debug, Clone)]
pub struct SoftwareInventory {
    pub(crate) core: Arc<Core>,
}

const SOFTWARE: &[&str] = &["Software.Read.All"];

pub(crate) const LIST_SOFTWARE: Route = Route::read("list software", "GET /api/Software", SOFTWARE);

impl SoftwareInventory {
    /// Products, at most 10,000 a page.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> ItemStream<Software> {
        list(&self.core, LIST_SOFTWARE, &["Software"], query, PAGE_MAX)
    }

    /// Machines with a product.
    #[must_use]
    pub fn machines(&self, id: &SoftwareId) -> ItemStream<MachineReference> {
        let endpoint = "GET /api/Software/{id}/machineReferences";
        let route = Route::read("list machines of a product", endpoint, SOFTWARE);
        related(
            &self.core,
            route,
            &["Software", id.as_str(), "machineReferences"],
        )
    }

    /// Vulnerabilities of a product.
    #[must_use]
    pub fn vulnerabilities(&self, id: &SoftwareId) -> ItemStream<Vulnerability> {
        let endpoint = "GET /api/Software/{id}/vulnerabilities";
        let route = Route::read(
            "list vulnerabilities of a product",
            endpoint,
            &["Vulnerability.Read.All"],
        );
        related(
            &self.core,
            route,
            &["Software", id.as_str(), "vulnerabilities"],
        )
    }

    /// Versions of a product, with how many machines have each.
    #[must_use]
    pub fn distributions(&self, id: &SoftwareId) -> ItemStream<Distribution> {
        let endpoint = "GET /api/Software/{id}/distributions";
        let route = Route::read("list versions of a product", endpoint, SOFTWARE);
        related(
            &self.core,
            route,
            &["Software", id.as_str(), "distributions"],
        )
    }
}
