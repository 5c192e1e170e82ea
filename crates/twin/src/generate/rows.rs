//! The rows of a stretch of the data, before they are laid out in columns.
//!
//! Texts are borrowed from the tenant wherever they are the same for many rows.

use std::borrow::Cow;

use super::catalogue::File;
use super::certificate::Certificate;
use super::device::Device;
use super::digest::Digests;
use super::person::{Account, Person};
use super::process::{Process, ProcessRef};
use super::weakness::{Setting, Vulnerability};

/// Text of a cell.
pub(super) type Text<'t> = Cow<'t, str>;

/// What every row of a `Device*` table begins with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp<'t> {
    pub(super) time: i64,
    pub(super) device: &'t Device,
    /// Unique for a device and a time.
    pub(super) report: i64,
}

/// A row that tells where and when it happened.
pub(super) trait Dated<'t> {
    fn stamp(&self) -> &Stamp<'t>;

    /// Number of the device, time, and report number.
    fn key(&self) -> (u32, i64, i64) {
        let stamp = self.stamp();
        (stamp.device.number, stamp.time, stamp.report)
    }
}

macro_rules! dated {
    ($($row:ident),*) => {$(
        impl<'t> Dated<'t> for $row<'t> {
            fn stamp(&self) -> &Stamp<'t> {
                &self.stamp
            }
        }
    )*};
}

dated!(
    ProcessRow,
    NetworkRow,
    FileRow,
    LogonRow,
    RegistryRow,
    ImageRow,
    EventRow,
    CertificateRow,
    InfoRow,
    AdapterRow
);
dated!(
    MailRow,
    MailUrlRow,
    AttachmentRow,
    ClickRow,
    SignInRow,
    CloudRow,
    AlertRow,
    EvidenceRow
);

/// A file as an event shows it.
#[derive(Debug, Clone)]
pub(super) struct Item<'t> {
    pub(super) name: Text<'t>,
    /// The path with the name.
    pub(super) path: Text<'t>,
    pub(super) digests: Option<Cow<'t, Digests>>,
    /// The sensor often leaves SHA-256 out.
    pub(super) has_sha256: bool,
    pub(super) size: Option<i64>,
}

impl<'t> Item<'t> {
    /// A file of the catalogue at the place where it is for `user`.
    pub(super) fn of(file: &'t File, user: &str) -> Self {
        Self {
            name: Cow::Borrowed(&file.name),
            path: Cow::Owned(file.path(user)),
            digests: Some(Cow::Borrowed(&file.digests)),
            has_sha256: true,
            size: Some(file.size),
        }
    }

    /// A copy of `file` in another folder.
    pub(super) fn in_folder(file: &'t File, folder: &str) -> Self {
        let separator = if folder.starts_with('/') { '/' } else { '\\' };
        Self {
            path: Cow::Owned(format!("{folder}{separator}{}", file.name)),
            ..Self::of(file, "")
        }
    }
}

#[derive(Debug)]
pub(super) struct ProcessRow<'t> {
    pub(super) stamp: Stamp<'t>,
    /// The new process.
    pub(super) process: ProcessRef,
    /// Who made it.
    pub(super) parent: ProcessRef,
}

#[derive(Debug)]
pub(super) struct NetworkRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) process: ProcessRef,
    pub(super) action: &'static str,
    pub(super) remote_ip: Text<'t>,
    pub(super) remote_port: i32,
    pub(super) remote_url: Text<'t>,
    pub(super) local_ip: Text<'t>,
    pub(super) local_port: i32,
    pub(super) protocol: &'static str,
    pub(super) additional: Text<'t>,
}

/// Who asked for a file over the network, for files of a share.
#[derive(Debug, Clone)]
pub(super) struct ShareRequest<'t> {
    pub(super) share: &'static str,
    pub(super) source_ip: Text<'t>,
    pub(super) source_port: i32,
    pub(super) account: &'t Account,
}

#[derive(Debug)]
pub(super) struct FileRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) process: ProcessRef,
    pub(super) action: &'static str,
    pub(super) item: Item<'t>,
    pub(super) origin_url: Text<'t>,
    pub(super) origin_referrer: Text<'t>,
    pub(super) origin_ip: Text<'t>,
    /// Folder and name before a renaming.
    pub(super) previous: Option<(Text<'t>, Text<'t>)>,
    pub(super) request: Option<ShareRequest<'t>>,
    pub(super) label: &'static str,
}

#[derive(Debug)]
pub(super) struct LogonRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) process: ProcessRef,
    pub(super) action: &'static str,
    pub(super) kind: &'static str,
    pub(super) account: &'t Account,
    pub(super) protocol: &'static str,
    pub(super) failure: &'static str,
    pub(super) is_local_admin: Option<bool>,
    pub(super) logon_id: i64,
    pub(super) remote_device: Text<'t>,
    pub(super) remote_ip: Text<'t>,
    pub(super) remote_port: Option<i32>,
}

