//! Alerts and incidents of Graph; routes of Graph and of Defender XDR that the twin only knows.

use super::Route;
use crate::envelope::Face;
use crate::security::{alerts, incidents};

const ALERTS: &[&str] = &["SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"];
const INCIDENTS: &[&str] = &[
    "SecurityIncident.Read.All",
    "SecurityIncident.ReadWrite.All",
];
const ALERTS_WRITE: &[&str] = &["SecurityAlert.ReadWrite.All"];
const INCIDENTS_WRITE: &[&str] = &["SecurityIncident.ReadWrite.All"];
const HUNTING: &[&str] = &["ThreatHunting.Read.All"];
const XDR_INCIDENTS: &[&str] = &["Incident.Read.All", "Incident.ReadWrite.All"];

pub(super) const ROUTES: &[Route] = &[
    graph("GET", "/v1.0/security/alerts_v2", ALERTS).answered(alerts::list),
    graph("GET", "/v1.0/security/alerts_v2/{id}", ALERTS).answered(alerts::get),
    graph("PATCH", "/v1.0/security/alerts_v2/{id}", ALERTS_WRITE).answered(alerts::update),
    graph("GET", "/v1.0/security/incidents", INCIDENTS).answered(incidents::list),
    graph("GET", "/v1.0/security/incidents/{id}", INCIDENTS).answered(incidents::get),
    graph("PATCH", "/v1.0/security/incidents/{id}", INCIDENTS_WRITE).answered(incidents::update),
    graph(
        "POST",
        "/v1.0/security/alerts_v2/{id}/comments",
        ALERTS_WRITE,
    )
    .answered(alerts::comment),
    graph(
        "POST",
        "/v1.0/security/incidents/{id}/comments",
        INCIDENTS_WRITE,
    )
    .answered(incidents::comment),
    graph("POST", "/beta/security/runHuntingQuery", HUNTING),
    graph(
        "GET",
        "/beta/security/getRunHuntingQuery({arguments})",
        HUNTING,
    ),
    xdr("GET", "/api/incidents"),
    xdr("GET", "/api/incidents/{id}"),
    xdr("PATCH", "/api/incidents/{id}"),
];

const fn graph(
    method: &'static str,
    path: &'static str,
    permissions: &'static [&'static str],
) -> Route {
    Route {
        method,
        path,
        face: Face::Graph,
        permissions,
        quota: None,
        handler: None,
    }
}

const fn xdr(method: &'static str, path: &'static str) -> Route {
    let permissions = XDR_INCIDENTS;
    Route {
        method,
        path,
        face: Face::Xdr,
        permissions,
        quota: None,
        handler: None,
    }
}
