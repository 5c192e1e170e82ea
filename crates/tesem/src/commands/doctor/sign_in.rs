//! The directory and the tokens.

use tesem_defender::checkup::{Capability, DirectoryInfo, TokenClaims};
use tesem_defender::{Credential, DefenderClient, Service, SignInError, TenantSettings};
use uuid::Uuid;

use super::finding::{Finding, Status, causes};

/// Most permissions that are listed by name.
const LISTED_MAX: usize = 6;

/// What came of signing in for one service.
#[derive(Debug)]
pub(super) struct SignedIn {
    pub(super) service: Service,
    pub(super) finding: Finding,
    /// What the token says, where there is one and it can be read.
    pub(super) claims: Option<TokenClaims>,
}

impl SignedIn {
    /// Whether there is a token.
    pub(super) fn worked(&self) -> bool {
        self.finding.status != Status::Failed
    }
}

/// Whether the directory knows the tenant, and in the cloud that the settings name.
pub(super) async fn directory(client: &DefenderClient) -> Finding {
    let check = "tenant";
    match client.checkup().directory().await {
        Ok(info) => known(client.settings(), &info),
        // Answers of this place are not documented in full; that one cannot be read is no fault of the tenant.
        Err(error @ SignInError::Unreadable(_)) => {
            Finding::new(check, Status::Skipped, error.to_string())
        }
        Err(error) => {
            Finding::new(check, Status::Failed, error.to_string()).with_advice(error.hint())
        }
    }
}

fn known(settings: &TenantSettings, info: &DirectoryInfo) -> Finding {
    let check = "tenant";
    let id = info.tenant_id.as_deref().unwrap_or("without an id");
    if info.cloud.is_some_and(|cloud| cloud != settings.cloud) {
        let is = info.cloud.map_or("", |cloud| cloud.as_str());
        let detail = format!(
            "tenant {id} is in the cloud {is}, the settings say {}",
            settings.cloud
        );
        let advice = format!("set `cloud = \"{is}\"` in [tenants.{}]", settings.name);
        return Finding::new(check, Status::Warning, detail).with_advice(Some(advice));
    }
    let region = info
        .region
        .as_deref()
        .map(|region| format!(", data in {region}"));
    let detail = format!(
        "the directory knows it as {id}{}",
        region.unwrap_or_default()
    );
    Finding::new(check, Status::Ok, detail)
}

/// Signs in for each service that `wanted` calls.
pub(super) async fn services(client: &DefenderClient, wanted: &[Capability]) -> Vec<SignedIn> {
    let mut services: Vec<Service> = wanted.iter().map(Capability::service).collect();
    services.sort_unstable();
    services.dedup();
    let mut all = Vec::new();
    for service in services {
        all.push(sign_in(client, service).await);
    }
    all
}

async fn sign_in(client: &DefenderClient, service: Service) -> SignedIn {
    let check = format!("sign in for {service}");
    let (finding, claims) = match client.checkup().token_claims(service).await {
        Ok(Some(claims)) => (
            judge(check, client.settings(), service, &claims),
            Some(claims),
        ),
        Ok(None) => {
            let detail = "there is a token, but not one that tells its permissions";
            (Finding::new(check, Status::Ok, detail), None)
        }
        Err(error) => {
            let detail = causes(&error);
            let finding = Finding::new(check, Status::Failed, detail).with_advice(error.hint());
            (finding, None)
        }
    };
    SignedIn {
        service,
        finding,
        claims,
    }
}

fn judge(
    check: String,
    settings: &TenantSettings,
    service: Service,
    claims: &TokenClaims,
) -> Finding {
    let wanted = settings.cloud.audience(service);
    let is_ready = matches!(settings.credential, Credential::Token(_));
    let audience = claims.audience.as_deref().unwrap_or(wanted);
    if is_ready && audience.trim_end_matches('/') != wanted {
        let detail = format!("the ready token is for {audience}, not for {wanted}");
        let advice =
            format!("a ready token fits one service: get one for {wanted}, or another credential");
        return Finding::new(check, Status::Failed, detail).with_advice(Some(advice));
    }
    if let Some(other) = other_tenant(settings, claims) {
        let detail = format!(
            "the token is of tenant {other}, the settings say {}",
            settings.tenant_id
        );
        let advice = "check tenant_id: the app or the person is at home in another tenant";
        return Finding::new(check, Status::Failed, detail).with_advice(Some(advice));
    }
    match permissions(claims) {
        None => Finding::new(check, Status::Warning, "the token carries no permission"),
        Some(permissions) => Finding::new(check, Status::Ok, permissions),
    }
}

/// The token's tenant, where the settings name another by its id.
fn other_tenant<'a>(settings: &TenantSettings, claims: &'a TokenClaims) -> Option<&'a str> {
    let named = Uuid::try_parse(&settings.tenant_id).ok()?;
    let found = claims.tenant_id.as_deref()?;
    (Uuid::try_parse(found).ok()? != named).then_some(found)
}

/// `3 permissions: A, B, C`.
fn permissions(claims: &TokenClaims) -> Option<String> {
    let (kind, names) = match claims.application_permissions.as_slice() {
        [] => ("of a person", &claims.delegated_permissions),
        _ => ("of the app", &claims.application_permissions),
    };
    let listed = names.iter().take(LISTED_MAX).map(String::as_str);
    let listed = listed.collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(LISTED_MAX);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    (!names.is_empty()).then(|| format!("{} permissions {kind}: {listed}{more}", names.len()))
}
