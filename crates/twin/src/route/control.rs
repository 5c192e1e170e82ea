//! The twin's own face. It needs no token, is not logged, and faults never hit it.

use super::{Handler, Route, WaitingHandler};
use crate::control;
use crate::envelope::Face;
use crate::openapi;
use crate::signin;

pub(super) const ROUTES: &[Route] = &[
    own("GET", "/_twin/tenant", control::tenant),
    own("GET", "/_twin/planted", control::planted),
    own("GET", "/_twin/calls", control::calls),
    own("GET", "/_twin/faults", control::list_faults),
    own("POST", "/_twin/faults", control::add_faults),
    own("DELETE", "/_twin/faults", control::clear_faults),
    own("GET", "/_twin/clock", control::read_clock),
    own("POST", "/_twin/clock", control::move_clock),
    own("GET", "/_twin/device", signin::page),
    own("GET", "/_twin/device-codes", signin::list_codes),
    own("POST", "/_twin/device-codes", signin::enter_code),
    own("POST", "/_twin/reset", control::reset),
    own("GET", "/_twin/capabilities", control::capabilities),
    own("GET", "/_twin/openapi.json", openapi::document),
];

const fn own(method: &'static str, path: &'static str, handler: WaitingHandler) -> Route {
    let (face, permissions) = (Face::Twin, &[]);
    Route {
        method,
        path,
        face,
        permissions,
        quota: None,
        handler: Some(Handler::Waiting(handler)),
    }
}
