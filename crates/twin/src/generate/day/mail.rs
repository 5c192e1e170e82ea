//! The mail of a device's owner, and the links in it that get clicked.

use std::borrow::Cow;

use super::DeviceDay;
use super::workday::Workday;
use crate::generate::calendar::{DAY, MINUTE};
use crate::generate::digest::Digests;
use crate::generate::person::{DOMAIN, Person};
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::{
    AttachmentRow, ClickRow, Item, MailRow, MailUrlRow, Sender, Text, Verdict,
};

const SUBJECTS: [&str; 16] = [
    "Minutes of Monday's meeting",
    "Your order has been shipped",
    "Re: offer",
    "Invitation: team lunch",
    "Weekly newsletter",
    "Invoice attached",
    "Question about the contract",
    "Travel documents",
    "Re: Re: schedule",
    "Save the date",
    "Your statement is ready",
    "Training on Thursday",
    "FW: figures",
    "Out of office",
    "Updated price list",
    "Survey: two minutes of your time",
];
const PARTNERS: [(&str, &str); 12] = [
    ("orders@northwindtraders.com", "Northwind Traders"),
    ("news@lucernepublishing.com", "Lucerne Publishing"),
    ("support@fabrikam.com", "Fabrikam Support"),
    ("billing@adatum.com", "Adatum Billing"),
    ("booking@margiestravel.com", "Margie's Travel"),
    ("noreply@woodgrovebank.com", "Woodgrove Bank"),
    ("team@proseware.com", "Proseware"),
    ("shipping@wideworldimporters.com", "Wide World Importers"),
    ("events@cohowinery.com", "Coho Winery"),
    ("info@litwareinc.com", "Litware"),
    ("jobs@treyresearch.net", "Trey Research"),
    ("offers@tailspintoys.com", "Tailspin Toys"),
];
const ATTACHMENTS: [&str; 6] = [
    "offer.pdf",
    "minutes.docx",
    "figures.xlsx",
    "invoice.pdf",
    "agenda.docx",
    "scan0001.pdf",
];

/// The judgement on nearly every message.
pub(in crate::generate) const DELIVERED: Verdict = Verdict {
    action: "Delivered",
    location: "Inbox/Folder",
    threat: "",
    method: "",
};
const JUNKED: Verdict = Verdict {
    action: "Junked",
    location: "Junk",
    threat: "Spam",
    method: "Spam",
};

/// A message to one person.
#[derive(Debug, Clone)]
pub(in crate::generate) struct Message<'t> {
    pub(in crate::generate) sender: Sender<'t>,
    pub(in crate::generate) subject: Text<'t>,
    pub(in crate::generate) verdict: Verdict,
    pub(in crate::generate) urls: Vec<Text<'t>>,
    pub(in crate::generate) attachment: Option<Item<'t>>,
}

/// Writes the day's mail; on days off less comes, and nothing is clicked.
pub(super) fn write<'t>(day: &mut DeviceDay<'_, 't>, workday: Option<&Workday<'t>>) {
    let Some(person) = day.tenant.owner(day.device) else {
        return;
    };
    let mut stream = day.stream(Topic::Mail);
    let count = if workday.is_some() {
        stream.between(4, 12)
    } else {
        stream.between(0, 3)
    };
    for _ in 0..count {
        let at = match workday {
            Some(workday) => workday.moment(&mut stream),
            None => stream.between(day.day.start(), day.day.start() + DAY),
        };
        let message = message(day, &mut stream);
        let clicked = message
            .urls
            .first()
            .filter(|_| workday.is_some() && stream.chance(150))
            .cloned();
        let id = day.receive(at, person, message, &mut stream);
        if let Some(url) = clicked {
            day.click(at + 5 * MINUTE, person, &id, url, &mut stream);
        }
    }
}

fn message<'t>(day: &DeviceDay<'_, 't>, stream: &mut Stream) -> Message<'t> {
    let sender = if stream.chance(450) {
        colleague(day, stream)
    } else {
        partner(stream)
    };
    let urls = match stream.below(10) {
        0..5 => Vec::new(),
        5..8 => vec![url(day, stream)],
        _ => vec![url(day, stream), url(day, stream)],
    };
    let is_internal = !sender.object_id.is_empty();
    Message {
        attachment: stream.chance(180).then(|| attachment(&sender, stream)),
        verdict: if !is_internal && stream.chance(60) {
            JUNKED
        } else {
            DELIVERED
        },
        subject: Cow::Borrowed(*stream.pick(&SUBJECTS)),
        sender,
        urls,
    }
}

