//! What to do, and where.

use std::collections::BTreeMap;

use tesem_defender::{Cloud, Credential, TenantSettings};

use super::finding::{CapabilityFinding, Finding, Status};

/// What to do about all findings, each thing once: what is broken first, then what is missing.
pub(super) fn of(
    settings: &TenantSettings,
    checks: &[Finding],
    capabilities: &[CapabilityFinding],
) -> Vec<String> {
    let of_checks = checks.iter().filter_map(|finding| finding.advice.clone());
    let of_calls = capabilities
        .iter()
        .filter_map(|finding| finding.advice.clone());
    let mut advice: Vec<String> = Vec::new();
    for text in of_checks
        .chain(grants(settings, capabilities))
        .chain(of_calls)
    {
        if !advice.contains(&text) {
            advice.push(text);
        }
    }
    advice
}

/// One sentence for each service whose permissions are missing.
fn grants(settings: &TenantSettings, capabilities: &[CapabilityFinding]) -> Vec<String> {
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let needed = capabilities
        .iter()
        .filter(|finding| finding.status == Status::Missing && !finding.jobs.is_empty());
    for finding in needed {
        let names = missing.entry(&finding.service).or_default();
        // The first one is the least that is enough.
        names.extend(
            finding
                .permissions
                .first()
                .filter(|name| !names.contains(name)),
        );
    }
    missing
        .into_iter()
        .map(|(service, names)| grant(settings, service, &names))
        .collect()
}

fn grant(settings: &TenantSettings, service: &str, names: &[&str]) -> String {
    let (list, client_id) = (names.join(", "), &settings.client_id);
    let api = api_name(service);
    match settings.credential {
        Credential::ManagedIdentity(_) => format!(
            "grant the managed identity's service principal the app roles {list} of {api}: no portal page does it; use `New-MgServicePrincipalAppRoleAssignment`"
        ),
        Credential::AzureCli(_) => format!(
            "the Azure CLI signs in with its own app, which cannot get {list} of {api}: use an app registration of your own"
        ),
        Credential::DeviceCode => format!(
            "grant app {client_id} the delegated permissions {list} of {api}, with admin consent ({}); the person needs a role in the Defender portal, too",
            permissions_page(settings)
        ),
        _ => format!(
            "grant app {client_id} the application permissions {list} of {api}, with admin consent: {}, API permissions, Add a permission, APIs my organization uses, {api}",
            permissions_page(settings)
        ),
    }
}

/// As the list of APIs in the Entra admin centre calls the services.
fn api_name(service: &str) -> &str {
    match service {
        "Defender for Endpoint" => "WindowsDefenderATP",
        "Defender XDR" => "Microsoft Threat Protection",
        other => other,
    }
}

/// The page of the app registration's permissions.
fn permissions_page(settings: &TenantSettings) -> String {
    let host = match settings.cloud {
        Cloud::GccHigh | Cloud::DoD => "entra.microsoft.us",
        _ => "entra.microsoft.com",
    };
    format!(
        "https://{host}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/CallAnAPI/appId/{}",
        settings.client_id
    )
}

/// What a tenant signs in with.
pub(super) fn credential_name(credential: &Credential) -> &'static str {
    match credential {
        Credential::ClientSecret(_) => "client secret",
        Credential::Certificate(_) => "certificate",
        Credential::ManagedIdentity(_) => "managed identity",
        Credential::WorkloadIdentity { .. } => "workload identity",
        Credential::AzureCli(_) => "Azure CLI",
        Credential::DeviceCode => "device code",
        Credential::Token(_) => "ready token",
        _ => "other credential",
    }
}
