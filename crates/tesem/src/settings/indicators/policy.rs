//! `[indicators.policy]`, `[indicators.policies.NAME]`, and the flags over both.

use serde::{Deserialize, Deserializer};
use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity};
use tesem_indicators::{Expiry, Policy, Template};

use super::file::{keys, of};
use super::words;

/// What a section or the flags say about a policy; the rest is as it was below.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, default)]
#[command(next_help_heading = "Policy, over the configuration's")]
pub(crate) struct PolicyFile {
    /// What happens on a match: Audit, Warn, Block, BlockAndRemediate or Allowed
    #[arg(long, value_name = "ACTION", value_parser = words::action)]
    #[serde(deserialize_with = "action")]
    pub(crate) action: Option<IndicatorAction>,
    /// How bad a match is: Informational, Low, Medium or High
    #[arg(long, value_name = "SEVERITY", value_parser = words::severity)]
    #[serde(deserialize_with = "severity")]
    pub(crate) severity: Option<IndicatorSeverity>,
    /// Title; {value}, {type}, {feeds}, {confidence}, {tlp} and {labels} are filled in
    #[arg(long, value_name = "TEXT", value_parser = words::template)]
    #[serde(deserialize_with = "title")]
    pub(crate) title: Option<Template>,
    /// Description, filled as the title is
    #[arg(long, value_name = "TEXT", value_parser = words::template)]
    #[serde(deserialize_with = "description")]
    pub(crate) description: Option<Template>,
    /// What to do about a match; an empty text takes it away
    #[arg(long, value_name = "TEXT")]
    #[serde(deserialize_with = "recommended_actions")]
    pub(crate) recommended_actions: Option<String>,
    /// How long an indicator lives, such as 365d, or `never`
    #[arg(long, value_name = "SPAN", value_parser = words::expiry)]
    #[serde(deserialize_with = "expiry")]
    pub(crate) expiry: Option<Expiry>,
    /// Device group that it holds for, all where none is named; may be repeated
    #[arg(long = "group", value_name = "NAME", value_parser = words::group)]
    #[serde(deserialize_with = "groups")]
    pub(crate) groups: Option<Vec<String>>,
    /// Whether a match raises an alert; Audit always does
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(deserialize_with = "generate_alert")]
    pub(crate) generate_alert: Option<bool>,
    /// Page to show to a user who is stopped; an empty text takes it away
    #[arg(long, value_name = "URL", value_parser = words::page)]
    #[serde(deserialize_with = "educate_url")]
    pub(crate) educate_url: Option<String>,
    /// Most indicators of a source, the best ones
    #[arg(long, value_name = "COUNT", value_parser = words::count)]
    #[serde(deserialize_with = "maximum")]
    pub(crate) maximum: Option<usize>,
    /// Most addresses that a range is written out to
    #[arg(long, value_name = "COUNT", value_parser = words::count)]
    #[serde(deserialize_with = "range_max")]
    pub(crate) range_max: Option<usize>,
}

keys! {
    action -> IndicatorAction = text(words::action),
    severity -> IndicatorSeverity = text(words::severity),
    title -> Template = text(words::template),
    description -> Template = text(words::template),
    recommended_actions -> String = text(words::parsed),
    expiry -> Expiry = text(words::expiry),
    educate_url -> String = text(words::page),
    maximum -> usize = number(words::count),
    range_max -> usize = number(words::count),
}

fn generate_alert<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    let given = bool::deserialize(from).map_err(|error| of("generate_alert", error))?;
    Ok(Some(given))
}

fn groups<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    let given = Vec::<String>::deserialize(from).map_err(|error| of("groups", error))?;
    let names: Result<Vec<String>, String> = given.iter().map(|name| words::group(name)).collect();
    names.map(Some).map_err(|error| of("groups", error))
}