fn colleague<'t>(day: &DeviceDay<'_, 't>, stream: &mut Stream) -> Sender<'t> {
    match day.tenant.colleague(stream) {
        Some(person) => Sender {
            address: Cow::Borrowed(&person.account.upn),
            display_name: Cow::Borrowed(&person.display_name),
            object_id: &person.account.object_id,
            ipv4: Cow::Borrowed(""),
            ipv6: Cow::Borrowed(""),
        },
        None => partner(stream),
    }
}

fn partner<'t>(stream: &mut Stream) -> Sender<'t> {
    let place = stream.index(PARTNERS.len());
    let (address, display_name) = PARTNERS[place];
    let over_ipv6 = stream.chance(200);
    let (ipv4, ipv6) = match over_ipv6 {
        true => (
            Cow::Borrowed(""),
            Cow::Owned(format!("2001:db8:1fff::{:x}", place + 0x25)),
        ),
        false => (
            Cow::Owned(format!("198.18.250.{}", place + 25)),
            Cow::Borrowed(""),
        ),
    };
    Sender {
        address: Cow::Borrowed(address),
        display_name: Cow::Borrowed(display_name),
        object_id: "",
        ipv4,
        ipv6,
    }
}

fn url<'t>(day: &DeviceDay<'_, 't>, stream: &mut Stream) -> Text<'t> {
    let host = day.tenant.web.visited(stream);
    Cow::Owned(format!("https://{}{}", host.name, host.path))
}

/// A partner sends the same few files again and again.
fn attachment<'t>(sender: &Sender<'t>, stream: &mut Stream) -> Item<'t> {
    let name = *stream.pick(&ATTACHMENTS);
    let label = format!("attachment {} {name} {}", sender.address, stream.below(200));
    Item {
        name: Cow::Borrowed(name),
        path: Cow::Borrowed(""),
        digests: Some(Cow::Owned(Digests::of(&label))),
        has_sha256: true,
        size: Some(stream.between(8_000, 2_000_000)),
    }
}

impl<'t> DeviceDay<'_, 't> {
    /// Records a message in all the mail tables; gives its network message id.
    pub(in crate::generate) fn receive(
        &mut self,
        at: i64,
        recipient: &'t Person,
        message: Message<'t>,
        stream: &mut Stream,
    ) -> String {
        let id = stream.guid();
        let record = format!("{id}-{}", 1_000 + stream.below(9_000));
        let urls = i32::try_from(message.urls.len()).unwrap_or(0);
        let attachments = i32::from(message.attachment.is_some());
        let is_internal = message.sender.domain() == DOMAIN;
        for (url, number) in message.urls.into_iter().zip(1..) {
            let Some(stamp) = self.stamp(at) else { break };
            let record = format!("{record}-{number}");
            self.rows.mail_url.push(MailUrlRow {
                stamp,
                message_id: id.clone(),
                url,
                location: "Body",
                record,
            });
        }
        if let (Some(item), Some(stamp)) = (message.attachment, self.stamp(at)) {
            self.rows.attachment.push(AttachmentRow {
                stamp,
                message_id: id.clone(),
                sender: message.sender.clone(),
                recipient,
                item,
                threat: message.verdict.threat,
                record: format!("{record}-1"),
            });
        }
        if let Some(stamp) = self.stamp(at) {
            self.rows.mail.push(MailRow {
                stamp,
                message_id: id.clone(),
                internet_id: format!("<{}@{}>", stream.hex(20), message.sender.domain()),
                sender: message.sender,
                recipient,
                subject: message.subject,
                cluster: i64::from(stream.below(u32::MAX)),
                direction: if is_internal { "Intra-org" } else { "Inbound" },
                verdict: message.verdict,
                attachments,
                urls,
                record,
            });
        }
        id
    }

    /// Records that a person clicked a link, of a message unless `message_id` is empty.
    pub(in crate::generate) fn click(
        &mut self,
        at: i64,
        person: &'t Person,
        message_id: &str,
        url: Text<'t>,
        stream: &mut Stream,
    ) -> Option<&mut ClickRow<'t>> {
        let public_ip = self.device.site().public_ip;
        let stamp = self.stamp(at)?;
        self.rows.click.push(ClickRow {
            stamp,
            chain: format!(r#"["{url}"]"#),
            url,
            action: "ClickAllowed",
            person,
            workload: if message_id.is_empty() {
                "Teams"
            } else {
                "Email"
            },
            message_id: message_id.to_owned(),
            threat: "",
            ip: Cow::Borrowed(public_ip),
            clicked_through: false,
            record: stream.guid(),
        });
        self.rows.click.last_mut()
    }
}
