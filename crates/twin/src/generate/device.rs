//! The devices of the tenant.

use super::digest;
use super::person::DOMAIN;
use super::random::{Stream, Topic};
use super::site::{SITES, Site};

/// What a device is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Workstation,
    Mac,
    DomainController,
    FileServer,
    WebServer,
    DatabaseServer,
    LinuxServer,
}

impl Role {
    /// The part of a device's name that tells its role.
    fn code(self) -> &'static str {
        match self {
            Self::Workstation => "wks",
            Self::Mac => "mac",
            Self::DomainController => "dc",
            Self::FileServer => "fs",
            Self::WebServer => "web",
            Self::DatabaseServer => "sql",
            Self::LinuxServer => "lnx",
        }
    }

    /// Whether one person works at it.
    pub(super) fn is_personal(self) -> bool {
        matches!(self, Self::Workstation | Self::Mac)
    }
}

/// An operating system as `DeviceInfo` describes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct System {
    pub(super) platform: &'static str,
    pub(super) distribution: &'static str,
    pub(super) version: &'static str,
    pub(super) version_info: &'static str,
    pub(super) build: i64,
    /// Which build of the operating system's own files it has.
    pub(super) flavour: usize,
}

const WINDOWS_11: System = System {
    platform: "Windows11",
    distribution: "Windows11",
    version: "10.0",
    version_info: "24H2",
    build: 26_100,
    flavour: 0,
};
const WINDOWS_10: System = System {
    platform: "Windows10",
    distribution: "Windows10",
    version: "10.0",
    version_info: "22H2",
    build: 19_045,
    flavour: 1,
};
const WINDOWS_SERVER: System = System {
    platform: "WindowsServer2022",
    distribution: "WindowsServer2022",
    version: "10.0",
    version_info: "21H2",
    build: 20_348,
    flavour: 2,
};
const LINUX: System = System {
    platform: "Linux",
    distribution: "Ubuntu",
    version: "24.4",
    version_info: "24.04",
    build: 6_008,
    flavour: 0,
};
const MACOS: System = System {
    platform: "macOS",
    distribution: "macOS",
    version: "15.5",
    version_info: "Sequoia",
    build: 24,
    flavour: 0,
};

/// The roles of the first devices, so that even a small tenant has one of each.
const FIRST_ROLES: [Role; 12] = [
    Role::DomainController,
    Role::Workstation,
    Role::Workstation,
    Role::WebServer,
    Role::Workstation,
    Role::FileServer,
    Role::Workstation,
    Role::LinuxServer,
    Role::Workstation,
    Role::DatabaseServer,
    Role::Mac,
    Role::Workstation,
];
/// Of 100 later devices, how many have which role.
const ROLE_SHARES: [(Role, u32); 7] = [
    (Role::Workstation, 79),
    (Role::Mac, 7),
    (Role::LinuxServer, 5),
    (Role::WebServer, 3),
    (Role::DatabaseServer, 2),
    (Role::FileServer, 2),
    (Role::DomainController, 2),
];

/// A machine that reports to Defender.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) number: u32,
    /// 40 hex digits.
    pub(super) id: String,
    /// Its full name in the directory, in lower case.
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) system: &'static System,
    pub(super) site_number: usize,
    pub(super) ip: String,
    pub(super) ipv6: String,
    pub(super) mac: String,
    /// The address it has when its owner works from home.
    pub(super) home_ip: String,
    pub(super) entra_id: String,
    pub(super) hardware_id: String,
    pub(super) model: (&'static str, &'static str),
    /// How many days after a release the device gets it.
    pub(super) update_delay: i64,
    /// The weekday of its restart, for machines that otherwise run on.
    pub(super) restart_weekday: i64,
}

