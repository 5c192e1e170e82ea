//! From a feed's section of the file to what the library needs.

mod file;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use secrecy::SecretString;
use tesem_intel::{
    Access, Column, CsvFeed, DocumentFeed, Feed, FeedKind, FetchSettings, Format, ItemPolicy,
    JsonFeed, Location, MispFeed, MispStaticFeed, SearchIn, ShodanFeed, StopList, StopLists,
    TaxiiFeed, TextFeed,
};
use url::Url;

use file::{ColumnsFile, FeedKindName, MispSearch};
pub(crate) use file::{FeedFile, FetchFile, ListsFile};

use super::secret::{SecretReference, literal_refused};
use crate::failure::UsageError;

/// Query credits that a pull may spend where the file sets no limit.
const CREDITS_MAX: u64 = 10;

/// Objects on a page of TAXII where the file sets no number.
const TAXII_LIMIT: u32 = 500;

/// Attributes on a page of MISP where the file sets no number; events are larger.
const MISP_LIMIT: u32 = 5_000;
const MISP_EVENTS_LIMIT: u32 = 50;

/// Secrets of feeds are references too.
pub(super) fn refuse_literal_secrets(feeds: &BTreeMap<String, FeedFile>) -> Result<(), UsageError> {
    for (name, feed) in feeds {
        for (key, secret) in [("key", &feed.key), ("password", &feed.password)] {
            if SecretReference::is_literal(secret.as_ref()) {
                return Err(literal_refused(&format!("feeds.{name}"), key));
            }
        }
    }
    Ok(())
}

/// How feeds are fetched.
pub(crate) fn fetch_settings(file: &FetchFile) -> FetchSettings {
    let known = FetchSettings::default();
    FetchSettings {
        bytes_max: file.bytes_max.unwrap_or(known.bytes_max),
        page_bytes_max: file.page_bytes_max.unwrap_or(known.page_bytes_max),
        answer_timeout: file.answer_time.unwrap_or(known.answer_timeout),
        whole_after: file.whole_after.unwrap_or(known.whole_after),
        ..known
    }
}

/// The lists that stop values of feeds.
pub(crate) fn stop_lists(lists: &ListsFile) -> anyhow::Result<StopLists> {
    let stops = if lists.builtin {
        StopLists::builtin()?
    } else {
        StopLists::default()
    };
    with_configured(stops, lists)
}

/// The lists that stop what a person wrote down: the configured ones, not those built in.
pub(crate) fn configured_lists(lists: &ListsFile) -> anyhow::Result<StopLists> {
    with_configured(StopLists::default(), lists)
}

fn with_configured(mut stops: StopLists, lists: &ListsFile) -> anyhow::Result<StopLists> {
    for path in &lists.allow {
        let text = read(path)?;
        let name = path.display().to_string();
        stops.add(StopList::of_lines(&name, &String::from_utf8_lossy(&text)).map_err(usage)?);
    }
    for path in &lists.warning {
        stops.add(StopList::of_misp(&path.display().to_string(), &read(path)?).map_err(usage)?);
    }
    Ok(stops)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let failed = |error| {
        UsageError::new(format!(
            "the list {} cannot be read: {error}",
            path.display()
        ))
    };
    Ok(std::fs::read(path).map_err(failed)?)
}

fn usage(error: impl std::fmt::Display) -> UsageError {
    UsageError::new(error.to_string())
}

/// The feed `name`, its secrets fetched.
pub(crate) fn feed(name: &str, file: &FeedFile) -> anyhow::Result<Feed> {
    let kind = kind(file).with_context(|| format!("[feeds.{name}] cannot be used"))?;
    Ok(Feed {
        name: name.to_owned(),
        kind,
        policy: ItemPolicy {
            max_age: file.max_age,
            confidence_min: file.confidence_min,
            confidence: file.confidence,
            tlp: file.tlp,
            labels: file
                .labels
                .iter()
                .map(|label| label.as_str().into())
                .collect(),
        },
    })
}

