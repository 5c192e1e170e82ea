//! Custom indicators.

use super::Route;

const OWN_OR_ALL: &[&str] = &["Ti.ReadWrite", "Ti.ReadWrite.All"];

pub(super) const ROUTES: &[Route] = &[
    Route::endpoint("GET", "/api/indicators", OWN_OR_ALL),
    Route::endpoint("POST", "/api/indicators", OWN_OR_ALL),
    Route::endpoint("POST", "/api/indicators/import", OWN_OR_ALL).with_quota(30, 1_500),
    Route::endpoint("DELETE", "/api/indicators/{id}", OWN_OR_ALL),
    Route::endpoint("POST", "/api/indicators/BatchDelete", OWN_OR_ALL).with_quota(30, 1_500),
];
