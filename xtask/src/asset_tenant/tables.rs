//! The tenant's hunting tables. Columns: <https://learn.microsoft.com/defender-xdr/advanced-hunting-schema-tables>.

use std::path::Path;

use serde_json::json;

use super::columns::{self, Cell};
use super::entities::{
    DOMAIN, account_name, account_sid, entra_id, exposure, has_exploit, is_joined, mac_address,
    name, program, score, severity, system_of, update,
};
use super::plan::{Machine, Plan};

/// Writes all tables.
pub(super) fn write(plan: &Plan, directory: &Path) -> anyhow::Result<()> {
    let file = |table: &str| directory.join(format!("{table}.parquet"));
    device_info(plan, &file("DeviceInfo"))?;
    network_info(plan, &file("DeviceNetworkInfo"))?;
    logons(plan, &file("DeviceLogonEvents"))?;
    programs(plan, &file("DeviceTvmSoftwareInventory"))?;
    weaknesses(plan, &file("DeviceTvmSoftwareVulnerabilities"))?;
    knowledge(plan, &file("DeviceTvmSoftwareVulnerabilitiesKB"))
}

/// When a machine reported, and whether it had changed by then.
fn reports(machine: &Machine) -> impl Iterator<Item = (i64, bool)> + use<> {
    let later = machine.changed.map(|_| (machine.last_seen, true));
    [(machine.seen_before, false)].into_iter().chain(later)
}

fn device_info(plan: &Plan, path: &Path) -> anyhow::Result<()> {
    let names = [
        "Timestamp",
        "DeviceId",
        "DeviceName",
        "ClientVersion",
        "OSArchitecture",
        "OSPlatform",
        "OSVersionInfo",
        "OSBuild",
        "IsAzureADJoined",
        "AadDeviceId",
        "MachineGroup",
        "ReportId",
        "OnboardingStatus",
        "DeviceCategory",
        "DeviceType",
        "SensorHealthState",
        "IsExcluded",
        "ExposureLevel",
        "AssetValue",
    ];
    let rows = plan.machines().flat_map(|machine| {
        let system = system_of(&machine);
        let row = |(at, is_changed): (i64, bool)| {
            [
                Cell::Time(at),
                machine.id().into(),
                name(&machine).into(),
                "10.8760.26100.1".into(),
                "64-bit".into(),
                system.platform.into(),
                system.version.into(),
                Cell::Number(i64::from(system.build)),
                Cell::Flag(is_joined(&machine)),
                if is_joined(&machine) {
                    entra_id(&machine).into()
                } else {
                    "".into()
                },
                format!("Site {}", machine.group() % 5 + 1).into(),
                Cell::Number(1 + i64::from(is_changed)),
                "Onboarded".into(),
                "Endpoint".into(),
                system.device_type.into(),
                "Active".into(),
                Cell::Flag(false),
                exposure(&machine).into(),
                "Normal".into(),
            ]
        };
        reports(&machine).map(row).collect::<Vec<_>>()
    });
    columns::write(path, names, rows)
}

fn network_info(plan: &Plan, path: &Path) -> anyhow::Result<()> {
    let names = [
        "Timestamp",
        "DeviceId",
        "DeviceName",
        "NetworkAdapterName",
        "MacAddress",
        "NetworkAdapterType",
        "NetworkAdapterStatus",
        "ConnectedNetworks",
        "IPAddresses",
        "ReportId",
        "OnboardingStatus",
    ];
    let networks = json!([{"Name": "contoso.com", "IsConnectedToInternet": true, "Category": "DomainAuthenticated"}]);
    let networks = Cell::from(networks.to_string());
    let rows = plan.machines().flat_map(|machine| {
        let row = |(at, is_changed): (i64, bool)| {
            let address = machine.address(is_changed);
            let addresses =
                json!([{"IPAddress": address, "SubnetPrefix": 24, "AddressType": "Private"}]);
            [
                Cell::Time(at),
                machine.id().into(),
                name(&machine).into(),
                "{0}".into(),
                mac_address(&machine).into(),
                "Ethernet".into(),
                "Up".into(),
                networks.clone(),
                addresses.to_string().into(),
                Cell::Number(1 + i64::from(is_changed)),
                "Onboarded".into(),
            ]
        };
        reports(&machine).map(row).collect::<Vec<_>>()
    });
    columns::write(path, names, rows)
}

