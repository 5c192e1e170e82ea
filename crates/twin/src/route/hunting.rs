//! The three hunting endpoints.

use super::{Handler, Route};
use crate::envelope::Face;
use crate::hunting;
use crate::quota::HUNTING;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/api/advancedqueries/run",
        face: Face::Endpoint,
        permissions: &["AdvancedQuery.Read.All"],
        quota: Some(HUNTING),
        handler: Some(Handler::Waiting(hunting::run_endpoint)),
    },
    Route {
        method: "POST",
        path: "/api/advancedhunting/run",
        face: Face::Xdr,
        permissions: &["AdvancedHunting.Read.All"],
        quota: Some(HUNTING),
        handler: Some(Handler::Waiting(hunting::run_xdr)),
    },
    Route {
        method: "POST",
        path: "/v1.0/security/runHuntingQuery",
        face: Face::Graph,
        permissions: &["ThreatHunting.Read.All"],
        quota: Some(HUNTING),
        handler: Some(Handler::Waiting(hunting::run_graph)),
    },
];