#[derive(Debug)]
pub(super) struct RegistryRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) process: ProcessRef,
    pub(super) action: &'static str,
    pub(super) key: Text<'t>,
    pub(super) kind: &'static str,
    pub(super) name: Text<'t>,
    pub(super) data: Text<'t>,
    pub(super) previous_data: Text<'t>,
}

#[derive(Debug)]
pub(super) struct ImageRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) process: ProcessRef,
    pub(super) item: Item<'t>,
}

/// A row of `DeviceEvents`; most of its parts are empty for most actions.
#[derive(Debug)]
pub(super) struct EventRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) process: ProcessRef,
    pub(super) action: &'static str,
    pub(super) item: Option<Item<'t>>,
    /// The process that it was done to.
    pub(super) target: Option<ProcessRef>,
    pub(super) account: Option<&'t Account>,
    pub(super) remote_url: Text<'t>,
    pub(super) remote_ip: Text<'t>,
    pub(super) remote_port: Option<i32>,
    pub(super) origin_url: Text<'t>,
    pub(super) registry_key: Text<'t>,
    pub(super) additional: Text<'t>,
}

#[derive(Debug)]
pub(super) struct CertificateRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) sha1: &'t str,
    pub(super) certificate: Option<&'t Certificate>,
}

/// A snapshot of a device.
#[derive(Debug)]
pub(super) struct InfoRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) client_version: Text<'t>,
    pub(super) revision: String,
    pub(super) logged_on: String,
    pub(super) public_ip: &'static str,
    pub(super) group: &'static str,
    pub(super) exposure: &'static str,
    pub(super) value: &'static str,
    pub(super) is_internet_facing: bool,
}

/// A snapshot of a network adapter.
#[derive(Debug)]
pub(super) struct AdapterRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) name: &'static str,
    pub(super) mac: Text<'t>,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) tunnel: &'static str,
    pub(super) networks: String,
    pub(super) name_servers: String,
    pub(super) dhcp: Text<'t>,
    pub(super) gateways: String,
    pub(super) addresses: String,
}

/// A program that a device has installed.
#[derive(Debug)]
pub(super) struct SoftwareRow<'t> {
    pub(super) device: &'t Device,
    pub(super) vendor: &'static str,
    pub(super) name: &'static str,
    pub(super) version: &'t str,
    pub(super) support: &'static str,
    pub(super) support_ends: Option<i64>,
    pub(super) cpe: String,
}

/// A vulnerability of a device.
#[derive(Debug)]
pub(super) struct WeaknessRow<'t> {
    pub(super) device: &'t Device,
    pub(super) vendor: &'static str,
    pub(super) name: &'static str,
    pub(super) version: &'t str,
    pub(super) vulnerability: &'static Vulnerability,
}

/// What is known about a vulnerability.
#[derive(Debug)]
pub(super) struct VulnerabilityRow {
    pub(super) vulnerability: &'static Vulnerability,
    pub(super) published: i64,
    pub(super) modified: i64,
    pub(super) affected: String,
}

/// Whether a device has a setting.
#[derive(Debug)]
pub(super) struct AssessmentRow<'t> {
    pub(super) device: &'t Device,
    pub(super) time: i64,
    pub(super) setting: &'static Setting,
    pub(super) is_kept: bool,
}

/// Who sent a message.
#[derive(Debug, Clone)]
pub(super) struct Sender<'t> {
    pub(super) address: Text<'t>,
    pub(super) display_name: Text<'t>,
    pub(super) object_id: &'t str,
    pub(super) ipv4: Text<'t>,
    pub(super) ipv6: Text<'t>,
}

impl Sender<'_> {
    /// The part of the address after the `@`.
    pub(super) fn domain(&self) -> &str {
        self.address.rsplit('@').next().unwrap_or_default()
    }
}

/// The judgement on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) action: &'static str,
    pub(super) location: &'static str,
    pub(super) threat: &'static str,
    pub(super) method: &'static str,
}

#[derive(Debug)]
pub(super) struct MailRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) message_id: String,
    pub(super) internet_id: String,
    pub(super) sender: Sender<'t>,
    pub(super) recipient: &'t Person,
    pub(super) subject: Text<'t>,
    pub(super) cluster: i64,
    pub(super) direction: &'static str,
    pub(super) verdict: Verdict,
    pub(super) attachments: i32,
    pub(super) urls: i32,
    pub(super) record: String,
}

#[derive(Debug)]
pub(super) struct MailUrlRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) message_id: String,
    pub(super) url: Text<'t>,
    pub(super) location: &'static str,
    pub(super) record: String,
}

#[derive(Debug)]
pub(super) struct AttachmentRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) message_id: String,
    pub(super) sender: Sender<'t>,
    pub(super) recipient: &'t Person,
    pub(super) item: Item<'t>,
    pub(super) threat: &'static str,
    pub(super) record: String,
}

