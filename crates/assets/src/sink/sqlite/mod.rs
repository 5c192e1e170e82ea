//! A SQLite database: tables with keys, the past of each edge, and views for what is asked most.

mod around;
mod read;
mod schema;
mod statements;
mod value;
mod views;
mod write;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;
use tesem_state::store::keep_write_ahead_log;

use super::{Earlier, Lookup, Sink, SinkError, Written, blocking};
use crate::around::{Bounds, Found, Neighbourhood, Question};
use crate::graph::NodeKey;
use crate::import::{Import, Source};

/// How long a transaction waits for those of other processes.
const BUSY_MAX: Duration = Duration::from_secs(30);

/// Pages that are kept in memory, in KiB as SQLite counts them below zero. Few for reading, which goes through tables from end to end: two
/// graphs are held beside them.
const READ_CACHE_KIB: i64 = -8_192;

/// More for writing: edges come by their beginning and are indexed by their end.
const WRITE_CACHE_KIB: i64 = -65_536;

/// Pages after which the log is written into the database.
const WAL_PAGES: i64 = 16_384;

/// Statements that are kept ready: a few for each collection.
const STATEMENTS_MAX: usize = 128;

/// A database, which may hold the graphs of many sources.
///
/// - One table for each collection of nodes: `id`, `source`, `key`, when the node came, changed and went, and its properties. A node that
///   went keeps its row.
/// - One table for each collection of edges: `from_id`, `to_id`, `valid_from`, `valid_to` (nothing while it is so), `because`, and its
///   properties as they were last. An edge that comes back gets another row, so that its past stays.
/// - `source` has a row for each source, with its save point.
/// - Views for people: see `views.rs`.
///
/// Instants are milliseconds since 1970, UTC; lists are JSON. An import is written in batches, each a transaction; the save point comes
/// last. Of an import that was interrupted what was written stays, and the next one goes on from there.
#[derive(Debug, Clone)]
pub struct SqliteSink {
    connection: Arc<Mutex<Connection>>,
    shown: String,
}

impl SqliteSink {
    /// Opens a database; makes the file or the tables where need be.
    ///
    /// # Errors
    /// [`SinkError`]: not readable, another program's file, or tables of a newer version.
    pub async fn open(path: &Path) -> Result<Self, SinkError> {
        let (path, shown) = (path.to_owned(), path.display().to_string());
        let name = shown.clone();
        blocking(&name, move || open(&path, shown)).await
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(path: &Path, shown: String) -> Result<SqliteSink, SinkError> {
    let failed = |error| SinkError::failed("open", &shown, error);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY_MAX).map_err(failed)?;
    schema::prepare(&mut connection, &shown)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    settle(&connection).map_err(failed)?;
    Ok(SqliteSink {
        connection: Arc::new(Mutex::new(connection)),
        shown,
    })
}

/// Readers beside the one writer. `normal` survives the end of any process; what a power failure takes is imported again, because the
/// save point goes with it.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    keep_write_ahead_log(connection)?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "cache_size", READ_CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Runs work that writes with more pages in memory.
fn write_cached<T>(
    connection: &mut Connection,
    shown: &str,
    work: impl FnOnce(&mut Connection) -> Result<T, SinkError>,
) -> Result<T, SinkError> {
    let failed = |error| SinkError::failed("write to", shown, error);
    let keep = |connection: &Connection, kib: i64| {
        let kept = connection.pragma_update(None, "cache_size", kib);
        kept.map_err(failed)
    };
    keep(connection, WRITE_CACHE_KIB)?;
    let done = work(connection);
    keep(connection, READ_CACHE_KIB)?;
    done
}

#[async_trait]
impl Sink for SqliteSink {
    async fn earlier(&self, source: &Source) -> Result<Option<Earlier>, SinkError> {
        let (sink, key) = (self.clone(), source.key().to_owned());
        let work = move || read::earlier(&sink.lock(), &key, &sink.shown);
        blocking(&self.shown, work).await
    }

    fn takes_parts(&self) -> bool {
        true
    }

    async fn write(&self, import: Arc<Import>) -> Result<Written, SinkError> {
        let sink = self.clone();
        let work = move || {
            let mut connection = sink.lock();
            write_cached(&mut connection, &sink.shown, |connection| {
                write::import(connection, &import, &sink.shown)
            })
        };
        blocking(&self.shown, work).await
    }
}

#[async_trait]
impl Lookup for SqliteSink {
    async fn sources(&self) -> Result<Vec<Source>, SinkError> {
        let sink = self.clone();
        let work = move || around::sources(&sink.lock(), &sink.shown);
        blocking(&self.shown, work).await
    }

    async fn find(&self, question: &Question) -> Result<Found, SinkError> {
        let (sink, question) = (self.clone(), question.clone());
        let work = move || around::find(&sink.lock(), &question, &sink.shown);
        blocking(&self.shown, work).await
    }

    async fn around(
        &self,
        source: &Source,
        node: &NodeKey,
        bounds: Bounds,
    ) -> Result<Option<Neighbourhood>, SinkError> {
        let (sink, source, node) = (self.clone(), source.clone(), node.clone());
        let work = move || {
            let found = around::around(&sink.lock(), &source, &node, bounds);
            found.map_err(|error| SinkError::failed("read", &sink.shown, error))
        };
        blocking(&self.shown, work).await
    }
}
