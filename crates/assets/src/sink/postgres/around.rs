//! Nodes by what a person types, and what they are joined to.

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, IsolationLevel, Transaction};

use super::columns::properties_of;
use crate::around::{Bounds, Candidate, Found, Neighbour, Neighbourhood, Question};
use crate::graph::NodeKey;
use crate::import::Source;
use crate::millis::Millis;
use crate::sink::SinkError;
use crate::sink::sql::Dialect::Postgres;
use crate::sink::sql::find::{self, Hit, Search};
use crate::sink::sql::neighbours::{self, Ask, FIRST_PROPERTY, Row};
use crate::text::clean;

pub(super) async fn sources(client: &Client, shown: &str) -> Result<Vec<Source>, SinkError> {
    let all = "SELECT key, name FROM tesem_assets.source ORDER BY key COLLATE \"C\"";
    let rows = client.query(all, &[]).await;
    let rows = rows.map_err(|error| SinkError::failed("read", shown, error))?;
    rows.iter()
        .map(|row| Source::new(row.get(0), row.get(1)))
        .collect::<Result<_, _>>()
        .map_err(|error| SinkError::damaged(shown, error))
}

pub(super) async fn find(
    client: &mut Client,
    question: &Question,
    shown: &str,
) -> Result<Found, SinkError> {
    let moment = moment(client).await;
    let moment = moment.map_err(|error| SinkError::failed("read", shown, error))?;
    let mut all = candidates(&moment, find::by_name(question), question, shown).await?;
    if all.is_empty() {
        all = candidates(&moment, find::by_beginning(question), question, shown).await?;
    }
    Ok(find::found(all, question))
}

/// A transaction in which all is of one moment.
async fn moment(client: &mut Client) -> Result<Transaction<'_>, Error> {
    let transaction = client.build_transaction();
    let transaction = transaction.isolation_level(IsolationLevel::RepeatableRead);
    transaction.read_only(true).start().await
}

async fn candidates(
    transaction: &Transaction<'_>,
    searches: Vec<Search>,
    question: &Question,
    shown: &str,
) -> Result<Vec<Candidate>, SinkError> {
    let mut all = Vec::new();
    for search in searches {
        let hits = hits(transaction, &search, question).await;
        let hits = hits.map_err(|error| SinkError::failed("read", shown, error))?;
        for hit in hits {
            all.push(search.candidate(hit, shown)?);
        }
    }
    Ok(all)
}

async fn hits(
    transaction: &Transaction<'_>,
    search: &Search,
    question: &Question,
) -> Result<Vec<Hit>, Error> {
    let values = search.values.iter();
    let values: Vec<&(dyn ToSql + Sync)> = values.map(|value| value as _).collect();
    let statement = search.statement(Postgres, question);
    let rows = transaction.query(&statement, &values).await?;
    let hit = |row: &tokio_postgres::Row| {
        Ok(Hit {
            source: (row.try_get(0)?, row.try_get(1)?),
            key: row.try_get(2)?,
            name: row.try_get(3)?,
            removed_at: row.try_get(4)?,
        })
    };
    rows.iter().map(hit).collect()
}

pub(super) async fn around(
    client: &mut Client,
    source: &Source,
    node: &NodeKey,
    bounds: Bounds,
) -> Result<Option<Neighbourhood>, Error> {
    let moment = moment(client).await?;
    let Some((id, mut found)) = find_node(&moment, source, node).await? else {
        return Ok(None);
    };
    let asks = neighbours::asks(node.kind, id, bounds);
    let mut answers = Vec::new();
    for ask in &asks {
        answers.push(rows(&moment, ask).await?);
    }
    for (place, ask) in neighbours::asks_below(&asks, &answers, bounds) {
        let rows = rows(&moment, &ask).await?;
        neighbours::put_below(&mut answers, place, ask, rows);
    }
    found.groups = neighbours::groups(&asks, answers);
    Ok(Some(found))
}

async fn find_node(
    transaction: &Transaction<'_>,
    source: &Source,
    node: &NodeKey,
) -> Result<Option<(i64, Neighbourhood)>, Error> {
    let statement = neighbours::node(Postgres, node.kind);
    let key = clean(&node.key);
    let found = transaction
        .query_opt(&statement, &[&source.key(), &key])
        .await?;
    let Some(row) = found else {
        return Ok(None);
    };
    let neighbourhood = Neighbourhood {
        source: source.named(row.try_get(3)?),
        node: NodeKey::new(node.kind, &*key),
        properties: properties_of(&row, 4, node.kind.properties())?,
        created_at: Millis::new(row.try_get(1)?),
        removed_at: row.try_get::<_, Option<i64>>(2)?.map(Millis::new),
        groups: Vec::new(),
    };
    Ok(Some((row.try_get(0)?, neighbourhood)))
}

async fn rows(transaction: &Transaction<'_>, ask: &Ask) -> Result<Vec<Row>, Error> {
    let rows = transaction
        .query(&ask.statement(Postgres), &[&ask.id])
        .await?;
    rows.iter().map(|row| row_of(row, ask)).collect()
}

fn row_of(row: &tokio_postgres::Row, ask: &Ask) -> Result<Row, Error> {
    let (kind, edge) = (ask.side.kind(), ask.side.edge);
    let edge_said = FIRST_PROPERTY + kind.properties().len();
    Ok(Row {
        id: row.try_get(0)?,
        total: row.try_get(1)?,
        neighbour: Neighbour {
            node: NodeKey::new(kind, row.try_get::<_, &str>(2)?),
            properties: properties_of(row, FIRST_PROPERTY, kind.properties())?,
            edge_properties: properties_of(row, edge_said, edge.properties())?,
            since: Millis::new(row.try_get(3)?),
            until: row.try_get::<_, Option<i64>>(4)?.map(Millis::new),
            because: row.try_get::<_, Option<&str>>(5)?.map(Into::into),
            groups: Vec::new(),
        },
    })
}
