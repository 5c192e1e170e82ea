//! Vulnerabilities, software, recommendations, scores and remediation.

use super::operation::{Answer, Operation};
use super::shape::Shape::{Flag, Format, Integer, List, Number, Object, Text};
use super::shape::{Shape, field, nullable};
use crate::endpoint::exposure_sets::{
    DISTRIBUTIONS, MACHINE_VULNERABILITIES, RECOMMENDATIONS, REFERENCES, SOFTWARE, UPDATES,
    VULNERABILITIES,
};
use crate::endpoint::remediation::TASKS;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "/api/vulnerabilities/$count",
        "countVulnerabilities",
        "The number of vulnerabilities",
        Answer::Count,
    )
    .of(&VULNERABILITIES),
    Operation::get(
        "/api/vulnerabilities",
        "listVulnerabilities",
        "Vulnerabilities",
        Answer::Page("Vulnerability"),
    )
    .of(&VULNERABILITIES),
    Operation::get(
        "/api/vulnerabilities/{cve}",
        "getVulnerability",
        "A vulnerability",
        Answer::Entity("Vulnerability"),
    ),
    Operation::get(
        "/api/vulnerabilities/{cve}/machineReferences",
        "listVulnerabilityMachines",
        "Machines with a vulnerability",
        Answer::Page("MachineReference"),
    )
    .of(&REFERENCES),
    Operation::get(
        "/api/vulnerabilities/machinesVulnerabilities",
        "listMachinesVulnerabilities",
        "Vulnerabilities by machine and program",
        Answer::Page("MachineVulnerability"),
    )
    .of(&MACHINE_VULNERABILITIES),
    Operation::get(
        "/api/recommendations/$count",
        "countRecommendations",
        "The number of recommendations",
        Answer::Count,
    )
    .of(&RECOMMENDATIONS),
    Operation::get(
        "/api/recommendations",
        "listRecommendations",
        "Recommendations",
        Answer::Page("Recommendation"),
    )
    .of(&RECOMMENDATIONS),
    Operation::get(
        "/api/recommendations/{id}",
        "getRecommendation",
        "A recommendation",
        Answer::Entity("Recommendation"),
    ),
    Operation::get(
        "/api/recommendations/{id}/software",
        "getRecommendationSoftware",
        "The program of a recommendation",
        Answer::Entity("Software"),
    ),
    Operation::get(
        "/api/recommendations/{id}/machineReferences",
        "listRecommendationMachines",
        "Machines that a recommendation is for",
        Answer::Page("MachineReference"),
    )
    .of(&REFERENCES),
    Operation::get(
        "/api/recommendations/{id}/vulnerabilities",
        "listRecommendationVulnerabilities",
        "Vulnerabilities that a recommendation ends",
        Answer::Page("Vulnerability"),
    )
    .of(&VULNERABILITIES),
    Operation::get(
        "/api/Software/$count",
        "countSoftware",
        "The number of programs",
        Answer::Count,
    )
    .of(&SOFTWARE),
    Operation::get(
        "/api/Software",
        "listSoftware",
        "Programs",
        Answer::Page("Software"),
    )
    .of(&SOFTWARE),
    Operation::get(
        "/api/Software/{id}",
        "getSoftware",
        "A program",
        Answer::Entity("Software"),
    ),
    Operation::get(
        "/api/Software/{id}/distributions",
        "listSoftwareVersions",
        "Versions of a program",
        Answer::Page("Distribution"),
    )
    .of(&DISTRIBUTIONS),
    Operation::get(
        "/api/Software/{id}/machineReferences",
        "listSoftwareMachines",
        "Machines with a program",
        Answer::Page("MachineReference"),
    )
    .of(&REFERENCES),
    Operation::get(
        "/api/Software/{id}/vulnerabilities",
        "listSoftwareVulnerabilities",
        "Vulnerabilities of a program",
        Answer::Page("Vulnerability"),
    )
    .of(&VULNERABILITIES),
    Operation::get(
        "/api/Software/{id}/getmissingkbs",
        "listSoftwareMissingUpdates",
        "Security updates that a program lacks",
        Answer::Page("SecurityUpdate"),
    )
    .of(&UPDATES),
    Operation::get(
        "/api/exposureScore",
        "getExposureScore",
        "The tenant's exposure score",
        Answer::Entity("Score"),
    ),
    Operation::get(
        "/api/exposureScore/ByMachineGroups",
        "listExposureScores",
        "Exposure scores of the device groups",
        Answer::Page("GroupScore"),
    ),
    Operation::get(
        "/api/configurationScore",
        "getConfigurationScore",
        "The tenant's configuration score",
        Answer::Entity("Score"),
    ),
    Operation::get(
        "/api/remediationtasks/$count",
        "countRemediationTasks",
        "The number of remediation tasks",
        Answer::Count,
    )
    .of(&TASKS),
    Operation::get(
        "/api/remediationtasks",
        "listRemediationTasks",
        "Remediation tasks",
        Answer::Page("RemediationTask"),
    )
    .of(&TASKS),
    Operation::get(
        "/api/remediationtasks/{id}",
        "getRemediationTask",
        "A remediation task",
        Answer::Entity("RemediationTask"),
    ),
    Operation::known(
        "GET",
        "/api/public/avdeviceshealth",
        "listAntivirusHealth",
        "Health of the devices' antivirus",
    ),
];

