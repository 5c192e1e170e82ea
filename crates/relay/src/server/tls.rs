//! TLS by files, which may be replaced while the relay runs.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;

use crate::time::Time;

/// How often the files are looked at: certificates are renewed days before they end.
pub const TLS_FILES_PERIOD: Duration = Duration::from_secs(60);

/// A certificate with its private key, in files.
#[derive(Debug, Clone)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: RustlsConfig,
}

/// The files of a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the certificate {} with the key {} cannot be used",
    certificate.display(),
    key.display()
)]
pub struct TlsError {
    /// The file of the certificate.
    pub certificate: PathBuf,
    /// The file of the private key.
    pub key: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

impl Tls {
    /// Reads PEM files: a certificate with those between it and its root, and its private key.
    ///
    /// # Errors
    /// [`TlsError`] where a file is not there, is no PEM, or where the key is of another certificate.
    pub async fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        tesem_defender::install_tls_provider();
        let config = read(certificate, key).await.map_err(|source| TlsError {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            source,
        })?;
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            config,
        })
    }

    pub(super) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Takes the files again whenever they changed, for ever. Files that cannot be used are reported, and the certificate in use stays.
    pub(super) async fn keep_current(&self, time: &dyn Time) -> Infallible {
        let mut known = self.changed_at();
        loop {
            time.after(TLS_FILES_PERIOD).await;
            let changed = self.changed_at();
            if changed == known {
                continue;
            }
            match read(&self.certificate, &self.key).await {
                Ok(config) => {
                    self.config.reload_from_config(config.get_inner());
                    known = changed;
                    tracing::info!("the certificate was read again");
                }
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the certificate changed and cannot be used"
                ),
            }
        }
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|path| {
            std::fs::metadata(path)
                .and_then(|file| file.modified())
                .ok()
        })
    }
}

/// What the files hold, with the one protocol that is served.
async fn read(certificate: &Path, key: &Path) -> std::io::Result<RustlsConfig> {
    let read = RustlsConfig::from_pem_file(certificate, key).await?;
    let mut config = read.get_inner().as_ref().clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}
