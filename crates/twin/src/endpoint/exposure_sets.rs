//! The entity sets of vulnerability management.

use crate::odata::{EntitySet, Kind, Property};

pub(crate) static SOFTWARE: EntitySet = EntitySet {
    context: "Software",
    type_name: "microsoft.windowsDefenderATP.api.Software",
    properties: &[
        Property::filtered("id", Kind::Text),
        Property::filtered("name", Kind::Text),
        Property::filtered("vendor", Kind::Text),
        Property::shown("weaknesses", Kind::Number),
        Property::shown("publicExploit", Kind::Flag),
        Property::shown("activeAlert", Kind::Flag),
        Property::shown("exposedMachines", Kind::Number),
        Property::shown("installedMachines", Kind::Number),
        Property::shown("impactScore", Kind::Number),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: true,
    top_is_page: false,
};

pub(crate) static VULNERABILITIES: EntitySet = EntitySet {
    context: "Vulnerabilities",
    type_name: "microsoft.windowsDefenderATP.api.PublicVulnerabilityDto",
    properties: &[
        Property::filtered("id", Kind::Text),
        Property::filtered("name", Kind::Text),
        Property::filtered("description", Kind::Text),
        Property::filtered("cvssV3", Kind::Number),
        Property::filtered("publishedOn", Kind::Instant),
        Property::filtered("severity", Kind::Text),
        Property::filtered("updatedOn", Kind::Instant),
        Property::shown("exposedMachines", Kind::Number),
        Property::shown("firstDetected", Kind::Instant),
        Property::shown("publicExploit", Kind::Flag),
        Property::shown("exploitVerified", Kind::Flag),
        Property::shown("exploitInKit", Kind::Flag),
        Property::shown("cvssVector", Kind::Text),
        Property::shown("cveSupportability", Kind::Text),
        Property::shown("tags", Kind::Texts),
    ],
    page_rows: 8_000,
    expandable: &[],
    always_counts: true,
    top_is_page: false,
};

pub(crate) static MACHINE_VULNERABILITIES: EntitySet = EntitySet {
    context: "Collection(microsoft.windowsDefenderATP.api.PublicAssetVulnerabilityDto)",
    type_name: "microsoft.windowsDefenderATP.api.PublicAssetVulnerabilityDto",
    properties: &[
        Property::filtered("id", Kind::Text),
        Property::filtered("cveId", Kind::Text),
        Property::filtered("machineId", Kind::Text),
        Property::filtered("fixingKbId", Kind::Text),
        Property::filtered("productName", Kind::Text),
        Property::filtered("productVersion", Kind::Text),
        Property::filtered("severity", Kind::Text),
        Property::filtered("productVendor", Kind::Text),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: true,
    top_is_page: false,
};

pub(crate) static RECOMMENDATIONS: EntitySet = EntitySet {
    context: "Recommendations",
    type_name: "microsoft.windowsDefenderATP.api.Recommendation",
    properties: &[
        Property::filtered("id", Kind::Text),
        Property::filtered("productName", Kind::Text),
        Property::filtered("vendor", Kind::Text),
        Property::filtered("recommendedVersion", Kind::Text),
        Property::filtered("recommendationCategory", Kind::Text),
        Property::filtered("subCategory", Kind::Text),
        Property::filtered("severityScore", Kind::Number),
        Property::filtered("remediationType", Kind::Text),
        Property::filtered("status", Kind::Text),
        Property::shown("recommendationName", Kind::Text),
        Property::shown("weaknesses", Kind::Number),
        Property::shown("publicExploit", Kind::Flag),
        Property::shown("activeAlert", Kind::Flag),
        Property::shown("exposedMachinesCount", Kind::Number),
        Property::shown("totalMachineCount", Kind::Number),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: true,
    top_is_page: false,
};

pub(crate) static REFERENCES: EntitySet = EntitySet {
    context: "MachineReferences",
    type_name: "microsoft.windowsDefenderATP.api.MachineReference",
    properties: &[
        Property::filtered("id", Kind::Text),
        Property::filtered("computerDnsName", Kind::Text),
        Property::filtered("osPlatform", Kind::Text),
        Property::filtered("rbacGroupName", Kind::Text),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: true,
    top_is_page: false,
};

pub(crate) static UPDATES: EntitySet = EntitySet {
    context: "Collection(microsoft.windowsDefenderATP.api.PublicProductFixDto)",
    type_name: "microsoft.windowsDefenderATP.api.PublicProductFixDto",
    properties: &[
        Property::filtered("id", Kind::Text),
        Property::filtered("name", Kind::Text),
        Property::shown("productsNames", Kind::Texts),
        Property::shown("url", Kind::Text),
        Property::shown("machineMissedOn", Kind::Number),
        Property::shown("cveAddressed", Kind::Number),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: true,
    top_is_page: false,
};

pub(crate) static DISTRIBUTIONS: EntitySet = EntitySet {
    context: "Distributions",
    type_name: "microsoft.windowsDefenderATP.api.Distribution",
    properties: &[
        Property::filtered("version", Kind::Text),
        Property::shown("installations", Kind::Number),
        Property::shown("vulnerabilities", Kind::Number),
    ],
    page_rows: 10_000,
    expandable: &[],
    always_counts: true,
    top_is_page: false,
};
