//! Files behind signed addresses.

use super::{DirectHandler, Handler, Route};
use crate::endpoint::exports;
use crate::envelope::Face;
use crate::storage;

pub(super) const ROUTES: &[Route] = &[
    file(
        "/investigation-packages/{file}",
        storage::investigation_package,
    ),
    file("/live-response/{id}/{file}", storage::live_response),
    Route {
        method: "GET",
        path: "/tvm-export/{date}/{time}/{kind}/json/{organization}/{part}",
        face: Face::Storage,
        permissions: &[],
        quota: None,
        handler: Some(Handler::Waiting(exports::file)),
    },
];

const fn file(path: &'static str, handler: DirectHandler) -> Route {
    Route {
        method: "GET",
        path,
        face: Face::Storage,
        permissions: &[],
        quota: None,
        handler: Some(Handler::Direct(handler)),
    }
}
