//! Export files behind signed addresses.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures::future::ready;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use url::Url;

use super::list::ItemStream;
use crate::AnswerProblem;
use crate::core::Core;
use crate::download::download;
use crate::wire::{Entity, entity};

entity! {
    /// Where the files are.
    pub(super) struct SignedFiles {
        /// Their addresses, which are secrets.
        files: Vec<String> = "exportFiles",
        /// When they were made.
        generated: Option<Timestamp> = "generatedTime",
    }
}

/// The files of an export: gzip with one JSON record per line. Their addresses open them without a token, so they are not
/// shown.
#[derive(Clone)]
pub struct ExportFiles<T> {
    core: Arc<Core>,
    urls: Vec<Url>,
    generated: Option<Timestamp>,
    record: PhantomData<fn() -> T>,
}

impl<T: Entity> ExportFiles<T> {
    pub(super) fn new(core: Arc<Core>, files: &SignedFiles) -> Result<Self, AnswerProblem> {
        let urls = files.files.iter().map(|file| file.parse());
        let urls: Result<Vec<Url>, _> = urls.collect();
        let urls = urls.map_err(|_| AnswerProblem::Shape {
            problem: "`exportFiles` holds no addresses".to_owned(),
        })?;
        Ok(Self {
            core,
            urls,
            generated: files.generated,
            record: PhantomData,
        })
    }

    /// How many files there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.urls.len()
    }

    /// When the service made them.
    #[must_use]
    pub fn generated(&self) -> Option<Timestamp> {
        self.generated
    }

    /// The records of all files, in their order. A file that breaks off is fetched again and goes on where it
    /// broke off; no token is sent along. Memory holds some lines of one file.
    #[must_use]
    pub fn records(&self) -> ItemStream<T> {
        self.records_at(self.urls.clone())
    }

    /// The records of one file, counted from 0; none where there is no such file.
    #[must_use]
    pub fn records_of(&self, file: usize) -> ItemStream<T> {
        self.records_at(self.urls.get(file).cloned().into_iter().collect())
    }

    fn records_at(&self, urls: Vec<Url>) -> ItemStream<T> {
        let core = Arc::clone(&self.core);
        let files = stream::iter(urls);
        let records = files.flat_map(move |url| download::<T>(Arc::clone(&core), url));
        // An error ends the whole: the next file's records would hide that some are missing.
        let until_error = records.scan(false, |has_failed, record| {
            let is_over = std::mem::replace(has_failed, record.is_err());
            ready((!is_over).then_some(record))
        });
        until_error.boxed()
    }
}

impl<T> fmt::Debug for ExportFiles<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportFiles")
            .field("files", &self.urls.len())
            .field("generated", &self.generated)
            .finish_non_exhaustive()
    }
}
