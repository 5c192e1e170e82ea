//! What the stories can be found by.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use tesem_kql::schema;

use super::payload::{Payload, STOLEN_SIGNER};
use super::{installer, miner, phishing, supply_chain, usb_worm};
use crate::generate::certificate::Certificate;
use crate::generate::digest::Digests;
use crate::generate::tenant::Tenant;

pub(super) const MAIL_DOMAIN: &str = "parcel-desk.example.org";
pub(super) const MAIL_SENDER: &str = "accounts@parcel-desk.example.org";
pub(super) const MAIL_IP: &str = "192.0.2.145";
pub(super) const STAGER_URL: &str = "http://cdn.parcel-desk.example.org/dl/9f/update.ps1";
pub(super) const BEACON_DOMAIN: &str = "ledger-sync.example.net";
pub(super) const BEACON_IP: &str = "203.0.113.7";
pub(super) const BEACON_IPV6: &str = "2001:db8:bad:7::53";
pub(super) const INSTALLER_HOST: &str = "freescan-tools.example.com";
pub(super) const INSTALLER_URL: &str = "https://get.freescan-tools.example.com/FreeScanSetup.exe";
pub(super) const INSTALLER_IP: &str = "198.51.100.23";
pub(super) const METER_DOMAIN: &str = "meter-updates.example.org";
pub(super) const METER_IP: &str = "198.51.100.77";
pub(super) const METER_IPV6: &str = "2001:db8:bad:77::1";
pub(super) const GATE_IP: &str = "192.0.2.66";
pub(super) const GATE_URL: &str = "http://192.0.2.66/gate.php";
pub(super) const POOL_DOMAIN: &str = "deep-shaft.example.com";
pub(super) const POOL_IP: &str = "203.0.113.199";
pub(super) const MINER_URL: &str = "http://dl.deep-shaft.example.com/w/svchosts.exe";

/// A planted intrusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Story {
    /// A mail with a macro document, a beacon, stolen credentials, a step to two more machines.
    InvoiceMacro,
    /// An installer with a back door, signed with a stolen certificate.
    TrojanisedInstaller,
    /// A library that came with a trusted program's update.
    SupplyChain,
    /// A worm on a USB stick.
    UsbWorm,
    /// Cryptocurrency miners on two servers.
    Cryptominer,
}

impl Story {
    /// All stories.
    pub const ALL: [Self; 5] = [
        Self::InvoiceMacro,
        Self::TrojanisedInstaller,
        Self::SupplyChain,
        Self::UsbWorm,
        Self::Cryptominer,
    ];

    /// A short name, such as `invoice-macro`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InvoiceMacro => "invoice-macro",
            Self::TrojanisedInstaller => "trojanised-installer",
            Self::SupplyChain => "supply-chain",
            Self::UsbWorm => "usb-worm",
            Self::Cryptominer => "cryptominer",
        }
    }

    /// How many days before the end of the data it begins.
    #[must_use]
    pub fn days_back(self) -> i64 {
        match self {
            Self::InvoiceMacro => phishing::DAYS_BACK,
            Self::TrojanisedInstaller => installer::DAYS_BACK,
            Self::SupplyChain => supply_chain::DAYS_BACK,
            Self::UsbWorm => usb_worm::DAYS_BACK,
            Self::Cryptominer => miner::DAYS_BACK,
        }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The kind of a planted indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlantedKind {
    /// SHA-256 of a file.
    Sha256,
    /// SHA-1 of a file.
    Sha1,
    /// MD5 of a file.
    Md5,
    /// IPv4 address.
    Ipv4,
    /// IPv6 address.
    Ipv6,
    /// Domain; the tenant contacted names below it.
    Domain,
    /// Full URL.
    Url,
    /// Sender of a mail.
    Email,
    /// SHA-1 thumbprint of a code-signing certificate.
    Certificate,
    /// Name of a file.
    FileName,
}

impl PlantedKind {
    /// A short name, such as `sha256`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Domain => "domain",
            Self::Url => "url",
            Self::Email => "email",
            Self::Certificate => "certificate",
            Self::FileName => "file-name",
        }
    }
}

/// An indicator that occurs in the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planted {
    /// What it is.
    pub kind: PlantedKind,
    /// The indicator as the telemetry spells it.
    pub value: String,
    /// The intrusion that left it.
    pub story: Story,
    /// The tables in which a column of its own holds it (for a domain: it or a name below it), sorted; JSON in additional fields and
    /// command lines do not count.
    #[serde(deserialize_with = "known_tables")]
    pub tables: Vec<&'static str>,
    /// Devices that those of the tables name which have a `DeviceId`.
    pub devices: usize,
}

