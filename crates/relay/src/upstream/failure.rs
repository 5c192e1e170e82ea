//! What went wrong with a tenant, in the texts that clients show.

use tesem_defender::{ConnectionStage, DefenderError, Refusal, SignInError, TransportFailure};

use crate::reply::{Code, Compat, Failure};
use crate::sighting::SOURCE;

const UNEXPECTED: &str = "Microsoft Defender for Endpoint returned unexpected error. Details: ";
const INVALID: &str = "Invalid request to Microsoft Defender for Endpoint.";
const TOO_MANY: &str = "Too many requests to Microsoft Defender for Endpoint have been made. \
                        Please, try again later.";

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A hunting query, which has a quota of its own.
    Hunting,
    /// Anything else.
    Other,
}

/// The failure to answer with.
#[must_use]
pub fn failure(error: &DefenderError, asked: Asked, compat: Compat) -> Failure {
    match error {
        DefenderError::Refused { refusal, .. } => of_refusal(refusal, asked, compat),
        DefenderError::SignIn { source, .. } => of_sign_in(source),
        DefenderError::Transport { source, origin, .. } => of_transport(source, origin),
        DefenderError::QuotaWait { .. } => of_quota(asked, ""),
        other => Failure::new(Code::Unknown, format!("{UNEXPECTED}{other}")),
    }
}

/// An invalid request, perhaps with a reason.
#[must_use]
pub fn refused(reason: &str) -> Failure {
    let text = format!("{INVALID} {reason}");
    Failure::new(Code::InvalidRequest, text.trim_end())
}

/// The same for an action: the service's refusals say why, but for those that mean more than this action.
#[must_use]
pub fn rejection(error: &DefenderError, compat: Compat) -> Failure {
    match error.refusal() {
        Some(refusal) if !matches!(refusal.status, 401 | 429 | 500) => {
            coded(refused(&text_of(refusal)), refusal.status, compat)
        }
        _ => failure(error, Asked::Other, compat),
    }
}

/// Newer clients tell more refusals apart, by their codes.
fn coded(failure: Failure, status: u16, compat: Compat) -> Failure {
    let code = match (compat, status) {
        (Compat::V2, 403) => Code::PermissionDenied,
        (Compat::V2, 404) => Code::NotFound,
        (Compat::V2, 503) => Code::Unavailable,
        _ => failure.code,
    };
    Failure { code, ..failure }
}

fn of_refusal(refusal: &Refusal, asked: Asked, compat: Compat) -> Failure {
    let text = text_of(refusal);
    let failure = match refusal.status {
        401 => authorization(&text),
        429 => of_quota(asked, &text),
        500.. => Failure::new(Code::Internal, format!("{SOURCE} internal error.")),
        _ => refused(&text),
    };
    coded(failure, refusal.status, compat)
}

fn of_quota(asked: Asked, text: &str) -> Failure {
    let hunting = format!("Advanced Hunting API rate limit has been exceeded. {text}");
    let message = match asked {
        Asked::Hunting => hunting.trim_end(),
        Asked::Other => TOO_MANY,
    };
    Failure::new(Code::TooManyRequests, message)
}

/// The service's own words: a text under `error`, a message, a code, or at least the status.
fn text_of(refusal: &Refusal) -> String {
    let body: Option<serde_json::Value> = serde_json::from_str(&refusal.message).ok();
    let plain = body.and_then(|body| body.get("error")?.as_str().map(str::to_owned));
    let message = plain.unwrap_or_else(|| refusal.message.clone());
    if !message.is_empty() {
        return message;
    }
    refusal
        .code
        .clone()
        .unwrap_or_else(|| format!("HTTP {}", refusal.status))
}

fn authorization(text: &str) -> Failure {
    Failure::new(Code::Authorization, format!("Authorization failed: {text}"))
}

fn of_sign_in(error: &SignInError) -> Failure {
    match error {
        SignInError::Refused {
            status: 400 | 401,
            description,
            ..
        } => authorization(or(description, "on Microsoft Defender for Endpoint side")),
        SignInError::Refused { status: 404, .. } => {
            Failure::new(Code::PermissionDenied, "Invalid Authorization Bearer JWT.")
        }
        SignInError::Refused { description, .. } => {
            let details = or(description, "Something went wrong.");
            Failure::new(Code::Unknown, format!("{UNEXPECTED}{details}"))
        }
        SignInError::Unreadable(_) => refused("Access Token does not exist."),
        SignInError::Transport { origin, source } => of_transport(source, origin),
        other => Failure::new(Code::Unknown, format!("{UNEXPECTED}{other}")),
    }
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

fn of_transport(failure: &TransportFailure, origin: &str) -> Failure {
    if failure.stage() == Some(ConnectionStage::Tls) {
        let causes =
            std::iter::successors(std::error::Error::source(failure), |cause| cause.source());
        let reason = causes.last().map(ToString::to_string).unwrap_or_default();
        let text = format!("Unable to verify SSL certificate: {}", sentence(&reason));
        return Failure::new(Code::Unknown, text);
    }
    let text = format!("Unable to connect to {SOURCE}, validate the configured API URL: {origin}");
    Failure::new(Code::Connection, text)
}

/// The first letter upper-case, the rest lower-case.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.flat_map(char::to_lowercase)).collect()
}
