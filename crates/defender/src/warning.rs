//! What a person should know although everything works.

use std::fmt;

use jiff::civil::Date;

use crate::HuntingApi;

/// Something that works today and needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The tenant uses a hunting API that Microsoft ends.
    HuntingApiEnds {
        /// The tenant's name.
        tenant: String,
        /// The API in use.
        api: HuntingApi,
        /// The first day without it.
        ends: Date,
        /// Days from today until then; negative once it has ended.
        days_left: i64,
        /// Microsoft's notice in the message center.
        notice: &'static str,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::HuntingApiEnds {
            tenant,
            api,
            ends,
            days_left,
            notice,
        } = self;
        write!(f, "tenant `{tenant}` hunts through the {api} API, which ")?;
        match days_left {
            1.. => write!(
                f,
                "Microsoft ends on {ends}, in {days_left} days ({notice})"
            )?,
            _ => write!(f, "Microsoft ended on {ends} ({notice})")?,
        }
        f.write_str(": set `hunting = \"graph\"` and grant the app ThreatHunting.Read.All")
    }
}
