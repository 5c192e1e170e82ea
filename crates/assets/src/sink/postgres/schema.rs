//! The tables on a server.

use tokio_postgres::Client;

use super::views::VIEWS;
use crate::collection::{EdgeKind, NodeKind};
use crate::property::{Property, ValueType};
use crate::sink::SinkError;
use crate::sink::sql::Dialect;

/// How many steps the tables have seen. A property that a collection gains is a new step, which adds its column to older tables.
const VERSION: i64 = 4;

/// The lock under which tables are made: "TSAG". Without it two first processes would make them at once.
const PREPARING: i64 = 0x5453_4147;

const FIRST: &str = "CREATE SCHEMA tesem_assets;
CREATE TABLE tesem_assets.version (steps BIGINT NOT NULL);
INSERT INTO tesem_assets.version VALUES (0);
";

const SOURCE: &str = "CREATE TABLE tesem_assets.source (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    saved_at BIGINT,
    save_point TEXT
);
";

/// The steps in order: what each does to tables that have seen those before it.
fn steps() -> [String; 4] {
    let each = |step: fn(EdgeKind) -> String| EdgeKind::ALL.into_iter().map(step).collect();
    [
        tables(),
        Dialect::Postgres.indexes(),
        each(one_open_edge),
        each(unchecked_ends),
    ]
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
        "CREATE TABLE tesem_assets.\"{kind}\" (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source BIGINT NOT NULL REFERENCES tesem_assets.source (id),
    key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    removed_at BIGINT,
{columns}    UNIQUE (source, key)
);
"
    )
}

fn edge_table(kind: EdgeKind) -> String {
    let (from, to) = kind.ends();
    let columns: String = kind.properties().iter().map(column).collect();
    format!(
        "CREATE TABLE tesem_assets.{kind} (
    from_id BIGINT NOT NULL REFERENCES tesem_assets.\"{from}\" (id),
    to_id BIGINT NOT NULL REFERENCES tesem_assets.\"{to}\" (id),
    valid_from BIGINT NOT NULL,
    valid_to BIGINT CHECK (valid_to >= valid_from),
    because TEXT,
{columns}    PRIMARY KEY (from_id, to_id, valid_from)
);
CREATE INDEX {kind}_to ON tesem_assets.{kind} (to_id) WHERE valid_to IS NULL;
"
    )
}

/// Between two nodes at most one edge is open, which is found from either end. Two imports at once could open two: the older is kept.
fn one_open_edge(kind: EdgeKind) -> String {
    format!(
        "DELETE FROM tesem_assets.{kind} e USING tesem_assets.{kind} o WHERE e.from_id = o.from_id AND e.to_id = o.to_id
    AND e.valid_to IS NULL AND o.valid_to IS NULL AND e.valid_from > o.valid_from;
DROP INDEX IF EXISTS tesem_assets.{kind}_to;
CREATE UNIQUE INDEX {kind}_to ON tesem_assets.{kind} (to_id, from_id) WHERE valid_to IS NULL;
"
    )
}

/// The server need not look for both nodes of each edge once more: an import takes their ids from the nodes in the statement that puts the
/// edge, and never deletes a node. The looking takes more than half of the time of a full import.
fn unchecked_ends(kind: EdgeKind) -> String {
    format!(
        "ALTER TABLE tesem_assets.{kind} DROP CONSTRAINT IF EXISTS {kind}_from_id_fkey,
    DROP CONSTRAINT IF EXISTS {kind}_to_id_fkey;
"
    )
}

fn column(property: &Property) -> String {
    let kind = match property.value_type() {
        ValueType::Text => "TEXT",
        ValueType::Texts => "JSONB",
        ValueType::Integer | ValueType::Time => "BIGINT",
        ValueType::Flag => "BOOLEAN",
        ValueType::Real => "DOUBLE PRECISION",
    };
    format!("    {} {kind},\n", property.name())
}

/// Makes the tables where there are none.
pub(super) async fn prepare(client: &mut Client, shown: &str) -> Result<(), SinkError> {
    let failed =
        |error: tokio_postgres::Error| SinkError::failed("prepare the tables in", shown, error);
    let transaction = client.transaction().await.map_err(failed)?;
    let lock = "SELECT pg_advisory_xact_lock($1)";
    transaction
        .execute(lock, &[&PREPARING])
        .await
        .map_err(failed)?;
    let exists = "SELECT to_regclass('tesem_assets.version') IS NOT NULL";
    let exists = transaction.query_one(exists, &[]).await.map_err(failed)?;
    if !exists.get::<_, bool>(0) {
        transaction.batch_execute(FIRST).await.map_err(failed)?;
    }
    let seen = "SELECT steps FROM tesem_assets.version";
    let found: i64 = transaction
        .query_one(seen, &[])
        .await
        .map_err(failed)?
        .get(0);
    if found > VERSION {
        return Err(SinkError::Newer {
            sink: shown.to_owned(),
            found,
            known: VERSION,
        });
    }
    if found < VERSION {
        for step in steps()
            .iter()
            .skip(usize::try_from(found).unwrap_or_default())
        {
            transaction.batch_execute(step).await.map_err(failed)?;
        }
        let seen = "UPDATE tesem_assets.version SET steps = $1";
        transaction
            .execute(seen, &[&VERSION])
            .await
            .map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
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
        insta::assert_snapshot!(Dialect::Postgres.indexes());
    }

    #[test]
    fn what_later_steps_do_to_edges_is_this() {
        insta::assert_snapshot!(one_open_edge(EdgeKind::AssetAccount), @"
        DELETE FROM tesem_assets.asset_account e USING tesem_assets.asset_account o WHERE e.from_id = o.from_id AND e.to_id = o.to_id
            AND e.valid_to IS NULL AND o.valid_to IS NULL AND e.valid_from > o.valid_from;
        DROP INDEX IF EXISTS tesem_assets.asset_account_to;
        CREATE UNIQUE INDEX asset_account_to ON tesem_assets.asset_account (to_id, from_id) WHERE valid_to IS NULL;
        ");
        insta::assert_snapshot!(unchecked_ends(EdgeKind::AssetAccount), @"
        ALTER TABLE tesem_assets.asset_account DROP CONSTRAINT IF EXISTS asset_account_from_id_fkey,
            DROP CONSTRAINT IF EXISTS asset_account_to_id_fkey;
        ");
    }
}
