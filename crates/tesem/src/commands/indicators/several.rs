//! Reading the lists of several tenants, side by side.

use futures::future::join_all;
use jiff::Timestamp;
use tesem_indicators::export::Subject;
use tesem_indicators::{CAPACITY, Filter, Listing, Summary};

use super::reading::{Reading, read_tenant};
use super::selection::SelectionArgs;
use crate::exit::Exit;
use crate::failure::render_of;
use crate::settings::Settings;
use crate::terminal::Terminal;
use crate::view::table::{counted, printable, thousands};

/// What a tenant has, and what of it is wanted.
#[derive(Debug)]
pub(super) struct TenantListing {
    /// The tenant, as it is called in the configuration.
    pub(super) name: String,
    tenant_id: String,
    /// The indicators that are wanted.
    pub(super) listing: Listing,
    /// Counts all that it has.
    summary: Summary,
    sees_only_own: bool,
    is_filtered: bool,
}

impl TenantListing {
    fn new(name: String, reading: Reading, filter: &Filter, now: Timestamp) -> Self {
        let all = Listing::new(reading.indicators, &reading.owner);
        Self {
            name,
            tenant_id: reading.tenant_id,
            summary: Summary::of(&all, now),
            listing: all.filtered(filter, now),
            sees_only_own: reading.sees_only_own,
            is_filtered: !filter.is_open(),
        }
    }

    /// What is to be written of it.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            tenant: &self.name,
            tenant_id: &self.tenant_id,
            items: self.listing.items(),
        }
    }

    /// Says how full the tenant is, and who filled it.
    pub(super) fn tell(&self, terminal: &Terminal) {
        if self.sees_only_own {
            terminal.warn(&format!(
                "{}: the app has Ti.ReadWrite and not Ti.ReadWrite.All, and so sees its own indicators only; others may fill more places",
                printable(&self.name)
            ));
        }
        terminal.say(&printable(&format!("{}: {}", self.name, self.makers())));
        terminal.say(&format!("  {}", places(&self.summary)));
        if self.is_filtered {
            let shown = counted(self.listing.items().len() as u64, "indicator");
            terminal.say(&format!("  {shown} pass the filters"));
        }
    }

    /// `12 indicators, 4 ours, 8 of others (ann 5, OpenCTI 3)`.
    fn makers(&self) -> String {
        let summary = &self.summary;
        let total = counted(summary.total as u64, "indicator");
        let others = summary.total - summary.ours;
        let mut text = format!(
            "{total}, {} ours, {} of others",
            thousands(summary.ours as u64),
            thousands(others as u64)
        );
        let maker = |(name, count): &(String, usize)| {
            let name = if name.is_empty() {
                "nobody named"
            } else {
                name
            };
            format!("{name} {}", thousands(*count as u64))
        };
        let makers: Vec<String> = summary.others.iter().map(maker).collect();
        if !makers.is_empty() {
            text.push_str(&format!(" ({})", makers.join(", ")));
        }
        text
    }
}

/// `12 of 15,000 places used, 14,988 free; 2 of ours end within 30 days`.
fn places(summary: &Summary) -> String {
    format!(
        "{} of {} places used, {} free; {} of ours end within 30 days",
        thousands(summary.total as u64),
        thousands(CAPACITY as u64),
        thousands(summary.free() as u64),
        thousands(summary.ours_ending_soon as u64)
    )
}

/// What came of all tenants.
#[derive(Debug)]
pub(super) struct Readings {
    /// Those that could be read.
    pub(super) tenants: Vec<TenantListing>,
    /// How many were asked.
    asked: usize,
}

impl Readings {
    /// Whether more than one tenant was asked.
    pub(super) fn is_of_several(&self) -> bool {
        self.asked > 1
    }

    /// What is to be written.
    pub(super) fn subjects(&self) -> Vec<Subject<'_>> {
        self.tenants.iter().map(TenantListing::subject).collect()
    }

    /// How the command ends, all else being well.
    pub(super) fn exit(&self) -> Exit {
        match self.tenants.len() {
            0 => Exit::Failed,
            read if read < self.asked => Exit::Partial,
            _ => Exit::Done,
        }
    }
}

/// Reads the tenants `names` side by side, each under its own quota. One of several that fails does not stop the others; its error is told.
pub(super) async fn read_all(
    names: Vec<String>,
    args: &SelectionArgs,
    settings: &Settings,
    now: Timestamp,
    terminal: &Terminal,
) -> anyhow::Result<Readings> {
    let filter = args.filter();
    let application = &args.application(settings)?;
    let asked = names.len();
    let read = |name: String| async move {
        let reading = read_tenant(&name, application, settings, &args.runs, terminal).await;
        (name, reading)
    };
    let mut tenants = Vec::new();
    for (name, reading) in join_all(names.into_iter().map(read)).await {
        match reading {
            Ok(reading) => tenants.push(TenantListing::new(name, reading, &filter, now)),
            Err(error) if asked > 1 => terminal.error(&render_of(&name, &error)),
            Err(error) => return Err(error),
        }
    }
    Ok(Readings { tenants, asked })
}
