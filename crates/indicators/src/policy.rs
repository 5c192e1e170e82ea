//! What is done with the indicators of a source.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity, IndicatorType};

use crate::content::Content;

/// What is done with the indicators of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What happens on a match; [`Policy::action_for`] says what becomes of it for each type.
    pub action: IndicatorAction,
    /// How bad a match is.
    pub severity: IndicatorSeverity,
    /// Title of the indicator.
    pub title: Template,
    /// Description of the indicator.
    pub description: Template,
    /// What to do about a match.
    pub recommended_actions: Option<String>,
    /// When it ends by itself.
    pub expiry: Expiry,
    /// Device groups that it holds for; all where there is none.
    pub groups: BTreeSet<String>,
    /// Whether a match raises an alert. The service insists on it for `Audit`.
    pub generate_alert: bool,
    /// A page to show to a user who is stopped; for network types that warn or block.
    pub educate_url: Option<String>,
    /// Most indicators of the source, the best ones; all where there is none.
    pub maximum: Option<usize>,
    /// Most addresses that a range is written out to.
    pub range_max: usize,
}

/// When an indicator ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// So long after it was made or renewed.
    After(SignedDuration),
    /// Never.
    Never,
}

/// How long an indicator lives by default: a year, as MineMeld's did.
pub(crate) const EXPIRY_DEFAULT: SignedDuration = SignedDuration::from_hours(365 * 24);

impl Default for Policy {
    fn default() -> Self {
        Self {
            action: IndicatorAction::Audit,
            severity: IndicatorSeverity::Medium,
            title: Template::literal("Tesem - {value}"),
            description: Template::literal("{type} indicator from {feeds}"),
            recommended_actions: None,
            expiry: Expiry::After(EXPIRY_DEFAULT),
            groups: BTreeSet::new(),
            generate_alert: true,
            educate_url: None,
            maximum: None,
            range_max: crate::value::RANGE_ADDRESSES_MAX,
        }
    }
}

/// Why a policy cannot be applied to a type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the service has no action `{action}` for indicators of type {kind}; it has {allowed}")]
pub struct PolicyError {
    /// The action.
    pub action: IndicatorAction,
    /// The type.
    pub kind: IndicatorType,
    /// What it has.
    pub allowed: &'static str,
}

impl Policy {
    /// The action for indicators of a type. `Block` removes files, too; older names are those of today.
    ///
    /// Source: <https://learn.microsoft.com/defender-endpoint/indicators-overview>.
    ///
    /// # Errors
    /// [`PolicyError`] for an action that the type does not have.
    pub fn action_for(&self, kind: &IndicatorType) -> Result<IndicatorAction, PolicyError> {
        let action = match (&self.action, is_file(kind)) {
            (IndicatorAction::Alert, _) => IndicatorAction::Audit,
            (IndicatorAction::Block | IndicatorAction::AlertAndBlock, true) => {
                IndicatorAction::BlockAndRemediate
            }
            (IndicatorAction::AlertAndBlock, false) => IndicatorAction::Block,
            (action, _) => action.clone(),
        };
        let action = match (kind, action) {
            (IndicatorType::CertificateThumbprint, IndicatorAction::Block) => {
                IndicatorAction::BlockAndRemediate
            }
            (_, action) => action,
        };
        let allowed = allowed(kind);
        if allowed.split(", ").any(|one| one == action.as_str()) {
            return Ok(action);
        }
        Err(PolicyError {
            action,
            kind: kind.clone(),
            allowed,
        })
    }

    /// Whether a match raises an alert.
    fn alerts(&self, action: &IndicatorAction) -> bool {
        self.generate_alert || *action == IndicatorAction::Audit
    }

