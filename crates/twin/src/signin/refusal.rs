//! Sign-in refusals: the `AADSTS` codes and their texts.
//!
//! Source: learn.microsoft.com/entra/identity-platform/reference-error-codes and published answers of the endpoint.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use crate::ids::IdSequence;
use crate::reply::Reply;

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SignInRefusal {
    UnknownTenant {
        tenant: String,
    },
    MalformedTenant {
        tenant: String,
    },
    NoTenant,
    MissingParameter {
        name: &'static str,
    },
    UnsupportedGrant {
        grant: String,
    },
    UnknownApp {
        client_id: String,
        directory: String,
    },
    NoCredential,
    WrongSecret {
        client_id: String,
    },
    ScopeWithoutDefault {
        scope: String,
    },
    InvalidScope {
        scope: String,
    },
    ResourceParameter,
    UnknownResource {
        resource: String,
        directory: String,
    },
    /// A credential that the service takes and the twin does not.
    NotEmulated {
        what: &'static str,
    },
    AssertionType,
    MalformedAssertion,
    UnknownCertificate,
    AssertionSignature,
    AssertionSubject,
    AssertionAudience {
        is_own: bool,
    },
    AssertionTime,
    UnknownIssuer {
        issuer: String,
    },
    UnknownSubject {
        subject: String,
    },
    UnknownCode,
    CodeNotEntered,
    CodeDeclined,
    CodeExpired,
    WrongRefreshToken,
}

/// How Entra names and answers a refusal.
struct Wording {
    code: u32,
    error: &'static str,
    status: StatusCode,
    text: String,
}

impl Wording {
    fn invalid_request(code: u32, text: String) -> Self {
        Self {
            code,
            error: "invalid_request",
            status: StatusCode::BAD_REQUEST,
            text,
        }
    }

    fn invalid_client(code: u32, text: String) -> Self {
        Self {
            code,
            error: "invalid_client",
            status: StatusCode::UNAUTHORIZED,
            text,
        }
    }

    fn bad(code: u32, error: &'static str, text: String) -> Self {
        Self {
            code,
            error,
            status: StatusCode::BAD_REQUEST,
            text,
        }
    }
}