const INSTANT: Shape = Format("date-time");

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    (
        "Vulnerability",
        Object(&[
            field("id", Text),
            field("name", Text),
            nullable("description", &Text),
            nullable("severity", &Text),
            nullable("cvssV3", &Number),
            nullable("cvssVector", &Text),
            field("exposedMachines", Integer),
            nullable("publishedOn", &INSTANT),
            nullable("updatedOn", &INSTANT),
            nullable("firstDetected", &INSTANT),
            field("publicExploit", Flag),
            field("exploitVerified", Flag),
            field("exploitInKit", Flag),
            field("exploitTypes", List(&Text)),
            field("exploitUris", List(&Text)),
            nullable("cveSupportability", &Text),
            field("tags", List(&Text)),
            nullable("epss", &Number),
        ]),
    ),
    (
        "MachineReference",
        Object(&[
            field("id", Text),
            nullable("computerDnsName", &Text),
            nullable("osPlatform", &Text),
            nullable("rbacGroupName", &Text),
        ]),
    ),
    (
        "MachineVulnerability",
        Object(&[
            field("id", Text),
            field("cveId", Text),
            field("machineId", Text),
            nullable("fixingKbId", &Text),
            field("productName", Text),
            field("productVendor", Text),
            field("productVersion", Text),
            field("severity", Text),
        ]),
    ),
    (
        "Recommendation",
        Object(&[
            field("id", Text),
            field("productName", Text),
            field("recommendationName", Text),
            field("weaknesses", Integer),
            field("vendor", Text),
            field("recommendedVersion", Text),
            field("recommendedProgram", Text),
            field("recommendedVendor", Text),
            field("recommendationCategory", Text),
            field("subCategory", Text),
            field("severityScore", Number),
            field("publicExploit", Flag),
            field("activeAlert", Flag),
            field("associatedThreats", List(&Text)),
            field("remediationType", Text),
            field("status", Text),
            field("configScoreImpact", Number),
            field("exposureImpact", Number),
            field("totalMachineCount", Integer),
            field("exposedMachinesCount", Integer),
            field("nonProductivityImpactedAssets", Integer),
            field("relatedComponent", Text),
            field("exposedCriticalDevices", Integer),
        ]),
    ),
    (
        "Software",
        Object(&[
            field("id", Text),
            field("name", Text),
            field("vendor", Text),
            field("weaknesses", Integer),
            field("publicExploit", Flag),
            field("activeAlert", Flag),
            field("exposedMachines", Integer),
            field("installedMachines", Integer),
            field("impactScore", Number),
            field("isNormalized", Flag),
            field("category", Text),
            field("distributions", List(&Text)),
        ]),
    ),
    (
        "Distribution",
        Object(&[
            field("version", Text),
            field("installations", Integer),
            field("vulnerabilities", Integer),
        ]),
    ),
    (
        "SecurityUpdate",
        Object(&[
            field("id", Text),
            field("name", Text),
            nullable("osBuild", &Text),
            field("productsNames", List(&Text)),
            field("url", Format("uri")),
            field("machineMissedOn", Integer),
            field("cveAddressed", Integer),
        ]),
    ),
    (
        "Score",
        Object(&[field("time", INSTANT), field("score", Number)]),
    ),
    (
        "GroupScore",
        Object(&[
            field("time", INSTANT),
            field("score", Number),
            field("rbacGroupName", Text),
            field("rbacGroupId", Integer),
        ]),
    ),
    (
        "RemediationTask",
        Object(&[
            field("id", Text),
            field("title", Text),
            nullable("createdOn", &INSTANT),
            nullable("requesterId", &Text),
            nullable("requesterEmail", &Text),
            nullable("status", &Text),
            nullable("statusLastModifiedOn", &INSTANT),
            nullable("description", &Text),
            nullable("relatedComponent", &Text),
            nullable("targetDevices", &Integer),
            nullable("fixedDevices", &Integer),
            field("rbacGroupNames", List(&Text)),
            nullable("requesterNotes", &Text),
            nullable("dueOn", &INSTANT),
            nullable("category", &Text),
            nullable("productivityImpactRemediationType", &Text),
            nullable("priority", &Text),
            nullable("completionMethod", &Text),
            nullable("completerId", &Text),
            nullable("completerEmail", &Text),
            nullable("scid", &Text),
            nullable("type", &Text),
            nullable("productId", &Text),
            nullable("vendorId", &Text),
            nullable("nameId", &Text),
            nullable("recommendedVersion", &Text),
            nullable("recommendedVendor", &Text),
            nullable("recommendedProgram", &Text),
        ]),
    ),
];
