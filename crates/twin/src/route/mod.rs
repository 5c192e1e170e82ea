//! Which route answers which call.
//!
//! All routes of the emulated services stand in one table, one file per family: those the twin answers, and those it only knows and
//! refuses by name. `GET /_twin/capabilities` prints the table.

mod alerts;
mod control;
mod entities;
mod exports;
mod graph;
mod hunting;
mod indicators;
mod machines;
mod sign_in;
mod storage;
mod template;
mod vulnerabilities;

use std::future::Future;
use std::pin::Pin;

use axum::http::HeaderMap;
use bytes::Bytes;

use crate::envelope::{Envelope, Face};
use crate::odata::PageFault;
use crate::quota::DocumentedQuota;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::server::Twin;
use crate::signin::Claims;

/// The answer to a call, when it is ready.
pub(crate) type HandlerFuture<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// What answers a call that got past token, permission and quota.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    /// One that waits for something, such as a query.
    Waiting(WaitingHandler),
    /// One that answers from the tenant's state at once.
    Direct(DirectHandler),
}

/// A handler that waits.
pub(crate) type WaitingHandler = for<'a> fn(&'a Twin, &'a Call) -> HandlerFuture<'a>;

/// A handler that does not wait.
pub(crate) type DirectHandler = fn(&Twin, &Call) -> Result<Reply, Refusal>;

/// One route of one service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// The path with `{parameters}`, in the documented letter case; `/api/v1.0/…` means `/api/…`.
    pub(crate) path: &'static str,
    pub(crate) face: Face,
    /// Application permissions, one of which a token must carry.
    pub(crate) permissions: &'static [&'static str],
    /// `None` where no call quota is documented.
    pub(crate) quota: Option<DocumentedQuota>,
    /// `None` where the twin only knows the name.
    pub(crate) handler: Option<Handler>,
}

/// 100 calls a minute and 1,500 an hour: what holds where no page says otherwise.
const ENTITY_QUOTA: DocumentedQuota = DocumentedQuota {
    calls_per_minute: 100,
    calls_per_hour: 1_500,
};

impl Route {
    /// A route of the Defender for Endpoint API that the twin only knows.
    const fn endpoint(
        method: &'static str,
        path: &'static str,
        permissions: &'static [&'static str],
    ) -> Self {
        let quota = Some(ENTITY_QUOTA);
        Self {
            method,
            path,
            face: Face::Endpoint,
            permissions,
            quota,
            handler: None,
        }
    }

    /// The same route, answered.
    const fn answered(mut self, handler: DirectHandler) -> Self {
        self.handler = Some(Handler::Direct(handler));
        self
    }

    /// The same route, answered by a handler that waits.
    const fn awaited(mut self, handler: WaitingHandler) -> Self {
        self.handler = Some(Handler::Waiting(handler));
        self
    }

    const fn with_quota(mut self, calls_per_minute: u32, calls_per_hour: u32) -> Self {
        self.quota = Some(DocumentedQuota {
            calls_per_minute,
            calls_per_hour,
        });
        self
    }
}

/// A request that found its route.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) route: &'static Route,
    pub(crate) parameters: Vec<(&'static str, String)>,
    /// The path as it was sent.
    pub(crate) path: String,
    /// What stands behind the question mark, as it was sent.
    pub(crate) query: String,
    /// The host and port that the client called.
    pub(crate) host: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) request_id: String,
    /// The client's own id of the request.
    pub(crate) client_request_id: Option<String>,
    /// The client id of the app that calls; empty where no token is needed.
    pub(crate) app: String,
    /// What the calling app is called.
    pub(crate) app_name: String,
    /// The application permissions in its token.
    pub(crate) roles: Vec<String>,
    /// What a fault does to the page that is answered.
    pub(crate) page_fault: Option<PageFault>,
}

impl Call {
    /// The answer of a handler that waited.
    pub(crate) fn finish(&self, twin: &Twin, result: Result<Reply, Refusal>) -> Reply {
        result.unwrap_or_else(|refusal| self.envelope(twin).refusal(&refusal))
    }

    /// Takes over who calls.
    pub(crate) fn identify(&mut self, claims: Claims) {
        self.roles = claims.permissions();
        self.app = claims.appid;
        self.app_name = claims.app_displayname;
    }

    /// The value of a path parameter, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let found = self
            .parameters
            .iter()
            .find(|(parameter, _)| *parameter == name);
        found.map(|(_, value)| value.clone())
    }

    /// The value of a parameter that the route's path has.
    pub(crate) fn required(&self, name: &str) -> Result<String, Refusal> {
        self.parameter(name).ok_or_else(Refusal::internal)
    }

    pub(crate) fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|granted| granted == role)
    }

    /// The value of an option behind the question mark; its name in any letter case.
    pub(crate) fn option(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(option, _)| option.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// What error answers of the call's face are made with.
    pub(crate) fn envelope<'a>(&'a self, twin: &'a Twin) -> Envelope<'a> {
        Envelope {
            face: self.route.face,
            ids: &twin.ids,
            now: twin.time.now(),
            request_id: &self.request_id,
            client_request_id: self.client_request_id.as_deref(),
        }
    }
}

