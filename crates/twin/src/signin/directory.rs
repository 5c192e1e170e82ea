//! What Entra publishes about a tenant to everybody.
//!
//! Source: learn.microsoft.com/entra/identity-platform/v2-protocols-oidc, "Sample response". The twin has no sign-in page and no
//! public keys, so that it names neither.

use axum::http::StatusCode;
use serde_json::json;

use super::check_tenant;
use super::token::REGION;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::Call;
use crate::server::Twin;

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub(crate) fn directory(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let named = call.required("tenant")?;
    Ok(match check_tenant(twin, &named) {
        Ok(()) => Reply::json(StatusCode::OK, &document(twin, call)),
        Err(refusal) => refusal.reply(&twin.ids, twin.time.now()),
    })
}

fn document(twin: &Twin, call: &Call) -> serde_json::Value {
    let tenant = &twin.tenant.tenant_id;
    let host = call.host.as_deref().unwrap_or("localhost");
    json!({
        "token_endpoint": format!("http://{host}/{tenant}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "issuer": format!("https://login.microsoftonline.com/{tenant}/v2.0"),
        "tenant_region_scope": REGION,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    })
}
