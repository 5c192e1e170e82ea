//! One value a line, each once, as `tesem hunt` reads it.

use std::collections::BTreeSet;
use std::io;

use super::{LeftOut, Subject, Unfit, value};
use crate::listing::Listed;

/// Writes the values, and returns what no line can hold. A value that stands for several device groups, types or tenants comes once.
///
/// # Errors
/// Those of `out`.
pub fn write(subjects: &[Subject<'_>], mut out: impl io::Write) -> io::Result<Vec<LeftOut>> {
    let mut written = BTreeSet::new();
    let mut left_out = Vec::new();
    for item in subjects.iter().flat_map(|subject| subject.items) {
        match line(item) {
            Ok(value) if written.insert(value) => writeln!(out, "{value}")?,
            Ok(_) => {}
            Err(because) => left_out.push(LeftOut::new(item, because)),
        }
    }
    Ok(left_out)
}

fn line(item: &Listed) -> Result<&str, Unfit> {
    let value = value(item)?;
    match value.contains(char::is_control) {
        true => Err(Unfit::Lines),
        false => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{any_indicator, listing};

    proptest! {
        #[test]
        fn every_value_is_a_line_or_left_out(wires in prop::collection::vec(any_indicator(), 0..8)) {
            let listing = listing(wires);
            let subject = Subject { tenant: "a", tenant_id: "t", items: listing.items() };
            let mut out = Vec::new();
            let left_out = write(&[subject, subject], &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            let lines: Vec<&str> = text.split_terminator('\n').collect();
            let fit: Vec<&str> = listing.items().iter().filter_map(|item| line(item).ok()).collect();
            let expected: BTreeSet<&str> = fit.iter().copied().collect();
            prop_assert_eq!(lines.len(), expected.len());
            prop_assert_eq!(lines.into_iter().collect::<BTreeSet<_>>(), expected);
            prop_assert_eq!(left_out.len(), 2 * (listing.items().len() - fit.len()));
        }
    }
}
