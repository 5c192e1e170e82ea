//! What a database holds of a source.

use tokio_postgres::{Client, Error, IsolationLevel, Row, Transaction};

use super::columns::properties_of;
use super::statements;
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{AssetGraph, EdgeKey, Ends, NodeKey};
use crate::save_point::SavePoint;
use crate::sink::{Earlier, SinkError};
use crate::text::Interner;

/// Rows that are fetched at once.
const ROWS_MAX: i32 = 10_000;

/// All is read in one transaction, so that it is of one moment.
pub(super) async fn earlier(
    client: &mut Client,
    source: &str,
    shown: &str,
) -> Result<Option<Earlier>, SinkError> {
    let failed = |error: Error| SinkError::failed("read", shown, error);
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .map_err(failed)?;
    let find = "SELECT id, save_point FROM tesem_assets.source WHERE key = $1";
    let found = transaction
        .query_opt(find, &[&source])
        .await
        .map_err(failed)?;
    let Some(found) = found else {
        return Ok(None);
    };
    let save_point: Option<SavePoint> = found
        .get::<_, Option<&str>>(1)
        .map(serde_json::from_str)
        .transpose()
        .map_err(|error| SinkError::damaged(shown, error))?;
    let graph = graph(&transaction, found.get(0)).await.map_err(failed)?;
    Ok(Some(Earlier { graph, save_point }))
}

async fn graph(transaction: &Transaction<'_>, source: i64) -> Result<AssetGraph, Error> {
    let (mut graph, mut texts) = (AssetGraph::default(), Interner::default());
    for kind in NodeKind::ALL {
        each(transaction, &statements::read_nodes(kind), source, |row| {
            let key = texts.text(row.try_get(0)?);
            let said = texts.properties(&properties_of(row, 1, kind.properties())?);
            graph.put_node(NodeKey { kind, key }, said);
            Ok(())
        })
        .await?;
    }
    for kind in EdgeKind::ALL {
        each(transaction, &statements::read_edges(kind), source, |row| {
            let ends = Ends {
                from: texts.text(row.try_get(0)?),
                to: texts.text(row.try_get(1)?),
            };
            let said = texts.properties(&properties_of(row, 2, kind.properties())?);
            graph.put_edge(EdgeKey { kind, ends }, said);
            Ok(())
        })
        .await?;
    }
    Ok(graph)
}

async fn each(
    transaction: &Transaction<'_>,
    statement: &str,
    source: i64,
    mut take: impl FnMut(&Row) -> Result<(), Error>,
) -> Result<(), Error> {
    let statement = transaction.prepare(statement).await?;
    let portal = transaction.bind(&statement, &[&source]).await?;
    loop {
        let rows = transaction.query_portal(&portal, ROWS_MAX).await?;
        if rows.is_empty() {
            return Ok(());
        }
        rows.iter().try_for_each(&mut take)?;
    }
}
