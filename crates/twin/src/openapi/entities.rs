//! Files, IP addresses, domains and users.

use super::indicators;
use super::operation::{Answer, Operation};
use super::shape::Shape::{
    Between, Either, Flag, Format, Integer, List, Object, Pattern, Text, Written,
};
use super::shape::{Field, Shape, field, nullable, required};
use crate::endpoint::alerts::ALERTS;
use crate::endpoint::machines::MACHINES;
use crate::endpoint::prevalence::LOOK_BACK_HOURS_MAX;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "/api/files/{id}",
        "getFile",
        "A file",
        Answer::Entity("File"),
    )
    .segments(FILE),
    Operation::get(
        "/api/files/{id}/stats",
        "getFileStatistics",
        "How common a file is",
        Answer::Entity("FileStatistics"),
    )
    .segments(FILE)
    .options(LOOK_BACK),
    Operation::get(
        "/api/files/{id}/alerts",
        "listFileAlerts",
        "Alerts about a file",
        Answer::Page("Alert"),
    )
    .of(&ALERTS)
    .segments(FILE),
    Operation::get(
        "/api/files/{id}/machines",
        "listFileMachines",
        "Machines that saw a file, by its SHA-1",
        Answer::Page("Machine"),
    )
    .of(&MACHINES)
    .segments(FILE),
    Operation::get(
        "/api/ips/{ip}/stats",
        "getIpStatistics",
        "How common an IP address is; zeros for one never seen",
        Answer::Entity("IpStatistics"),
    )
    .segments(IP)
    .options(LOOK_BACK),
    Operation::get(
        "/api/ips/{ip}/alerts",
        "listIpAlerts",
        "Alerts about an IP address",
        Answer::Page("Alert"),
    )
    .of(&ALERTS)
    .segments(IP),
    Operation::get(
        "/api/domains/{domain}/stats",
        "getDomainStatistics",
        "How common a domain is; zeros for one never seen",
        Answer::Entity("DomainStatistics"),
    )
    .segments(DOMAIN)
    .options(LOOK_BACK),
    Operation::get(
        "/api/domains/{domain}/alerts",
        "listDomainAlerts",
        "Alerts about a domain",
        Answer::Page("Alert"),
    )
    .of(&ALERTS)
    .segments(DOMAIN),
    Operation::get(
        "/api/domains/{domain}/machines",
        "listDomainMachines",
        "Machines that talked to a domain, at most 500",
        Answer::Page("Machine"),
    )
    .of(&MACHINES)
    .segments(DOMAIN),
    Operation::get(
        "/api/users/{name}/alerts",
        "listUserAlerts",
        "Alerts about a user",
        Answer::Page("Alert"),
    )
    .of(&ALERTS)
    .segments(USER),
    Operation::get(
        "/api/users/{name}/machines",
        "listUserMachines",
        "Machines that a user logged on to",
        Answer::Page("Machine"),
    )
    .of(&MACHINES)
    .segments(USER),
];

const FILE: &[Field] = &[required(
    "id",
    Pattern("^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{32})$"),
)
.noted("SHA-1, SHA-256 or MD5.")];
const IP: &[Field] = &[required("ip", Either(&[Format("ipv4"), Format("ipv6")]))];
const DOMAIN: &[Field] = &[required("domain", Written(indicators::domain))];
const USER: &[Field] = &[required("name", Text).noted("The account name, not the principal name.")];
const LOOK_BACK: &[Field] = &[field(
    "lookBackHours",
    Between(1, LOOK_BACK_HOURS_MAX.unsigned_abs()),
)];
const INSTANT: Shape = Format("date-time");

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    (
        "File",
        Object(&[
            nullable("sha1", &Text),
            nullable("sha256", &Text),
            nullable("md5", &Text),
            nullable("globalPrevalence", &Integer),
            nullable("globalFirstObserved", &INSTANT),
            nullable("globalLastObserved", &INSTANT),
            nullable("size", &Integer),
            nullable("fileType", &Text),
            nullable("isPeFile", &Flag),
            nullable("filePublisher", &Text),
            nullable("fileProductName", &Text),
            nullable("signer", &Text),
            nullable("issuer", &Text),
            nullable("signerHash", &Text),
            nullable("isValidCertificate", &Flag),
            nullable("determinationType", &Text),
            nullable("determinationValue", &Text),
        ]),
    ),
    (
        "FileStatistics",
        Object(&[
            nullable("sha1", &Text),
            field("orgPrevalence", DIGITS),
            field("organizationPrevalence", Integer),
            nullable("orgFirstSeen", &INSTANT),
            nullable("orgLastSeen", &INSTANT),
            field("globalPrevalence", Text),
            nullable("globallyPrevalence", &Integer),
            nullable("globalFirstObserved", &INSTANT),
            nullable("globalLastObserved", &INSTANT),
            field("topFileNames", List(&Text)),
        ]),
    ),
    (
        "IpStatistics",
        Object(&[field("ipAddress", Text), SEEN[0], SEEN[1], SEEN[2], SEEN[3]]),
    ),
    (
        "DomainStatistics",
        Object(&[field("host", Text), SEEN[0], SEEN[1], SEEN[2], SEEN[3]]),
    ),
];

const DIGITS: Shape = Pattern("^[0-9]+$");

/// How many devices saw it, and when.
const SEEN: [Field; 4] = [
    field("orgPrevalence", DIGITS),
    field("organizationPrevalence", Integer),
    nullable("orgFirstSeen", &INSTANT),
    nullable("orgLastSeen", &INSTANT),
];
