//! The write-ahead log of a SQLite file, which first processes may all want to begin at once.

use rusqlite::{Connection, ErrorCode};

/// Tries to begin the log. Each waits for other writers, and whoever succeeds has done it for all.
const TRIES: u32 = 1_000;

/// Has a database keep a write-ahead log, so that readers go on beside the one writer.
///
/// SQLite does not wait for the lock that this takes, however long the connection is told to wait: two connections that ask at once would
/// wait for each other. So it is tried again here, after a turn of a transaction, for which it does wait.
///
/// # Errors
/// SQLite's own.
pub fn keep_write_ahead_log(connection: &Connection) -> rusqlite::Result<()> {
    let mut left = TRIES;
    loop {
        let begun = connection.pragma_update(None, "journal_mode", "wal");
        let is_busy = begun.as_ref().is_err_and(is_busy);
        left = left.saturating_sub(1);
        if !is_busy || left == 0 {
            return begun;
        }
        connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::time::Duration;

    use super::*;

    #[test]
    fn first_connections_may_all_begin_the_log() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("new.db");
            let start = Barrier::new(8);
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        let connection = Connection::open(&path).unwrap();
                        connection.busy_timeout(Duration::from_secs(30)).unwrap();
                        start.wait();
                        keep_write_ahead_log(&connection).unwrap();
                    });
                }
            });
            let connection = Connection::open(&path).unwrap();
            let mode: String = connection
                .pragma_query_value(None, "journal_mode", |row| row.get(0))
                .unwrap();
            assert_eq!(mode, "wal");
        }
    }
}
