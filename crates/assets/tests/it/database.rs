//! Databases that hold asset graphs, asked alike.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;
use tesem_assets::sink::{Lookup, PostgresSink, Sink, SqliteSink};
use tesem_state::store::{PostgresAddress, StateUrl};
use tokio_postgres::SimpleQueryMessage;

use crate::postgres_server::{PostgresServer, postgres_server};

/// A database of a test's own.
pub(crate) enum Database {
    Sqlite {
        path: PathBuf,
        /// Removed when the test ends.
        _folder: TempDir,
    },
    Postgres {
        address: PostgresAddress,
        /// Stopped when the last test ends that uses it.
        _server: Arc<PostgresServer>,
    },
}

/// One of each kind; without PostgreSQL where that is not installed.
pub(crate) fn databases() -> Vec<Database> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("assets.db");
    let mut all = vec![Database::Sqlite {
        path,
        _folder: folder,
    }];
    all.extend(postgres());
    all
}

fn postgres() -> Option<Database> {
    let server = postgres_server()?;
    let StateUrl::Postgres(address) = server.database() else {
        unreachable!("the server's address is one of PostgreSQL");
    };
    Some(Database::Postgres {
        address,
        _server: server,
    })
}

impl Database {
    pub(crate) async fn sink(&self) -> Box<dyn Sink> {
        match self {
            Self::Sqlite { path, .. } => Box::new(SqliteSink::open(path).await.unwrap()),
            Self::Postgres { address, .. } => Box::new(PostgresSink::open(address).await.unwrap()),
        }
    }

    pub(crate) async fn lookup(&self) -> Box<dyn Lookup> {
        match self {
            Self::Sqlite { path, .. } => Box::new(SqliteSink::open(path).await.unwrap()),
            Self::Postgres { address, .. } => Box::new(PostgresSink::open(address).await.unwrap()),
        }
    }

    /// The rows of a query as lines, in one spelling.
    pub(crate) async fn rows(&self, query: &str) -> String {
        match self {
            Self::Sqlite { path, .. } => sqlite_rows(path, query),
            Self::Postgres { address, .. } => postgres_rows(address, query).await,
        }
    }

    /// Has every insertion of a machine's vulnerability fail.
    pub(crate) async fn break_vulnerabilities(&self) {
        let (sqlite, postgres) = (
            "CREATE TRIGGER stop BEFORE INSERT ON asset_vulnerability BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$; \
            CREATE TRIGGER stop BEFORE INSERT ON asset_vulnerability FOR EACH ROW EXECUTE FUNCTION stop()",
        );
        self.execute(sqlite, postgres).await;
    }

    pub(crate) async fn mend(&self) {
        let (sqlite, postgres) = (
            "DROP TRIGGER stop",
            "DROP TRIGGER stop ON asset_vulnerability",
        );
        self.execute(sqlite, postgres).await;
    }

    /// Does something that the sink does not, in each database's own words.
    pub(crate) async fn execute(&self, sqlite: &str, postgres: &str) {
        match self {
            Self::Sqlite { path, .. } => Connection::open(path)
                .unwrap()
                .execute_batch(sqlite)
                .unwrap(),
            Self::Postgres { address, .. } => {
                let client = address.connect().await.unwrap();
                let statements = format!("SET search_path = tesem_assets; {postgres}");
                client.batch_execute(&statements).await.unwrap();
            }
        }
    }
}

fn sqlite_rows(path: &Path, query: &str) -> String {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    let count = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let cell = |index| match row.get::<_, rusqlite::types::Value>(index).unwrap() {
            rusqlite::types::Value::Null => "-".to_owned(),
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Real(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Blob(_) => "?".to_owned(),
        };
        lines.push((0..count).map(cell).collect::<Vec<_>>().join(" | "));
    }
    lines.join("\n")
}

async fn postgres_rows(address: &PostgresAddress, query: &str) -> String {
    let client = address.connect().await.unwrap();
    let settings = "SET search_path = tesem_assets; SET timezone = 'UTC'";
    client.batch_execute(settings).await.unwrap();
    let mut lines = Vec::new();
    for message in client.simple_query(query).await.unwrap() {
        if let SimpleQueryMessage::Row(row) = message {
            let cells = (0..row.len()).map(|index| spelled(row.get(index)));
            lines.push(cells.collect::<Vec<_>>().join(" | "));
        }
    }
    lines.join("\n")
}

/// A cell of PostgreSQL as SQLite has it.
fn spelled(cell: Option<&str>) -> String {
    match cell {
        None => "-".to_owned(),
        Some("t") => "1".to_owned(),
        Some("f") => "0".to_owned(),
        Some(text) => match text.strip_suffix("+00") {
            Some(instant) => format!("{}Z", instant.replacen(' ', "T", 1)),
            None => text.to_owned(),
        },
    }
}
