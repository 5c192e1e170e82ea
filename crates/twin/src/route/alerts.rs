//! Alerts of Defender for Endpoint.

use super::Route;
use crate::endpoint::{alerts, files};

const READ: &[&str] = &["Alert.Read.All", "Alert.ReadWrite.All"];
const WRITE: &[&str] = &["Alert.ReadWrite.All"];

pub(super) const ROUTES: &[Route] = &[
    Route::endpoint("GET", "/api/alerts/$count", READ).answered(alerts::count),
    Route::endpoint("GET", "/api/alerts", READ).answered(alerts::list),
    Route::endpoint("GET", "/api/alerts/{id}", READ).answered(alerts::get),
    Route::endpoint("PATCH", "/api/alerts/{id}", WRITE).answered(alerts::update),
    Route::endpoint("POST", "/api/alerts/batchUpdate", WRITE)
        .with_quota(10, 500)
        .answered(alerts::update_many),
    Route::endpoint("POST", "/api/alerts/CreateAlertByReference", WRITE)
        .with_quota(15, 1_500)
        .awaited(alerts::create),
    Route::endpoint("GET", "/api/alerts/{id}/domains", &["URL.Read.All"]).answered(alerts::domains),
    Route::endpoint("GET", "/api/alerts/{id}/files", &["File.Read.All"]).awaited(files::of_alert),
    Route::endpoint("GET", "/api/alerts/{id}/ips", &["Ip.Read.All"]).answered(alerts::ips),
    Route::endpoint(
        "GET",
        "/api/alerts/{id}/machine",
        &["Machine.Read.All", "Machine.ReadWrite.All"],
    )
    .answered(alerts::machine),
    Route::endpoint("GET", "/api/alerts/{id}/user", &["User.Read.All"]).answered(alerts::user),
];
