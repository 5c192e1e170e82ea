//! `GET /_twin/capabilities`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Serialize;

use crate::UnverifiedBehaviour;
use crate::quota::QuotaWindow;
use crate::reply::Reply;
use crate::route::{self, Call, HandlerFuture, Route};
use crate::server::Twin;

#[derive(Debug, Serialize)]
struct Capabilities {
    quota: String,
    /// What no public page settles, and how the twin does it.
    assumed: UnverifiedBehaviour,
    emulated: Vec<RouteView>,
    /// Known routes that answer 501.
    not_emulated: Vec<RouteView>,
    tables: BTreeMap<String, usize>,
    entities: BTreeMap<&'static str, usize>,
}

#[derive(Debug, Serialize)]
struct RouteView {
    method: &'static str,
    path: &'static str,
    service: &'static str,
    /// One of these application permissions is needed.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    permissions: &'static [&'static str],
    /// The windows that hold now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quota: Vec<String>,
}

/// `GET /_twin/capabilities`: the route table, the tables, and what lies beside them.
pub(crate) fn capabilities<'a>(twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async {
        let (emulated, not_emulated): (Vec<_>, Vec<_>) =
            route::routes().partition(|route| route.handler.is_some());
        let views = |routes: Vec<&'static Route>| {
            routes.into_iter().map(|route| view(twin, route)).collect()
        };
        let body = Capabilities {
            quota: twin.quota.to_string(),
            assumed: twin.unverified,
            emulated: views(emulated),
            not_emulated: views(not_emulated),
            tables: twin.prepared.table_rows(),
            entities: twin.prepared.entities.counts(),
        };
        Reply::json(StatusCode::OK, &body)
    })
}

fn view(twin: &Twin, route: &'static Route) -> RouteView {
    RouteView {
        method: route.method,
        path: route.path,
        service: route.face.name(),
        permissions: route.permissions,
        quota: twin
            .windows(route)
            .iter()
            .map(QuotaWindow::to_string)
            .collect(),
    }
}
