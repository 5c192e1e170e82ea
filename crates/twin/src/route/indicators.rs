//! Custom indicators.

use super::Route;
use crate::endpoint::indicators;

const OWN_OR_ALL: &[&str] = &["Ti.ReadWrite", "Ti.ReadWrite.All"];

pub(super) const ROUTES: &[Route] = &[
    Route::endpoint("GET", "/api/indicators/$count", OWN_OR_ALL).answered(indicators::count),
    Route::endpoint("GET", "/api/indicators", OWN_OR_ALL).answered(indicators::list),
    Route::endpoint("POST", "/api/indicators", OWN_OR_ALL).answered(indicators::submit),
    Route::endpoint("POST", "/api/indicators/import", OWN_OR_ALL)
        .with_quota(30, 1_500)
        .answered(indicators::import),
    Route::endpoint("DELETE", "/api/indicators/{id}", OWN_OR_ALL).answered(indicators::delete),
    Route::endpoint("POST", "/api/indicators/BatchDelete", OWN_OR_ALL)
        .with_quota(30, 1_500)
        .answered(indicators::delete_many),
];
