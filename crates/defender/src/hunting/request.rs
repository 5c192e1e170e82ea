//! Hunting requests without a socket.

use reqwest::Method;
use serde::Serialize;

use super::{HuntingApi, Timespan};
use crate::endpoints::join;
use crate::{ApiRequest, DefenderError, Endpoints};

/// Body keys are case-sensitive.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "Query")]
    query: &'a str,
    #[serde(rename = "Timespan", skip_serializing_if = "Option::is_none")]
    timespan: Option<&'a str>,
}

/// The request that runs `query` through `api`.
///
/// # Errors
/// [`DefenderError::NotSupported`] for a `timespan` where the API has none.
pub fn request(
    api: HuntingApi,
    endpoints: &Endpoints,
    query: &str,
    timespan: Option<&Timespan>,
) -> Result<ApiRequest, DefenderError> {
    if timespan.is_some() && api != HuntingApi::Graph {
        return Err(DefenderError::NotSupported {
            api,
            feature: "timespan parameter",
        });
    }
    let body = Body {
        query,
        timespan: timespan.map(Timespan::as_str),
    };
    // Two strings always have a JSON form; the empty body of the other case would be refused by the service.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    Ok(ApiRequest {
        method: Method::POST,
        url: join(endpoints.of(api.service()), api.path()),
        content_type: "application/json; charset=utf-8",
        body: body.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cloud, EndpointOverrides};

    fn endpoints() -> Endpoints {
        Endpoints::new(Cloud::GccHigh, &EndpointOverrides::default())
    }

    fn shown(api: HuntingApi, timespan: Option<&Timespan>) -> String {
        let request = request(api, &endpoints(), "T | where x == \"é\"", timespan).unwrap();
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        format!(
            "{} {}\n{}\n{body}",
            request.method, request.url, request.content_type
        )
    }

    #[test]
    fn a_request_per_api() {
        let week: Timespan = "P7D".parse().unwrap();
        insta::assert_snapshot!(shown(HuntingApi::Graph, Some(&week)), @r#"
        POST https://graph.microsoft.us/v1.0/security/runHuntingQuery
        application/json; charset=utf-8
        {"Query":"T | where x == \"é\"","Timespan":"P7D"}
        "#);
        insta::assert_snapshot!(shown(HuntingApi::Defender, None), @r#"
        POST https://api-gov.securitycenter.microsoft.us/api/advancedqueries/run
        application/json; charset=utf-8
        {"Query":"T | where x == \"é\""}
        "#);
        insta::assert_snapshot!(shown(HuntingApi::Xdr, None), @r#"
        POST https://api-gov.security.microsoft.us/api/advancedhunting/run
        application/json; charset=utf-8
        {"Query":"T | where x == \"é\""}
        "#);
    }

    #[test]
    fn only_graph_has_a_timespan() {
        for api in [HuntingApi::Defender, HuntingApi::Xdr] {
            let error = request(api, &endpoints(), "T", Some(&"P7D".parse().unwrap())).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("the {api} hunting API has no timespan parameter")
            );
            assert!(error.hint().unwrap().contains("into the query"));
        }
    }

    #[test]
    fn requests_do_not_show_their_bodies() {
        let request = request(HuntingApi::Graph, &endpoints(), "secret-looking", None).unwrap();
        assert!(!format!("{request:?}").contains("secret-looking"));
    }
}
