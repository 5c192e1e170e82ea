//! `[sinks.NAME]`: where assets go.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tesem_assets::sink::car::{AddressIds, CarAccess, CarSettings};
use tesem_assets::sink::{CarSink, JsonSink, Lookup, ParquetSink, PostgresSink, Sink, SqliteSink};
use tesem_state::Clock;
use tesem_state::store::{StateUrl, StoreError};

use super::Settings;
use super::secret::{SecretReference, literal_refused};
use crate::failure::UsageError;

/// `kind = …`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SinkKind {
    Car,
    Postgres,
    Sqlite,
    Parquet,
    Json,
}

impl SinkKind {
    /// As the file spells it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Car => "car",
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
            Self::Parquet => "parquet",
            Self::Json => "json",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Car,
            Self::Postgres,
            Self::Sqlite,
            Self::Parquet,
            Self::Json,
        ];
        all.into_iter().find(|kind| kind.name() == name)
    }
}

/// `[sinks.NAME]`: the keys of all kinds; those that a kind does not have are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SinkFile {
    pub(crate) kind: SinkKind,
    /// Under which name the tenant's graph is kept there.
    pub(crate) source: Option<String>,
    /// What people call the source.
    pub(crate) source_name: Option<String>,

    // CAR and PostgreSQL.
    pub(crate) url: Option<SecretReference>,

    // CAR.
    pub(crate) key: Option<SecretReference>,
    pub(crate) password: Option<SecretReference>,
    pub(crate) token: Option<SecretReference>,
    pub(crate) page_size: Option<usize>,
    pub(crate) address_ids: Option<AddressIdsName>,

    // SQLite, Parquet and JSON Lines.
    #[serde(alias = "file", alias = "folder", alias = "dir")]
    pub(crate) path: Option<PathBuf>,

    // Parquet.
    pub(crate) hourly: Option<bool>,
}

/// `address_ids = …`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AddressIdsName {
    InRegion,
    Bare,
}

/// Secrets of sinks are references too.
pub(super) fn refuse_literal_secrets(sinks: &BTreeMap<String, SinkFile>) -> Result<(), UsageError> {
    for (name, sink) in sinks {
        let secrets = [
            ("key", &sink.key),
            ("password", &sink.password),
            ("token", &sink.token),
        ];
        for (key, secret) in secrets {
            if SecretReference::is_literal(secret.as_ref()) {
                return Err(literal_refused(&format!("sinks.{name}"), key));
            }
        }
    }
    Ok(())
}

/// A sink by the name that `--to` takes: one of the configuration, or `sqlite:FILE`, `parquet:FOLDER`, `json:FOLDER`.
pub(crate) fn sink_file(settings: &Settings, name: &str) -> anyhow::Result<SinkFile> {
    if let Some(sink) = settings.file.sinks.get(name) {
        return Ok(sink.clone());
    }
    match name.split_once(':') {
        Some((kind, path)) if !path.is_empty() => of_path(name, kind, path),
        _ => Err(unknown(settings, name).into()),
    }
}

fn of_path(name: &str, kind: &str, path: &str) -> anyhow::Result<SinkFile> {
    let files = [SinkKind::Sqlite, SinkKind::Parquet, SinkKind::Json];
    let kind = SinkKind::named(kind).filter(|kind| files.contains(kind));
    let kind = kind.ok_or_else(|| {
        UsageError::new(format!("`{name}` is no sink")).with_hint(
            "name one of the configuration, or a place: sqlite:FILE, parquet:FOLDER, json:FOLDER",
        )
    })?;
    Ok(SinkFile {
        path: Some(path.into()),
        ..SinkFile::new(kind)
    })
}

fn unknown(settings: &Settings, name: &str) -> UsageError {
    let known: Vec<&str> = settings.file.sinks.keys().map(String::as_str).collect();
    let hint = match known.as_slice() {
        [] => "describe one as [sinks.NAME] in tesem.toml, or name a place: sqlite:FILE, parquet:FOLDER, json:FOLDER".to_owned(),
        known => format!("the configuration has {}", known.join(", ")),
    };
    UsageError::new(format!("there is no sink `{name}`")).with_hint(hint)
}

impl SinkFile {
    /// A sink of that kind of which nothing else is said.
    pub(crate) const fn new(kind: SinkKind) -> Self {
        Self {
            kind,
            source: None,
            source_name: None,
            url: None,
            key: None,
            password: None,
            token: None,
            page_size: None,
            address_ids: None,
            path: None,
            hourly: None,
        }
    }

