//! The CSV form that the Defender portal imports.
//!
//! Columns, their meaning, types and actions: <https://learn.microsoft.com/defender-endpoint/indicator-manage>, "Import a list of IoCs";
//! their order and spelling are those of the sample that the portal offers there.

use std::io;

use jiff::Timestamp;
use tesem_defender::endpoint::{IndicatorAction, IndicatorType};

use super::cell::write_row;
use super::{LeftOut, Subject, Unfit, raises_alert, value};
use crate::listing::Listed;
use crate::policy::is_file;

/// Most indicators of one file that the portal imports.
///
/// Source: <https://learn.microsoft.com/defender-endpoint/indicator-manage>.
pub const PORTAL_ROWS_MAX: usize = 500;

const HEADER: [&str; 12] = [
    "IndicatorType",
    "IndicatorValue",
    "ExpirationTime",
    "Action",
    "Severity",
    "Title",
    "Description",
    "RecommendedActions",
    "RbacGroups",
    "Category",
    "MitreTechniques",
    "GenerateAlert",
];

/// Indicators as the portal imports them, and those that it would not.
///
/// Older actions are written as those of today. The category stays empty: the service lists it as a number and imports it as a name,
/// and which is which is not documented.
#[derive(Debug, Clone, Default)]
pub struct PortalForm {
    rows: Vec<[String; HEADER.len()]>,
    left_out: Vec<LeftOut>,
}

impl PortalForm {
    /// The form of the indicators, in their order. It has no column for a tenant.
    #[must_use]
    pub fn new(subjects: &[Subject<'_>]) -> Self {
        let mut form = Self::default();
        for item in subjects.iter().flat_map(|subject| subject.items) {
            match row(item) {
                Ok(row) => form.rows.push(row),
                Err(because) => form.left_out.push(LeftOut::new(item, because)),
            }
        }
        form
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What the portal would not import.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// How many files it takes if none is to have more rows than the portal imports; at least one.
    #[must_use]
    pub fn files(&self) -> usize {
        self.rows.len().div_ceil(PORTAL_ROWS_MAX).max(1)
    }

    /// Writes all rows. Cells that would begin a formula are behind a quote mark.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: impl io::Write) -> io::Result<()> {
        write(&self.rows, out)
    }

    /// Writes the rows of one of the [`files`](Self::files), counted from 0.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_file(&self, number: usize, out: impl io::Write) -> io::Result<()> {
        let rows = self.rows.chunks(PORTAL_ROWS_MAX).nth(number);
        write(rows.unwrap_or_default(), out)
    }
}

fn write(rows: &[[String; HEADER.len()]], out: impl io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HEADER)?;
    for row in rows {
        write_row(&mut csv, row)?;
    }
    csv.flush()
}

fn row(item: &Listed) -> Result<[String; HEADER.len()], Unfit> {
    let one = &item.indicator;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let kind = imported(&item.key.kind)?;
    let alerts = if raises_alert(item) { "True" } else { "False" };
    Ok([
        kind.to_string(),
        value(item)?.to_owned(),
        one.expires.map(expiry).unwrap_or_default(),
        action(kind, one.action.as_ref())?.to_string(),
        one.severity
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        text(&one.title),
        text(&one.description),
        text(&one.recommended_actions),
        groups(&one.rbac_group_names)?,
        String::new(),
        one.mitre_techniques.join(","),
        alerts.to_owned(),
    ])
}

fn imported(kind: &IndicatorType) -> Result<&IndicatorType, Unfit> {
    match kind {
        IndicatorType::FileSha1
        | IndicatorType::FileSha256
        | IndicatorType::IpAddress
        | IndicatorType::DomainName
        | IndicatorType::Url => Ok(kind),
        other => Err(Unfit::PortalType(other.clone())),
    }
}

/// The action under the name of today. The portal does not import network indicators that remediate.
fn action(
    kind: &IndicatorType,
    action: Option<&IndicatorAction>,
) -> Result<IndicatorAction, Unfit> {
    use IndicatorAction as Action;
    let is_file = is_file(kind);
    Ok(match action {
        Some(Action::Alert) => Action::Audit,
        Some(Action::AlertAndBlock) if is_file => Action::BlockAndRemediate,
        Some(Action::AlertAndBlock) => Action::Block,
        Some(action @ (Action::Allowed | Action::Audit | Action::Warn | Action::Block)) => {
            action.clone()
        }
        Some(Action::BlockAndRemediate) if is_file => Action::BlockAndRemediate,
        other => {
            return Err(Unfit::PortalAction {
                kind: kind.clone(),
                action: other.map(ToString::to_string).unwrap_or_default(),
            });
        }
    })
}

/// `YYYY-MM-DDTHH:MM:SS.0Z`.
fn expiry(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.0Z").to_string()
}

