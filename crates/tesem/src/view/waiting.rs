//! What a client waits for, in words.

use std::time::Duration;

use tesem_defender::{ClientEvent, WaitReason};

/// Waits shorter than this are not worth a word.
const SHOWN_MIN: Duration = Duration::from_secs(2);

/// Something to tell the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// Good to know.
    Note(String),
    /// The person has to do something, or nothing goes on.
    Request(String),
}

/// What to say of `event`, if anything.
pub(crate) fn told(event: &ClientEvent) -> Option<Told> {
    match event {
        ClientEvent::Waiting { reason, wait, .. } if *wait >= SHOWN_MIN => {
            let reason = reason_text(*reason);
            Some(Told::Note(format!(
                "waiting {} s for {reason}",
                wait.as_secs()
            )))
        }
        ClientEvent::CodeToEnter {
            address,
            code,
            until,
        } => Some(Told::Request(format!(
            "to sign in, open {address} in a browser and enter the code {code} before {until:.0}"
        ))),
        _ => None,
    }
}

fn reason_text(reason: WaitReason) -> &'static str {
    match reason {
        WaitReason::Quota => "the tenant's quota",
        WaitReason::Throttled => "the service, which asked for patience",
        _ => "another attempt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_waits_are_silent_and_codes_are_requests() {
        let wait = |seconds| ClientEvent::Waiting {
            operation: "x",
            reason: WaitReason::Quota,
            until: jiff::Timestamp::UNIX_EPOCH,
            wait: Duration::from_secs(seconds),
        };
        assert_eq!(told(&wait(1)), None);
        let note = "waiting 40 s for the tenant's quota".to_owned();
        assert_eq!(told(&wait(40)), Some(Told::Note(note)));
        let code = ClientEvent::CodeToEnter {
            address: "https://microsoft.com/devicelogin".to_owned(),
            code: "ABC123".to_owned(),
            until: jiff::Timestamp::UNIX_EPOCH,
        };
        let request = "to sign in, open https://microsoft.com/devicelogin in a browser and enter the code ABC123 before 1970-01-01T00:00:00Z";
        assert_eq!(told(&code), Some(Told::Request(request.to_owned())));
    }
}
