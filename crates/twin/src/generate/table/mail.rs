//! `EmailEvents`, `EmailUrlInfo`, `EmailAttachmentInfo` and `UrlClickEvents`.

use super::Table;
use crate::generate::rows::{Rows, Sender};

pub(super) fn table<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::dated("EmailEvents", &rows.mail);
    let all = || rows.mail.iter();
    sender(&mut table, || rows.mail.iter().map(|row| &row.sender));
    table.text("NetworkMessageId", all().map(|row| row.message_id.as_str()));
    table.text(
        "InternetMessageId",
        all().map(|row| row.internet_id.as_str()),
    );
    table.text(
        "SenderMailFromAddress",
        all().map(|row| row.sender.address.as_ref()),
    );
    table.text("SenderMailFromDomain", all().map(|row| row.sender.domain()));
    table.text("SenderFromDomain", all().map(|row| row.sender.domain()));
    table.text("SenderIPv4", all().map(|row| row.sender.ipv4.as_ref()));
    table.text("SenderIPv6", all().map(|row| row.sender.ipv6.as_ref()));
    table.text(
        "RecipientEmailAddress",
        all().map(|row| row.recipient.account.upn.as_str()),
    );
    table.text(
        "RecipientObjectId",
        all().map(|row| row.recipient.account.object_id.as_str()),
    );
    table.text("Subject", all().map(|row| row.subject.as_ref()));
    table.long("EmailClusterId", all().map(|row| Some(row.cluster)));
    table.text("EmailDirection", all().map(|row| row.direction));
    table.int("AttachmentCount", all().map(|row| Some(row.attachments)));
    table.int("UrlCount", all().map(|row| Some(row.urls)));
    table.text("EmailLanguage", all().map(|_| "en"));
    table.text("ReportId", all().map(|row| row.record.as_str()));
    verdict(&mut table, rows);
    table
}

fn verdict<'a>(table: &mut Table<'a>, rows: &'a Rows<'_>) {
    const PASSED: &str = r#"{"SPF":"pass","DKIM":"pass","DMARC":"pass","CompAuth":"pass"}"#;
    let all = || rows.mail.iter().map(|row| row.verdict);
    table.text("DeliveryAction", all().map(|verdict| verdict.action));
    table.text("DeliveryLocation", all().map(|verdict| verdict.location));
    table.text("LatestDeliveryAction", all().map(|verdict| verdict.action));
    table.text(
        "LatestDeliveryLocation",
        all().map(|verdict| verdict.location),
    );
    table.text("ThreatTypes", all().map(|verdict| verdict.threat));
    table.text("DetectionMethods", all().map(|verdict| verdict.method));
    table.text("AuthenticationDetails", all().map(|_| PASSED));
}

fn sender<'a, 't: 'a, I>(table: &mut Table<'a>, senders: impl Fn() -> I)
where
    I: Iterator<Item = &'a Sender<'t>>,
{
    table.text(
        "SenderFromAddress",
        senders().map(|sender| sender.address.as_ref()),
    );
    table.text(
        "SenderDisplayName",
        senders().map(|sender| sender.display_name.as_ref()),
    );
    table.text("SenderObjectId", senders().map(|sender| sender.object_id));
}

pub(super) fn urls<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::dated("EmailUrlInfo", &rows.mail_url);
    let all = || rows.mail_url.iter();
    table.text("NetworkMessageId", all().map(|row| row.message_id.as_str()));
    table.text("Url", all().map(|row| row.url.as_ref()));
    table.text("UrlDomain", all().map(|row| host(&row.url)));
    table.text("UrlLocation", all().map(|row| row.location));
    table.text("ReportId", all().map(|row| row.record.as_str()));
    table
}

/// The host in a URL of the mail tables, which always has a scheme and never a port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}

pub(super) fn attachments<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::dated("EmailAttachmentInfo", &rows.attachment);
    let all = || rows.attachment.iter();
    sender(&mut table, || rows.attachment.iter().map(|row| &row.sender));
    table.text("NetworkMessageId", all().map(|row| row.message_id.as_str()));
    table.text(
        "RecipientEmailAddress",
        all().map(|row| row.recipient.account.upn.as_str()),
    );
    table.text(
        "RecipientObjectId",
        all().map(|row| row.recipient.account.object_id.as_str()),
    );
    table.text("FileName", all().map(|row| row.item.name.as_ref()));
    table.text(
        "FileType",
        all().map(|row| row.item.name.rsplit('.').next().unwrap_or_default()),
    );
    table.text(
        "SHA256",
        all().map(|row| {
            row.item
                .digests
                .as_deref()
                .map_or("", |digests| digests.sha256.as_str())
        }),
    );
    table.long("FileSize", all().map(|row| row.item.size));
    table.text("ThreatTypes", all().map(|row| row.threat));
    table.text("ReportId", all().map(|row| row.record.as_str()));
    table
}

pub(super) fn clicks<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::dated("UrlClickEvents", &rows.click);
    let all = || rows.click.iter();
    table.text("Url", all().map(|row| row.url.as_ref()));
    table.text("ActionType", all().map(|row| row.action));
    table.text(
        "AccountUpn",
        all().map(|row| row.person.account.upn.as_str()),
    );
    table.text("Workload", all().map(|row| row.workload));
    table.text("NetworkMessageId", all().map(|row| row.message_id.as_str()));
    table.text("ThreatTypes", all().map(|row| row.threat));
    table.text("IPAddress", all().map(|row| row.ip.as_ref()));
    table.bool(
        "IsClickedThrough",
        all().map(|row| Some(row.clicked_through)),
    );
    table.text("UrlChain", all().map(|row| row.chain.as_str()));
    table.text("ReportId", all().map(|row| row.record.as_str()));
    table.text("Type", all().map(|_| "UrlClickEvents"));
    table
}
