//! Writing an import, batch by batch.

use std::collections::BTreeMap;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Statement, Transaction};

use super::columns::{Column, columns};
use super::statements;
use crate::collection::{EdgeKind, NodeKind};
use crate::delta::{Because, Change};
use crate::graph::{EdgeKey, NodeKey};
use crate::import::Import;
use crate::passed::Passed;
use crate::property::Properties;
use crate::sink::Written;

/// Most changes of a transaction, and of a statement.
const BATCH_MAX: usize = 10_000;

/// Batches do not wait until they are on the disk: should the server lose the last of them, the save point is lost with them, and the import
/// is begun anew.
///
/// Source: "Asynchronous Commit", <https://www.postgresql.org/docs/current/wal-async-commit.html>.
const UNHURRIED: &str = "SET synchronous_commit = off";

/// The save point waits for the disk as the server is set up to, and with it all that was written before it.
const AS_SET_UP: &str = "SET LOCAL synchronous_commit TO DEFAULT";

/// What a statement does, and to which collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Put(NodeKind),
    Remove(NodeKind),
    Open(EdgeKind),
    Reopen(EdgeKind),
    Update(EdgeKind),
    Close(EdgeKind),
}

impl Work {
    fn of(change: &Change) -> Self {
        match change {
            Change::NodeCreated { node, .. } | Change::NodeUpdated { node, .. } => {
                Self::Put(node.kind)
            }
            Change::NodeRemoved { node, .. } => Self::Remove(node.kind),
            Change::EdgeCreated { edge, .. } => Self::Open(edge.kind),
            Change::EdgeUpdated { edge, .. } => Self::Update(edge.kind),
            Change::EdgeClosed { edge, .. } => Self::Close(edge.kind),
        }
    }

    /// Nothing where edges of the collection say nothing.
    fn statement(self) -> Option<String> {
        Some(match self {
            Self::Put(kind) => statements::put_nodes(kind),
            Self::Remove(kind) => statements::remove_nodes(kind),
            Self::Open(kind) => statements::open_edges(kind),
            Self::Reopen(kind) => statements::reopen_edges(kind),
            Self::Update(kind) => return statements::update_edges(kind),
            Self::Close(kind) => statements::close_edges(kind),
        })
    }
}

/// Writes an import; `save_point` is its save point as text.
pub(super) async fn import(
    client: &mut Client,
    import: &Import,
    save_point: &str,
) -> Result<Written, Error> {
    client.batch_execute(UNHURRIED).await?;
    let put = "INSERT INTO tesem_assets.source (key, name) VALUES ($1, $2) \
        ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id";
    let key = import.source.key();
    let source = client.query_one(put, &[&key, &import.source.name]).await?;
    let source: i64 = source.get(0);
    let mut writer = Writer {
        import,
        source,
        prepared: BTreeMap::new(),
    };
    let (mut written, mut grown) = (Written::default(), Grown::default());
    let mut changes = import.delta().changes().peekable();
    while changes.peek().is_some() {
        let batch: Vec<Change> = changes.by_ref().take(BATCH_MAX).collect();
        let transaction = client.transaction().await?;
        for group in batch.chunk_by(|one, other| Work::of(one) == Work::of(other)) {
            group.iter().for_each(|change| written.count(change));
            writer.group(&transaction, group).await?;
            grown.count(group);
        }
        transaction.commit().await?;
        // Each by itself: a lock that was kept would have two imports wait for each other.
        for table in grown.due() {
            let analyze = format!("ANALYZE tesem_assets.\"{table}\"");
            client.batch_execute(&analyze).await?;
        }
    }
    let last = client.transaction().await?;
    last.batch_execute(AS_SET_UP).await?;
    written.alerts_passed = writer.passed(&last).await?;
    writer.save(&last, save_point).await?;
    last.commit().await?;
    Ok(written)
}

