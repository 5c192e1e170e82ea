//! Pulls a text or CSV file as a feed and counts: `count FILE [COLUMN]`. For measuring time and memory.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example is a program"
)]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tesem_intel::{
    Access, Clock, Column, CsvFeed, DocumentFeed, Feed, FeedKind, FetchSettings, Fetcher, Format,
    Freshness, Item, ItemPolicy, Location, StopLists, TextFeed, Wait,
};

#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, span: Duration) -> Wait {
        Box::pin(tokio::time::sleep(span))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("count FILE [COLUMN]")?;
    let format = match arguments.next() {
        None => Format::Text(TextFeed::default()),
        Some(column) => Format::Csv(Box::new(CsvFeed {
            values: vec![Column::Name(column)],
            ..CsvFeed::default()
        })),
    };
    let feed = Arc::new(Feed {
        name: "measured".to_owned(),
        kind: FeedKind::Documents(DocumentFeed {
            locations: vec![Location::parse(&file)?],
            access: Access::Open,
            format,
        }),
        policy: ItemPolicy::default(),
    });
    let fetcher = Fetcher::new(FetchSettings::default(), Arc::new(SystemClock))?;
    let mut pull = feed.pull(
        &fetcher,
        Freshness::default(),
        &Arc::new(StopLists::builtin()?),
    );
    let mut indicators = 0_u64;
    while let Some(item) = pull.next().await {
        indicators += u64::from(matches!(item, Item::Indicator(_)));
    }
    let summary = pull.finish().await?;
    println!("{indicators} indicators; {summary:?}");
    Ok(())
}
