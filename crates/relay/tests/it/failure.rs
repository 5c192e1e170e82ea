//! What went wrong with a tenant, in the texts that clients show.

use std::sync::Arc;

use tesem_defender::{AnswerProblem, DefenderError, SignInError};
use tesem_relay::reply::Compat;
use tesem_relay::upstream::{Asked, failure, rejection};

use crate::tenant::refused;

fn shown(error: &DefenderError, asked: Asked) -> String {
    let failure = failure(error, asked, Compat::V0);
    format!("{}: {}", failure.code.as_str(), failure.message)
}

#[test]
fn each_status_of_a_call_has_its_code_and_text() {
    use Asked::{Hunting, Other};
    let cases = [
        (
            401,
            "No.",
            Other,
            "authorization error: Authorization failed: No.",
        ),
        (
            429,
            "Slow.",
            Hunting,
            "too many requests: Advanced Hunting API rate limit has been exceeded. Slow.",
        ),
        (
            429,
            "Slow.",
            Other,
            "too many requests: Too many requests to Microsoft Defender for Endpoint have been made. Please, try again later.",
        ),
        (
            500,
            "x",
            Other,
            "internal error: Microsoft Defender for Endpoint internal error.",
        ),
        (
            503,
            "x",
            Hunting,
            "internal error: Microsoft Defender for Endpoint internal error.",
        ),
        (
            400,
            "Bad.",
            Other,
            "invalid request: Invalid request to Microsoft Defender for Endpoint. Bad.",
        ),
        (
            403,
            "Missing role.",
            Hunting,
            "invalid request: Invalid request to Microsoft Defender for Endpoint. Missing role.",
        ),
        (
            404,
            "",
            Other,
            "invalid request: Invalid request to Microsoft Defender for Endpoint. Code",
        ),
        (
            409,
            r#"{"error":"As it is"}"#,
            Other,
            "invalid request: Invalid request to Microsoft Defender for Endpoint. As it is",
        ),
    ];
    for (status, message, asked, expected) in cases {
        assert_eq!(shown(&refused(status, message), asked), expected);
    }
}

#[test]
fn each_failure_of_the_sign_in_has_its_code_and_text() {
    let refused = |status, description: &str| SignInError::Refused {
        status,
        error: "invalid_client".to_owned(),
        aadsts: None,
        description: description.to_owned(),
        correlation_id: None,
    };
    let cases = [
        (
            refused(401, "AADSTS7000215: Wrong."),
            "authorization error: Authorization failed: AADSTS7000215: Wrong.",
        ),
        (
            refused(400, ""),
            "authorization error: Authorization failed: on Microsoft Defender for Endpoint side",
        ),
        (
            refused(404, "x"),
            "permission denied: Invalid Authorization Bearer JWT.",
        ),
        (
            refused(503, "Later."),
            "unknown: Microsoft Defender for Endpoint returned unexpected error. Details: Later.",
        ),
        (
            refused(429, ""),
            "unknown: Microsoft Defender for Endpoint returned unexpected error. Details: Something went wrong.",
        ),
        (
            SignInError::Unreadable(AnswerProblem::Missing {
                part: "access_token",
            }),
            "invalid request: Invalid request to Microsoft Defender for Endpoint. Access Token does not exist.",
        ),
    ];
    for (source, expected) in cases {
        let error = DefenderError::SignIn {
            tenant: "t".to_owned(),
            operation: "call",
            source: Arc::new(source),
        };
        assert_eq!(shown(&error, Asked::Other), expected);
    }
}

#[test]
fn newer_clients_tell_more_refusals_apart() {
    let cases = [
        (400, "invalid request", "invalid request"),
        (401, "authorization error", "authorization error"),
        (403, "permission denied", "invalid request"),
        (404, "not found", "invalid request"),
        (429, "too many requests", "too many requests"),
        (500, "internal error", "internal error"),
        (503, "service unavailable", "invalid request"),
    ];
    for (status, new, old) in cases {
        let error = refused(status, "Why.");
        let code = |compat| rejection(&error, compat).code.as_str();
        assert_eq!((code(Compat::V2), code(Compat::V0)), (new, old), "{status}");
        let looked_up = failure(&error, Asked::Other, Compat::V2);
        assert_eq!(looked_up.code.as_str(), new, "{status}");
    }
    let text = rejection(&refused(403, "Why."), Compat::V2).message;
    assert_eq!(
        text,
        "Invalid request to Microsoft Defender for Endpoint. Why."
    );
}
