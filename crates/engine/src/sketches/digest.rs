//! Values and how often they occur, from which percentiles and ranks come.
//!
//! The service keeps at most a few hundred of them and merges neighbours beyond; here all are kept, each once.

use tesem_kql::types::ScalarType;

use super::DIGEST;
use crate::dynamic::{Dynamic, DynamicError, View, Writer};
use crate::kernels::convert::to_long;

/// A number whose order among such numbers is that of the reals.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

fn unordered(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63).cast_unsigned() >> 1).cast_signed()).cast_unsigned())
}

/// The key of a value; none for null and for what is no number.
pub(crate) fn key(view: View<'_>) -> Option<i64> {
    match view {
        View::Real(value) if value.is_nan() => None,
        View::Real(value) => Some(ordered(value)),
        other => to_long(other),
    }
}

/// Writes the value of a key.
pub(crate) fn write_key(item: ScalarType, key: i64, writer: &mut Writer) {
    match item {
        ScalarType::Real => writer.real(unordered(key)),
        ScalarType::DateTime => writer.datetime(key),
        ScalarType::TimeSpan => writer.timespan(key),
        _ => writer.long(key),
    }
}

/// The keys at the percentages of values with their weights: the nearest rank.
pub(crate) fn at_percentages(mut group: Vec<(i64, i64)>, percentages: &[f64]) -> Option<Vec<i64>> {
    group.sort_unstable();
    let total: i128 = group.iter().map(|&(_, weight)| i128::from(weight)).sum();
    let at = |percentage: f64| {
        #[expect(
            clippy::cast_precision_loss,
            reason = "ranks beyond 2^53 are near enough"
        )]
        let rank = (percentage / 100.0 * total as f64).ceil().max(1.0);
        let mut reached = 0_i128;
        let found = group.iter().find(|&&(_, weight)| {
            reached += i128::from(weight);
            #[expect(
                clippy::cast_precision_loss,
                reason = "ranks beyond 2^53 are near enough"
            )]
            let reached = reached as f64;
            reached >= rank
        });
        found.or(group.last()).map(|&(key, _)| key)
    };
    percentages
        .iter()
        .map(|&percentage| at(percentage))
        .collect()
}

/// Writes values with their weights as a dynamic; nothing where there are none.
///
/// # Errors
/// When the writer stands too deep already.
pub(crate) fn write(
    item: ScalarType,
    mut pairs: Vec<(i64, i64)>,
    writer: &mut Writer,
) -> Result<(), DynamicError> {
    if pairs.is_empty() {
        return Ok(());
    }
    pairs.sort_unstable();
    pairs.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        if is_same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        is_same
    });
    writer.open_bag()?;
    writer.key(DIGEST);
    writer.open_array()?;
    writer.string(item.name());
    for (key, weight) in pairs {
        writer.long(key);
        writer.long(weight);
    }
    writer.close()?;
    writer.close()
}

/// Reads what [`write`] wrote: the type of the values, and the values in ascending order.
pub(crate) fn read(value: Dynamic<'_>) -> Option<(ScalarType, Vec<(i64, i64)>)> {
    let parts = value.as_bag()?.get(DIGEST)?.as_array()?;
    let mut parts = parts.iter();
    let item = parts.next()?.as_str()?.parse().ok()?;
    let numbers: Option<Vec<i64>> = parts
        .map(|part| match part.view_or_null() {
            View::Long(number) => Some(number),
            _ => None,
        })
        .collect();
    let numbers = numbers?;
    let (pairs, _) = numbers.as_chunks::<2>();
    Some((
        item,
        pairs.iter().map(|&[key, weight]| (key, weight)).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_keep_their_order() {
        let values = [
            f64::NEG_INFINITY,
            -1.5,
            -0.0,
            0.0,
            1e-300,
            2.0,
            f64::INFINITY,
        ];
        assert!(
            values
                .windows(2)
                .all(|pair| ordered(pair[0]) < ordered(pair[1]))
        );
        assert!(
            values
                .iter()
                .all(|&value| unordered(ordered(value)).to_bits() == value.to_bits())
        );
    }

    #[test]
    fn nearest_rank() {
        let one_to_hundred: Vec<(i64, i64)> = (1..=100).map(|value| (value, 1)).collect();
        assert_eq!(
            at_percentages(one_to_hundred, &[5.0, 50.0, 99.0, 0.0]),
            Some(vec![5, 50, 99, 1])
        );
        let weighted = vec![(10, 8), (20, 6), (30, 3), (40, 1)];
        assert_eq!(
            at_percentages(weighted, &[50.0, 75.0, 99.9]),
            Some(vec![20, 20, 40])
        );
        assert_eq!(at_percentages(Vec::new(), &[50.0]), None);
    }
}
