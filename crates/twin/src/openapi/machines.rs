//! Machines, their users and alerts.

use super::operation::{Answer, Body, Operation};
use super::shape::Shape::{
    Batch, Choice, Either, Flag, Format, Integer, List, Named, Object, OrNull, Text, Words,
};
use super::shape::{Field, Shape, field, nullable, required};
use crate::endpoint::alerts::ALERTS;
use crate::endpoint::exposure_sets::{RECOMMENDATIONS, SOFTWARE, UPDATES, VULNERABILITIES};
use crate::endpoint::machines::{MACHINES, TAGGED_MAX, USERS};
use crate::state::DEVICE_VALUES;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "/api/machines",
        "listMachines",
        "Machines",
        Answer::Page("Machine"),
    )
    .of(&MACHINES),
    Operation::get(
        "/api/machines/$count",
        "countMachines",
        "The number of machines",
        Answer::Count,
    )
    .of(&MACHINES),
    Operation::get(
        "/api/machines/{id}",
        "getMachine",
        "A machine",
        Answer::Entity("Machine"),
    )
    .segments(MACHINE),
    Operation::patch(
        "/api/machines/{id}",
        "updateMachine",
        "Sets a machine's tags and value",
        Body::Json(Named("MachineUpdate")),
        Answer::Entity("Machine"),
    )
    .segments(MACHINE),
    Operation::get(
        "/api/machines/findbyip({arguments})",
        "findMachinesByIp",
        "Machines that had an internal address within 15 minutes of an instant",
        Answer::Page("Machine"),
    )
    .of(&MACHINES)
    .spelled("/api/machines/findbyip(ip='{ip}',timestamp={timestamp})")
    .segments(&[
        required("ip", Either(&[Format("ipv4"), Format("ipv6")])),
        required("timestamp", Format("date-time")).noted("At most 30 days ago."),
    ]),
    Operation::get(
        "/api/machines/findbytag",
        "findMachinesByTag",
        "Machines with a tag",
        Answer::Page("Machine"),
    )
    .of(&MACHINES)
    .options(&[
        required("tag", Text),
        field("useStartsWithFilter", Flag).noted("Whether the beginning of a tag is enough."),
    ]),
    Operation::post(
        "/api/machines/{id}/tags",
        "tagMachine",
        "Adds or removes a tag",
        Body::Json(Named("TagChange")),
        Answer::Entity("Machine"),
    )
    .segments(MACHINE),
    Operation::post(
        "/api/machines/AddOrRemoveTagForMultipleMachines",
        "tagMachines",
        "Adds or removes a tag on many machines, or on none",
        Body::Json(Named("TagChangeOfMany")),
        Answer::Page("Machine"),
    )
    .of(&MACHINES)
    .refuses(&[404]),
    Operation::post(
        "/api/machines/{id}/setDeviceValue",
        "setMachineValue",
        "Sets a machine's value",
        Body::Json(Named("DeviceValueChange")),
        Answer::Entity("Machine"),
    )
    .segments(MACHINE),
    Operation::get(
        "/api/machines/{id}/logonusers",
        "listMachineUsers",
        "Users who logged on to a machine",
        Answer::Page("User"),
    )
    .of(&USERS)
    .segments(MACHINE),
    Operation::get(
        "/api/machines/{id}/alerts",
        "listMachineAlerts",
        "Alerts of a machine",
        Answer::Page("Alert"),
    )
    .of(&ALERTS)
    .segments(MACHINE),
    Operation::get(
        "/api/machines/{id}/alerts/$count",
        "countMachineAlerts",
        "The number of a machine's alerts",
        Answer::Count,
    )
    .of(&ALERTS)
    .segments(MACHINE),
    Operation::get(
        "/api/machines/{id}/software",
        "listMachineSoftware",
        "Software on a machine",
        Answer::Page("Software"),
    )
    .of(&SOFTWARE)
    .segments(MACHINE),
    Operation::get(
        "/api/machines/{id}/vulnerabilities",
        "listMachineVulnerabilities",
        "Vulnerabilities of a machine",
        Answer::Page("Vulnerability"),
    )
    .of(&VULNERABILITIES)
    .segments(MACHINE),
    Operation::get(
        "/api/machines/{id}/recommendations",
        "listMachineRecommendations",
        "Recommendations for a machine",
        Answer::Page("Recommendation"),
    )
    .of(&RECOMMENDATIONS)
    .segments(MACHINE),
    Operation::get(
        "/api/machines/{id}/getmissingkbs",
        "listMachineMissingUpdates",
        "Security updates that a machine lacks",
        Answer::Page("SecurityUpdate"),
    )
    .of(&UPDATES)
    .segments(MACHINE),
];

