//! The lock of a run, kept by the server for as long as a connection lives.

use tokio_postgres::Client;

use super::connection::connect;
use super::schema::{STEPS, prepare};
use crate::store::{PostgresAddress, StoreError};

/// Longest description of a holder that is kept, in characters.
const HOLDER_MAX: usize = 200;

/// A lock of the server's session. The server frees it when the connection ends, however that happens.
#[derive(Debug)]
pub(crate) struct PostgresLock {
    run: String,
    client: Client,
}

impl PostgresLock {
    pub(crate) async fn acquire(
        address: &PostgresAddress,
        run: &str,
        holder: &str,
    ) -> Result<Self, StoreError> {
        let failed =
            |error: tokio_postgres::Error| StoreError::failed("lock a run in", address, error);
        let mut client = connect(address).await?;
        prepare(&mut client, address, STEPS).await?;
        // 64 bits of the name's hash: two runs in a million million would have to wait for each other by chance.
        let take = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
        let is_taken: bool = client
            .query_one(take, &[&name_of(run)])
            .await
            .map_err(failed)?
            .get(0);
        if !is_taken {
            let holder = client
                .query_opt("SELECT holder FROM tesem.run_lock WHERE run = $1", &[&run])
                .await;
            let holder = holder.map_err(failed)?.map(|row| row.get(0));
            return Err(StoreError::RunHeld {
                run: run.to_owned(),
                holder,
            });
        }
        let holder: String = holder
            .chars()
            .filter(|letter| !letter.is_control())
            .take(HOLDER_MAX)
            .collect();
        let note = "INSERT INTO tesem.run_lock (run, holder) VALUES ($1, $2) \
            ON CONFLICT (run) DO UPDATE SET holder = $2";
        client
            .execute(note, &[&run, &holder])
            .await
            .map_err(failed)?;
        Ok(Self {
            run: run.to_owned(),
            client,
        })
    }

    pub(crate) async fn verify(&self) -> Result<(), StoreError> {
        let asked = self.client.simple_query("SELECT 1").await;
        asked.map(drop).map_err(|error| StoreError::LockLost {
            run: self.run.clone(),
            source: Box::new(error),
        })
    }
}

/// Kept apart from other programs' advisory locks.
fn name_of(run: &str) -> String {
    format!("tesem run {run}")
}
