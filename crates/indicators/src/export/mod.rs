//! A tenant's indicators as files, one form each.
//!
//! Every writer streams, and writes the same bytes for the same indicators. A form that cannot hold every indicator says which ones it
//! left out and why; nothing is written in another meaning.

mod cell;
mod csv;
mod json;
mod list;
mod portal;
mod stix;

pub use csv::write as write_csv;
pub use json::{write_array as write_json, write_lines as write_jsonl};
pub use list::write as write_list;
pub use portal::{PORTAL_ROWS_MAX, PortalForm};
pub use stix::write as write_stix;

use tesem_defender::endpoint::{IndicatorAction, IndicatorType};

use crate::key::Key;
use crate::listing::Listed;

/// The indicators of one tenant that are to be written.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The tenant, as it is called in the configuration.
    pub tenant: &'a str,
    /// The tenant's id.
    pub tenant_id: &'a str,
    /// The indicators.
    pub items: &'a [Listed],
}

/// An indicator that a form cannot hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The indicator.
    pub key: Key,
    /// Why it is not there.
    pub because: Unfit,
}

/// Why a form cannot hold an indicator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// It has no value.
    #[error("without a value")]
    NoValue,
    /// A list has one value a line.
    #[error("with control characters in the value")]
    Lines,
    /// The portal imports none of that type.
    #[error("of type {0}, which the portal does not import")]
    PortalType(IndicatorType),
    /// The portal imports none of that type with that action.
    #[error("of type {kind} with the action `{action}`, which the portal does not import")]
    PortalAction {
        /// The type.
        kind: IndicatorType,
        /// The action; empty where there is none.
        action: String,
    },
    /// The portal takes names of groups between commas.
    #[error("for a device group with a comma in its name, which the portal would take for two")]
    PortalGroup,
    /// The standard has no object for it.
    #[error("of type {0}, for which STIX has no object")]
    StixType(IndicatorType),
    /// It is of type `IpAddress` and none.
    #[error("of type IpAddress whose value is no address")]
    NoAddress,
}

impl LeftOut {
    fn new(item: &Listed, because: Unfit) -> Self {
        Self {
            key: item.key.clone(),
            because,
        }
    }
}

/// The value as the service has it, or that there is none.
fn value(item: &Listed) -> Result<&str, Unfit> {
    let value = item.indicator.value.as_deref().map(str::trim);
    value
        .filter(|value| !value.is_empty())
        .ok_or(Unfit::NoValue)
}

/// Whether a match raises an alert: always with `Audit` and with the older actions that say so.
fn raises_alert(item: &Listed) -> bool {
    let by_action = matches!(
        item.indicator.action,
        Some(IndicatorAction::Audit | IndicatorAction::Alert | IndicatorAction::AlertAndBlock)
    );
    by_action || item.indicator.generate_alert == Some(true)
}
