//! Columns that go by another name than they used to.

/// Older names and the current ones. Source: "Advanced hunting schema - Naming changes", learn.microsoft.com/defender-xdr/advanced-hunting-schema-changes,
/// and the renaming of the first Defender ATP schema that went before it.
const RENAMED: &[(&str, &str)] = &[
    ("ComputerName", "DeviceName"),
    ("EventTime", "Timestamp"),
    ("MachineId", "DeviceId"),
    ("MalwareDetectionMethod", "DetectionMethods"),
    ("MalwareFilterVerdict", "ThreatTypes"),
    ("PhishDetectionMethod", "DetectionMethods"),
    ("PhishFilterVerdict", "ThreatTypes"),
];

/// What a column that older queries call `name` is called today.
///
/// ```
/// assert_eq!(tesem_kql::schema::renamed_column("MachineId"), Some("DeviceId"));
/// ```
#[must_use]
pub fn renamed_column(name: &str) -> Option<&'static str> {
    RENAMED
        .iter()
        .find(|(older, _)| *older == name)
        .map(|(_, current)| *current)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::defender;

    #[test]
    fn current_names_exist_and_older_ones_do_not() {
        let exists = |name| {
            defender()
                .tables()
                .any(|table| table.column(name).is_some())
        };
        for (older, current) in RENAMED {
            assert!(exists(current), "{current}");
            assert!(!exists(older), "{older}");
        }
    }
}
