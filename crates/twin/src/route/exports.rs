//! Export assessments: whole inventories as pages or files.

use super::Route;

const SOFTWARE: &[&str] = &["Software.Read.All"];
const VULNERABILITIES: &[&str] = &["Vulnerability.Read.All"];

pub(super) const ROUTES: &[Route] = &[
    pages("/api/machines/SoftwareInventoryByMachine", SOFTWARE),
    pages(
        "/api/machines/SoftwareVulnerabilitiesByMachine",
        VULNERABILITIES,
    ),
    pages(
        "/api/machines/SoftwareVulnerabilityChangesByMachine",
        VULNERABILITIES,
    ),
    pages(
        "/api/machines/SecureConfigurationsAssessmentByMachine",
        VULNERABILITIES,
    ),
    files("/api/machines/SoftwareInventoryExport", SOFTWARE),
    files(
        "/api/machines/SoftwareVulnerabilitiesExport",
        VULNERABILITIES,
    ),
    files(
        "/api/machines/SecureConfigurationsAssessmentExport",
        VULNERABILITIES,
    ),
];

const fn pages(path: &'static str, permissions: &'static [&'static str]) -> Route {
    Route::endpoint("GET", path, permissions).with_quota(30, 1_000)
}

const fn files(path: &'static str, permissions: &'static [&'static str]) -> Route {
    Route::endpoint("GET", path, permissions).with_quota(5, 20)
}
