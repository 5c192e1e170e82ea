//! The hunting queries. Each row of events says in `Asked` which value it is for, in canonical form.

use jiff::SignedDuration;
use tesem_defender::MachineId;
use tesem_kql::build::QueryText;
use tesem_kql::literal;

use crate::request::Subject;
use crate::sighting::EventTable;

/// Most rows of one query's result: a third of what the strictest API gives.
///
/// Source: learn.microsoft.com/defender-endpoint/api/run-advanced-query-api, "Limitations".
pub const ROWS_PER_QUERY_MAX: usize = 30_000;

/// Most subjects, most machines and most files that one query names. The service documents no limit of a query's text; with so many of the
/// longest names it stays below the 700 KB that public tools send.
pub const VALUES_PER_QUERY_MAX: usize = 1_000;

/// Which events are asked for, of whatever subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventsWanted {
    /// Of which table: files have events in one, addresses and domains in the other.
    pub table: EventTable,
    /// How far back.
    pub window: SignedDuration,
    /// Most events of each subject, the newest.
    pub limit: usize,
}

impl EventsWanted {
    /// Of how many subjects one query can ask.
    #[must_use]
    pub fn subjects_max(self) -> usize {
        (ROWS_PER_QUERY_MAX / self.limit.max(1)).clamp(1, VALUES_PER_QUERY_MAX)
    }

    /// The query for the events of `subjects`.
    #[must_use]
    pub fn query(self, subjects: &[Subject]) -> String {
        match self.table {
            EventTable::File => file_events_query(subjects, self.window, self.limit),
            EventTable::Network => network_events_query(subjects, self.window, self.limit),
        }
    }
}

const PROCESS_COLUMNS: &str = ", InitiatingProcessSHA1, InitiatingProcessSHA256, \
     InitiatingProcessMD5, InitiatingProcessFileName, InitiatingProcessFolderPath, \
     InitiatingProcessParentFileName";

/// Events of `files`, the newest `limit` of each.
fn file_events_query(files: &[Subject], window: SignedDuration, limit: usize) -> String {
    let all: Vec<String> = files.iter().map(Subject::value).collect();
    let mut query = QueryText::new();
    query.fragment("DeviceFileEvents\n");
    within(&mut query, window);
    query.fragment("| where ");
    any(&mut query, &hash_columns(files));
    query.fragment("\n| mv-expand Asked = pack_array(tolower(SHA1), tolower(SHA256), tolower(MD5)) to typeof(string)\n");
    newest(&mut query, &all, limit, |query| {
        query.fragment(", SHA1, SHA256, MD5, FileName, FolderPath, FileOriginUrl, FileOriginReferrerUrl, PreviousFileName");
    });
    query.into_string()
}

