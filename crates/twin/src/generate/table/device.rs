//! `DeviceInfo`, `DeviceNetworkInfo` and `DeviceTvmSoftwareInventory`.

use super::Table;
use crate::generate::device::{Device, Role};
use crate::generate::rows::Rows;

pub(super) fn info<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::of_device("DeviceInfo", &rows.info);
    let all = || rows.info.iter();
    table.text(
        "ClientVersion",
        all().map(|row| row.client_version.as_ref()),
    );
    table.text("PublicIP", all().map(|row| row.public_ip));
    table.text("LoggedOnUsers", all().map(|row| row.logged_on.as_str()));
    table.text("MachineGroup", all().map(|row| row.group));
    table.text("ExposureLevel", all().map(|row| row.exposure));
    table.text("AssetValue", all().map(|row| row.value));
    table.text("OsBuildRevision", all().map(|row| row.revision.as_str()));
    table.bool(
        "IsInternetFacing",
        all().map(|row| Some(row.is_internet_facing)),
    );
    let devices: Vec<_> = all().map(|row| row.stamp.device).collect();
    system(&mut table, &devices);
    identity(&mut table, &devices);
    table
}

fn system<'a>(table: &mut Table<'a>, devices: &[&'a Device]) {
    let all = || devices.iter().map(|device| device.system);
    table.text(
        "OSArchitecture",
        devices.iter().map(|device| architecture(device)),
    );
    table.text("OSPlatform", all().map(|system| system.platform));
    table.text("OSDistribution", all().map(|system| system.distribution));
    table.text("OSVersion", all().map(|system| system.version));
    table.text("OSVersionInfo", all().map(|system| system.version_info));
    table.long("OSBuild", all().map(|system| Some(system.build)));
}

fn identity<'a>(table: &mut Table<'a>, devices: &[&'a Device]) {
    let all = || devices.iter().copied();
    let is_joined = |device: &Device| device.role == Role::Workstation;
    table.bool(
        "IsAzureADJoined",
        all().map(|device| Some(is_joined(device))),
    );
    table.text(
        "JoinType",
        all().map(|device| {
            if is_joined(device) {
                "Hybrid Azure AD Join"
            } else {
                ""
            }
        }),
    );
    table.text("AadDeviceId", all().map(|device| device.entra_id.as_str()));
    table.text(
        "HardwareUuid",
        all().map(|device| device.hardware_id.as_str()),
    );
    table.text("Vendor", all().map(|device| device.model.0));
    table.text("Model", all().map(|device| device.model.1));
    table.text("DeviceCategory", all().map(|_| "Endpoint"));
    table.text(
        "DeviceType",
        all().map(|device| {
            if device.role.is_personal() {
                "Workstation"
            } else {
                "Server"
            }
        }),
    );
    table.text("OnboardingStatus", all().map(|_| "Onboarded"));
    table.text("SensorHealthState", all().map(|_| "Active"));
    table.text("ConnectivityType", all().map(|_| "Streamlined"));
    table.bool("IsExcluded", all().map(|_| Some(false)));
    table.bool("IsTransient", all().map(|_| Some(false)));
}

pub(super) fn architecture(device: &Device) -> &'static str {
    if device.role == Role::Mac {
        "arm64"
    } else {
        "64-bit"
    }
}

pub(super) fn adapters<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::of_device("DeviceNetworkInfo", &rows.adapter);
    let all = || rows.adapter.iter();
    table.text("NetworkAdapterName", all().map(|row| row.name));
    table.text("MacAddress", all().map(|row| row.mac.as_ref()));
    table.text("NetworkAdapterType", all().map(|row| row.kind));
    table.text("NetworkAdapterStatus", all().map(|row| row.status));
    table.text("TunnelType", all().map(|row| row.tunnel));
    table.text("ConnectedNetworks", all().map(|row| row.networks.as_str()));
    table.text("DnsAddresses", all().map(|row| row.name_servers.as_str()));
    table.text("IPv4Dhcp", all().map(|row| row.dhcp.as_ref()));
    table.text("DefaultGateways", all().map(|row| row.gateways.as_str()));
    table.text("IPAddresses", all().map(|row| row.addresses.as_str()));
    table.text("OnboardingStatus", all().map(|_| "Onboarded"));
    table
}

pub(super) fn software<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::new("DeviceTvmSoftwareInventory", rows.software.len());
    let all = || rows.software.iter();
    table.text("DeviceId", all().map(|row| row.device.id.as_str()));
    table.text("DeviceName", all().map(|row| row.device.name.as_str()));
    table.text("OSPlatform", all().map(|row| row.device.system.platform));
    table.text("OSVersion", all().map(|row| row.device.system.version));
    table.text("OSArchitecture", all().map(|row| architecture(row.device)));
    table.text("SoftwareVendor", all().map(|row| row.vendor));
    table.text("SoftwareName", all().map(|row| row.name));
    table.text("SoftwareVersion", all().map(|row| row.version));
    table.text("EndOfSupportStatus", all().map(|row| row.support));
    table.moment("EndOfSupportDate", all().map(|row| row.support_ends));
    table.text("ProductCodeCpe", all().map(|row| row.cpe.as_str()));
    table
}
