//! Sign-ins to the directory, and what people do in cloud applications.

use std::borrow::Cow;

use super::DeviceDay;
use super::workday::Workday;
use crate::generate::calendar::{MINUTE, SECOND};
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::{CloudRow, SignInRow};
use crate::generate::site::name_server;

const ACTIVITIES: [(&str, &str, i32); 6] = [
    ("FileAccessed", "Microsoft SharePoint Online", 20_892),
    ("FileModified", "Microsoft SharePoint Online", 20_892),
    ("FileDownloaded", "Microsoft OneDrive for Business", 15_600),
    ("MessageSent", "Microsoft Teams", 28_375),
    ("MailItemsAccessed", "Microsoft Exchange Online", 20_893),
    ("FileUploaded", "Microsoft OneDrive for Business", 15_600),
];

/// Writes a workday's sign-ins and activities.
pub(super) fn write<'t>(day: &mut DeviceDay<'_, 't>, workday: Option<&Workday<'t>>) {
    let Some(workday) = workday else { return };
    let mut stream = day.stream(Topic::Cloud);
    directory_sign_in(day, workday, workday.begins - MINUTE, &mut stream);
    for _ in 0..stream.between(1, 3) {
        let at = workday.moment(&mut stream);
        cloud_sign_in(day, workday, at, &mut stream);
    }
    for _ in 0..stream.between(1, 4) {
        let at = workday.moment(&mut stream);
        activity(day, workday, at, &mut stream);
    }
}

fn directory_sign_in<'t>(
    day: &mut DeviceDay<'_, 't>,
    workday: &Workday<'t>,
    at: i64,
    stream: &mut Stream,
) {
    let site = day.device.site();
    let Some(stamp) = day.stamp(at) else { return };
    day.rows.sign_in.push(SignInRow {
        stamp,
        action: "LogonSuccess",
        application: "Active Directory",
        kind: "Credentials validation",
        protocol: "Kerberos",
        failure: "",
        person: workday.person,
        ip: Cow::Borrowed(day.local_ip),
        destination: Cow::Owned(format!("{}-dc-0000.contoso.com", site.code)),
        destination_ip: Cow::Owned(name_server(site)),
        destination_port: Some(88),
        record: stream.guid(),
    });
}

fn cloud_sign_in<'t>(
    day: &mut DeviceDay<'_, 't>,
    workday: &Workday<'t>,
    at: i64,
    stream: &mut Stream,
) {
    let failed = stream.chance(40);
    let Some(stamp) = day.stamp(at) else { return };
    let application = *stream.pick(&["Microsoft 365", "Microsoft Teams", "Azure Portal"]);
    day.rows.sign_in.push(SignInRow {
        stamp,
        action: if failed {
            "LogonFailed"
        } else {
            "LogonSuccess"
        },
        application,
        kind: "OAuth2:Authorize",
        protocol: "OAuth2",
        failure: if failed {
            "InvalidUserNameOrPassword"
        } else {
            ""
        },
        person: workday.person,
        ip: Cow::Borrowed(day.device.site().public_ip),
        destination: Cow::Borrowed(""),
        destination_ip: Cow::Borrowed(""),
        destination_port: None,
        record: stream.guid(),
    });
}

fn activity<'t>(day: &mut DeviceDay<'_, 't>, workday: &Workday<'t>, at: i64, stream: &mut Stream) {
    let (action, application, application_id) = *stream.pick(&ACTIVITIES);
    let object = format!(
        "https://contoso.sharepoint.com/sites/projects/Plan%20{}.docx",
        stream.below(40)
    );
    let public_ip = day.device.site().public_ip;
    let record = stream.guid();
    let Some(stamp) = day.stamp(at + SECOND) else {
        return;
    };
    day.rows.cloud.push(CloudRow {
        stamp,
        action,
        application,
        application_id,
        person: workday.person,
        ip: Cow::Borrowed(public_ip),
        raw: format!(
            r#"{{"Operation":"{action}","UserId":"{}","ClientIP":"{public_ip}","ObjectId":"{object}","Workload":"{application}"}}"#,
            workday.person.account.upn
        ),
        object: Cow::Owned(object),
        record,
    });
}