/// How many rows an import put into each table, and how many there were when the server last looked. Of tables that have just been filled it
/// believes that they are all but empty, and joins them row by row.
///
/// Source: "Populating a Database", <https://www.postgresql.org/docs/current/populate.html#POPULATE-ANALYZE>.
#[derive(Debug, Default)]
struct Grown(BTreeMap<&'static str, (usize, usize)>);

/// Fewer rows are joined soon in whatever way.
const ANALYZED_MIN: usize = 1_000;

/// By how much a table grows until it is looked at again.
const GROWTH: usize = 4;

impl Grown {
    fn count(&mut self, group: &[Change]) {
        let table = match group.first().map(Work::of) {
            Some(Work::Put(kind)) => kind.name(),
            Some(Work::Open(kind)) => kind.name(),
            _ => return,
        };
        let (rows, _) = self.0.entry(table).or_default();
        *rows += group.len();
    }

    /// The tables that are to be looked at now.
    fn due(&mut self) -> Vec<&'static str> {
        let mut due = Vec::new();
        for (table, (rows, analyzed)) in &mut self.0 {
            if *rows >= ANALYZED_MIN.max(*analyzed * GROWTH) {
                *analyzed = *rows;
                due.push(*table);
            }
        }
        due
    }
}

struct Writer<'a> {
    import: &'a Import,
    source: i64,
    prepared: BTreeMap<Work, Statement>,
}

impl Writer<'_> {
    /// Changes of one kind to one collection.
    async fn group(&mut self, to: &Transaction<'_>, group: &[Change]) -> Result<(), Error> {
        let Some(first) = group.first() else {
            return Ok(());
        };
        match Work::of(first) {
            work @ (Work::Put(_) | Work::Remove(_)) => self.nodes(to, work, group).await,
            work @ Work::Close(_) => self.close(to, work, group).await,
            work => self.edges(to, work, group).await,
        }
    }

    async fn nodes(
        &mut self,
        to: &Transaction<'_>,
        work: Work,
        group: &[Change],
    ) -> Result<(), Error> {
        let import = self.import;
        let nodes = group.iter().filter_map(|change| node(import, change));
        let nodes: Vec<(&NodeKey, Option<&Properties>)> = nodes.collect();
        let keys: Vec<&str> = nodes.iter().map(|(node, _)| &*node.key).collect();
        let mut values: Vec<Column<'_>> = vec![Box::new(keys)];
        if let Work::Put(kind) = work {
            let said: Vec<&Properties> = nodes.iter().filter_map(|(_, said)| *said).collect();
            values.extend(columns(kind.properties(), &said));
        }
        self.run(to, work, &values).await.map(drop)
    }

    /// Edges that an interrupted import has opened already only say what they say now.
    async fn edges(
        &mut self,
        to: &Transaction<'_>,
        work: Work,
        group: &[Change],
    ) -> Result<(), Error> {
        let import = self.import;
        let edges = group.iter().filter_map(|change| edge(import, change));
        let edges: Vec<(&EdgeKey, &Properties)> = edges.collect();
        let values = edge_columns(&edges);
        let done = self.run(to, work, &values).await?;
        let count = u64::try_from(edges.len()).unwrap_or(u64::MAX);
        if let (Work::Open(kind), true) = (work, done < count) {
            let keys = values.get(..KEYS).unwrap_or_default();
            self.run(to, Work::Reopen(kind), keys).await?;
            self.run(to, Work::Update(kind), &values).await?;
        }
        Ok(())
    }

    async fn close(
        &mut self,
        to: &Transaction<'_>,
        work: Work,
        group: &[Change],
    ) -> Result<(), Error> {
        let closed = group.iter().filter_map(|change| match change {
            Change::EdgeClosed { edge, because } => Some((edge, because.name())),
            _ => None,
        });
        let closed: Vec<(&EdgeKey, &str)> = closed.collect();
        let from: Vec<&str> = closed.iter().map(|(edge, _)| &*edge.ends.from).collect();
        let ends: Vec<&str> = closed.iter().map(|(edge, _)| &*edge.ends.to).collect();
        let why: Vec<&str> = closed.iter().map(|(_, why)| *why).collect();
        let values: Vec<Column<'_>> = vec![Box::new(from), Box::new(ends), Box::new(why)];
        self.run(to, work, &values).await.map(drop)
    }

    /// Runs a statement and tells how many rows it changed; a collection that has no such statement changes none.
    async fn run(
        &mut self,
        to: &Transaction<'_>,
        work: Work,
        values: &[Column<'_>],
    ) -> Result<u64, Error> {
        let statement = match self.prepared.get(&work) {
            Some(known) => known.clone(),
            None => {
                let Some(text) = work.statement() else {
                    return Ok(0);
                };
                let new = to.prepare(&text).await?;
                self.prepared.insert(work, new.clone());
                new
            }
        };
        let at = self.import.at.get();
        let values = with_columns(vec![&self.source, &at], values);
        to.execute(&statement, &values).await
    }

    /// Alerts that came and went have their nodes and their edges, both in the past.
    async fn passed(&self, to: &Transaction<'_>) -> Result<u64, Error> {
        let mut count = 0;
        for passed in &self.import.passed {
            count += 1;
            self.passed_node(to, passed).await?;
            self.passed_edge(to, passed).await?;
        }
        Ok(count)
    }

    async fn passed_node(&self, to: &Transaction<'_>, passed: &Passed) -> Result<(), Error> {
        let kind = NodeKind::Vulnerability;
        let (keys, at) = (vec![&*passed.alert], self.import.at.get());
        let said = columns(kind.properties(), &[&passed.properties]);
        let values = with_columns(vec![&self.source, &at, &keys], &said);
        to.execute(&statements::put_nodes(kind), &values).await?;
        let values: [&(dyn ToSql + Sync); 3] = [&self.source, &passed.to.get(), &keys];
        to.execute(&statements::remove_nodes(kind), &values)
            .await
            .map(drop)
    }

    async fn passed_edge(&self, to: &Transaction<'_>, passed: &Passed) -> Result<(), Error> {
        let (kind, ends) = (passed.edge.kind, &passed.edge.ends);
        let why = Because::AlertResolved.name();
        let (from, end) = (vec![&*ends.from], vec![&*ends.to]);
        let (begun, ended) = (vec![passed.from.get()], vec![passed.to.get()]);
        let said = columns(kind.properties(), &[&passed.edge_properties]);
        let first: Vec<&(dyn ToSql + Sync)> = vec![&self.source, &why, &from, &end, &begun, &ended];
        let values = with_columns(first, &said);
        to.execute(&statements::passed_edges(kind), &values)
            .await
            .map(drop)
    }

    async fn save(&self, to: &Transaction<'_>, save_point: &str) -> Result<(), Error> {
        let save = "UPDATE tesem_assets.source SET saved_at = $2, save_point = $3 WHERE id = $1";
        let at = self.import.save_point.at.get();
        to.execute(save, &[&self.source, &at, &save_point])
            .await
            .map(drop)
    }
}

