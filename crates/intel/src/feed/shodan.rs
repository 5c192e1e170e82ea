//! Shodan searches.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;
use tesem_observable::{ObservableKind, recognise_as};
use url::Url;

use super::time;
use crate::fetch::Request;
use crate::output::Output;
use crate::session::Session;
use crate::{Access, Details, Problem, RefusedBecause};

/// Searches of Shodan, whose hosts become indicators.
///
/// Source: developer.shodan.io/api, `/shodan/host/search` and `/api-info`.
#[derive(Debug, Clone)]
pub struct ShodanFeed {
    /// Where the API is.
    pub url: Url,
    /// The API key.
    pub key: SecretString,
    /// Searches by a name that becomes a label.
    pub queries: BTreeMap<String, String>,
    /// Most query credits that a pull may spend.
    pub credits_max: u64,
}

/// Results on a page. Source: developer.shodan.io/api.
const PAGE_RESULTS: u64 = 100;

/// Least time between two requests. Source: developer.shodan.io, rate limit of one request a second.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize)]
struct ApiInfo {
    query_credits: u64,
}

#[derive(Debug, Deserialize)]
struct Page {
    #[serde(default)]
    matches: Vec<Box<RawValue>>,
    #[serde(default)]
    total: u64,
    error: Option<String>,
}

/// A service that answered a scan.
#[derive(Debug, Deserialize)]
struct Banner {
    ip_str: Option<String>,
    port: Option<u16>,
    timestamp: Option<String>,
    product: Option<String>,
    #[serde(default)]
    hostnames: Vec<String>,
}

/// What a page came to.
struct Seen {
    count: u64,
    /// Whether every banner was older than the feed's settings ask for.
    all_old: bool,
}

impl ShodanFeed {
    /// The API's own address.
    ///
    /// # Errors
    /// Never: the address is well formed.
    pub fn api() -> Result<Url, url::ParseError> {
        Url::parse("https://api.shodan.io/")
    }

    pub(super) async fn pull(&self, session: &Session) -> Result<(), Problem> {
        if self.queries.is_empty() {
            return Err(Problem::setting(
                "queries",
                "there is none; name at least one search",
            ));
        }
        let mut budget = None;
        for (name, query) in &self.queries {
            self.search(session, name, query, &mut budget).await?;
        }
        Ok(())
    }

    /// What may be spent: the feed's limit or what is left at the service, whichever is less. Asked once, when first needed.
    async fn budget(&self, session: &Session, budget: &mut Option<u64>) -> Result<u64, Problem> {
        if let Some(left) = budget {
            return Ok(*left);
        }
        let mut request = self.request(session, "api-info")?;
        request.accept = "application/json";
        let (info, _, asked): (ApiInfo, _, _) = session.json(&request).await?;
        self.pause(session, asked).await;
        if info.query_credits < self.credits_max {
            let note = format!("{} query credits are left at Shodan", info.query_credits);
            tracing::info!(credits = info.query_credits, "{note}");
        }
        Ok(*budget.insert(self.credits_max.min(info.query_credits)))
    }

    fn request(&self, session: &Session, path: &str) -> Result<Request, Problem> {
        let url = self
            .url
            .join(path)
            .map_err(|error| Problem::setting("url", error.to_string()))?;
        let mut request = session.page(url, &Access::Open);
        request.secret_parameter = Some(("key", self.key.clone()));
        Ok(request)
    }

    async fn pause(&self, session: &Session, asked: bool) {
        if asked {
            session.fetcher.clock().sleep(PAUSE).await;
        }
    }

