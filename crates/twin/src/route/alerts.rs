//! Alerts of Defender for Endpoint.

use super::Route;

const READ: &[&str] = &["Alert.Read.All", "Alert.ReadWrite.All"];
const WRITE: &[&str] = &["Alert.ReadWrite.All"];

pub(super) const ROUTES: &[Route] = &[
    Route::endpoint("GET", "/api/alerts", READ),
    Route::endpoint("GET", "/api/alerts/{id}", READ),
    Route::endpoint("PATCH", "/api/alerts/{id}", WRITE),
    Route::endpoint("POST", "/api/alerts/batchUpdate", WRITE).with_quota(10, 500),
    Route::endpoint("POST", "/api/alerts/CreateAlertByReference", WRITE).with_quota(15, 1_500),
    Route::endpoint("GET", "/api/alerts/{id}/domains", &["URL.Read.All"]),
    Route::endpoint("GET", "/api/alerts/{id}/files", &["File.Read.All"]),
    Route::endpoint("GET", "/api/alerts/{id}/ips", &["Ip.Read.All"]),
    Route::endpoint(
        "GET",
        "/api/alerts/{id}/machine",
        &["Machine.Read.All", "Machine.ReadWrite.All"],
    ),
    Route::endpoint("GET", "/api/alerts/{id}/user", &["User.Read.All"]),
];
