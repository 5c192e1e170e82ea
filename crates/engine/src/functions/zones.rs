//! Time zones.

use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::DynamicValue;
use crate::ticks;
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "datetime_list_timezones",
    0..=0,
    ResultName::Default,
    list_time_zones,
)];

/// `datetime_list_timezones()`: the names of all zones, sorted; `Factory`, a placeholder of the IANA database, is none of them.
///
/// Source: learn.microsoft.com/kusto/query/datetime-list-timezones-function.
fn list_time_zones(context: &CallContext<'_>, _arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let bundled = TimeZoneDatabase::bundled();
    let mut names: Vec<String> = bundled
        .available()
        .map(|name| name.to_string())
        .filter(|name| name != "Factory")
        .collect();
    names.sort_unstable();
    let names = names.into_iter().map(DynamicValue::String).collect();
    Ok(Bound::constant(Value::Dynamic(names), context.span))
}

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
