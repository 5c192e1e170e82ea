//! `DeviceFileEvents` and `DeviceFileCertificateInfo`.

use super::{Table, initiating};
use crate::generate::rows::{Item, Rows};

pub(super) fn table<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::of_device("DeviceFileEvents", &rows.file);
    let processes: Vec<_> = rows
        .file
        .iter()
        .map(|row| rows.process(row.process))
        .collect();
    let all = || rows.file.iter();
    table.text("ActionType", all().map(|row| row.action));
    item(&mut table, || rows.file.iter().map(|row| Some(&row.item)));
    table.text("FileOriginUrl", all().map(|row| row.origin_url.as_ref()));
    table.text(
        "FileOriginReferrerUrl",
        all().map(|row| row.origin_referrer.as_ref()),
    );
    table.text("FileOriginIP", all().map(|row| row.origin_ip.as_ref()));
    table.text(
        "PreviousFolderPath",
        all().map(|row| row.previous.as_ref().map_or("", |(folder, _)| folder)),
    );
    table.text(
        "PreviousFileName",
        all().map(|row| row.previous.as_ref().map_or("", |(_, name)| name)),
    );
    table.text("SensitivityLabel", all().map(|row| row.label));
    table.bool("IsAzureInfoProtectionApplied", all().map(|_| Some(false)));
    request(&mut table, rows);
    initiating::columns(&mut table, &processes);
    initiating::rights(&mut table, &processes);
    table
}

/// The columns of a file that something was done with.
pub(super) fn item<'a, 't: 'a, I>(table: &mut Table<'a>, items: impl Fn() -> I)
where
    I: Iterator<Item = Option<&'a Item<'t>>>,
{
    let digests = |item: Option<&'a Item<'t>>| item.and_then(|item| item.digests.as_deref());
    let sha256 = |item: Option<&'a Item<'t>>| digests(item.filter(|item| item.has_sha256));
    table.text(
        "FileName",
        items().map(|item| item.map_or("", |item| item.name.as_ref())),
    );
    table.text(
        "FolderPath",
        items().map(|item| item.map_or("", |item| item.path.as_ref())),
    );
    table.text(
        "SHA1",
        items().map(|item| digests(item).map_or("", |digests| digests.sha1.as_str())),
    );
    table.text(
        "SHA256",
        items().map(|item| sha256(item).map_or("", |digests| digests.sha256.as_str())),
    );
    table.text(
        "MD5",
        items().map(|item| digests(item).map_or("", |digests| digests.md5.as_str())),
    );
    table.long(
        "FileSize",
        items().map(|item| item.and_then(|item| item.size)),
    );
}

fn request<'a>(table: &mut Table<'a>, rows: &'a Rows<'_>) {
    let all = || rows.file.iter().map(|row| row.request.as_ref());
    table.text(
        "RequestProtocol",
        all().map(|request| request.map_or("Local", |_| "Smb")),
    );
    table.text(
        "RequestSourceIP",
        all().map(|request| request.map_or("", |request| request.source_ip.as_ref())),
    );
    table.int(
        "RequestSourcePort",
        all().map(|request| request.map(|request| request.source_port)),
    );
    table.text(
        "RequestAccountName",
        all().map(|request| request.map_or("", |request| request.account.name.as_str())),
    );
    table.text(
        "RequestAccountDomain",
        all().map(|request| request.map_or("", |request| request.account.domain.as_str())),
    );
    table.text(
        "RequestAccountSid",
        all().map(|request| request.map_or("", |request| request.account.sid.as_str())),
    );
    table.text(
        "ShareName",
        all().map(|request| request.map_or("", |request| request.share)),
    );
}

pub(super) fn certificates<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::of_device("DeviceFileCertificateInfo", &rows.certificate);
    let all = || rows.certificate.iter().map(|row| row.certificate);
    table.text("SHA1", rows.certificate.iter().map(|row| row.sha1));
    table.bool(
        "IsSigned",
        all().map(|certificate| Some(certificate.is_some())),
    );
    table.text(
        "SignatureType",
        all().map(|certificate| certificate.map_or("", |_| "Embedded")),
    );
    table.text(
        "Signer",
        all().map(|certificate| certificate.map_or("", |certificate| certificate.signer)),
    );
    table.text(
        "SignerHash",
        all().map(|certificate| {
            certificate.map_or("", |certificate| certificate.signer_hash.as_str())
        }),
    );
    table.text(
        "Issuer",
        all().map(|certificate| certificate.map_or("", |certificate| certificate.issuer)),
    );
    table.text(
        "IssuerHash",
        all().map(|certificate| {
            certificate.map_or("", |certificate| certificate.issuer_hash.as_str())
        }),
    );
    table.text(
        "CertificateSerialNumber",
        all().map(|certificate| certificate.map_or("", |certificate| certificate.serial.as_str())),
    );
    table.text(
        "CrlDistributionPointUrls",
        all().map(|certificate| certificate.map_or("", |certificate| certificate.revocation_list)),
    );
    table.moment(
        "CertificateCreationTime",
        all().map(|certificate| Some(certificate?.created)),
    );
    table.moment(
        "CertificateExpirationTime",
        all().map(|certificate| Some(certificate?.expires)),
    );
    table.bool(
        "IsTrusted",
        all().map(|certificate| Some(certificate?.is_trusted)),
    );
    table.bool(
        "IsRootSignerMicrosoft",
        all().map(|certificate| Some(certificate?.is_microsoft_root)),
    );
    table
}
