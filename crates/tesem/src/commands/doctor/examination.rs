//! The examination of one tenant, from the cable to the permission.

use tesem_defender::checkup::{Capability, Job};
use tesem_defender::{DefenderClient, TenantSettings, Warning};

use super::finding::{Finding, Status, TenantFindings};
use super::{advice, capabilities, network, sign_in};

/// Examines `client`'s tenant for `jobs`; for all of them where none is named.
pub(super) async fn examine(client: &DefenderClient, jobs: &[Job]) -> TenantFindings {
    let checkup = client.checkup();
    let wanted: Vec<Capability> = checkup
        .capabilities()
        .into_iter()
        .filter(|capability| is_wanted(capability, jobs))
        .collect();
    let mut checks = vec![settings(client.settings())];
    checks.extend(network::check(&checkup).await);
    checks.push(sign_in::directory(client).await);
    let signed_in = sign_in::services(client, &wanted).await;
    checks.extend(signed_in.iter().map(|service| service.finding.clone()));
    checks.push(hunting_api(client));
    let found = capabilities::check(&checkup, wanted, &signed_in).await;
    let settings = client.settings();
    TenantFindings {
        tenant: settings.name.clone(),
        tenant_id: Some(settings.tenant_id.clone()),
        client_id: Some(settings.client_id.clone()),
        cloud: Some(settings.cloud.as_str()),
        hunting: Some(settings.hunting.as_str()),
        advice: advice::of(settings, &checks, &found),
        checks,
        capabilities: found,
    }
}

fn is_wanted(capability: &Capability, jobs: &[Job]) -> bool {
    jobs.is_empty() || capability.jobs.iter().any(|job| jobs.contains(job))
}

fn settings(settings: &TenantSettings) -> Finding {
    let detail = format!(
        "cloud {}, {}, hunting through {}",
        settings.cloud,
        advice::credential_name(&settings.credential),
        settings.hunting
    );
    Finding::new("settings", Status::Ok, detail)
}

/// The old hunting APIs end on a known day.
fn hunting_api(client: &DefenderClient) -> Finding {
    let check = "hunting API";
    let ending = client
        .warnings()
        .into_iter()
        .find_map(|warning| match warning {
            Warning::HuntingApiEnds { days_left, .. } => Some((days_left, warning)),
            _ => None,
        });
    match ending {
        None => Finding::new(
            check,
            Status::Ok,
            "Microsoft Graph, which stays; the older APIs end on 2027-02-01 (MC1220762)",
        ),
        Some((days_left, warning)) => {
            let status = if days_left > 0 {
                Status::Warning
            } else {
                Status::Failed
            };
            let text = warning.to_string();
            let (detail, advice) = text.split_once(": ").unwrap_or((&text, ""));
            Finding::new(check, status, detail)
                .with_advice(Some(advice).filter(|advice| !advice.is_empty()))
        }
    }
}
