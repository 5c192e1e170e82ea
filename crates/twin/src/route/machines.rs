//! Machines, machine actions, live response and investigations.

use super::Route;

const READ: &[&str] = &["Machine.Read.All", "Machine.ReadWrite.All"];
const WRITE: &[&str] = &["Machine.ReadWrite.All"];
const ISOLATE: &[&str] = &["Machine.Isolate"];
const RESTRICT: &[&str] = &["Machine.RestrictExecution"];
const FORENSICS: &[&str] = &["Machine.CollectForensics"];
const LIVE_RESPONSE: &[&str] = &["Machine.LiveResponse"];
const ALERTS: &[&str] = &["Alert.Read.All", "Alert.ReadWrite.All"];
const SOFTWARE: &[&str] = &["Software.Read.All"];
const LIBRARY: &[&str] = &["Library.Manage"];
const CANCEL: &[&str] = &[
    "Machine.CollectForensics",
    "Machine.Isolate",
    "Machine.LiveResponse",
    "Machine.RestrictExecution",
    "Machine.Scan",
    "Machine.StopAndQuarantine",
];

pub(super) const ROUTES: &[Route] = &[
    Route::endpoint("GET", "/api/machines", READ),
    Route::endpoint("GET", "/api/machines/{id}", READ),
    Route::endpoint("PATCH", "/api/machines/{id}", WRITE),
    Route::endpoint("GET", "/api/machines/findbyip({arguments})", READ),
    Route::endpoint("GET", "/api/machines/findbytag", READ),
    Route::endpoint("POST", "/api/machines/{id}/tags", WRITE),
    Route::endpoint(
        "POST",
        "/api/machines/AddOrRemoveTagForMultipleMachines",
        WRITE,
    ),
    Route::endpoint("POST", "/api/machines/{id}/setDeviceValue", WRITE),
    Route::endpoint("GET", "/api/machines/{id}/logonusers", &["User.Read.All"]),
    Route::endpoint("GET", "/api/machines/{id}/alerts", ALERTS),
    Route::endpoint("GET", "/api/machines/{id}/alerts/$count", ALERTS),
    Route::endpoint("GET", "/api/machines/{id}/software", SOFTWARE),
    Route::endpoint(
        "GET",
        "/api/machines/{id}/vulnerabilities",
        &["Vulnerability.Read.All"],
    ),
    Route::endpoint(
        "GET",
        "/api/machines/{id}/recommendations",
        &["SecurityRecommendation.Read.All"],
    ),
    Route::endpoint("GET", "/api/machines/{id}/getmissingkbs", SOFTWARE),
    Route::endpoint("GET", "/api/machines/{id}/availableMachineActions", READ),
    Route::endpoint("GET", "/api/machines/{id}/machineActions", READ),
    Route::endpoint("GET", "/api/machines/{id}/latestMachineActions", READ),
    Route::endpoint("POST", "/api/machines/{id}/isolate", ISOLATE),
    Route::endpoint("POST", "/api/machines/{id}/unisolate", ISOLATE),
    Route::endpoint("POST", "/api/machines/{id}/restrictCodeExecution", RESTRICT),
    Route::endpoint(
        "POST",
        "/api/machines/{id}/unrestrictCodeExecution",
        RESTRICT,
    ),
    Route::endpoint(
        "POST",
        "/api/machines/{id}/runAntiVirusScan",
        &["Machine.Scan"],
    ),
    Route::endpoint(
        "POST",
        "/api/machines/{id}/collectInvestigationPackage",
        FORENSICS,
    ),
    Route::endpoint(
        "POST",
        "/api/machines/{id}/startInvestigation",
        &["Alert.ReadWrite.All"],
    )
    .with_quota(50, 50),
    Route::endpoint(
        "POST",
        "/api/machines/{id}/StopAndQuarantineFile",
        &["Machine.StopAndQuarantine"],
    ),
    Route::endpoint("POST", "/api/machines/{id}/offboard", &["Machine.Offboard"]),
    Route::endpoint("POST", "/api/machines/{id}/runliveresponse", LIVE_RESPONSE)
        .with_quota(10, 1_500),
    Route::endpoint("GET", "/api/machineactions", READ),
    Route::endpoint("GET", "/api/machineactions/{id}", READ),
    Route::endpoint("POST", "/api/machineactions/{id}/cancel", CANCEL),
    Route::endpoint("GET", "/api/machineactions/{id}/getPackageUri", FORENSICS).with_quota(2, 120),
    Route::endpoint(
        "GET",
        "/api/machineactions/{id}/GetLiveResponseResultDownloadLink({arguments})",
        LIVE_RESPONSE,
    ),
    Route::endpoint("GET", "/api/libraryfiles", LIBRARY),
    Route::endpoint("POST", "/api/libraryfiles", LIBRARY),
    Route::endpoint("DELETE", "/api/libraryfiles/{name}", LIBRARY),
    Route::endpoint("GET", "/api/investigations", ALERTS),
    Route::endpoint("GET", "/api/investigations/{id}", ALERTS),
];