impl SignInRefusal {
    /// The answer, with fresh trace and correlation ids.
    pub(super) fn reply(&self, ids: &IdSequence, now: Timestamp) -> Reply {
        if let Self::NotEmulated { what } = self {
            return not_emulated(what);
        }
        let wording = self.wording();
        let (trace, correlation) = (ids.guid(), ids.guid());
        let stamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let description = format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}",
            wording.code, wording.text
        );
        let body = json!({
            "error": wording.error,
            "error_description": description,
            "error_codes": [wording.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", wording.code),
        });
        Reply::json(wording.status, &body)
    }

    fn wording(&self) -> Wording {
        match self {
            Self::UnknownTenant { .. } | Self::MalformedTenant { .. } | Self::NoTenant => {
                self.tenant_wording()
            }
            Self::ScopeWithoutDefault { .. }
            | Self::InvalidScope { .. }
            | Self::ResourceParameter
            | Self::UnknownResource { .. } => self.resource_wording(),
            Self::UnknownCode
            | Self::CodeNotEntered
            | Self::CodeDeclined
            | Self::CodeExpired
            | Self::WrongRefreshToken => self.person_wording(),
            Self::AssertionType
            | Self::MalformedAssertion
            | Self::UnknownCertificate
            | Self::AssertionSignature
            | Self::AssertionSubject
            | Self::AssertionAudience { .. }
            | Self::AssertionTime
            | Self::UnknownIssuer { .. }
            | Self::UnknownSubject { .. } => self.assertion_wording(),
            _ => self.client_wording(),
        }
    }

    fn tenant_wording(&self) -> Wording {
        match self {
            Self::UnknownTenant { tenant } => Wording::invalid_request(90_002, format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. \
                 Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
            )),
            Self::MalformedTenant { tenant } => Wording::invalid_request(900_023, format!(
                "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."
            )),
            _ => Wording::invalid_request(50_059,
                "No tenant-identifying information found in either the request or implied by any provided credentials.".to_owned(),
            ),
        }
    }

    fn client_wording(&self) -> Wording {
        match self {
            Self::MissingParameter { name } => Wording::invalid_request(900_144, format!(
                "The request body must contain the following parameter: '{name}'."
            )),
            Self::UnsupportedGrant { grant } => Wording::bad(70_003, "unsupported_grant_type", format!(
                "The app requested an unsupported grant type '{grant}'."
            )),
            Self::UnknownApp { client_id, directory } => Wording::bad(700_016, "unauthorized_client", format!(
                "Application with identifier '{client_id}' was not found in the directory '{directory}'. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user in the tenant. \
                 You may have sent your authentication request to the wrong tenant."
            )),
            Self::WrongSecret { client_id } => Wording::invalid_client(7_000_215, format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client \
                 secret ID, for a secret added to app '{client_id}'."
            )),
            _ => Wording::invalid_client(7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.".to_owned(),
            ),
        }
    }

    fn assertion_wording(&self) -> Wording {
        match self {
            Self::UnknownIssuer { issuer } => Wording::invalid_client(700_211, format!(
                "No matching federated identity record found for presented assertion issuer '{issuer}'."
            )),
            Self::UnknownSubject { subject } => Wording::invalid_client(700_213, format!(
                "No matching federated identity record found for presented assertion subject '{subject}'."
            )),
            Self::AssertionAudience { is_own: false } => Wording::invalid_client(
                700_212,
                "No matching federated identity record found for presented assertion audience.".to_owned(),
            ),
            Self::AssertionAudience { .. } => Wording::invalid_client(
                700_023,
                "Client assertion audience claim does not match Realm issuer.".to_owned(),
            ),
            Self::AssertionSubject => Wording::invalid_client(
                700_021,
                "Client assertion application identifier doesn't match 'client_id' parameter.".to_owned(),
            ),
            Self::AssertionTime => Wording::invalid_client(
                700_024,
                "Client assertion is not within its valid time range.".to_owned(),
            ),
            Self::AssertionType => Wording::invalid_request(
                50_027,
                "The value of 'client_assertion_type' is not supported.".to_owned(),
            ),
            Self::MalformedAssertion => Wording::invalid_client(
                50_027,
                "JWT token is invalid or malformed.".to_owned(),
            ),
            Self::UnknownCertificate => Wording::invalid_client(
                700_027,
                "The certificate with identifier used to sign the client assertion is not registered on application.".to_owned(),
            ),
            _ => Wording::invalid_client(
                700_027,
                "Client assertion failed signature validation.".to_owned(),
            ),
        }
    }

    fn person_wording(&self) -> Wording {
        match self {
            Self::CodeNotEntered => Wording::bad(70_016, "authorization_pending",
                "OAuth 2.0 device flow error. Authorization is pending. Continue polling.".to_owned(),
            ),
            Self::CodeDeclined => Wording::bad(70_000, "authorization_declined",
                "The end user denied the authorization request.".to_owned(),
            ),
            Self::CodeExpired => Wording::bad(70_020, "expired_token",
                "The provided value for the input parameter 'device_code' is not valid. This device code has expired.".to_owned(),
            ),
            Self::UnknownCode => Wording::bad(70_000, "bad_verification_code",
                "The provided value for the input parameter 'device_code' is not valid.".to_owned(),
            ),
            _ => Wording::bad(70_000, "invalid_grant",
                "The provided value for the input parameter 'refresh_token' is not valid.".to_owned(),
            ),
        }
    }

    fn resource_wording(&self) -> Wording {
        match self {
            Self::ScopeWithoutDefault { scope } => Wording::bad(
                1_002_012,
                "invalid_scope",
                format!(
                    "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default \
                 suffixed to the resource identifier (application ID URI)."
                ),
            ),
            Self::InvalidScope { scope } => Wording::bad(
                70_011,
                "invalid_scope",
                format!(
                    "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is \
                 not valid. The scope {scope} is not valid."
                ),
            ),
            Self::UnknownResource {
                resource,
                directory,
            } => Wording::bad(
                500_011,
                "invalid_resource",
                format!(
                    "The resource principal named {resource} was not found in the tenant named {directory}. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user in the tenant. \
                 You might have sent your authentication request to the wrong tenant."
                ),
            ),
            _ => Wording::invalid_request(
                901_002,
                "The 'resource' request parameter is not supported.".to_owned(),
            ),
        }
    }
}

fn not_emulated(what: &str) -> Reply {
    let body = json!({
        "error": "twin_not_supported",
        "error_description": format!("The twin does not emulate {what}; the service does. Sign in with a client secret."),
    });
    Reply::json(StatusCode::NOT_IMPLEMENTED, &body)
}