    /// What an indicator does that is made at `now` with `action`.
    pub(crate) fn content(
        &self,
        action: IndicatorAction,
        kind: &IndicatorType,
        fill: Fill<'_>,
        now: Timestamp,
        valid_until: Option<Timestamp>,
    ) -> Content {
        Content {
            title: self.title.fill(fill),
            description: self.description.fill(fill),
            severity: self.severity.clone(),
            recommended_actions: self.recommended_actions.clone(),
            educate_url: self.educate_url.clone().filter(|_| !is_file(kind)),
            generate_alert: self.alerts(&action),
            expires: self.expires(now, valid_until),
            action,
        }
    }

    /// When an indicator that is made at `now` ends, where its source says until when it counts. The service counts in whole seconds; a life
    /// of days ends with a day, so that plans of one day are the same.
    fn expires(&self, now: Timestamp, valid_until: Option<Timestamp>) -> Option<Timestamp> {
        let own = match self.expiry {
            Expiry::After(life) => now.checked_add(life).ok().map(|end| floor(end, life)),
            Expiry::Never => None,
        };
        let end = match (own, valid_until) {
            (Some(own), Some(until)) => Some(own.min(until)),
            (own, until) => own.or(until),
        };
        end.and_then(|end| Timestamp::from_second(end.as_second()).ok())
    }
}

/// The last full day, hour or second before `end`, whichever takes little from a life of that length.
fn floor(end: Timestamp, life: SignedDuration) -> Timestamp {
    const HOUR: i64 = 3_600;
    let unit = match life.as_hours() {
        48.. => 24 * HOUR,
        2.. => HOUR,
        _ => 1,
    };
    Timestamp::from_second(end.as_second().div_euclid(unit) * unit).unwrap_or(end)
}

pub(crate) fn is_file(kind: &IndicatorType) -> bool {
    matches!(
        kind,
        IndicatorType::FileSha1 | IndicatorType::FileSha256 | IndicatorType::FileMd5
    )
}

fn allowed(kind: &IndicatorType) -> &'static str {
    match kind {
        IndicatorType::CertificateThumbprint => "Allowed, BlockAndRemediate",
        kind if is_file(kind) => "Allowed, Audit, Warn, Block, BlockAndRemediate",
        _ => "Allowed, Audit, Warn, Block",
    }
}

/// A text with places to fill: `{value}`, `{type}`, `{feeds}`, `{confidence}`, `{tlp}`, `{labels}`. `{{` is a brace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value,
    Type,
    Feeds,
    Confidence,
    Tlp,
    Labels,
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A place that there is not.
    #[error(
        "there is no `{{{0}}}`; there are {{value}}, {{type}}, {{feeds}}, {{confidence}}, {{tlp}}, {{labels}}"
    )]
    UnknownPlace(String),
    /// A brace without end.
    #[error("`{{` is not closed; write `{{{{` for a brace")]
    Open,
}

/// What fills a template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fill<'a> {
    pub(crate) value: &'a str,
    pub(crate) kind: &'a IndicatorType,
    pub(crate) feeds: &'a [String],
    pub(crate) confidence: Option<u8>,
    pub(crate) tlp: Option<&'a str>,
    pub(crate) labels: &'a [String],
}

impl Template {
    /// One of this program's own.
    fn literal(text: &'static str) -> Self {
        text.parse()
            .unwrap_or_else(|_| Self(vec![Piece::Text(text.to_owned())]))
    }

    pub(crate) fn fill(&self, fill: Fill<'_>) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(own) => text.push_str(own),
                Piece::Value => text.push_str(fill.value),
                Piece::Type => text.push_str(fill.kind.as_str()),
                Piece::Feeds => text.push_str(&fill.feeds.join(", ")),
                Piece::Confidence => {
                    text.extend(fill.confidence.map(|confidence| confidence.to_string()));
                }
                Piece::Tlp => text.push_str(fill.tlp.unwrap_or_default()),
                Piece::Labels => text.push_str(&fill.labels.join(", ")),
            }
        }
        text
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut own = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            own.push_str(before);
            if let Some(after) = after.strip_prefix('{') {
                own.push('{');
                rest = after;
                continue;
            }
            let (name, after) = after.split_once('}').ok_or(TemplateError::Open)?;
            pieces.push(Piece::Text(std::mem::take(&mut own)));
            pieces.push(Piece::named(name)?);
            rest = after;
        }
        own.push_str(rest);
        pieces.push(Piece::Text(own));
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        Ok(Self(pieces))
    }
}

