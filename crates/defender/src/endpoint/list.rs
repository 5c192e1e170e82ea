//! Lists of Defender for Endpoint.

use std::sync::Arc;

use futures::stream::BoxStream;
use url::Url;

use crate::core::Core;
use crate::odata::{Listing, Pages, Stepping};
use crate::route::Route;
use crate::wire::Entity;
use crate::{DefenderError, ListQuery, Service};

/// Items one by one. An error ends it; an end without an error means that the service had no more.
pub type ItemStream<T> = BoxStream<'static, Result<T, DefenderError>>;

/// Largest page of most lists.
///
/// Source: learn.microsoft.com/defender-endpoint/api/get-machines, "Limitations".
pub(super) const PAGE_MAX: u32 = 10_000;

/// A list that can be filtered and stepped through.
pub(super) fn list<T: Entity>(
    core: &Arc<Core>,
    route: Route,
    segments: &[&str],
    query: &ListQuery,
    page_max: u32,
) -> ItemStream<T> {
    let url = core.url(Service::Defender, "/api", segments);
    let listing = Listing {
        route,
        url,
        stepping: Stepping::Skip,
        page_max: Some(page_max),
        limit: None,
    };
    Pages::stream(Arc::clone(core), listing.asking(query))
}

/// A list that belongs to one thing and comes whole, or with links.
pub(super) fn related<T: Entity>(
    core: &Arc<Core>,
    route: Route,
    segments: &[&str],
) -> ItemStream<T> {
    linked(core, route, core.url(Service::Defender, "/api", segments))
}

/// The list at `url`, which comes whole, or with links.
pub(super) fn linked<T: Entity>(core: &Arc<Core>, route: Route, url: Url) -> ItemStream<T> {
    let listing = Listing {
        route,
        url,
        stepping: Stepping::Links,
        page_max: None,
        limit: None,
    };
    Pages::stream(Arc::clone(core), listing)
}