    async fn search(
        &self,
        session: &Session,
        name: &str,
        query: &str,
        budget: &mut Option<u64>,
    ) -> Result<(), Problem> {
        for page in 1.. {
            let cost = u64::from(page > 1 || has_filter(query));
            let left = if cost > 0 {
                self.budget(session, budget).await?
            } else {
                0
            };
            if cost > left {
                let note = format!(
                    "the search `{name}` from page {page} on: the limit of query credits is reached"
                );
                session.left(note);
                return Ok(());
            }
            let mut request = self.request(session, "shodan/host/search")?;
            request
                .url
                .query_pairs_mut()
                .append_pair("query", query)
                .append_pair("page", &page.to_string());
            let document = session.ask(&request).await?;
            let asked = document.asked && document.stale.is_none();
            if asked {
                *budget = budget.map(|left| left - cost);
                session.output().summary.credits += cost;
            }
            let label = name.to_owned();
            let what = format!("search {name}, page {page}");
            let read = move |input, output: &mut Output| {
                let page: Page = crate::session::json(input, output.document())?;
                read_page(&page, &label, output)
            };
            let (total, seen) = session.read(document, what, read).await?;
            self.pause(session, asked).await;
            if seen.count == 0 || page * PAGE_RESULTS >= total {
                return Ok(());
            }
            if seen.all_old {
                session.left(format!("the search `{name}` after page {page}: all of that page is older than `max_age`"));
                return Ok(());
            }
        }
        Ok(())
    }
}

fn read_page(page: &Page, search: &str, output: &mut Output) -> Result<(u64, Seen), Problem> {
    if let Some(error) = &page.error {
        return Err(Problem::Protocol {
            address: output.document().into(),
            why: crate::item::excerpt(error),
        });
    }
    let mut seen = Seen {
        count: 0,
        all_old: true,
    };
    for raw in &page.matches {
        seen.count += 1;
        seen.all_old &= banner(raw.get(), seen.count, search, output)?;
    }
    Ok((page.total, seen))
}

/// Hands on a banner; says whether it is too old.
fn banner(json: &str, number: u64, search: &str, output: &mut Output) -> Result<bool, Problem> {
    let form = |why: String| RefusedBecause::Form(why.into());
    let banner: Banner = match serde_json::from_str(json) {
        Ok(banner) => banner,
        Err(error) => {
            output.refused(number, json, form(format!("is no banner: {error}")))?;
            return Ok(false);
        }
    };
    let Some(address) = banner.ip_str.as_deref() else {
        output.refused(
            number,
            json,
            form("is a banner without `ip_str`".to_owned()),
        )?;
        return Ok(false);
    };
    let timestamp = banner.timestamp.as_deref().and_then(time::read);
    let Some(timestamp) = timestamp else {
        let why = "is a banner whose `timestamp` is missing or no time, so that its age is unknown";
        output.refused(number, address, form(why.to_owned()))?;
        return Ok(false);
    };
    let kind = if address.contains(':') {
        ObservableKind::Ipv6
    } else {
        ObservableKind::Ipv4
    };
    output.value(
        number,
        recognise_as(kind, address),
        banner.details(address, timestamp, search).shared(),
    )?;
    Ok(output.is_too_old(timestamp))
}

impl Banner {
    fn details(&self, address: &str, timestamp: Timestamp, search: &str) -> Details {
        let port = self.port.map(|port| format!("port {port}"));
        let names = (!self.hostnames.is_empty()).then(|| self.hostnames.join(" "));
        let comment: Vec<String> = [self.product.clone(), port, names]
            .into_iter()
            .flatten()
            .collect();
        Details {
            object_id: self.port.map(|port| format!("{address}:{port}").into()),
            first_seen: Some(timestamp),
            last_seen: Some(timestamp),
            labels: vec![search.into()],
            comment: (!comment.is_empty()).then(|| comment.join(", ").into()),
            ..Details::NOTHING
        }
    }
}

/// Whether a search uses a filter (`name:value` outside of quotes), which costs a credit from the first page on.
fn has_filter(query: &str) -> bool {
    let mut is_quoted = false;
    let mut previous = ' ';
    for character in query.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ':' if !is_quoted && previous.is_ascii_alphanumeric() => return true,
            _ => {}
        }
        previous = character;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_name_with_a_colon_outside_of_quotes() {
        let cases = [
            ("product:\"Cobalt Strike Beacon\"", true),
            ("http.html_hash:-14029177", true),
            ("apache", false),
            ("\"Server: nginx\"", false),
            ("\"a:b\" country:DE", true),
            ("", false),
        ];
        for (query, expected) in cases {
            assert_eq!(has_filter(query), expected, "{query}");
        }
    }
}