fn logons(plan: &Plan, path: &Path) -> anyhow::Result<()> {
    let names = [
        "Timestamp",
        "DeviceId",
        "DeviceName",
        "ActionType",
        "LogonType",
        "AccountDomain",
        "AccountName",
        "AccountSid",
        "Protocol",
        "IsLocalAdmin",
        "LogonId",
        "ReportId",
    ];
    let [success, domain, protocol] = ["LogonSuccess", DOMAIN, "Kerberos"].map(Cell::from);
    let rows = plan.machines().flat_map(|machine| {
        let (id, name) = (Cell::from(machine.id()), Cell::from(name(&machine)));
        let numbered = (1_i64..).zip(machine.logons(plan));
        let row = |(number, logon)| {
            let logon: super::plan::Logon = logon;
            [
                Cell::Time(logon.last),
                id.clone(),
                name.clone(),
                success.clone(),
                logon.kind.into(),
                domain.clone(),
                account_name(&logon).into(),
                account_sid(&logon).into(),
                protocol.clone(),
                Cell::Flag(logon.account.is_multiple_of(40)),
                Cell::Number(1_000 + number),
                Cell::Number(100 + number),
            ]
        };
        numbered.map(row).collect::<Vec<_>>()
    });
    columns::write(path, names, rows)
}

/// What both tables of programs say of a machine.
fn system(machine: &Machine) -> [Cell; 5] {
    let system = system_of(machine);
    [
        machine.id().into(),
        name(machine).into(),
        system.platform.into(),
        system.version.into(),
        "x64".into(),
    ]
}

fn programs(plan: &Plan, path: &Path) -> anyhow::Result<()> {
    let names = [
        "DeviceId",
        "DeviceName",
        "OSPlatform",
        "OSVersion",
        "OSArchitecture",
        "SoftwareVendor",
        "SoftwareName",
        "SoftwareVersion",
        "EndOfSupportStatus",
        "ProductCodeCpe",
    ];
    let nothing = Cell::from("");
    let rows = plan.machines().flat_map(|machine| {
        let system = system(&machine);
        let row = |number| {
            let [id, name, platform, version, architecture] = system.clone();
            let [vendor, product, release] = program(number).map(Cell::from);
            [
                id,
                name,
                platform,
                version,
                architecture,
                vendor,
                product,
                release,
                nothing.clone(),
                nothing.clone(),
            ]
        };
        machine.programs(plan).map(row).collect::<Vec<_>>()
    });
    columns::write(path, names, rows)
}

fn weaknesses(plan: &Plan, path: &Path) -> anyhow::Result<()> {
    let names = [
        "DeviceId",
        "DeviceName",
        "OSPlatform",
        "OSVersion",
        "OSArchitecture",
        "SoftwareVendor",
        "SoftwareName",
        "SoftwareVersion",
        "CveId",
        "VulnerabilitySeverityLevel",
        "RecommendedSecurityUpdate",
        "RecommendedSecurityUpdateId",
    ];
    let rows = plan.machines().flat_map(|machine| {
        let system = system(&machine);
        let row = |weakness: super::plan::Weakness| {
            let [id, name, platform, version, architecture] = system.clone();
            let [vendor, product, release] = program(weakness.program).map(Cell::from);
            let (update, number) = update(weakness);
            [
                id,
                name,
                platform,
                version,
                architecture,
                vendor,
                product,
                release,
                weakness.cve.id().into(),
                severity(weakness.cve).into(),
                update.into(),
                number.into(),
            ]
        };
        machine.weaknesses(plan).map(row).collect::<Vec<_>>()
    });
    columns::write(path, names, rows)
}

fn knowledge(plan: &Plan, path: &Path) -> anyhow::Result<()> {
    let names = [
        "CveId",
        "CvssScore",
        "IsExploitAvailable",
        "VulnerabilitySeverityLevel",
        "LastModifiedTime",
        "PublishedDate",
        "VulnerabilityDescription",
    ];
    let rows = plan.vulnerabilities().map(|cve| {
        let published = cve.published(plan);
        [
            cve.id().into(),
            format!("{:.1}", score(cve)).into(),
            Cell::Flag(has_exploit(cve)),
            severity(cve).into(),
            Cell::Time(published),
            Cell::Time(published),
            "A flaw in the program lets others run code.".into(),
        ]
    });
    columns::write(path, names, rows)
}
