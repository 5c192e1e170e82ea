//! Threat-intelligence feeds as indicators with provenance.
//!
//! A [`Feed`] is pulled with a [`Fetcher`]; its [`Pull`] gives [`Item`]s as they are read, and in the end a [`Summary`] or a
//! [`FeedError`]. Each input item ends as an [`Indicator`], a [`RefusedItem`] with its reason and place, or a [`Dropped`] one with
//! the list that stopped it; what carries no observable by its nature is counted. [`Merged`] joins feeds and keeps every
//! [`Provenance`].
//!
//! - `feed`: one file per kind of feed. APIs are read page by page, documents through a bounded buffer.
//! - `fetch`: limits, retries, redirects, conditional requests, kept copies. A feed that fails is an error, or a kept copy that
//!   is marked [`Stale`]; never an empty feed.
//! - [`stix`]: objects one at a time, of which the newest versions count, and the patterning language.
//! - `misp`: the search API and static feeds.
//! - `stop`: allow-lists and warning lists.
//!
//! Nothing here prints, reads the environment or the system's clock.

mod clock;
mod error;
mod feed;
mod fetch;
mod item;
mod merge;
mod misp;
mod output;
mod provenance;
mod session;
pub mod stix;
mod stop;

pub use clock::{Clock, Wait};
pub use error::{FeedError, Problem};
pub use feed::{
    Column, CsvFeed, DocumentFeed, Feed, FeedKind, Format, JsonFeed, MineMeldFeed, Pull,
    ShodanFeed, TaxiiFeed, TextFeed,
};
pub use fetch::{Access, FetchSettings, Fetcher, Freshness, Location};
pub use item::{Dropped, Indicator, Item, RefusedBecause, RefusedItem};
pub use merge::{Merged, Provenances};
pub use misp::{HashIndex, MispFeed, MispStaticFeed, SearchIn};
pub use output::{ItemPolicy, Stale, Summary};
pub use provenance::{Confidence, Details, Place, Provenance, Source, Tlp, UnknownTlp};
pub use stop::{Stop, StopList, StopListError, StopLists};
