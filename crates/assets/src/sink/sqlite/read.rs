//! What a database holds of a source.

use rusqlite::{Connection, OptionalExtension, Row};

use super::statements;
use super::value::properties_of;
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{AssetGraph, EdgeKey, Ends, NodeKey};
use crate::save_point::SavePoint;
use crate::sink::{Earlier, SinkError};
use crate::text::Interner;

pub(super) fn earlier(
    connection: &Connection,
    source: &str,
    shown: &str,
) -> Result<Option<Earlier>, SinkError> {
    let failed = |error| SinkError::failed("read", shown, error);
    // All is of one moment, though another process may be writing.
    let snapshot = connection.unchecked_transaction().map_err(failed)?;
    let find = "SELECT id, save_point FROM source WHERE key = ?1";
    let found: Option<(i64, Option<String>)> = snapshot
        .query_row(find, [source], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(failed)?;
    let Some((id, save_point)) = found else {
        return Ok(None);
    };
    let save_point: Option<SavePoint> = save_point
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| SinkError::damaged(shown, error))?;
    Ok(Some(Earlier {
        graph: graph(&snapshot, id).map_err(failed)?,
        save_point,
    }))
}

fn graph(connection: &Connection, source: i64) -> rusqlite::Result<AssetGraph> {
    let (mut graph, mut texts) = (AssetGraph::default(), Interner::default());
    for kind in NodeKind::ALL {
        each(connection, &statements::read_nodes(kind), source, |row| {
            let key = texts.text(row.get_ref(0)?.as_str()?);
            let said = texts.properties(&properties_of(row, 1, kind.properties())?);
            graph.put_node(NodeKey { kind, key }, said);
            Ok(())
        })?;
    }
    for kind in EdgeKind::ALL {
        each(connection, &statements::read_edges(kind), source, |row| {
            let ends = Ends {
                from: texts.text(row.get_ref(0)?.as_str()?),
                to: texts.text(row.get_ref(1)?.as_str()?),
            };
            let said = texts.properties(&properties_of(row, 2, kind.properties())?);
            graph.put_edge(EdgeKey { kind, ends }, said);
            Ok(())
        })?;
    }
    Ok(graph)
}

fn each(
    connection: &Connection,
    statement: &str,
    source: i64,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(statement)?;
    let mut rows = statement.query([source])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}