/// Names of tables that the schema knows.
fn known_tables<'de, D: Deserializer<'de>>(names: D) -> Result<Vec<&'static str>, D::Error> {
    let names = Vec::<String>::deserialize(names)?;
    let known = |name: &String| {
        let table = schema::defender().table(name).map(|table| table.name);
        table.ok_or_else(|| serde::de::Error::custom(format!("`{name}` is no table")))
    };
    names.iter().map(known).collect()
}

const ALERT: &str = "AlertEvidence";
const EVENT: &str = "DeviceEvents";
const CERTIFICATE: &str = "DeviceFileCertificateInfo";
const FILE: &str = "DeviceFileEvents";
const IMAGE: &str = "DeviceImageLoadEvents";
const NETWORK: &str = "DeviceNetworkEvents";
const PROCESS: &str = "DeviceProcessEvents";
const REGISTRY: &str = "DeviceRegistryEvents";
const MAIL: &str = "EmailEvents";
const ATTACHMENT: &str = "EmailAttachmentInfo";
const MAIL_URL: &str = "EmailUrlInfo";
const CLICK: &str = "UrlClickEvents";

/// What of a payload is an indicator.
#[derive(Clone, Copy)]
enum Part {
    Sha256,
    Sha1,
    Md5,
    Name,
}

/// An indicator in the making: kind, value, tables, devices.
type Entry = (PlantedKind, String, &'static [&'static str], usize);

fn of_payload(
    tenant: &Tenant,
    payload: Payload,
    part: Part,
    tables: &'static [&'static str],
    devices: usize,
) -> Entry {
    let file = tenant.cast.payloads.get(payload);
    let Digests { sha1, sha256, md5 } = &file.digests;
    let (kind, value) = match part {
        Part::Sha256 => (PlantedKind::Sha256, sha256),
        Part::Sha1 => (PlantedKind::Sha1, sha1),
        Part::Md5 => (PlantedKind::Md5, md5),
        Part::Name => (PlantedKind::FileName, &file.name),
    };
    (kind, value.clone(), tables, devices)
}

fn fixed(kind: PlantedKind, value: &str, tables: &'static [&'static str], devices: usize) -> Entry {
    (kind, value.to_owned(), tables, devices)
}

/// The indicators of the stories that this tenant tells, in the order of [`Story::ALL`].
pub(in crate::generate) fn planted(tenant: &Tenant) -> Vec<Planted> {
    let is_told = |story: &Story| !tenant.cast.of(*story).is_empty();
    let stories = Story::ALL.into_iter().filter(is_told);
    let of_story = |story: Story| {
        let planted = move |(kind, value, tables, devices): Entry| Planted {
            kind,
            value,
            story,
            tables: tables.to_vec(),
            devices,
        };
        entries(tenant, story).into_iter().map(planted)
    };
    stories.flat_map(of_story).collect()
}

fn entries(tenant: &Tenant, story: Story) -> Vec<Entry> {
    match story {
        Story::InvoiceMacro => invoice_macro(tenant),
        Story::TrojanisedInstaller => trojanised_installer(tenant),
        Story::SupplyChain => supply_chain(tenant),
        Story::UsbWorm => usb_worm(tenant),
        Story::Cryptominer => cryptominer(tenant),
    }
}

fn invoice_macro(tenant: &Tenant) -> Vec<Entry> {
    use Payload::{Dumper, Invoice, RemoteService, Stager};
    use PlantedKind::{Domain, Email, Ipv4, Ipv6, Url};
    vec![
        of_payload(tenant, Invoice, Part::Sha256, &[ALERT, FILE, ATTACHMENT], 1),
        of_payload(tenant, Invoice, Part::Sha1, &[ALERT, FILE], 1),
        of_payload(tenant, Invoice, Part::Name, &[ALERT, FILE, ATTACHMENT], 1),
        of_payload(tenant, Stager, Part::Md5, &[FILE], 1),
        of_payload(
            tenant,
            Dumper,
            Part::Sha1,
            &[ALERT, EVENT, FILE, IMAGE, PROCESS],
            1,
        ),
        of_payload(
            tenant,
            Dumper,
            Part::Name,
            &[ALERT, EVENT, FILE, IMAGE, PROCESS],
            1,
        ),
        of_payload(
            tenant,
            RemoteService,
            Part::Sha256,
            &[EVENT, FILE, NETWORK, PROCESS],
            2,
        ),
        fixed(Ipv4, BEACON_IP, &[ALERT, FILE, NETWORK], 3),
        fixed(Ipv6, BEACON_IPV6, &[NETWORK], 1),
        fixed(Ipv4, MAIL_IP, &[MAIL], 0),
        fixed(Domain, BEACON_DOMAIN, &[NETWORK], 3),
        fixed(
            Domain,
            MAIL_DOMAIN,
            &[ALERT, FILE, NETWORK, MAIL, MAIL_URL, CLICK],
            1,
        ),
        fixed(Url, STAGER_URL, &[ALERT, FILE, NETWORK], 1),
        fixed(Email, MAIL_SENDER, &[ATTACHMENT, MAIL], 0),
    ]
}

