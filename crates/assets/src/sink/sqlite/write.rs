//! Writing an import, batch by batch.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};

use super::statements;
use super::value::{Parameter, with_properties};
use crate::collection::{EdgeKind, NodeKind};
use crate::delta::{Because, Change};
use crate::graph::{EdgeKey, NodeKey};
use crate::import::Import;
use crate::passed::Passed;
use crate::property::Properties;
use crate::sink::{SinkError, Written};

/// Most changes of a transaction: some tens of milliseconds, for which other writers wait.
const BATCH_MAX: usize = 10_000;

pub(super) fn import(
    connection: &mut Connection,
    import: &Import,
    shown: &str,
) -> Result<Written, SinkError> {
    write(connection, import).map_err(|error| SinkError::failed("write to", shown, error))
}

fn write(connection: &mut Connection, import: &Import) -> rusqlite::Result<Written> {
    let source = source(connection, import)?;
    let mut writer = Writer {
        import,
        source,
        statements: Statements::new(),
        ids: BTreeMap::new(),
    };
    let mut written = Written::default();
    let mut changes = import.delta().changes().peekable();
    while changes.peek().is_some() {
        let batch = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for change in changes.by_ref().take(BATCH_MAX) {
            written.count(&change);
            writer.change(&batch, &change)?;
        }
        batch.commit()?;
    }
    let last = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for passed in &import.passed {
        written.alerts_passed += 1;
        writer.passed(&last, passed)?;
    }
    writer.save(&last)?;
    last.commit()?;
    Ok(written)
}

/// The row of the source, which is made where need be.
fn source(connection: &Connection, import: &Import) -> rusqlite::Result<i64> {
    let put = "INSERT INTO source (key, name) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id";
    let values = (import.source.key(), &import.source.name);
    connection.query_row(put, values, |row| row.get(0))
}

/// The texts of the statements of all collections.
struct Statements {
    put_node: BTreeMap<NodeKind, String>,
    remove_node: BTreeMap<NodeKind, String>,
    open_edge: BTreeMap<EdgeKind, String>,
    update_edge: BTreeMap<EdgeKind, String>,
    close_edge: BTreeMap<EdgeKind, String>,
}

impl Statements {
    fn new() -> Self {
        let update = |kind| statements::update_edge(kind).map(|text| (kind, text));
        Self {
            put_node: NodeKind::ALL
                .map(|kind| (kind, statements::put_node(kind)))
                .into(),
            remove_node: NodeKind::ALL
                .map(|kind| (kind, statements::remove_node(kind)))
                .into(),
            open_edge: EdgeKind::ALL
                .map(|kind| (kind, statements::open_edge(kind)))
                .into(),
            update_edge: EdgeKind::ALL.into_iter().filter_map(update).collect(),
            close_edge: EdgeKind::ALL
                .map(|kind| (kind, statements::close_edge(kind)))
                .into(),
        }
    }
}

struct Writer<'a> {
    import: &'a Import,
    source: i64,
    statements: Statements,
    /// The ids of the nodes of a collection, read when an edge first needs them: by then all nodes are there.
    ids: BTreeMap<NodeKind, HashMap<String, i64>>,
}

/// The ids of both ends of an edge.
type BothIds = (i64, i64);