/// The path parameter that names a machine.
pub(super) const MACHINE: &[Field] =
    &[required("id", Text).noted("The id of a machine, or its DNS name.")];

const TAG: Field = required("Value", Words);
const TAG_ACTION: Field = required("Action", Choice(&["Add", "Remove"]));
const INSTANT: Shape = Format("date-time");

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    (
        "Machine",
        Object(&[
            field("id", Text).noted("40 hexadecimal digits."),
            nullable("mergedIntoMachineId", &Text),
            field("isPotentialDuplication", Flag),
            field("isExcluded", Flag),
            nullable("exclusionReason", &Text),
            nullable("computerDnsName", &Text),
            nullable("firstSeen", &INSTANT),
            nullable("lastSeen", &INSTANT),
            nullable("osPlatform", &Text),
            nullable("osVersion", &Text),
            nullable("osProcessor", &Text),
            nullable("version", &Text),
            nullable("lastIpAddress", &Text),
            nullable("lastExternalIpAddress", &Text),
            nullable("agentVersion", &Text),
            nullable("osBuild", &Integer),
            field("healthStatus", Text),
            field("deviceValue", Choice(&DEVICE_VALUES)),
            nullable("rbacGroupId", &Integer),
            nullable("rbacGroupName", &Text),
            field("riskScore", Text),
            field("exposureLevel", Text),
            nullable("isAadJoined", &Flag),
            nullable("aadDeviceId", &Text),
            field("machineTags", List(&Text)),
            field("defenderAvStatus", Text),
            field("onboardingStatus", Text),
            nullable("osArchitecture", &Text),
            nullable("managedBy", &Text),
            nullable("managedByStatus", &Text),
            field("ipAddresses", OrNull(&List(&Named("IpInterface")))),
            nullable("vmMetadata", &Object(&[])),
        ]),
    ),
    (
        "IpInterface",
        Object(&[
            nullable("ipAddress", &Text),
            nullable("macAddress", &Text),
            nullable("type", &Text),
            nullable("operationalStatus", &Text),
        ]),
    ),
    (
        "User",
        Object(&[
            field("id", Text).noted("Domain, backslash, account name."),
            field("accountName", Text),
            nullable("accountDomain", &Text),
            nullable("accountSid", &Text),
            nullable("firstSeen", &INSTANT),
            nullable("lastSeen", &INSTANT),
            nullable("mostPrevalentMachineId", &Text),
            nullable("leastPrevalentMachineId", &Text),
            nullable("logonTypes", &Text),
            nullable("logOnMachinesCount", &Integer),
            nullable("isDomainAdmin", &Flag),
            nullable("isOnlyNetworkUser", &Flag),
        ]),
    ),
    (
        "MachineUpdate",
        Either(&[
            Object(&[
                required("machineTags", List(&Text)),
                nullable("deviceValue", &Choice(&DEVICE_VALUES)),
            ]),
            Object(&[
                required("deviceValue", Choice(&DEVICE_VALUES)),
                field("machineTags", OrNull(&List(&Text))),
            ]),
        ]),
    ),
    ("TagChange", Object(&[TAG, TAG_ACTION])),
    (
        "TagChangeOfMany",
        Object(&[
            TAG,
            TAG_ACTION,
            required("MachineIds", Batch(&Text, TAGGED_MAX)),
        ]),
    ),
    (
        "DeviceValueChange",
        Object(&[required("DeviceValue", Choice(&DEVICE_VALUES))]),
    ),
];