fn hash_columns(files: &[Subject]) -> [(&'static str, Vec<String>); 3] {
    [
        (
            "SHA1 in~ ",
            of(files, |file| matches!(file, Subject::Sha1(_))),
        ),
        (
            "SHA256 in~ ",
            of(files, |file| matches!(file, Subject::Sha256(_))),
        ),
        (
            "MD5 in~ ",
            of(files, |file| matches!(file, Subject::Md5(_))),
        ),
    ]
}

/// Events of addresses and domains, the newest `limit` of each. A domain is the host of a URL, or the whole of it.
fn network_events_query(others: &[Subject], window: SignedDuration, limit: usize) -> String {
    let all: Vec<String> = others.iter().map(Subject::value).collect();
    let mut addresses = of(others, |other| matches!(other, Subject::Ip(_)));
    let mapped: Vec<String> = addresses
        .iter()
        .filter(|address| !address.contains(':'))
        .map(|address| format!("::ffff:{address}"))
        .collect();
    addresses.extend(mapped);
    let mut query = QueryText::new();
    query.fragment("DeviceNetworkEvents\n");
    within(&mut query, window);
    query.fragment("| where ");
    let columns = [
        ("RemoteIP in~ ", addresses),
        (
            "RemoteUrl has_any ",
            of(others, |other| matches!(other, Subject::Domain(_))),
        ),
    ];
    any(&mut query, &columns);
    query.fragment("\n| extend RemoteHost = tolower(extract(@'^(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:[^/?#@]*@)?([^/:?#]+)', 1, RemoteUrl))");
    query.fragment("\n| extend RemoteAddress = replace_regex(tolower(RemoteIP), @'^::ffff:([0-9.]+)$', @'\\1')");
    query.fragment(
        "\n| mv-expand Asked = set_union(pack_array(RemoteHost), pack_array(RemoteAddress)) to typeof(string)\n",
    );
    // Who else is asked about must not matter: an address is found by the connection and never by a URL that names it.
    query.fragment("| where Asked == RemoteAddress or isnull(parse_ipv4(Asked))\n");
    newest(&mut query, &all, limit, |query| {
        query.fragment(", RemoteUrl, RemoteIP, LocalIP");
    });
    query.into_string()
}

/// The adapters of `machines`, each with its newest addresses.
#[must_use]
pub fn adapters_query(machines: &[MachineId], window: SignedDuration) -> String {
    let mut query = QueryText::new();
    query.fragment("DeviceNetworkInfo\n");
    within(&mut query, window);
    query
        .fragment("| where DeviceId in ")
        .string_list(machines.iter().map(MachineId::as_str))
        .fragment("\n| summarize arg_max(Timestamp, IPAddresses) by DeviceId, MacAddress")
        .fragment("\n| project DeviceId, MacAddress, IPAddresses")
        .fragment("\n| sort by DeviceId asc, MacAddress asc");
    query.into_string()
}

/// All hashes of `files`, as events within `window` name them: one row for each file whose events have all three. A tenant need not
/// have all of the tables.
#[must_use]
pub fn hashes_query(files: &[Subject], window: SignedDuration) -> String {
    let mut query = QueryText::new();
    query.fragment(
        "union isfuzzy=true DeviceFileEvents, DeviceProcessEvents, DeviceImageLoadEvents, ",
    );
    // What started before the window has no event of its own.
    query.fragment("(DeviceProcessEvents | project Timestamp, SHA1 = InitiatingProcessSHA1, SHA256 = InitiatingProcessSHA256, MD5 = InitiatingProcessMD5)\n");
    within(&mut query, window);
    query.fragment("| where ");
    any(&mut query, &hash_columns(files));
    query
        .fragment("\n| where isnotempty(SHA1) and isnotempty(SHA256) and isnotempty(MD5)")
        .fragment("\n| distinct SHA1, SHA256, MD5")
        .fragment("\n| take ")
        .value(&literal::long(
            ROWS_PER_QUERY_MAX.try_into().unwrap_or(i64::MAX),
        ));
    query.into_string()
}

fn within(query: &mut QueryText, window: SignedDuration) {
    query
        .fragment("| where Timestamp > ago(")
        .value(&literal::timespan(window))
        .fragment(")\n");
}

fn of(subjects: &[Subject], is_wanted: fn(&Subject) -> bool) -> Vec<String> {
    let wanted = subjects.iter().filter(|subject| is_wanted(subject));
    wanted.map(Subject::value).collect()
}

/// Any of `columns` has one of its values; columns without values are left out.
fn any(query: &mut QueryText, columns: &[(&'static str, Vec<String>)]) {
    let asked = columns.iter().filter(|(_, values)| !values.is_empty());
    for (place, (column, values)) in asked.enumerate() {
        query
            .fragment(if place > 0 { " or " } else { "" })
            .fragment(column)
            .string_list(values.iter().map(String::as_str));
    }
}

/// The newest rows of each of the values in `all`, with the columns that sightings are made of.
fn newest(
    query: &mut QueryText,
    all: &[String],
    limit: usize,
    columns: impl FnOnce(&mut QueryText),
) {
    query
        .fragment("| where Asked in ")
        .string_list(all.iter().map(String::as_str))
        .fragment("\n| project Asked, Timestamp, DeviceId, DeviceName, ActionType")
        .fragment(PROCESS_COLUMNS);
    columns(query);
    query
        .fragment("\n| sort by Asked asc, Timestamp desc")
        .fragment("\n| extend Place = row_number(1, prev(Asked) != Asked)")
        .fragment("\n| where Place <= ")
        .value(&literal::long(limit.try_into().unwrap_or(i64::MAX)))
        .fragment("\n| project-away Place");
}
