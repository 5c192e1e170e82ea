//! Lists, page by page, whatever the service does with its links.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;

use futures::stream::{BoxStream, try_unfold};
use url::Url;

use super::next::{next_page, skip_of, skipping};
use super::{ListQuery, Page};
use crate::core::Core;
use crate::route::Route;
use crate::wire::Entity;
use crate::{AnswerProblem, DefenderError};

/// How a service lets a list be continued where it gives no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stepping {
    /// `$skip`, until a page is empty: a missing link and a short page say nothing on Defender for Endpoint, which
    /// gives no links with `$top` and has been seen to leave them out.
    Skip,
    /// By links only.
    Links,
}

/// A list to be read.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) route: Route,
    /// The first page, with the whole question.
    pub(crate) url: Url,
    pub(crate) stepping: Stepping,
    /// The largest page that the service documents, for `$top`; none where pages are not asked for by size.
    pub(crate) page_max: Option<u32>,
    pub(crate) limit: Option<u64>,
}

/// The pages of a list.
#[derive(Debug)]
pub(crate) struct Pages<T> {
    core: Arc<Core>,
    listing: Listing,
    next: Option<Url>,
    /// Every page that was asked for, so that a link in a circle is noticed.
    asked: BTreeSet<String>,
    /// Every item that was given out.
    seen: HashSet<Box<str>>,
    /// Items that the service sent so far, repeated ones included.
    received: u64,
    given: u64,
    /// Pages in a row that brought nothing new.
    stale: u32,
    item: PhantomData<fn() -> T>,
}

/// Most pages in a row without a new item. One can happen where items moved; two mean that the service does not heed
/// where a page is to begin.
const STALE_PAGES_MAX: u32 = 2;

impl Listing {
    /// Puts `query` into the question.
    pub(crate) fn asking(mut self, query: &ListQuery) -> Self {
        self.limit = query.limit;
        if let Some(filter) = &query.filter {
            self.url
                .query_pairs_mut()
                .append_pair("$filter", &filter.to_string());
        }
        if let Some(largest) = self.page_max {
            let asked = query.page_size.unwrap_or(largest).clamp(1, largest);
            let limit = query
                .limit
                .and_then(|limit| u32::try_from(limit).ok())
                .unwrap_or(u32::MAX);
            self.page_max = Some(asked.min(limit.max(1)));
        }
        self
    }
}

impl<T: Entity> Pages<T> {
    /// The items of `listing`, each once, in the service's order. Nothing is sent before the stream is polled; an error
    /// ends it, and an end without an error means that the service had no more.
    pub(crate) fn stream(
        core: Arc<Core>,
        listing: Listing,
    ) -> BoxStream<'static, Result<T, DefenderError>> {
        let mut first = listing.url.clone();
        if let Some(size) = listing.page_max {
            first
                .query_pairs_mut()
                .append_pair("$top", &size.to_string());
        }
        let pages = Self {
            core,
            next: (listing.limit != Some(0)).then_some(first),
            listing,
            asked: BTreeSet::new(),
            seen: HashSet::new(),
            received: 0,
            given: 0,
            stale: 0,
            item: PhantomData,
        };
        Box::pin(try_unfold(
            (pages, VecDeque::new()),
            |(mut pages, mut items)| async move {
                loop {
                    if let Some(item) = items.pop_front() {
                        return Ok(Some((item, (pages, items))));
                    }
                    let Some(url) = pages.next.take() else {
                        return Ok(None);
                    };
                    items = pages.page(url).await?;
                }
            },
        ))
    }

    /// Reads the page at `url` and decides where the next one is.
    async fn page(&mut self, url: Url) -> Result<VecDeque<T>, DefenderError> {
        let (body, request_id) = self
            .core
            .get_object(&self.listing.route, url.clone())
            .await?;
        let unreadable = |source| self.listing.route.unreadable(request_id.clone(), source);
        let page: Page<T> = Page::read(body).map_err(unreadable)?;
        let count = page.items.len();
        self.received = self
            .received
            .saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        let next = self
            .after(&url, page.next_link.as_deref(), count)
            .map_err(unreadable)?;
        let items = self.new_ones(page.items);
        self.stale = if items.is_empty() && count > 0 {
            self.stale + 1
        } else {
            0
        };
        if self.stale >= STALE_PAGES_MAX && next.is_some() {
            return Err(self
                .listing
                .route
                .unreadable(request_id, AnswerProblem::PagesRepeat));
        }
        let is_complete = self.listing.limit.is_some_and(|limit| self.given >= limit);
        self.asked.insert(url.to_string());
        self.next = next.filter(|_| !is_complete);
        Ok(items)
    }

    /// The page after the one at `url`, which had `count` items.
    fn after(
        &self,
        url: &Url,
        link: Option<&str>,
        count: usize,
    ) -> Result<Option<Url>, AnswerProblem> {
        let linked = match link {
            None => None,
            Some(link) => Some(next_page(url, link).ok_or(AnswerProblem::NextLink)?),
        };
        let next = match (self.listing.stepping, linked) {
            (Stepping::Links, linked) => linked,
            // The count of items received is right even where a link repeats or leaves out some.
            (Stepping::Skip, Some(linked)) if skip_of(&linked).is_some() && count > 0 => {
                Some(skipping(url, self.received))
            }
            (Stepping::Skip, Some(linked)) => Some(linked),
            (Stepping::Skip, None) => (count > 0).then(|| skipping(url, self.received)),
        };
        let is_circle = |next: &Url| next == url || self.asked.contains(next.as_str());
        match next {
            Some(next) if is_circle(&next) => Err(AnswerProblem::PagesRepeat),
            next => Ok(next),
        }
    }

    /// Items that were not given out yet, up to the limit.
    fn new_ones(&mut self, items: Vec<T>) -> VecDeque<T> {
        let left = self
            .listing
            .limit
            .map_or(u64::MAX, |limit| limit - self.given.min(limit));
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let seen = &mut self.seen;
        let is_new = |item: &T| item.key().is_none_or(|key| seen.insert(key.into()));
        let new: VecDeque<T> = items.into_iter().filter(is_new).take(left).collect();
        self.given = self
            .given
            .saturating_add(u64::try_from(new.len()).unwrap_or(u64::MAX));
        new
    }
}
