//! All that was searched, as the sections see it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tesem_hunt::{Indicator, IndicatorId, Origin, Provenance, Verdict};
use url::Url;

use super::text::{Moment, cut};
use super::{Limits, ReportError, Searched};

/// Origins of an indicator that are shown.
const ORIGINS_SHOWN_MAX: usize = 5;

/// The arguments of a report, checked.
pub(super) struct Searches<'a> {
    pub(super) each: &'a [Searched<'a>],
    pub(super) zone: &'a TimeZone,
    pub(super) limits: Limits,
    portals: Vec<Option<Url>>,
}

impl<'a> Searches<'a> {
    pub(super) fn new(
        each: &'a [Searched<'a>],
        zone: &'a TimeZone,
        limits: Limits,
    ) -> Result<Self, ReportError> {
        let portals = each
            .iter()
            .map(|one| portal(one.portal))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            each,
            zone,
            limits,
            portals,
        })
    }

    /// Whether a row has to say which tenant it belongs to.
    pub(super) fn several(&self) -> bool {
        self.each.len() > 1
    }

    pub(super) fn moment(&self, instant: Timestamp) -> Moment {
        Moment::new(instant, self.zone)
    }

    /// Every verdict with the number of its tenant, in order.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = (usize, &'a Verdict)> + use<'a> {
        let numbered = (0..).zip(self.each);
        numbered.flat_map(|(number, one)| one.report.verdicts.iter().map(move |v| (number, v)))
    }

    pub(super) fn tenant(&self, number: usize) -> &'a str {
        self.each.get(number).map_or("", |one| one.tenant)
    }

    pub(super) fn indicator(&self, number: usize, id: IndicatorId) -> Option<&'a Indicator> {
        self.each.get(number)?.plan.intake.get(id)
    }

    /// The value of an indicator, cut.
    pub(super) fn value(&self, number: usize, id: IndicatorId) -> String {
        let value = self
            .indicator(number, id)
            .map(|one| one.observable.to_string());
        cut(&value.unwrap_or_default()).into_owned()
    }

    /// Where an indicator comes from: the lines that named it, and what feeds say of it.
    pub(super) fn provenance(&self, number: usize, indicator: &Indicator) -> String {
        let shown = indicator.origins.iter().take(ORIGINS_SHOWN_MAX);
        let mut places: Vec<String> = shown.map(|origin| self.origin(number, *origin)).collect();
        let more = indicator.origins.len().saturating_sub(places.len());
        if more > 0 {
            places.push(format!("{more} more"));
        }
        let feeds = indicator.provenance.iter().take(ORIGINS_SHOWN_MAX);
        places.extend(feeds.map(said));
        cut(&places.join(", ")).into_owned()
    }

    /// `list.txt:7`; a source as a whole without line.
    pub(super) fn origin(&self, number: usize, origin: Origin) -> String {
        let sources = self.each.get(number).map(|one| &one.plan.intake.sources);
        let source = sources.and_then(|sources| sources.get(origin.source as usize));
        let name = source.map_or("", |source| source.name.as_str());
        match origin.line {
            0 => name.to_owned(),
            line => format!("{name}:{line}"),
        }
    }

    /// The page of a device in the portal.
    pub(super) fn device_page(&self, number: usize, device_id: &str) -> Option<String> {
        let mut page = self.portals.get(number)?.clone()?;
        if device_id.is_empty() {
            return None;
        }
        page.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(["machines", device_id]);
        Some(page.into())
    }
}

/// `c2 (object indicator--1, first seen 2026-11-01, last seen 2026-11-02, confidence 80, TLP:AMBER, cobalt-strike)`.
fn said(provenance: &Provenance) -> String {
    let day = |name: &str, time: Option<Timestamp>| {
        time.map(|time| format!("{name} seen {}", time.strftime("%Y-%m-%d")))
    };
    let facts = [
        provenance
            .object
            .as_ref()
            .map(|object| format!("object {object}")),
        day("first", provenance.first_seen),
        day("last", provenance.last_seen),
        provenance
            .confidence
            .map(|confidence| format!("confidence {confidence}")),
        provenance
            .tlp
            .as_ref()
            .map(|tlp| format!("TLP:{}", tlp.to_uppercase())),
    ];
    let labels = provenance.labels.iter().cloned();
    let facts: Vec<String> = facts.into_iter().flatten().chain(labels).collect();
    if facts.is_empty() {
        return provenance.feed.clone();
    }
    format!("{} ({})", provenance.feed, facts.join(", "))
}

fn portal(given: Option<&str>) -> Result<Option<Url>, ReportError> {
    let Some(given) = given else {
        return Ok(None);
    };
    match Url::parse(given) {
        Ok(url) if matches!(url.scheme(), "https" | "http") => Ok(Some(url)),
        _ => Err(ReportError::Portal {
            given: given.to_owned(),
        }),
    }
}
