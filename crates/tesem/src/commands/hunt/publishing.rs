//! What a hunt leaves: files, what is printed, and the exit code.

use std::path::Path;

use anyhow::Context;
use jiff::tz::TimeZone;
use tesem_console::hunt_report::{self, Searched};
use tesem_hunt::output::{
    OutputFiles, OutputOptions, Subject, append_hits, write_all, write_merged, write_whole,
};
use tesem_hunt::{Ending, HuntReport};

use super::asking::Outcome;
use super::party::Run;
use super::schedule::Schedule;
use super::session::Session;
use crate::exit::Exit;
use crate::failure::{advise, render_of};
use crate::settings;
use crate::view;
use crate::view::hunt::{REPORT_FILE, Shown};

/// A run whose files are written.
struct Published {
    run: Run,
    report: HuntReport,
    files: OutputFiles,
    options: OutputOptions,
}

impl Published {
    fn shown(&self) -> Shown<'_> {
        Shown {
            plan: &self.run.plan,
            report: &self.report,
            files: &self.files,
            folder: self.run.folder.path(),
            options: &self.options,
        }
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            folder: &self.run.folder,
            plan: &self.run.plan,
            report: &self.report,
            options: &self.options,
        }
    }
}

impl Session<'_> {
    /// Writes the files of every run, then prints what was found, and says how it ended.
    pub(super) fn publish(&self, path: &Path, outcomes: Vec<Outcome>) -> anyhow::Result<Exit> {
        let is_of_several = outcomes.len() > 1;
        let mut published = Vec::new();
        let mut exits = Vec::new();
        for outcome in outcomes {
            let run = outcome.run;
            match outcome.report {
                Ok(report) => published.push(self.write(run, report)?),
                Err(error) if is_of_several => exits.push(self.failed(&run, &error)),
                Err(error) => return Err(error),
            }
        }
        let merged = is_of_several
            .then(|| self.write_merged(path, &published))
            .transpose()?;
        for one in &published {
            self.note_reported(one)?;
            self.remember(&one.run.invocation.tenant, &one.report)?;
        }
        let shown: Vec<Shown<'_>> = published.iter().map(Published::shown).collect();
        match &merged {
            Some(files) => {
                view::hunt::write_merged(&shown, files, path, self.args.format, self.terminal)?;
            }
            None => {
                for one in &shown {
                    view::hunt::write(one, self.args.format, self.terminal)?;
                }
            }
        }
        for one in &published {
            match self.ending(path, one) {
                Ok(exit) => exits.push(exit),
                Err(error) if is_of_several => exits.push(self.failed(&one.run, &error)),
                Err(error) => return Err(error),
            }
        }
        Ok(worst(&exits))
    }

    fn write_merged(&self, path: &Path, published: &[Published]) -> anyhow::Result<OutputFiles> {
        let subjects: Vec<Subject<'_>> = published.iter().map(Published::subject).collect();
        let packs = published.iter().map(|one| one.files.packs.clone());
        let files = write_merged(path, &subjects, packs.collect())?;
        let all: Vec<&Published> = published.iter().collect();
        self.write_report(path, &all)?;
        Ok(files)
    }

    /// Writes the report of runs into `folder`.
    fn write_report(&self, folder: &Path, published: &[&Published]) -> anyhow::Result<()> {
        let Some(first) = published.first() else {
            return Ok(());
        };
        let portals: Vec<Option<String>> = published
            .iter()
            .map(|one| settings::portal(self.settings, &one.options.tenant).map(Into::into))
            .collect();
        let searched: Vec<Searched<'_>> = published
            .iter()
            .zip(&portals)
            .map(|(one, portal)| Searched {
                tenant: &one.options.tenant,
                folder: &one.run.folder,
                plan: &one.run.plan,
                report: &one.report,
                portal: portal.as_deref(),
            })
            .collect();
        write_whole(&folder.join(REPORT_FILE), |file| {
            hunt_report::write(file, &searched, &first.options.time_zone)
                .map_err(std::io::Error::other)
        })?;
        Ok(())
    }

    fn write(&self, run: Run, report: HuntReport) -> anyhow::Result<Published> {
        let options = OutputOptions {
            time_zone: TimeZone::get(&run.invocation.time_zone)
                .with_context(|| format!("`{}` is no time zone", run.invocation.time_zone))?,
            tenant: run.invocation.tenant.clone(),
        };
        let files = write_all(&run.folder, &run.plan, &report, &options)?;
        // A run that goes on later appends then, so that nothing is appended twice.
        if let (Some(path), Ending::Complete) = (&run.invocation.append, &report.ending) {
            append_hits(path, &run.folder, &run.plan, &report, &options)?;
        }
        let published = Published {
            run,
            report,
            files,
            options,
        };
        self.write_report(published.run.folder.path(), &[&published])?;
        Ok(published)
    }

    /// Moves the cursor of the run's schedule, once its files are written.
    fn note_reported(&self, one: &Published) -> anyhow::Result<()> {
        let Published { run, report, .. } = one;
        let (Some(name), Ending::Complete) = (&run.invocation.new_only, &report.ending) else {
            return Ok(());
        };
        let tenant = &run.invocation.tenant;
        let mut schedule = Schedule::load(&self.args.out, name, tenant)?;
        if schedule.open_run() != Some(run.folder.run().as_str()) {
            return Ok(());
        }
        let cursor = schedule.cursor().clone();
        schedule.reported(cursor.after(&run.folder, &run.plan, report)?)
    }

    /// Says that a tenant of several could not be searched.
    fn failed(&self, run: &Run, error: &anyhow::Error) -> Exit {
        let tenant = &run.invocation.tenant;
        self.terminal.error(&render_of(tenant, error));
        Exit::Failed
    }

    fn ending(&self, path: &Path, one: &Published) -> anyhow::Result<Exit> {
        let go_on = || format!("go on with: {}", self.resume_command(path));
        match &one.report.ending {
            Ending::Cancelled => {
                self.terminal.say(&format!("interrupted; {}", go_on()));
                Ok(Exit::Interrupted)
            }
            Ending::Budget { spent } => {
                let message = format!("stopped: {spent} used up; {}", go_on());
                self.terminal.say(&message);
                Ok(Exit::Partial)
            }
            Ending::Stopped { reason } => {
                let (reason, hint) = reason.split_once("\nhint: ").unwrap_or((reason, ""));
                let hint = if hint.is_empty() {
                    go_on()
                } else {
                    format!("{hint}; then {}", go_on())
                };
                Err(advise(anyhow::anyhow!("the hunt stopped: {reason}"), hint))
            }
            Ending::Complete => Ok(self.complete(one)),
        }
    }

    fn complete(&self, one: &Published) -> Exit {
        let pack_rows = one.files.packs.iter().any(|file| file.rows > 0);
        if self.args.fail_on_hit && (pack_rows || one.report.hits().next().is_some()) {
            return Exit::Hits;
        }
        let nothing_searched = !one.run.plan.asks_something();
        if one.report.is_incomplete() || nothing_searched {
            Exit::Partial
        } else {
            Exit::Done
        }
    }

    fn resume_command(&self, folder: &Path) -> String {
        let config = self.settings.path.as_ref();
        let config = config
            .map(|path| format!(" --config {}", path.display()))
            .unwrap_or_default();
        format!("tesem hunt --resume {}{config}", folder.display())
    }
}

/// Of several runs' endings the one that matters most. Where some failed and others did not, that is a partial success.
pub(crate) fn worst(exits: &[Exit]) -> Exit {
    let order = [Exit::Interrupted, Exit::Hits, Exit::Partial];
    if let Some(exit) = order.into_iter().find(|exit| exits.contains(exit)) {
        return exit;
    }
    let failed = exits.iter().filter(|exit| **exit == Exit::Failed).count();
    match failed {
        0 => Exit::Done,
        all if all == exits.len() => Exit::Failed,
        _ => Exit::Partial,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_endings_the_gravest_counts() {
        assert_eq!(worst(&[Exit::Done, Exit::Partial]), Exit::Partial);
        assert_eq!(worst(&[Exit::Hits, Exit::Partial]), Exit::Hits);
        assert_eq!(worst(&[Exit::Done, Exit::Failed]), Exit::Partial);
        assert_eq!(worst(&[Exit::Failed]), Exit::Failed);
        assert_eq!(worst(&[]), Exit::Done);
    }
}
