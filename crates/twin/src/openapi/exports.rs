//! Export assessments, and the files behind signed addresses.

use super::operation::{Answer, Operation};
use super::shape::Shape::{Between, Flag, Format, Integer, List, Named, Number, Object, Text};
use super::shape::{Field, Shape, field, nullable, required};
use crate::endpoint::exports::{CHANGES_DAYS, HOURS_MAX, ROWS_MAX};

pub(super) const OPERATIONS: &[Operation] = &[
    pages(
        "/api/machines/SoftwareInventoryByMachine",
        "exportSoftware",
        "Software by machine, in pages",
        "AssetSoftware",
    ),
    pages(
        "/api/machines/SoftwareVulnerabilitiesByMachine",
        "exportVulnerabilities",
        "Vulnerabilities by machine, in pages",
        "AssetVulnerability",
    ),
    pages(
        "/api/machines/SecureConfigurationsAssessmentByMachine",
        "exportConfigurations",
        "Configuration assessments by machine, in pages",
        "AssetConfiguration",
    ),
    Operation::get(
        "/api/machines/SoftwareVulnerabilityChangesByMachine",
        "exportVulnerabilityChanges",
        "What became of vulnerabilities since an instant, in pages",
        Answer::Page("DeltaAssetVulnerability"),
    )
    .options(&[
        required("sinceTime", Format("date-time")).noted(SINCE),
        PAGE[0],
        PAGE[1],
        PAGE[2],
    ]),
    files(
        "/api/machines/SoftwareInventoryExport",
        "exportSoftwareFiles",
        "Software by machine, in files",
    ),
    files(
        "/api/machines/SoftwareVulnerabilitiesExport",
        "exportVulnerabilityFiles",
        "Vulnerabilities by machine, in files",
    ),
    files(
        "/api/machines/SecureConfigurationsAssessmentExport",
        "exportConfigurationFiles",
        "Configuration assessments by machine, in files",
    ),
    Operation::get(
        "/tvm-export/{date}/{time}/{kind}/json/{organization}/{part}",
        "getExportFile",
        "A file of an export: gzip, one JSON object a line",
        Answer::Bytes("application/octet-stream"),
    )
    .options(SIGNATURE),
    Operation::get(
        "/investigation-packages/{file}",
        "getInvestigationPackage",
        "An investigation package",
        Answer::Bytes("application/zip"),
    )
    .options(SIGNATURE),
    Operation::get(
        "/live-response/{id}/{file}",
        "getLiveResponseResult",
        "The result of a live response command",
        Answer::Json(Named("LiveResponseResult")),
    )
    .options(SIGNATURE),
];

const _: () = assert!(CHANGES_DAYS == 14, "the document says how many days");
const SINCE: &str = "At most 14 days ago.";

const fn pages(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    row: &'static str,
) -> Operation {
    Operation::get(path, id, summary, Answer::Page(row)).options(&PAGE)
}

const fn files(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::get(path, id, summary, Answer::Entity("ExportFiles")).options(HOURS)
}

const HOURS: &[Field] = &[field("sasValidHours", Between(1, HOURS_MAX))
    .noted("How long the addresses are good; 1 when left out.")];

/// Which page.
const PAGE: [Field; 3] = [
    field("pageSize", Between(1, ROWS_MAX as u64)).noted("50,000 when left out."),
    field("$top", Between(1, ROWS_MAX as u64)).noted("Ends the links to further pages."),
    field("$skiptoken", Format("export-skiptoken"))
        .noted("From a link to a further page; any other is refused."),
];

/// What makes an address signed. A call with an `Authorization` header is refused.
const SIGNATURE: &[Field] = &[
    field("sv", Text),
    field("sr", Text),
    field("sp", Text),
    field("se", Text).noted("When the address expires."),
    field("sig", Text),
];

const INSTANT: Shape = Format("date-time");

/// The fields of a vulnerability of a device.
const VULNERABILITY: [Field; 23] = [
    field("id", Text),
    field("deviceId", Text),
    field("rbacGroupName", Text),
    nullable("deviceName", &Text),
    nullable("osPlatform", &Text),
    nullable("osVersion", &Text),
    nullable("osArchitecture", &Text),
    field("softwareVendor", Text),
    field("softwareName", Text),
    field("softwareVersion", Text),
    nullable("cveId", &Text),
    field("vulnerabilitySeverityLevel", Text),
    nullable("cvssScore", &Number),
    nullable("recommendedSecurityUpdate", &Text),
    nullable("recommendedSecurityUpdateId", &Text),
    nullable("recommendedSecurityUpdateUrl", &Format("uri")),
    field("diskPaths", List(&Text)),
    field("registryPaths", List(&Text)),
    nullable("lastSeenTimestamp", &Text).noted(PLAIN),
    nullable("firstSeenTimestamp", &Text).noted(PLAIN),
    field("exploitabilityLevel", Text),
    field("recommendationReference", Text),
    field("securityUpdateAvailable", Flag),
];

const PLAIN: &str = "`2026-10-01 08:00:00`, in UTC.";

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    (
        "AssetSoftware",
        Object(&[
            field("deviceId", Text),
            field("rbacGroupName", Text),
            nullable("deviceName", &Text),
            nullable("osPlatform", &Text),
            field("softwareVendor", Text),
            field("softwareName", Text),
            field("softwareVersion", Text),
            field("numberOfWeaknesses", Integer),
            field("diskPaths", List(&Text)),
            field("registryPaths", List(&Text)),
            nullable("softwareFirstSeenTimestamp", &Text).noted(PLAIN),
            nullable("endOfSupportStatus", &Text),
            nullable("endOfSupportDate", &Text).noted(PLAIN),
        ]),
    ),
    ("AssetVulnerability", Object(&VULNERABILITY)),
    ("DeltaAssetVulnerability", Object(&DELTA)),
    (
        "AssetConfiguration",
        Object(&[
            field("deviceId", Text),
            field("rbacGroupName", Text),
            nullable("deviceName", &Text),
            nullable("osPlatform", &Text),
            nullable("osVersion", &Text),
            nullable("timestamp", &Text).noted(PLAIN),
            field("configurationId", Text),
            field("configurationCategory", Text),
            field("configurationSubcategory", Text),
            field("configurationImpact", Number),
            field("isCompliant", Flag),
            field("isApplicable", Flag),
            field("isExpectedUserImpact", Flag),
            field("configurationName", Text),
            field("recommendationReference", Text),
        ]),
    ),
    (
        "ExportFiles",
        Object(&[
            field("exportFiles", List(&Format("uri"))),
            field("generatedTime", INSTANT),
        ]),
    ),
    (
        "LiveResponseResult",
        Object(&[
            nullable("script_name", &Text),
            field("exit_code", Integer),
            field("script_output", Text),
            field("script_errors", Text),
        ]),
    ),
];

/// A vulnerability of a device, and what became of it.
const DELTA: [Field; 26] = {
    let mut fields = [field("status", Shape::Choice(&["New", "Fixed", "Updated"])); 26];
    let mut place = 0;
    while place < VULNERABILITY.len() {
        fields[place] = VULNERABILITY[place];
        place += 1;
    }
    fields[24] = field("eventTimestamp", INSTANT);
    fields[25] = field("isOnboarded", Flag);
    fields
};
