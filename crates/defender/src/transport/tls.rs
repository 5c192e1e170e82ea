//! Cryptography for TLS.

use rustls::crypto::CryptoProvider;
use rustls::crypto::ring;

/// Makes *ring* the process's provider of cryptography for TLS, unless one is installed already.
///
/// [`DefenderClient::new`](crate::DefenderClient::new) does this; a program that makes other TLS clients first
/// calls it at its start.
pub fn install_tls_provider() {
    if CryptoProvider::get_default().is_none() {
        // Another thread may have been faster; then there is a provider, which is all that is wanted.
        let _ = ring::default_provider().install_default();
    }
}
