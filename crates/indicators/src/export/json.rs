//! JSON with the service's own fields, those that this version does not know among them.

use std::io;

use serde::Serialize;
use tesem_defender::endpoint::Indicator;

use super::Subject;

/// An indicator as it is written.
#[derive(Serialize)]
struct Element<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    #[serde(flatten)]
    indicator: &'a Indicator,
}

/// Writes an array, one element a line. Where there are several tenants, each element begins with its `tenant`.
///
/// # Errors
/// Those of `out`.
pub fn write_array(subjects: &[Subject<'_>], mut out: impl io::Write) -> io::Result<()> {
    let mut before = "[";
    for element in elements(subjects) {
        writeln!(out, "{before}")?;
        serde_json::to_writer(&mut out, &element)?;
        before = ",";
    }
    let end = if before == "[" { "[]\n" } else { "\n]\n" };
    out.write_all(end.as_bytes())
}

/// Writes the same elements, one a line.
///
/// # Errors
/// Those of `out`.
pub fn write_lines(subjects: &[Subject<'_>], mut out: impl io::Write) -> io::Result<()> {
    for element in elements(subjects) {
        serde_json::to_writer(&mut out, &element)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn elements<'a>(subjects: &'a [Subject<'a>]) -> impl Iterator<Item = Element<'a>> {
    let is_of_several = subjects.len() > 1;
    subjects.iter().flat_map(move |subject| {
        subject.items.iter().map(move |item| Element {
            tenant: is_of_several.then_some(subject.tenant),
            indicator: &item.indicator,
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::listing::Listed;
    use crate::testing::{any_indicator, indicator, listing};

    fn subject<'a>(tenant: &'a str, items: &'a [Listed]) -> Subject<'a> {
        Subject {
            tenant,
            tenant_id: "t",
            items,
        }
    }

    fn array(subjects: &[Subject<'_>]) -> Vec<Value> {
        let mut out = Vec::new();
        write_array(subjects, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn elements_name_their_tenant_where_there_are_several() {
        let listing = listing([json!({"id": "1", "later": true})]);
        let one = array(&[subject("a", listing.items())]);
        assert_eq!(
            (&one[0]["later"], one[0].get("tenant")),
            (&json!(true), None)
        );
        let two = array(&[subject("a", listing.items()), subject("b", listing.items())]);
        assert_eq!(
            (&two[0]["tenant"], &two[1]["tenant"]),
            (&json!("a"), &json!("b"))
        );
        assert_eq!(array(&[]), Vec::<Value>::new());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(wires in prop::collection::vec(any_indicator(), 0..6)) {
            let listing = listing(wires);
            let subjects = [subject("a", listing.items())];
            let mut lines = Vec::new();
            write_lines(&subjects, &mut lines).unwrap();
            let lines: Vec<Value> = lines
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect();
            prop_assert_eq!(&array(&subjects), &lines);
            let back: Vec<Indicator> = lines.iter().map(indicator).collect();
            let expected: Vec<Indicator> = listing.items().iter().map(|item| item.indicator.clone()).collect();
            prop_assert_eq!(back, expected);
        }
    }
}
