//! `AlertInfo` and `AlertEvidence`.

use super::Table;
use crate::generate::person::Account;
use crate::generate::rows::{Evidence, EvidenceRow, Item, Rows};

pub(super) fn info<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::dated("AlertInfo", &rows.alert);
    let all = || rows.alert.iter().map(|row| row.alert);
    table.text("AlertId", all().map(|alert| alert.id.as_str()));
    table.text("Title", all().map(|alert| alert.title));
    table.text("Category", all().map(|alert| alert.category));
    table.text("Severity", all().map(|alert| alert.severity));
    table.text("ServiceSource", all().map(|alert| alert.source));
    table.text("DetectionSource", all().map(|alert| alert.detector));
    table.text("AttackTechniques", all().map(|alert| alert.techniques));
    table
}

pub(super) fn evidence<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::dated("AlertEvidence", &rows.evidence);
    let all = || rows.evidence.iter();
    table.text("AlertId", all().map(|row| row.alert.id.as_str()));
    table.text("Title", all().map(|row| row.alert.title));
    table.text("ServiceSource", all().map(|row| row.alert.source));
    table.text("DetectionSource", all().map(|row| row.alert.detector));
    table.text("AttackTechniques", all().map(|row| row.alert.techniques));
    table.text("Severity", all().map(|row| row.alert.severity));
    table.text("DeviceId", all().map(|row| row.stamp.device.id.as_str()));
    table.text(
        "DeviceName",
        all().map(|row| row.stamp.device.name.as_str()),
    );
    table.text("EntityType", all().map(|row| entity_type(&row.evidence)));
    table.text("EvidenceRole", all().map(|row| role(&row.evidence)));
    table.text("LocalIP", all().map(|row| machine_ip(row)));
    table.text(
        "RemoteIP",
        all().map(|row| {
            if let Evidence::Ip(ip) = &row.evidence {
                ip.as_ref()
            } else {
                ""
            }
        }),
    );
    table.text(
        "RemoteUrl",
        all().map(|row| {
            if let Evidence::Url(url) = &row.evidence {
                url.as_ref()
            } else {
                ""
            }
        }),
    );
    table.text(
        "EmailSubject",
        all().map(|row| {
            if let Evidence::Message(subject) = &row.evidence {
                subject.as_ref()
            } else {
                ""
            }
        }),
    );
    table.text(
        "ProcessCommandLine",
        all().map(|row| {
            if let Evidence::Process(_, command) = &row.evidence {
                command.as_ref()
            } else {
                ""
            }
        }),
    );
    file(&mut table, rows);
    account(&mut table, rows);
    table
}

fn file<'a>(table: &mut Table<'a>, rows: &'a Rows<'_>) {
    let all = || rows.evidence.iter().map(|row| item(&row.evidence));
    let digests = || all().map(|item| item.and_then(|item| item.digests.as_deref()));
    table.text(
        "FileName",
        all().map(|item| item.map_or("", |item| item.name.as_ref())),
    );
    table.text(
        "FolderPath",
        all().map(|item| item.map_or("", |item| item.path.as_ref())),
    );
    table.text(
        "SHA1",
        digests().map(|digests| digests.map_or("", |digests| digests.sha1.as_str())),
    );
    table.text(
        "SHA256",
        digests().map(|digests| digests.map_or("", |digests| digests.sha256.as_str())),
    );
    table.long("FileSize", all().map(|item| item?.size));
}

fn account<'a>(table: &mut Table<'a>, rows: &'a Rows<'_>) {
    let all = || rows.evidence.iter().map(|row| user(&row.evidence));
    table.text(
        "AccountName",
        all().map(|account| account.map_or("", |account| account.name.as_str())),
    );
    table.text(
        "AccountDomain",
        all().map(|account| account.map_or("", |account| account.domain.as_str())),
    );
    table.text(
        "AccountSid",
        all().map(|account| account.map_or("", |account| account.sid.as_str())),
    );
    table.text(
        "AccountObjectId",
        all().map(|account| account.map_or("", |account| account.object_id.as_str())),
    );
    table.text(
        "AccountUpn",
        all().map(|account| account.map_or("", |account| account.upn.as_str())),
    );
}

fn entity_type(evidence: &Evidence<'_>) -> &'static str {
    match evidence {
        Evidence::Machine => "Machine",
        Evidence::User(_) => "User",
        Evidence::File(_) => "File",
        Evidence::Process(..) => "Process",
        Evidence::Ip(_) => "Ip",
        Evidence::Url(_) => "Url",
        Evidence::Message(_) => "MailMessage",
    }
}

fn role(evidence: &Evidence<'_>) -> &'static str {
    match evidence {
        Evidence::Machine | Evidence::User(_) => "Impacted",
        _ => "Related",
    }
}

fn machine_ip<'a>(row: &'a EvidenceRow<'_>) -> &'a str {
    if matches!(row.evidence, Evidence::Machine) {
        &row.stamp.device.ip
    } else {
        ""
    }
}

fn item<'a, 't>(evidence: &'a Evidence<'t>) -> Option<&'a Item<'t>> {
    match evidence {
        Evidence::File(item) | Evidence::Process(item, _) => Some(item),
        _ => None,
    }
}

fn user<'t>(evidence: &Evidence<'t>) -> Option<&'t Account> {
    if let Evidence::User(account) = evidence {
        Some(account)
    } else {
        None
    }
}
