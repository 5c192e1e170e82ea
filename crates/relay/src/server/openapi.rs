//! What the routes take and answer, in OpenAPI 3.1.
//!
//! Source: spec.openapis.org/oas/v3.1.1.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

const DOCUMENT: &str = include_str!("openapi.json");

/// The document.
pub(super) async fn document() -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], DOCUMENT).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::http::Method;
    use serde_json::Value;

    use super::DOCUMENT;
    use crate::server::pages;
    use crate::server::route::Route;

    #[test]
    fn the_document_has_the_routes_and_no_others() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
        let mut documented = BTreeSet::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for method in item.as_object().into_iter().flat_map(|item| item.keys()) {
                documented.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        let routes = Route::ALL.map(|route| (route.method(), route.path()));
        let pages = pages().map(|(path, _)| (Method::GET, path));
        let served: BTreeSet<String> = routes
            .iter()
            .chain(&pages)
            .map(|(method, path)| format!("{method} {path}"))
            .collect();
        assert_eq!(documented, served);
    }
}
