//! Addresses that answers carry: `@odata.context` and `@odata.nextLink`.

use crate::envelope::Face;
use crate::options::LinkHost;
use crate::route::Call;
use crate::server::Twin;

/// The host that stands in answers of Defender for Endpoint, whichever host was called.
const ENDPOINT_HOST: &str = "https://api.securitycenter.microsoft.com";
const GRAPH_HOST: &str = "https://graph.microsoft.com";

/// `…/$metadata#` and a fragment. A call through `/api/v1.0/` shows that path.
pub(crate) fn context(call: &Call, fragment: &str) -> String {
    let root = match call.route.face {
        Face::Graph => "/v1.0",
        _ if call.path.starts_with("/api/v1.0/") => "/api/v1.0",
        _ => "/api",
    };
    format!("{}{root}/$metadata#{fragment}", service_host(call))
}

/// The call's own address.
pub(crate) fn own_link(twin: &Twin, call: &Call) -> String {
    let query = if call.query.is_empty() {
        String::new()
    } else {
        format!("?{}", call.query)
    };
    format!("{}{}{query}", host(twin, call), call.path)
}

/// The address of the page that begins at `skip`, with the call's other options but for those of `lost`.
pub(crate) fn next_link(twin: &Twin, call: &Call, skip: usize, lost: &[&str]) -> String {
    let replaced = ["$skip", "$skiptoken"];
    with_option(twin, call, ("$skip", &skip.to_string()), &replaced, lost)
}

/// The call's address with one option replaced by another.
pub(crate) fn with_option(
    twin: &Twin,
    call: &Call,
    (name, value): (&str, &str),
    replaced: &[&str],
    lost: &[&str],
) -> String {
    let kept = url::form_urlencoded::parse(call.query.as_bytes())
        .filter(|(name, _)| !replaced.contains(&name.as_ref()) && !lost.contains(&name.as_ref()));
    let mut parts: Vec<String> = kept
        .map(|(name, value)| format!("{}={}", option_name(&name), encoded(&value)))
        .collect();
    parts.push(format!("{name}={}", encoded(value)));
    format!("{}{}?{}", host(twin, call), call.path, parts.join("&"))
}

/// The name of an option; its dollar sign stays readable.
fn option_name(name: &str) -> String {
    match name.strip_prefix('$') {
        Some(rest) => format!("${}", encoded(rest)),
        None => encoded(name),
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The scheme, host and port of links: the twin's own, or those that the service writes.
pub(crate) fn host(twin: &Twin, call: &Call) -> String {
    match (twin.unverified.link_host, &call.host) {
        (LinkHost::Twin, Some(host)) => format!("http://{host}"),
        _ => service_host(call).to_owned(),
    }
}

fn service_host(call: &Call) -> &'static str {
    match call.route.face {
        Face::Graph => GRAPH_HOST,
        _ => ENDPOINT_HOST,
    }
}
