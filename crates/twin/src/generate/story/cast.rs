//! Which devices the stories take place on.

use super::indicator::Story;
use super::payload::Payloads;
use crate::generate::device::{Device, Role};
use crate::generate::digest;
use crate::generate::rows::Alert;

/// Fewest workstations with which the stories are told: each needs three that differ.
const WORKSTATIONS_MIN: usize = 3;

/// The devices of each story, and what the stories need.
#[derive(Debug)]
pub(in crate::generate) struct Cast {
    /// In the order of [`Story::ALL`]; empty for a story that is not told.
    devices: [Vec<u32>; 5],
    alerts: [Alert; 5],
    /// Devices on which the near misses happen.
    pub(super) bystanders: Vec<u32>,
    pub(in crate::generate) payloads: Payloads,
}

impl Cast {
    /// Chooses among `devices`; a story is left out when the data do not reach back to its beginning or a role cannot be filled.
    pub(in crate::generate) fn choose(devices: &[Device], days: u32) -> Self {
        let workstations = Workstations(
            devices
                .iter()
                .filter(|device| device.role == Role::Workstation)
                .collect(),
        );
        let server = |role: Role| {
            devices
                .iter()
                .find(|device| device.role == role)
                .map(|device| device.number)
        };
        let parts = Story::ALL.map(|story| {
            let is_in_window = i64::from(days) > story.days_back();
            if is_in_window {
                parts(story, &workstations, server)
            } else {
                None
            }
        });
        Self {
            devices: parts.map(Option::unwrap_or_default),
            alerts: Story::ALL.map(alert),
            bystanders: workstations.take(4, 2).unwrap_or_default(),
            payloads: Payloads::new(),
        }
    }

    /// Numbers of the devices of a story, in the order in which it reaches them.
    pub(in crate::generate) fn of(&self, story: Story) -> &[u32] {
        &self.devices[story as usize]
    }

    /// Whether a story reaches a device.
    pub(in crate::generate) fn is_in_story(&self, device: u32) -> bool {
        self.devices
            .iter()
            .flatten()
            .any(|number| *number == device)
    }

    /// The alert that a story raises.
    pub(super) fn alert(&self, story: Story) -> &Alert {
        &self.alerts[story as usize]
    }
}

fn parts(
    story: Story,
    workstations: &Workstations<'_>,
    server: impl Fn(Role) -> Option<u32>,
) -> Option<Vec<u32>> {
    match story {
        Story::InvoiceMacro => {
            let mut parts = workstations.take(0, 2)?;
            parts.push(server(Role::FileServer)?);
            Some(parts)
        }
        Story::TrojanisedInstaller => workstations.take(1, 2),
        Story::SupplyChain => workstations.take(2, 3),
        Story::UsbWorm => workstations.take(3, 3),
        Story::Cryptominer => Some(vec![server(Role::WebServer)?, server(Role::LinuxServer)?]),
    }
}

/// The workstations, spread over five regions so that stories do not meet in a tenant of some size.
struct Workstations<'a>(Vec<&'a Device>);

impl Workstations<'_> {
    fn take(&self, region: usize, count: usize) -> Option<Vec<u32>> {
        let all = self.0.len();
        if all < WORKSTATIONS_MIN {
            return None;
        }
        let step = (all / 16).max(1);
        let place = |part: usize| (region * all / 5 + part * step) % all;
        Some((0..count).map(|part| self.0[place(part)].number).collect())
    }
}

fn alert(story: Story) -> Alert {
    let (title, category, severity, source, techniques) = match story {
        Story::InvoiceMacro => (
            "Suspicious PowerShell download by an Office document",
            "Execution",
            "High",
            "Microsoft Defender for Endpoint",
            r#"["PowerShell (T1059.001)","LSASS Memory (T1003.001)"]"#,
        ),
        Story::TrojanisedInstaller => (
            "Signed installer shows signs of tampering",
            "InitialAccess",
            "Medium",
            "Microsoft Defender for Endpoint",
            r#"["Malicious File (T1204.002)"]"#,
        ),
        Story::SupplyChain => (
            "Library of a trusted program connects to an unusual host",
            "CommandAndControl",
            "Medium",
            "Microsoft Defender for Endpoint",
            r#"["Compromise Software Supply Chain (T1195.002)"]"#,
        ),
        Story::UsbWorm => (
            "Malware spreads through removable drives",
            "LateralMovement",
            "High",
            "Microsoft Defender for Endpoint",
            r#"["Replication Through Removable Media (T1091)"]"#,
        ),
        Story::Cryptominer => (
            "Cryptocurrency miner on a web server",
            "Impact",
            "High",
            "Microsoft Defender for Endpoint",
            r#"["Resource Hijacking (T1496)"]"#,
        ),
    };
    let digits = digest::sha1(story.name());
    Alert {
        id: format!("da{}_{}", &digits[..18], story as i32 + 1),
        title,
        category,
        severity,
        source,
        detector: "EDR",
        techniques,
    }
}
