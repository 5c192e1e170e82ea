//! What can be done, by the token's word and by a harmless call.

use tesem_defender::checkup::{Capability, Checkup, Probe, TokenClaims};
use tesem_defender::{DefenderError, Service};
use tesem_state::WindowUsage;

use super::finding::{CapabilityFinding, Left, Status, job_name};
use super::network::milliseconds;
use super::sign_in::SignedIn;

/// With this permission, and not `Ti.ReadWrite.All`, an app sees its own indicators only.
///
/// Source: learn.microsoft.com/defender-endpoint/api/get-ti-indicators-collection.
const OWN_INDICATORS: &str = "Ti.ReadWrite";
const ALL_INDICATORS: &str = "Ti.ReadWrite.All";

/// What was seen of one capability.
struct Seen {
    status: Status,
    detail: String,
    advice: Option<String>,
}

impl Seen {
    fn new(status: Status, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            advice: None,
        }
    }
}

/// One finding for each of `capabilities`, in their order. Calls are made one after the other: a doctor is no load test.
pub(super) async fn check(
    checkup: &Checkup<'_>,
    capabilities: Vec<Capability>,
    signed_in: &[SignedIn],
) -> Vec<CapabilityFinding> {
    let mut findings = Vec::with_capacity(capabilities.len());
    for capability in capabilities {
        let seen = see(checkup, &capability, signed_in).await;
        findings.push(CapabilityFinding {
            capability: capability.name,
            jobs: capability.jobs.iter().copied().map(job_name).collect(),
            service: capability.service().to_string(),
            status: seen.status,
            detail: seen.detail,
            permissions: capability.permissions(),
            quota: quota(checkup, &capability).await,
            advice: seen.advice,
        });
    }
    findings
}

async fn see(checkup: &Checkup<'_>, capability: &Capability, signed_in: &[SignedIn]) -> Seen {
    let Some(token) = token(signed_in, capability.service()) else {
        return Seen::new(Status::Skipped, "there is no token for it");
    };
    let wanted = capability.permissions();
    let claims = token.claims.as_ref();
    if claims.is_some_and(|claims| !claims.grants_any(wanted)) {
        return Seen::new(Status::Missing, "the token does not carry the permission");
    }
    let is_known = claims.is_some();
    match checkup.probe(capability).await {
        Ok(Probe::Answered { took }) => {
            let detail = format!("answered in {}", milliseconds(took));
            answered(Seen::new(Status::Ok, detail), wanted, token)
        }
        Ok(_) if is_known => answered(
            Seen::new(Status::Granted, "not tried: no call is harmless"),
            wanted,
            token,
        ),
        Ok(_) => Seen::new(Status::Skipped, "the token does not tell its permissions"),
        Err(error) => refused(&error),
    }
}

fn token(signed_in: &[SignedIn], service: Service) -> Option<&SignedIn> {
    let mut all = signed_in.iter();
    all.find(|token| token.service == service && token.worked())
}

/// Who may write only the app's own indicators cannot know how full the list is.
fn answered(seen: Seen, wanted: &[&str], token: &SignedIn) -> Seen {
    let claims = token.claims.as_ref();
    let is_partial = wanted.contains(&OWN_INDICATORS)
        && claims.is_some_and(TokenClaims::sees_only_own_indicators);
    if !is_partial {
        return seen;
    }
    Seen {
        status: Status::Warning,
        detail: format!("{}; only indicators of this app are seen", seen.detail),
        advice: Some(format!(
            "grant {ALL_INDICATORS} if others keep indicators in the tenant, too: with {OWN_INDICATORS} nobody knows how full the list is"
        )),
    }
}

fn refused(error: &DefenderError) -> Seen {
    let status = match error {
        // The quota is used up, which is no fault: it will work.
        DefenderError::QuotaWait { .. } => Status::Skipped,
        DefenderError::Refused { refusal, .. } if refusal.status == 429 => Status::Warning,
        DefenderError::Refused { refusal, .. } if refusal.status == 403 => Status::Missing,
        _ => Status::Failed,
    };
    let advice = error.hint().filter(|_| status != Status::Missing);
    Seen {
        advice,
        ..Seen::new(status, error.to_string())
    }
}

async fn quota(checkup: &Checkup<'_>, capability: &Capability) -> Vec<Left> {
    let left = |usage: &WindowUsage| Left {
        left: usage.window.limit.saturating_sub(usage.used),
        limit: usage.window.limit,
        seconds: usage.window.length.as_secs(),
    };
    // A ledger that fails has failed the call before it, too.
    let usage = checkup.quota(capability).await.unwrap_or_default();
    usage.iter().map(left).collect()
}
