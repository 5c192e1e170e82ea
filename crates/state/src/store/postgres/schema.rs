//! The tables on a server, in a schema of their own, and how older ones become newer.

use tokio_postgres::Client;

use crate::store::{PostgresAddress, StoreError};

/// Every step from nothing to the present tables. A step that was released is never changed; `tesem.version` says
/// how many of them a database has seen.
pub(super) const STEPS: &[&str] = &["
    CREATE TABLE tesem.quota_budget (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tenant TEXT NOT NULL,
        app TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        next_call BIGINT NOT NULL DEFAULT 0,
        blocked_until BIGINT,
        longest_window BIGINT NOT NULL DEFAULT 0,
        UNIQUE (tenant, app, endpoint)
    );
    CREATE TABLE tesem.quota_call (
        budget BIGINT NOT NULL REFERENCES tesem.quota_budget (id),
        id BIGINT NOT NULL,
        granted BIGINT NOT NULL,
        lease_ends BIGINT NOT NULL,
        completed BIGINT,
        PRIMARY KEY (budget, id)
    );
    CREATE TABLE tesem.quota_turn (
        budget BIGINT NOT NULL REFERENCES tesem.quota_budget (id),
        holder BIGINT NOT NULL,
        ticket BIGINT NOT NULL,
        due BIGINT NOT NULL,
        PRIMARY KEY (budget, holder)
    );
    CREATE SEQUENCE tesem.quota_holder;
    CREATE TABLE tesem.run_lock (
        run TEXT PRIMARY KEY,
        holder TEXT NOT NULL
    );
"];

/// The lock under which tables are made: "TSEM". Without it two first processes would make them at once.
const PREPARING: i64 = 0x5453_454d;

/// Brings the tables up to date with `steps`.
pub(super) async fn prepare(
    client: &mut Client,
    address: &PostgresAddress,
    steps: &[&str],
) -> Result<(), StoreError> {
    let failed =
        |error: tokio_postgres::Error| StoreError::failed("prepare the tables in", address, error);
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let transaction = client.transaction().await.map_err(failed)?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&PREPARING])
        .await
        .map_err(failed)?;
    let exists = "SELECT to_regclass('tesem.version') IS NOT NULL";
    let exists: bool = transaction
        .query_one(exists, &[])
        .await
        .map_err(failed)?
        .get(0);
    if !exists {
        let first = "CREATE SCHEMA tesem; CREATE TABLE tesem.version (steps BIGINT NOT NULL); \
            INSERT INTO tesem.version VALUES (0)";
        transaction.batch_execute(first).await.map_err(failed)?;
    }
    let found = transaction
        .query_one("SELECT steps FROM tesem.version", &[])
        .await
        .map_err(failed)?;
    let found: i64 = found.get(0);
    if found > known {
        return Err(StoreError::Newer {
            store: address.to_string(),
            found,
            known,
        });
    }
    for step in steps
        .iter()
        .skip(usize::try_from(found).unwrap_or_default())
    {
        transaction.batch_execute(step).await.map_err(failed)?;
    }
    transaction
        .execute("UPDATE tesem.version SET steps = $1", &[&known])
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)
}
