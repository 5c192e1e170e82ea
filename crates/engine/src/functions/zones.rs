//! Time zones.

use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::ticks;

/// The zone of an IANA name.
pub(super) fn find(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The clock time in a zone, as if it were UTC.
pub(super) fn to_local(utc: i64, zone: &TimeZone) -> Option<i64> {
    let offset = zone.to_offset(ticks::to_timestamp(utc));
    shift(utc, i64::from(offset.seconds()))
}

/// The point in time of a clock time. A time that the clock skips, or shows twice, is read with
/// the offset of summer time.
///
/// Source for skipped times: learn.microsoft.com/kusto/query/datetime-local-to-utc-function.
pub(super) fn to_utc(local: i64, zone: &TimeZone) -> Option<i64> {
    let clock = ticks::to_timestamp(local)
        .to_zoned(TimeZone::UTC)
        .datetime();
    let offset = match zone.to_ambiguous_timestamp(clock).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { after, .. } => after,
        AmbiguousOffset::Fold { before, .. } => before,
    };
    shift(local, -i64::from(offset.seconds()))
}

fn shift(value: i64, seconds: i64) -> Option<i64> {
    crate::kernels::calendar::in_range(value + seconds * ticks::PER_SECOND)
}
