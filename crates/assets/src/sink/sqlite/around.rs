//! Nodes by what a person types, and what they are joined to.

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::value::properties_of;
use crate::around::{Bounds, Candidate, Found, Neighbour, Neighbourhood, Question};
use crate::graph::NodeKey;
use crate::import::Source;
use crate::millis::Millis;
use crate::sink::SinkError;
use crate::sink::sql::Dialect::Sqlite;
use crate::sink::sql::find::{self, Hit, Search};
use crate::sink::sql::neighbours::{self, Ask, FIRST_PROPERTY, Row};
use crate::text::clean;

pub(super) fn sources(connection: &Connection, shown: &str) -> Result<Vec<Source>, SinkError> {
    let failed = |error| SinkError::failed("read", shown, error);
    let all = "SELECT key, name FROM source ORDER BY key";
    let mut statement = connection.prepare(all).map_err(failed)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let rows: rusqlite::Result<Vec<(String, String)>> = rows.and_then(Iterator::collect);
    let rows = rows.map_err(failed)?.into_iter();
    rows.map(|(key, name)| Source::new(&key, &name))
        .collect::<Result<_, _>>()
        .map_err(|error| SinkError::damaged(shown, error))
}

pub(super) fn find(
    connection: &Connection,
    question: &Question,
    shown: &str,
) -> Result<Found, SinkError> {
    // All is of one moment, though another process may be writing.
    let snapshot = connection.unchecked_transaction();
    let snapshot = snapshot.map_err(|error| SinkError::failed("read", shown, error))?;
    let mut all = candidates(&snapshot, find::by_name(question), question, shown)?;
    if all.is_empty() {
        all = candidates(&snapshot, find::by_beginning(question), question, shown)?;
    }
    Ok(find::found(all, question))
}

fn candidates(
    connection: &Connection,
    searches: Vec<Search>,
    question: &Question,
    shown: &str,
) -> Result<Vec<Candidate>, SinkError> {
    let mut all = Vec::new();
    for search in searches {
        let hits = hits(connection, &search, question);
        let hits = hits.map_err(|error| SinkError::failed("read", shown, error))?;
        for hit in hits {
            all.push(search.candidate(hit, shown)?);
        }
    }
    Ok(all)
}

fn hits(
    connection: &Connection,
    search: &Search,
    question: &Question,
) -> rusqlite::Result<Vec<Hit>> {
    let mut statement = connection.prepare(&search.statement(Sqlite, question))?;
    let rows = statement.query_map(params_from_iter(&search.values), |row| {
        Ok(Hit {
            source: (row.get(0)?, row.get(1)?),
            key: row.get(2)?,
            name: row.get(3)?,
            removed_at: row.get(4)?,
        })
    })?;
    rows.collect()
}

pub(super) fn around(
    connection: &Connection,
    source: &Source,
    node: &NodeKey,
    bounds: Bounds,
) -> rusqlite::Result<Option<Neighbourhood>> {
    let snapshot = connection.unchecked_transaction()?;
    let Some((id, mut found)) = find_node(&snapshot, source, node)? else {
        return Ok(None);
    };
    let asks = neighbours::asks(node.kind, id, bounds);
    let answers: rusqlite::Result<Vec<_>> = asks.iter().map(|ask| rows(&snapshot, ask)).collect();
    let mut answers = answers?;
    for (place, ask) in neighbours::asks_below(&asks, &answers, bounds) {
        neighbours::put_below(&mut answers, place, ask, rows(&snapshot, &ask)?);
    }
    found.groups = neighbours::groups(&asks, answers);
    Ok(Some(found))
}

fn find_node(
    connection: &Connection,
    source: &Source,
    node: &NodeKey,
) -> rusqlite::Result<Option<(i64, Neighbourhood)>> {
    let statement = neighbours::node(Sqlite, node.kind);
    let key = clean(&node.key);
    let found = connection.query_row(&statement, [source.key(), &*key], |row| {
        let neighbourhood = Neighbourhood {
            source: source.named(row.get(3)?),
            node: NodeKey::new(node.kind, &*key),
            properties: properties_of(row, 4, node.kind.properties())?,
            created_at: Millis::new(row.get(1)?),
            removed_at: row.get::<_, Option<i64>>(2)?.map(Millis::new),
            groups: Vec::new(),
        };
        Ok((row.get(0)?, neighbourhood))
    });
    found.optional()
}

fn rows(connection: &Connection, ask: &Ask) -> rusqlite::Result<Vec<Row>> {
    let (kind, edge) = (ask.side.kind(), ask.side.edge);
    let edge_said = FIRST_PROPERTY + kind.properties().len();
    let mut statement = connection.prepare_cached(&ask.statement(Sqlite))?;
    let rows = statement.query_map([ask.id], |row| {
        Ok(Row {
            id: row.get(0)?,
            total: row.get(1)?,
            neighbour: Neighbour {
                node: NodeKey::new(kind, row.get::<_, String>(2)?),
                properties: properties_of(row, FIRST_PROPERTY, kind.properties())?,
                edge_properties: properties_of(row, edge_said, edge.properties())?,
                since: Millis::new(row.get(3)?),
                until: row.get::<_, Option<i64>>(4)?.map(Millis::new),
                because: row.get::<_, Option<String>>(5)?.map(Into::into),
                groups: Vec::new(),
            },
        })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::NodeKind;
    use crate::sink::sqlite::schema;

    /// The steps of a statement's plan.
    fn plan(connection: &Connection, statement: &str, parameters: usize) -> Vec<String> {
        let explain = format!("EXPLAIN QUERY PLAN {statement}");
        let mut explain = connection.prepare(&explain).unwrap();
        let values = vec!["1"; parameters];
        let rows = explain.query_map(params_from_iter(values), |row| row.get(3));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn statements(question: &Question) -> Vec<(String, usize)> {
        let bounds = Bounds {
            past: true,
            ..Bounds::default()
        };
        let asks = NodeKind::ALL.map(|kind| neighbours::asks(kind, 1, bounds));
        let asks = asks.iter().flatten();
        let mut all: Vec<_> = asks.map(|ask| (ask.statement(Sqlite), 1)).collect();
        all.extend(NodeKind::ALL.map(|kind| (neighbours::node(Sqlite, kind), 2)));
        let searches = find::by_name(question).into_iter();
        for search in searches.chain(find::by_beginning(question)) {
            all.push((search.statement(Sqlite, question), search.values.len()));
        }
        all
    }

    /// No table is read from end to end, whatever is asked.
    #[test]
    fn every_query_goes_over_an_index() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::prepare(&mut connection, "x").unwrap();
        for source in [None, Some("conn-1".to_owned())] {
            let question = Question {
                source,
                ..Question::new("contoso:a\\1")
            };
            let all = statements(&question);
            assert!(all.len() > 80, "{}", all.len());
            for (statement, parameters) in all {
                let plan = plan(&connection, &statement, parameters);
                let is_scan = |step: &&String| step.starts_with("SCAN");
                assert_eq!(plan.iter().find(is_scan), None, "{statement}\n{plan:#?}");
            }
        }
    }
}