fn groups(names: &[String]) -> Result<String, Unfit> {
    match names.iter().any(|name| name.contains(',')) {
        true => Err(Unfit::PortalGroup),
        false => Ok(names.join(",")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::listing::Listing;
    use crate::testing::{any_indicator, listing};

    fn form(listing: &Listing) -> PortalForm {
        PortalForm::new(&[Subject {
            tenant: "a",
            tenant_id: "t",
            items: listing.items(),
        }])
    }

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rows_have_the_portals_columns_and_actions_of_today() {
        let items = listing([
            json!({"id": "1", "indicatorType": "FileSha1", "indicatorValue": "AB", "action": "AlertAndBlock", "severity": "High",
                "title": "=cmd", "description": "a \"b\",\nc", "recommendedActions": "call", "category": 1,
                "expirationTime": "2027-05-01T10:11:12.9Z", "rbacGroupNames": ["One", "Two"], "mitreTechniques": ["T1046", "T1059"]}),
            json!({"id": "2", "indicatorType": "IpAddress", "indicatorValue": "203.0.113.7", "action": "Alert", "title": "t",
                "description": "d"}),
            json!({"id": "3", "indicatorType": "Url", "indicatorValue": "https://a.com/x,y", "action": "AlertAndBlock", "title": "t",
                "description": "d", "generateAlert": false}),
            json!({"id": "4", "indicatorType": "DomainName", "indicatorValue": "a.com", "action": "Warn", "generateAlert": false}),
        ]);
        let form = form(&items);
        assert_eq!(form.left_out(), []);
        assert_eq!(
            text(|out| form.write(out)),
            "IndicatorType,IndicatorValue,ExpirationTime,Action,Severity,Title,Description,RecommendedActions,RbacGroups,Category,MitreTechniques,GenerateAlert\n\
             FileSha1,AB,2027-05-01T10:11:12.0Z,BlockAndRemediate,High,'=cmd,\"a \"\"b\"\",\nc\",call,\"One,Two\",,\"T1046,T1059\",True\n\
             IpAddress,203.0.113.7,,Audit,,t,d,,,,,True\n\
             DomainName,a.com,,Warn,,,,,,,,False\n\
             Url,\"https://a.com/x,y\",,Block,,t,d,,,,,True\n"
        );
    }

    #[test]
    fn what_the_portal_does_not_import_is_left_out_with_its_reason() {
        let one = |kind: &str, action: &str, groups: &[&str]| json!({"id": "1", "indicatorType": kind, "indicatorValue": "x", "action": action, "rbacGroupNames": groups});
        let action = |kind, action: &str| Unfit::PortalAction {
            kind,
            action: action.to_owned(),
        };
        let cases = [
            (
                one("FileMd5", "Block", &[]),
                Unfit::PortalType(IndicatorType::FileMd5),
            ),
            (
                one("CertificateThumbprint", "Allowed", &[]),
                Unfit::PortalType(IndicatorType::CertificateThumbprint),
            ),
            (
                one("WebCategory", "Block", &[]),
                Unfit::PortalType(IndicatorType::WebCategory),
            ),
            (
                one("Url", "BlockAndRemediate", &[]),
                action(IndicatorType::Url, "BlockAndRemediate"),
            ),
            (
                one("Url", "Later", &[]),
                action(IndicatorType::Url, "Later"),
            ),
            (one("FileSha1", "Block", &["a,b"]), Unfit::PortalGroup),
            (
                json!({"id": "1", "indicatorType": "Url", "indicatorValue": " ", "action": "Block"}),
                Unfit::NoValue,
            ),
        ];
        for (wire, expected) in cases {
            let form = form(&listing([wire]));
            assert!(form.is_empty());
            assert_eq!(form.left_out()[0].because, expected);
        }
    }

    #[test]
    fn files_have_no_more_rows_than_the_portal_imports() {
        let wire = |id: usize| json!({"id": id.to_string(), "indicatorType": "DomainName", "indicatorValue": format!("{id}.com"), "action": "Block"});
        for (count, sizes) in [(0, vec![0]), (500, vec![500]), (501, vec![500, 1])] {
            let form = form(&listing((0..count).map(wire)));
            assert_eq!(form.len(), count);
            let rows = |number| text(|out| form.write_file(number, out)).lines().count() - 1;
            assert_eq!(
                (0..form.files()).map(rows).collect::<Vec<_>>(),
                sizes,
                "{count}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_content_is_a_row_that_begins_no_formula_or_left_out(wires in prop::collection::vec(any_indicator(), 0..8)) {
            let items = listing(wires);
            let form = form(&items);
            prop_assert_eq!(form.len() + form.left_out().len(), items.items().len());
            let written = text(|out| form.write(out));
            let mut reader = csv::Reader::from_reader(written.as_bytes());
            let rows: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
            prop_assert_eq!(rows.len(), form.len());
            for (read, own) in rows.iter().zip(&form.rows) {
                for (read, own) in read.iter().zip(own) {
                    prop_assert!(!read.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
                    prop_assert!(read.strip_prefix('\'').is_some_and(|read| read == own) || read == own);
                }
            }
        }
    }
}
