//! Names, connections, TLS, clocks.

use std::time::Duration;

use jiff::SignedDuration;
use tesem_defender::checkup::{Checkup, Place, Reached};
use tesem_defender::{ConnectionStage, TransportFailure};

use super::finding::{Finding, Status};

/// A clock that is off by more than this makes tokens and signatures invalid: Entra allows five minutes.
///
/// Source: learn.microsoft.com/entra/identity-platform/reference-error-codes, AADSTS700024 and 500133.
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(5);

/// A clock that is off by more than this will soon be off by more.
const SKEW_NOTED: SignedDuration = SignedDuration::from_secs(30);

/// One finding for each place, and one for the clock.
pub(super) async fn check(checkup: &Checkup<'_>) -> Vec<Finding> {
    let places = checkup.places();
    let reached = futures::future::join_all(places.iter().map(|place| checkup.reach(place))).await;
    let mut findings: Vec<Finding> = places
        .iter()
        .zip(&reached)
        .map(|(place, reached)| reach(place, reached))
        .collect();
    let answers = reached.iter().filter_map(|reached| reached.as_ref().ok());
    findings.push(clock(answers.filter_map(|reached| reached.clock_ahead)));
    findings
}

fn reach(place: &Place, reached: &Result<Reached, TransportFailure>) -> Finding {
    let check = format!("reach {}", place.name);
    let origin = place.url.origin().ascii_serialization();
    match reached {
        Ok(reached) => {
            let protection = if place.url.scheme() == "https" {
                "over TLS"
            } else {
                "without TLS"
            };
            let detail = format!(
                "{origin} answered {protection} in {}",
                milliseconds(reached.took)
            );
            Finding::new(check, Status::Ok, detail)
        }
        Err(failure) => {
            let detail = format!("{origin}: {failure}{}", stage(failure));
            Finding::new(check, Status::Failed, detail).with_advice(failure.hint())
        }
    }
}

fn stage(failure: &TransportFailure) -> &'static str {
    match failure.stage() {
        Some(ConnectionStage::Name) => ": its name has no address",
        Some(ConnectionStage::Proxy) => ": the proxy refused",
        Some(ConnectionStage::Connection) => ": nothing answers there",
        Some(ConnectionStage::Tls) => ": TLS failed",
        _ => "",
    }
}

pub(super) fn milliseconds(took: Duration) -> String {
    format!("{} ms", took.as_millis())
}

/// All places keep Microsoft's time; the one that differs least counts, for an answer may have come from a cache.
fn clock(ahead: impl Iterator<Item = SignedDuration>) -> Finding {
    let check = "clock";
    let Some(ahead) = ahead.min_by_key(|ahead| ahead.abs()) else {
        return Finding::new(check, Status::Skipped, "no service told its time");
    };
    let size = ahead.abs();
    let direction = if ahead.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    let detail = format!(
        "this computer is {} s {direction} the services",
        size.as_secs()
    );
    let advice =
        Some("set this computer's clock by NTP: Microsoft Entra refuses what is five minutes off");
    if size > SKEW_MAX {
        Finding::new(check, Status::Failed, detail).with_advice(advice)
    } else if size > SKEW_NOTED {
        Finding::new(check, Status::Warning, detail).with_advice(advice)
    } else {
        Finding::new(
            check,
            Status::Ok,
            "agrees with the services' to the second or so",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_by_the_service_that_differs_least() {
        let cases = [
            (vec![], Status::Skipped),
            (vec![0, 400], Status::Ok),
            (vec![-31], Status::Warning),
            (vec![300], Status::Warning),
            (vec![-301, 900], Status::Failed),
        ];
        for (seconds, expected) in cases {
            let ahead = seconds.iter().copied().map(SignedDuration::from_secs);
            assert_eq!(clock(ahead).status, expected, "{seconds:?}");
        }
        let behind = clock([SignedDuration::from_secs(-400)].into_iter());
        assert_eq!(behind.detail, "this computer is 400 s behind the services");
    }
}
