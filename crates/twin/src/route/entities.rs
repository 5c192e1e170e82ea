//! Files, IP addresses, domains and users.

use super::Route;
use crate::endpoint::{addresses, files, users};

const FILES: &[&str] = &["File.Read.All"];
const IPS: &[&str] = &["Ip.Read.All"];
const URLS: &[&str] = &["URL.Read.All"];
const ALERTS: &[&str] = &["Alert.Read.All", "Alert.ReadWrite.All"];
const MACHINES: &[&str] = &["Machine.Read.All", "Machine.ReadWrite.All"];

pub(super) const ROUTES: &[Route] = &[
    Route::endpoint("GET", "/api/files/{id}", FILES).awaited(files::get),
    Route::endpoint("GET", "/api/files/{id}/stats", FILES).awaited(files::stats),
    Route::endpoint("GET", "/api/files/{id}/alerts", ALERTS).answered(files::alerts_of),
    Route::endpoint("GET", "/api/files/{id}/machines", MACHINES).awaited(files::machines_of),
    Route::endpoint("GET", "/api/ips/{ip}/stats", IPS).awaited(addresses::ip_stats),
    Route::endpoint("GET", "/api/ips/{ip}/alerts", ALERTS).answered(addresses::ip_alerts),
    Route::endpoint("GET", "/api/domains/{domain}/stats", URLS).awaited(addresses::domain_stats),
    Route::endpoint("GET", "/api/domains/{domain}/alerts", ALERTS)
        .answered(addresses::domain_alerts),
    Route::endpoint("GET", "/api/domains/{domain}/machines", MACHINES)
        .awaited(addresses::domain_machines),
    Route::endpoint("GET", "/api/users/{name}/alerts", ALERTS).answered(users::alerts_of),
    Route::endpoint("GET", "/api/users/{name}/machines", MACHINES).answered(users::machines_of),
];
