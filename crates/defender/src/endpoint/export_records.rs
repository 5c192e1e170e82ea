//! Records of export assessments. Pages and files hold the same ones.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/get-assessment-software-inventory,
//! get-assessment-software-vulnerabilities and get-assessment-secure-config.

use jiff::Timestamp;

use crate::MachineId;
use crate::wire::{entity, open_enum};

entity! {
    /// A software product on a machine.
    pub struct SoftwareRecord {
        /// The machine.
        device_id: MachineId = "deviceId",
        /// Its name.
        device_name: Option<String> = "deviceName",
        /// Its group.
        rbac_group_name: Option<String> = "rbacGroupName",
        /// Its system.
        os_platform: Option<String> = "osPlatform",
        /// The product's vendor.
        software_vendor: Option<String> = "softwareVendor",
        /// The product.
        software_name: Option<String> = "softwareName",
        /// Its version.
        software_version: Option<String> = "softwareVersion",
        /// How many vulnerabilities.
        number_of_weaknesses: Option<i64> = "numberOfWeaknesses",
        /// Where it lies.
        disk_paths: Vec<String> = "diskPaths",
        /// Where the registry tells of it.
        registry_paths: Vec<String> = "registryPaths",
        /// When it was first seen.
        first_seen: Option<Timestamp> = "softwareFirstSeenTimestamp",
        /// Whether its vendor still supports it.
        end_of_support_status: Option<String> = "endOfSupportStatus",
        /// Until when.
        end_of_support_date: Option<Timestamp> = "endOfSupportDate",
    }
}

entity! {
    /// A vulnerability of a product on a machine.
    pub struct VulnerabilityRecord {
        /// Machine, product and vulnerability in one.
        id: Option<String> = "id",
        /// The machine.
        device_id: MachineId = "deviceId",
        /// Its name.
        device_name: Option<String> = "deviceName",
        /// Its group.
        rbac_group_name: Option<String> = "rbacGroupName",
        /// Its system.
        os_platform: Option<String> = "osPlatform",
        /// The system's version.
        os_version: Option<String> = "osVersion",
        /// The system's architecture.
        os_architecture: Option<String> = "osArchitecture",
        /// The product's vendor.
        software_vendor: Option<String> = "softwareVendor",
        /// The product.
        software_name: Option<String> = "softwareName",
        /// Its version.
        software_version: Option<String> = "softwareVersion",
        /// The vulnerability; absent where it has no CVE yet.
        cve_id: Option<String> = "cveId",
        /// How bad it is.
        severity: Option<String> = "vulnerabilitySeverityLevel",
        /// CVSS score.
        cvss_score: Option<f64> = "cvssScore",
        /// The update that mends it.
        recommended_security_update: Option<String> = "recommendedSecurityUpdate",
        /// The update's id.
        recommended_security_update_id: Option<String> = "recommendedSecurityUpdateId",
        /// Where it is.
        recommended_security_update_url: Option<String> = "recommendedSecurityUpdateUrl",
        /// Where the product lies.
        disk_paths: Vec<String> = "diskPaths",
        /// Where the registry tells of it.
        registry_paths: Vec<String> = "registryPaths",
        /// When it was last seen.
        last_seen: Option<Timestamp> = "lastSeenTimestamp",
        /// When it was first seen.
        first_seen: Option<Timestamp> = "firstSeenTimestamp",
        /// Whether and how it is exploited.
        exploitability_level: Option<String> = "exploitabilityLevel",
        /// The recommendation that mends it.
        recommendation_reference: Option<String> = "recommendationReference",
        /// Whether there is an update.
        security_update_available: Option<bool> = "securityUpdateAvailable",
    }
}

open_enum! {
    /// How a vulnerability changed.
    pub enum DeltaStatus {
        /// It is there now.
        New = "New",
        /// It is gone.
        Fixed = "Fixed",
        /// Something about it changed.
        Updated = "Updated",
    }
}

entity! {
    /// A change of a vulnerability on a machine. The service repeats some, as when a machine changes its group.
    pub struct DeltaRecord {
        /// Machine, product and vulnerability in one.
        id: Option<String> = "id",
        /// How it changed.
        status: Option<DeltaStatus> = "status",
        /// When.
        event: Option<Timestamp> = "eventTimestamp",
        /// Whether the machine has the sensor.
        is_onboarded: Option<bool> = "isOnboarded",
        /// The machine.
        device_id: MachineId = "deviceId",
        /// Its name.
        device_name: Option<String> = "deviceName",
        /// Its group.
        rbac_group_name: Option<String> = "rbacGroupName",
        /// Its system.
        os_platform: Option<String> = "osPlatform",
        /// The product's vendor.
        software_vendor: Option<String> = "softwareVendor",
        /// The product.
        software_name: Option<String> = "softwareName",
        /// Its version.
        software_version: Option<String> = "softwareVersion",
        /// The vulnerability.
        cve_id: Option<String> = "cveId",
        /// How bad it is.
        severity: Option<String> = "vulnerabilitySeverityLevel",
        /// CVSS score.
        cvss_score: Option<f64> = "cvssScore",
        /// When it was last seen.
        last_seen: Option<Timestamp> = "lastSeenTimestamp",
        /// When it was first seen.
        first_seen: Option<Timestamp> = "firstSeenTimestamp",
        /// Whether and how it is exploited.
        exploitability_level: Option<String> = "exploitabilityLevel",
    }
}

entity! {
    /// A setting of a machine, held against its recommendation.
    pub struct ConfigurationRecord {
        /// The machine.
        device_id: MachineId = "deviceId",
        /// Its name.
        device_name: Option<String> = "deviceName",
        /// Its group.
        rbac_group_name: Option<String> = "rbacGroupName",
        /// Its system.
        os_platform: Option<String> = "osPlatform",
        /// The system's version.
        os_version: Option<String> = "osVersion",
        /// When it was looked at.
        timestamp: Option<Timestamp> = "timestamp",
        /// The setting: `scid-…`.
        configuration_id: Option<String> = "configurationId",
        /// Its category.
        configuration_category: Option<String> = "configurationCategory",
        /// The category's part.
        configuration_subcategory: Option<String> = "configurationSubcategory",
        /// How much it matters.
        configuration_impact: Option<f64> = "configurationImpact",
        /// Whether it is as recommended.
        is_compliant: Option<bool> = "isCompliant",
        /// Whether the machine has it.
        is_applicable: Option<bool> = "isApplicable",
        /// Whether the recommendation would disturb somebody.
        is_expected_user_impact: Option<bool> = "isExpectedUserImpact",
        /// Its name.
        configuration_name: Option<String> = "configurationName",
        /// The recommendation.
        recommendation_reference: Option<String> = "recommendationReference",
    }
}