fn trojanised_installer(tenant: &Tenant) -> Vec<Entry> {
    use Payload::{Setup, SetupLibrary};
    use PlantedKind::{Domain, Ipv4, Url};
    let thumbprint = Certificate::of(STOLEN_SIGNER, true).signer_hash;
    vec![
        of_payload(
            tenant,
            Setup,
            Part::Sha256,
            &[ALERT, FILE, PROCESS, REGISTRY],
            2,
        ),
        of_payload(tenant, Setup, Part::Md5, &[FILE, PROCESS, REGISTRY], 2),
        of_payload(
            tenant,
            Setup,
            Part::Name,
            &[ALERT, FILE, IMAGE, NETWORK, PROCESS, REGISTRY],
            2,
        ),
        of_payload(tenant, SetupLibrary, Part::Md5, &[FILE, IMAGE], 2),
        fixed(Ipv4, INSTALLER_IP, &[FILE, NETWORK], 2),
        fixed(Domain, INSTALLER_HOST, &[ALERT, EVENT, FILE, NETWORK], 2),
        fixed(Url, INSTALLER_URL, &[ALERT, FILE, NETWORK], 2),
        fixed(PlantedKind::Certificate, &thumbprint, &[CERTIFICATE], 2),
    ]
}

fn supply_chain(tenant: &Tenant) -> Vec<Entry> {
    use PlantedKind::{Domain, Ipv4, Ipv6};
    vec![
        of_payload(
            tenant,
            Payload::MeterLibrary,
            Part::Sha256,
            &[ALERT, FILE, IMAGE],
            3,
        ),
        of_payload(
            tenant,
            Payload::MeterLibrary,
            Part::Sha1,
            &[ALERT, CERTIFICATE, FILE, IMAGE],
            3,
        ),
        fixed(Ipv4, METER_IP, &[ALERT, NETWORK], 3),
        fixed(Ipv6, METER_IPV6, &[NETWORK], 3),
        fixed(Domain, METER_DOMAIN, &[NETWORK], 3),
    ]
}

fn usb_worm(tenant: &Tenant) -> Vec<Entry> {
    vec![
        of_payload(
            tenant,
            Payload::UsbLibrary,
            Part::Sha1,
            &[ALERT, FILE, IMAGE],
            3,
        ),
        of_payload(
            tenant,
            Payload::UsbLibrary,
            Part::Sha256,
            &[ALERT, FILE, IMAGE],
            3,
        ),
        fixed(PlantedKind::Ipv4, GATE_IP, &[ALERT, NETWORK], 3),
        fixed(PlantedKind::Url, GATE_URL, &[NETWORK], 3),
    ]
}

fn cryptominer(tenant: &Tenant) -> Vec<Entry> {
    use PlantedKind::{Domain, Ipv4, Url};
    vec![
        of_payload(
            tenant,
            Payload::Miner,
            Part::Sha256,
            &[ALERT, FILE, NETWORK, PROCESS],
            1,
        ),
        of_payload(
            tenant,
            Payload::LinuxMiner,
            Part::Sha1,
            &[FILE, NETWORK, PROCESS],
            1,
        ),
        of_payload(
            tenant,
            Payload::LinuxMiner,
            Part::Name,
            &[FILE, NETWORK, PROCESS],
            1,
        ),
        fixed(Ipv4, POOL_IP, &[ALERT, FILE, NETWORK], 2),
        fixed(Domain, POOL_DOMAIN, &[FILE, NETWORK], 2),
        fixed(Url, MINER_URL, &[FILE, NETWORK], 1),
    ]
}
