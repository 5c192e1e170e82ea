//! Files by hash.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/files and get-file-statistics.

use std::sync::Arc;

use jiff::Timestamp;

use super::list::{ItemStream, related};
use super::{Alert, Machine};
use crate::core::Core;
use crate::route::Route;
use crate::wire::entity;
use crate::{DefenderError, Service};

/// Longest look back of statistics, in hours: 30 days.
const LOOK_BACK_HOURS_MAX: u32 = 720;

entity! {
    /// A file.
    pub struct File {
        /// SHA-1.
        sha1: Option<String> = "sha1",
        /// SHA-256.
        sha256: Option<String> = "sha256",
        /// MD5.
        md5: Option<String> = "md5",
        /// On how many machines in the world.
        global_prevalence: Option<i64> = "globalPrevalence",
        /// First seen in the world.
        global_first_observed: Option<Timestamp> = "globalFirstObserved",
        /// Last seen in the world.
        global_last_observed: Option<Timestamp> = "globalLastObserved",
        /// Size in bytes.
        size: Option<i64> = "size",
        /// Type.
        file_type: Option<String> = "fileType",
        /// Whether it is a Windows executable.
        is_pe_file: Option<bool> = "isPeFile",
        /// Publisher.
        file_publisher: Option<String> = "filePublisher",
        /// Product.
        file_product_name: Option<String> = "fileProductName",
        /// Who signed it.
        signer: Option<String> = "signer",
        /// Who issued the certificate.
        issuer: Option<String> = "issuer",
        /// The certificate's hash.
        signer_hash: Option<String> = "signerHash",
        /// Whether the certificate is valid.
        is_valid_certificate: Option<bool> = "isValidCertificate",
        /// What Microsoft thinks of it, e.g. `Unknown`, `Pua`.
        determination_type: Option<String> = "determinationType",
        /// A name for that.
        determination_value: Option<String> = "determinationValue",
    }
}

entity! {
    /// How often a file was seen.
    pub struct FileStats {
        /// SHA-1.
        sha1: Option<String> = "sha1",
        /// On how many machines of the organisation.
        organization_prevalence: Option<i64> = "organizationPrevalence",
        /// First seen there.
        org_first_seen: Option<Timestamp> = "orgFirstSeen",
        /// Last seen there.
        org_last_seen: Option<Timestamp> = "orgLastSeen",
        /// On how many machines in the world.
        globally_prevalence: Option<i64> = "globallyPrevalence",
        /// First seen in the world.
        global_first_observed: Option<Timestamp> = "globalFirstObserved",
        /// Last seen in the world.
        global_last_observed: Option<Timestamp> = "globalLastObserved",
        /// Its most frequent names.
        top_file_names: Vec<String> = "topFileNames",
    }
}

/// Files of one tenant, from [`DefenderReader::files`](crate::DefenderReader::files).
#[derive(Debug, Clone)]
pub struct Files {
    pub(crate) core: Arc<Core>,
}

pub(crate) const READ_FILE: Route =
    Route::read("read a file", "GET /api/files/{id}", &["File.Read.All"]);

impl Files {
    /// A file by SHA-1 or SHA-256; nothing where the service does not know it.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn get(&self, hash: &str) -> Result<Option<File>, DefenderError> {
        self.core
            .find(
                &READ_FILE,
                self.core.url(Service::Defender, "/api", &["files", hash]),
            )
            .await
    }

    /// How often a file was seen in the last `look_back_hours`, at most 720; as the service likes where not given.
    ///
    /// # Errors
    /// [`DefenderError::Unfit`] for a longer look back; [`DefenderError`].
    pub async fn stats(
        &self,
        hash: &str,
        look_back_hours: Option<u32>,
    ) -> Result<Option<FileStats>, DefenderError> {
        let route = Route::read(
            "read statistics of a file",
            "GET /api/files/{id}/stats",
            &["File.Read.All"],
        );
        let mut url = self
            .core
            .url(Service::Defender, "/api", &["files", hash, "stats"]);
        if let Some(hours) = look_back_hours {
            check_look_back(&route, hours)?;
            url.query_pairs_mut()
                .append_pair("lookBackHours", &hours.to_string());
        }
        self.core.find(&route, url).await
    }

    /// Alerts that name a file.
    #[must_use]
    pub fn alerts(&self, hash: &str) -> ItemStream<Alert> {
        let route = Route::read(
            "list alerts of a file",
            "GET /api/files/{id}/alerts",
            &["Alert.Read.All"],
        );
        related(&self.core, route, &["files", hash, "alerts"])
    }

    /// Machines that have a file. The service takes SHA-1 only, and answers nothing for a hash it does not know.
    #[must_use]
    pub fn machines(&self, sha1: &str) -> ItemStream<Machine> {
        let route = Route::read(
            "list machines of a file",
            "GET /api/files/{id}/machines",
            &["Machine.Read.All"],
        );
        related(&self.core, route, &["files", sha1, "machines"])
    }
}

fn check_look_back(route: &Route, hours: u32) -> Result<(), DefenderError> {
    if (1..=LOOK_BACK_HOURS_MAX).contains(&hours) {
        return Ok(());
    }
    let reason = format!("statistics look back 1 to {LOOK_BACK_HOURS_MAX} hours, not {hours}");
    Err(DefenderError::Unfit {
        operation: route.operation,
        reason,
    })
}
