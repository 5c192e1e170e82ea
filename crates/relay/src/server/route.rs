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
    /// All of them.
    pub(super) const ALL: [Self; 8] = [
        Self::Health,
        Self::Version,
        Self::Deliberate,
        Self::Observe,
        Self::Refer,
        Self::Offer,
        Self::Trigger,
        Self::Watchdog,
    ];

    /// The route of a path; a slash at its end does not count.
    pub(super) fn of(path: &str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        Self::ALL.into_iter().find(|route| route.path() == path)
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Health => "/health",
            Self::Version => "/version",
            Self::Deliberate => "/deliberate/observables",
            Self::Observe => "/observe/observables",
            Self::Refer => "/refer/observables",
            Self::Offer => "/respond/observables",
            Self::Trigger => "/respond/trigger",
            Self::Watchdog => "/watchdog",
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

    /// The method that is answered.
    pub(super) fn method(self) -> Method {
        match self {
            Self::Watchdog => Method::GET,
            _ => Method::POST,
        }
    }

    pub(super) fn verb(self, method: &Method) -> Verb {
        match method {
            method if *method == self.method() => Verb::Serve,
            method if *method == Method::OPTIONS => Verb::Options,
            _ => Verb::Refuse,
        }
    }
}
