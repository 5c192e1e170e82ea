//! The columns that describe the process that did something.

use super::Table;
use crate::generate::process::Process;

/// The columns that all tables with an initiating process have.
pub(super) fn columns<'a>(table: &mut Table<'a>, processes: &[&'a Process<'_>]) {
    account(table, processes);
    file(table, processes);
    let all = || processes.iter().copied();
    table.text(
        "InitiatingProcessCommandLine",
        all().map(|process| process.command_line.as_ref()),
    );
    table.text(
        "InitiatingProcessFolderPath",
        all().map(|process| process.path_lower.as_str()),
    );
    table.long("InitiatingProcessId", all().map(|process| Some(process.id)));
    table.moment(
        "InitiatingProcessCreationTime",
        all().map(|process| Some(process.created)),
    );
    table.text(
        "InitiatingProcessParentFileName",
        all().map(|process| process.parent_name),
    );
    table.long(
        "InitiatingProcessParentId",
        all().map(|process| Some(process.parent_id)),
    );
    table.moment(
        "InitiatingProcessParentCreationTime",
        all().map(|process| Some(process.parent_created)),
    );
    table.long(
        "InitiatingProcessSessionId",
        all().map(|process| Some(process.session)),
    );
    table.bool(
        "IsInitiatingProcessRemoteSession",
        all().map(|_| Some(false)),
    );
    table.text(
        "InitiatingProcessUniqueId",
        all().map(|process| process.unique_id.as_str()),
    );
}

/// What most, but not all of those tables have besides.
pub(super) fn rights<'a>(table: &mut Table<'a>, processes: &[&'a Process<'_>]) {
    let all = || processes.iter().copied();
    table.text(
        "InitiatingProcessIntegrityLevel",
        all().map(|process| process.integrity.level()),
    );
    table.text(
        "InitiatingProcessTokenElevation",
        all().map(|process| process.integrity.elevation()),
    );
}

fn account<'a>(table: &mut Table<'a>, processes: &[&'a Process<'_>]) {
    let all = || processes.iter().map(|process| process.account);
    table.text(
        "InitiatingProcessAccountDomain",
        all().map(|account| account.domain.as_str()),
    );
    table.text(
        "InitiatingProcessAccountName",
        all().map(|account| account.name.as_str()),
    );
    table.text(
        "InitiatingProcessAccountSid",
        all().map(|account| account.sid.as_str()),
    );
    table.text(
        "InitiatingProcessAccountUpn",
        all().map(|account| account.upn.as_str()),
    );
    table.text(
        "InitiatingProcessAccountObjectId",
        all().map(|account| account.object_id.as_str()),
    );
}

fn file<'a>(table: &mut Table<'a>, processes: &[&'a Process<'_>]) {
    let all = || processes.iter().map(|process| process.file);
    table.text(
        "InitiatingProcessSHA1",
        all().map(|file| file.digests.sha1.as_str()),
    );
    table.text(
        "InitiatingProcessSHA256",
        all().map(|file| file.digests.sha256.as_str()),
    );
    table.text(
        "InitiatingProcessMD5",
        all().map(|file| file.digests.md5.as_str()),
    );
    table.text(
        "InitiatingProcessFileName",
        all().map(|file| file.name.as_str()),
    );
    table.long(
        "InitiatingProcessFileSize",
        all().map(|file| Some(file.size)),
    );
    table.text(
        "InitiatingProcessVersionInfoCompanyName",
        all().map(|file| file.company.as_str()),
    );
    table.text(
        "InitiatingProcessVersionInfoProductName",
        all().map(|file| file.product.as_str()),
    );
    table.text(
        "InitiatingProcessVersionInfoProductVersion",
        all().map(|file| file.version.as_str()),
    );
    table.text(
        "InitiatingProcessVersionInfoInternalFileName",
        all().map(|file| file.name.as_str()),
    );
    table.text(
        "InitiatingProcessVersionInfoOriginalFileName",
        all().map(|file| file.name.as_str()),
    );
    table.text(
        "InitiatingProcessVersionInfoFileDescription",
        all().map(|file| file.description.as_str()),
    );
}
