//! What the hunting tables say about a file, an address, a domain or an event: the answers of the entity routes agree with hunting.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use tesem_engine::{QueryResult, RunOptions, Value, ticks};
use tesem_kql::build::QueryText;
use tesem_kql::literal;
use url::{Host, Url};

use crate::envelope::Face;
use crate::refusal::Refusal;
use crate::server::Twin;

/// A device, and when something was first and last seen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) device: String,
    /// The name of the file, or the address as it was called.
    pub(crate) name: String,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

/// A file as its events describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenFile {
    pub(crate) sha1: String,
    pub(crate) sha256: String,
    pub(crate) md5: String,
    pub(crate) size: Option<i64>,
    pub(crate) sightings: Vec<Sighting>,
}

/// The kinds of hash that a file is called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HashKind {
    Sha1,
    Sha256,
    Md5,
}

impl HashKind {
    /// The kind of a hash, by its length.
    pub(crate) fn of(hash: &str) -> Option<Self> {
        let is_hex = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        match hash.len() {
            40 if is_hex => Some(Self::Sha1),
            64 if is_hex => Some(Self::Sha256),
            32 if is_hex => Some(Self::Md5),
            _ => None,
        }
    }

    fn condition(self) -> &'static str {
        match self {
            Self::Sha1 => "| where SHA1 =~ ",
            Self::Sha256 => "| where SHA256 =~ ",
            Self::Md5 => "| where MD5 =~ ",
        }
    }
}

/// Where a file was seen in the visible days; `None` when nowhere.
pub(crate) async fn file(
    twin: &Twin,
    kind: HashKind,
    hash: &str,
    back: SignedDuration,
) -> Result<Option<SeenFile>, Refusal> {
    let mut query = QueryText::default();
    query
        .fragment("union DeviceFileEvents, DeviceProcessEvents, DeviceImageLoadEvents, DeviceEvents\n")
        .fragment(kind.condition())
        .value(&literal::string(hash))
        .fragment("\n| summarize First = min(Timestamp), Last = max(Timestamp), Sha1 = max(SHA1), Sha256 = max(SHA256), Md5 = max(MD5), Size = max(FileSize) by DeviceId, FileName");
    let rows = run(twin, query.as_str(), window(twin, back)).await?;
    let mut seen = SeenFile {
        sha1: String::new(),
        sha256: String::new(),
        md5: String::new(),
        size: None,
        sightings: Vec::new(),
    };
    for row in &rows {
        seen.sightings.extend(sighting(row));
        for (place, hash) in [
            (4, &mut seen.sha1),
            (5, &mut seen.sha256),
            (6, &mut seen.md5),
        ] {
            if hash.is_empty() {
                *hash = text_at(row, place);
            }
        }
        if let Some(Value::Long(size)) = row.get(7) {
            seen.size = seen.size.max(Some(*size));
        }
    }
    Ok((!seen.sightings.is_empty()).then_some(seen))
}

/// Where an external address was seen.
pub(crate) async fn address(
    twin: &Twin,
    ip: &str,
    back: SignedDuration,
) -> Result<Vec<Sighting>, Refusal> {
    let mut query = QueryText::default();
    query
        .fragment("DeviceNetworkEvents | where RemoteIP == ")
        .value(&literal::string(ip))
        .fragment(
            " | summarize First = min(Timestamp), Last = max(Timestamp) by DeviceId, RemoteIP",
        );
    let rows = run(twin, query.as_str(), window(twin, back)).await?;
    Ok(rows.iter().filter_map(|row| sighting(row)).collect())
}

/// Where a domain, or a name below it, was seen.
pub(crate) async fn domain(
    twin: &Twin,
    domain: &str,
    back: SignedDuration,
) -> Result<Vec<Sighting>, Refusal> {
    let mut query = QueryText::default();
    query
        .fragment("DeviceNetworkEvents | where RemoteUrl contains ")
        .value(&literal::string(domain))
        .fragment(
            " | summarize First = min(Timestamp), Last = max(Timestamp) by DeviceId, RemoteUrl",
        );
    let rows = run(twin, query.as_str(), window(twin, back)).await?;
    let sightings = rows.iter().filter_map(|row| sighting(row));
    Ok(sightings
        .filter(|sighting| is_within(&sighting.name, domain))
        .collect())
}

