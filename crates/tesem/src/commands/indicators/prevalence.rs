//! How many devices blocks would have touched, asked in the tenant before they are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, bail};
use jiff::Timestamp;
use tesem_hunt::{
    Ending, HuntReport, IndicatorId, Intake, Plan, PlanOptions, RunFolder, SERVICE_LOOKBACK,
    Status, Verdict,
};
use tesem_indicators::{Key, observable};
use tesem_state::journal::RunId;

use crate::commands::hunt::asking::Asking;
use crate::commands::hunt::backend::reach;
use crate::commands::hunt::observer::HuntProgress;
use crate::commands::hunt::session::{distinction, holder};
use crate::tenants;

/// What the indicators are called that are asked for.
const SOURCE: &str = "indicators";

/// What a tenant says of its last 30 days.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The devices that each indicator was seen on. Where it is [unknown](Self::unknown), too, there may be more.
    pub(crate) devices: BTreeMap<Key, u64>,
    /// The indicators that were not searched for, or not everywhere, and why. None of them counts as seen nowhere.
    pub(crate) unknown: BTreeMap<Key, String>,
}

/// Asks the tenant `name` for the devices that `keys` were seen on, through the code of `tesem hunt`.
pub(crate) async fn ask(asking: &Asking<'_>, name: &str, keys: &[Key]) -> anyhow::Result<Asked> {
    let wanted = Wanted::of(keys);
    if wanted.intake.indicators.is_empty() {
        return Ok(wanted.answered(&[]));
    }
    let now = asking.clock.now();
    let plan = plan(asking, name, wanted.intake.clone(), now)?;
    let place = tempfile::tempdir().context("there is no room for a search")?;
    let run = RunId::new(now, distinction());
    let mut folder = RunFolder::create(place.path(), run, &plan, now, &holder())
        .context("the folder of the search cannot be made")?;
    let progress = HuntProgress::new(asking.terminal, name, Arc::clone(asking.clock));
    let progress = Arc::new(progress);
    let report = asking.ask(name, None, &plan, &mut folder, &progress).await;
    progress.finish();
    let report = report.context("the devices of the new blocks cannot be counted")?;
    check(&report)?;
    Ok(wanted.answered(&report.verdicts))
}

fn plan(asking: &Asking<'_>, name: &str, intake: Intake, now: Timestamp) -> anyhow::Result<Plan> {
    let tables = reach(tenants::hunting_api(name, asking.settings, None));
    let options = PlanOptions {
        prevalence: true,
        ..PlanOptions::new(now, SERVICE_LOOKBACK, tables)
    };
    tesem_hunt::plan(intake, options).context("the search cannot be planned")
}

fn check(report: &HuntReport) -> anyhow::Result<()> {
    match &report.ending {
        Ending::Complete => Ok(()),
        Ending::Cancelled => bail!("counting the devices of the new blocks was interrupted"),
        Ending::Budget { spent } => bail!("counting the devices of the new blocks took {spent}"),
        Ending::Stopped { reason } => {
            bail!("the devices of the new blocks cannot be counted: {reason}")
        }
    }
}

/// What is asked for.
struct Wanted {
    intake: Intake,
    searched: Vec<(Key, IndicatorId)>,
    unknown: BTreeMap<Key, String>,
}

impl Wanted {
    fn of(keys: &[Key]) -> Self {
        let mut wanted = Self {
            intake: Intake::default(),
            searched: Vec::new(),
            unknown: BTreeMap::new(),
        };
        for (line, key) in (1..).zip(keys) {
            match observable(key) {
                Some(observable) => {
                    let id = wanted.intake.add(SOURCE, line, observable);
                    wanted.searched.push((key.clone(), id));
                }
                None => {
                    let reason = "nothing like it can be searched for".to_owned();
                    wanted.unknown.insert(key.clone(), reason);
                }
            }
        }
        wanted
    }

    fn answered(self, verdicts: &[Verdict]) -> Asked {
        let mut asked = Asked {
            unknown: self.unknown,
            ..Asked::default()
        };
        for (key, id) in self.searched {
            let verdict = verdicts.get(id.index());
            match verdict.map(|verdict| (verdict.status, verdict)) {
                Some((Status::Hit | Status::Clear, verdict)) => {
                    asked.devices.insert(key.clone(), verdict.devices() as u64);
                    if verdict.is_partial {
                        asked.unknown.insert(key, verdict.reason.clone());
                    }
                }
                Some((_, verdict)) => {
                    asked.unknown.insert(key, verdict.reason.clone());
                }
                None => {
                    asked
                        .unknown
                        .insert(key, "it was not searched for".to_owned());
                }
            }
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use tesem_defender::endpoint::IndicatorType;
    use tesem_hunt::{Budget, CancelSource};
    use tesem_state::{Clock, SystemClock};

    use super::*;
    use crate::settings::Settings;
    use crate::terminal::Terminal;

    fn key(kind: IndicatorType, value: &str, group: Option<&str>) -> Key {
        Key::new(kind, value, group.map(str::to_owned))
    }

    fn in_the_demo_tenant(keys: &[Key], cancel: &CancelSource) -> anyhow::Result<Asked> {
        let cli = crate::cli::Cli::parse_from(["tesem", "--quiet", "doctor"]);
        let terminal = Terminal::new(&cli.common);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let settings = Settings::default();
        let asking = Asking {
            settings: &settings,
            terminal: &terminal,
            clock: &clock,
            cancel: cancel.token(),
            budget: Budget::default(),
        };
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(ask(&asking, tenants::DEMO, keys))
    }

    #[test]
    fn devices_are_counted_and_what_cannot_be_searched_is_told() {
        let keys = [
            key(IndicatorType::DomainName, "google.com", None),
            key(IndicatorType::DomainName, "google.com", Some("Servers")),
            key(IndicatorType::IpAddress, "203.0.113.7", None),
            key(IndicatorType::IpAddress, "203.0.113.9", None),
            key(IndicatorType::WebCategory, "Gambling", None),
        ];
        let asked = in_the_demo_tenant(&keys, &CancelSource::new()).unwrap();
        let devices: Vec<u64> = keys[..4].iter().map(|key| asked.devices[key]).collect();
        assert!(devices[0] > 50 && devices[1] == devices[0], "{devices:?}");
        assert!(
            (1..50).contains(&devices[2]) && devices[3] == 0,
            "{devices:?}"
        );
        let unknown: Vec<&Key> = asked.unknown.keys().collect();
        assert_eq!(unknown, [&keys[4]], "{asked:?}");
        let cancel = CancelSource::new();
        cancel.cancel();
        let error = in_the_demo_tenant(&keys, &cancel).unwrap_err();
        assert!(error.to_string().contains("interrupted"), "{error:#}");
    }

    #[test]
    fn an_indicator_without_a_verdict_does_not_count_as_seen_nowhere() {
        let keys = [key(IndicatorType::DomainName, "evil.com", None)];
        let asked = Wanted::of(&keys).answered(&[]);
        assert!(asked.devices.is_empty());
        assert_eq!(asked.unknown.len(), 1);
    }
}