#[derive(Debug)]
pub(super) struct ClickRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) url: Text<'t>,
    pub(super) action: &'static str,
    pub(super) person: &'t Person,
    pub(super) workload: &'static str,
    pub(super) message_id: String,
    pub(super) threat: &'static str,
    pub(super) ip: Text<'t>,
    pub(super) clicked_through: bool,
    pub(super) chain: String,
    pub(super) record: String,
}

/// A row of `IdentityLogonEvents`.
#[derive(Debug)]
pub(super) struct SignInRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) action: &'static str,
    pub(super) application: &'static str,
    pub(super) kind: &'static str,
    pub(super) protocol: &'static str,
    pub(super) failure: &'static str,
    pub(super) person: &'t Person,
    pub(super) ip: Text<'t>,
    pub(super) destination: Text<'t>,
    pub(super) destination_ip: Text<'t>,
    pub(super) destination_port: Option<i32>,
    pub(super) record: String,
}

#[derive(Debug)]
pub(super) struct CloudRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) action: &'static str,
    pub(super) application: &'static str,
    pub(super) application_id: i32,
    pub(super) person: &'t Person,
    pub(super) ip: Text<'t>,
    pub(super) object: Text<'t>,
    pub(super) raw: String,
    pub(super) record: String,
}

#[derive(Debug)]
pub(super) struct AlertRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) alert: &'t Alert,
}

/// One thing that an alert points at.
#[derive(Debug, Clone)]
pub(super) enum Evidence<'t> {
    Machine,
    User(&'t Account),
    File(Item<'t>),
    Process(Item<'t>, Text<'t>),
    Ip(Text<'t>),
    Url(Text<'t>),
    /// The subject.
    Message(Text<'t>),
}

#[derive(Debug)]
pub(super) struct EvidenceRow<'t> {
    pub(super) stamp: Stamp<'t>,
    pub(super) alert: &'t Alert,
    pub(super) evidence: Evidence<'t>,
}

/// What `AlertInfo` says of an alert.
#[derive(Debug)]
pub(super) struct Alert {
    pub(super) id: String,
    pub(super) title: &'static str,
    pub(super) category: &'static str,
    pub(super) severity: &'static str,
    pub(super) source: &'static str,
    pub(super) detector: &'static str,
    pub(super) techniques: &'static str,
}

/// The rows of all tables for some devices and one day.
#[derive(Debug, Default)]
pub(super) struct Rows<'t> {
    pub(super) processes: Vec<Process<'t>>,
    pub(super) process: Vec<ProcessRow<'t>>,
    pub(super) network: Vec<NetworkRow<'t>>,
    pub(super) file: Vec<FileRow<'t>>,
    pub(super) logon: Vec<LogonRow<'t>>,
    pub(super) registry: Vec<RegistryRow<'t>>,
    pub(super) image: Vec<ImageRow<'t>>,
    pub(super) event: Vec<EventRow<'t>>,
    pub(super) certificate: Vec<CertificateRow<'t>>,
    pub(super) info: Vec<InfoRow<'t>>,
    pub(super) adapter: Vec<AdapterRow<'t>>,
    pub(super) software: Vec<SoftwareRow<'t>>,
    pub(super) weakness: Vec<WeaknessRow<'t>>,
    pub(super) vulnerability: Vec<VulnerabilityRow>,
    pub(super) assessment: Vec<AssessmentRow<'t>>,
    pub(super) setting: Vec<&'static Setting>,
    pub(super) mail: Vec<MailRow<'t>>,
    pub(super) mail_url: Vec<MailUrlRow<'t>>,
    pub(super) attachment: Vec<AttachmentRow<'t>>,
    pub(super) click: Vec<ClickRow<'t>>,
    pub(super) sign_in: Vec<SignInRow<'t>>,
    pub(super) cloud: Vec<CloudRow<'t>>,
    pub(super) alert: Vec<AlertRow<'t>>,
    pub(super) evidence: Vec<EvidenceRow<'t>>,
}

impl<'t> Rows<'t> {
    pub(super) fn process(&self, process: ProcessRef) -> &Process<'t> {
        &self.processes[process.0]
    }

    /// Puts every table in the order device, time, report number.
    pub(super) fn sort(&mut self) {
        fn sort<'t, T: Dated<'t>>(rows: &mut [T]) {
            rows.sort_by_key(Dated::key);
        }
        sort(&mut self.process);
        sort(&mut self.network);
        sort(&mut self.file);
        sort(&mut self.logon);
        sort(&mut self.registry);
        sort(&mut self.image);
        sort(&mut self.event);
        sort(&mut self.certificate);
        sort(&mut self.info);
        sort(&mut self.adapter);
        sort(&mut self.mail);
        sort(&mut self.mail_url);
        sort(&mut self.attachment);
        sort(&mut self.click);
        sort(&mut self.sign_in);
        sort(&mut self.cloud);
        sort(&mut self.alert);
        sort(&mut self.evidence);
    }
}