fn kind(file: &FeedFile) -> anyhow::Result<FeedKind> {
    file.refuse_foreign_keys()?;
    Ok(match file.kind {
        FeedKindName::Shodan => FeedKind::Shodan(shodan(file)?),
        FeedKindName::Taxii => FeedKind::Taxii(taxii(file)?),
        FeedKindName::Misp => misp(file)?,
        FeedKindName::Csv => documents(file, Format::Csv(Box::new(csv(file)?)))?,
        FeedKindName::Text => documents(file, Format::Text(text(file)))?,
        FeedKindName::Stix => documents(file, Format::Stix)?,
        FeedKindName::Minemeld => documents(file, Format::MineMeld)?,
        FeedKindName::Json => documents(file, Format::Json(Box::new(json(file)?)))?,
    })
}

impl FeedFile {
    /// Keys of one kind or a few, whether they are given, and by which kinds they are read.
    fn refuse_foreign_keys(&self) -> Result<(), UsageError> {
        use FeedKindName as Kind;
        let keys: [(&str, bool, &[Kind]); 22] = [
            ("queries", self.queries.is_some(), &[Kind::Shodan]),
            ("credits_max", self.credits_max.is_some(), &[Kind::Shodan]),
            ("limit", self.limit.is_some(), &[Kind::Taxii, Kind::Misp]),
            ("api_root", self.api_root.is_some(), &[Kind::Taxii]),
            ("collections", self.collections.is_some(), &[Kind::Taxii]),
            ("added_after", self.added_after.is_some(), &[Kind::Taxii]),
            ("search", self.search.is_some(), &[Kind::Misp]),
            ("to_ids", self.to_ids.is_some(), &[Kind::Misp]),
            (
                "enforce_warninglist",
                self.enforce_warninglist.is_some(),
                &[Kind::Misp],
            ),
            ("published", self.published.is_some(), &[Kind::Misp]),
            ("tags", self.tags.is_some(), &[Kind::Misp]),
            ("types", self.types.is_some(), &[Kind::Misp]),
            ("within", self.within.is_some(), &[Kind::Misp]),
            ("columns", self.columns.is_some(), &[Kind::Csv, Kind::Json]),
            ("type", self.value_type.is_some(), &[Kind::Csv, Kind::Json]),
            ("entries", self.entries.is_some(), &[Kind::Json]),
            ("lines", self.lines.is_some(), &[Kind::Json]),
            ("delimiter", self.delimiter.is_some(), &[Kind::Csv]),
            ("header", self.header.is_some(), &[Kind::Csv]),
            ("comment", self.comment.is_some(), &[Kind::Csv, Kind::Text]),
            (
                "encoding",
                self.encoding.is_some(),
                &[Kind::Csv, Kind::Text],
            ),
            ("running", self.running.is_some(), &[Kind::Text]),
        ];
        let foreign = keys
            .iter()
            .find(|(_, given, kinds)| *given && !kinds.contains(&self.kind));
        let Some((key, _, kinds)) = foreign else {
            return Ok(());
        };
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let message = format!("a feed of the kind `{}` has no `{key}`", self.kind.name());
        Err(UsageError::new(message).with_hint(format!("`{key}` belongs to {}", kinds.join(", "))))
    }

    fn one_url(&self) -> Result<Option<Url>, UsageError> {
        let text = match self.url.as_slice() {
            [] => return Ok(None),
            [text] => text,
            _ => {
                return Err(UsageError::new(
                    "`url` is a list; this kind of feed has one address",
                ));
            }
        };
        match Location::parse(text).map_err(usage)? {
            Location::Url(url) => Ok(Some(url)),
            Location::File(_) => Err(UsageError::new(format!(
                "`url` is `{text}`; it should be an http(s) address"
            ))),
        }
    }

