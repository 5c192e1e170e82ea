//! Parquet in a folder: one file for each collection, anew with each import.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use parquet::errors::ParquetError;
use serde::{Deserialize, Serialize};

use super::columnar::{read_rows, write_rows};
use super::file::write_whole;
use super::{Earlier, Sink, SinkError, Written, blocking};
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{AssetGraph, EdgeKey, Ends, NodeKey};
use crate::import::{Import, Source};
use crate::save_point::SavePoint;
use crate::text::Interner;

/// Which folder holds the graph as it is.
const CURRENT: &str = "current.json";

/// Version of the form of the files.
const VERSION: i64 = 1;

/// A folder of one source:
///
/// - `TIME/asset.parquet` and one more for each collection, with the milliseconds of the import: the graph after it. Nodes have a column
///   `key`, edges `from` and `to`; then one column for each property. Earlier imports stay; who does not need them may remove them.
/// - `current.json` names the folder of the last import that was completed. It is replaced last, so that a reader who begins there finds
///   all files of one import.
///
/// Alerts that came and went between two imports are in none of them.
#[derive(Debug, Clone)]
pub struct ParquetSink {
    folder: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Current {
    asset_graph: i64,
    source: String,
    name: String,
    /// The folder's name.
    import: String,
    save_point: SavePoint,
}

impl ParquetSink {
    /// A folder, which is made when it is written to.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }
}

#[async_trait]
impl Sink for ParquetSink {
    async fn earlier(&self, source: &Source) -> Result<Option<Earlier>, SinkError> {
        let (folder, key) = (self.folder.clone(), source.key().to_owned());
        let shown = folder.display().to_string();
        blocking(&shown, move || earlier(&folder, &key)).await
    }

    async fn write(&self, import: Arc<Import>) -> Result<Written, SinkError> {
        let folder = self.folder.clone();
        let shown = folder.display().to_string();
        blocking(&shown, move || write(&folder, &import)).await
    }
}

fn write(folder: &Path, import: &Import) -> Result<Written, SinkError> {
    let name = import.at.get().to_string();
    let current = read_current(folder, import.source.key())?;
    let mut written = Written::default();
    for change in import.delta().changes() {
        written.count(&change);
    }
    if current.is_none_or(|current| current.import != name) {
        let files = folder.join(&name);
        write_graph(&files, &import.next)?;
    }
    let current = Current {
        asset_graph: VERSION,
        source: import.source.key().to_owned(),
        name: import.source.name.clone(),
        import: name,
        save_point: import.save_point.clone(),
    };
    write_whole(&folder.join(CURRENT), |file| {
        serde_json::to_writer_pretty(file, &current).map_err(io::Error::from)
    })?;
    Ok(written)
}

/// Each file is whole or not there; files that an interrupted import left are replaced.
fn write_graph(folder: &Path, graph: &AssetGraph) -> Result<(), SinkError> {
    for kind in NodeKind::ALL {
        let rows = graph.nodes(kind).map(|(key, said)| ([&**key], said));
        write_whole(&path(folder, kind.name()), |file| {
            write_rows(file, ["key"], kind.properties(), rows).map_err(io::Error::other)
        })?;
    }
    for kind in EdgeKind::ALL {
        let edges = graph.edges(kind);
        let rows = edges.map(|(ends, said)| ([&**ends.from, &**ends.to], said));
        write_whole(&path(folder, kind.name()), |file| {
            write_rows(file, ["from", "to"], kind.properties(), rows).map_err(io::Error::other)
        })?;
    }
    Ok(())
}

fn path(folder: &Path, collection: &str) -> PathBuf {
    folder.join(format!("{collection}.parquet"))
}

/// What the folder holds; nothing where there was no import.
fn read_current(folder: &Path, asked: &str) -> Result<Option<Current>, SinkError> {
    let path = folder.join(CURRENT);
    let shown = || path.display().to_string();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SinkError::failed("read", shown(), error)),
    };
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let version = json.get("asset_graph").and_then(serde_json::Value::as_i64);
    let found = version.ok_or_else(|| SinkError::Foreign { sink: shown() })?;
    if found != VERSION {
        return Err(SinkError::Newer {
            sink: shown(),
            found,
            known: VERSION,
        });
    }
    let current: Current =
        serde_json::from_value(json).map_err(|error| SinkError::damaged(shown(), error))?;
    if current.import.parse::<i64>().is_err() {
        let problem = format!("`{}` is no folder of an import", current.import);
        return Err(SinkError::damaged(shown(), problem));
    }
    if current.source != asked {
        return Err(SinkError::OtherSource {
            sink: shown(),
            found: current.source,
            asked: asked.to_owned(),
        });
    }
    Ok(Some(current))
}

fn earlier(folder: &Path, asked: &str) -> Result<Option<Earlier>, SinkError> {
    let Some(current) = read_current(folder, asked)? else {
        return Ok(None);
    };
    let files = folder.join(&current.import);
    let (mut graph, mut texts) = (AssetGraph::default(), Interner::default());
    for kind in NodeKind::ALL {
        read(&path(&files, kind.name()), |[key], said| {
            graph.put_node(NodeKey::new(kind, texts.text(key)), texts.properties(&said));
        })?;
    }
    for kind in EdgeKind::ALL {
        read(&path(&files, kind.name()), |[from, to], said| {
            let ends = Ends::new(texts.text(from), texts.text(to));
            graph.put_edge(EdgeKey { kind, ends }, texts.properties(&said));
        })?;
    }
    Ok(Some(Earlier {
        graph,
        save_point: Some(current.save_point),
    }))
}

fn read<const K: usize>(
    path: &Path,
    take: impl FnMut([&str; K], crate::property::Properties),
) -> Result<(), SinkError> {
    let file =
        File::open(path).map_err(|error| SinkError::failed("read", path.display(), error))?;
    let read: Result<(), ParquetError> = read_rows(file, take);
    read.map_err(|error| SinkError::damaged(path.display(), error))
}
