//! Machines, and what belongs to one.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/machine and get-machines.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use super::list::{ItemStream, PAGE_MAX, linked, list, related};
use super::{Alert, MissingUpdate, Recommendation, Software, User, Vulnerability};
use crate::core::Core;
use crate::route::Route;
use crate::wire::{entity, open_enum};
use crate::{DefenderError, ListQuery, MachineId, Service};

const MACHINE: &[&str] = &["Machine.Read.All", "Machine.ReadWrite.All"];

pub(crate) const LIST_MACHINES: Route = Route::read("list machines", "GET /api/machines", MACHINE);
pub(crate) const LIST_LOGON_USERS: Route = Route::read(
    "list logon users",
    "GET /api/machines/{id}/logonusers",
    &["User.Read.All"],
);

entity! {
    /// A machine that Defender for Endpoint knows.
    pub struct Machine keyed by id {
        /// Its id.
        id: MachineId = "id",
        /// The machine that this one became, where they were found to be one.
        merged_into_machine_id: Option<MachineId> = "mergedIntoMachineId",
        /// Whether it may be another entry of a machine that is known.
        is_potential_duplication: Option<bool> = "isPotentialDuplication",
        /// Whether it is left out of assessments.
        is_excluded: Option<bool> = "isExcluded",
        /// Why.
        exclusion_reason: Option<String> = "exclusionReason",
        /// Its full name.
        computer_dns_name: Option<String> = "computerDnsName",
        /// When it was first seen.
        first_seen: Option<Timestamp> = "firstSeen",
        /// When it last sent a full report.
        last_seen: Option<Timestamp> = "lastSeen",
        /// Its system, e.g. `Windows11`.
        os_platform: Option<String> = "osPlatform",
        /// The system's version, mostly absent.
        os_version: Option<String> = "osVersion",
        /// `x64` and others.
        os_processor: Option<String> = "osProcessor",
        /// `64-bit` and others.
        os_architecture: Option<String> = "osArchitecture",
        /// The system's release, e.g. `23H2`.
        version: Option<String> = "version",
        /// The last address within the organisation's network.
        last_ip_address: Option<String> = "lastIpAddress",
        /// The last address towards the internet.
        last_external_ip_address: Option<String> = "lastExternalIpAddress",
        /// The sensor's version.
        agent_version: Option<String> = "agentVersion",
        /// The system's build.
        os_build: Option<i64> = "osBuild",
        /// How the sensor is.
        health_status: Option<HealthStatus> = "healthStatus",
        /// What it is worth to the organisation.
        device_value: Option<DeviceValue> = "deviceValue",
        /// Its device group; 0 for none.
        rbac_group_id: Option<i64> = "rbacGroupId",
        /// The group's name.
        rbac_group_name: Option<String> = "rbacGroupName",
        /// How likely it is under attack.
        risk_score: Option<RiskScore> = "riskScore",
        /// How open to attack it is.
        exposure_level: Option<ExposureLevel> = "exposureLevel",
        /// Whether it is joined to Entra.
        is_aad_joined: Option<bool> = "isAadJoined",
        /// Its id in Entra.
        aad_device_id: Option<String> = "aadDeviceId",
        /// Tags.
        machine_tags: Vec<String> = "machineTags",
        /// State of the antivirus.
        defender_av_status: Option<String> = "defenderAvStatus",
        /// Whether it has the sensor.
        onboarding_status: Option<OnboardingStatus> = "onboardingStatus",
        /// What manages it, e.g. `Intune`.
        managed_by: Option<String> = "managedBy",
        /// How that goes.
        managed_by_status: Option<String> = "managedByStatus",
        /// Its network interfaces.
        ip_addresses: Vec<IpAddressEntry> = "ipAddresses",
        /// What it is in a cloud.
        vm_metadata: Option<VmMetadata> = "vmMetadata",
    }
}

entity! {
    /// An address of a machine.
    pub struct IpAddressEntry {
        /// The address.
        ip_address: Option<String> = "ipAddress",
        /// The interface's hardware address, without separators.
        mac_address: Option<String> = "macAddress",
        /// The interface's kind, e.g. `Ethernet`.
        kind: Option<String> = "type",
        /// `Up` or `Down`.
        operational_status: Option<String> = "operationalStatus",
    }
}

entity! {
    /// A virtual machine in a cloud.
    pub struct VmMetadata {
        /// Its id there.
        vm_id: Option<String> = "vmId",
        /// The cloud.
        cloud_provider: Option<String> = "cloudProvider",
        /// Its resource.
        resource_id: Option<String> = "resourceId",
        /// Its subscription.
        subscription_id: Option<String> = "subscriptionId",
    }
}

open_enum! {
    /// How a sensor is.
    pub enum HealthStatus {
        /// It reports.
        Active = "Active",
        /// It has not reported for a week.
        Inactive = "Inactive",
        /// It reports in part.
        ImpairedCommunication = "ImpairedCommunication",
        /// It reports no events.
        NoSensorData = "NoSensorData",
        /// Both.
        NoSensorDataImpairedCommunication = "NoSensorDataImpairedCommunication",
        /// Nobody knows.
        Unknown = "Unknown",
    }
}

open_enum! {
    /// What a machine is worth to the organisation.
    pub enum DeviceValue {
        /// Like most.
        Normal = "Normal",
        /// Less.
        Low = "Low",
        /// More.
        High = "High",
    }
}

open_enum! {
    /// How likely a machine is under attack.
    pub enum RiskScore {
        /// No alerts.
        None = "None",
        /// For information.
        Informational = "Informational",
        /// Low.
        Low = "Low",
        /// Medium.
        Medium = "Medium",
        /// High.
        High = "High",
    }
}

