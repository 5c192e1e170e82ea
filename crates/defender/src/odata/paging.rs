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
        let route = self.listing.route;
        let (body, request_id) = self.core.get_object(&route, url.clone()).await?;
        let unreadable = |source| route.unreadable(request_id.clone(), source);
        let page: Page<T> = Page::read(body).map_err(unreadable)?;
        let count = page.items.len();
        let new = self.new_ones(page.items);
        let progress = Progress {
            count,
            new: new.len(),
        };
        let next = self
            .after(&url, page.next_link.as_deref(), progress)
            .map_err(unreadable)?;
        self.stale = if progress.is_stale() {
            self.stale + 1
        } else {
            0
        };
        if self.stale >= STALE_PAGES_MAX && next.is_some() {
            let source = AnswerProblem::PagesRepeat;
            return Err(route.unreadable(request_id, source));
        }
        self.asked.insert(url.to_string());
        let items = self.within_limit(new);
        let is_complete = self.listing.limit.is_some_and(|limit| self.given >= limit);
        self.next = next.filter(|_| !is_complete);
        Ok(items)
    }

    /// The page after the one at `url`.
    fn after(
        &self,
        url: &Url,
        link: Option<&str>,
        progress: Progress,
    ) -> Result<Option<Url>, AnswerProblem> {
        let linked = match link {
            None => None,
            Some(link) => Some(next_page(url, link).ok_or(AnswerProblem::NextLink)?),
        };
        let is_empty = progress.count == 0;
        let next = match (self.listing.stepping, linked) {
            (Stepping::Links, linked) => linked,
            (Stepping::Skip, Some(linked)) if is_empty || skip_of(&linked).is_none() => {
                Some(linked)
            }
            (Stepping::Skip, None) if is_empty || self.is_end(progress) => None,
            (Stepping::Skip, _) => Some(skipping(url, self.position_after(url, progress))),
        };
        let is_circle = |next: &Url| next == url || self.asked.contains(next.as_str());
        match next {
            Some(next) if is_circle(&next) => Err(AnswerProblem::PagesRepeat),
            next => Ok(next),
        }
    }

    /// Whether a page without a link says by itself that it is the last: it is short, and all of it was seen before,
    /// as from a service that does not know `$skip` and sends its few items again.
    fn is_end(&self, progress: Progress) -> bool {
        progress.is_stale() && self.page_size().is_some_and(|size| progress.count < size)
    }

    fn page_size(&self) -> Option<usize> {
        self.listing
            .page_max
            .and_then(|size| usize::try_from(size).ok())
    }

    /// Where the next page begins. Only new items count: some that come twice take no place of their own, and a page
    /// that overlaps the one before costs nothing, where one that begins too late would lose what lies between.
    fn position_after(&self, url: &Url, progress: Progress) -> u64 {
        let step = if progress.is_stale() {
            progress
                .count
                .min(self.page_size().unwrap_or(progress.count))
        } else {
            progress.new
        };
        let step = u64::try_from(step).unwrap_or(u64::MAX);
        skip_of(url).unwrap_or_default().saturating_add(step)
    }

    /// Items that were not given out yet.
    fn new_ones(&mut self, items: Vec<T>) -> Vec<T> {
        let seen = &mut self.seen;
        let is_new = |item: &T| item.key().is_none_or(|key| seen.insert(key.into()));
        items.into_iter().filter(is_new).collect()
    }

    /// As many of `items` as are still wanted.
    fn within_limit(&mut self, items: Vec<T>) -> VecDeque<T> {
        let left = self
            .listing
            .limit
            .map_or(u64::MAX, |limit| limit - self.given.min(limit));
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let wanted: VecDeque<T> = items.into_iter().take(left).collect();
        self.given = self
            .given
            .saturating_add(u64::try_from(wanted.len()).unwrap_or(u64::MAX));
        wanted
    }
}

/// What a page brought.
#[derive(Debug, Clone, Copy)]
struct Progress {
    count: usize,
    /// Items that were not seen before.
    new: usize,
}

impl Progress {
    fn is_stale(self) -> bool {
        self.count > 0 && self.new == 0
    }
}
