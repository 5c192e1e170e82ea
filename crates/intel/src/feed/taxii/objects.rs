//! The objects of a collection, page by page.
//!
//! What a collection holds is kept, its newest versions only; the next pull asks for what was added since, and reads both. What a
//! server deletes is not told that way: after [`FetchSettings::whole_after`](crate::FetchSettings::whole_after), where a refresh is
//! wanted, and where the server does not say when objects were added, all is fetched again. Nothing of a collection is handed on
//! before its last page is there, since that may withdraw what stands on the first.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{TaxiiFeed, broken};
use crate::Problem;
use crate::fetch::{KeptCollection, Request, may_stand_in};
use crate::session::Session;
use crate::stix::{Documents, Envelope, Role};

/// Most pages of a collection: a server that never ends is broken.
const PAGES_MAX: u32 = 100_000;

/// Most pages in a row without an object.
const EMPTY_PAGES_MAX: u32 = 10;

/// A server may show an object a little after the time that it was added at. So far back the next pull asks again.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// A collection's objects.
pub(super) struct Objects<'f> {
    pub(super) feed: &'f TaxiiFeed,
    pub(super) session: &'f Session,
    pub(super) url: Url,
    /// The collection's.
    pub(super) title: &'f str,
}

/// A collection that was fetched.
struct Fetched {
    documents: Documents,
    /// When the last object was added, as the server says.
    added_last: Option<Timestamp>,
    /// When all of it was fetched.
    whole: Timestamp,
}

/// Where a collection's reading stands.
struct Cursor {
    next: Option<String>,
    added_after: Option<Timestamp>,
    empty_pages: u32,
}

impl Objects<'_> {
    /// Hands on all objects that count, as the server has them, or as they were kept.
    pub(super) async fn pull(&self) -> Result<(), Problem> {
        let (fetcher, freshness) = (&self.session.fetcher, self.session.freshness);
        let key = self.key();
        let kept = fetcher.kept_collection(&key);
        let fresh = kept.as_ref();
        if let Some(fresh) = fresh.filter(|kept| fetcher.is_fresh_collection(kept, freshness)) {
            return self.read_kept(fresh).await;
        }
        match self.fetch(kept.as_ref()).await {
            Ok(fetched) => {
                let keeper = fetcher.keeper(&key, fetched.added_last, fetched.whole)?;
                fetched.documents.read(self.session, keeper).await
            }
            Err(problem) => self.stand_in(kept, problem).await,
        }
    }

    /// Tells kept collections apart; never shown.
    fn key(&self) -> String {
        let since = self.feed.added_after.map(|time| time.to_string());
        let (since, who) = (since.unwrap_or_default(), self.feed.access.identity());
        format!("collection {} {since} {who}", self.url)
    }

    /// What was added since the last pull, and what was kept; else all.
    async fn fetch(&self, kept: Option<&KeptCollection>) -> Result<Fetched, Problem> {
        let (fetcher, freshness) = (&self.session.fetcher, self.session.freshness);
        let added_last = kept.and_then(|kept| fetcher.added_last(kept, freshness));
        if let Some((kept, added_last)) = kept.zip(added_last) {
            match self.go_on(kept, added_last).await {
                // The server may not know how to go on, or what was kept may be damaged.
                Err(problem) if !problem.is_transient() => {
                    tracing::debug!(%problem, "a collection is fetched anew");
                }
                fetched => return fetched,
            }
        }
        let mut documents = Documents::default();
        let whole = fetcher.now();
        let added_last = self.pages(self.feed.added_after, &mut documents).await?;
        Ok(Fetched {
            documents,
            added_last,
            whole,
        })
    }

    async fn go_on(
        &self,
        kept: &KeptCollection,
        added_last: Timestamp,
    ) -> Result<Fetched, Problem> {
        let mut documents = Documents::default();
        self.add_kept(kept, &mut documents).await?;
        let since = added_last.saturating_sub(OVERLAP).unwrap_or(added_last);
        let since = Some(since).max(self.feed.added_after);
        let new = self.pages(since, &mut documents).await?;
        Ok(Fetched {
            documents,
            added_last: new.max(Some(added_last)),
            whole: kept.whole(),
        })
    }

    /// Fetches page after page; gives when the last object was added.
    async fn pages(
        &self,
        added_after: Option<Timestamp>,
        documents: &mut Documents,
    ) -> Result<Option<Timestamp>, Problem> {
        let mut cursor = Cursor {
            next: None,
            added_after,
            empty_pages: 0,
        };
        let mut newest = None;
        for page in 1..=PAGES_MAX {
            let document = self.session.ask_once(&self.request(&cursor)).await?;
            let added_last = document.headers.added_last.as_deref();
            let added_last = added_last.and_then(|time| time.parse().ok());
            let name = format!("{}, page {page}", self.title);
            let added = documents.add(self.session, document, name, Role::Page);
            let envelope = added.await?;
            newest = added_last.or(newest);
            if !envelope.more {
                return Ok(newest);
            }
            cursor = cursor.after(&self.url, envelope, added_last)?;
        }
        Err(broken(&self.url, "it has more pages than any collection"))
    }

    fn request(&self, cursor: &Cursor) -> Request {
        let mut url = self.url.clone();
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("limit", &self.feed.limit.to_string());
            if let Some(added_after) = cursor.added_after {
                query.append_pair("added_after", &added_after.to_string());
            }
            if let Some(next) = &cursor.next {
                query.append_pair("next", next);
            }
        }
        self.feed.request(self.session, url)
    }

    async fn add_kept(
        &self,
        kept: &KeptCollection,
        documents: &mut Documents,
    ) -> Result<(), Problem> {
        let name = format!("{}, kept", self.title);
        let added = documents.add(self.session, kept.document(), name, Role::Kept);
        added.await.map(drop)
    }

    async fn read_kept(&self, kept: &KeptCollection) -> Result<(), Problem> {
        let mut documents = Documents::default();
        self.add_kept(kept, &mut documents).await?;
        documents.read(self.session, None).await
    }

    /// What was kept stands in for a server that failed.
    async fn stand_in(
        &self,
        kept: Option<KeptCollection>,
        problem: Problem,
    ) -> Result<(), Problem> {
        let Some(kept) = kept.filter(|_| may_stand_in(&problem)) else {
            return Err(problem);
        };
        let stale = kept.stale(&problem);
        self.session.output().summary.note_stale(Some(stale));
        self.read_kept(&kept).await.map_err(|_| problem)
    }
}

impl Cursor {
    /// The next page, as the server asks: by `next`, else from the last object's time on. Source: TAXII 2.1, section 3.5.
    fn after(
        self,
        url: &Url,
        envelope: Envelope,
        added_last: Option<Timestamp>,
    ) -> Result<Self, Problem> {
        let empty_pages = if envelope.count == 0 {
            self.empty_pages + 1
        } else {
            0
        };
        if empty_pages > EMPTY_PAGES_MAX {
            return Err(broken(url, "it announces more and gives nothing"));
        }
        let has_moved = envelope.next != self.next || envelope.count > 0;
        match (envelope.next, added_last) {
            (Some(next), _) if has_moved => Ok(Self {
                next: Some(next),
                added_after: self.added_after,
                empty_pages,
            }),
            (None, Some(added_last)) if Some(added_last) != self.added_after => Ok(Self {
                next: None,
                added_after: Some(added_last),
                empty_pages,
            }),
            _ => Err(broken(
                url,
                "it announces more and does not say how to go on",
            )),
        }
    }
}
