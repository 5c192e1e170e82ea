//! Collections, page by page.

use std::ops::Range;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::evaluate::{holds, order_by};
use super::options::QueryOptions;
use super::set::EntitySet;
use crate::address;
use crate::data::Entity;
use crate::options::CountScope;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::Call;
use crate::server::Twin;

/// What a fault does to the pages of a collection, as they were reported from the service.
///
/// Source: github.com/MicrosoftDocs/microsoft-365-docs issues 8316, 8489 and 9713.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PageFault {
    /// There is more, but no `@odata.nextLink`.
    MissingLink,
    /// `@odata.nextLink` leads to the same page.
    LoopingLink,
    /// `@odata.nextLink` has lost the `$filter`.
    LostFilter,
    /// The next page begins with the last entity of this one; the last page has its last entity twice.
    DuplicateIds,
    /// Half of a page; the link leads to the rest.
    ShortPage,
    /// No entity; the link leads to those that should be there.
    EmptyPage,
}

/// Entities of a set that a call may see, in the service's order.
pub(crate) struct Listing<'a> {
    pub(crate) set: &'static EntitySet,
    pub(crate) entities: Vec<&'a Entity>,
}

/// The page that a call asks for. `show` makes of an entity what goes over the wire, given what is to be expanded.
pub(crate) fn list(
    twin: &Twin,
    call: &Call,
    listing: Listing<'_>,
    show: impl Fn(&Entity, &[&str]) -> Entity,
) -> Result<Reply, Refusal> {
    let options = QueryOptions::read(&call.query, listing.set, &twin.unverified)?;
    let fitting = fitting(listing.entities, &options);
    let page = Page::cut(twin, call, &options, fitting.len(), listing.set);
    let shown = page.items().filter_map(|place| {
        let entity = show(fitting.get(place)?, &options.expand);
        Some(Value::Object(selected(entity, &options.select)))
    });
    let values: Vec<Value> = shown.collect();
    let mut body = Map::new();
    body.insert(
        "@odata.context".to_owned(),
        json!(address::context(call, listing.set.context)),
    );
    if options.counts || listing.set.always_counts {
        let is_page = listing.set.always_counts
            && !options.counts
            && twin.unverified.vulnerability_count == CountScope::Page;
        let count = if is_page { values.len() } else { fitting.len() };
        body.insert("@odata.count".to_owned(), json!(count));
    }
    body.insert("value".to_owned(), Value::Array(values));
    if let Some(link) = page.link {
        body.insert("@odata.nextLink".to_owned(), json!(link));
    }
    Ok(Reply::odata(&body))
}

/// The bare number of entities that fit, as the `/$count` segment answers.
pub(crate) fn count(twin: &Twin, call: &Call, listing: Listing<'_>) -> Result<Reply, Refusal> {
    let options = QueryOptions::read(&call.query, listing.set, &twin.unverified)?;
    let count = fitting(listing.entities, &options).len();
    Ok(Reply::bytes(
        StatusCode::OK,
        "text/plain; charset=utf-8",
        count.to_string(),
    ))
}

fn fitting<'a>(mut entities: Vec<&'a Entity>, options: &QueryOptions) -> Vec<&'a Entity> {
    if let Some(filter) = &options.filter {
        entities.retain(|entity| holds(filter, entity));
    }
    if !options.order.is_empty() {
        entities.sort_by(|left, right| {
            let by = |(name, kind, descends): &(&str, _, bool)| {
                let ordering = order_by(name, *kind, left, right);
                if *descends {
                    ordering.reverse()
                } else {
                    ordering
                }
            };
            options
                .order
                .iter()
                .map(by)
                .find(|ordering| ordering.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    entities
}

fn selected(entity: Entity, select: &[&str]) -> Entity {
    if select.is_empty() {
        return entity;
    }
    entity
        .into_iter()
        .filter(|(name, _)| select.contains(&name.as_str()))
        .collect()
}

/// Which entities stand on a page, and where the next one is.
struct Page {
    range: Range<usize>,
    /// The last entity stands there twice.
    repeats_last: bool,
    link: Option<String>,
}

impl Page {
    /// With `$top` there is no link, so a page that a fault shortens would lose entities without a trace: such faults pass it by.
    fn cut(
        twin: &Twin,
        call: &Call,
        options: &QueryOptions,
        total: usize,
        set: &EntitySet,
    ) -> Self {
        let rows = twin.limits.page_rows_max.min(set.page_rows).max(1);
        let start = options.skip.min(total);
        let is_capped = options.top.is_some() && !set.top_is_page;
        let fault = call.page_fault.filter(|_| !is_capped);
        let full = start.saturating_add(options.top.unwrap_or(rows)).min(total);
        let end = match fault {
            Some(PageFault::ShortPage) => start + (full - start).div_ceil(2),
            Some(PageFault::EmptyPage) => start,
            _ => full,
        };
        let has_more = end < total && !is_capped;
        let repeats = fault == Some(PageFault::DuplicateIds) && end > start;
        let next = if repeats && has_more { end - 1 } else { end };
        let link = match fault {
            Some(PageFault::MissingLink) => None,
            Some(PageFault::LoopingLink) => Some(address::own_link(twin, call)),
            Some(PageFault::LostFilter) if has_more => {
                Some(address::next_link(twin, call, next, &["$filter"]))
            }
            _ => has_more.then(|| address::next_link(twin, call, next, &[])),
        };
        Self {
            range: start..end,
            repeats_last: repeats && !has_more,
            link,
        }
    }

    fn items(&self) -> impl Iterator<Item = usize> + use<> {
        let repeated = self.repeats_last.then(|| self.range.end.saturating_sub(1));
        self.range.clone().chain(repeated)
    }
}
