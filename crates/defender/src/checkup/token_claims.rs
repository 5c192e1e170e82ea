//! What an access token says about itself.
//!
//! A client has no business with the content of tokens, and Microsoft may change it; it is read for advice only.
//!
//! Source: learn.microsoft.com/entra/identity-platform/access-token-claims-reference.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::AccessToken;
use crate::text::clean;

/// What an access token says about itself. Not verified: that is the service's part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenClaims {
    /// The resource that the token is for (`aud`).
    pub audience: Option<String>,
    /// The tenant (`tid`).
    pub tenant_id: Option<String>,
    /// The app (`appid`, `azp`).
    pub client_id: Option<String>,
    /// Application permissions (`roles`), sorted.
    pub application_permissions: Vec<String>,
    /// Permissions of a signed-in person (`scp`), sorted.
    pub delegated_permissions: Vec<String>,
    /// The first instant at which it is not valid any more (`exp`).
    pub expires_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Payload {
    aud: Option<String>,
    tid: Option<String>,
    appid: Option<String>,
    azp: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    scp: Option<String>,
    exp: Option<i64>,
}

impl TokenClaims {
    /// Reads a JSON web token; nothing where it is none.
    pub(super) fn of(token: &AccessToken) -> Option<Self> {
        Self::read(token.secret.expose_secret())
    }

    fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let payload: Payload = serde_json::from_slice(&json).ok()?;
        Some(Self {
            audience: payload.aud.map(|text| clean(&text)),
            tenant_id: payload.tid.map(|text| clean(&text)),
            client_id: payload.appid.or(payload.azp).map(|text| clean(&text)),
            application_permissions: sorted(payload.roles.iter().map(String::as_str)),
            delegated_permissions: sorted(
                payload.scp.iter().flat_map(|scp| scp.split_whitespace()),
            ),
            expires_at: payload.exp.and_then(|exp| Timestamp::from_second(exp).ok()),
        })
    }

    /// Whether one of the application permissions `wanted`, or what a person needs in its place, is granted.
    ///
    /// Delegated permissions of Defender for Endpoint are called as those of apps, without `.All` where only
    /// that makes sense for a person.
    #[must_use]
    pub fn grants_any(&self, wanted: &[&str]) -> bool {
        let delegated = |wanted: &str, granted: &str| {
            granted == wanted || wanted.strip_suffix(".All") == Some(granted)
        };
        wanted.iter().any(|wanted| {
            let of_app = self
                .application_permissions
                .iter()
                .any(|granted| granted == wanted);
            of_app
                || self
                    .delegated_permissions
                    .iter()
                    .any(|granted| delegated(wanted, granted))
        })
    }

    /// Whether indicators are listed to it, but only those that its own app has made.
    ///
    /// Source: learn.microsoft.com/defender-endpoint/api/get-ti-indicators-collection.
    #[must_use]
    pub fn sees_only_own_indicators(&self) -> bool {
        self.grants_any(&[OWN_INDICATORS]) && !self.grants_any(&[ALL_INDICATORS])
    }
}

/// With the first permission, and not the second, an app sees its own indicators only.
const OWN_INDICATORS: &str = "Ti.ReadWrite";
const ALL_INDICATORS: &str = "Ti.ReadWrite.All";

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(clean).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("eyJ0eXAiOiJKV1QifQ.{}.sig", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn an_app_token_is_read() {
        let claims = TokenClaims::read(&token(
            r#"{"aud":"https://graph.microsoft.com","tid":"t","appid":"a","roles":["B.Read.All","A.Read.All"],"exp":1767225600,"xms":{}}"#,
        ))
        .unwrap();
        assert_eq!(claims.application_permissions, ["A.Read.All", "B.Read.All"]);
        assert_eq!(
            claims.audience.as_deref(),
            Some("https://graph.microsoft.com")
        );
        assert_eq!(claims.expires_at, "2026-01-01T00:00:00Z".parse().ok());
        assert!(claims.grants_any(&["X", "A.Read.All"]));
        assert!(!claims.grants_any(&["A.Read"]) && !claims.grants_any(&[]));
    }

    #[test]
    fn a_persons_permissions_stand_for_those_of_an_app() {
        let claims =
            TokenClaims::read(&token(r#"{"scp":"Machine.Read ThreatHunting.Read.All"}"#)).unwrap();
        assert!(claims.grants_any(&["Machine.Read.All"]));
        assert!(claims.grants_any(&["ThreatHunting.Read.All"]));
        assert!(!claims.grants_any(&["Machine.ReadWrite.All"]));
    }

    #[test]
    fn an_app_without_the_permission_for_all_sees_its_own_indicators() {
        let cases = [
            (r#"{"roles":["Ti.ReadWrite"]}"#, true),
            (r#"{"roles":["Ti.ReadWrite","Ti.ReadWrite.All"]}"#, false),
            (r#"{"roles":["Ti.ReadWrite.All"]}"#, false),
            (r#"{"scp":"Ti.ReadWrite"}"#, false),
            (r#"{"roles":["Machine.Read.All"]}"#, false),
        ];
        for (payload, expected) in cases {
            let claims = TokenClaims::read(&token(payload)).unwrap();
            assert_eq!(claims.sees_only_own_indicators(), expected, "{payload}");
        }
    }

    #[test]
    fn what_is_no_web_token_is_left_alone() {
        let opaque = [
            "",
            "a",
            "a.b",
            "a.b.c",
            "a.e30",
            "EwB4A8l6BAAU",
            "a.W10.c",
            "a.bnVsbA.c",
            "a.eyJyb2xlcyI6NX0.c",
        ];
        for token in opaque {
            assert_eq!(TokenClaims::read(token), None, "{token}");
        }
        assert_eq!(TokenClaims::read("a.e30.c"), Some(TokenClaims::default()));
    }
}
