//! Vulnerabilities, software, recommendations, scores and remediation.

use super::Route;

const VULNERABILITIES: &[&str] = &["Vulnerability.Read.All"];
const SOFTWARE: &[&str] = &["Software.Read.All"];
const RECOMMENDATIONS: &[&str] = &["SecurityRecommendation.Read.All"];
const SCORES: &[&str] = &["Score.Read.All"];
const REMEDIATION: &[&str] = &["RemediationTasks.Read.All"];

pub(super) const ROUTES: &[Route] = &[
    Route::endpoint("GET", "/api/vulnerabilities", VULNERABILITIES),
    Route::endpoint("GET", "/api/vulnerabilities/{cve}", VULNERABILITIES),
    Route::endpoint(
        "GET",
        "/api/vulnerabilities/{cve}/machineReferences",
        VULNERABILITIES,
    ),
    Route::endpoint(
        "GET",
        "/api/vulnerabilities/machinesVulnerabilities",
        VULNERABILITIES,
    ),
    Route::endpoint("GET", "/api/recommendations", RECOMMENDATIONS),
    Route::endpoint("GET", "/api/recommendations/{id}", RECOMMENDATIONS),
    Route::endpoint("GET", "/api/recommendations/{id}/software", RECOMMENDATIONS),
    Route::endpoint(
        "GET",
        "/api/recommendations/{id}/machineReferences",
        RECOMMENDATIONS,
    ),
    Route::endpoint(
        "GET",
        "/api/recommendations/{id}/vulnerabilities",
        VULNERABILITIES,
    ),
    Route::endpoint("GET", "/api/Software", SOFTWARE),
    Route::endpoint("GET", "/api/Software/{id}", SOFTWARE),
    Route::endpoint("GET", "/api/Software/{id}/distributions", SOFTWARE),
    Route::endpoint("GET", "/api/Software/{id}/machineReferences", SOFTWARE),
    Route::endpoint("GET", "/api/Software/{id}/vulnerabilities", VULNERABILITIES),
    Route::endpoint("GET", "/api/Software/{id}/getmissingkbs", SOFTWARE),
    Route::endpoint("GET", "/api/exposureScore", SCORES),
    Route::endpoint("GET", "/api/exposureScore/ByMachineGroups", SCORES),
    Route::endpoint("GET", "/api/configurationScore", SCORES),
    Route::endpoint("GET", "/api/remediationtasks", REMEDIATION),
    Route::endpoint("GET", "/api/remediationtasks/{id}", REMEDIATION),
    Route::endpoint(
        "GET",
        "/api/public/avdeviceshealth",
        &["Machine.Read.All", "Machine.ReadWrite.All"],
    ),
];
