//! Vulnerabilities.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/vulnerability, get-all-vulnerabilities and
//! get-all-vulnerabilities-by-machines.

use std::sync::Arc;

use jiff::Timestamp;

use super::list::{ItemStream, PAGE_MAX, list, related};
use crate::core::Core;
use crate::route::Route;
use crate::wire::entity;
use crate::{DefenderError, ListQuery, MachineId, Service, VulnerabilityId};

/// Largest page of vulnerabilities. Source: learn.microsoft.com/defender-endpoint/api/get-all-vulnerabilities.
const VULNERABILITY_PAGE_MAX: u32 = 8_000;

const VULNERABILITY: &[&str] = &["Vulnerability.Read.All"];

pub(crate) const LIST_VULNERABILITIES: Route = Route::read(
    "list vulnerabilities",
    "GET /api/vulnerabilities",
    VULNERABILITY,
);

entity! {
    /// A vulnerability.
    pub struct Vulnerability keyed by id {
        /// Its id, mostly a CVE's name.
        id: VulnerabilityId = "id",
        /// Its name.
        name: Option<String> = "name",
        /// What it is.
        description: Option<String> = "description",
        /// How bad it is, e.g. `High`.
        severity: Option<String> = "severity",
        /// CVSS 3 score.
        cvss_v3: Option<f64> = "cvssV3",
        /// CVSS vector.
        cvss_vector: Option<String> = "cvssVector",
        /// On how many machines.
        exposed_machines: Option<i64> = "exposedMachines",
        /// When it was published.
        published: Option<Timestamp> = "publishedOn",
        /// When it was updated.
        updated: Option<Timestamp> = "updatedOn",
        /// When it was first found here.
        first_detected: Option<Timestamp> = "firstDetected",
        /// Whether there is a public exploit.
        public_exploit: Option<bool> = "publicExploit",
        /// Whether that works.
        exploit_verified: Option<bool> = "exploitVerified",
        /// Whether it is in a kit.
        exploit_in_kit: Option<bool> = "exploitInKit",
        /// Kinds of exploits.
        exploit_types: Vec<String> = "exploitTypes",
        /// Where they are.
        exploit_uris: Vec<String> = "exploitUris",
        /// Whether the service can find it.
        cve_supportability: Option<String> = "cveSupportability",
        /// Tags.
        tags: Vec<String> = "tags",
        /// Probability of exploitation.
        epss: Option<f64> = "epss",
    }
}

entity! {
    /// A machine that something was found on.
    pub struct MachineReference keyed by id {
        /// The machine.
        id: MachineId = "id",
        /// Its name.
        computer_dns_name: Option<String> = "computerDnsName",
        /// Its system.
        os_platform: Option<String> = "osPlatform",
        /// Its group.
        rbac_group_name: Option<String> = "rbacGroupName",
    }
}

entity! {
    /// A vulnerability of one product on one machine.
    pub struct MachineVulnerability keyed by id {
        /// Machine, vulnerability and product in one.
        id: String = "id",
        /// The vulnerability.
        cve_id: Option<String> = "cveId",
        /// The machine.
        machine_id: Option<MachineId> = "machineId",
        /// The update that mends it.
        fixing_kb_id: Option<String> = "fixingKbId",
        /// The product.
        product_name: Option<String> = "productName",
        /// Its vendor.
        product_vendor: Option<String> = "productVendor",
        /// Its version.
        product_version: Option<String> = "productVersion",
        /// How bad it is.
        severity: Option<String> = "severity",
    }
}

/// Vulnerabilities of one tenant, from [`DefenderReader::vulnerabilities`](crate::DefenderReader::vulnerabilities).
#[derive(Debug, Clone)]
pub struct Vulnerabilities {
    pub(crate) core: Arc<Core>,
}

impl Vulnerabilities {
    /// Vulnerabilities, at most 8,000 a page.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> ItemStream<Vulnerability> {
        list(
            &self.core,
            LIST_VULNERABILITIES,
            &["vulnerabilities"],
            query,
            VULNERABILITY_PAGE_MAX,
        )
    }

    /// One vulnerability; nothing where the service does not know it.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn get(&self, id: &VulnerabilityId) -> Result<Option<Vulnerability>, DefenderError> {
        let route = Route::read(
            "read a vulnerability",
            "GET /api/vulnerabilities/{id}",
            VULNERABILITY,
        );
        self.core
            .find(
                &route,
                self.core
                    .url(Service::Defender, "/api", &["vulnerabilities", id.as_str()]),
            )
            .await
    }

    /// Machines with a vulnerability.
    #[must_use]
    pub fn machines(&self, id: &VulnerabilityId) -> ItemStream<MachineReference> {
        let endpoint = "GET /api/vulnerabilities/{id}/machineReferences";
        let route = Route::read("list machines of a vulnerability", endpoint, VULNERABILITY);
        related(
            &self.core,
            route,
            &["vulnerabilities", id.as_str(), "machineReferences"],
        )
    }

    /// Vulnerabilities of all machines, one for each product, at most 10,000 a page. For a whole tenant the exports
    /// need far fewer calls.
    #[must_use]
    pub fn by_machine(&self, query: &ListQuery) -> ItemStream<MachineVulnerability> {
        let endpoint = "GET /api/vulnerabilities/machinesVulnerabilities";
        let route = Route::read("list vulnerabilities of machines", endpoint, VULNERABILITY);
        list(
            &self.core,
            route,
            &["vulnerabilities", "machinesVulnerabilities"],
            query,
            PAGE_MAX,
        )
    }
}
