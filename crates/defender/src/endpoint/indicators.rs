//! Custom indicators, to be read.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/ti-indicator and get-ti-indicators-collection.

use std::sync::Arc;

use jiff::Timestamp;

use super::list::{ItemStream, PAGE_MAX, list};
use crate::core::Core;
use crate::route::Route;
use crate::wire::{entity, open_enum};
use crate::{IndicatorId, ListQuery};

/// Most active indicators of a tenant. Microsoft does not raise it.
///
/// Source: learn.microsoft.com/defender-endpoint/indicators-overview.
pub const INDICATORS_MAX: usize = 15_000;

pub(super) const INDICATOR: &[&str] = &["Ti.ReadWrite.All", "Ti.ReadWrite"];

pub(crate) const LIST_INDICATORS: Route =
    Route::read("list indicators", "GET /api/indicators", INDICATOR);

open_enum! {
    /// What an indicator matches.
    pub enum IndicatorType {
        /// A file by SHA-1.
        FileSha1 = "FileSha1",
        /// A file by SHA-256.
        FileSha256 = "FileSha256",
        /// A file by MD5.
        FileMd5 = "FileMd5",
        /// A certificate by its SHA-1 thumbprint.
        CertificateThumbprint = "CertificateThumbprint",
        /// One external address.
        IpAddress = "IpAddress",
        /// A domain and those below it.
        DomainName = "DomainName",
        /// An address of the web.
        Url = "Url",
        /// A category of web sites; cannot be written.
        WebCategory = "WebCategory",
    }
}

open_enum! {
    /// What happens on a match.
    pub enum IndicatorAction {
        /// The user is warned.
        Warn = "Warn",
        /// It is blocked.
        Block = "Block",
        /// An alert is raised.
        Audit = "Audit",
        /// Audit, in older indicators.
        Alert = "Alert",
        /// Block with an alert, in older indicators.
        AlertAndBlock = "AlertAndBlock",
        /// A file is blocked and removed.
        BlockAndRemediate = "BlockAndRemediate",
        /// It is allowed, whatever else says so.
        Allowed = "Allowed",
    }
}

open_enum! {
    /// How bad a match is.
    pub enum IndicatorSeverity {
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

entity! {
    /// A custom indicator as the tenant has it.
    pub struct Indicator keyed by id {
        /// Its id.
        id: IndicatorId = "id",
        /// What is matched.
        value: Option<String> = "indicatorValue",
        /// What that is.
        kind: Option<IndicatorType> = "indicatorType",
        /// What happens.
        action: Option<IndicatorAction> = "action",
        /// How bad it is.
        severity: Option<IndicatorSeverity> = "severity",
        /// Title.
        title: Option<String> = "title",
        /// Description.
        description: Option<String> = "description",
        /// What to do about a match.
        recommended_actions: Option<String> = "recommendedActions",
        /// A label of who made it; never changes.
        application: Option<String> = "application",
        /// Category, as a number.
        category: Option<i64> = "category",
        /// A page that is shown to a user who is stopped.
        educate_url: Option<String> = "educateUrl",
        /// How long a user may go on after a warning.
        bypass_duration_hours: Option<i64> = "bypassDurationHours",
        /// When it ends by itself; never where there is none.
        expires: Option<Timestamp> = "expirationTime",
        /// When it was made.
        created: Option<Timestamp> = "creationTimeDateTimeUtc",
        /// When it was last changed.
        last_update: Option<Timestamp> = "lastUpdateTime",
        /// The app's id or the user's name.
        created_by: Option<String> = "createdBy",
        /// The same for people.
        created_by_display_name: Option<String> = "createdByDisplayName",
        /// `PublicApi` or `Portal`.
        created_by_source: Option<String> = "createdBySource",
        /// Who changed it last.
        last_updated_by: Option<String> = "lastUpdatedBy",
        /// Device groups that it holds for; all where there is none.
        rbac_group_names: Vec<String> = "rbacGroupNames",
        /// The groups' ids.
        rbac_group_ids: Vec<String> = "rbacGroupIds",
        /// Whether a match raises an alert.
        generate_alert: Option<bool> = "generateAlert",
        /// Techniques of MITRE ATT&CK.
        mitre_techniques: Vec<String> = "mitreTechniques",
        /// Whether past events are matched too.
        historical_detection: Option<bool> = "historicalDetection",
        /// How far back.
        look_back_period: Option<String> = "lookBackPeriod",
    }
}

/// Custom indicators of one tenant, to be read, from [`DefenderReader::indicators`](crate::DefenderReader::indicators).
#[derive(Debug, Clone)]
pub struct Indicators {
    pub(crate) core: Arc<Core>,
}

impl Indicators {
    /// Active indicators, at most 10,000 a page. An app without `Ti.ReadWrite.All` sees only its own.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> ItemStream<Indicator> {
        list(
            &self.core,
            LIST_INDICATORS,
            &["indicators"],
            query,
            PAGE_MAX,
        )
    }
}
