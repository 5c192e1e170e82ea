//! Paths and methods.

use axum::http::Method;

/// What a path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Health,
    Version,
    Deliberate,
    Observe,
    Refer,
    Offer,
    Trigger,
    Watchdog,
}

/// What to do about a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Answer.
    Serve,
    /// Say which methods there are.
    Options,
    /// Refuse.
    Refuse,
}

impl Route {
    /// The route of a path; a slash at its end does not count.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path.strip_suffix('/').unwrap_or(path) {
            "/health" => Some(Self::Health),
            "/version" => Some(Self::Version),
            "/deliberate/observables" => Some(Self::Deliberate),
            "/observe/observables" => Some(Self::Observe),
            "/refer/observables" => Some(Self::Refer),
            "/respond/observables" => Some(Self::Offer),
            "/respond/trigger" => Some(Self::Trigger),
            "/watchdog" => Some(Self::Watchdog),
            _ => None,
        }
    }

    /// Its name in logs and counters.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Version => "version",
            Self::Deliberate => "deliberate",
            Self::Observe => "observe",
            Self::Refer => "refer",
            Self::Offer => "respond",
            Self::Trigger => "trigger",
            Self::Watchdog => "watchdog",
        }
    }

    /// Its methods, as `Allow` lists them.
    pub(super) fn allow(self) -> &'static str {
        match self {
            Self::Watchdog => "GET, OPTIONS",
            _ => "POST, OPTIONS",
        }
    }

    pub(super) fn verb(self, method: &Method) -> Verb {
        let served = match self {
            Self::Watchdog => Method::GET,
            _ => Method::POST,
        };
        match method {
            method if *method == served => Verb::Serve,
            method if *method == Method::OPTIONS => Verb::Options,
            _ => Verb::Refuse,
        }
    }
}
