//! What the demo tenant keeps between commands: each command starts it anew.

use std::path::{Path, PathBuf};

use tesem_twin::KeptIndicators;

use crate::failure;
use crate::kept::{FOLDER, write_whole};
use crate::terminal::Terminal;

/// The file of the demo tenant's indicators.
const FILE: &str = "demo-indicators.json";

/// Where the demo tenant's custom indicators are kept, and who is told.
#[derive(Debug, Clone)]
pub(crate) struct DemoState {
    path: PathBuf,
    terminal: Terminal,
}

impl DemoState {
    /// Beside the runs in `runs`.
    pub(crate) fn beside(runs: &Path, terminal: &Terminal) -> Self {
        Self {
            path: runs.join(FOLDER).join(FILE),
            terminal: terminal.clone(),
        }
    }

    /// What was kept; nothing where nothing was, or where the file is damaged, which is told.
    pub(crate) fn load(&self) -> Option<KeptIndicators> {
        KeptIndicators::read(&self.path).unwrap_or_else(|error| {
            self.terminal.warn(&format!(
                "{error}; the demo tenant begins with its first indicators again"
            ));
            None
        })
    }

    /// Keeps what the demo tenant has `now`, unless that is what it began with. A failure is told.
    pub(crate) fn save(&self, before: Option<&KeptIndicators>, now: &KeptIndicators) {
        if before == Some(now) {
            return;
        }
        let written = serde_json::to_vec_pretty(now)
            .map_err(anyhow::Error::from)
            .and_then(|text| write_whole(&self.path, &text));
        match written {
            Err(error) => self.terminal.error(&failure::render(
                &error.context("the demo tenant forgets its indicators"),
            )),
            Ok(()) if before.is_none() => self.terminal.say(&format!(
                "the demo tenant keeps its indicators in {}; without that file it begins anew",
                self.path.display()
            )),
            Ok(()) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use clap::Parser as _;
    use tesem_defender::ClientOptions;
    use tesem_state::SystemClock;

    use super::*;
    use crate::settings::Settings;
    use crate::tenants::{self, Opening};

    fn state(runs: &Path) -> DemoState {
        let cli = crate::cli::Cli::parse_from(["tesem", "--quiet", "doctor"]);
        DemoState::beside(runs, &Terminal::new(&cli.common))
    }

    fn some(value: &str) -> KeptIndicators {
        let text = format!(
            r#"{{"last_id": 7, "indicators": [{{"id": "7", "indicatorType": "DomainName", "indicatorValue": "{value}", "action": "Block"}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_has_not_changed_is_not_written() {
        let runs = tempfile::tempdir().unwrap();
        let state = state(runs.path());
        let (one, other) = (some("evil.com"), some("evil.org"));
        assert_eq!(state.load(), None);
        state.save(Some(&one), &one);
        assert_eq!(state.load(), None);
        state.save(None, &one);
        assert_eq!(state.load().as_ref(), Some(&one));
        state.save(Some(&one), &other);
        assert_eq!(state.load().as_ref(), Some(&other));
        let folder = runs.path().join(FOLDER);
        let names = std::fs::read_dir(folder).unwrap();
        assert_eq!(names.count(), 1, "nothing else is left there");
    }

    #[test]
    fn a_damaged_file_is_not_trusted_and_is_replaced() {
        let runs = tempfile::tempdir().unwrap();
        let state = state(runs.path());
        let one = some("evil.com");
        state.save(None, &one);
        let whole = std::fs::read(&state.path).unwrap();
        for end in [0, 1, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&state.path, &whole[..end]).unwrap();
            assert_eq!(state.load(), None, "{end} bytes");
        }
        state.save(None, &one);
        assert_eq!(state.load(), Some(one));
    }

    #[test]
    fn the_demo_tenant_goes_on_where_it_was_asked_to() {
        let runs = tempfile::tempdir().unwrap();
        let kept = some("evil.com");
        state(runs.path()).save(None, &kept);
        let settings = Settings::default();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let values = |demo_state: Option<DemoState>| {
            let opening = Opening {
                settings: &settings,
                hunting: None,
                clock: Arc::new(SystemClock),
                options: ClientOptions::default(),
                demo_state,
            };
            runtime.block_on(async {
                let tenant = tenants::open(tenants::DEMO, &opening).await.unwrap();
                let list = tenant.client.reader().indicators();
                let read: Result<Vec<_>, _> = futures::TryStreamExt::try_collect(
                    list.list(&tesem_defender::ListQuery::default()),
                )
                .await;
                tenant.close().await;
                let values = read.unwrap().into_iter();
                values.filter_map(|one| one.value).collect::<Vec<_>>()
            })
        };
        assert_eq!(values(Some(state(runs.path()))), ["evil.com"]);
        let first = values(None);
        assert!(first.len() > 1 && !first.contains(&"evil.com".to_owned()));
        let other = tempfile::tempdir().unwrap();
        assert_eq!(values(Some(state(other.path()))), first);
        let written = state(other.path()).load().unwrap();
        assert_eq!(written.indicators.len(), first.len());
    }
}
