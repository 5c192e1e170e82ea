//! The tables in a SQLite file, and how an older file becomes a newer one.

use rusqlite::{Connection, TransactionBehavior};

/// Marks the file as ours: "TSEM".
const APPLICATION_ID: i64 = 0x5453_454d;

/// Every step from an empty file to the present tables. A step that was released is never changed; `user_version`
/// says how many of them a file has seen.
pub(super) const STEPS: &[&str] = &["
    CREATE TABLE quota_budget (
        id INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        app TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        next_call INTEGER NOT NULL DEFAULT 0,
        blocked_until INTEGER,
        longest_window INTEGER NOT NULL DEFAULT 0,
        UNIQUE (tenant, app, endpoint)
    ) STRICT;
    CREATE TABLE quota_call (
        budget INTEGER NOT NULL REFERENCES quota_budget (id),
        id INTEGER NOT NULL,
        granted INTEGER NOT NULL,
        lease_ends INTEGER NOT NULL,
        completed INTEGER,
        PRIMARY KEY (budget, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE quota_turn (
        budget INTEGER NOT NULL REFERENCES quota_budget (id),
        holder INTEGER NOT NULL,
        ticket INTEGER NOT NULL,
        due INTEGER NOT NULL,
        PRIMARY KEY (budget, holder)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE quota_holder (last INTEGER NOT NULL) STRICT;
    INSERT INTO quota_holder VALUES (0);
"];

/// What a file turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Prepared {
    Ready,
    Foreign,
    Newer(i64),
}

/// Brings the file behind `connection` up to date with `steps`.
pub(super) fn prepare(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<Prepared> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_empty = application == 0 && version == 0 && tables == 0;
    if application != APPLICATION_ID && !is_empty {
        return Ok(Prepared::Foreign);
    }
    let known = steps_of(steps);
    if version > known {
        return Ok(Prepared::Newer(version));
    }
    let seen = usize::try_from(version).unwrap_or_default();
    for step in steps.iter().skip(seen) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(Prepared::Ready)
}

/// How many steps there are, as the database counts.
pub(super) fn steps_of(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_file_gets_the_steps_that_it_lacks_and_keeps_its_rows() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(prepare(&mut connection, STEPS).unwrap(), Prepared::Ready);
        connection
            .execute("UPDATE quota_holder SET last = 41", [])
            .unwrap();
        let newer = [STEPS, &["CREATE TABLE later (id INTEGER)"]].concat();
        assert_eq!(prepare(&mut connection, &newer).unwrap(), Prepared::Ready);
        assert_eq!(
            prepare(&mut connection, &newer).unwrap(),
            Prepared::Ready,
            "once more changes nothing"
        );
        let last: i64 = connection
            .query_row("SELECT last FROM quota_holder", [], |row| row.get(0))
            .unwrap();
        assert_eq!(last, 41);
        assert_eq!(prepare(&mut connection, STEPS).unwrap(), Prepared::Newer(2));
    }

    #[test]
    fn a_file_of_another_program_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE theirs (id INTEGER)")
            .unwrap();
        assert_eq!(prepare(&mut connection, STEPS).unwrap(), Prepared::Foreign);
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare(
            &mut connection,
            &["CREATE TABLE a (id INTEGER)", "nonsense"],
        )
        .unwrap_err();
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }
}