    fn required_url(&self) -> Result<Url, UsageError> {
        self.one_url()?
            .ok_or_else(|| missing("url", r#"url = "https://…""#))
    }

    /// Where the feed comes from, without anything secret.
    pub(crate) fn places(&self) -> Vec<String> {
        let shown = |text: &String| {
            Location::parse(text).map_or_else(|_| "?".to_owned(), |place| place.to_string())
        };
        let searches = self
            .queries
            .iter()
            .flat_map(BTreeMap::keys)
            .map(|name| format!("search {name}"));
        self.url.iter().map(shown).chain(searches).collect()
    }
}

fn missing(key: &str, example: &str) -> UsageError {
    UsageError::new(format!("`{key}` is missing")).with_hint(format!("add {example}"))
}

fn secret(reference: Option<&SecretReference>, key: &str) -> anyhow::Result<SecretString> {
    let reference =
        reference.ok_or_else(|| missing(key, &format!(r#"{key} = {{ env = "NAME" }}"#)))?;
    Ok(reference
        .resolve()
        .map_err(|error| UsageError::new(format!("its `{key}` cannot be had: {error:#}")))?)
}

/// The first of the keys that says who asks.
fn access(file: &FeedFile) -> anyhow::Result<Access> {
    match (&file.user, &file.key) {
        (Some(_), Some(_)) => Err(UsageError::new(
            "both `user` and `key` are given; a feed is asked in one way",
        )
        .into()),
        (Some(user), None) => Ok(Access::Basic {
            user: user.clone(),
            password: secret(file.password.as_ref(), "password")?,
        }),
        (None, Some(_)) if file.key_header.is_some() => Ok(Access::Header {
            name: file.key_header.clone().unwrap_or_default(),
            key: secret(file.key.as_ref(), "key")?,
        }),
        (None, Some(_)) => Ok(Access::Bearer(secret(file.key.as_ref(), "key")?)),
        (None, None) => Ok(Access::Open),
    }
}

fn shodan(file: &FeedFile) -> anyhow::Result<ShodanFeed> {
    let url = file.one_url()?.map_or_else(ShodanFeed::api, Ok)?;
    Ok(ShodanFeed {
        url,
        key: secret(file.key.as_ref(), "key")?,
        queries: file
            .queries
            .clone()
            .ok_or_else(|| missing("queries", r#"queries = { name = "search" }"#))?,
        credits_max: file.credits_max.unwrap_or(CREDITS_MAX),
    })
}

fn taxii(file: &FeedFile) -> anyhow::Result<TaxiiFeed> {
    Ok(TaxiiFeed {
        url: file.required_url()?,
        access: access(file)?,
        api_root: file.api_root.clone(),
        collections: file.collections.clone().unwrap_or_default(),
        added_after: file.added_after,
        limit: file.limit.unwrap_or(TAXII_LIMIT),
    })
}

fn misp(file: &FeedFile) -> anyhow::Result<FeedKind> {
    let search_in = match file.search.unwrap_or(MispSearch::Attributes) {
        MispSearch::Static => return misp_static(file).map(FeedKind::MispStatic),
        MispSearch::Attributes => SearchIn::Attributes,
        MispSearch::Events => SearchIn::Events,
    };
    let limit = if search_in == SearchIn::Events {
        MISP_EVENTS_LIMIT
    } else {
        MISP_LIMIT
    };
    Ok(FeedKind::Misp(MispFeed {
        url: file.required_url()?,
        key: secret(file.key.as_ref(), "key")?,
        search_in,
        to_ids: file.to_ids.unwrap_or(true),
        enforce_warninglist: file.enforce_warninglist.unwrap_or(true),
        published: file.published,
        tags: file.tags.clone().unwrap_or_default(),
        types: file.types.clone().unwrap_or_default(),
        within: file.within.clone(),
        limit: file.limit.unwrap_or(limit),
    }))
}

fn misp_static(file: &FeedFile) -> anyhow::Result<MispStaticFeed> {
    let [place] = file.url.as_slice() else {
        return Err(missing("url", "the folder with manifest.json").into());
    };
    Ok(MispStaticFeed {
        location: Location::parse(place).map_err(usage)?,
        access: access(file)?,
        to_ids: file.to_ids.unwrap_or(true),
    })
}

fn documents(file: &FeedFile, format: Format) -> anyhow::Result<FeedKind> {
    if file.url.is_empty() {
        return Err(missing("url", r#"url = "https://…" or a file"#).into());
    }
    let locations = file
        .url
        .iter()
        .map(|place| Location::parse(place).map_err(usage));
    Ok(FeedKind::Documents(DocumentFeed {
        locations: locations.collect::<Result<_, _>>()?,
        access: access(file)?,
        format,
    }))
}

/// Without `columns`, entries are the values themselves.
fn json(file: &FeedFile) -> Result<JsonFeed, UsageError> {
    let columns = file.columns.as_ref();
    let values = columns.map_or(&[] as &[Column], |columns| &columns.value);
    let at = |column: fn(&ColumnsFile) -> &Option<Column>| {
        let column = columns.and_then(|columns| column(columns).as_ref());
        column.map(json_path).transpose()
    };
    Ok(JsonFeed {
        entries: file.entries.clone(),
        lines: file.lines.unwrap_or_default(),
        values: values.iter().map(json_path).collect::<Result<_, _>>()?,
        kind_path: at(|columns| &columns.kind)?,
        kind: file.value_type.clone(),
        confidence: at(|columns| &columns.confidence)?,
        first_seen: at(|columns| &columns.first_seen)?,
        last_seen: at(|columns| &columns.last_seen)?,
        valid_until: at(|columns| &columns.valid_until)?,
        comment: at(|columns| &columns.comment)?,
        labels: at(|columns| &columns.labels)?,
        id: at(|columns| &columns.id)?,
        tlp: at(|columns| &columns.tlp)?,
        reference: at(|columns| &columns.reference)?,
    })
}

fn json_path(column: &Column) -> Result<String, UsageError> {
    match column {
        Column::Name(path) => Ok(path.clone()),
        Column::Number(number) => Err(UsageError::new(format!(
            "`columns` of a JSON feed are paths such as \"ioc.value\"; {number} is a number"
        ))),
    }
}

fn csv(file: &FeedFile) -> Result<CsvFeed, UsageError> {
    let columns: &ColumnsFile = file
        .columns
        .as_ref()
        .ok_or_else(|| missing("columns", r#"columns = { value = "ioc" }"#))?;
    let one_byte = |key: &str, given: char| {
        let refuse = || {
            UsageError::new(format!(
                "`{key}` is {given:?}; it should be one ASCII character"
            ))
        };
        u8::try_from(given)
            .ok()
            .filter(u8::is_ascii)
            .ok_or_else(refuse)
    };
    let comment_mark = match file.comment.as_deref() {
        None => Some(b'#'),
        Some([]) => None,
        Some([mark]) => {
            let mut characters = mark.chars();
            match (characters.next(), characters.next()) {
                (None, _) => None,
                (Some(mark), None) => Some(one_byte("comment", mark)?),
                _ => return Err(UsageError::new("`comment` of a CSV feed is one character")),
            }
        }
        Some(_) => return Err(UsageError::new("`comment` of a CSV feed is one character")),
    };
    Ok(CsvFeed {
        values: columns.value.clone(),
        kind_column: columns.kind.clone(),
        kind: file.value_type.clone(),
        confidence: columns.confidence.clone(),
        first_seen: columns.first_seen.clone(),
        last_seen: columns.last_seen.clone(),
        valid_until: columns.valid_until.clone(),
        comment: columns.comment.clone(),
        labels: columns.labels.clone(),
        id: columns.id.clone(),
        tlp: columns.tlp.clone(),
        reference: columns.reference.clone(),
        delimiter: one_byte("delimiter", file.delimiter.unwrap_or(','))?,
        comment_mark,
        header: file.header.unwrap_or(true),
        encoding: file.encoding.clone(),
    })
}

fn text(file: &FeedFile) -> TextFeed {
    TextFeed {
        running: file.running.unwrap_or_default(),
        comments: file.comment.clone().unwrap_or_default(),
        encoding: file.encoding.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SettingsFile;

    fn read(text: &str) -> anyhow::Result<Feed> {
        let file = SettingsFile::parse(text)?;
        let (name, section) = file.feeds.iter().next().context("there is a feed")?;
        feed(name, section)
    }

    #[test]
    fn every_kind_of_feed_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "hunter2").unwrap();
        let key = format!("{{ file = {:?} }}", path.display().to_string());
        let sections = [
            format!("kind = \"shodan\"\nkey = {key}\nqueries = {{ beacon = 'product:\"x\"' }}\nmax_age = \"7d\""),
            format!("kind = \"taxii\"\nurl = \"https://t.example/taxii2/\"\nuser = \"me\"\npassword = {key}\ncollections = [\"C2\"]\nadded_after = \"2026-01-01T00:00:00Z\""),
            format!("kind = \"misp\"\nurl = \"https://misp.example\"\nkey = {key}\nsearch = \"events\"\ntags = [\"tlp:green\"]"),
            "kind = \"misp\"\nsearch = \"static\"\nurl = \"https://misp.example/feed\"".to_owned(),
            "kind = \"csv\"\nurl = [\"a.csv\", \"b.csv\"]\ncolumns = { value = [\"sha256\", 2], type = \"kind\" }\ndelimiter = \";\"\nheader = true".to_owned(),
            "kind = \"text\"\nurl = \"list.txt\"\nrunning = true\ncomment = [\"#\"]".to_owned(),
            format!("kind = \"stix\"\nurl = \"https://t.example/bundle.json\"\nkey = {key}\nkey_header = \"X-Key\"\ntlp = \"TLP:AMBER\""),
            "kind = \"json\"\nurl = \"https://j.example/full.zip\"\nentries = \"*\"\ncolumns = { value = \"ioc_value\", type = \"ioc_type\", labels = \"tags\" }".to_owned(),
            "kind = \"minemeld\"\nurl = \"https://m.example/feeds/inbound?v=json\"\nconfidence_min = 50".to_owned(),
        ];
        for section in sections {
            let feed = read(&format!("[feeds.x]\n{section}")).unwrap();
            assert!(!format!("{feed:?}").contains("hunter2"), "{section}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let cases = [
            ("[feeds.x]\nkind = \"csv\"\nurll = \"x\"", "line 3"),
            ("[feeds.x]\nkind = \"rss\"", "line 2"),
            (
                "[feeds.x]\nkind = \"text\"\nmax_age = \"soon\"",
                "line 3, column 11: `soon` is no span of time",
            ),
            (
                "[feeds.x]\nkind = \"text\"\ntlp = \"blue\"",
                "`blue` is no TLP label",
            ),
            (
                "[feeds.x]\nkind = \"text\"\nconfidence = 101",
                "a confidence is a number from 0 to 100",
            ),
            (
                "[feeds.x]\nkind = \"shodan\"\nkey = \"hunter2\"",
                "[feeds.x] holds `key` as a literal",
            ),
            (
                "[feeds.x]\nkind = \"text\"\nqueries = { a = \"b\" }",
                "a feed of the kind `text` has no `queries`",
            ),
            (
                "[feeds.x]\nkind = \"csv\"\nurl = \"x\"",
                "`columns` is missing",
            ),
            (
                "[feeds.x]\nkind = \"csv\"\nurl = \"x\"\ncolumns = { value = \"a\", vlaue = \"b\" }",
                "unknown field `vlaue`",
            ),
            ("[feeds.x]\nkind = \"text\"", "`url` is missing"),
            (
                "[feeds.x]\nkind = \"taxii\"\nurl = \"taxii.txt\"",
                "it should be an http(s) address",
            ),
            (
                "[feeds.x]\nkind = \"misp\"\nurl = \"https://m.example\"\nkey = { env = \"TESEM_NO_SUCH_NAME\" }",
                "TESEM_NO_SUCH_NAME",
            ),
            ("[lists]\nallows = []", "unknown field `allows`"),
        ];
        for (text, expected) in cases {
            let file = SettingsFile::parse(text);
            let error = match file {
                Err(error) => error.to_string(),
                Ok(_) => format!("{:#}", read(text).unwrap_err()),
            };
            assert!(
                error.contains(expected) && !error.contains("hunter2"),
                "{text}: {error}"
            );
        }
    }
}
