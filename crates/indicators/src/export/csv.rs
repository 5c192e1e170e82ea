//! CSV with the service's field names: what spreadsheets and scripts read.

use std::io;

use jiff::Timestamp;

use super::Subject;
use super::cell::write_row;
use crate::listing::Listed;

const HEADER: [&str; 28] = [
    "tenant",
    "id",
    "indicatorType",
    "indicatorValue",
    "action",
    "severity",
    "title",
    "description",
    "recommendedActions",
    "application",
    "category",
    "educateUrl",
    "bypassDurationHours",
    "expirationTime",
    "creationTimeDateTimeUtc",
    "lastUpdateTime",
    "createdBy",
    "createdByDisplayName",
    "createdBySource",
    "lastUpdatedBy",
    "rbacGroupNames",
    "rbacGroupIds",
    "generateAlert",
    "mitreTechniques",
    "historicalDetection",
    "lookBackPeriod",
    "owner",
    "madeBy",
];

/// What stands between the elements of a list; names of device groups hold commas now and then.
const BETWEEN: &str = "; ";

/// Writes all indicators, tenant by tenant. `owner` is `ours` or `others`. Cells that would begin a formula are behind a quote mark.
///
/// # Errors
/// Those of `out`.
pub fn write(subjects: &[Subject<'_>], out: impl io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HEADER)?;
    for subject in subjects {
        for item in subject.items {
            write_row(&mut csv, cells(subject.tenant, item))?;
        }
    }
    csv.flush()
}

fn cells(tenant: &str, item: &Listed) -> [String; HEADER.len()] {
    let one = &item.indicator;
    [
        tenant.to_owned(),
        one.id.to_string(),
        shown(one.kind.as_ref()),
        shown(one.value.as_ref()),
        shown(one.action.as_ref()),
        shown(one.severity.as_ref()),
        shown(one.title.as_ref()),
        shown(one.description.as_ref()),
        shown(one.recommended_actions.as_ref()),
        shown(one.application.as_ref()),
        shown(one.category.as_ref()),
        shown(one.educate_url.as_ref()),
        shown(one.bypass_duration_hours.as_ref()),
        time(one.expires),
        time(one.created),
        time(one.last_update),
        shown(one.created_by.as_ref()),
        shown(one.created_by_display_name.as_ref()),
        shown(one.created_by_source.as_ref()),
        shown(one.last_updated_by.as_ref()),
        one.rbac_group_names.join(BETWEEN),
        one.rbac_group_ids.join(BETWEEN),
        shown(one.generate_alert.as_ref()),
        one.mitre_techniques.join(BETWEEN),
        shown(one.historical_detection.as_ref()),
        shown(one.look_back_period.as_ref()),
        if item.is_ours { "ours" } else { "others" }.to_owned(),
        item.made_by.clone(),
    ]
}

fn shown<T: ToString>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

fn time(time: Option<Timestamp>) -> String {
    shown(time.as_ref())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::export::cell::guarded;
    use crate::testing::{any_indicator, listing};

    fn written(subjects: &[Subject<'_>]) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        write(subjects, &mut out).unwrap();
        let mut reader = csv::Reader::from_reader(out.as_slice());
        reader.deserialize().map(Result::unwrap).collect()
    }

    fn subject(items: &[Listed]) -> Subject<'_> {
        Subject {
            tenant: "contoso",
            tenant_id: "t",
            items,
        }
    }

    #[test]
    fn every_field_has_its_column() {
        let wire = json!({"id": "1", "indicatorType": "Url", "indicatorValue": "https://a.com/x", "action": "Block", "severity": "Low",
            "title": "T", "description": "D", "recommendedActions": "R", "application": "Tesem", "category": 3, "educateUrl": "E",
            "bypassDurationHours": 4, "expirationTime": "2027-01-01T00:00:00.0Z", "creationTimeDateTimeUtc": "2026-01-01T00:00:00Z",
            "lastUpdateTime": "2026-01-02T00:00:00Z", "createdBy": "app", "createdByDisplayName": "App", "createdBySource": "PublicApi",
            "lastUpdatedBy": "ann", "rbacGroupNames": ["a,b", "c"], "rbacGroupIds": ["1", "2"], "generateAlert": true,
            "mitreTechniques": ["T1", "T2"], "historicalDetection": false, "lookBackPeriod": "P1D"});
        let expected = [
            "contoso",
            "1",
            "Url",
            "https://a.com/x",
            "Block",
            "Low",
            "T",
            "D",
            "R",
            "Tesem",
            "3",
            "E",
            "4",
            "2027-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            "2026-01-02T00:00:00Z",
            "app",
            "App",
            "PublicApi",
            "ann",
            "a,b; c",
            "1; 2",
            "true",
            "T1; T2",
            "false",
            "P1D",
            "ours",
            "App",
        ];
        assert_eq!(written(&[subject(listing([wire]).items())]), [expected]);
    }

    proptest! {
        #[test]
        fn any_content_comes_back_guarded_and_nothing_else(wires in prop::collection::vec(any_indicator(), 0..6)) {
            let listing = listing(wires);
            let rows = written(&[subject(listing.items())]);
            prop_assert_eq!(rows.len(), listing.items().len());
            for (row, item) in rows.iter().zip(listing.items()) {
                let expected = cells("contoso", item).map(|cell| guarded(&cell).into_owned());
                prop_assert_eq!(row, &expected);
                prop_assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])));
            }
        }
    }
}
