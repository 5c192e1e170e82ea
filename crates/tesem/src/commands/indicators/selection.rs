//! Which tenants, and which of their indicators.

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;
use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity, IndicatorType};
use tesem_indicators::{Filter, action_named, severity_named, type_named};

use crate::cli::TenantOption;
use crate::settings::{IndicatorSettings, Settings, span};
use crate::tenants;

/// Which tenants, and which of their indicators.
#[derive(Debug, Args)]
pub(super) struct SelectionArgs {
    #[command(flatten)]
    tenant: TenantOption,
    /// Every tenant of the configuration
    #[arg(long, conflicts_with = "tenant")]
    all_tenants: bool,
    /// The label in `application` by which indicators are known as ours
    #[arg(
        long,
        value_name = "NAME",
        long_help = "The label in `application` by which indicators are known as ours [default: that of [indicators] in the configuration]"
    )]
    application: Option<String>,
    /// Only these types, such as sha256, ip, domain, url, certificate; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', value_parser = kind, help_heading = FILTERS)]
    kind: Vec<IndicatorType>,
    /// Only these actions, such as block, audit, allowed; may be repeated
    #[arg(long, value_name = "ACTION", value_delimiter = ',', value_parser = action, help_heading = FILTERS)]
    action: Vec<IndicatorAction>,
    /// Only these severities: informational, low, medium, high; may be repeated
    #[arg(long, value_name = "SEVERITY", value_delimiter = ',', value_parser = severity, help_heading = FILTERS)]
    severity: Vec<IndicatorSeverity>,
    /// Only those that we made: with our label, by our app
    #[arg(long, conflicts_with = "others", help_heading = FILTERS)]
    ours: bool,
    /// Only those that we did not make
    #[arg(long, help_heading = FILTERS)]
    others: bool,
    /// Only those with this text in value, title or description, in any letter case
    #[arg(long, value_name = "TEXT", help_heading = FILTERS)]
    search: Option<String>,
    /// Only those that end within this span, e.g. 30d; those without an end never do
    #[arg(long, value_name = "SPAN", value_parser = span, help_heading = FILTERS)]
    expires_within: Option<SignedDuration>,
    /// Only those that hold for this device group by name; may be repeated
    #[arg(long, value_name = "NAME", help_heading = FILTERS)]
    group: Vec<String>,
    /// Folder of runs, where the demo tenant keeps its indicators
    #[arg(
        long,
        value_name = "DIR",
        default_value = "results",
        env = "TESEM_OUT",
        hide_short_help = true
    )]
    pub(super) runs: PathBuf,
}

const FILTERS: &str = "Filters";

fn kind(word: &str) -> Result<IndicatorType, String> {
    type_named(word).map_err(|error| error.to_string())
}

fn action(word: &str) -> Result<IndicatorAction, String> {
    action_named(word).map_err(|error| error.to_string())
}

fn severity(word: &str) -> Result<IndicatorSeverity, String> {
    severity_named(word).map_err(|error| error.to_string())
}

impl SelectionArgs {
    /// The names of the tenants.
    pub(super) fn tenants(&self, settings: &Settings) -> anyhow::Result<Vec<String>> {
        tenants::all_or(self.all_tenants, &self.tenant.tenant, settings)
    }

    /// The label of our indicators.
    pub(super) fn application(&self, settings: &Settings) -> anyhow::Result<String> {
        match &self.application {
            Some(named) => Ok(named.clone()),
            None => Ok(IndicatorSettings::new(settings)?.application),
        }
    }

    /// Which indicators are wanted.
    pub(super) fn filter(&self) -> Filter {
        Filter {
            kinds: self.kind.clone(),
            actions: self.action.clone(),
            severities: self.severity.clone(),
            ours: (self.ours || self.others).then_some(self.ours),
            text: self.search.clone(),
            ends_within: self.expires_within,
            groups: self.group.clone(),
        }
    }
}
