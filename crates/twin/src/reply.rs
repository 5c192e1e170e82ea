//! What the twin answers.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use serde::Serialize;

/// The content type of the token endpoints, the Defender APIs' errors and their hunting results.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// The content type of entities and collections.
pub(crate) const ODATA_JSON: &str =
    "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8";

const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");

/// An answer, and what the call log says about it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Rows of a hunting result.
    pub(crate) rows: Option<usize>,
    /// The app that a sign-in was for; of other calls the token says it.
    pub(crate) app: Option<String>,
}

impl Reply {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            rows: None,
            app: None,
        }
    }

    /// A JSON body under [`JSON`].
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => Self::bytes(status, JSON, bytes),
            Err(_) => Self::empty(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// 200 with entities.
    pub(crate) fn odata(body: &impl Serialize) -> Self {
        Self::odata_with(StatusCode::OK, body)
    }

    /// Entities under another status than 200.
    pub(crate) fn odata_with(status: StatusCode, body: &impl Serialize) -> Self {
        Self::json(status, body)
            .header(CONTENT_TYPE, ODATA_JSON)
            .header(ODATA_VERSION, "4.0")
    }

    pub(crate) fn bytes(
        status: StatusCode,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        let reply = Self {
            body: body.into(),
            ..Self::empty(status)
        };
        reply.header(CONTENT_TYPE, content_type)
    }

    /// 404 without a body, as the service answers to an unknown route.
    pub(crate) fn unknown_route() -> Self {
        Self::empty(StatusCode::NOT_FOUND)
    }

    /// 405 without a body, as the service answers to a wrong verb.
    pub(crate) fn wrong_verb(allowed: &[&str]) -> Self {
        Self::empty(StatusCode::METHOD_NOT_ALLOWED).header(ALLOW, &allowed.join(", "))
    }

    /// The same answer with a header; a value that no header can carry is left out.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn with_rows(mut self, rows: usize) -> Self {
        self.rows = Some(rows);
        self
    }

    pub(crate) fn by_app(mut self, app: Option<String>) -> Self {
        self.app = app;
        self
    }

    pub(crate) fn into_response(mut self) -> Response<Body> {
        let body = Body::from(std::mem::take(&mut self.body));
        self.into_response_with(body)
    }

    /// The status and the headers over another body.
    pub(crate) fn into_response_with(self, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
