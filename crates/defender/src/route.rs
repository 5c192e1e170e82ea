//! What is known of each endpoint: its quota, its permissions, whether a request may be repeated.

use std::time::Duration;

use tesem_state::Window;

use crate::call::CallKind;
use crate::retry::Repeat;
use crate::{AnswerProblem, DefenderError, Service};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

const fn windows(minute: u32, hour: u32) -> [Window; 2] {
    [
        Window {
            limit: minute,
            length: MINUTE,
        },
        Window {
            limit: hour,
            length: HOUR,
        },
    ]
}

/// What Defender for Endpoint allows where a page says nothing else: 100 calls a minute and 1,500 an hour.
///
/// Source: learn.microsoft.com/defender-endpoint/api/get-machines, "Limitations", and its neighbours.
pub(crate) const USUAL: &[Window] = &windows(100, 1_500);

/// Import and batch deletion of indicators: 30 calls a minute; batch deletion names 1,500 an hour, which is kept for
/// both.
///
/// Source: learn.microsoft.com/defender-endpoint/api/import-ti-indicators and batch-delete-ti-indicators.
pub(crate) const INDICATOR_BATCHES: &[Window] = &windows(30, 1_500);

/// Export assessments as pages: 30 calls a minute and 1,000 an hour.
///
/// Source: learn.microsoft.com/defender-endpoint/api/get-assessment-software-inventory, "Limitations".
pub(crate) const EXPORT_PAGES: &[Window] = &windows(30, 1_000);

/// Export assessments as files: 5 calls a minute and 20 an hour. Source: the same pages.
pub(crate) const EXPORT_FILES: &[Window] = &windows(5, 20);

/// Addresses of investigation packages: 2 calls a minute and 120 an hour.
///
/// Source: learn.microsoft.com/defender-endpoint/api/get-package-sas-uri.
pub(crate) const PACKAGES: &[Window] = &windows(2, 120);

/// Batch update of alerts: 10 calls a minute and 500 an hour.
///
/// Source: learn.microsoft.com/defender-endpoint/api/batch-update-alerts.
pub(crate) const ALERT_BATCHES: &[Window] = &windows(10, 500);

/// Raising an alert from an event: 15 calls a minute. No hourly figure is named; the usual one is kept.
///
/// Source: learn.microsoft.com/defender-endpoint/api/create-alert-by-reference.
pub(crate) const ALERT_CREATIONS: &[Window] = &windows(15, 1_500);

/// Starting an automated investigation: 50 calls an hour.
///
/// Source: learn.microsoft.com/defender-endpoint/api/initiate-autoir-investigation.
pub(crate) const INVESTIGATIONS: &[Window] = &[Window {
    limit: 50,
    length: HOUR,
}];

/// Live response: 10 calls a minute. No hourly figure is named; the usual one is kept.
///
/// Source: learn.microsoft.com/defender-endpoint/api/run-live-response, "Limitations".
pub(crate) const LIVE_RESPONSES: &[Window] = &windows(10, 1_500);

/// Alerts and incidents on Graph: 50 calls a minute and 1,500 an hour, which is what the page of the same incidents on
/// Defender XDR allows; Graph's own page names no figure.
///
/// Source: learn.microsoft.com/defender-xdr/api-incident.
pub(crate) const GRAPH_SECURITY: &[Window] = &windows(50, 1_500);

/// One endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// The call in messages, as a verb phrase.
    pub(crate) operation: &'static str,
    pub(crate) service: Service,
    /// The endpoint's name in the quota ledger.
    pub(crate) endpoint: &'static str,
    pub(crate) windows: &'static [Window],
    /// App permissions of which one suffices.
    pub(crate) permissions: &'static [&'static str],
    pub(crate) repeat: Repeat,
}

impl Route {
    /// An endpoint of Defender for Endpoint that only reads.
    pub(crate) const fn read(
        operation: &'static str,
        endpoint: &'static str,
        permissions: &'static [&'static str],
    ) -> Self {
        Self {
            operation,
            service: Service::Defender,
            endpoint,
            windows: USUAL,
            permissions,
            repeat: Repeat::Safe,
        }
    }

    /// An endpoint of Defender for Endpoint that changes something. Its requests are repeated only when they
    /// certainly were not carried out.
    pub(crate) const fn write(
        operation: &'static str,
        endpoint: &'static str,
        permissions: &'static [&'static str],
    ) -> Self {
        Self {
            repeat: Repeat::OnlyIfNotDone,
            ..Self::read(operation, endpoint, permissions)
        }
    }

    /// An endpoint of Graph's security API that only reads.
    pub(crate) const fn graph(
        operation: &'static str,
        endpoint: &'static str,
        permissions: &'static [&'static str],
    ) -> Self {
        let route = Self::read(operation, endpoint, permissions);
        Self {
            service: Service::Graph,
            windows: GRAPH_SECURITY,
            ..route
        }
    }

    pub(crate) const fn within(self, windows: &'static [Window]) -> Self {
        Self { windows, ..self }
    }

    pub(crate) fn kind(&self) -> CallKind {
        CallKind {
            operation: self.operation,
            service: self.service,
            repeat: self.repeat,
            endpoint: self.endpoint,
            windows: self.windows.to_vec(),
            permissions: self.permissions,
        }
    }

    pub(crate) fn unreadable(
        &self,
        request: Option<String>,
        source: AnswerProblem,
    ) -> DefenderError {
        DefenderError::Unreadable {
            operation: self.operation,
            request,
            source,
        }
    }
}
