//! MISP's `restSearch`.

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

use super::attribute::Wanted;
use super::event::{EventDocument, read_attributes};
use crate::fetch::{Input, Request, shown};
use crate::output::Output;
use crate::session::{self, Session};
use crate::{Access, Location, Problem};

/// What is searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchIn {
    /// `/attributes/restSearch`
    #[default]
    Attributes,
    /// `/events/restSearch`
    Events,
}

/// A search in a MISP instance.
///
/// Source: MISP's OpenAPI description, `restSearch`.
#[derive(Debug, Clone)]
pub struct MispFeed {
    /// The instance.
    pub url: Url,
    /// The authentication key.
    pub key: SecretString,
    /// What is searched.
    pub search_in: SearchIn,
    /// Only attributes that are meant for detection.
    pub to_ids: bool,
    /// Whether the instance leaves out what is on its warning lists.
    pub enforce_warninglist: bool,
    /// Only published events, or only others.
    pub published: Option<bool>,
    /// Tags, of which one must be there; `!` in front excludes.
    pub tags: Vec<String>,
    /// Types of attributes.
    pub types: Vec<String>,
    /// Changed within this time, such as `7d`.
    pub within: Option<String>,
    /// Attributes or events on a page.
    pub limit: u32,
}

/// Most pages: an instance that never ends is broken.
const PAGES_MAX: u32 = 100_000;

/// The body of a search.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Search<'s> {
    return_format: &'static str,
    page: u32,
    limit: u32,
    #[serde(rename = "to_ids", skip_serializing_if = "Option::is_none")]
    to_ids: Option<u8>,
    enforce_warninglist: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<u8>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'s [String],
    #[serde(rename = "type", skip_serializing_if = "<[_]>::is_empty")]
    types: &'s [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<&'s str>,
    include_event_tags: u8,
    include_context: u8,
}

/// `{"response": …}`
#[derive(Deserialize)]
struct Response<T> {
    response: T,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(default, rename = "Attribute")]
    attributes: Vec<Box<RawValue>>,
}

impl MispFeed {
    pub(crate) async fn pull(&self, session: &Session) -> Result<(), Problem> {
        if self.limit == 0 {
            return Err(Problem::setting("limit", "a page must hold something"));
        }
        for page in 1..=PAGES_MAX {
            let request = self.request(session, page)?;
            let document = session.ask(&request).await?;
            let (search_in, wanted) = (self.search_in, self.wanted());
            let read = move |input, output: &mut Output| match search_in {
                SearchIn::Attributes => attributes(input, wanted, output),
                SearchIn::Events => events(input, wanted, output),
            };
            let count = session.read(document, format!("page {page}"), read).await?;
            if count < u64::from(self.limit) {
                return Ok(());
            }
        }
        Err(Problem::Protocol {
            address: shown(&self.url).into(),
            why: "it has more pages than any instance".into(),
        })
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            to_ids_only: self.to_ids,
        }
    }

    fn request(&self, session: &Session, page: u32) -> Result<Request, Problem> {
        let name = match self.search_in {
            SearchIn::Attributes => "attributes/restSearch",
            SearchIn::Events => "events/restSearch",
        };
        let Location::Url(url) = Location::Url(self.url.clone()).join(name)? else {
            return Err(Problem::setting("url", "an instance has an address"));
        };
        let access = Access::Header {
            name: "Authorization".to_owned(),
            key: self.key.clone(),
        };
        let search = Search {
            return_format: "json",
            page,
            limit: self.limit,
            to_ids: self.to_ids.then_some(1),
            enforce_warninglist: u8::from(self.enforce_warninglist),
            published: self.published.map(u8::from),
            tags: &self.tags,
            types: &self.types,
            timestamp: self.within.as_deref(),
            include_event_tags: 1,
            include_context: 1,
        };
        let body = serde_json::to_string(&search);
        let mut request = session.page(url, &access);
        request.method = Method::POST;
        request.accept = "application/json";
        request.body =
            Some(body.map_err(|error| Problem::setting("the search", error.to_string()))?);
        Ok(request)
    }
}

fn attributes(input: Input, wanted: Wanted, output: &mut Output) -> Result<u64, Problem> {
    let page: Response<Attributes> = session::json(input, output.document())?;
    read_attributes(&page.response.attributes, wanted, output)?;
    Ok(page.response.attributes.len() as u64)
}

/// Counts events, which is what pages are made of.
fn events(input: Input, wanted: Wanted, output: &mut Output) -> Result<u64, Problem> {
    let page: Response<Vec<EventDocument>> = session::json(input, output.document())?;
    let count = page.response.len() as u64;
    for event in page.response {
        event.read(wanted, output)?;
    }
    Ok(count)
}
