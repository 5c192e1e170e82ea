//! Whether a place answers at all, and what its clock says.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use url::Url;

use crate::requests::Requests;
use crate::transport::ApiRequest;
use crate::{Endpoints, TransportFailure};

/// A place that calls go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its name in settings: `login`, `graph`, `defender`, and `xdr` where that is another host than `defender`.
    pub name: &'static str,
    /// Its base address.
    pub url: Url,
}

/// An answer, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// HTTP status.
    pub status: u16,
    /// From sending to the answer, by the injected clock.
    pub took: Duration,
    /// How far our clock is ahead of the service's; negative where it is behind. Exact to about a second, which is how
    /// finely the service tells its time. Nothing where it does not.
    pub clock_ahead: Option<SignedDuration>,
}

pub(super) fn places(endpoints: &Endpoints) -> Vec<Place> {
    let all = [
        ("login", &endpoints.login),
        ("graph", &endpoints.graph),
        ("defender", &endpoints.defender),
        ("xdr", &endpoints.xdr),
    ];
    let mut places: Vec<Place> = Vec::new();
    for (name, url) in all {
        let is_known =
            |known: &Place| known.name == "defender" && known.url.origin() == url.origin();
        if !places.iter().any(is_known) {
            let url = url.clone();
            places.push(Place { name, url });
        }
    }
    places
}

pub(super) async fn reach(requests: &Requests, place: &Place) -> Result<Reached, TransportFailure> {
    let request = ApiRequest {
        method: Method::GET,
        url: place.url.clone(),
        content_type: "",
        body: Default::default(),
    };
    let id = requests.options.randomness.request_id().to_string();
    let sent_at = requests.clock.now();
    let answer = requests.transport.send(&request, None, &id).await?;
    let answered_at = requests.clock.now();
    Ok(Reached {
        status: answer.status,
        took: Duration::try_from(answered_at.duration_since(sent_at)).unwrap_or_default(),
        clock_ahead: answer
            .date
            .and_then(|date| clock_ahead(&date, sent_at, answered_at)),
    })
}

/// The service wrote `date` between the two instants and cut off what is below a second: what is within that
/// tolerance is no difference.
fn clock_ahead(date: &str, sent_at: Timestamp, answered_at: Timestamp) -> Option<SignedDuration> {
    let written = httpdate::parse_http_date(date).ok()?;
    let earliest = Timestamp::try_from(written).ok()?;
    let latest = earliest.checked_add(SignedDuration::from_secs(1)).ok()?;
    let ahead = sent_at.duration_since(latest);
    let behind = answered_at.duration_since(earliest);
    Some(if ahead.is_positive() {
        ahead
    } else if behind.is_negative() {
        behind
    } else {
        SignedDuration::ZERO
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cloud, EndpointOverrides, Region};

    #[test]
    fn a_host_is_named_once_where_it_serves_both_apis() {
        let none = EndpointOverrides::default();
        let names = |endpoints: &Endpoints| -> Vec<&str> {
            places(endpoints).iter().map(|place| place.name).collect()
        };
        assert_eq!(
            names(&Endpoints::new(Cloud::Public, &none)),
            ["login", "graph", "defender"]
        );
        assert_eq!(
            names(&Endpoints::in_region(Region::Eu, &none)),
            ["login", "graph", "defender", "xdr"]
        );
    }

    #[test]
    fn clocks_are_compared_as_far_as_a_header_tells() {
        let at = |text: &str| -> Timestamp { format!("2026-11-28T{text}Z").parse().unwrap() };
        let cases = [
            ("10:00:00.2", "10:00:00.4", 0),
            ("09:59:59.9", "10:00:00.1", 0),
            ("10:00:00.9", "10:00:02.9", 0),
            ("10:05:01", "10:05:02", 300_000),
            ("09:49:58", "09:50:00", -600_000),
        ];
        for (sent, answered, expected) in cases {
            let ahead =
                clock_ahead("Sat, 28 Nov 2026 10:00:00 GMT", at(sent), at(answered)).unwrap();
            assert_eq!(ahead.as_millis(), expected, "{sent}");
        }
        assert_eq!(
            clock_ahead("yesterday", at("10:00:00"), at("10:00:00")),
            None
        );
    }
}
