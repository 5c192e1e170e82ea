//! Kept copies of collections: the objects of many pages in one document, and how far the pages were read.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use super::cache::{Progress, failed};
use super::{Document, Fetcher, Freshness, Headers, Kept, Meta, Pending, Request, unasked};
use crate::{Problem, Stale};

/// What was kept of a collection when it was last read.
#[derive(Debug)]
pub(crate) struct KeptCollection {
    kept: Kept,
    progress: Progress,
}

impl KeptCollection {
    /// The objects, as a bundle.
    pub(crate) fn document(&self) -> Document {
        Document::kept(self.kept.clone(), false, None)
    }

    /// What stands in for a server that failed.
    pub(crate) fn stale(&self, because: &Problem) -> Stale {
        Stale {
            since: self.kept.meta.fetched,
            because: because.to_string().into(),
        }
    }

    /// When all of it was last fetched.
    pub(crate) fn whole(&self) -> Timestamp {
        self.progress.whole
    }
}

impl Fetcher {
    /// The answer to a request, for one reading: no copy is asked about, none is kept.
    pub(crate) async fn fetch_once(&self, request: &Request) -> Result<Document, Problem> {
        let answer = self.ask_again(request, None, None).await?;
        answer.ok_or_else(|| unasked(request))
    }

    /// What was kept of a collection.
    pub(crate) fn kept_collection(&self, key: &str) -> Option<KeptCollection> {
        let kept = self.cache.as_ref()?.find(key)?;
        let progress = kept.meta.progress?;
        Some(KeptCollection { kept, progress })
    }

    /// Whether a collection is taken as it was kept, without asking the server.
    pub(crate) fn is_fresh_collection(&self, kept: &KeptCollection, freshness: Freshness) -> bool {
        !freshness.refresh && self.is_younger(kept.kept.meta.fetched, freshness.fresh_for)
    }

    /// When the last kept object was added, where the reading may go on from there.
    pub(crate) fn added_last(
        &self,
        kept: &KeptCollection,
        freshness: Freshness,
    ) -> Option<Timestamp> {
        let may_go_on =
            !freshness.refresh && self.is_younger(kept.progress.whole, self.settings.whole_after);
        kept.progress.added_last.filter(|_| may_go_on)
    }

    /// A time to come counts as long past: a clock was wrong.
    fn is_younger(&self, time: Timestamp, span: Duration) -> bool {
        Duration::try_from(self.now().duration_since(time)).is_ok_and(|age| age < span)
    }

    /// What keeps a collection's objects; nothing without a cache.
    pub(crate) fn keeper(
        &self,
        key: &str,
        added_last: Option<Timestamp>,
        whole: Timestamp,
    ) -> Result<Option<Keeper>, Problem> {
        let Some(cache) = &self.cache else {
            return Ok(None);
        };
        let meta = Meta {
            fetched: self.now(),
            headers: Headers::default(),
            progress: Some(Progress { added_last, whole }),
        };
        let pending = Pending::new(Some(cache), Some(key), &meta)?;
        Keeper::new(cache.folder(), pending).map(Some)
    }
}

/// Writes the objects of a collection. Dropped before its end, it leaves the older copy.
#[derive(Debug)]
pub(crate) struct Keeper {
    folder: PathBuf,
    bundle: GzEncoder<Pending>,
    is_empty: bool,
}

impl Keeper {
    fn new(folder: &Path, pending: Pending) -> Result<Self, Problem> {
        let mut keeper = Self {
            folder: folder.to_owned(),
            bundle: GzEncoder::new(pending, Compression::fast()),
            is_empty: true,
        };
        keeper.write(r#"{"objects":["#)?;
        Ok(keeper)
    }

    /// One more object, as JSON.
    pub(crate) fn push(&mut self, object: &str) -> Result<(), Problem> {
        if !self.is_empty {
            self.write(",\n")?;
        }
        self.is_empty = false;
        self.write(object)
    }

    /// All objects were written: they replace the older copy.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        self.write("]}")?;
        let pending = self.bundle.finish().map_err(failed(&self.folder))?;
        pending.written().keep()
    }

    fn write(&mut self, text: &str) -> Result<(), Problem> {
        let written = self.bundle.write_all(text.as_bytes());
        written.map_err(failed(&self.folder))
    }
}
