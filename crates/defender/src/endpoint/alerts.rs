//! Alerts of Defender for Endpoint.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/alerts, get-alerts, get-alert-related-ip-info and
//! get-alert-related-domain-info.

use std::sync::Arc;

use jiff::Timestamp;

use super::list::{ItemStream, PAGE_MAX, related};
use super::{Evidence, File, Machine, User};
use crate::core::Core;
use crate::odata::{Listing, Pages, Stepping};
use crate::route::Route;
use crate::wire::{entity, open_enum};
use crate::{AlertId, DefenderError, IncidentId, InvestigationId, ListQuery, MachineId, Service};

const ALERT: &[&str] = &["Alert.Read.All", "Alert.ReadWrite.All"];

pub(crate) const LIST_ALERTS: Route = Route::read("list alerts", "GET /api/alerts", ALERT);

open_enum! {
    /// How bad an alert is.
    pub enum AlertSeverity {
        /// Not said.
        UnSpecified = "UnSpecified",
        /// For information.
        Informational = "Informational",
        /// Low.
        Low = "Low",
        /// Medium.
        Medium = "Medium",
        /// High.
        High = "High",
    }
}

open_enum! {
    /// Where an alert is in its life.
    pub enum AlertStatus {
        /// Not said.
        Unknown = "Unknown",
        /// Nobody has looked yet.
        New = "New",
        /// Somebody is looking.
        InProgress = "InProgress",
        /// Done.
        Resolved = "Resolved",
    }
}

open_enum! {
    /// What an alert turned out to be.
    pub enum Classification {
        /// Older alerts.
        Unknown = "Unknown",
        /// Right.
        TruePositive = "TruePositive",
        /// Right, and expected.
        InformationalExpectedActivity = "InformationalExpectedActivity",
        /// Wrong.
        FalsePositive = "FalsePositive",
    }
}

open_enum! {
    /// Why it was classified so.
    pub enum Determination {
        /// An attack in stages.
        MultiStagedAttack = "MultiStagedAttack",
        /// A user with bad intent.
        MaliciousUserActivity = "MaliciousUserActivity",
        /// A user whose account is in other hands.
        CompromisedUser = "CompromisedUser",
        /// Malware.
        Malware = "Malware",
        /// Phishing.
        Phishing = "Phishing",
        /// Unwanted software.
        UnwantedSoftware = "UnwantedSoftware",
        /// Something else; the word is the service's own `Other`.
        OtherReason = "Other",
        /// A test of security.
        SecurityTesting = "SecurityTesting",
        /// An application of the organisation.
        LineOfBusinessApplication = "LineOfBusinessApplication",
        /// A user confirmed it.
        ConfirmedUserActivity = "ConfirmedUserActivity",
        /// Nothing bad.
        NotMalicious = "NotMalicious",
        /// Nothing bad, in other editions.
        Clean = "Clean",
        /// Too little is known.
        InsufficientData = "InsufficientData",
    }
}

open_enum! {
    /// How the automated investigation of an alert goes.
    pub enum InvestigationState {
        /// Not said.
        Unknown = "Unknown",
        /// Ended.
        Terminated = "Terminated",
        /// All is mended.
        SuccessfullyRemediated = "SuccessfullyRemediated",
        /// Nothing bad.
        Benign = "Benign",
        /// It failed.
        Failed = "Failed",
        /// A part is mended.
        PartiallyRemediated = "PartiallyRemediated",
        /// It runs.
        Running = "Running",
        /// Somebody has to approve.
        PendingApproval = "PendingApproval",
        /// It waits for a machine.
        PendingResource = "PendingResource",
        /// A part was looked at.
        PartiallyInvestigated = "PartiallyInvestigated",
        /// A person ended it.
        TerminatedByUser = "TerminatedByUser",
        /// The system ended it.
        TerminatedBySystem = "TerminatedBySystem",
        /// It waits.
        Queued = "Queued",
        /// An error within.
        InnerFailure = "InnerFailure",
        /// There was such an alert.
        PreexistingAlert = "PreexistingAlert",
        /// The system is not supported.
        UnsupportedOs = "UnsupportedOs",
        /// The alert's kind is not supported.
        UnsupportedAlertType = "UnsupportedAlertType",
        /// The alert is suppressed.
        SuppressedAlert = "SuppressedAlert",
    }
}

entity! {
    /// An alert.
    pub struct Alert keyed by id {
        /// Its id.
        id: AlertId = "id",
        /// The incident that it belongs to.
        incident_id: Option<IncidentId> = "incidentId",
        /// Its automated investigation.
        investigation_id: Option<InvestigationId> = "investigationId",
        /// How that goes.
        investigation_state: Option<InvestigationState> = "investigationState",
        /// Who looks after it.
        assigned_to: Option<String> = "assignedTo",
        /// How bad it is.
        severity: Option<AlertSeverity> = "severity",
        /// Where it is in its life.
        status: Option<AlertStatus> = "status",
        /// What it turned out to be.
        classification: Option<Classification> = "classification",
        /// Why.
        determination: Option<Determination> = "determination",
        /// What raised it, e.g. `WindowsDefenderAtp`; Microsoft adds to these.
        detection_source: Option<String> = "detectionSource",
        /// The rule that raised it.
        detector_id: Option<String> = "detectorId",
        /// Its category.
        category: Option<String> = "category",
        /// The family of what was found.
        threat_family_name: Option<String> = "threatFamilyName",
        /// What was found.
        threat_name: Option<String> = "threatName",
        /// Its title.
        title: Option<String> = "title",
        /// Its description.
        description: Option<String> = "description",
        /// When it was raised.
        created: Option<Timestamp> = "alertCreationTime",
        /// The first event.
        first_event: Option<Timestamp> = "firstEventTime",
        /// The last event.
        last_event: Option<Timestamp> = "lastEventTime",
        /// When it was last changed.
        last_update: Option<Timestamp> = "lastUpdateTime",
        /// When it was resolved.
        resolved: Option<Timestamp> = "resolvedTime",
        /// The machine.
        machine_id: Option<MachineId> = "machineId",
        /// The machine's name.
        computer_dns_name: Option<String> = "computerDnsName",
        /// The machine's group.
        rbac_group_name: Option<String> = "rbacGroupName",
        /// The tenant.
        aad_tenant_id: Option<String> = "aadTenantId",
        /// Techniques of MITRE ATT&CK.
        mitre_techniques: Vec<String> = "mitreTechniques",
        /// The user that it is about.
        related_user: Option<RelatedUser> = "relatedUser",
        /// Who was signed in.
        logged_on_users: Vec<LoggedOnUser> = "loggedOnUsers",
        /// What people wrote.
        comments: Vec<AlertComment> = "comments",
        /// What it is about; filled only where it was asked for.
        evidence: Vec<Evidence> = "evidence",
    }
}

