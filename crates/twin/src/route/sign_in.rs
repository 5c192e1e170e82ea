//! Entra's token endpoints, and what it publishes about a tenant.

use super::{Handler, Route};
use crate::envelope::Face;
use crate::signin;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/{tenant}/oauth2/v2.0/token",
        face: Face::SignIn,
        permissions: &[],
        quota: None,
        handler: Some(Handler::Waiting(signin::v2_token)),
    },
    Route {
        method: "POST",
        path: "/{tenant}/oauth2/token",
        face: Face::SignIn,
        permissions: &[],
        quota: None,
        handler: Some(Handler::Waiting(signin::v1_token)),
    },
    Route {
        method: "POST",
        path: "/{tenant}/oauth2/v2.0/devicecode",
        face: Face::SignIn,
        permissions: &[],
        quota: None,
        handler: Some(Handler::Waiting(signin::device_code)),
    },
    Route {
        method: "GET",
        path: "/{tenant}/v2.0/.well-known/openid-configuration",
        face: Face::SignIn,
        permissions: &[],
        quota: None,
        handler: Some(Handler::Direct(signin::directory)),
    },
];
