//! The values of literals: what stands between the brackets of `datetime(…)` and its like.
//!
//! The same readings serve conversion functions such as `todatetime`.

mod datetime;
mod guid;
mod number;
mod timespan;

pub use datetime::{parse_datetime, parse_datetime_on};
pub use guid::parse_guid;
pub use number::{parse_bool, parse_decimal, parse_long, parse_real};
pub use timespan::{TICKS_PER_DAY, TICKS_PER_SECOND, parse_timespan, timespan_unit};
