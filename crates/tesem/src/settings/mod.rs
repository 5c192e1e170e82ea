//! Settings: found, read and checked once, before a command runs.
//!
//! Flags beat environment variables (`TESEM_…`, read by the argument parser), which beat the file.

mod credential;
mod feeds;
mod file;
mod indicators;
mod relay;
mod secret;
mod sinks;
mod span;
mod state;
mod tenant;

use std::path::{Path, PathBuf};

use anyhow::Context;
use etcetera::{BaseStrategy, choose_base_strategy};

pub(crate) use feeds::{FeedFile, configured_lists, feed, fetch_settings, stop_lists};
pub(crate) use file::{HuntingName, SettingsFile};
pub(crate) use indicators::{IndicatorSettings, PolicyFile, Withdraw};
pub(crate) use relay::{CountName, LISTEN_DEFAULT, QuotaName, RelayFile, relay_endpoints};
pub(crate) use secret::SecretReference;
pub(crate) use sinks::{SinkFile, SinkKind, sink_file};
pub(crate) use span::span;
pub(crate) use state::state_url;
pub(crate) use tenant::{connector_tenant, portal, tenant_settings};

use crate::failure::UsageError;

/// The file's name where it is looked for.
const FILE_NAME: &str = "tesem.toml";

/// The settings in force.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// What the file says; empty when there is none.
    pub(crate) file: SettingsFile,
    /// Where it was read from.
    pub(crate) path: Option<PathBuf>,
}

impl Settings {
    /// Reads `named` (from `--config` or `TESEM_CONFIG`), else `./tesem.toml`, else the one in the user's configuration
    /// directory, else starts from nothing.
    pub(crate) fn load(named: Option<&Path>) -> anyhow::Result<Self> {
        let path = match named {
            Some(path) => Some(path.to_owned()),
            None => places().into_iter().find(|place| place.is_file()),
        };
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        let file = SettingsFile::parse(&text)
            .with_context(|| format!("{} cannot be used", path.display()))?;
        Ok(Self {
            file,
            path: Some(path),
        })
    }

    /// The names a `--tenant` may have besides `demo`, for messages.
    pub(crate) fn tenant_names(&self) -> Vec<&str> {
        self.file.tenants.keys().map(String::as_str).collect()
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> UsageError {
    UsageError::new(format!(
        "the configuration file {} cannot be read: {error}",
        path.display()
    ))
    .with_hint("name an existing file with --config or TESEM_CONFIG")
}

fn places() -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from(FILE_NAME)];
    if let Ok(base) = choose_base_strategy() {
        places.push(base.config_dir().join("tesem").join(FILE_NAME));
    }
    places
}
