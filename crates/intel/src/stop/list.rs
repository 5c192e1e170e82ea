//! One list.

use std::collections::HashSet;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use regex::RegexSet;
use tesem_observable::{DomainName, Host, IpRange, Observable, recognise};

use super::Stop;
use super::ranges::Ranges;

/// A list that stops values.
#[derive(Debug)]
pub struct StopList {
    name: Arc<str>,
    /// Exact values, in canonical form and lower case.
    values: HashSet<Box<str>>,
    /// Hosts; names below them count too.
    hosts: HashSet<Box<str>>,
    /// Whether a URL with a path at such a host is stopped too.
    stops_paths: bool,
    ranges: Ranges,
    substrings: Option<(AhoCorasick, Vec<Box<str>>)>,
    patterns: Option<RegexSet>,
}

/// A list that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the list `{list}` cannot be used: {why}")]
pub struct StopListError {
    /// The list.
    pub list: Box<str>,
    /// What is wrong with it.
    pub why: Box<str>,
}

/// What a list is made of.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) values: HashSet<Box<str>>,
    pub(super) hosts: HashSet<Box<str>>,
    pub(super) ranges: Vec<IpRange>,
    pub(super) substrings: Vec<Box<str>>,
    pub(super) patterns: Vec<String>,
}

/// Most memory of a list's compiled regular expressions, in bytes.
const PATTERNS_BYTES_MAX: usize = 64 << 20;

impl StopList {
    pub(super) fn new(
        name: &str,
        stops_paths: bool,
        entries: Entries,
    ) -> Result<Self, StopListError> {
        let unusable = |why: String| StopListError {
            list: name.into(),
            why: why.into(),
        };
        let substrings = match entries.substrings.is_empty() {
            true => None,
            false => {
                let search = AhoCorasick::new(entries.substrings.iter().map(|s| s.as_bytes()));
                let search = search.map_err(|error| unusable(error.to_string()))?;
                Some((search, entries.substrings))
            }
        };
        let patterns = match entries.patterns.is_empty() {
            true => None,
            false => {
                let set = regex::RegexSetBuilder::new(&entries.patterns)
                    .size_limit(PATTERNS_BYTES_MAX)
                    .build();
                Some(set.map_err(|error| unusable(error.to_string()))?)
            }
        };
        Ok(Self {
            name: name.into(),
            values: entries.values,
            hosts: entries.hosts,
            stops_paths,
            ranges: Ranges::new(entries.ranges),
            substrings,
            patterns,
        })
    }

    /// Hosts of services that everybody uses. A URL with a path there stays: it names one file.
    pub(super) fn services() -> Result<Self, StopListError> {
        let mut entries = Entries::default();
        let lines = include_str!("services.txt").lines();
        let hosts = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        entries.hosts.extend(hosts.map(Into::into));
        Self::new("well-known-services", false, entries)
    }

    /// An allow-list of one's own: one value a line; `#` starts a comment. A domain counts with all names below it and all
    /// URLs there, a network with all addresses in it, anything else as it stands.
    ///
    /// # Errors
    /// [`StopListError`] names the line that is no observable: a list with a slip would let values through.
    pub fn of_lines(name: &str, text: &str) -> Result<Self, StopListError> {
        let mut entries = Entries::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let observable = recognise(line).map_err(|refusal| StopListError {
                list: name.into(),
                why: format!("line {}: {refusal}", index + 1).into(),
            })?;
            entries.add(&observable);
        }
        Self::new(name, true, entries)
    }

    /// The list's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The entry that stops the value.
    #[must_use]
    pub fn stop(&self, observable: &Observable) -> Option<Stop> {
        let entry = self
            .by_range(observable)
            .or_else(|| self.by_host(observable))
            .or_else(|| self.by_text(&observable.to_string().to_lowercase()));
        entry.map(|entry| Stop {
            list: Arc::clone(&self.name),
            entry,
        })
    }

    fn by_range(&self, observable: &Observable) -> Option<Box<str>> {
        let range = match observable {
            Observable::IpRange(range) => *range,
            other => {
                let address = other.address()?;
                IpRange::new(address, address)?
            }
        };
        let entry = self.ranges.overlapping(&range)?;
        Some(Observable::from(entry).to_string().into())
    }

    fn by_host(&self, observable: &Observable) -> Option<Box<str>> {
        let host: &DomainName = match observable {
            Observable::Domain(domain) => domain,
            Observable::Url(url) if self.stops_paths || url.is_bare() => match url.host() {
                Host::Domain(domain) => domain,
                Host::Ip(_) => return None,
            },
            _ => return None,
        };
        // A customer's name below a host that is shared (`evil.github.io`) is not the service's own.
        let entry = match self.stops_paths {
            true => above(host.as_str()).find_map(|name| self.hosts.get(name)),
            false => host.parents().find_map(|name| self.hosts.get(name)),
        };
        entry.cloned()
    }

    fn by_text(&self, text: &str) -> Option<Box<str>> {
        if let Some(value) = self.values.get(text) {
            return Some(value.clone());
        }
        if let Some((search, entries)) = &self.substrings {
            let found = search.find(text).map(|found| found.pattern().as_usize());
            if let Some(entry) = found.and_then(|index| entries.get(index)) {
                return Some(entry.clone());
            }
        }
        let patterns = self.patterns.as_ref()?;
        let index = patterns.matches(text).into_iter().next()?;
        patterns
            .patterns()
            .get(index)
            .map(|entry| entry.as_str().into())
    }
}

/// The name and every name above it.
fn above(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| {
        name.split_once('.').map(|(_, above)| above)
    })
}

impl Entries {
    pub(super) fn add(&mut self, observable: &Observable) {
        match observable {
            Observable::Domain(domain) => {
                self.hosts.insert(domain.as_str().into());
            }
            Observable::IpRange(range) => self.ranges.push(*range),
            Observable::Ipv4(_) | Observable::Ipv6(_) => {
                let address = observable.address();
                self.ranges
                    .extend(address.and_then(|address| IpRange::new(address, address)));
            }
            other => {
                self.values.insert(other.to_string().to_lowercase().into());
            }
        }
    }
}
