//! Parquet in a folder: one file for each collection, anew with each import.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use parquet::errors::ParquetError;
use serde::{Deserialize, Serialize};

use super::columnar::{read_rows, write_rows};
use super::file::write_whole;
use super::{Earlier, Sink, SinkError, Written, blocking};
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{AssetGraph, EdgeKey, Ends, NodeKey};
use crate::import::{Import, Source};
use crate::millis::Millis;
use crate::save_point::SavePoint;
use crate::text::Interner;

/// Which folder holds the graph as it is.
const CURRENT: &str = "current.json";

/// Version of the form of the files: the first has the folders of all imports beside each other, the second has partitions as well.
const VERSION: i64 = 2;

/// A folder of one source:
///
/// - `TIME/asset.parquet` and one more for each collection, with the milliseconds of the import: the graph after it. Nodes have a column
///   `key`, edges `from` and `to`; then one column for each property. Earlier imports stay; who does not need them may remove them.
///   With [`ParquetSink::hourly`] it is `date=2026-11-28/hour=19/TIME/asset.parquet`: the hour in which the import began to read, UTC.
/// - `current.json` names the folder of the last import that was completed. It is replaced last, so that a reader who begins there finds
///   all files of one import.
///
/// Alerts that came and went between two imports are in none of them.
#[derive(Debug, Clone)]
pub struct ParquetSink {
    folder: PathBuf,
    layout: Layout,
}

/// Where the folder of an import lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Beside those of the others.
    Flat,
    /// In a partition for each hour.
    Hourly,
}

impl Layout {
    const ALL: [Self; 2] = [Self::Flat, Self::Hourly];

    /// The first version of the form that knows it.
    fn version(self) -> i64 {
        match self {
            Self::Flat => 1,
            Self::Hourly => 2,
        }
    }

    /// The folder of an import, with slashes.
    fn import(self, at: Millis) -> Result<String, jiff::Error> {
        match self {
            Self::Flat => Ok(at.get().to_string()),
            Self::Hourly => {
                let begun = Timestamp::from_millisecond(at.get())?.to_zoned(TimeZone::UTC);
                let hour = begun.strftime("date=%Y-%m-%d/hour=%H");
                Ok(format!("{hour}/{}", at.get()))
            }
        }
    }

    /// Whether a text is the folder of an import; none other is read.
    fn is_import(text: &str) -> bool {
        let last = text.rsplit('/').next().unwrap_or_default();
        let Ok(at) = last.parse().map(Millis::new) else {
            return false;
        };
        let mut layouts = Self::ALL.into_iter();
        layouts.any(|layout| layout.import(at).is_ok_and(|import| import == text))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Current {
    asset_graph: i64,
    source: String,
    name: String,
    /// The import's folder.
    import: String,
    save_point: SavePoint,
}

impl ParquetSink {
    /// A folder, which is made when it is written to.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            layout: Layout::Flat,
        }
    }

    /// The same, with a partition for each hour as Hive names them, so that a reader who asks for some days opens the files of those only.
    ///
    /// What lies there in the other layout is read as well and stays where it is.
    ///
    /// Source: <https://duckdb.org/docs/stable/data/partitioning/hive_partitioning>.
    #[must_use]
    pub fn hourly(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            layout: Layout::Hourly,
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
        let (folder, layout) = (self.folder.clone(), self.layout);
        let shown = folder.display().to_string();
        blocking(&shown, move || write(&folder, layout, &import)).await
    }
}

fn write(folder: &Path, layout: Layout, import: &Import) -> Result<Written, SinkError> {
    let name = layout.import(import.at);
    let name = name.map_err(|error| SinkError::failed("write", folder.display(), error))?;
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
        asset_graph: layout.version(),
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
    if !(1..=VERSION).contains(&found) {
        return Err(SinkError::Newer {
            sink: shown(),
            found,
            known: VERSION,
        });
    }
    let current: Current =
        serde_json::from_value(json).map_err(|error| SinkError::damaged(shown(), error))?;
    if !Layout::is_import(&current.import) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_is_read_but_that_of_an_import() {
        let at = Millis::new(1_795_226_257_294);
        let hourly = "date=2026-11-21/hour=01/1795226257294";
        assert_eq!(Layout::Hourly.import(at).unwrap(), hourly);
        assert!(Layout::Hourly.import(Millis::new(i64::MAX)).is_err());
        let cases = [
            ("1795226257294", true),
            (hourly, true),
            ("-1", true),
            ("date=1969-12-31/hour=23/-1", true),
            ("", false),
            ("/1795226257294", false),
            ("../1795226257294", false),
            ("date=2026-11-21/hour=02/1795226257294", false),
            ("date=2026-11-21/hour=01/", false),
            ("x/date=2026-11-21/hour=01/1795226257294", false),
            ("01795226257294", false),
        ];
        for (text, expected) in cases {
            assert_eq!(Layout::is_import(text), expected, "{text}");
        }
    }
}
