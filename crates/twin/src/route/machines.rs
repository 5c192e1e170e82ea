//! Machines, machine actions, live response and investigations.

use super::Route;
use crate::endpoint::{actions, investigations, machines, software};

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
    Route::endpoint("GET", "/api/machines/$count", READ).answered(machines::count),
    Route::endpoint("GET", "/api/machines", READ).answered(machines::list),
    Route::endpoint("GET", "/api/machines/{id}", READ).answered(machines::get),
    Route::endpoint("PATCH", "/api/machines/{id}", WRITE).answered(machines::update),
    Route::endpoint("GET", "/api/machines/findbyip({arguments})", READ)
        .awaited(machines::find_by_ip),
    Route::endpoint("GET", "/api/machines/findbytag", READ).answered(machines::find_by_tag),
    Route::endpoint("POST", "/api/machines/{id}/tags", WRITE).answered(machines::tag),
    Route::endpoint(
        "POST",
        "/api/machines/AddOrRemoveTagForMultipleMachines",
        WRITE,
    )
    .answered(machines::tag_many),
    Route::endpoint("POST", "/api/machines/{id}/setDeviceValue", WRITE)
        .answered(machines::set_value),
    Route::endpoint("GET", "/api/machines/{id}/logonusers", &["User.Read.All"])
        .answered(machines::logon_users),
    Route::endpoint("GET", "/api/machines/{id}/alerts", ALERTS).answered(machines::alerts_of),
    Route::endpoint("GET", "/api/machines/{id}/alerts/$count", ALERTS)
        .answered(machines::count_alerts_of),
    Route::endpoint("GET", "/api/machines/{id}/software", SOFTWARE)
        .awaited(software::machine_software),
    Route::endpoint(
        "GET",
        "/api/machines/{id}/vulnerabilities",
        &["Vulnerability.Read.All"],
    )
    .awaited(software::machine_vulnerabilities),
    Route::endpoint(
        "GET",
        "/api/machines/{id}/recommendations",
        &["SecurityRecommendation.Read.All"],
    )
    .awaited(software::machine_recommendations),
    Route::endpoint("GET", "/api/machines/{id}/getmissingkbs", SOFTWARE)
        .awaited(software::machine_updates),
    Route::endpoint("GET", "/api/machines/{id}/availableMachineActions", READ)
        .answered(actions::available),
    Route::endpoint("GET", "/api/machines/{id}/machineActions", READ)
        .answered(actions::list_of_machine),
    Route::endpoint("GET", "/api/machines/{id}/latestMachineActions", READ)
        .answered(actions::latest_of_machine),
    Route::endpoint("POST", "/api/machines/{id}/isolate", ISOLATE).answered(actions::isolate),
    Route::endpoint("POST", "/api/machines/{id}/unisolate", ISOLATE).answered(actions::unisolate),
    Route::endpoint("POST", "/api/machines/{id}/restrictCodeExecution", RESTRICT)
        .answered(actions::restrict),
    Route::endpoint(
        "POST",
        "/api/machines/{id}/unrestrictCodeExecution",
        RESTRICT,
    )
    .answered(actions::unrestrict),
    Route::endpoint(
        "POST",
        "/api/machines/{id}/runAntiVirusScan",
        &["Machine.Scan"],
    )
    .answered(actions::scan),
    Route::endpoint(
        "POST",
        "/api/machines/{id}/collectInvestigationPackage",
        FORENSICS,
    )
    .answered(actions::collect),
    Route::endpoint(
        "POST",
        "/api/machines/{id}/startInvestigation",
        &["Alert.ReadWrite.All"],
    )
    .with_quota(50, 50)
    .answered(investigations::start),
    Route::endpoint(
        "POST",
        "/api/machines/{id}/StopAndQuarantineFile",
        &["Machine.StopAndQuarantine"],
    )
    .answered(actions::quarantine),
    Route::endpoint("POST", "/api/machines/{id}/offboard", &["Machine.Offboard"])
        .answered(actions::offboard),
    Route::endpoint("POST", "/api/machines/{id}/runliveresponse", LIVE_RESPONSE)
        .with_quota(10, 1_500)
        .answered(actions::live_response),
    Route::endpoint("GET", "/api/machineactions/$count", READ).answered(actions::count),
    Route::endpoint("GET", "/api/machineactions", READ).answered(actions::list),
    Route::endpoint("GET", "/api/machineactions/{id}", READ).answered(actions::get),
    Route::endpoint("POST", "/api/machineactions/{id}/cancel", CANCEL).answered(actions::cancel),
    Route::endpoint("GET", "/api/machineactions/{id}/getPackageUri", FORENSICS)
        .with_quota(2, 120)
        .answered(actions::package_uri),
    Route::endpoint(
        "GET",
        "/api/machineactions/{id}/GetLiveResponseResultDownloadLink({arguments})",
        LIVE_RESPONSE,
    )
    .answered(actions::live_response_link),
    Route::endpoint("GET", "/api/libraryfiles", LIBRARY),
    Route::endpoint("POST", "/api/libraryfiles", LIBRARY),
    Route::endpoint("DELETE", "/api/libraryfiles/{name}", LIBRARY),
    Route::endpoint("GET", "/api/investigations/$count", ALERTS).answered(investigations::count),
    Route::endpoint("GET", "/api/investigations", ALERTS).answered(investigations::list),
    Route::endpoint("GET", "/api/investigations/{id}", ALERTS).answered(investigations::get),
];
