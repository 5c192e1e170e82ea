//! The tables of vulnerability management beside the inventory.

use super::Table;
use super::device::architecture;
use crate::generate::rows::Rows;

pub(super) fn weaknesses<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::new("DeviceTvmSoftwareVulnerabilities", rows.weakness.len());
    let all = || rows.weakness.iter();
    table.text("DeviceId", all().map(|row| row.device.id.as_str()));
    table.text("DeviceName", all().map(|row| row.device.name.as_str()));
    table.text("OSPlatform", all().map(|row| row.device.system.platform));
    table.text("OSVersion", all().map(|row| row.device.system.version));
    table.text("OSArchitecture", all().map(|row| architecture(row.device)));
    table.text("SoftwareVendor", all().map(|row| row.vendor));
    table.text("SoftwareName", all().map(|row| row.name));
    table.text("SoftwareVersion", all().map(|row| row.version));
    table.text("CveId", all().map(|row| row.vulnerability.id));
    table.text(
        "VulnerabilitySeverityLevel",
        all().map(|row| row.vulnerability.severity),
    );
    table.text(
        "RecommendedSecurityUpdate",
        all().map(|row| row.vulnerability.update.0),
    );
    table.text(
        "RecommendedSecurityUpdateId",
        all().map(|row| row.vulnerability.update.1),
    );
    table
}

pub(super) fn knowledge<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::new(
        "DeviceTvmSoftwareVulnerabilitiesKB",
        rows.vulnerability.len(),
    );
    let all = || rows.vulnerability.iter();
    table.text("CveId", all().map(|row| row.vulnerability.id));
    table.text("CvssScore", all().map(|row| row.vulnerability.score));
    table.bool(
        "IsExploitAvailable",
        all().map(|row| Some(row.vulnerability.has_exploit)),
    );
    table.text(
        "VulnerabilitySeverityLevel",
        all().map(|row| row.vulnerability.severity),
    );
    table.moment("LastModifiedTime", all().map(|row| Some(row.modified)));
    table.moment("PublishedDate", all().map(|row| Some(row.published)));
    table.text(
        "VulnerabilityDescription",
        all().map(|row| row.vulnerability.description),
    );
    table.dynamic("AffectedSoftware", all().map(|row| row.affected.as_str()));
    table
}

pub(super) fn assessments<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::new(
        "DeviceTvmSecureConfigurationAssessment",
        rows.assessment.len(),
    );
    let all = || rows.assessment.iter();
    table.text("DeviceId", all().map(|row| row.device.id.as_str()));
    table.text("DeviceName", all().map(|row| row.device.name.as_str()));
    table.text("OSPlatform", all().map(|row| row.device.system.platform));
    table.moment("Timestamp", all().map(|row| Some(row.time)));
    table.text("ConfigurationId", all().map(|row| row.setting.id));
    table.text(
        "ConfigurationCategory",
        all().map(|row| row.setting.category),
    );
    table.text(
        "ConfigurationSubcategory",
        all().map(|row| row.setting.subcategory),
    );
    table.real(
        "ConfigurationImpact",
        all().map(|row| Some(row.setting.impact)),
    );
    table.bool("IsCompliant", all().map(|row| Some(row.is_kept)));
    table.bool("IsApplicable", all().map(|_| Some(true)));
    table.bool("IsExpectedUserImpact", all().map(|_| Some(false)));
    table
}

pub(super) fn settings<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::new(
        "DeviceTvmSecureConfigurationAssessmentKB",
        rows.setting.len(),
    );
    let all = || rows.setting.iter();
    table.text("ConfigurationId", all().map(|setting| setting.id));
    table.real(
        "ConfigurationImpact",
        all().map(|setting| Some(setting.impact)),
    );
    table.text("ConfigurationName", all().map(|setting| setting.name));
    table.text("RiskDescription", all().map(|setting| setting.risk));
    table.text(
        "ConfigurationCategory",
        all().map(|setting| setting.category),
    );
    table.text(
        "ConfigurationSubcategory",
        all().map(|setting| setting.subcategory),
    );
    table
}