open_enum! {
    /// How open to attack a machine is.
    pub enum ExposureLevel {
        /// Not.
        None = "None",
        /// Low.
        Low = "Low",
        /// Medium.
        Medium = "Medium",
        /// High.
        High = "High",
    }
}

open_enum! {
    /// Whether a machine has the sensor.
    pub enum OnboardingStatus {
        /// It has.
        Onboarded = "Onboarded",
        /// It could have.
        CanBeOnboarded = "CanBeOnboarded",
        /// It cannot.
        Unsupported = "Unsupported",
        /// Nobody knows.
        InsufficientInfo = "InsufficientInfo",
    }
}

/// How a tag is looked for.
///
/// Source: learn.microsoft.com/defender-endpoint/api/find-machines-by-tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagMatch {
    /// The whole tag.
    Whole,
    /// How it begins.
    Beginning,
}

/// Machines of one tenant, from [`DefenderReader::machines`](crate::DefenderReader::machines).
#[derive(Debug, Clone)]
pub struct Machines {
    pub(crate) core: Arc<Core>,
}

impl Machines {
    /// Machines, at most 10,000 a page. Where none was seen of late the service answers 404, which stays an error
    /// ([`DefenderError::is_not_found`]): it has been seen to do so for no reason, and an empty list would be
    /// taken for an empty tenant.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> ItemStream<Machine> {
        list(&self.core, LIST_MACHINES, &["machines"], query, PAGE_MAX)
    }

    /// The machine with this id, or whose full name this is; nothing where there is none.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn get(&self, id_or_name: &str) -> Result<Option<Machine>, DefenderError> {
        let route = Route::read("read a machine", "GET /api/machines/{id}", MACHINE);
        self.core
            .find(
                &route,
                self.core
                    .url(Service::Defender, "/api", &["machines", id_or_name]),
            )
            .await
    }

    /// Machines that had `address` within the organisation's network within 15 minutes of `around`, which lies at
    /// most 30 days back.
    #[must_use]
    pub fn by_ip(&self, address: IpAddr, around: Timestamp) -> ItemStream<Machine> {
        let route = Route::read(
            "find machines by address",
            "GET /api/machines/findbyip",
            MACHINE,
        );
        // Addresses and instants hold no quotes.
        let call = format!("findbyip(ip='{address}',timestamp={around})");
        related(&self.core, route, &["machines", &call])
    }

    /// Machines with `tag`, or with one that begins with it.
    #[must_use]
    pub fn by_tag(&self, tag: &str, match_by: TagMatch) -> ItemStream<Machine> {
        let endpoint = "GET /api/machines/findbytag";
        let route = Route::read("find machines by tag", endpoint, MACHINE);
        let segments = &["machines", "findbytag"];
        let mut url = self.core.url(Service::Defender, "/api", segments);
        let starts_with = (match_by == TagMatch::Beginning).to_string();
        url.query_pairs_mut()
            .append_pair("tag", tag)
            .append_pair("useStartsWithFilter", &starts_with);
        linked(&self.core, route, url)
    }

    /// Users who signed in on a machine.
    #[must_use]
    pub fn logon_users(&self, id: &MachineId) -> ItemStream<User> {
        related(
            &self.core,
            LIST_LOGON_USERS,
            &["machines", id.as_str(), "logonusers"],
        )
    }

    /// Alerts of a machine, without evidence.
    #[must_use]
    pub fn alerts(&self, id: &MachineId) -> ItemStream<Alert> {
        let permissions = &["Alert.Read.All", "Alert.ReadWrite.All"];
        let route = Route::read(
            "list alerts of a machine",
            "GET /api/machines/{id}/alerts",
            permissions,
        );
        related(&self.core, route, &["machines", id.as_str(), "alerts"])
    }

    /// Software on a machine.
    #[must_use]
    pub fn software(&self, id: &MachineId) -> ItemStream<Software> {
        let route = Route::read(
            "list software of a machine",
            "GET /api/machines/{id}/software",
            &["Software.Read.All"],
        );
        related(&self.core, route, &["machines", id.as_str(), "software"])
    }

    /// Vulnerabilities on a machine.
    #[must_use]
    pub fn vulnerabilities(&self, id: &MachineId) -> ItemStream<Vulnerability> {
        let endpoint = "GET /api/machines/{id}/vulnerabilities";
        let route = Route::read(
            "list vulnerabilities of a machine",
            endpoint,
            &["Vulnerability.Read.All"],
        );
        related(
            &self.core,
            route,
            &["machines", id.as_str(), "vulnerabilities"],
        )
    }

    /// Recommendations for a machine.
    #[must_use]
    pub fn recommendations(&self, id: &MachineId) -> ItemStream<Recommendation> {
        let endpoint = "GET /api/machines/{id}/recommendations";
        let permissions = &["SecurityRecommendation.Read.All"];
        let route = Route::read("list recommendations for a machine", endpoint, permissions);
        related(
            &self.core,
            route,
            &["machines", id.as_str(), "recommendations"],
        )
    }

    /// Security updates that a machine lacks.
    #[must_use]
    pub fn missing_updates(&self, id: &MachineId) -> ItemStream<MissingUpdate> {
        let endpoint = "GET /api/machines/{id}/getmissingkbs";
        let route = Route::read(
            "list missing updates of a machine",
            endpoint,
            &["Software.Read.All"],
        );
        related(
            &self.core,
            route,
            &["machines", id.as_str(), "getmissingkbs"],
        )
    }
}
