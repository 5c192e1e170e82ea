//! Files, IP addresses, domains and users.

use super::Route;

const FILES: &[&str] = &["File.Read.All"];
const IPS: &[&str] = &["Ip.Read.All"];
const URLS: &[&str] = &["URL.Read.All"];
const ALERTS: &[&str] = &["Alert.Read.All", "Alert.ReadWrite.All"];
const MACHINES: &[&str] = &["Machine.Read.All", "Machine.ReadWrite.All"];

pub(super) const ROUTES: &[Route] = &[
    Route::endpoint("GET", "/api/files/{id}", FILES),
    Route::endpoint("GET", "/api/files/{id}/stats", FILES),
    Route::endpoint("GET", "/api/files/{id}/alerts", ALERTS),
    Route::endpoint("GET", "/api/files/{id}/machines", MACHINES),
    Route::endpoint("GET", "/api/ips/{ip}/stats", IPS),
    Route::endpoint("GET", "/api/ips/{ip}/alerts", ALERTS),
    Route::endpoint("GET", "/api/domains/{domain}/stats", URLS),
    Route::endpoint("GET", "/api/domains/{domain}/alerts", ALERTS),
    Route::endpoint("GET", "/api/domains/{domain}/machines", MACHINES),
    Route::endpoint("GET", "/api/users/{name}/alerts", ALERTS),
    Route::endpoint("GET", "/api/users/{name}/machines", MACHINES),
];
