//! Vulnerabilities, software, recommendations, scores and remediation.

use super::Route;
use crate::endpoint::{remediation, software};

const VULNERABILITIES: &[&str] = &["Vulnerability.Read.All"];
const SOFTWARE: &[&str] = &["Software.Read.All"];
const RECOMMENDATIONS: &[&str] = &["SecurityRecommendation.Read.All"];
const SCORES: &[&str] = &["Score.Read.All"];
const REMEDIATION: &[&str] = &["RemediationTasks.Read.All"];

pub(super) const ROUTES: &[Route] = &[
    Route::endpoint("GET", "/api/vulnerabilities/$count", VULNERABILITIES)
        .awaited(software::count_vulnerabilities),
    Route::endpoint("GET", "/api/vulnerabilities", VULNERABILITIES)
        .awaited(software::list_vulnerabilities),
    Route::endpoint("GET", "/api/vulnerabilities/{cve}", VULNERABILITIES)
        .awaited(software::get_vulnerability),
    Route::endpoint(
        "GET",
        "/api/vulnerabilities/{cve}/machineReferences",
        VULNERABILITIES,
    )
    .awaited(software::vulnerability_machines),
    Route::endpoint(
        "GET",
        "/api/vulnerabilities/machinesVulnerabilities",
        VULNERABILITIES,
    )
    .awaited(software::machines_vulnerabilities),
    Route::endpoint("GET", "/api/recommendations/$count", RECOMMENDATIONS)
        .awaited(software::count_recommendations),
    Route::endpoint("GET", "/api/recommendations", RECOMMENDATIONS)
        .awaited(software::list_recommendations),
    Route::endpoint("GET", "/api/recommendations/{id}", RECOMMENDATIONS)
        .awaited(software::get_recommendation),
    Route::endpoint("GET", "/api/recommendations/{id}/software", RECOMMENDATIONS)
        .awaited(software::recommendation_software),
    Route::endpoint(
        "GET",
        "/api/recommendations/{id}/machineReferences",
        RECOMMENDATIONS,
    )
    .awaited(software::recommendation_machines),
    Route::endpoint(
        "GET",
        "/api/recommendations/{id}/vulnerabilities",
        VULNERABILITIES,
    )
    .awaited(software::recommendation_vulnerabilities),
    Route::endpoint("GET", "/api/Software/$count", SOFTWARE).awaited(software::count_software),
    Route::endpoint("GET", "/api/Software", SOFTWARE).awaited(software::list_software),
    Route::endpoint("GET", "/api/Software/{id}", SOFTWARE).awaited(software::get_software),
    Route::endpoint("GET", "/api/Software/{id}/distributions", SOFTWARE)
        .awaited(software::distributions),
    Route::endpoint("GET", "/api/Software/{id}/machineReferences", SOFTWARE)
        .awaited(software::software_machines),
    Route::endpoint("GET", "/api/Software/{id}/vulnerabilities", VULNERABILITIES)
        .awaited(software::software_vulnerabilities),
    Route::endpoint("GET", "/api/Software/{id}/getmissingkbs", SOFTWARE)
        .awaited(software::software_updates),
    Route::endpoint("GET", "/api/exposureScore", SCORES).answered(software::exposure_score),
    Route::endpoint("GET", "/api/exposureScore/ByMachineGroups", SCORES)
        .answered(software::exposure_by_group),
    Route::endpoint("GET", "/api/configurationScore", SCORES)
        .awaited(software::configuration_score),
    Route::endpoint("GET", "/api/remediationtasks/$count", REMEDIATION)
        .answered(remediation::count),
    Route::endpoint("GET", "/api/remediationtasks", REMEDIATION).answered(remediation::list),
    Route::endpoint("GET", "/api/remediationtasks/{id}", REMEDIATION).answered(remediation::get),
    Route::endpoint(
        "GET",
        "/api/public/avdeviceshealth",
        &["Machine.Read.All", "Machine.ReadWrite.All"],
    ),
];
