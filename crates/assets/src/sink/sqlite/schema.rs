//! The tables, and how an older file becomes a newer one.

use rusqlite::{Connection, TransactionBehavior};

use super::views::VIEWS;
use crate::collection::{EdgeKind, NodeKind};
use crate::property::{Property, ValueType};
use crate::sink::SinkError;
use crate::sink::sql::Dialect;

/// Marks the file as ours: "TSAG".
const APPLICATION_ID: i64 = 0x5453_4147;

/// How many steps the tables have seen. A property that a collection gains is a new step, which adds its column to older files.
const VERSION: i64 = 2;

const SOURCE: &str = "CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    saved_at INTEGER,
    save_point TEXT
) STRICT;
";

/// The steps in order: what each does to a file that has seen those before it.
fn steps() -> [String; 2] {
    [tables(), Dialect::Sqlite.indexes()]
}

/// All tables and views, and the indexes over which imports go.
fn tables() -> String {
    let nodes = NodeKind::ALL.into_iter().map(node_table);
    let edges = EdgeKind::ALL.into_iter().map(edge_table);
    let views = VIEWS.iter().map(|view| (*view).to_owned());
    let parts = nodes.chain(edges).chain(views);
    parts.fold(SOURCE.to_owned(), |all, part| all + "\n" + &part)
}

fn node_table(kind: NodeKind) -> String {
    let columns: String = kind.properties().iter().map(column).collect();
    format!(
        "CREATE TABLE \"{kind}\" (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    removed_at INTEGER,
{columns}    UNIQUE (source, key)
) STRICT;
"
    )
}

fn edge_table(kind: EdgeKind) -> String {
    let (from, to) = kind.ends();
    let columns: String = kind.properties().iter().map(column).collect();
    format!(
        "CREATE TABLE {kind} (
    from_id INTEGER NOT NULL REFERENCES \"{from}\" (id),
    to_id INTEGER NOT NULL REFERENCES \"{to}\" (id),
    valid_from INTEGER NOT NULL,
    valid_to INTEGER CHECK (valid_to >= valid_from),
    because TEXT,
{columns}    PRIMARY KEY (from_id, to_id, valid_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX {kind}_to ON {kind} (to_id) WHERE valid_to IS NULL;
"
    )
}

fn column(property: &Property) -> String {
    let kind = match property.value_type() {
        ValueType::Text | ValueType::Texts => "TEXT",
        ValueType::Integer | ValueType::Flag | ValueType::Time => "INTEGER",
        ValueType::Real => "REAL",
    };
    format!("    {} {kind},\n", property.name())
}

/// Makes the tables in an empty file and refuses files that are not ours.
pub(super) fn prepare(connection: &mut Connection, shown: &str) -> Result<(), SinkError> {
    let failed = |error| SinkError::failed("prepare the tables in", shown, error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (
        pragma("application_id").map_err(failed)?,
        pragma("user_version").map_err(failed)?,
    );
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables_there: i64 = transaction
        .query_row(count, [], |row| row.get(0))
        .map_err(failed)?;
    if application == APPLICATION_ID && version > VERSION {
        return Err(SinkError::Newer {
            sink: shown.to_owned(),
            found: version,
            known: VERSION,
        });
    }
    if application != APPLICATION_ID && (application != 0 || version != 0 || tables_there != 0) {
        return Err(SinkError::Foreign {
            sink: shown.to_owned(),
        });
    }
    if version == VERSION {
        return Ok(());
    }
    let seen = usize::try_from(version).unwrap_or_default();
    for step in steps().iter().skip(seen) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    let mark = |name, value: i64| transaction.pragma_update(None, name, value);
    mark("application_id", APPLICATION_ID).map_err(failed)?;
    mark("user_version", VERSION).map_err(failed)?;
    transaction.commit().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_these() {
        insta::assert_snapshot!(tables());
    }

    #[test]
    fn the_indexes_are_these() {
        insta::assert_snapshot!(Dialect::Sqlite.indexes());
    }

    #[test]
    fn an_empty_file_gets_the_tables_once_and_others_are_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare(&mut connection, "x").unwrap();
        prepare(&mut connection, "x").unwrap();
        connection.pragma_update(None, "user_version", 9).unwrap();
        let error = prepare(&mut connection, "x").unwrap_err();
        assert!(matches!(error, SinkError::Newer { found: 9, .. }));
        let mut other = Connection::open_in_memory().unwrap();
        other
            .execute_batch("CREATE TABLE theirs (id INTEGER)")
            .unwrap();
        let error = prepare(&mut other, "x").unwrap_err();
        assert!(matches!(error, SinkError::Foreign { .. }));
    }

    #[test]
    fn a_file_of_the_first_version_gets_what_it_lacks() {
        let (mut old, mut new) = (
            Connection::open_in_memory().unwrap(),
            Connection::open_in_memory().unwrap(),
        );
        old.execute_batch(&tables()).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        let rows = "INSERT INTO source (key, name) VALUES ('conn-1', 'Contoso')";
        old.execute_batch(rows).unwrap();
        prepare(&mut old, "x").unwrap();
        prepare(&mut new, "x").unwrap();
        let all =
            "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";
        let all =
            |from: &Connection| -> String { from.query_row(all, [], |row| row.get(0)).unwrap() };
        assert_eq!(all(&old), all(&new));
        let kept: String = old
            .query_row("SELECT name FROM source", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, "Contoso");
    }

    #[test]
    fn every_view_can_be_read() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare(&mut connection, "x").unwrap();
        let names = "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name";
        let mut statement = connection.prepare(names).unwrap();
        let names: Vec<String> = statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(names.len(), VIEWS.len());
        for name in names {
            let count = format!("SELECT count(*) FROM {name}");
            let rows: i64 = connection.query_row(&count, [], |row| row.get(0)).unwrap();
            assert_eq!(rows, 0, "{name}");
        }
    }
}
