//! What to do about an error.

use super::{AnswerProblem, DefenderError};
use crate::Refusal;

pub(super) fn of(error: &DefenderError) -> Option<String> {
    match error {
        DefenderError::SignIn { source, .. } => source.hint(),
        DefenderError::NotSupported { .. } => {
            Some("put the time filter into the query, or set `hunting = \"graph\"`".to_owned())
        }
        DefenderError::QuotaWait { .. } => Some(
            "the app has used up its calls; try again later, or run fewer calls at a time"
                .to_owned(),
        ),
        DefenderError::Refused { refusal, .. } => refused(refusal),
        DefenderError::Transport { source, .. } => source.hint().map(str::to_owned),
        DefenderError::Unreadable { source: AnswerProblem::PagesRepeat | AnswerProblem::NextLink, .. } => Some(
            "the list is incomplete and must not be taken for a whole one; try again, or ask for less with a filter"
                .to_owned(),
        ),
        DefenderError::Unreadable { source: AnswerProblem::Shape { .. }, .. } => Some(
            "the service writes this differently today: report it, with the request id".to_owned(),
        ),
        DefenderError::Unreadable { source: AnswerProblem::File { .. }, .. } => Some(
            "ask for the export again: its addresses are valid for a limited time".to_owned(),
        ),
        DefenderError::Unreadable { .. } => Some(
            "check that the endpoint is the service itself and not a proxy's or a sign-in page"
                .to_owned(),
        ),
        DefenderError::Settings(_) | DefenderError::Ledger { .. } | DefenderError::Unfit { .. } => None,
    }
}

fn refused(refusal: &Refusal) -> Option<String> {
    let fixed = match refusal.status {
        300..=399 => {
            "the endpoint answers with a redirect, which is never followed with a token: \
                      configure the address it leads to"
        }
        401 => {
            "the token was refused: check the cloud and the endpoints; a token that was given ready \
                may have expired or be for another service"
        }
        403 => return Some(forbidden(refusal)),
        404 if refusal.is_empty => {
            "the endpoint does not know this route: check the endpoint's address in the settings"
        }
        405 if refusal.is_empty => {
            "something in between changed the request's method: check the endpoint's address and the proxy"
        }
        413 | 414 => "the request or its query text is too long: send fewer values at once",
        429 => "the app has used up its calls or its share of computing time; try again later",
        _ => return None,
    };
    Some(fixed.to_owned())
}

/// Names the permission: the one in the service's own message, or else the one the call is known to need.
fn forbidden(refusal: &Refusal) -> String {
    let named = permissions_in(&refusal.message);
    let wanted = if named.is_empty() {
        refusal.permissions.join(" or ")
    } else {
        named.join(" or ")
    };
    if wanted.is_empty() {
        return "the app lacks a permission for this call".to_owned();
    }
    format!(
        "grant the app registration the application permission {wanted} and consent to it for the tenant \
         (Microsoft Entra admin center, App registrations, API permissions); if it is granted, the token is \
         for another service or another cloud"
    )
}

/// Words like `Machine.Read.All`: two dots or more, nothing but letters between them.
fn permissions_in(message: &str) -> Vec<&str> {
    let words = message.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
    let is_permission = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() >= 2
            && parts
                .iter()
                .all(|part| part.starts_with(|letter: char| letter.is_ascii_uppercase()))
    };
    words
        .map(|word| word.trim_end_matches('.'))
        .filter(is_permission)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        Refusal::parse(status, None, body.as_bytes())
    }

    #[test]
    fn a_403_names_the_permission() {
        let named = refusal(
            403,
            r#"{"error":{"code":"Forbidden","message":"The application does not have any of the required application permissions (Machine.Read.All, Machine.ReadWrite.All) to access the resource."}}"#,
        );
        let hint = refused(&named).unwrap();
        assert!(
            hint.contains("Machine.Read.All or Machine.ReadWrite.All and consent"),
            "{hint}"
        );
        let mut silent = refusal(403, "");
        silent.permissions = &["ThreatHunting.Read.All"];
        assert!(
            refused(&silent)
                .unwrap()
                .contains("permission ThreatHunting.Read.All")
        );
    }

    #[test]
    fn other_refusals_have_their_own_advice() {
        let cases = [
            (302, "", "redirect"),
            (401, "{}", "token was refused"),
            (403, "", "lacks a permission"),
            (404, "", "does not know this route"),
            (405, "", "method"),
            (413, "", "too long"),
            (429, "", "try again later"),
        ];
        for (status, body, expected) in cases {
            let hint = refused(&refusal(status, body)).unwrap();
            assert!(hint.contains(expected), "{status}: {hint}");
        }
        assert_eq!(
            refused(&refusal(404, r#"{"error":{"code":"NotFound"}}"#)),
            None
        );
        assert_eq!(refused(&refusal(500, "")), None);
    }
}
