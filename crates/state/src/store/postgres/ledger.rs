//! The quota ledger on a PostgreSQL server.

use async_trait::async_trait;
use jiff::Timestamp;
use tokio_postgres::Client;

use super::PostgresTime;
use super::connection::{Connection, connect, is_broken};
use super::rows;
use super::schema::{STEPS, prepare};
use super::time::Times;
use crate::quota::Budget;
use crate::store::error::ledger_failed;
use crate::store::numbers::id_of;
use crate::store::{PostgresAddress, StoreError};
use crate::{
    CallRequest, LedgerError, Permit, QuotaKey, QuotaLedger, Reservation, Window, WindowUsage,
};

/// How often a decision is tried when the connection breaks under it. All of them may be repeated: at worst a
/// call is granted that nobody makes, and its lease ends.
const TRIES: u32 = 2;

/// Budgets on a server, shared by processes of many machines.
#[derive(Debug)]
pub(crate) struct PostgresLedger {
    connection: Connection,
    times: Times,
    /// This process's number in the order of turns.
    holder: u64,
}

impl PostgresLedger {
    pub(crate) async fn open(
        address: &PostgresAddress,
        time: PostgresTime,
    ) -> Result<Self, StoreError> {
        let mut client = connect(address).await?;
        prepare(&mut client, address, STEPS).await?;
        let holder = client
            .query_one("SELECT nextval('tesem.quota_holder')", &[])
            .await;
        let holder = holder.map_err(|error| StoreError::failed("open", address, error))?;
        Ok(Self {
            connection: Connection::new(address),
            times: Times::new(time),
            holder: id_of(holder.get(0)),
        })
    }

    /// Lets `act`, which is given the server's time, change the budget of `key`.
    ///
    /// Cancel-safe: a transaction that is dropped is rolled back.
    async fn change<T>(
        &self,
        action: &'static str,
        key: &QuotaKey,
        act: impl Fn(&mut Budget, Timestamp) -> T,
    ) -> Result<T, LedgerError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut session = self
                .connection
                .session()
                .await
                .map_err(|error| ledger_failed(action, error))?;
            match change(&mut session, key, &act).await {
                Ok(done) => return Ok(done),
                Err(error) if tries < TRIES && is_broken(&error) => {}
                Err(error) => return Err(self.failed(action, error)),
            }
            drop(session);
            self.connection.discard().await;
        }
    }

    fn failed(&self, action: &'static str, error: tokio_postgres::Error) -> LedgerError {
        ledger_failed(
            action,
            StoreError::failed("use", self.connection.address(), error),
        )
    }
}

async fn change<T>(
    client: &mut Client,
    key: &QuotaKey,
    act: &impl Fn(&mut Budget, Timestamp) -> T,
) -> Result<T, tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    let locked = rows::lock(&transaction, key).await?;
    let mut budget = Budget::restore(&locked.rows);
    let done = act(&mut budget, locked.server_now);
    rows::write(
        &transaction,
        locked.id,
        &locked.rows.changes_to(&budget.rows()),
    )
    .await?;
    transaction.commit().await?;
    Ok(done)
}

#[async_trait]
impl QuotaLedger for PostgresLedger {
    async fn reserve(
        &self,
        request: &CallRequest,
        now: Timestamp,
    ) -> Result<Reservation, LedgerError> {
        request.refuse_closed_windows()?;
        let decide = |budget: &mut Budget, server| {
            budget.reserve(request, self.holder, self.times.now(now, server))
        };
        let decided = self.change("reserve a call", &request.key, decide).await?;
        Ok(match decided {
            Reservation::Wait(until) => Reservation::Wait(self.times.callers(until)),
            granted @ Reservation::Granted(_) => granted,
        })
    }

    async fn completed(&self, permit: Permit, at: Timestamp) -> Result<(), LedgerError> {
        let complete = |budget: &mut Budget, server| {
            budget
                .log
                .complete(permit.id(), self.times.completion(at, server));
        };
        self.change("complete a call", permit.key(), complete).await
    }

    async fn returned(&self, permit: Permit) -> Result<(), LedgerError> {
        let give_back = |budget: &mut Budget, _| budget.log.give_back(permit.id());
        self.change("give back a call", permit.key(), give_back)
            .await
    }

    async fn throttled(&self, key: &QuotaKey, until: Timestamp) -> Result<(), LedgerError> {
        let block = |budget: &mut Budget, _| budget.log.block(self.times.deciding(until));
        self.change("note a throttle", key, block).await
    }

    async fn usage(
        &self,
        key: &QuotaKey,
        windows: &[Window],
        now: Timestamp,
    ) -> Result<Vec<WindowUsage>, LedgerError> {
        let action = "count calls";
        let mut session = self
            .connection
            .session()
            .await
            .map_err(|error| ledger_failed(action, error))?;
        let failed = |error| self.failed(action, error);
        let transaction = session.transaction().await.map_err(failed)?;
        let found = rows::peek(&transaction, key).await.map_err(failed)?;
        Ok(match found {
            Some((rows, server)) => Budget::restore(&rows)
                .log
                .usage(windows, self.times.now(now, server)),
            None => Budget::default().log.usage(windows, now),
        })
    }
}
