//! `[indicators]`: how the tenant's custom indicators are kept as feeds and files want them.

mod file;
mod policy;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use tesem_indicators::{APPLICATION_DEFAULT, Limit, Percent, PlanOptions, Policy};

pub(crate) use file::{IndicatorsFile, Withdraw};
pub(crate) use policy::PolicyFile;

use super::Settings;
use crate::failure::UsageError;

/// A source that lost more than this, in percent, since its last complete pull counts as incomplete.
const SHRINK: u8 = 50;

/// How much of ours one run may withdraw, in percent.
const ALLOW_DELETES: u8 = 20;

/// A block that would have touched more devices becomes Audit.
const AUDIT_ABOVE: u64 = 10;

/// `[indicators]`, read and checked.
#[derive(Debug, Clone)]
pub(crate) struct IndicatorSettings {
    /// The label by which ours are told from others'.
    pub(crate) application: String,
    /// The feeds that a plan takes where nothing is named, each once, the best first.
    pub(crate) feeds: Vec<String>,
    /// Places that are left for people and other tools.
    pub(crate) reserve: usize,
    /// Indicators are renewed when less than this is left.
    pub(crate) renew_before: SignedDuration,
    /// How long an indicator stays after its source no longer is configured.
    pub(crate) grace: SignedDuration,
    /// A feed that lost more than this share since its last complete pull counts as incomplete.
    pub(crate) shrink: Percent,
    /// How many of ours one run may withdraw.
    pub(crate) allow_deletes: Limit,
    /// How they go.
    pub(crate) withdraw: Withdraw,
    /// A block that would have touched more devices becomes Audit.
    pub(crate) audit_above: u64,
    /// Whether the devices of new blocks are counted: always where the file says how many there may be.
    pub(crate) prevalence: bool,
    policy: PolicyFile,
    policies: BTreeMap<String, PolicyFile>,
}

impl IndicatorSettings {
    /// What the file says, over the defaults.
    ///
    /// # Errors
    /// [`UsageError`] for a name that is no feed.
    pub(crate) fn new(settings: &Settings) -> Result<Self, UsageError> {
        let file = &settings.file.indicators;
        check_names(settings)?;
        let usual = PlanOptions::new(Timestamp::UNIX_EPOCH);
        let share = |percent| Percent::new(percent).unwrap_or(Percent::ALL);
        let mut seen = BTreeSet::new();
        let once = file.feeds.iter().filter(|name| seen.insert(*name));
        Ok(Self {
            application: file
                .application
                .clone()
                .unwrap_or_else(|| APPLICATION_DEFAULT.to_owned()),
            feeds: once.cloned().collect(),
            reserve: file.reserve.unwrap_or(usual.room.reserve),
            renew_before: file.renew_before.unwrap_or(usual.renew_before),
            grace: file.grace.unwrap_or(usual.grace),
            shrink: file.shrink.unwrap_or(share(SHRINK)),
            allow_deletes: file
                .allow_deletes
                .unwrap_or(Limit::Share(share(ALLOW_DELETES))),
            withdraw: file.withdraw,
            audit_above: file.audit_above.unwrap_or(AUDIT_ABOVE),
            prevalence: file.audit_above.is_some(),
            policy: file.policy.clone(),
            policies: file.policies.clone(),
        })
    }

    /// What is done with the indicators of `source`, a feed or a file.
    pub(crate) fn policy(&self, source: &str) -> Policy {
        let common = self.policy.over(Policy::default());
        match self.policies.get(source) {
            Some(own) => own.over(common),
            None => common,
        }
    }
}

fn check_names(settings: &Settings) -> Result<(), UsageError> {
    let file = &settings.file.indicators;
    let is_feed = |name: &&String| settings.file.feeds.contains_key(*name);
    let listed = file.feeds.iter().find(|name| !is_feed(name));
    let dressed = file.policies.keys().find(|name| !is_feed(name));
    let message = match (listed, dressed) {
        (Some(name), _) => format!("`feeds` of [indicators] names `{name}`, which is no feed"),
        (None, Some(name)) => format!("[indicators.policies.{name}] is for no feed"),
        (None, None) => return Ok(()),
    };
    let known: Vec<&str> = settings.file.feeds.keys().map(String::as_str).collect();
    let hint = match known.as_slice() {
        [] => "no feed is configured; describe it in [feeds.NAME]".to_owned(),
        known => format!("there are {}", known.join(", ")),
    };
    Err(UsageError::new(message).with_hint(hint))
}

