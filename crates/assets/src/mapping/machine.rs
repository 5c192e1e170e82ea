//! Machines, with their names, addresses, adapters and systems.

use std::net::IpAddr;

use tesem_defender::endpoint::{
    DeviceValue, ExposureLevel, HealthStatus, IpAddressEntry, Machine, OnboardingStatus, RiskScore,
};

use super::{Facts, MappingOptions, RecordKind, normal};
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{EdgeKey, NodeKey};
use crate::millis::Millis;
use crate::property::{
    ADAPTER_TYPES, ADAPTERS, ADDRESS_SCOPE, AGENT_VERSION, CLOUD_PROVIDER, CLOUD_RESOURCE,
    DEVICE_GROUP, DEVICE_VALUE, Draft, ENTRA_DEVICE_ID, EXPOSURE_LEVEL, FIRST_SEEN, HEALTH_STATUS,
    IP_VERSION, IS_ENTRA_JOINED, IS_EXCLUDED, IS_EXTERNAL, IS_LAST, IS_OS, IS_UP, LAST_SEEN,
    MANAGED_BY, MERGED_INTO, NAME, ONBOARDING_STATUS, OS_BUILD, OS_PLATFORM, OS_VERSION, PROCESSOR,
    Properties, RISK_SCORE, TAGS, texts,
};
use crate::text::Text;

/// What a record of a machine says. Of several records of one machine the latest counts, and of those of one instant the greatest, so
/// that their order does not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MachineFacts {
    last_seen: Option<Millis>,
    /// Whether it has been silent for so long that it counts as gone.
    pub(crate) is_gone: bool,
    /// Whether it tells of the machine alone, so that its names, addresses and system stay what they are known to be.
    pub(crate) is_silent: bool,
    /// All that it says; the machine itself is among the nodes.
    pub(crate) facts: Facts,
}

/// Maps a machine. One without a name is known by its id.
pub(crate) fn machine(machine: &Machine, options: &MappingOptions) -> MachineFacts {
    let mut facts = Facts::default();
    let id = machine.id.as_str();
    facts.node(NodeKey::new(NodeKind::Asset, id), &asset(machine));
    name(machine, &mut facts);
    system(machine, &mut facts);
    for entry in &machine.ip_addresses {
        adapter(id, entry, &mut facts);
    }
    address(id, machine.last_ip_address.as_deref(), &last(), &mut facts);
    let external = machine.last_external_ip_address.as_deref();
    address(id, external, &external_only(), &mut facts);
    MachineFacts {
        last_seen: machine.last_seen.map(Millis::from),
        is_gone: is_gone(machine, options),
        is_silent: false,
        facts,
    }
}

/// Maps a machine that was not seen anew: what the service thinks of it may have changed, what it has did not.
pub(crate) fn silent_machine(machine: &Machine, options: &MappingOptions) -> MachineFacts {
    let mut facts = Facts::default();
    let node = NodeKey::new(NodeKind::Asset, machine.id.as_str());
    facts.node(node, &asset(machine));
    MachineFacts {
        last_seen: machine.last_seen.map(Millis::from),
        is_gone: is_gone(machine, options),
        is_silent: true,
        facts,
    }
}

/// Whether a machine has been silent for so long that it counts as gone.
pub(crate) fn is_gone(machine: &Machine, options: &MappingOptions) -> bool {
    let (Some(after), Some(seen)) = (options.inactive_after, machine.last_seen) else {
        return false;
    };
    machine.health_status == Some(HealthStatus::Inactive)
        && options.now.duration_since(seen) >= after
}

fn asset(machine: &Machine) -> Properties {
    let name = machine.computer_dns_name.as_deref().map(str::trim);
    let name = name.filter(|name| !name.is_empty());
    let release = machine.os_version.as_deref().or(machine.version.as_deref());
    let draft = Draft::default()
        .text(NAME, name.or(Some(machine.id.as_str())))
        .with(FIRST_SEEN, machine.first_seen.map(Millis::from))
        .with(LAST_SEEN, machine.last_seen.map(Millis::from))
        .text(OS_PLATFORM, machine.os_platform.as_deref())
        .text(OS_VERSION, release)
        .with(OS_BUILD, machine.os_build)
        .text(PROCESSOR, machine.os_processor.as_deref())
        .text(AGENT_VERSION, machine.agent_version.as_deref());
    placed(judged(draft, machine), machine).done()
}

/// What the service thinks of the machine.
fn judged(draft: Draft, machine: &Machine) -> Draft {
    let health = machine.health_status.as_ref().map(HealthStatus::as_str);
    let onboarding = machine.onboarding_status.as_ref();
    let exposure = machine.exposure_level.as_ref();
    draft
        .text(HEALTH_STATUS, health)
        .text(ONBOARDING_STATUS, onboarding.map(OnboardingStatus::as_str))
        .text(
            RISK_SCORE,
            machine.risk_score.as_ref().map(RiskScore::as_str),
        )
        .text(EXPOSURE_LEVEL, exposure.map(ExposureLevel::as_str))
        .text(
            DEVICE_VALUE,
            machine.device_value.as_ref().map(DeviceValue::as_str),
        )
        .with(IS_EXCLUDED, machine.is_excluded)
}

