//! A clock, fetchers, pulls.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use jiff::Timestamp;
use tesem_intel::{
    Access, Clock, DocumentFeed, Feed, FeedError, FeedKind, FetchSettings, Fetcher, Format,
    Freshness, Indicator, Item, ItemPolicy, Location, RefusedItem, StopLists, Summary, Wait,
};

/// Time that passes only by waiting.
#[derive(Debug)]
pub(crate) struct ManualClock(Mutex<(Timestamp, Vec<Duration>)>);

impl ManualClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new((now(), Vec::new()))))
    }

    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.0.lock().unwrap().1.clone()
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.0.lock().unwrap().0 += span;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().0
    }

    fn sleep(&self, span: Duration) -> Wait {
        let mut state = self.0.lock().unwrap();
        state.0 += span;
        state.1.push(span);
        Box::pin(std::future::ready(()))
    }
}

/// When the tests begin.
pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) settings: FetchSettings,
    pub(crate) stops: StopLists,
    pub(crate) policy: ItemPolicy,
    pub(crate) freshness: Freshness,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            clock: ManualClock::new(),
            settings: FetchSettings::default(),
            stops: StopLists::default(),
            policy: ItemPolicy::default(),
            freshness: Freshness::default(),
        }
    }

    pub(crate) fn with_cache(mut self, folder: &Path) -> Self {
        self.settings.cache = Some(folder.to_owned());
        self
    }

    pub(crate) async fn pull(&self, kind: FeedKind) -> Pulled {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let fetcher = Fetcher::new(self.settings.clone(), clock).unwrap();
        let feed = Arc::new(Feed {
            name: "c2".to_owned(),
            kind,
            policy: self.policy.clone(),
        });
        let mut pull = feed.pull(&fetcher, self.freshness, &Arc::new(self.stops.clone()));
        let mut items = Vec::new();
        while let Some(item) = pull.next().await {
            items.push(item);
        }
        Pulled {
            items,
            end: pull.finish().await,
        }
    }

    pub(crate) async fn read(&self, format: Format, bytes: &[u8]) -> Pulled {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        self.pull(documents(Location::File(file.path().to_owned()), format))
            .await
    }
}

pub(crate) fn documents(location: Location, format: Format) -> FeedKind {
    FeedKind::Documents(DocumentFeed {
        locations: vec![location],
        access: Access::Open,
        format,
    })
}

pub(crate) struct Pulled {
    pub(crate) items: Vec<Item>,
    pub(crate) end: Result<Summary, FeedError>,
}

impl Pulled {
    pub(crate) fn indicators(&self) -> Vec<&Indicator> {
        let indicators = self.items.iter().filter_map(|item| match item {
            Item::Indicator(indicator) => Some(indicator),
            _ => None,
        });
        indicators.collect()
    }

    pub(crate) fn values(&self) -> Vec<String> {
        let values = self
            .indicators()
            .into_iter()
            .map(|indicator| indicator.observable.to_string());
        values.collect()
    }

    pub(crate) fn refused(&self) -> Vec<&RefusedItem> {
        let refused = self.items.iter().filter_map(|item| match item {
            Item::Refused(refused) => Some(refused),
            _ => None,
        });
        refused.collect()
    }

    pub(crate) fn reasons(&self) -> Vec<(u64, &'static str)> {
        let reasons = self
            .refused()
            .into_iter()
            .map(|refused| (refused.place.number, refused.reason.code()));
        reasons.collect()
    }

    /// What stopped which value.
    pub(crate) fn stopped(&self) -> BTreeMap<String, String> {
        let dropped = self.items.iter().filter_map(|item| match item {
            Item::Dropped(dropped) => Some((
                dropped.indicator.observable.to_string(),
                format!("{}: {}", dropped.list, dropped.entry),
            )),
            _ => None,
        });
        dropped.collect()
    }

    pub(crate) fn summary(&self) -> &Summary {
        self.end.as_ref().unwrap()
    }

    pub(crate) fn error(&self) -> String {
        self.end.as_ref().unwrap_err().to_string()
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A ZIP archive of files with these names, all of which hold `bytes`.
pub(crate) fn zip(names: &[&str], bytes: &[u8]) -> Vec<u8> {
    let mut zipped = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut zipped);
    archive.new_dir("folder/").create().unwrap();
    for name in names {
        let file = archive
            .new_file(name)
            .compression_method(rawzip::CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
        writer.write_all(bytes).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    zipped
}
