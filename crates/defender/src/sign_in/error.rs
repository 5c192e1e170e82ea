//! Why there is no token.

use std::path::PathBuf;

use serde::Deserialize;

use crate::text::clean_without;
use crate::{AnswerProblem, TransportFailure};

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// Microsoft Entra refused.
    #[error("Microsoft Entra refused the sign-in (HTTP {status}, {error}{}): {description}", ids(correlation_id.as_deref()))]
    Refused {
        /// HTTP status.
        status: u16,
        /// The OAuth error, e.g. `invalid_client`.
        error: String,
        /// The number behind `AADSTS`.
        aadsts: Option<u32>,
        /// The first sentence of the description, with its `AADSTS` number.
        description: String,
        /// The id that Microsoft's support asks for.
        correlation_id: Option<String>,
    },
    /// No complete answer from the login endpoint.
    #[error("the sign-in got no complete answer from {origin}")]
    Transport {
        /// Scheme, host and port.
        origin: String,
        /// What happened to the last request.
        source: TransportFailure,
    },
    /// Success, but not with a token.
    #[error("the sign-in's answer is unreadable")]
    Unreadable(#[source] AnswerProblem),
    /// The file with a workload's token cannot be used.
    #[error("the token file {} cannot be used: {reason}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The Azure CLI gave no token.
    #[error("the Azure CLI gave no token: {reason}")]
    AzureCli {
        /// Its own words, or why it gave none.
        reason: String,
    },
    /// Nobody entered the code in time.
    #[error("nobody entered the code in time")]
    CodeNotEntered,
    /// The certificate's key did not sign.
    #[error("the certificate's private key could not sign")]
    Signature,
    /// Another source of tokens failed.
    #[error("the source of tokens failed")]
    Provider(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn ids(correlation_id: Option<&str>) -> String {
    correlation_id
        .map(|id| format!(", correlation id {id}"))
        .unwrap_or_default()
}

/// The error body of the token endpoints.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    error: String,
    error_description: String,
    error_codes: Vec<u32>,
    correlation_id: Option<String>,
}

impl SignInError {
    /// Reads a refusal; whatever is not in the documented form becomes the description. Echoes of `secrets`
    /// are taken out.
    pub(super) fn refused(status: u16, body: &[u8], secrets: &[&str]) -> Self {
        let parsed: Option<Body> = serde_json::from_slice(body).ok();
        let Body {
            error,
            error_description,
            error_codes,
            correlation_id,
        } = parsed.unwrap_or_else(|| Body {
            error: "no OAuth error".to_owned(),
            error_description: String::from_utf8_lossy(body).into_owned(),
            ..Body::default()
        });
        let aadsts = error_codes
            .first()
            .copied()
            .or_else(|| aadsts_in(&error_description));
        let description = clean_without(first_part(&error_description), secrets);
        let error = clean_without(&error, secrets);
        let correlation_id = correlation_id.map(|id| clean_without(&id, secrets));
        Self::Refused {
            status,
            error,
            aadsts,
            description,
            correlation_id,
        }
    }

    /// The id that Microsoft's support asks for.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        match self {
            Self::Refused { correlation_id, .. } => correlation_id.as_deref(),
            _ => None,
        }
    }

    /// Whether what renewed tokens so far does so no more, and a person has to sign in again.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Refused { error, .. } if error == "invalid_grant" || error == "interaction_required")
    }

    /// What the person at the terminal can do about it.
    ///
    /// Source: "Microsoft Entra authentication and authorization error codes",
    /// learn.microsoft.com/entra/identity-platform/reference-error-codes.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Refused { error, .. } if error == "authorization_declined" => {
                "the person who was asked to enter the code declined"
            }
            Self::Refused {
                aadsts: Some(code), ..
            } => hint_for(*code)?,
            Self::Refused { status: 404, .. } | Self::Unreadable(_) => {
                "check the login endpoint and the cloud in the settings"
            }
            Self::Transport {
                source: failure @ TransportFailure::NotConnected { .. },
                ..
            } => failure.hint()?,
            Self::Transport { .. } => "check the network, the proxy and the login endpoint",
            Self::TokenFile { .. } => {
                "the platform writes this file: check the pod's service account and the path (AZURE_FEDERATED_TOKEN_FILE)"
            }
            Self::AzureCli { .. } => {
                "install the Azure CLI and sign in: `az login --tenant TENANT`"
            }
            Self::CodeNotEntered => "start again and enter the code in a browser before it ends",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

