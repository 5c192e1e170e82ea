//! Where the next page is: the service's word, without what it gets wrong.

use std::collections::BTreeMap;

use url::Url;

/// Parameters that say where a page begins; all others belong to the question.
const POSITIONS: [&str; 2] = ["$skip", "$skiptoken"];

/// The address of the page behind `link`: the same place and the same question as `current`, with the position that
/// `link` has. Nothing when `link` is for something else or has no position.
///
/// So a token never leaves its origin, a filter that the service dropped is still there, and a link that names
/// a generic host stays in the region. Microsoft's links have been seen with another host, without the filter, and
/// with stray parameters such as `&=10000`.
pub(super) fn next_page(current: &Url, link: &str) -> Option<Url> {
    let link = current.join(link).ok()?;
    if !is_same_resource(current.path(), link.path()) {
        return None;
    }
    let positions: BTreeMap<String, String> = link
        .query_pairs()
        .filter(|(name, value)| is_position(name) && !value.is_empty())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()))
        .collect();
    (!positions.is_empty()).then(|| at(current, &positions))
}

/// `url` with the position `skip`.
pub(super) fn skipping(url: &Url, skip: u64) -> Url {
    at(
        url,
        &BTreeMap::from([("$skip".to_owned(), skip.to_string())]),
    )
}

/// The number of items that `url` skips.
pub(super) fn skip_of(url: &Url) -> Option<u64> {
    let mut pairs = url.query_pairs();
    pairs
        .find(|(name, _)| name == "$skip")
        .and_then(|(_, value)| value.parse().ok())
}

fn at(url: &Url, positions: &BTreeMap<String, String>) -> Url {
    let question: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !is_position(name))
        .map(|(n, v)| (n.into(), v.into()))
        .collect();
    let mut next = url.clone();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(question)
        .extend_pairs(positions);
    next
}

fn is_position(name: &str) -> bool {
    POSITIONS
        .iter()
        .any(|position| position.eq_ignore_ascii_case(name))
}

/// Whether two paths name one resource: the tails after `/api/` or `/v1.0/`, whose letter case and version in between
/// differ between what is asked and what links say.
fn is_same_resource(ours: &str, theirs: &str) -> bool {
    resource(ours) == resource(theirs)
}

fn resource(path: &str) -> String {
    let lower = path.trim_end_matches('/').to_ascii_lowercase();
    let tail = ["/api/v1.0/", "/api/", "/v1.0/"]
        .iter()
        .find_map(|root| Some(lower.split_once(root)?.1.to_owned()));
    tail.unwrap_or(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str =
        "https://eu.api.security.microsoft.com/api/machines?$filter=riskScore+eq+'High'";

    fn next(link: &str) -> Option<String> {
        let next = next_page(&ASKED.parse().unwrap(), link)?;
        Some(
            next.query_pairs()
                .map(|(name, value)| format!("{name}={value} "))
                .fold(next.origin().ascii_serialization() + " ", |all, pair| {
                    all + &pair
                }),
        )
    }

    #[test]
    fn the_place_and_the_question_stay_ours() {
        let expected =
            "https://eu.api.security.microsoft.com $filter=riskScore eq 'High' $skip=10000 ";
        let links = [
            "https://api.securitycenter.microsoft.com/api/machines?$filter=riskScore+eq+'High'&$skip=10000",
            "https://api.securitycenter.microsoft.com/api/machines?$skip=10000",
            "https://api.securitycenter.microsoft.com/api/v1.0/Machines?&=10000&$skip=10000",
            "https://evil.example/api/machines?$filter=true&$skip=10000",
            "/api/machines?$skip=10000",
        ];
        for link in links {
            assert_eq!(next(link).as_deref(), Some(expected), "{link}");
        }
        assert!(
            next("https://h/api/machines?$SkipToken=a%2Fb")
                .unwrap()
                .ends_with("$skiptoken=a/b ")
        );
    }

    #[test]
    fn links_to_elsewhere_or_nowhere_are_none() {
        for link in [
            "https://h/api/alerts?$skip=1",
            "https://h/api/machines",
            "https://h/api/machines?$skip=",
            "http://[",
            "",
        ] {
            assert_eq!(next(link), None, "{link}");
        }
    }
}