/// The parameters of a statement that ends in columns.
fn with_columns<'a>(
    mut first: Vec<&'a (dyn ToSql + Sync)>,
    columns: &'a [Column<'_>],
) -> Vec<&'a (dyn ToSql + Sync)> {
    first.extend(
        columns
            .iter()
            .map(|column| &**column as &(dyn ToSql + Sync)),
    );
    first
}

/// The node of a change with what it says now; nothing for one that is gone.
fn node<'a>(
    import: &'a Import,
    change: &'a Change,
) -> Option<(&'a NodeKey, Option<&'a Properties>)> {
    match change {
        Change::NodeCreated { node, properties } => Some((node, Some(properties))),
        Change::NodeUpdated { node, .. } => {
            let said = import.next.node(node.kind, &node.key)?;
            Some((node, Some(said)))
        }
        Change::NodeRemoved { node, .. } => Some((node, None)),
        _ => None,
    }
}

/// The edge of a change with what it says now.
fn edge<'a>(import: &'a Import, change: &'a Change) -> Option<(&'a EdgeKey, &'a Properties)> {
    match change {
        Change::EdgeCreated { edge, properties } => Some((edge, properties)),
        Change::EdgeUpdated { edge, .. } => Some((edge, import.next.edge(edge.kind, &edge.ends)?)),
        _ => None,
    }
}

/// The columns with which edges begin: both keys.
const KEYS: usize = 2;

/// Both keys and what edges of one collection say.
fn edge_columns<'a>(edges: &[(&'a EdgeKey, &'a Properties)]) -> Vec<Column<'a>> {
    let from: Vec<&str> = edges.iter().map(|(edge, _)| &*edge.ends.from).collect();
    let ends: Vec<&str> = edges.iter().map(|(edge, _)| &*edge.ends.to).collect();
    let said: Vec<&Properties> = edges.iter().map(|(_, said)| *said).collect();
    let properties = edges
        .first()
        .map_or(&[][..], |(edge, _)| edge.kind.properties());
    let mut values: Vec<Column<'_>> = vec![Box::new(from), Box::new(ends)];
    values.extend(columns(properties, &said));
    values
}
