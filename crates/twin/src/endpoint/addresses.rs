//! IP addresses and domains: prevalence, related alerts and machines.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/get-ip-statistics, …/get-domain-statistics and the pages beside them.

use std::net::IpAddr;

use serde_json::json;

use super::prevalence::{self, Prevalence};
use super::{alerts, collection, machines, one};
use crate::data::{Entity, SharedEntity};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::state::{entity, is_domain, text};
use crate::telemetry::{self, Sighting};

/// Most machines that a domain names.
const DOMAIN_MACHINES_MAX: usize = 500;

/// `GET /api/ips/{ip}/stats`.
pub(crate) fn ip_stats<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, ip_statistics(twin, call).await) })
}

async fn ip_statistics(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let ip = ip(call)?;
    let sightings = telemetry::address(twin, &ip, prevalence::look_back(twin, call)?).await?;
    let context = "microsoft.windowsDefenderATP.api.InOrgIPStats";
    Ok(one(call, context, &counted("ipAddress", &ip, &sightings)))
}

fn ip(call: &Call) -> Result<String, Refusal> {
    let ip = call.required("ip")?;
    if ip.parse::<IpAddr>().is_ok() {
        return Ok(ip);
    }
    Err(Refusal::bad(
        "InvalidIpAddress",
        format!("'{ip}' is not a valid IP address"),
    ))
}

/// Statistics; zeros for what was never seen.
fn counted(name: &str, value: &str, sightings: &[Sighting]) -> Entity {
    let own = Prevalence::of(sightings);
    let mut body = Entity::new();
    body.insert(name.to_owned(), json!(value));
    body.extend(entity(json!({
        "orgPrevalence": own.devices.to_string(), "organizationPrevalence": own.devices,
        "orgFirstSeen": own.first_text(), "orgLastSeen": own.last_text(),
    })));
    body
}

/// `GET /api/ips/{ip}/alerts`.
pub(crate) fn ip_alerts(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let ip = ip(call)?;
    related_alerts(twin, call, |evidence| text(evidence, "ipAddress") == ip)
}

fn related_alerts(
    twin: &Twin,
    call: &Call,
    fits: impl Fn(&Entity) -> bool,
) -> Result<Reply, Refusal> {
    let found: Vec<SharedEntity> = {
        let state = twin.tenant_state();
        state.alerts_with_evidence(fits).cloned().collect()
    };
    alerts::page(twin, call, &found)
}

/// `GET /api/domains/{domain}/stats`.
pub(crate) fn domain_stats<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, domain_statistics(twin, call).await) })
}

async fn domain_statistics(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let domain = domain(call)?;
    let sightings = telemetry::domain(twin, &domain, prevalence::look_back(twin, call)?).await?;
    let context = "microsoft.windowsDefenderATP.api.InOrgDomainStats";
    Ok(one(call, context, &counted("host", &domain, &sightings)))
}

fn domain(call: &Call) -> Result<String, Refusal> {
    let domain = call.required("domain")?;
    if is_domain(&domain) {
        return Ok(domain);
    }
    Err(Refusal::bad(
        "InvalidDomainName",
        format!("'{domain}' is not a valid domain name"),
    ))
}

/// `GET /api/domains/{domain}/alerts`.
pub(crate) fn domain_alerts(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let domain = domain(call)?;
    related_alerts(twin, call, |evidence| {
        telemetry::is_within(text(evidence, "url"), &domain)
    })
}

/// `GET /api/domains/{domain}/machines`.
pub(crate) fn domain_machines<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, machines_of_domain(twin, call).await) })
}

async fn machines_of_domain(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let domain = domain(call)?;
    let sightings = telemetry::domain(twin, &domain, prevalence::visible(twin)).await?;
    let fits = |evidence: &Entity| telemetry::is_within(text(evidence, "url"), &domain);
    let found = prevalence::machines(twin, &sightings, fits, DOMAIN_MACHINES_MAX);
    collection(twin, call, &machines::MACHINES, &found)
}