impl Writer<'_> {
    fn change(&mut self, batch: &Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
        match change {
            Change::NodeCreated { node, properties } => self.put_node(batch, node, properties),
            Change::NodeUpdated { node, .. } => {
                let said = self.import.next.node(node.kind, &node.key);
                said.map_or(Ok(()), |said| self.put_node(batch, node, said))
            }
            Change::NodeRemoved { node, .. } => self.remove_node(batch, node, self.import.at.get()),
            Change::EdgeCreated { edge, properties } => self.open_edge(batch, edge, properties),
            Change::EdgeUpdated { edge, .. } => {
                let said = self.import.next.edge(edge.kind, &edge.ends);
                said.map_or(Ok(()), |said| self.update_edge(batch, edge, said))
            }
            Change::EdgeClosed { edge, because } => self.close_edge(batch, edge, *because),
        }
    }

    fn put_node(
        &self,
        batch: &Transaction<'_>,
        node: &NodeKey,
        said: &Properties,
    ) -> rusqlite::Result<()> {
        let first = [
            Parameter::Number(self.source),
            Parameter::Text(&node.key),
            Parameter::Number(self.import.at.get()),
        ];
        let values = with_properties(first, node.kind.properties(), said);
        run(batch, self.statements.put_node.get(&node.kind), values).map(drop)
    }

    fn remove_node(
        &self,
        batch: &Transaction<'_>,
        node: &NodeKey,
        at: i64,
    ) -> rusqlite::Result<()> {
        let values = [
            Parameter::Number(self.source),
            Parameter::Text(&node.key),
            Parameter::Number(at),
        ];
        run(batch, self.statements.remove_node.get(&node.kind), values).map(drop)
    }

    /// The ids of both ends; nothing where one of them is not there.
    fn both_ids(
        &mut self,
        batch: &Transaction<'_>,
        edge: &EdgeKey,
    ) -> rusqlite::Result<Option<BothIds>> {
        let (from, to) = edge.kind.ends();
        let from = self.id(batch, from, &edge.ends.from)?;
        let to = self.id(batch, to, &edge.ends.to)?;
        Ok(from.zip(to))
    }

    fn id(
        &mut self,
        batch: &Transaction<'_>,
        kind: NodeKind,
        key: &str,
    ) -> rusqlite::Result<Option<i64>> {
        let ids = match self.ids.entry(kind) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(read_ids(batch, kind, self.source)?),
        };
        Ok(ids.get(key).copied())
    }

    fn edge_parameters(&self, (from, to): BothIds) -> [Parameter<'static>; 3] {
        [from, to, self.import.at.get()].map(Parameter::Number)
    }

    /// An edge that an interrupted import has opened already only says what it says now.
    fn open_edge(
        &mut self,
        batch: &Transaction<'_>,
        edge: &EdgeKey,
        said: &Properties,
    ) -> rusqlite::Result<()> {
        let both = self.both_ids(batch, edge)?;
        let both = both.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let values = with_properties(self.edge_parameters(both), edge.kind.properties(), said);
        let opened = run(batch, self.statements.open_edge.get(&edge.kind), values)?;
        if opened == 0 {
            self.update_edge(batch, edge, said)?;
        }
        Ok(())
    }

    fn update_edge(
        &mut self,
        batch: &Transaction<'_>,
        edge: &EdgeKey,
        said: &Properties,
    ) -> rusqlite::Result<()> {
        let Some(both) = self.both_ids(batch, edge)? else {
            return Ok(());
        };
        let values = with_properties(self.edge_parameters(both), edge.kind.properties(), said);
        run(batch, self.statements.update_edge.get(&edge.kind), values).map(drop)
    }

    fn close_edge(
        &mut self,
        batch: &Transaction<'_>,
        edge: &EdgeKey,
        because: Because,
    ) -> rusqlite::Result<()> {
        let Some(both) = self.both_ids(batch, edge)? else {
            return Ok(());
        };
        let why = Parameter::Text(because.name());
        let values = self.edge_parameters(both).into_iter().chain([why]);
        run(batch, self.statements.close_edge.get(&edge.kind), values).map(drop)
    }

    /// An alert that came and went has its node and its edge, both in the past.
    fn passed(&mut self, batch: &Transaction<'_>, passed: &Passed) -> rusqlite::Result<()> {
        let node = NodeKey::new(NodeKind::Vulnerability, passed.alert.clone());
        self.put_node(batch, &node, &passed.properties)?;
        self.remove_node(batch, &node, passed.to.get())?;
        self.ids.remove(&NodeKind::Vulnerability);
        let both = self.both_ids(batch, &passed.edge)?;
        let (from, to) = both.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let first = [from, to, passed.from.get(), passed.to.get()].map(Parameter::Number);
        let why = Parameter::Text(Because::AlertResolved.name());
        let kind = passed.edge.kind;
        let first = first.into_iter().chain([why]);
        let values = with_properties(first, kind.properties(), &passed.edge_properties);
        run(batch, Some(&statements::passed_edge(kind)), values).map(drop)
    }

    fn save(&self, batch: &Transaction<'_>) -> rusqlite::Result<()> {
        let text = serde_json::to_string(&self.import.save_point)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let save = "UPDATE source SET saved_at = ?2, save_point = ?3 WHERE id = ?1";
        let values = (self.source, self.import.save_point.at.get(), text);
        batch.execute(save, values).map(drop)
    }
}

fn read_ids(
    batch: &Transaction<'_>,
    kind: NodeKind,
    source: i64,
) -> rusqlite::Result<HashMap<String, i64>> {
    let mut statement = batch.prepare_cached(&statements::ids(kind))?;
    let rows = statement.query_map([source], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Runs a statement and tells how many rows it changed; a collection that has no such statement changes none.
fn run<'a>(
    batch: &Transaction<'_>,
    statement: Option<&String>,
    values: impl IntoIterator<Item = Parameter<'a>>,
) -> rusqlite::Result<usize> {
    match statement {
        Some(text) => batch
            .prepare_cached(text)?
            .execute(params_from_iter(values)),
        None => Ok(0),
    }
}