fn hint_for(aadsts: u32) -> Option<&'static str> {
    Some(match aadsts {
        7_000_215 => {
            "the client secret is wrong: give the secret's value, not its id, and one of this very app"
        }
        7_000_222 => "the client secret has expired: make a new one in the app registration",
        7_000_218 => {
            "the app needs a client secret or a certificate: set one in the tenant's settings"
        }
        700_211..=700_213 => {
            "no federated credential of the app matches the workload's token: check its issuer, subject and audience"
        }
        700_024 => "the assertion was not valid at this time: check the clock of this computer",
        700_027 => {
            "the certificate does not belong to the app registration: upload its public part there"
        }
        700_016 => {
            "the client id is unknown in this tenant: check client_id, tenant_id and the cloud"
        }
        90_002 => "the tenant does not exist in this cloud: check tenant_id and the cloud",
        900_023 | 90_011 | 900_144 => "check tenant_id and client_id: one of them is malformed",
        70_011 | 1_002_012 => {
            "the login endpoint does not accept the scope: check the cloud in the settings"
        }
        500_011 => {
            "the service has no service principal in this tenant: check the cloud, and that the tenant has \
             a licence for Microsoft Defender"
        }
        70_002 | 50_012 => "the credential is not valid: check client_id and the client secret",
        7_000_112 => "the app is disabled in this tenant: enable it under Enterprise applications",
        53_003 => "a conditional access policy blocks the app: exclude its service principal",
        _ => return None,
    })
}

/// What comes before the trace ids.
fn first_part(description: &str) -> &str {
    let ends = ["\r\n", "\n", " Trace ID:"];
    let end = ends.iter().filter_map(|end| description.find(end)).min();
    description
        .get(..end.unwrap_or(description.len()))
        .unwrap_or(description)
}

/// The number in `AADSTS7000215: …`.
fn aadsts_in(description: &str) -> Option<u32> {
    let (_, rest) = description.split_once("AADSTS")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest.get(..digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> SignInError {
        SignInError::refused(401, body.as_bytes(), &["s3cr3t"])
    }

    #[test]
    fn a_refusal_keeps_code_and_correlation_id() {
        let error = refused(
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the secret s3cr3t is right.\r\nTrace ID: 1\r\nCorrelation ID: 2\r\nTimestamp: 2026-11-21 08:00:00Z","error_codes":[7000215],"correlation_id":"c0ffee"}"#,
        );
        insta::assert_snapshot!(error, @"Microsoft Entra refused the sign-in (HTTP 401, invalid_client, correlation id c0ffee): AADSTS7000215: Invalid client secret provided. Ensure the secret [secret] is right.");
        assert_eq!(error.correlation_id(), Some("c0ffee"));
        assert!(error.hint().unwrap().contains("not its id"));
    }

    #[test]
    fn the_code_is_found_in_the_text_too() {
        let cases = [
            (
                r#"{"error":"x","error_description":"AADSTS90002: Tenant 't' not found. Trace ID: 1"}"#,
                "tenant does not exist",
            ),
            (
                r#"{"error":"x","error_description":"AADSTS700016: Application"}"#,
                "client id is unknown",
            ),
        ];
        for (body, expected) in cases {
            let hint = refused(body).hint().unwrap();
            assert!(hint.contains(expected), "{hint}");
        }
    }

    #[test]
    fn any_body_makes_an_error() {
        for body in [
            "",
            "<html>gateway</html>",
            "{}",
            "[]",
            r#"{"error":1}"#,
            r#"{"error_codes":[-1]}"#,
        ] {
            let error = refused(body);
            assert!(error.to_string().contains("HTTP 401"), "{body}: {error}");
            assert_eq!(error.hint(), None, "{body}");
        }
        let text = refused("proxy says: s3cr3t\u{1b}[31m").to_string();
        assert!(text.ends_with("proxy says: [secret] [31m"), "{text}");
    }
}
