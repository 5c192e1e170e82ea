//! Pulls a text or CSV file as a feed and counts: `count [--merge] FILE [FIELD=COLUMN]...`, such as `value=domain comment=note`. Without
//! columns the file is text; `--merge` keeps all that is read. For measuring time and memory.

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
    Freshness, Item, ItemPolicy, Location, Merged, StopLists, TextFeed, Wait,
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
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let merge = arguments.first().is_some_and(|first| first == "--merge");
    arguments.drain(..usize::from(merge));
    let (file, columns) = arguments
        .split_first()
        .ok_or("count [--merge] FILE [FIELD=COLUMN]...")?;
    let format = match columns {
        [] => Format::Text(TextFeed::default()),
        columns => Format::Csv(Box::new(csv(columns)?)),
    };
    let feed = Arc::new(Feed {
        name: "measured".to_owned(),
        kind: FeedKind::Documents(DocumentFeed {
            locations: vec![Location::parse(file)?],
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
    let mut merged = Merged::default();
    while let Some(item) = pull.next().await {
        if let Item::Indicator(indicator) = item {
            indicators += 1;
            if merge {
                merged.add(indicator);
            }
        }
    }
    let summary = pull.finish().await?;
    println!(
        "{indicators} indicators; {} kept; {summary:?}",
        merged.len()
    );
    Ok(())
}

fn csv(columns: &[String]) -> Result<CsvFeed, Box<dyn std::error::Error>> {
    let mut feed = CsvFeed::default();
    for column in columns {
        let (field, name) = column.split_once('=').ok_or("FIELD=COLUMN")?;
        let column = Column::Name(name.to_owned());
        let option = match field {
            "value" => {
                feed.values.push(column);
                continue;
            }
            "comment" => &mut feed.comment,
            "confidence" => &mut feed.confidence,
            "first_seen" => &mut feed.first_seen,
            "id" => &mut feed.id,
            "labels" => &mut feed.labels,
            "last_seen" => &mut feed.last_seen,
            "reference" => &mut feed.reference,
            _ => return Err(format!("`{field}` is no field").into()),
        };
        *option = Some(column);
    }
    Ok(feed)
}
