//! Counters in the text format of Prometheus.
//!
//! Source: prometheus.io/docs/instrumenting/exposition_formats.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;
use serde_json::Value;

use super::route::Route;

const REQUESTS: Name = Name {
    name: "tesem_relay_requests_total",
    help: "Requests that were answered, by route and outcome.",
};
const SECONDS: Name = Name {
    name: "tesem_relay_request_seconds_total",
    help: "Time from the first byte of requests to their answers, by route.",
};
const FAILURES: Name = Name {
    name: "tesem_relay_failures_total",
    help: "Failures in answers, by code.",
};
const REFUSED: Name = Name {
    name: "tesem_relay_refused_total",
    help: "Requests that were none of a route, by status.",
};
const SIGHTINGS: Name = Name {
    name: "tesem_relay_sightings_total",
    help: "Sightings in answers.",
};

/// A counter's name, and what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    name: &'static str,
    help: &'static str,
}

/// What the relay has done since its start. Labels are of closed sets, so that nothing of a request shows.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// By name and labels.
    counters: Mutex<BTreeMap<Name, BTreeMap<String, f64>>>,
}

impl Metrics {
    /// Counts an answer that took so long.
    pub(super) fn count(&self, route: Route, envelope: &Value, taken: SignedDuration) {
        let route = route.as_str();
        let errors = envelope.get("errors").and_then(Value::as_array);
        let outcome = match (errors, envelope.get("data")) {
            (None, _) => "ok",
            (Some(_), Some(_)) => "partial",
            (Some(_), None) => "failed",
        };
        self.add(
            REQUESTS,
            format!("{{route=\"{route}\",outcome=\"{outcome}\"}}"),
            1.0,
        );
        self.add(
            SECONDS,
            format!("{{route=\"{route}\"}}"),
            taken.as_secs_f64(),
        );
        for error in errors.into_iter().flatten() {
            let code = error
                .get("code")
                .and_then(Value::as_str)
                .unwrap_or_default();
            self.add(FAILURES, format!("{{code=\"{code}\"}}"), 1.0);
        }
        let sightings = envelope.pointer("/data/sightings/count");
        if let Some(count) = sightings.and_then(Value::as_f64) {
            self.add(SIGHTINGS, String::new(), count);
        }
    }

    /// Counts what was no request of a route.
    pub(super) fn count_refused(&self, status: u16) {
        self.add(REFUSED, format!("{{status=\"{status}\"}}"), 1.0);
    }

    fn add(&self, name: Name, labels: String, count: f64) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        *counters.entry(name).or_default().entry(labels).or_default() += count;
    }

    /// All counters.
    pub(super) fn text(&self) -> String {
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (Name { name, help }, values) in counters.iter() {
            // Writing to a string does not fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
            for (labels, value) in values {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        }
        text
    }
}
