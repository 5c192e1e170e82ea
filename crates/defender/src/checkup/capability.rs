//! What can be done in a tenant: the permission and the quota it needs, and a harmless call that shows it.

use std::time::Duration;

use reqwest::Method;
use url::Url;

use crate::call::CallKind;
use crate::endpoint::{
    ActionRequest, EXPORT_SOFTWARE, EXPORT_VULNERABILITIES, IMPORT_INDICATORS, IsolationType,
    LIST_ALERTS, LIST_INDICATORS, LIST_INVESTIGATIONS, LIST_LOGON_USERS, LIST_MACHINE_ACTIONS,
    LIST_MACHINES, LIST_RECOMMENDATIONS, LIST_SOFTWARE, LIST_VULNERABILITIES, READ_DOMAIN_STATS,
    READ_EXPOSURE_SCORE, READ_FILE, READ_IP_STATS, START_INVESTIGATION, ScanType,
};
use crate::graph::{LIST_GRAPH_ALERTS, LIST_INCIDENTS};
use crate::route::Route;
use crate::transport::ApiRequest;
use crate::{DefenderClient, DefenderError, HuntingApi, Service};

/// A query that reads no table.
const HARMLESS_QUERY: &str = "print works = true";

/// The file with the SHA-1 of the empty file, which the service knows or does not: both are answers.
const EMPTY_FILE: &str = "/api/files/da39a3ee5e6b4b0d3255bfef95601890afd80709";

/// A job that a tenant is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Job {
    /// Looking for indicators in telemetry.
    Hunt,
    /// Keeping the tenant's list of indicators.
    Indicators,
    /// Copying machines, users, software, vulnerabilities and alerts.
    Assets,
    /// Answering questions about observables, and acting on machines.
    Relay,
}

/// Something that can be done in a tenant.
#[derive(Debug, Clone)]
pub struct Capability {
    /// What it is, as a verb phrase.
    pub name: &'static str,
    /// The jobs that need it; none for what only the library offers.
    pub jobs: &'static [Job],
    kind: Kind,
    call: Call,
}

/// What a harmless call showed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Probe {
    /// The service answered.
    Answered {
        /// From the first request to the answer, waits included.
        took: Duration,
    },
    /// No call is harmless, or it needs something of the tenant; only the permission tells.
    NotTried,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Hunting(HuntingApi),
    Route(Route),
}

#[derive(Debug, Clone, Copy)]
enum Call {
    Query,
    /// A path, and what stands behind the question mark.
    Read(&'static str, &'static str),
    None,
}

impl Capability {
    /// The service that is called.
    #[must_use]
    pub fn service(&self) -> Service {
        match self.kind {
            Kind::Hunting(api) => api.service(),
            Kind::Route(route) => route.service,
        }
    }

    /// Application permissions of which one is enough.
    #[must_use]
    pub fn permissions(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Hunting(api) => api.permissions(),
            Kind::Route(route) => route.permissions,
        }
    }

    pub(super) fn kind(&self, client: &DefenderClient) -> CallKind {
        match self.kind {
            Kind::Hunting(api) => client.hunting_through(api).call_kind(),
            Kind::Route(route) => route.kind(),
        }
    }

    pub(super) async fn probe(&self, client: &DefenderClient) -> Result<Probe, DefenderError> {
        let clock = &client.core.caller.requests.clock;
        let started_at = clock.now();
        match (self.call, self.kind) {
            (Call::Query, Kind::Hunting(api)) => {
                client
                    .hunting_through(api)
                    .run(HARMLESS_QUERY, None)
                    .await?;
            }
            (Call::Read(path, query), Kind::Route(route)) => {
                read(client, &route, path, query).await?;
            }
            _ => return Ok(Probe::NotTried),
        }
        let took = clock.now().duration_since(started_at);
        Ok(Probe::Answered {
            took: Duration::try_from(took).unwrap_or_default(),
        })
    }
}

