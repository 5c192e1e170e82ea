//! Reading what is hunted for: files, standard input, and feeds.

use tesem_hunt::{InputForm, InputSource, Intake, Provenance};
use tesem_intel::{Confidence, Details, Item, Place};

use super::HuntArgs;
use crate::failure::UsageError;
use crate::pulling::{PullOptions, Pulled, Pulling};
use crate::settings::{Settings, configured_lists};
use crate::terminal::Terminal;

/// What is hunted for, and what became of the feeds.
pub(super) struct Wanted {
    pub(super) intake: Intake,
    pub(super) feeds: Pulled,
}

/// Reads every input and pulls every feed that is named.
pub(super) async fn read(
    args: &HuntArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Wanted> {
    let mut intake = files(&args.inputs, args.form.into())?;
    if !args.no_lists {
        let lists = configured_lists(&settings.file.lists)?;
        intake.stop(|observable| {
            let stop = lists.stop(observable)?;
            Some(stopped(&stop.list, &stop.entry) + "; --no-lists searches for it")
        });
    }
    let feeds = match args.feed.as_slice() {
        [] => Pulled::default(),
        names => pull(names, settings, args, terminal, &mut intake).await?,
    };
    if feeds.feeds > 0 && feeds.failed == feeds.feeds && args.inputs.is_empty() {
        anyhow::bail!("nothing to hunt for: every feed failed");
    }
    let is_empty = intake.indicators.is_empty() && intake.refused.is_empty();
    if is_empty && !args.asks_packs() {
        return Err(empty(args));
    }
    Ok(Wanted { intake, feeds })
}

fn files(inputs: &[String], form: InputForm) -> anyhow::Result<Intake> {
    let mut intake = Intake::default();
    for name in inputs {
        let bytes = crate::input::bytes(name)?;
        intake.read_source(InputSource {
            name,
            bytes: &bytes,
            form,
        });
    }
    Ok(intake)
}

fn empty(args: &HuntArgs) -> anyhow::Error {
    let all: Vec<&str> = args
        .inputs
        .iter()
        .chain(&args.feed)
        .map(String::as_str)
        .collect();
    let error = UsageError::new(format!(
        "nothing to hunt for: {} holds no indicator",
        all.join(", ")
    ));
    error
        .with_hint("give a list with one indicator a line, or any text that names some")
        .into()
}

async fn pull(
    names: &[String],
    settings: &Settings,
    args: &HuntArgs,
    terminal: &Terminal,
    intake: &mut Intake,
) -> anyhow::Result<Pulled> {
    let options = PullOptions {
        cache: args.cache.clone(),
        refresh: false,
    };
    let pulling = Pulling::new(names, settings, options, terminal)?;
    Ok(pulling.run(|feed, item| take(feed, item, intake)).await)
}

/// Puts an item of a feed into the intake: each is searched for or refused with a reason.
fn take(feed: &str, item: Item, intake: &mut Intake) {
    match item {
        Item::Indicator(indicator) => {
            let provenance = indicator.provenance;
            let id = intake.add(feed, line(&provenance.place), indicator.observable);
            intake.tell(id, said(feed, provenance.details()));
        }
        Item::Refused(item) => intake.refuse(
            feed,
            line(&item.place),
            item.text.into(),
            item.reason.to_string(),
        ),
        Item::Dropped(item) => intake.refuse(
            feed,
            line(&item.indicator.provenance.place),
            item.indicator.observable.to_string(),
            stopped(&item.list, &item.entry),
        ),
    }
}

fn line(place: &Place) -> u64 {
    place.number
}

fn stopped(list: &str, entry: &str) -> String {
    format!("is on the list {list}: {entry}")
}

fn said(feed: &str, details: &Details) -> Provenance {
    Provenance {
        feed: feed.to_owned(),
        object: details.object_id.as_deref().map(str::to_owned),
        first_seen: details.first_seen,
        last_seen: details.last_seen,
        confidence: details.confidence.map(Confidence::get),
        tlp: details.tlp.map(|tlp| tlp.as_str().to_owned()),
        labels: details.labels.iter().map(ToString::to_string).collect(),
    }
}
