//! `IdentityLogonEvents` and `CloudAppEvents`.

use super::Table;
use crate::generate::person::Person;
use crate::generate::rows::Rows;
use crate::generate::site::SITES;

pub(super) fn table<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::dated("IdentityLogonEvents", &rows.sign_in);
    let all = || rows.sign_in.iter();
    table.text("ActionType", all().map(|row| row.action));
    table.text("Application", all().map(|row| row.application));
    table.text("LogonType", all().map(|row| row.kind));
    table.text("Protocol", all().map(|row| row.protocol));
    table.text("FailureReason", all().map(|row| row.failure));
    table.text(
        "AccountName",
        all().map(|row| row.person.account.name.as_str()),
    );
    table.text(
        "AccountDomain",
        all().map(|row| row.person.account.domain.as_str()),
    );
    table.text(
        "AccountUpn",
        all().map(|row| row.person.account.upn.as_str()),
    );
    table.text(
        "AccountSid",
        all().map(|row| row.person.account.sid.as_str()),
    );
    table.text(
        "AccountObjectId",
        all().map(|row| row.person.account.object_id.as_str()),
    );
    table.text(
        "AccountDisplayName",
        all().map(|row| row.person.display_name.as_str()),
    );
    table.text(
        "DeviceName",
        all().map(|row| row.stamp.device.name.as_str()),
    );
    table.text("DeviceType", all().map(|_| "Desktop"));
    table.text(
        "OSPlatform",
        all().map(|row| row.stamp.device.system.platform),
    );
    table.text("IPAddress", all().map(|row| row.ip.as_ref()));
    table.text(
        "DestinationDeviceName",
        all().map(|row| row.destination.as_ref()),
    );
    table.text(
        "DestinationIPAddress",
        all().map(|row| row.destination_ip.as_ref()),
    );
    table.int("DestinationPort", all().map(|row| row.destination_port));
    table.text("Location", all().map(|row| country(row.person)));
    table.text("ReportId", all().map(|row| row.record.as_str()));
    table
}

pub(super) fn cloud<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::dated("CloudAppEvents", &rows.cloud);
    let all = || rows.cloud.iter();
    table.text("ActionType", all().map(|row| row.action));
    table.text("Application", all().map(|row| row.application));
    table.int("ApplicationId", all().map(|row| Some(row.application_id)));
    table.text(
        "AccountObjectId",
        all().map(|row| row.person.account.object_id.as_str()),
    );
    table.text(
        "AccountId",
        all().map(|row| row.person.account.upn.as_str()),
    );
    table.text(
        "AccountDisplayName",
        all().map(|row| row.person.display_name.as_str()),
    );
    table.bool("IsAdminOperation", all().map(|_| Some(false)));
    table.text("DeviceType", all().map(|_| "Desktop"));
    table.text(
        "OSPlatform",
        all().map(|row| row.stamp.device.system.platform),
    );
    table.text("IPAddress", all().map(|row| row.ip.as_ref()));
    table.bool("IsAnonymousProxy", all().map(|_| Some(false)));
    table.text("CountryCode", all().map(|row| country(row.person)));
    table.text("City", all().map(|row| SITES[row.person.site].city));
    table.text("ActivityType", all().map(|_| "Basic"));
    table.text("ObjectName", all().map(|row| row.object.as_ref()));
    table.text("ObjectType", all().map(|_| "File"));
    table.text("AccountType", all().map(|_| "Regular"));
    table.bool("IsExternalUser", all().map(|_| Some(false)));
    table.bool("IsImpersonated", all().map(|_| Some(false)));
    table.dynamic("RawEventData", all().map(|row| row.raw.as_str()));
    table.text("ReportId", all().map(|row| row.record.as_str()));
    table
}

fn country(person: &Person) -> &'static str {
    SITES[person.site].country
}