impl Piece {
    fn named(name: &str) -> Result<Self, TemplateError> {
        Ok(match name {
            "value" => Self::Value,
            "type" => Self::Type,
            "feeds" => Self::Feeds,
            "confidence" => Self::Confidence,
            "tlp" => Self::Tlp,
            "labels" => Self::Labels,
            other => return Err(TemplateError::UnknownPlace(other.to_owned())),
        })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Text(own) => f.write_str(&own.replace('{', "{{"))?,
                Piece::Value => f.write_str("{value}")?,
                Piece::Type => f.write_str("{type}")?,
                Piece::Feeds => f.write_str("{feeds}")?,
                Piece::Confidence => f.write_str("{confidence}")?,
                Piece::Tlp => f.write_str("{tlp}")?,
                Piece::Labels => f.write_str("{labels}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_those_of_the_type() {
        use IndicatorAction::{
            Alert, AlertAndBlock, Allowed, Audit, Block, BlockAndRemediate, Warn,
        };
        use IndicatorType::{CertificateThumbprint, DomainName, FileSha256, Url};
        let cases = [
            (Block, FileSha256, Some(BlockAndRemediate)),
            (Block, DomainName, Some(Block)),
            (AlertAndBlock, DomainName, Some(Block)),
            (AlertAndBlock, FileSha256, Some(BlockAndRemediate)),
            (Alert, Url, Some(Audit)),
            (Warn, Url, Some(Warn)),
            (BlockAndRemediate, Url, None),
            (Block, CertificateThumbprint, Some(BlockAndRemediate)),
            (Audit, CertificateThumbprint, None),
            (Allowed, CertificateThumbprint, Some(Allowed)),
        ];
        for (action, kind, expected) in cases {
            let policy = Policy {
                action: action.clone(),
                ..Policy::default()
            };
            assert_eq!(policy.action_for(&kind).ok(), expected, "{action} {kind}");
        }
    }

    #[test]
    fn a_life_of_days_ends_with_a_day_and_a_short_one_to_the_second() {
        let now: Timestamp = "2026-11-28T20:15:30.5Z".parse().unwrap();
        let cases = [
            (SignedDuration::from_hours(365 * 24), "2027-11-28T00:00:00Z"),
            (SignedDuration::from_hours(48), "2026-11-30T00:00:00Z"),
            (SignedDuration::from_hours(12), "2026-11-29T08:00:00Z"),
            (SignedDuration::from_mins(30), "2026-11-28T20:45:30Z"),
        ];
        for (life, expected) in cases {
            let policy = Policy {
                expiry: Expiry::After(life),
                ..Policy::default()
            };
            let end: Timestamp = expected.parse().unwrap();
            assert_eq!(policy.expires(now, None), Some(end), "{life:?}");
        }
    }

    #[test]
    fn templates_are_filled_and_read_back() {
        let feeds = ["c2".to_owned(), "misp".to_owned()];
        let fill = Fill {
            value: "evil.com",
            kind: &IndicatorType::DomainName,
            feeds: &feeds,
            confidence: Some(80),
            tlp: None,
            labels: &[],
        };
        let cases = [
            ("{type} {value} ({feeds})", "DomainName evil.com (c2, misp)"),
            ("{{value} {confidence}", "{value} 80"),
            ("[{tlp}{labels}]", "[]"),
            ("", ""),
        ];
        for (text, expected) in cases {
            let template: Template = text.parse().unwrap();
            assert_eq!(template.fill(fill), expected);
            assert_eq!(template.to_string().parse::<Template>().unwrap(), template);
        }
        assert_eq!(
            "{valu}".parse::<Template>(),
            Err(TemplateError::UnknownPlace("valu".to_owned()))
        );
        assert_eq!("a {value".parse::<Template>(), Err(TemplateError::Open));
    }
}