    /// Opens the sink.
    pub(crate) async fn open(
        &self,
        name: &str,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Box<dyn Sink>> {
        let wrong = || format!("the sink `{name}` cannot be used");
        self.check().with_context(wrong)?;
        Ok(match self.kind {
            SinkKind::Car => {
                let settings = self.car().with_context(wrong)?;
                let made = CarSink::new(settings, clock);
                Box::new(
                    made.map_err(|error| UsageError::new(error.to_string()))
                        .with_context(wrong)?,
                )
            }
            SinkKind::Postgres => match self.database().with_context(wrong)? {
                StateUrl::Postgres(address) => Box::new(PostgresSink::open(&address).await?),
                other => {
                    let message = format!("its `url` is no address of PostgreSQL: {other}");
                    return Err(UsageError::new(message)).with_context(wrong);
                }
            },
            SinkKind::Sqlite => {
                Box::new(SqliteSink::open(&self.place().with_context(wrong)?).await?)
            }
            SinkKind::Parquet => {
                let place = self.place().with_context(wrong)?;
                Box::new(match self.hourly {
                    Some(true) => ParquetSink::hourly(&place),
                    _ => ParquetSink::new(&place),
                })
            }
            SinkKind::Json => Box::new(JsonSink::new(&self.place().with_context(wrong)?)),
        })
    }

    /// Opens the database behind the sink, which must be there.
    pub(crate) async fn open_lookup(&self, name: &str) -> anyhow::Result<Box<dyn Lookup>> {
        let wrong = || format!("the sink `{name}` cannot be used");
        self.check().with_context(wrong)?;
        match self.kind {
            SinkKind::Postgres => match self.database().with_context(wrong)? {
                StateUrl::Postgres(address) => Ok(Box::new(PostgresSink::open(&address).await?)),
                other => Err(UsageError::new(format!(
                    "its `url` is no address of PostgreSQL: {other}"
                ))
                .into()),
            },
            SinkKind::Sqlite => {
                let path = self.place().with_context(wrong)?;
                if !path.is_file() {
                    let message = format!("{} is not there", path.display());
                    let hint = format!("import first: tesem assets import --to {name}");
                    return Err(UsageError::new(message).with_hint(hint).into());
                }
                Ok(Box::new(SqliteSink::open(&path).await?))
            }
            other => {
                let message = format!("a sink of the kind `{}` has no lookup", other.name());
                let hint = "import into one of the kind `sqlite` or `postgres` to look into it";
                Err(UsageError::new(message).with_hint(hint).into())
            }
        }
    }

    /// The file or folder on the disk, where it is one.
    pub(crate) fn path_on_disk(&self) -> Option<PathBuf> {
        let is_place = matches!(
            self.kind,
            SinkKind::Sqlite | SinkKind::Parquet | SinkKind::Json
        );
        self.place().ok().filter(|_| is_place)
    }

    /// Whether it is a place on the disk at which there is nothing yet.
    pub(crate) fn is_missing(&self) -> bool {
        self.path_on_disk().is_some_and(|path| !path.exists())
    }

    /// Whether [`SinkFile::open_lookup`] knows the kind.
    pub(crate) const fn can_be_looked_into(&self) -> bool {
        matches!(self.kind, SinkKind::Postgres | SinkKind::Sqlite)
    }

    /// What a kind does not have is refused by name, and what it needs asked for.
    fn check(&self) -> Result<(), UsageError> {
        use SinkKind::{Car, Json, Parquet, Postgres, Sqlite};
        let keys: [(&str, bool, &[SinkKind]); 8] = [
            ("url", self.url.is_some(), &[Car, Postgres, Sqlite]),
            ("key", self.key.is_some(), &[Car]),
            ("password", self.password.is_some(), &[Car]),
            ("token", self.token.is_some(), &[Car]),
            ("page_size", self.page_size.is_some(), &[Car]),
            ("address_ids", self.address_ids.is_some(), &[Car]),
            ("path", self.path.is_some(), &[Sqlite, Parquet, Json]),
            ("hourly", self.hourly.is_some(), &[Parquet]),
        ];
        for (key, is_given, kinds) in keys {
            if is_given && !kinds.contains(&self.kind) {
                let kind = self.kind.name();
                return Err(UsageError::new(format!(
                    "a sink of the kind `{kind}` has no `{key}`"
                )));
            }
        }
        Ok(())
    }

    fn place(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.path {
            return Ok(path.clone());
        }
        if self.url.is_some() {
            return match self.database()? {
                StateUrl::Sqlite(path) => Ok(path),
                other => {
                    Err(UsageError::new(format!("its `url` is no file of SQLite: {other}")).into())
                }
            };
        }
        Err(missing("path", r#"path = "assets""#).into())
    }

    fn database(&self) -> anyhow::Result<StateUrl> {
        let (reference, text) = self.address()?;
        let url: StateUrl = text
            .expose_secret()
            .parse()
            .map_err(|error: StoreError| UsageError::new(error.to_string()))?;
        if url.holds_password() && matches!(reference, SecretReference::Literal(_)) {
            return Err(UsageError::new("its `url` holds a password as a literal")
                .with_hint(r#"say where the address is instead: url = { env = "NAME" }, { file = "PATH" } or { command = ["…"] }"#)
                .into());
        }
        Ok(url)
    }

    fn address(&self) -> anyhow::Result<(&SecretReference, SecretString)> {
        let reference = self.url.as_ref();
        let reference = reference.ok_or_else(|| missing("url", r#"url = "https://…""#))?;
        Ok((reference, had("url", reference)?))
    }

    fn car(&self) -> anyhow::Result<CarSettings> {
        let (_, url) = self.address()?;
        // An address may hold a password, which the library refuses without showing it.
        let url = url.expose_secret().parse();
        let url = url.map_err(|_| UsageError::new("its `url` is no address"))?;
        let mut settings = CarSettings::new(url, self.access()?);
        if let Some(size) = self.page_size {
            settings.page_objects = size;
        }
        settings.address_ids = match self.address_ids {
            None => settings.address_ids,
            Some(AddressIdsName::InRegion) => AddressIds::InRegion,
            Some(AddressIdsName::Bare) => AddressIds::Bare,
        };
        Ok(settings)
    }

    /// A token goes before a key, as in IBM's connectors.
    fn access(&self) -> anyhow::Result<CarAccess> {
        if let Some(token) = &self.token {
            return Ok(CarAccess::Token(had("token", token)?));
        }
        match (&self.key, &self.password) {
            (Some(key), Some(password)) => Ok(CarAccess::Key {
                key: had("key", key)?,
                password: had("password", password)?,
            }),
            (None, _) => Err(missing("key", r#"key = { env = "CAR_KEY" }"#).into()),
            (_, None) => Err(missing("password", r#"password = { env = "CAR_PASSWORD" }"#).into()),
        }
    }
}

fn had(key: &str, reference: &SecretReference) -> Result<SecretString, UsageError> {
    reference
        .resolve()
        .map_err(|error| UsageError::new(format!("its `{key}` cannot be had: {error:#}")))
}

fn missing(key: &str, example: &str) -> UsageError {
    UsageError::new(format!("`{key}` is missing")).with_hint(format!("add {example}"))
}

#[cfg(test)]
mod tests {
    use super::super::SettingsFile;
    use super::*;

    fn open(text: &str, name: &str) -> anyhow::Result<Box<dyn Sink>> {
        let settings = Settings {
            file: SettingsFile::parse(text)?,
            path: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let sink = sink_file(&settings, name)?;
        runtime.block_on(sink.open(name, Arc::new(tesem_state::SystemClock)))
    }

    #[test]
    fn a_sink_has_the_keys_of_its_kind() {
        let good = [
            ("[sinks.a]\nkind = \"json\"\npath = \"x\"", "a"),
            ("[sinks.a]\nkind = \"parquet\"\nfolder = \"x\"", "a"),
            (
                "[sinks.a]\nkind = \"car\"\nurl = \"https://car.test/api/car/v2\"\nsource = \"conn-1\"\ntoken = { command = [\"echo\", \"t\"] }",
                "a",
            ),
            ("", "json:x"),
            ("", "parquet:x"),
        ];
        for (text, name) in good {
            let opened = open(text, name);
            assert!(opened.is_ok(), "{text}: {:#}", opened.unwrap_err());
        }
    }

    #[test]
    fn mistakes_are_told_without_secrets() {
        let cases = [
            ("", "nowhere", "there is no sink `nowhere`"),
            ("", "postgres:x", "is no sink"),
            ("[sinks.a]\nkind = \"json\"", "a", "`path` is missing"),
            (
                "[sinks.a]\nkind = \"json\"\npath = \"x\"\nhourly = true",
                "a",
                "has no `hourly`",
            ),
            ("[sinks.a]\nkind = \"csv\"", "a", "unknown variant `csv`"),
            (
                "[sinks.a]\nkind = \"json\"\npth = \"x\"",
                "a",
                "unknown field `pth`",
            ),
            (
                "[sinks.a]\nkind = \"car\"\ntoken = \"hunter2\"",
                "a",
                "as a literal",
            ),
            (
                "[sinks.a]\nkind = \"postgres\"\nurl = \"postgres://u:hunter2@h/d\"",
                "a",
                "as a literal",
            ),
            (
                "[sinks.a]\nkind = \"car\"\nurl = \"https://u:hunter2@h/v2\"\ntoken = { command = [\"echo\", \"hunter2\"] }",
                "a",
                "it holds credentials",
            ),
            (
                "[sinks.a]\nkind = \"car\"\nurl = \"https://h/v2\"",
                "a",
                "`key` is missing",
            ),
        ];
        for (text, name, told) in cases {
            let error = format!("{:#}", open(text, name).unwrap_err());
            assert!(
                error.contains(told) && !error.contains("hunter2"),
                "{text}: {error}"
            );
        }
    }
}
