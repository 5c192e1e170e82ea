//! Export assessments: everything about all machines in few calls.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/get-assessment-methods-properties and its neighbours.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::export_files::{ExportFiles, SignedFiles};
use super::list::ItemStream;
use super::{ConfigurationRecord, DeltaRecord, SoftwareRecord, VulnerabilityRecord};
use crate::core::Core;
use crate::odata::{Listing, Pages, Stepping};
use crate::route::{EXPORT_FILES, EXPORT_PAGES, Route};
use crate::wire::Entity;
use crate::{DefenderError, Service};

/// Largest page of an export, in records; 50,000 where nothing is asked for.
pub const EXPORT_PAGE_MAX: u32 = 200_000;

/// How far back changes can be asked for: 14 days.
pub const DELTA_AGE_MAX: Duration = Duration::from_secs(14 * 86_400);

/// Longest validity of a file's address, in hours.
const VALID_HOURS_MAX: u8 = 6;

const SOFTWARE: &[&str] = &["Software.Read.All"];
const VULNERABILITY: &[&str] = &["Vulnerability.Read.All"];

pub(crate) const EXPORT_SOFTWARE: Route = Route::read(
    "export software",
    "GET /api/machines/SoftwareInventoryByMachine",
    SOFTWARE,
)
.within(EXPORT_PAGES);
pub(crate) const EXPORT_VULNERABILITIES: Route = Route::read(
    "export vulnerabilities",
    "GET /api/machines/SoftwareVulnerabilitiesByMachine",
    VULNERABILITY,
)
.within(EXPORT_PAGES);

/// Export assessments of one tenant, from [`DefenderReader::exports`](crate::DefenderReader::exports).
///
/// Records may repeat: the service does not promise otherwise, and there are too many to remember.
#[derive(Debug, Clone)]
pub struct Exports {
    pub(crate) core: Arc<Core>,
}

impl Exports {
    /// Software on all machines, in pages of `page_size` records.
    #[must_use]
    pub fn software(&self, page_size: Option<u32>) -> ItemStream<SoftwareRecord> {
        self.pages(
            EXPORT_SOFTWARE,
            "SoftwareInventoryByMachine",
            page_size,
            None,
        )
    }

    /// Vulnerabilities on all machines, in pages of `page_size` records.
    #[must_use]
    pub fn vulnerabilities(&self, page_size: Option<u32>) -> ItemStream<VulnerabilityRecord> {
        self.pages(
            EXPORT_VULNERABILITIES,
            "SoftwareVulnerabilitiesByMachine",
            page_size,
            None,
        )
    }

    /// Configuration of all machines, in pages of `page_size` records.
    #[must_use]
    pub fn configurations(&self, page_size: Option<u32>) -> ItemStream<ConfigurationRecord> {
        let endpoint = "GET /api/machines/SecureConfigurationsAssessmentByMachine";
        let route = Route::read("export configurations", endpoint, VULNERABILITY);
        self.pages(
            route,
            "SecureConfigurationsAssessmentByMachine",
            page_size,
            None,
        )
    }

    /// What changed in vulnerabilities since an instant at most 14 days back.
    ///
    /// # Errors
    /// [`DefenderError::Unfit`] for an older instant; nothing was sent.
    pub fn vulnerability_changes(
        &self,
        since: Timestamp,
        page_size: Option<u32>,
    ) -> Result<ItemStream<DeltaRecord>, DefenderError> {
        let endpoint = "GET /api/machines/SoftwareVulnerabilityChangesByMachine";
        let route = Route::read("export changes of vulnerabilities", endpoint, VULNERABILITY);
        let now = self.core.caller.requests.clock.now();
        let oldest = now.checked_sub(DELTA_AGE_MAX).unwrap_or(Timestamp::MIN);
        if since < oldest {
            let reason =
                format!("changes go back to {oldest} at most, not to {since}; make a full export");
            return Err(DefenderError::Unfit {
                operation: route.operation,
                reason,
            });
        }
        Ok(self.pages(
            route,
            "SoftwareVulnerabilityChangesByMachine",
            page_size,
            Some(since),
        ))
    }

    /// Software on all machines, as files whose addresses are valid for `valid_hours` (1 to 6; 1 where not given).
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn software_files(
        &self,
        valid_hours: Option<u8>,
    ) -> Result<ExportFiles<SoftwareRecord>, DefenderError> {
        let endpoint = "GET /api/machines/SoftwareInventoryExport";
        let route = Route::read("export software files", endpoint, SOFTWARE);
        self.files(route, "SoftwareInventoryExport", valid_hours)
            .await
    }

    /// Vulnerabilities on all machines, as files.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn vulnerability_files(
        &self,
        valid_hours: Option<u8>,
    ) -> Result<ExportFiles<VulnerabilityRecord>, DefenderError> {
        let endpoint = "GET /api/machines/SoftwareVulnerabilitiesExport";
        let route = Route::read("export vulnerability files", endpoint, VULNERABILITY);
        self.files(route, "SoftwareVulnerabilitiesExport", valid_hours)
            .await
    }

    /// Configuration of all machines, as files.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn configuration_files(
        &self,
        valid_hours: Option<u8>,
    ) -> Result<ExportFiles<ConfigurationRecord>, DefenderError> {
        let endpoint = "GET /api/machines/SecureConfigurationsAssessmentExport";
        let route = Route::read("export configuration files", endpoint, VULNERABILITY);
        self.files(route, "SecureConfigurationsAssessmentExport", valid_hours)
            .await
    }

    fn pages<T: Entity>(
        &self,
        route: Route,
        name: &str,
        page_size: Option<u32>,
        since: Option<Timestamp>,
    ) -> ItemStream<T> {
        let mut url = self
            .core
            .url(Service::Defender, "/api", &["machines", name]);
        if let Some(size) = page_size {
            let size = size.clamp(1, EXPORT_PAGE_MAX);
            url.query_pairs_mut()
                .append_pair("pageSize", &size.to_string());
        }
        if let Some(since) = since {
            url.query_pairs_mut()
                .append_pair("sinceTime", &since.to_string());
        }
        let route = route.within(EXPORT_PAGES);
        let listing = Listing {
            route,
            url,
            stepping: Stepping::Links,
            page_max: None,
            limit: None,
        };
        Pages::stream(Arc::clone(&self.core), listing)
    }

    async fn files<T: Entity>(
        &self,
        route: Route,
        name: &str,
        valid_hours: Option<u8>,
    ) -> Result<ExportFiles<T>, DefenderError> {
        let route = route.within(EXPORT_FILES);
        let mut url = self
            .core
            .url(Service::Defender, "/api", &["machines", name]);
        if let Some(hours) = valid_hours {
            let hours = hours.clamp(1, VALID_HOURS_MAX);
            url.query_pairs_mut()
                .append_pair("sasValidHours", &hours.to_string());
        }
        let (object, request_id) = self.core.get_object(&route, url).await?;
        let files: SignedFiles = crate::core::entity(&route, object, request_id.clone())?;
        ExportFiles::new(Arc::clone(&self.core), &files)
            .map_err(|source| route.unreadable(request_id, source))
    }
}
