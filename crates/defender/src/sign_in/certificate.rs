//! A certificate that an app proves itself with.
//!
//! Source: "Microsoft identity platform application authentication certificate credentials",
//! learn.microsoft.com/entra/identity-platform/certificate-credentials.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::SigningKey;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

use super::SignInError;

/// How long an assertion is valid: it is sent at once.
const ASSERTION_LIFE: Duration = Duration::from_secs(10 * 60);

/// A certificate with its private key. Shows neither.
#[derive(Clone)]
pub struct ClientCertificate {
    key: Arc<dyn SigningKey>,
    /// SHA-256 of the certificate, by which Entra finds the public part that was uploaded to the app registration.
    thumbprint: [u8; 32],
}

/// A certificate that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCertificate {
    /// No certificate in the text.
    #[error("there is no certificate: give a PEM text with the certificate and its private key")]
    NoCertificate,
    /// No private key in the text.
    #[error("there is no private key beside the certificate: give a PEM text with both")]
    NoKey,
    /// A key that needs a password.
    #[error("the private key is encrypted, which is not supported: decrypt it (`openssl pkey`)")]
    EncryptedKey,
    /// A key of another kind.
    #[error("the private key is no RSA key of 2,048 to 8,192 bits, which Microsoft Entra wants")]
    KeyKind,
}

impl ClientCertificate {
    /// Reads a PEM text with a certificate (the first one counts) and its RSA private key (PKCS #8 or PKCS #1).
    ///
    /// # Errors
    /// [`InvalidCertificate`], which quotes nothing of the text.
    pub fn from_pem(pem: &SecretString) -> Result<Self, InvalidCertificate> {
        let pem = pem.expose_secret();
        if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(InvalidCertificate::EncryptedKey);
        }
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
        let certificate = certificate.map_err(|_| InvalidCertificate::NoCertificate)?;
        let key =
            PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| InvalidCertificate::NoKey)?;
        let key = any_supported_type(&key).map_err(|_| InvalidCertificate::KeyKind)?;
        if key
            .choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])
            .is_none()
        {
            return Err(InvalidCertificate::KeyKind);
        }
        Ok(Self {
            key,
            thumbprint: Sha256::digest(&certificate).into(),
        })
    }

    /// What proves at `now` to be `client_id`, to the token endpoint at `audience`, once.
    pub(super) fn assertion(
        &self,
        client_id: &str,
        audience: &Url,
        id: Uuid,
        now: Timestamp,
    ) -> Result<SecretString, SignInError> {
        let until = now.checked_add(ASSERTION_LIFE).unwrap_or(Timestamp::MAX);
        let thumbprint = URL_SAFE_NO_PAD.encode(self.thumbprint);
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint});
        let claims = json!({
            "aud": audience.as_str(),
            "iss": client_id,
            "sub": client_id,
            "jti": id.to_string(),
            "nbf": now.as_second(),
            "iat": now.as_second(),
            "exp": until.as_second(),
        });
        let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signer = self.key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256]);
        let signature = signer.map(|signer| signer.sign(signed.as_bytes()));
        let signature = signature
            .ok_or(SignInError::Signature)?
            .map_err(|_| SignInError::Signature)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate(…)")
    }
}
