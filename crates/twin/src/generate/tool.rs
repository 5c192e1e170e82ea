//! The long tail: programs that few devices have.

use super::catalogue::File;
use super::certificate::Certificate;
use super::digest::Digests;

const TOPICS: [&str; 20] = [
    "Ledger",
    "Freight",
    "Badge",
    "Invoice",
    "Label",
    "Payroll",
    "Survey",
    "Tariff",
    "Warehouse",
    "Scanner",
    "Meter",
    "Archive",
    "Canteen",
    "Fleet",
    "Customs",
    "Quality",
    "Roster",
    "Pricing",
    "Contract",
    "Printer",
];
const KINDS: [&str; 20] = [
    "Viewer", "Sync", "Desk", "Agent", "Client", "Tool", "Export", "Import", "Helper", "Monitor",
    "Studio", "Launcher", "Report", "Bridge", "Setup", "Tray", "Check", "Print", "Admin", "Link",
];
const VENDORS: [&str; 5] = [
    "Fabrikam, Inc.",
    "Northwind Traders",
    "Adatum Corporation",
    "Litware, Inc.",
    "",
];

/// Programs of which each device has its own.
pub(super) const RARE_A_DEVICE: usize = 3;

/// Programs that one device has each: builds, macros' helpers, what somebody brought along. In the order of the devices.
pub(super) fn rare(seed: u64, devices: u32) -> Vec<File> {
    let places = 0..devices as usize * RARE_A_DEVICE;
    places.map(|place| rare_tool(seed, place)).collect()
}

fn rare_tool(seed: u64, place: usize) -> File {
    let digests = Digests::of(&format!("rare {seed} {place}"));
    let kind = KINDS[place % KINDS.len()];
    let mark = &digests.md5[..6];
    File {
        name: format!("{kind}-{mark}.exe"),
        folder: format!(r"C:\Users\{{user}}\AppData\Local\Temp\{mark}"),
        size: 40_960 + i64::try_from(place % 977).unwrap_or(0) * 512,
        company: String::new(),
        product: String::new(),
        version: String::new(),
        description: String::new(),
        certificate: None,
        digests,
    }
}

/// The programs of the long tail, most common first.
pub(super) fn long_tail() -> Vec<File> {
    let pairs = KINDS
        .iter()
        .flat_map(|kind| TOPICS.iter().map(move |topic| (*topic, *kind)));
    pairs
        .zip(0..)
        .map(|((topic, kind), place)| tool(topic, kind, place))
        .collect()
}

fn tool(topic: &str, kind: &str, place: usize) -> File {
    let vendor = VENDORS[place % VENDORS.len()];
    let version = format!("{}.{}.{}", 1 + place % 7, place % 10, place % 4);
    let name = format!("{topic}{kind}.exe");
    let maker = vendor.split([',', ' ']).next().unwrap_or(vendor);
    let folder = match maker {
        "" => format!(r"C:\Users\{{user}}\AppData\Local\{topic}{kind}"),
        maker => format!(r"C:\Program Files\{maker}\{topic} {kind}"),
    };
    File {
        digests: Digests::of(&format!("{name} {version}")),
        name,
        folder,
        size: 180_224 + i64::try_from(place).unwrap_or(0) * 4_096,
        company: vendor.to_owned(),
        product: format!("{topic} {kind}"),
        version,
        description: format!("{topic} {kind}"),
        certificate: (!vendor.is_empty()).then(|| Certificate::of(vendor, true)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_tool_is_its_own_file() {
        let tools = long_tail();
        let distinct: BTreeSet<_> = tools.iter().map(|tool| &tool.digests.sha256).collect();
        assert_eq!(distinct.len(), 400);
        assert!(tools.iter().any(|tool| tool.certificate.is_none()));
    }
}
