//! TAXII 2.1 collections.

mod objects;

use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

use crate::fetch::{Request, shown};
use crate::session::Session;
use crate::{Access, Problem};
use objects::Objects;

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

impl TaxiiFeed {
    pub(super) async fn pull(&self, session: &Session) -> Result<(), Problem> {
        let root = self.root(session).await?;
        let url = below(&root, "collections/")?;
        let (all, _, _): (Collections, _, _) = session.json(&self.request(session, url)).await?;
        for collection in self.wanted(session, &all.collections)? {
            let objects = Objects {
                feed: self,
                session,
                url: below(&root, &format!("collections/{}/objects/", collection.id))?,
                title: &collection.title,
            };
            objects.pull().await?;
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
