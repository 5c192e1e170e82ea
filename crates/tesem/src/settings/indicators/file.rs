//! The shape of `[indicators]`.

use std::collections::BTreeMap;
use std::fmt::Display;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};
use tesem_indicators::{Limit, Percent};

use super::policy::PolicyFile;
use super::words;
use crate::settings::span::span;

/// Readers of keys, each for `deserialize_with`.
macro_rules! keys {
    ($($key:ident -> $type:ty = $form:ident($read:expr)),* $(,)?) => {$(
        fn $key<'de, D: Deserializer<'de>>(from: D) -> Result<Option<$type>, D::Error> {
            let given = $crate::settings::indicators::file::$form(stringify!($key), from)?;
            $read(&given)
                .map(Some)
                .map_err(|error| $crate::settings::indicators::file::of(stringify!($key), error))
        }
    )*};
}

pub(super) use keys;

/// `withdraw = …`: how an indicator that nobody wants any more goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Withdraw {
    /// It is deleted
    #[default]
    Delete,
    /// It gets a near end, for an app that may not delete
    Expire,
}

/// `[indicators]`. A wrong value is told with its key.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct IndicatorsFile {
    #[serde(deserialize_with = "application")]
    pub(crate) application: Option<String>,
    pub(crate) feeds: Vec<String>,
    #[serde(deserialize_with = "reserve")]
    pub(crate) reserve: Option<usize>,
    #[serde(deserialize_with = "renew_before")]
    pub(crate) renew_before: Option<SignedDuration>,
    #[serde(deserialize_with = "grace")]
    pub(crate) grace: Option<SignedDuration>,
    #[serde(deserialize_with = "shrink")]
    pub(crate) shrink: Option<Percent>,
    #[serde(deserialize_with = "allow_deletes")]
    pub(crate) allow_deletes: Option<Limit>,
    #[serde(deserialize_with = "withdraw")]
    pub(crate) withdraw: Withdraw,
    #[serde(deserialize_with = "audit_above")]
    pub(crate) audit_above: Option<u64>,
    /// For every source.
    pub(crate) policy: PolicyFile,
    /// Over it, by feed.
    pub(crate) policies: BTreeMap<String, PolicyFile>,
}

keys! {
    application -> String = text(words::application),
    reserve -> usize = number(words::places),
    renew_before -> SignedDuration = text(span),
    grace -> SignedDuration = text(span),
    shrink -> Percent = text(words::parsed),
    allow_deletes -> Limit = text(words::parsed),
    audit_above -> u64 = number(words::devices),
}

fn withdraw<'de, D: Deserializer<'de>>(from: D) -> Result<Withdraw, D::Error> {
    Withdraw::deserialize(from).map_err(|error| of("withdraw", error))
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "it should be a text")]
enum Text {
    Text(String),
    /// A reader of texts says better than a type what is wrong with a number, or takes it.
    Number(i64),
}

/// The text of `key`.
pub(super) fn text<'de, D: Deserializer<'de>>(key: &str, from: D) -> Result<String, D::Error> {
    match Text::deserialize(from) {
        Ok(Text::Text(text)) => Ok(text),
        Ok(Text::Number(number)) => Ok(number.to_string()),
        Err(error) => Err(of(key, error)),
    }
}

/// The number of `key`, as the text that flags give.
pub(super) fn number<'de, D: Deserializer<'de>>(key: &str, from: D) -> Result<String, D::Error> {
    let number = i64::deserialize(from).map_err(|error| of(key, error))?;
    Ok(number.to_string())
}

/// `error`, which is of `key`.
pub(super) fn of<E: serde::de::Error>(key: &str, error: impl Display) -> E {
    E::custom(format!("`{key}`: {}", error.to_string().trim_end()))
}