/// Reads one thing. That the service knows no such thing is an answer, too.
async fn read(
    client: &DefenderClient,
    route: &Route,
    path: &str,
    query: &str,
) -> Result<(), DefenderError> {
    let core = &client.core;
    let mut url: Url = core.url(route.service, path, &[]);
    url.set_query(Some(query).filter(|query| !query.is_empty()));
    let request = ApiRequest {
        method: Method::GET,
        url,
        content_type: "",
        body: Default::default(),
    };
    match core.caller.call(&route.kind(), &request).await {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

const fn reads(
    name: &'static str,
    jobs: &'static [Job],
    route: Route,
    path: &'static str,
    query: &'static str,
) -> Capability {
    Capability {
        name,
        jobs,
        kind: Kind::Route(route),
        call: Call::Read(path, query),
    }
}

const fn untried(name: &'static str, jobs: &'static [Job], route: Route) -> Capability {
    Capability {
        name,
        jobs,
        kind: Kind::Route(route),
        call: Call::None,
    }
}

pub(super) fn all(hunting: HuntingApi) -> Vec<Capability> {
    let hunt = Capability {
        name: "run hunting queries",
        jobs: &[Job::Hunt, Job::Assets, Job::Relay],
        kind: Kind::Hunting(hunting),
        call: Call::Query,
    };
    let mut all = vec![hunt];
    all.extend_from_slice(READING);
    all.extend(changing());
    all.sort_by_key(|capability| (capability.jobs.is_empty(), capability.jobs.first().copied()));
    all
}

const ONE: &str = "$top=1";
const ASSETS: &[Job] = &[Job::Assets];
const RELAY: &[Job] = &[Job::Relay];
const BOTH: &[Job] = &[Job::Assets, Job::Relay];

/// What only reads.
const READING: &[Capability] = &[
    reads(
        "list indicators",
        &[Job::Indicators],
        LIST_INDICATORS,
        "/api/indicators",
        ONE,
    ),
    reads("list machines", BOTH, LIST_MACHINES, "/api/machines", ONE),
    untried("list logon users of a machine", ASSETS, LIST_LOGON_USERS),
    reads("list alerts", BOTH, LIST_ALERTS, "/api/alerts", ONE),
    reads(
        "list alerts on Graph",
        ASSETS,
        LIST_GRAPH_ALERTS,
        "/v1.0/security/alerts_v2",
        ONE,
    ),
    reads("list software", ASSETS, LIST_SOFTWARE, "/api/Software", ONE),
    reads(
        "list vulnerabilities",
        ASSETS,
        LIST_VULNERABILITIES,
        "/api/vulnerabilities",
        ONE,
    ),
    reads(
        "export software of all machines",
        ASSETS,
        EXPORT_SOFTWARE,
        "/api/machines/SoftwareInventoryByMachine",
        "pageSize=1&$top=1",
    ),
    reads(
        "export vulnerabilities of all machines",
        ASSETS,
        EXPORT_VULNERABILITIES,
        "/api/machines/SoftwareVulnerabilitiesByMachine",
        "pageSize=1&$top=1",
    ),
    reads("read files", RELAY, READ_FILE, EMPTY_FILE, ""),
    reads(
        "list machine actions",
        RELAY,
        LIST_MACHINE_ACTIONS,
        "/api/machineactions",
        ONE,
    ),
    reads(
        "read the exposure score",
        RELAY,
        READ_EXPOSURE_SCORE,
        "/api/exposureScore",
        "",
    ),
    reads(
        "list recommendations",
        &[],
        LIST_RECOMMENDATIONS,
        "/api/recommendations",
        ONE,
    ),
    reads(
        "list investigations",
        &[],
        LIST_INVESTIGATIONS,
        "/api/investigations",
        ONE,
    ),
    reads(
        "read statistics of addresses",
        &[],
        READ_IP_STATS,
        "/api/ips/8.8.8.8/stats",
        "",
    ),
    reads(
        "read statistics of domains",
        &[],
        READ_DOMAIN_STATS,
        "/api/domains/microsoft.com/stats",
        "",
    ),
    reads(
        "list incidents on Graph",
        &[],
        LIST_INCIDENTS,
        "/v1.0/security/incidents",
        ONE,
    ),
];

/// What changes something, and is never tried.
fn changing() -> Vec<Capability> {
    let order = |name, action: ActionRequest| untried(name, RELAY, action.route());
    vec![
        untried(
            "change indicators",
            &[Job::Indicators, Job::Relay],
            IMPORT_INDICATORS,
        ),
        order(
            "isolate and release machines",
            ActionRequest::Isolate(IsolationType::Full),
        ),
        order(
            "restrict programs of machines",
            ActionRequest::RestrictCodeExecution,
        ),
        order(
            "scan machines",
            ActionRequest::RunAntiVirusScan(ScanType::Quick),
        ),
        order(
            "collect investigation packages",
            ActionRequest::CollectInvestigationPackage,
        ),
        order(
            "stop and quarantine files",
            ActionRequest::StopAndQuarantineFile {
                sha1: String::new(),
            },
        ),
        untried("start investigations", RELAY, START_INVESTIGATION),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_capability_has_a_name_a_permission_and_a_quota() {
        for api in HuntingApi::ALL {
            let all = all(api);
            let names: BTreeSet<&str> = all.iter().map(|capability| capability.name).collect();
            assert_eq!(names.len(), all.len());
            for capability in &all {
                assert!(!capability.permissions().is_empty(), "{}", capability.name);
            }
            assert_eq!(all[0].permissions(), api.permissions());
        }
    }

    #[test]
    fn what_changes_something_is_never_tried() {
        for capability in all(HuntingApi::Graph) {
            let Kind::Route(route) = capability.kind else {
                continue;
            };
            let is_read = route.endpoint.starts_with("GET ");
            assert!(
                is_read || matches!(capability.call, Call::None),
                "{}",
                capability.name
            );
        }
    }
}