impl Device {
    /// The device with this number.
    pub(super) fn new(seed: u64, number: u32) -> Self {
        let mut stream = Stream::new(seed, u64::from(number), 0, Topic::Snapshot);
        let role = role(number, &mut stream);
        let site_number = site(number, role, &mut stream);
        let site = &SITES[site_number];
        Self {
            number,
            id: digest::sha1(&format!("device {seed} {number}")),
            name: format!("{}-{}-{number:04}.{DOMAIN}", site.code, role.code()),
            role,
            system: system(role, &mut stream),
            site_number,
            ip: private_ip(site, number, role),
            ipv6: format!(
                "fd00:c0:{:x}::{:x}",
                site.network,
                u64::from(number) + 0x100
            ),
            mac: format!("00155D{:06X}", number + 0x01_0000),
            home_ip: format!("192.168.178.{}", 20 + stream.below(180)),
            entra_id: stream.guid(),
            hardware_id: stream.guid().to_uppercase(),
            model: model(role, &mut stream),
            update_delay: stream.between(0, 10),
            restart_weekday: stream.between(0, 7),
        }
    }

    pub(super) fn site(&self) -> &'static Site {
        &SITES[self.site_number]
    }

    /// The name without the directory's.
    pub(super) fn short_name(&self) -> &str {
        self.name.split('.').next().unwrap_or(&self.name)
    }

    pub(super) fn is_windows(&self) -> bool {
        !matches!(self.role, Role::Mac | Role::LinuxServer)
    }
}

fn role(number: u32, stream: &mut Stream) -> Role {
    let mut point = stream.below(100);
    let drawn = ROLE_SHARES.iter().find(|(_, share)| {
        let found = point < *share;
        point = point.wrapping_sub(*share);
        found
    });
    let fixed = FIRST_ROLES.get(number as usize).copied();
    fixed
        .or(drawn.map(|(role, _)| *role))
        .unwrap_or(Role::Workstation)
}

fn site(number: u32, role: Role, stream: &mut Stream) -> usize {
    let mut point = stream.below(100);
    if !role.is_personal() && (number as usize) < FIRST_ROLES.len() {
        return 0;
    }
    for (place, site) in SITES.iter().enumerate() {
        if point < site.share {
            return place;
        }
        point -= site.share;
    }
    0
}

fn system(role: Role, stream: &mut Stream) -> &'static System {
    match role {
        Role::Workstation if stream.chance(720) => &WINDOWS_11,
        Role::Workstation => &WINDOWS_10,
        Role::Mac => &MACOS,
        Role::LinuxServer => &LINUX,
        _ => &WINDOWS_SERVER,
    }
}

/// Servers lie in the office's own network, the other devices in one a hundred higher; no two devices share an address.
fn private_ip(site: &Site, number: u32, role: Role) -> String {
    let network = if role.is_personal() {
        site.network + 100
    } else {
        site.network
    };
    let place = number + 10;
    format!("10.{network}.{}.{}", place / 240, place % 240)
}

fn model(role: Role, stream: &mut Stream) -> (&'static str, &'static str) {
    const PORTABLE: [(&str, &str); 4] = [
        ("Contoso Hardware", "Notebook 14 G3"),
        ("Contoso Hardware", "Notebook 14 G4"),
        ("Fabrikam Devices", "Desk Mini 5"),
        ("Fabrikam Devices", "Workbook 15"),
    ];
    match role {
        Role::Workstation => *stream.pick(&PORTABLE),
        Role::Mac => ("Apple Inc.", "MacBookPro18,3"),
        _ => ("Contoso Hardware", "Virtual Machine"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_devices_share_an_identity() {
        let devices: Vec<Device> = (0..10_000).map(|number| Device::new(5, number)).collect();
        let parts: [fn(&Device) -> &str; 4] = [
            |device| &device.id,
            |device| &device.name,
            |device| &device.ip,
            |device| &device.mac,
        ];
        for part in parts {
            let distinct: BTreeSet<_> = devices.iter().map(part).collect();
            assert_eq!(distinct.len(), devices.len());
        }
    }

    #[test]
    fn the_first_devices_have_every_role_and_most_are_workstations() {
        let devices: Vec<Device> = (0..300).map(|number| Device::new(5, number)).collect();
        assert_eq!(devices[0].ip, "10.1.0.10");
        let workstations = devices
            .iter()
            .filter(|device| device.role == Role::Workstation)
            .count();
        assert!((200..270).contains(&workstations), "{workstations}");
        for (device, role) in devices.iter().zip(FIRST_ROLES) {
            assert_eq!(device.role, role);
        }
    }
}