entity! {
    /// The user that an alert is about.
    pub struct RelatedUser {
        /// Name.
        user_name: Option<String> = "userName",
        /// Domain.
        domain_name: Option<String> = "domainName",
    }
}

entity! {
    /// A user who was signed in.
    pub struct LoggedOnUser {
        /// Name.
        account_name: Option<String> = "accountName",
        /// Domain.
        domain_name: Option<String> = "domainName",
    }
}

entity! {
    /// A comment.
    pub struct AlertComment {
        /// The text.
        comment: Option<String> = "comment",
        /// Who wrote it.
        created_by: Option<String> = "createdBy",
        /// When.
        created: Option<Timestamp> = "createdTime",
    }
}

entity! {
    /// An IP address that an alert names.
    pub struct AlertIp keyed by id {
        /// The address.
        id: String = "id",
    }
}

entity! {
    /// A domain that an alert names.
    pub struct AlertDomain keyed by host {
        /// The domain.
        host: String = "host",
    }
}

/// Which alerts, and whether with evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertQuery {
    /// Which.
    pub list: ListQuery,
    /// Whether to ask for evidence, without which [`Alert::evidence`] is empty.
    pub with_evidence: bool,
}

/// Alerts of one tenant, from [`DefenderReader::alerts`](crate::DefenderReader::alerts).
#[derive(Debug, Clone)]
pub struct Alerts {
    pub(crate) core: Arc<Core>,
}

impl Alerts {
    /// Alerts, at most 10,000 a page.
    #[must_use]
    pub fn list(&self, query: &AlertQuery) -> ItemStream<Alert> {
        let mut url = self.core.url(Service::Defender, "/api", &["alerts"]);
        if query.with_evidence {
            url.query_pairs_mut().append_pair("$expand", "evidence");
        }
        let listing = Listing {
            route: LIST_ALERTS,
            url,
            stepping: Stepping::Skip,
            page_max: Some(PAGE_MAX),
            limit: None,
        };
        Pages::stream(Arc::clone(&self.core), listing.asking(&query.list))
    }

    /// One alert; nothing where there is none.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn get(&self, id: &AlertId) -> Result<Option<Alert>, DefenderError> {
        let route = Route::read("read an alert", "GET /api/alerts/{id}", ALERT);
        self.core
            .find(
                &route,
                self.core
                    .url(Service::Defender, "/api", &["alerts", id.as_str()]),
            )
            .await
    }

    /// The machine of an alert.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn machine(&self, id: &AlertId) -> Result<Option<Machine>, DefenderError> {
        let route = Route::read(
            "read the machine of an alert",
            "GET /api/alerts/{id}/machine",
            &["Machine.Read.All"],
        );
        self.core.find(&route, self.of(id, "machine")).await
    }

    /// The user of an alert; nothing where it has none.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn user(&self, id: &AlertId) -> Result<Option<User>, DefenderError> {
        let route = Route::read(
            "read the user of an alert",
            "GET /api/alerts/{id}/user",
            &["User.Read.All"],
        );
        self.core.find(&route, self.of(id, "user")).await
    }

    /// The files of an alert.
    #[must_use]
    pub fn files(&self, id: &AlertId) -> ItemStream<File> {
        let route = Route::read(
            "list files of an alert",
            "GET /api/alerts/{id}/files",
            &["File.Read.All"],
        );
        related(&self.core, route, &["alerts", id.as_str(), "files"])
    }

    /// The IP addresses of an alert.
    #[must_use]
    pub fn ips(&self, id: &AlertId) -> ItemStream<AlertIp> {
        let endpoint = "GET /api/alerts/{id}/ips";
        let route = Route::read("list addresses of an alert", endpoint, &["Ip.Read.All"]);
        related(&self.core, route, &["alerts", id.as_str(), "ips"])
    }

    /// The domains of an alert.
    #[must_use]
    pub fn domains(&self, id: &AlertId) -> ItemStream<AlertDomain> {
        let endpoint = "GET /api/alerts/{id}/domains";
        let route = Route::read("list domains of an alert", endpoint, &["URL.Read.All"]);
        related(&self.core, route, &["alerts", id.as_str(), "domains"])
    }

    fn of(&self, id: &AlertId, part: &str) -> url::Url {
        self.core
            .url(Service::Defender, "/api", &["alerts", id.as_str(), part])
    }
}
