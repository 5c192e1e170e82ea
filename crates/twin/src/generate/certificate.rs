//! Who signed the files of the tenant.

use super::calendar::{DAY, Day};
use super::digest;

/// A code-signing certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) signer: &'static str,
    /// SHA-1 thumbprint.
    pub(super) signer_hash: String,
    pub(super) issuer: &'static str,
    pub(super) issuer_hash: String,
    pub(super) serial: String,
    pub(super) revocation_list: &'static str,
    pub(super) created: i64,
    pub(super) expires: i64,
    pub(super) is_trusted: bool,
    pub(super) is_microsoft_root: bool,
}

/// 2024-06-03, the day on which the first certificate was issued.
const FIRST_ISSUE: Day = Day(19_877);

const MICROSOFT_ISSUER: (&str, &str) = (
    "Microsoft Windows Production PCA 2011",
    "http://www.microsoft.com/pkiops/crl/MicWinProPCA2011_2011-10-19.crl",
);
const PUBLIC_ISSUER: (&str, &str) = (
    "Woodgrove Trusted Code Signing CA",
    "http://crl.woodgrovebank.com/trusted-code-signing.crl",
);

impl Certificate {
    /// The certificate that stands for `signer`.
    pub(super) fn of(signer: &'static str, is_trusted: bool) -> Self {
        let is_microsoft_root = signer.starts_with("Microsoft");
        let (issuer, revocation_list) = if is_microsoft_root {
            MICROSOFT_ISSUER
        } else {
            PUBLIC_ISSUER
        };
        let signer_hash = digest::sha1(&format!("certificate {signer}"));
        let age = i64::try_from(signer.len()).unwrap_or(0) * 7;
        let created = Day(FIRST_ISSUE.0 + age).start();
        Self {
            signer,
            serial: format!("33{}", &signer_hash[..30]),
            signer_hash,
            issuer,
            issuer_hash: digest::sha1(&format!("certificate {issuer}")),
            revocation_list,
            created,
            expires: created + 3 * 365 * DAY,
            is_trusted,
            is_microsoft_root,
        }
    }
}
