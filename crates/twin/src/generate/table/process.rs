//! `DeviceProcessEvents`.

use super::{Table, initiating};
use crate::generate::catalogue::File;
use crate::generate::process::Process;
use crate::generate::rows::Rows;

pub(super) fn table<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::of_device("DeviceProcessEvents", &rows.process);
    let parents: Vec<_> = rows
        .process
        .iter()
        .map(|row| rows.process(row.parent))
        .collect();
    let created: Vec<_> = rows
        .process
        .iter()
        .map(|row| rows.process(row.process))
        .collect();
    table.text("ActionType", created.iter().map(|_| "ProcessCreated"));
    initiating::columns(&mut table, &parents);
    initiating::rights(&mut table, &parents);
    table.long(
        "InitiatingProcessLogonId",
        parents.iter().map(|process| Some(process.logon_id)),
    );
    table.text(
        "InitiatingProcessSignerType",
        parents.iter().map(|process| signer_type(process.file)),
    );
    table.text(
        "InitiatingProcessSignatureStatus",
        parents.iter().map(|process| signature_status(process.file)),
    );
    file(&mut table, &created);
    process(&mut table, &created);
    account(&mut table, &created);
    table
}

fn file<'a>(table: &mut Table<'a>, created: &[&'a Process<'_>]) {
    let all = || created.iter().map(|process| process.file);
    table.text("FileName", all().map(|file| file.name.as_str()));
    table.text(
        "FolderPath",
        created.iter().map(|process| process.path.as_str()),
    );
    table.text("SHA1", all().map(|file| file.digests.sha1.as_str()));
    table.text("SHA256", all().map(|file| file.digests.sha256.as_str()));
    table.text("MD5", all().map(|file| file.digests.md5.as_str()));
    table.long("FileSize", all().map(|file| Some(file.size)));
    table.text(
        "ProcessVersionInfoCompanyName",
        all().map(|file| file.company.as_str()),
    );
    table.text(
        "ProcessVersionInfoProductName",
        all().map(|file| file.product.as_str()),
    );
    table.text(
        "ProcessVersionInfoProductVersion",
        all().map(|file| file.version.as_str()),
    );
    table.text(
        "ProcessVersionInfoInternalFileName",
        all().map(|file| file.name.as_str()),
    );
    table.text(
        "ProcessVersionInfoOriginalFileName",
        all().map(|file| file.name.as_str()),
    );
    table.text(
        "ProcessVersionInfoFileDescription",
        all().map(|file| file.description.as_str()),
    );
}

fn process<'a>(table: &mut Table<'a>, created: &[&'a Process<'_>]) {
    let all = || created.iter().copied();
    table.long("ProcessId", all().map(|process| Some(process.id)));
    table.text(
        "ProcessCommandLine",
        all().map(|process| process.command_line.as_ref()),
    );
    table.text(
        "ProcessIntegrityLevel",
        all().map(|process| process.integrity.level()),
    );
    table.text(
        "ProcessTokenElevation",
        all().map(|process| process.integrity.elevation()),
    );
    table.moment(
        "ProcessCreationTime",
        all().map(|process| Some(process.created)),
    );
    table.long("LogonId", all().map(|process| Some(process.logon_id)));
    table.long(
        "CreatedProcessSessionId",
        all().map(|process| Some(process.session)),
    );
    table.bool("IsProcessRemoteSession", all().map(|_| Some(false)));
    table.text(
        "ProcessUniqueId",
        all().map(|process| process.unique_id.as_str()),
    );
}

fn account<'a>(table: &mut Table<'a>, created: &[&'a Process<'_>]) {
    let all = || created.iter().map(|process| process.account);
    table.text(
        "AccountDomain",
        all().map(|account| account.domain.as_str()),
    );
    table.text("AccountName", all().map(|account| account.name.as_str()));
    table.text("AccountSid", all().map(|account| account.sid.as_str()));
    table.text("AccountUpn", all().map(|account| account.upn.as_str()));
    table.text(
        "AccountObjectId",
        all().map(|account| account.object_id.as_str()),
    );
}

fn signer_type(file: &File) -> &'static str {
    match &file.certificate {
        Some(certificate) if certificate.is_microsoft_root => "OsVendor",
        Some(_) => "OtherVendor",
        None => "Unknown",
    }
}

fn signature_status(file: &File) -> &'static str {
    if file.certificate.is_some() {
        "Valid"
    } else {
        "Unknown"
    }
}
