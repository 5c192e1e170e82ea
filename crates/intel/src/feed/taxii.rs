//! TAXII 2.1 collections.
//!
//! What a collection holds is kept, its newest versions only, and the next pull asks for what was added since and reads both. What
//! a server deletes is not told that way: after [`FetchSettings::whole_after`](crate::FetchSettings::whole_after), where a refresh
//! is wanted, and where the server does not say when objects were added, all is fetched again. Nothing of a collection is handed
//! on before its last page is there, since that may withdraw what stands on the first.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::Url;

use crate::fetch::{KeptCollection, Request, may_stand_in, shown};
use crate::session::Session;
use crate::stix::{Documents, Envelope, Role};
use crate::{Access, Problem};

/// Collections of a TAXII 2.1 server.
///
/// Source: TAXII Version 2.1, OASIS Standard.
#[derive(Debug, Clone)]
pub struct TaxiiFeed {
    /// A discovery endpoint (`…/taxii2/`) or an API root.
    pub url: Url,
    /// Who asks.
    pub access: Access,
    /// The path or title of the API root to use; the server's default, else its first, where nothing is given.
    pub api_root: Option<String>,
    /// Ids, aliases or titles of collections; all that can be read where there is none.
    pub collections: Vec<String>,
    /// Only objects added later.
    pub added_after: Option<Timestamp>,
    /// Objects on a page; the server may give fewer.
    pub limit: u32,
}

/// The media type of all resources. Source: TAXII 2.1, section 1.6.8.
const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";

/// Most pages of a collection: a server that never ends is broken.
const PAGES_MAX: u32 = 100_000;

/// Most pages in a row without an object.
const EMPTY_PAGES_MAX: u32 = 10;

/// A server may show an object a little after the time that it was added at. So far back the next pull asks again.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// The discovery resource or an API root: told apart by what they hold.
#[derive(Debug, Deserialize)]
struct Root {
    default: Option<String>,
    api_roots: Option<Vec<String>>,
    versions: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Collections {
    collections: Vec<Collection>,
}

#[derive(Debug, Clone, Deserialize)]
struct Collection {
    id: String,
    #[serde(default)]
    title: String,
    alias: Option<String>,
    can_read: bool,
}

impl Collection {
    fn is_named(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name)
            || self.title == name
            || self.alias.as_deref() == Some(name)
    }
}

/// A collection's objects.
#[derive(Clone, Copy)]
struct Objects<'c> {
    url: &'c Url,
    title: &'c str,
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

impl TaxiiFeed {
    pub(super) async fn pull(&self, session: &Session) -> Result<(), Problem> {
        let root = self.root(session).await?;
        let url = below(&root, "collections/")?;
        let (all, _, _): (Collections, _, _) = session.json(&self.request(session, url)).await?;
        for collection in self.wanted(session, &all.collections)? {
            self.collection(session, &root, &collection).await?;
        }
        Ok(())
    }

    fn request(&self, session: &Session, url: Url) -> Request {
        let mut request = session.page(url, &self.access);
        request.accept = MEDIA_TYPE;
        request
    }

    /// The address of the API root.
    async fn root(&self, session: &Session) -> Result<Url, Problem> {
        let url = below(&self.url, "")?;
        let (root, _, _): (Root, _, _) = session.json(&self.request(session, url.clone())).await?;
        let Some(roots) = root.api_roots else {
            return match root.versions {
                Some(_) => Ok(url),
                None => Err(broken(
                    &url,
                    "it names neither `api_roots` nor `versions`; is it a TAXII 2.1 server?",
                )),
            };
        };
        let chosen = match &self.api_root {
            Some(name) => roots.iter().find(|root| is_root(root, name)),
            None => root.default.as_ref().or_else(|| roots.first()),
        };
        let Some(chosen) = chosen else {
            let known = crate::item::excerpt(&roots.join(", "));
            return Err(Problem::setting(
                "api_root",
                format!("the server has no such API root; it has: {known}"),
            ));
        };
        let chosen = url
            .join(chosen)
            .map_err(|_| broken(&url, "an API root is no address"))?;
        match chosen.origin() == url.origin() {
            true => below(&chosen, ""),
            false => {
                let why = format!(
                    "the API root is at another host; if that is right, set `url` to {}",
                    shown(&chosen)
                );
                Err(Problem::setting("url", why))
            }
        }
    }

    fn wanted(&self, session: &Session, all: &[Collection]) -> Result<Vec<Collection>, Problem> {
        let readable = || all.iter().filter(|collection| collection.can_read);
        if self.collections.is_empty() {
            for closed in all.iter().filter(|collection| !collection.can_read) {
                session.left(format!(
                    "the collection `{}`: it may not be read",
                    closed.title
                ));
            }
            return Ok(readable().cloned().collect());
        }
        let find = |name: &String| {
            readable()
                .find(|collection| collection.is_named(name))
                .cloned()
                .ok_or_else(|| {
                    let known: Vec<_> = readable()
                        .map(|collection| collection.title.as_str())
                        .collect();
                    let known = crate::item::excerpt(&known.join(", "));
                    Problem::setting(
                        "collections",
                        format!("`{name}` is none that may be read; there are: {known}"),
                    )
                })
        };
        self.collections.iter().map(find).collect()
    }

