//! Equality and order of encoded values.

use std::cmp::Ordering;

use super::{Bag, Dynamic, View};

/// Whether two values are the same: numbers by value, bags whatever the order of their keys.
#[must_use]
pub fn equals(left: Dynamic<'_>, right: Dynamic<'_>) -> bool {
    if left.bytes() == right.bytes() {
        return true;
    }
    match (left.view_or_null(), right.view_or_null()) {
        (View::Array(left), View::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right.iter())
                    .all(|(left, right)| equals(left, right))
        }
        (View::Bag(left), View::Bag(right)) => bags_equal(left, right),
        (left, right) => match (number(left), number(right)) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        },
    }
}

fn bags_equal(left: Bag<'_>, right: Bag<'_>) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .all(|(key, value)| right.get(key).is_some_and(|other| equals(value, other)))
}

/// Orders two values; values of kinds that have no order between them are ordered by kind.
///
/// Numbers compare by value, strings by their code points, times by their ticks.
#[must_use]
pub fn compare(left: Dynamic<'_>, right: Dynamic<'_>) -> Ordering {
    let (left, right) = (left.view_or_null(), right.view_or_null());
    match (left, right) {
        (View::Bool(left), View::Bool(right)) => left.cmp(&right),
        (View::Long(left), View::Long(right))
        | (View::DateTime(left), View::DateTime(right))
        | (View::TimeSpan(left), View::TimeSpan(right)) => left.cmp(&right),
        (View::Guid(left), View::Guid(right)) => left.cmp(&right),
        (View::String(left), View::String(right)) => left.cmp(right),
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            _ => rank(left).cmp(&rank(right)),
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "mixed numbers compare as reals")]
fn number(view: View<'_>) -> Option<f64> {
    match view {
        View::Long(value) => Some(value as f64),
        View::Real(value) => Some(value),
        View::Decimal(value) => Some(value.to_real()),
        _ => None,
    }
}

fn rank(view: View<'_>) -> u8 {
    match view {
        View::Null => 0,
        View::Bool(_) => 1,
        View::Long(_) | View::Real(_) | View::Decimal(_) => 2,
        View::DateTime(_) => 3,
        View::TimeSpan(_) => 4,
        View::Guid(_) => 5,
        View::String(_) => 6,
        View::Array(_) => 7,
        View::Bag(_) => 8,
    }
}