/// The devices that used an internal address in a window.
pub(crate) async fn devices_with_local_ip(
    twin: &Twin,
    ip: &str,
    window: (Timestamp, Timestamp),
) -> Result<BTreeSet<String>, Refusal> {
    let mut query = QueryText::default();
    query
        .fragment("DeviceNetworkEvents | where LocalIP == ")
        .value(&literal::string(ip))
        .fragment(" | distinct DeviceId");
    let rows = run(twin, query.as_str(), window).await?;
    Ok(rows.iter().map(|row| text_at(row, 0)).collect())
}

/// Whether a device has an event with this report id at this instant.
pub(crate) async fn has_event(
    twin: &Twin,
    device: &str,
    report: &str,
    at: Timestamp,
) -> Result<bool, Refusal> {
    let Ok(report) = report.parse::<i64>() else {
        return Ok(false);
    };
    let mut query = QueryText::default();
    query
        .fragment("union DeviceEvents, DeviceProcessEvents, DeviceNetworkEvents, DeviceFileEvents, DeviceRegistryEvents, DeviceLogonEvents, DeviceImageLoadEvents\n| where DeviceId == ")
        .value(&literal::string(device))
        .fragment(" and ReportId == ")
        .value(&literal::long(report))
        .fragment(" and Timestamp == ")
        .value(&literal::datetime(at))
        .fragment(" | count");
    let visible = SignedDuration::try_from(twin.limits.visible).unwrap_or(SignedDuration::MAX);
    let rows = run(twin, query.as_str(), window(twin, visible)).await?;
    Ok(matches!(rows.first().and_then(|row| row.first()), Some(Value::Long(count)) if *count > 0))
}

/// The rows of a query over all tables.
pub(crate) async fn run(
    twin: &Twin,
    query: &str,
    window: (Timestamp, Timestamp),
) -> Result<Vec<Vec<Value>>, Refusal> {
    Ok(result(twin, query, window).await?.rows().collect())
}

/// The result of a query over all tables, whose rows are not yet made.
pub(crate) async fn result(
    twin: &Twin,
    query: &str,
    window: (Timestamp, Timestamp),
) -> Result<QueryResult, Refusal> {
    let options = RunOptions {
        window: Some(window),
        ..RunOptions::at(twin.time.now())
    };
    let result = twin.hunting.engine(Face::Xdr).run(query, &options).await;
    result.map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "telemetry query failed"
        );
        Refusal::internal()
    })
}

fn window(twin: &Twin, back: SignedDuration) -> (Timestamp, Timestamp) {
    let now = twin.time.now();
    (now.checked_sub(back).unwrap_or(Timestamp::MIN), now)
}

/// Device, name, first and last of a row that begins with them.
fn sighting(row: &[Value]) -> Option<Sighting> {
    let instant = |place| match row.get(place) {
        Some(Value::DateTime(ticks)) => Some(ticks::to_timestamp(*ticks)),
        _ => None,
    };
    Some(Sighting {
        device: text_at(row, 0),
        name: text_at(row, 1),
        first: instant(2)?,
        last: instant(3)?,
    })
}

/// The text of a cell; empty for anything else.
pub(crate) fn text_at(row: &[Value], place: usize) -> String {
    match row.get(place) {
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    }
}

/// The host of an address, with or without a scheme, in lower case.
pub(crate) fn host_of(address: &str) -> Option<String> {
    let with_scheme = if address.contains("://") {
        address.to_owned()
    } else {
        format!("http://{address}")
    };
    match Url::parse(&with_scheme).ok()?.host()? {
        Host::Domain(domain) => Some(domain.to_owned()),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// Whether an address leads to a domain or to a name below it.
pub(crate) fn is_within(address: &str, domain: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    host_of(address).is_some_and(|host| {
        host == domain
            || host
                .strip_suffix(&domain)
                .is_some_and(|rest| rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_covers_the_names_below_it_and_no_others() {
        let cases = [
            ("evil.example", true),
            ("https://a.evil.example:8443/x", true),
            ("EVIL.example/gate", true),
            ("notevil.example", false),
            ("evil.example.org", false),
            ("https://other.example/?q=evil.example", false),
            ("203.0.113.7", false),
            ("", false),
        ];
        for (address, expected) in cases {
            assert_eq!(is_within(address, "Evil.Example"), expected, "{address}");
        }
    }
}
