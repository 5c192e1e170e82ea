//! JSON Lines in a folder: the graph as it is, and what each import changed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::file::write_whole;
use super::line::{ChangeLine, ReadLine, graph_lines};
use super::{Earlier, Sink, SinkError, Written, blocking};
use crate::graph::AssetGraph;
use crate::import::{Import, Source};
use crate::save_point::SavePoint;
use crate::text::Interner;

/// The graph as it is.
const GRAPH: &str = "graph.jsonl";

/// Version of the form of [`GRAPH`].
const VERSION: i64 = 1;

/// A folder of one source:
///
/// - `graph.jsonl`: a line that says what it is, then one for each node and each edge. It is what the next import starts from.
/// - `changes-TIME.jsonl`, with the milliseconds of the import: what that import changed, step by step. Nothing reads them back; who does
///   not need them may remove them.
///
/// The graph is replaced last and at once, so that a folder is never half an import on.
#[derive(Debug, Clone)]
pub struct JsonSink {
    folder: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    asset_graph: i64,
    source: String,
    name: String,
    at: String,
    nodes: usize,
    edges: usize,
    save_point: SavePoint,
}

impl JsonSink {
    /// A folder, which is made when it is written to.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn graph_path(&self) -> PathBuf {
        self.folder.join(GRAPH)
    }
}

#[async_trait]
impl Sink for JsonSink {
    async fn earlier(&self, source: &Source) -> Result<Option<Earlier>, SinkError> {
        let (path, key) = (self.graph_path(), source.key().to_owned());
        let shown = path.display().to_string();
        blocking(&shown, move || earlier(&path, &key)).await
    }

    async fn write(&self, import: Arc<Import>) -> Result<Written, SinkError> {
        let sink = self.clone();
        let shown = self.folder.display().to_string();
        blocking(&shown, move || write(&sink, &import)).await
    }
}

fn write(sink: &JsonSink, import: &Import) -> Result<Written, SinkError> {
    let graph = sink.graph_path();
    // A folder of another source is left as it is.
    let before = read_header(&graph)?;
    check_source(
        &graph,
        before.as_ref().map(|(header, _)| header),
        import.source.key(),
    )?;
    let mut written = Written::default();
    let changes = format!("changes-{}.jsonl", import.at.get());
    write_whole(&sink.folder.join(changes), |file| {
        written = write_changes(import, file)?;
        Ok(())
    })?;
    write_whole(&graph, |file| write_graph(import, file))?;
    Ok(written)
}

fn write_changes(import: &Import, file: &mut impl Write) -> io::Result<Written> {
    let mut written = Written::default();
    for change in import.delta().changes() {
        written.count(&change);
        line(file, &ChangeLine::of(&change))?;
    }
    for passed in &import.passed {
        written.alerts_passed += 1;
        line(file, &ChangeLine::passed(passed))?;
    }
    Ok(written)
}

fn write_graph(import: &Import, file: &mut impl Write) -> io::Result<()> {
    let (nodes, edges) = import.next.size();
    let header = Header {
        asset_graph: VERSION,
        source: import.source.key().to_owned(),
        name: import.source.name.clone(),
        at: import.at.to_string(),
        nodes,
        edges,
        save_point: import.save_point.clone(),
    };
    line(file, &header)?;
    graph_lines(&import.next).try_for_each(|each| line(file, &each))
}

fn line(file: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *file, value)?;
    file.write_all(b"\n")
}

/// The first line and a reader of the rest; nothing where there is no file.
fn read_header(path: &Path) -> Result<Option<(Header, BufReader<File>)>, SinkError> {
    let failed = |error: io::Error| SinkError::failed("read", path.display(), error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut reader = BufReader::new(file);
    let mut first = String::new();
    reader.read_line(&mut first).map_err(failed)?;
    let json: serde_json::Value = serde_json::from_str(&first).unwrap_or_default();
    match json.get("asset_graph").and_then(serde_json::Value::as_i64) {
        Some(VERSION) => {}
        Some(found) => {
            return Err(SinkError::Newer {
                sink: path.display().to_string(),
                found,
                known: VERSION,
            });
        }
        None => {
            return Err(SinkError::Foreign {
                sink: path.display().to_string(),
            });
        }
    }
    let header =
        serde_json::from_value(json).map_err(|error| SinkError::damaged(path.display(), error))?;
    Ok(Some((header, reader)))
}

fn check_source(path: &Path, header: Option<&Header>, asked: &str) -> Result<(), SinkError> {
    match header {
        Some(header) if header.source != asked => Err(SinkError::OtherSource {
            sink: path.display().to_string(),
            found: header.source.clone(),
            asked: asked.to_owned(),
        }),
        _ => Ok(()),
    }
}

fn earlier(path: &Path, asked: &str) -> Result<Option<Earlier>, SinkError> {
    let Some((header, reader)) = read_header(path)? else {
        return Ok(None);
    };
    check_source(path, Some(&header), asked)?;
    let graph = read_graph(path, reader)?;
    if graph.size() != (header.nodes, header.edges) {
        let problem = "it has fewer or more lines than its first one says";
        return Err(SinkError::damaged(path.display(), problem));
    }
    Ok(Some(Earlier {
        graph,
        save_point: Some(header.save_point),
    }))
}

fn read_graph(path: &Path, reader: BufReader<File>) -> Result<AssetGraph, SinkError> {
    let (mut graph, mut texts) = (AssetGraph::default(), Interner::default());
    for (number, line) in (2..).zip(reader.lines()) {
        let line = line.map_err(|error| SinkError::failed("read", path.display(), error))?;
        let damaged = |problem: &dyn std::fmt::Display| {
            SinkError::damaged(path.display(), format!("line {number}: {problem}"))
        };
        let read: ReadLine = serde_json::from_str(&line).map_err(|error| damaged(&error))?;
        read.put(&mut graph, &mut texts)
            .ok_or_else(|| damaged(&"it is neither a node nor an edge"))?;
    }
    Ok(graph)
}
