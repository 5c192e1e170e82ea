//! How long reading a feed of 100,000 indicators takes, from a file to the last item, and merging them.

#![expect(clippy::unwrap_used, reason = "a bench that fails stops")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::Timestamp;
use serde_json::json;
use tempfile::NamedTempFile;
use tesem_intel::{
    Access, Clock, Column, CsvFeed, DocumentFeed, Feed, FeedKind, FetchSettings, Fetcher, Format,
    Freshness, Indicator, Item, ItemPolicy, Location, Merged, StopLists, TextFeed, Wait,
};
use tokio::runtime::Runtime;

const LINES: usize = 100_000;

fn main() {
    divan::main();
}

/// Nothing here waits.
#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        "2026-11-02T12:00:00Z".parse().unwrap()
    }

    fn sleep(&self, span: Duration) -> Wait {
        Box::pin(tokio::time::sleep(span))
    }
}

/// A feed in a file of its own.
struct Prepared {
    feed: Arc<Feed>,
    fetcher: Fetcher,
    stops: Arc<StopLists>,
    runtime: Runtime,
    _file: NamedTempFile,
}

impl Prepared {
    fn new(text: &str, format: Format) -> Self {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let documents = DocumentFeed {
            locations: vec![Location::parse(file.path().to_str().unwrap()).unwrap()],
            access: Access::Open,
            format,
        };
        let feed = Feed {
            name: "measured".to_owned(),
            kind: FeedKind::Documents(documents),
            policy: ItemPolicy::default(),
        };
        let clock = Arc::new(StoppedClock);
        Self {
            feed: Arc::new(feed),
            fetcher: Fetcher::new(FetchSettings::default(), clock).unwrap(),
            stops: Arc::new(StopLists::builtin().unwrap()),
            runtime: Runtime::new().unwrap(),
            _file: file,
        }
    }

    /// Hands on each indicator; there has to be one for each line.
    fn read(&self, mut take: impl FnMut(Indicator)) {
        self.runtime.block_on(async {
            let mut pull = self
                .feed
                .pull(&self.fetcher, Freshness::default(), &self.stops);
            while let Some(item) = pull.next().await {
                if let Item::Indicator(indicator) = item {
                    take(indicator);
                }
            }
            assert_eq!(pull.finish().await.unwrap().indicators, LINES as u64);
        });
    }

    fn measure(&self, bencher: Bencher<'_, '_>) {
        bencher
            .counter(ItemsCount::new(LINES))
            .bench(|| self.read(drop));
    }
}

fn host(index: usize) -> String {
    format!("host-{index}.example-{}.com", index % 7_919)
}

fn csv() -> Prepared {
    let mut text = "host,note,first,tags,report\n".to_owned();
    for index in 0..LINES {
        let (host, campaign) = (host(index), index % 1_000);
        writeln!(
            text,
            "{host},\"seen with loader, wave {index}\",2026-10-01 10:11:12,\"c2,loader\",https://reports.example/{campaign}"
        )
        .unwrap();
    }
    let column = |name: &str| Some(Column::Name(name.to_owned()));
    let feed = CsvFeed {
        values: column("host").into_iter().collect(),
        comment: column("note"),
        first_seen: column("first"),
        labels: column("tags"),
        reference: column("report"),
        ..CsvFeed::default()
    };
    Prepared::new(&text, Format::Csv(Box::new(feed)))
}

/// One value a line.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn text(bencher: Bencher<'_, '_>) {
    let text: String = (0..LINES).map(|index| host(index) + "\n").collect();
    Prepared::new(&text, Format::Text(TextFeed::default())).measure(bencher);
}

/// A value, a comment, a time, two labels and an address in each row.
#[divan::bench(name = "csv", sample_count = 10, sample_size = 1)]
fn read_csv(bencher: Bencher<'_, '_>) {
    csv().measure(bencher);
}

/// A bundle; each indicator has a pattern with one comparison.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn stix(bencher: Bencher<'_, '_>) {
    let object = |index: usize| {
        json!({
            "type": "indicator", "spec_version": "2.1",
            "id": format!("indicator--00000000-0000-4000-8000-{index:012}"),
            "created": "2026-10-01T10:11:12Z", "modified": "2026-10-01T10:11:12Z",
            "name": format!("wave {index}"), "labels": ["c2"], "pattern_type": "stix",
            "pattern": format!("[domain-name:value = '{}']", host(index)),
            "valid_from": "2026-10-01T10:11:12Z", "confidence": 80,
        })
    };
    let objects: Vec<_> = (0..LINES).map(object).collect();
    let id = "bundle--00000000-0000-4000-8000-000000000000";
    let bundle = json!({"type": "bundle", "id": id, "objects": objects});
    Prepared::new(&bundle.to_string(), Format::Stix).measure(bencher);
}

/// The rows of `csv`, already read, put together.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn merge(bencher: Bencher<'_, '_>) {
    let mut indicators = Vec::with_capacity(LINES);
    csv().read(|indicator| indicators.push(indicator));
    bencher
        .counter(ItemsCount::new(LINES))
        .with_inputs(|| indicators.clone())
        .bench_values(|indicators| {
            let mut merged = Merged::default();
            indicators.into_iter().for_each(|one| merged.add(one));
            merged
        });
}