    async fn collection(
        &self,
        session: &Session,
        root: &Url,
        collection: &Collection,
    ) -> Result<(), Problem> {
        let url = below(root, &format!("collections/{}/objects/", collection.id))?;
        let objects = Objects {
            url: &url,
            title: &collection.title,
        };
        let key = self.kept_under(&url);
        let kept = session.fetcher.kept_collection(&key);
        let kept = match kept {
            Some(kept)
                if session
                    .fetcher
                    .is_fresh_collection(&kept, session.freshness) =>
            {
                return objects.read_kept(session, &kept).await;
            }
            kept => kept,
        };
        match self.fetch(session, objects, kept.as_ref()).await {
            Ok(fetched) => {
                let Fetched {
                    documents,
                    added_last,
                    whole,
                } = fetched;
                let keeper = session.fetcher.keeper(&key, added_last, whole)?;
                documents.read(session, keeper).await
            }
            Err(problem) => objects.stand_in(session, kept, problem).await,
        }
    }

    /// Tells kept collections apart; never shown.
    fn kept_under(&self, objects: &Url) -> String {
        let since = self.added_after.map(|time| time.to_string());
        let (since, who) = (since.unwrap_or_default(), self.access.identity());
        format!("collection {objects} {since} {who}")
    }

    /// What was added since the last pull, and what was kept; else all.
    async fn fetch(
        &self,
        session: &Session,
        objects: Objects<'_>,
        kept: Option<&KeptCollection>,
    ) -> Result<Fetched, Problem> {
        let added_last = kept.and_then(|kept| session.fetcher.added_last(kept, session.freshness));
        if let Some((kept, added_last)) = kept.zip(added_last) {
            match self.go_on(session, objects, kept, added_last).await {
                Err(problem) if !problem.is_transient() => {
                    tracing::debug!(%problem, "a collection is fetched anew");
                }
                fetched => return fetched,
            }
        }
        let mut documents = Documents::default();
        let whole = session.fetcher.now();
        let added_last = self
            .pages(session, objects, self.added_after, &mut documents)
            .await?;
        Ok(Fetched {
            documents,
            added_last,
            whole,
        })
    }

    async fn go_on(
        &self,
        session: &Session,
        objects: Objects<'_>,
        kept: &KeptCollection,
        added_last: Timestamp,
    ) -> Result<Fetched, Problem> {
        let mut documents = Documents::default();
        documents
            .add(session, kept.document(), objects.kept_name(), Role::Kept)
            .await?;
        let since = added_last.saturating_sub(OVERLAP).unwrap_or(added_last);
        let since = self.added_after.map_or(since, |after| after.max(since));
        let new = self
            .pages(session, objects, Some(since), &mut documents)
            .await?;
        Ok(Fetched {
            documents,
            added_last: new.max(Some(added_last)),
            whole: kept.whole(),
        })
    }

    /// Fetches page after page; gives when the last object was added.
    async fn pages(
        &self,
        session: &Session,
        objects: Objects<'_>,
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
            let request = self.objects_request(session, objects.url, &cursor);
            let document = session.ask_once(&request).await?;
            let added_last = document.headers.added_last.as_deref();
            let added_last = added_last.and_then(|time| time.parse().ok());
            let name = format!("{}, page {page}", objects.title);
            let envelope = documents.add(session, document, name, Role::Page).await?;
            newest = added_last.or(newest);
            if !envelope.more {
                return Ok(newest);
            }
            cursor = cursor.after(objects.url, envelope, added_last)?;
        }
        Err(broken(objects.url, "it has more pages than any collection"))
    }

    fn objects_request(&self, session: &Session, url: &Url, cursor: &Cursor) -> Request {
        let mut url = url.clone();
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("limit", &self.limit.to_string());
            if let Some(added_after) = cursor.added_after {
                query.append_pair("added_after", &added_after.to_string());
            }
            if let Some(next) = &cursor.next {
                query.append_pair("next", next);
            }
        }
        self.request(session, url)
    }
}

impl Objects<'_> {
    fn kept_name(self) -> String {
        format!("{}, kept", self.title)
    }

    async fn read_kept(self, session: &Session, kept: &KeptCollection) -> Result<(), Problem> {
        let mut documents = Documents::default();
        documents
            .add(session, kept.document(), self.kept_name(), Role::Kept)
            .await?;
        documents.read(session, None).await
    }

    /// What was kept stands in for a server that failed.
    async fn stand_in(
        self,
        session: &Session,
        kept: Option<KeptCollection>,
        problem: Problem,
    ) -> Result<(), Problem> {
        let Some(kept) = kept.filter(|_| may_stand_in(&problem)) else {
            return Err(problem);
        };
        session
            .output()
            .summary
            .note_stale(Some(kept.stale(&problem)));
        let read = self.read_kept(session, &kept).await;
        read.map_err(|_| problem)
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

fn is_root(root: &str, name: &str) -> bool {
    let path = |text: &str| text.trim_matches('/').to_owned();
    path(root) == path(name) || path(root).ends_with(&format!("/{}", path(name)))
}

fn broken(url: &Url, why: &str) -> Problem {
    Problem::Protocol {
        address: shown(url).into(),
        why: why.into(),
    }
}

/// Addresses of resources end with a slash. Source: TAXII 2.1, section 1.6.7.
fn below(base: &Url, path: &str) -> Result<Url, Problem> {
    let mut base = base.clone();
    if !base.path().ends_with('/') {
        let path = format!("{}/", base.path());
        base.set_path(&path);
    }
    let url = base
        .join(path)
        .map_err(|error| Problem::setting("url", error.to_string()))?;
    match url.as_str().starts_with(base.as_str()) {
        true => Ok(url),
        false => Err(broken(&base, "a collection's id leads somewhere else")),
    }
}
