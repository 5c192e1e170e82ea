//! What Microsoft Entra publishes about a tenant.
//!
//! Source: "OpenID Connect on the Microsoft identity platform", learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
//! (address and `issuer`). `tenant_region_scope`, `tenant_region_sub_scope` and `msgraph_host` are in every such
//! document but on no page; the names of the government clouds in them are as seen in theirs.

use reqwest::Method;
use serde::Deserialize;

use crate::endpoints::join;
use crate::requests::Requests;
use crate::sign_in::fetch;
use crate::text::clean;
use crate::transport::ApiRequest;
use crate::{AnswerProblem, Cloud, SignInError, TenantSettings};

/// What Microsoft Entra publishes about a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryInfo {
    /// The tenant's id, also where settings name a domain.
    pub tenant_id: Option<String>,
    /// Where the tenant's data is, e.g. `EU`.
    pub region: Option<String>,
    /// The cloud that the document speaks of, where it does.
    pub cloud: Option<Cloud>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    tenant_region_scope: Option<String>,
    tenant_region_sub_scope: Option<String>,
    msgraph_host: Option<String>,
}

pub(super) async fn read(
    requests: &Requests,
    settings: &TenantSettings,
) -> Result<DirectoryInfo, SignInError> {
    let path = format!(
        "/{}/v2.0/.well-known/openid-configuration",
        settings.tenant_id
    );
    let request = ApiRequest {
        method: Method::GET,
        url: join(&settings.endpoints.login, &path),
        content_type: "",
        body: Default::default(),
    };
    let answer = fetch(requests, &request, &[]).await?;
    let document: Document = serde_json::from_slice(&answer.body).map_err(|error| {
        SignInError::Unreadable(AnswerProblem::Json {
            content_type: answer.content_type.clone(),
            bytes: answer.body.len(),
            message: error.to_string(),
        })
    })?;
    Ok(DirectoryInfo {
        tenant_id: tenant_in(&document.issuer),
        region: document.tenant_region_scope.as_deref().map(clean),
        cloud: cloud_of(&document),
    })
}

/// `https://login.microsoftonline.com/{id}/v2.0`, `https://sts.windows.net/{id}/`.
fn tenant_in(issuer: &str) -> Option<String> {
    let url: url::Url = issuer.parse().ok()?;
    let id = url.path_segments()?.next()?.to_owned();
    Some(clean(&id)).filter(|id| !id.is_empty())
}

fn cloud_of(document: &Document) -> Option<Cloud> {
    let is_government = document
        .tenant_region_scope
        .as_deref()
        .is_some_and(|scope| {
            scope.eq_ignore_ascii_case("USGov") || scope.eq_ignore_ascii_case("USG")
        });
    match document.tenant_region_sub_scope.as_deref() {
        Some("GCC") => return Some(Cloud::Gcc),
        Some("DODCON") => return Some(Cloud::GccHigh),
        Some("DOD") => return Some(Cloud::DoD),
        _ => {}
    }
    match document.msgraph_host.as_deref() {
        Some("dod-graph.microsoft.us") => Some(Cloud::DoD),
        Some("graph.microsoft.us") => Some(Cloud::GccHigh),
        Some("graph.microsoft.com") if !is_government => Some(Cloud::Public),
        _ => is_government.then_some(Cloud::GccHigh),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_tells_the_cloud() {
        let cases = [
            (
                r#"{"issuer":"x","tenant_region_scope":"EU","msgraph_host":"graph.microsoft.com"}"#,
                Some(Cloud::Public),
            ),
            (
                r#"{"issuer":"x","tenant_region_scope":"NA","tenant_region_sub_scope":"GCC","msgraph_host":"graph.microsoft.com"}"#,
                Some(Cloud::Gcc),
            ),
            (
                r#"{"issuer":"x","tenant_region_scope":"USGov","tenant_region_sub_scope":"DODCON"}"#,
                Some(Cloud::GccHigh),
            ),
            (
                r#"{"issuer":"x","tenant_region_scope":"USGov","tenant_region_sub_scope":"DOD"}"#,
                Some(Cloud::DoD),
            ),
            (
                r#"{"issuer":"x","tenant_region_scope":"USGov"}"#,
                Some(Cloud::GccHigh),
            ),
            (r#"{"issuer":"x"}"#, None),
        ];
        for (document, expected) in cases {
            assert_eq!(
                cloud_of(&serde_json::from_str(document).unwrap()),
                expected,
                "{document}"
            );
        }
    }

    #[test]
    fn the_issuer_names_the_tenant() {
        let id = "6c1be14f-a8f1-45b2-9a57-aeb4934b5dae";
        let issuers = [
            format!("https://login.microsoftonline.com/{id}/v2.0"),
            format!("https://sts.windows.net/{id}/"),
        ];
        for issuer in issuers {
            assert_eq!(tenant_in(&issuer).as_deref(), Some(id), "{issuer}");
        }
        assert_eq!(tenant_in("nothing"), None);
        assert_eq!(tenant_in("https://host"), None);
    }
}