#[cfg(test)]
mod tests {
    use super::super::SettingsFile;
    use super::*;
    use crate::failure;
    use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity};

    const FEEDS: &str = "[feeds.c2]\nkind = \"text\"\nurl = \"a.txt\"\n[feeds.partners]\nkind = \"text\"\nurl = \"b.txt\"\n";

    fn read(text: &str) -> Result<IndicatorSettings, UsageError> {
        let settings = Settings {
            file: SettingsFile::parse(&format!("{text}\n{FEEDS}"))?,
            path: None,
        };
        IndicatorSettings::new(&settings)
    }

    #[test]
    fn the_documented_section_is_read() {
        let settings = read(
            r#"
            [indicators]
            application = "SOC"
            feeds = ["partners", "c2", "partners"]
            reserve = 200
            renew_before = "10d"
            grace = "3d"
            shrink = "40%"
            allow_deletes = 100
            withdraw = "expire"
            audit_above = 0
            [indicators.policy]
            action = "warn"
            severity = "high"
            expiry = "never"
            groups = ["Servers"]
            [indicators.policies.c2]
            action = "AlertAndBlock"
            groups = []
            "#,
        )
        .unwrap();
        assert_eq!(settings.application, "SOC");
        assert_eq!(settings.feeds, ["partners", "c2"]);
        assert_eq!(settings.reserve, 200);
        let days = |count: i64| SignedDuration::from_hours(24 * count);
        assert_eq!((settings.renew_before, settings.grace), (days(10), days(3)));
        assert_eq!(settings.shrink.to_string(), "40%");
        assert_eq!(settings.allow_deletes, Limit::Count(100));
        assert_eq!(settings.withdraw, Withdraw::Expire);
        assert_eq!(settings.audit_above, 0);
        let partners = settings.policy("partners");
        assert_eq!(partners.action, IndicatorAction::Warn);
        assert_eq!(partners.groups, ["Servers".to_owned()].into());
        let c2 = settings.policy("c2");
        assert_eq!(c2.action, IndicatorAction::AlertAndBlock);
        assert_eq!(c2.severity, IndicatorSeverity::High);
        assert!(c2.groups.is_empty());
    }

    #[test]
    fn without_a_section_everything_is_usual() {
        let settings = read("").unwrap();
        let usual = PlanOptions::new(Timestamp::UNIX_EPOCH);
        assert_eq!(settings.application, "Tesem");
        assert_eq!((settings.reserve, settings.audit_above), (0, 10));
        assert_eq!(settings.renew_before, usual.renew_before);
        assert_eq!(settings.grace, usual.grace);
        assert_eq!(
            (
                settings.shrink.to_string(),
                settings.allow_deletes.to_string()
            ),
            ("50%".to_owned(), "20%".to_owned())
        );
        assert_eq!(settings.withdraw, Withdraw::Delete);
        assert!(settings.feeds.is_empty());
        assert_eq!(settings.policy("list.txt"), Policy::default());
    }

    /// Sections, and what is said of each.
    const WRONG: &[(&str, &str)] = &[
        ("aplication = \"x\"", "unknown field `aplication`"),
        ("application = \" \"", "`application`: it is empty"),
        ("application = true", "`application`: it should be a text"),
        ("feeds = [\"c3\"]", "names `c3`, which is no feed"),
        (
            "reserve = -1",
            "`reserve`: `-1` is no number from 0 to 15000",
        ),
        ("reserve = \"x\"", "`reserve`: invalid type"),
        (
            "grace = 7",
            "`grace`: `7` is no span of time; write it as `7d`",
        ),
        (
            "renew_before = \"soon\"",
            "`renew_before`: `soon` is no span",
        ),
        ("shrink = \"120%\"", "`shrink`: `120%` is no share"),
        (
            "shrink = 50",
            "`shrink`: `50` is no share; write one from `0%`",
        ),
        (
            "allow_deletes = \"few\"",
            "`allow_deletes`: `few` is no limit",
        ),
        (
            "withdraw = \"drop\"",
            "`withdraw`: unknown variant `drop`, expected `delete` or `expire`",
        ),
        ("audit_above = -3", "`audit_above`: `-3` is no number"),
        ("policy = { actoin = \"x\" }", "unknown field `actoin`"),
        (
            "policy = { action = \"blok\" }",
            "`action`: there is no action `blok`; there are Allowed",
        ),
        (
            "policy = { severity = \"x\" }",
            "`severity`: there is no severity `x`; there are Info",
        ),
        (
            "policy = { title = \"{valu}\" }",
            "`title`: there is no `{valu}`",
        ),
        (
            "policy = { description = \"\" }",
            "`description`: it is empty",
        ),
        ("policy = { expiry = \"0d\" }", "`expiry`: `0d` is no life"),
        ("policy = { groups = [\"\"] }", "`groups`: it is empty"),
        ("policy = { groups = \"A\" }", "`groups`: invalid type"),
        (
            "policy = { generate_alert = 1 }",
            "`generate_alert`: invalid type",
        ),
        (
            "policy = { educate_url = \"x\" }",
            "`educate_url`: `x` is no http(s)",
        ),
        (
            "policy = { maximum = 0 }",
            "`maximum`: `0` is no number from 1 to 15000",
        ),
        (
            "policy = { range_max = 99999 }",
            "`range_max`: `99999` is no number",
        ),
        (
            "policies = { c2 = { action = \"x\" } }",
            "`action`: there is no action `x`",
        ),
        (
            "policies = { c3 = {} }",
            "[indicators.policies.c3] is for no feed",
        ),
    ];

    #[test]
    fn a_wrong_value_is_told_with_its_key_and_what_is_allowed() {
        for (text, expected) in WRONG {
            let error = read(&format!("[indicators]\n{text}")).unwrap_err();
            let told = error.to_string();
            assert!(told.contains(expected), "{text}: {told}");
            let is_of_names = told.contains("no feed");
            assert!(is_of_names || told.starts_with("line 2, column "), "{told}");
            if is_of_names {
                let shown = failure::render(&error.into());
                assert!(shown.contains("hint: there are c2, partners"), "{shown}");
            }
        }
    }
}
