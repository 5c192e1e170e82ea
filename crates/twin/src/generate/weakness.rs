//! Weaknesses and settings of the tenant's devices, as vulnerability management knows them.
//!
//! The numbers of the vulnerabilities are invented, like what is said about them.

use super::calendar::DAY;
use super::device::Device;
use super::digest;
use super::tenant::Tenant;

/// A vulnerability of a program, closed by the program's latest releases.
#[derive(Debug, PartialEq)]
pub(super) struct Vulnerability {
    pub(super) id: &'static str,
    /// The program in the inventory.
    software: &'static str,
    pub(super) severity: &'static str,
    pub(super) score: &'static str,
    pub(super) has_exploit: bool,
    /// Days before the end of the data.
    published: i64,
    /// Devices that get updates this many days after their release have it.
    delay: i64,
    pub(super) description: &'static str,
    /// Name and number of what closes it; Windows alone has numbers.
    pub(super) update: (&'static str, &'static str),
}

impl Vulnerability {
    /// The tick of its publication.
    pub(super) fn published(&self, tenant: &Tenant) -> i64 {
        tenant.window.last_day().start() - self.published * DAY
    }

    /// The tick of its latest change: one week after.
    pub(super) fn modified(&self, tenant: &Tenant) -> i64 {
        self.published(tenant) + (7.min(self.published)) * DAY
    }

    /// The programs it is in, as the table's JSON.
    pub(super) fn affected(&self) -> String {
        format!("[\"{}\"]", self.software)
    }
}

macro_rules! vulnerabilities {
    ($($id:literal $software:literal $severity:literal $score:literal $exploit:literal $published:literal $delay:literal $description:literal $update:literal $kb:literal;)*) => {
        /// All vulnerabilities, by number.
        pub(super) static VULNERABILITIES: &[Vulnerability] = &[$(Vulnerability {
            id: $id, software: $software, severity: $severity, score: $score, has_exploit: $exploit,
            published: $published, delay: $delay, description: $description, update: ($update, $kb),
        }),*];
    };
}

vulnerabilities! {
    "CVE-2026-90101" "chrome" "High" "8.8" true 12 6 "Use after free in the rendering of pages." "Update Google Chrome" "";
    "CVE-2026-90102" "chrome" "Medium" "6.5" false 12 4 "Pages can read the clipboard." "Update Google Chrome" "";
    "CVE-2026-90103" "chrome" "Critical" "9.6" true 3 2 "Escape from the sandbox by a crafted page." "Update Google Chrome" "";
    "CVE-2026-90111" "edge_chromium-based" "High" "8.3" false 11 5 "Use after free in the rendering of pages." "Update Microsoft Edge" "";
    "CVE-2026-90121" "office" "High" "7.8" true 40 7 "A crafted document runs code when it is opened." "Security update for Office" "5009121";
    "CVE-2026-90122" "office" "Low" "3.3" false 75 3 "The preview shows parts of other documents." "Security update for Office" "5009122";
    "CVE-2026-90131" "teams" "Medium" "5.4" false 20 6 "A message can imitate a sender." "Update Microsoft Teams" "";
    "CVE-2026-90141" "acrobat_reader_dc" "High" "7.8" true 33 3 "A crafted file runs code." "Update Adobe Acrobat Reader" "";
    "CVE-2026-90151" "7-zip" "High" "7.0" false 150 2 "A crafted archive writes outside of its folder." "Update 7-Zip" "";
    "CVE-2026-90161" "windows_10" "Critical" "9.8" true 14 0 "Code of others runs in a network service." "Replace Windows 10" "";
    "CVE-2026-90162" "Windows11" "High" "7.8" false 14 6 "A user can become the system." "Cumulative update for Windows 11" "5009162";
    "CVE-2026-90163" "WindowsServer2022" "High" "8.1" false 14 5 "Code of others runs in a network service." "Cumulative update for Windows Server 2022" "5009163";
    "CVE-2026-90171" "nginx" "Medium" "5.3" false 60 4 "A crafted request reveals memory." "Update nginx" "";
    "CVE-2026-90181" "openssh" "High" "8.1" true 90 5 "A race at logon runs code." "Update OpenSSH" "";
    "CVE-2026-90191" "sql_server_2022" "Medium" "6.8" false 45 6 "A query of a user can stop the service." "Security update for SQL Server 2022" "5009191";
}

/// The vulnerabilities that a device has through a program.
pub(super) fn of_software(
    device: &Device,
    software: &str,
) -> impl Iterator<Item = &'static Vulnerability> {
    let delay = device.update_delay;
    let known = VULNERABILITIES.iter();
    known
        .filter(move |known| known.delay <= delay)
        .filter(move |known| known.software == software)
        .collect::<Vec<_>>()
        .into_iter()
}

/// A setting that devices should have.
#[derive(Debug, PartialEq)]
pub(super) struct Setting {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) subcategory: &'static str,
    pub(super) impact: f64,
    pub(super) risk: &'static str,
    /// Of 16 devices, how many do not have it.
    lacking: u32,
}

macro_rules! settings {
    ($($id:literal $name:literal $category:literal $subcategory:literal $impact:literal $lacking:literal $risk:literal;)*) => {
        /// All settings.
        pub(super) static SETTINGS: &[Setting] = &[$(Setting {
            id: $id, name: $name, category: $category, subcategory: $subcategory, impact: $impact, risk: $risk,
            lacking: $lacking,
        }),*];
    };
}

settings! {
    "scid-2010" "Turn on Microsoft Defender Antivirus" "Security controls" "Antivirus" 10.0 0 "Malware is not found.";
    "scid-2011" "Update Microsoft Defender Antivirus definitions" "Security controls" "Antivirus" 8.0 2 "New malware is not found.";
    "scid-2070" "Turn on Microsoft Defender Firewall" "Security controls" "Firewall" 9.0 1 "Services are open to the network.";
    "scid-2090" "Encrypt all drives that can be encrypted" "Security controls" "Encryption" 8.0 3 "A lost device loses its data.";
    "scid-2500" "Block executable content from mail" "Security controls" "Attack surface reduction" 9.0 6 "A mail brings a program.";
    "scid-2504" "Block macros from creating programs" "Security controls" "Attack surface reduction" 9.0 5 "A document brings a program.";
    "scid-13" "Set the minimum length of passwords to 14" "Accounts" "Password policy" 7.0 8 "Passwords are guessed.";
    "scid-20001" "Turn on sensor data collection" "Security controls" "EDR" 10.0 0 "The device is not watched.";
}

impl Setting {
    /// Whether a device has it.
    pub(super) fn is_kept(&self, device: &Device) -> bool {
        let drawn = digest::sha1(&format!("{} {}", device.id, self.id));
        let point = drawn.chars().next().and_then(|digit| digit.to_digit(16));
        point.is_none_or(|point| point >= self.lacking)
    }
}