impl PolicyFile {
    /// What is said here over `below`.
    pub(crate) fn over(&self, below: Policy) -> Policy {
        let text = |own: &Option<String>, below: Option<String>| match own {
            Some(own) => Some(own.clone()).filter(|own| !own.is_empty()),
            None => below,
        };
        Policy {
            action: self.action.clone().unwrap_or(below.action),
            severity: self.severity.clone().unwrap_or(below.severity),
            title: self.title.clone().unwrap_or(below.title),
            description: self.description.clone().unwrap_or(below.description),
            recommended_actions: text(&self.recommended_actions, below.recommended_actions),
            expiry: self.expiry.unwrap_or(below.expiry),
            groups: match &self.groups {
                Some(groups) => groups.iter().cloned().collect(),
                None => below.groups,
            },
            generate_alert: self.generate_alert.unwrap_or(below.generate_alert),
            educate_url: text(&self.educate_url, below.educate_url),
            maximum: self.maximum.or(below.maximum),
            range_max: self.range_max.unwrap_or(below.range_max),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches};

    use super::*;

    fn flags(words: &[&str]) -> Result<PolicyFile, clap::Error> {
        let command = PolicyFile::augment_args(clap::Command::new("plan"));
        let matches = command.try_get_matches_from([&["plan"], words].concat())?;
        PolicyFile::from_arg_matches(&matches)
    }

    #[test]
    fn flags_say_what_the_file_says() {
        let file: PolicyFile = toml::from_str(
            "action = 'block'\nseverity = 'HIGH'\ntitle = '{value}'\ndescription = 'of {feeds}'\n\
             recommended_actions = 'ask'\nexpiry = '30d'\ngroups = ['A', 'B']\ngenerate_alert = false\n\
             educate_url = 'https://e.example/'\nmaximum = 7\nrange_max = 8",
        )
        .unwrap();
        let line = "--action block --severity HIGH --title {value} --recommended-actions ask --expiry 30d --group A --group B \
                    --generate-alert=false --educate-url https://e.example/ --maximum 7 --range-max 8";
        let mut words: Vec<&str> = line.split_whitespace().collect();
        words.extend(["--description", "of {feeds}"]);
        let given = flags(&words).unwrap();
        assert_eq!(given, file);
        assert_eq!(flags(&[]).unwrap(), PolicyFile::default());
        assert_eq!(
            flags(&["--generate-alert"]).unwrap().generate_alert,
            Some(true)
        );
        let policy = file.over(Policy::default());
        assert_eq!(policy.groups, ["A".to_owned(), "B".to_owned()].into());
        assert_eq!((policy.maximum, policy.range_max), (Some(7), 8));
        assert!(!policy.generate_alert);
    }

    #[test]
    fn what_is_not_said_stays_and_an_empty_text_takes_away() {
        let below = Policy {
            recommended_actions: Some("ask".to_owned()),
            educate_url: Some("https://e.example/".to_owned()),
            groups: ["A".to_owned()].into(),
            maximum: Some(7),
            ..Policy::default()
        };
        assert_eq!(PolicyFile::default().over(below.clone()), below);
        let taken = PolicyFile {
            recommended_actions: Some(String::new()),
            educate_url: Some(String::new()),
            groups: Some(Vec::new()),
            ..PolicyFile::default()
        };
        let policy = taken.over(below);
        let left = (policy.recommended_actions, policy.educate_url);
        assert_eq!(left, (None, None));
        assert!(policy.groups.is_empty() && policy.maximum == Some(7));
    }

    #[test]
    fn wrong_flags_are_refused_with_what_is_allowed() {
        let cases = [
            (["--action", "blok"], "Audit, Warn, Block"),
            (["--severity", "x"], "Informational (info), Low"),
            (["--title", "{valu}"], "there is no `{valu}`"),
            (["--description", ""], "it is empty"),
            (["--expiry", "0d"], "`never`"),
            (["--maximum", "0"], "from 1 to 15000"),
            (["--educate-url", "x"], "no http(s) address"),
        ];
        for (words, expected) in cases {
            let error = flags(&words).unwrap_err().to_string();
            assert!(error.contains(expected), "{words:?}: {error}");
        }
    }
}
