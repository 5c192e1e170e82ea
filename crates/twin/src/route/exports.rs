//! Export assessments: whole inventories as pages or files.

use super::Route;
use crate::endpoint::exports;

const SOFTWARE: &[&str] = &["Software.Read.All"];
const VULNERABILITIES: &[&str] = &["Vulnerability.Read.All"];

pub(super) const ROUTES: &[Route] = &[
    pages("/api/machines/SoftwareInventoryByMachine", SOFTWARE).awaited(exports::software_pages),
    pages(
        "/api/machines/SoftwareVulnerabilitiesByMachine",
        VULNERABILITIES,
    )
    .awaited(exports::vulnerability_pages),
    pages(
        "/api/machines/SoftwareVulnerabilityChangesByMachine",
        VULNERABILITIES,
    )
    .awaited(exports::vulnerability_changes),
    pages(
        "/api/machines/SecureConfigurationsAssessmentByMachine",
        VULNERABILITIES,
    )
    .awaited(exports::setting_pages),
    files("/api/machines/SoftwareInventoryExport", SOFTWARE).awaited(exports::software_files),
    files(
        "/api/machines/SoftwareVulnerabilitiesExport",
        VULNERABILITIES,
    )
    .awaited(exports::vulnerability_files),
    files(
        "/api/machines/SecureConfigurationsAssessmentExport",
        VULNERABILITIES,
    )
    .awaited(exports::setting_files),
];

const fn pages(path: &'static str, permissions: &'static [&'static str]) -> Route {
    Route::endpoint("GET", path, permissions).with_quota(30, 1_000)
}

const fn files(path: &'static str, permissions: &'static [&'static str]) -> Route {
    Route::endpoint("GET", path, permissions).with_quota(5, 20)
}