/// What a method and a path lead to.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// A route and the values of its parameters.
    Found(&'static Route, Vec<(&'static str, String)>),
    /// The path exists, but not with this method.
    WrongVerb(Vec<&'static str>),
    /// No such path.
    Unknown,
}

/// All routes, by family.
pub(crate) fn routes() -> impl Iterator<Item = &'static Route> {
    let families: [&'static [Route]; 11] = [
        sign_in::ROUTES,
        hunting::ROUTES,
        machines::ROUTES,
        alerts::ROUTES,
        indicators::ROUTES,
        entities::ROUTES,
        vulnerabilities::ROUTES,
        exports::ROUTES,
        graph::ROUTES,
        control::ROUTES,
        storage::ROUTES,
    ];
    families.into_iter().flatten()
}

/// The route of a request. Of several paths that fit, the one that spells out the most is meant, whatever the method.
pub(crate) fn find(method: &str, path: &str) -> Lookup {
    let path = without_version(path);
    let mut fitting: Vec<_> = routes()
        .filter_map(|route| Some((template::fit(route.path, &path)?, route)))
        .collect();
    let most = fitting.iter().map(|(fit, _)| fit.literal_bytes).max();
    fitting.retain(|(fit, _)| Some(fit.literal_bytes) == most);
    let allowed: Vec<&'static str> = fitting.iter().map(|(_, route)| route.method).collect();
    match fitting
        .into_iter()
        .find(|(_, route)| route.method == method)
    {
        Some((fit, route)) => Lookup::Found(route, fit.parameters),
        None if allowed.is_empty() => Lookup::Unknown,
        None => Lookup::WrongVerb(unique(allowed)),
    }
}

/// `/api/v1.0/alerts` is `/api/alerts`: both serve version 1.0.
fn without_version(path: &str) -> String {
    match path.strip_prefix("/api/v1.0/") {
        Some(rest) => format!("/api/{rest}"),
        None => path.to_owned(),
    }
}

fn unique(mut methods: Vec<&'static str>) -> Vec<&'static str> {
    methods.sort_unstable();
    methods.dedup();
    methods
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str) -> String {
        match find(method, path) {
            Lookup::Found(route, parameters) => format!("{} {parameters:?}", route.path),
            Lookup::WrongVerb(allowed) => format!("405 {}", allowed.join(", ")),
            Lookup::Unknown => "404".to_owned(),
        }
    }

    #[test]
    fn the_most_literal_route_wins() {
        let cases = [
            (
                "POST",
                "/api/advancedqueries/run",
                "/api/advancedqueries/run []",
            ),
            (
                "POST",
                "/api/v1.0/advancedqueries/run",
                "/api/advancedqueries/run []",
            ),
            ("GET", "/api/advancedqueries/run", "405 POST"),
            ("POST", "/api/AdvancedQueries/run", "404"),
            (
                "GET",
                "/api/machines/abc",
                r#"/api/machines/{id} [("id", "abc")]"#,
            ),
            (
                "GET",
                "/api/machines/SoftwareInventoryByMachine",
                "/api/machines/SoftwareInventoryByMachine []",
            ),
            (
                "GET",
                "/api/machines/findbyip(ip='10.0.0.1',timestamp=2024-01-01T00:00:00Z)",
                r#"/api/machines/findbyip({arguments}) [("arguments", "ip='10.0.0.1',timestamp=2024-01-01T00:00:00Z")]"#,
            ),
            ("GET", "/api/ips/203.0.113.7/machines", "404"),
            (
                "POST",
                "/contoso.com/oauth2/v2.0/token",
                r#"/{tenant}/oauth2/v2.0/token [("tenant", "contoso.com")]"#,
            ),
            ("POST", "//oauth2/token", "404"),
            ("DELETE", "/api/indicators", "405 GET, POST"),
            ("DELETE", "/api/indicators/import", "405 POST"),
            ("PATCH", "/api/machines/findbytag", "405 GET"),
            ("GET", "/", "404"),
            ("GET", "/api/machines/", "404"),
        ];
        for (method, path, expected) in cases {
            assert_eq!(found(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn no_two_routes_are_the_same() {
        let mut names: Vec<_> = routes().map(|route| (route.method, route.path)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn permissions_belong_to_the_service_of_the_route() {
        for route in routes() {
            let Some(audience) = route.face.audience() else {
                continue;
            };
            assert!(!route.permissions.is_empty(), "{}", route.path);
            for permission in route.permissions {
                assert!(
                    audience.roles().contains(permission),
                    "{}: {permission}",
                    route.path
                );
            }
        }
    }
}