/// Where the machine belongs.
fn placed(draft: Draft, machine: &Machine) -> Draft {
    let tags = machine.machine_tags.iter().map(|tag| tag.trim().into());
    let merged_into = machine.merged_into_machine_id.as_ref();
    let cloud = machine.vm_metadata.as_ref();
    let provider = cloud.and_then(|cloud| cloud.cloud_provider.as_deref());
    let resource = cloud.and_then(|cloud| cloud.resource_id.as_deref());
    draft
        .text(DEVICE_GROUP, machine.rbac_group_name.as_deref())
        .with(TAGS, texts(tags))
        .text(ENTRA_DEVICE_ID, machine.aad_device_id.as_deref())
        .with(IS_ENTRA_JOINED, machine.is_aad_joined)
        .text(MANAGED_BY, machine.managed_by.as_deref())
        .text(MERGED_INTO, merged_into.map(AsRef::as_ref))
        .text(CLOUD_PROVIDER, provider)
        .text(CLOUD_RESOURCE, resource)
}

fn name(machine: &Machine, facts: &mut Facts) {
    let Some(name) = machine.computer_dns_name.as_deref() else {
        return;
    };
    if name.trim().is_empty() {
        return;
    }
    match normal::host_name(name) {
        Ok(name) => {
            let edge = EdgeKey::new(EdgeKind::AssetHostname, machine.id.as_str(), name);
            let host = NodeKey::new(NodeKind::Hostname, edge.ends.to.clone());
            facts.node(host, &Properties::default());
            facts.edge(edge, &Properties::default());
        }
        Err(reason) => facts.refuse(RecordKind::Machine, reason, machine.id.as_str()),
    }
}

/// The system as an application, as IBM's connector has it.
fn system(machine: &Machine, facts: &mut Facts) {
    let platform = machine.os_platform.as_deref().unwrap_or_default().trim();
    if platform.is_empty() {
        return;
    }
    let said = Draft::default()
        .text(NAME, Some(platform))
        .with(IS_OS, Some(true))
        .done();
    facts.node(NodeKey::new(NodeKind::Application, platform), &said);
    let edge = EdgeKey::new(EdgeKind::AssetApplication, machine.id.as_str(), platform);
    facts.edge(edge, &Properties::default());
}

fn last() -> Properties {
    Draft::default().with(IS_LAST, Some(true)).done()
}

fn external_only() -> Properties {
    Draft::default().with(IS_EXTERNAL, Some(true)).done()
}

/// An entry of the machine's interfaces: an adapter, an address or both.
fn adapter(machine: &str, entry: &IpAddressEntry, facts: &mut Facts) {
    let hardware = entry.mac_address.as_deref().unwrap_or_default().trim();
    let mut carried_by = None;
    // Tunnels and loopback have none.
    if !hardware.is_empty() && !hardware.bytes().all(|byte| byte == b'0') {
        match normal::mac(hardware) {
            Ok(mac) => carried_by = Some(put_adapter(machine, entry, &mac, facts)),
            Err(reason) => {
                facts.refuse(RecordKind::Adapter, reason, format!("{machine} {hardware}"));
            }
        }
    }
    let said = Draft::default().with(ADAPTERS, texts(carried_by)).done();
    address(machine, entry.ip_address.as_deref(), &said, facts);
}

fn put_adapter(machine: &str, entry: &IpAddressEntry, mac: &str, facts: &mut Facts) -> Text {
    let edge = EdgeKey::new(EdgeKind::AssetMacAddress, machine, mac);
    let mac = edge.ends.to.clone();
    let state = entry.operational_status.as_deref().map(str::trim);
    let said = Draft::default()
        .with(
            ADAPTER_TYPES,
            texts(entry.kind.as_deref().map(|kind| kind.trim().into())),
        )
        .with(IS_UP, state.map(|state| state.eq_ignore_ascii_case("Up")))
        .done();
    facts.node(
        NodeKey::new(NodeKind::MacAddress, mac.clone()),
        &Properties::default(),
    );
    facts.edge(edge, &said);
    mac
}

fn address(machine: &str, text: Option<&str>, said: &Properties, facts: &mut Facts) {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return;
    };
    match normal::address(text) {
        Ok(address) => {
            let node = address_node(address, facts);
            let edge = EdgeKey::new(EdgeKind::AssetIpAddress, machine, node);
            facts.edge(edge, said);
        }
        Err(reason) => facts.refuse(RecordKind::Address, reason, format!("{machine} {text}")),
    }
}

/// Puts the node of an address and gives its key.
pub(super) fn address_node(address: IpAddr, facts: &mut Facts) -> Text {
    let node = NodeKey::new(NodeKind::IpAddress, address.to_string());
    let key = node.key.clone();
    let said = Draft::default()
        .with(IP_VERSION, Some(if address.is_ipv4() { 4 } else { 6 }))
        .text(ADDRESS_SCOPE, Some(normal::address_scope(address)))
        .done();
    facts.node(node, &said);
    key
}
