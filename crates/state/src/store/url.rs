//! Where shared state is: `sqlite:FILE` or `postgres://…`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::config::{Config, Host, SslMode};

use super::StoreError;

/// The address of shared state, as in `[state] url`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateUrl {
    /// A file on a local disk, for the processes of one machine: `sqlite:tesem.db`, `sqlite:///var/lib/t.db`.
    Sqlite(PathBuf),
    /// A server, for processes of many machines: `postgres://user:password@host:5432/database`.
    Postgres(PostgresAddress),
}

/// A PostgreSQL server and how to sign in. Shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress(Box<Config>);

impl StateUrl {
    /// Whether the address holds a password, so that it does not belong into a file that is shared.
    #[must_use]
    pub fn holds_password(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(address) => address.0.get_password().is_some(),
        }
    }
}

impl FromStr for StateUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return sqlite(path);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return PostgresAddress::parse(text).map(Self::Postgres);
        }
        Err(refused(
            "it begins with neither `sqlite:` nor `postgres://`",
        ))
    }
}

fn sqlite(path: &str) -> Result<StateUrl, StoreError> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains('\0') {
        return Err(refused("`sqlite:` is followed by no file name"));
    }
    if path == ":memory:" {
        return Err(refused("a database in memory shares nothing"));
    }
    Ok(StateUrl::Sqlite(path.into()))
}

fn refused(reason: &str) -> StoreError {
    StoreError::Url {
        reason: reason.to_owned(),
    }
}

impl PostgresAddress {
    /// Reads an address and makes it safe: beyond this computer the connection is encrypted unless the address
    /// says `sslmode=disable`; `prefer`, which anybody in between can turn off, counts as `require`.
    fn parse(text: &str) -> Result<Self, StoreError> {
        // The parser's own message may quote a part of the password.
        let parsed = text.parse::<Config>();
        let mut config = parsed.map_err(|_| refused("it is not a PostgreSQL address"))?;
        if config.get_hosts().is_empty() {
            return Err(refused("it names no host"));
        }
        if config.get_ssl_mode() == SslMode::Prefer && !config.get_hosts().iter().all(is_local) {
            config.ssl_mode(SslMode::Require);
        }
        Ok(Self(Box::new(config)))
    }

    pub(super) fn config(&self) -> &Config {
        &self.0
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            let address = name.trim_start_matches('[').trim_end_matches(']').parse();
            name == "localhost"
                || address.is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// The address without its password.
impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.0.get_user() {
            write!(f, "{user}@")?;
        }
        for (index, host) in self.0.get_hosts().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
            }
        }
        if let Some(port) = self.0.get_ports().first() {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.0.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresAddress({self})")
    }
}

/// The address without a password.
impl fmt::Display for StateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_others_refused() {
        let shown = |text: &str| match text.parse::<StateUrl>() {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        };
        let cases = [
            ("sqlite:tesem.db", "sqlite:tesem.db"),
            ("sqlite:///var/lib/tesem.db", "sqlite:/var/lib/tesem.db"),
            (
                "postgres://u:p4ss@db.example:6543/state",
                "postgres://u@db.example:6543/state",
            ),
            (
                "postgresql://u@%2Frun%2Fpg/state",
                "postgres://u@/run/pg:5432/state",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected);
        }
        for text in [
            "",
            "tesem.db",
            "sqlite:",
            "sqlite::memory:",
            "mysql://h/d",
            "postgres://u:p4ss@h:x/d",
            "postgres:///d",
        ] {
            let error = shown(text);
            assert!(
                error.starts_with("the state address is not usable"),
                "{text}: {error}"
            );
            assert!(!error.contains("p4ss"), "{error}");
        }
        let debug = format!("{:?}", "postgres://u:p4ss@h/d".parse::<StateUrl>().unwrap());
        assert!(!debug.contains("p4ss"), "{debug}");
    }

    #[test]
    fn beyond_this_computer_connections_are_encrypted() {
        let mode = |text: &str| match text.parse().unwrap() {
            StateUrl::Postgres(address) => address.config().get_ssl_mode(),
            StateUrl::Sqlite(_) => panic!("not a server"),
        };
        assert_eq!(mode("postgres://u@db.example/d"), SslMode::Require);
        assert_eq!(
            mode("postgres://u@db.example/d?sslmode=prefer"),
            SslMode::Require
        );
        assert_eq!(
            mode("postgres://u@db.example/d?sslmode=disable"),
            SslMode::Disable
        );
        assert_eq!(mode("postgres://u@127.0.0.1/d"), SslMode::Prefer);
        assert_eq!(
            mode("postgres://u@127.0.0.1,db.example/d"),
            SslMode::Require
        );
    }
}
