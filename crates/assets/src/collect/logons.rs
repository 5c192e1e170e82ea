//! Who signed in on which machine.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use tesem_defender::endpoint::User;
use tesem_defender::{DefenderError, MachineId};

use super::hunting::{DeviceQuery, of_all, of_machines};
use super::machines::{MACHINES_FEW, NAMED_MAX};
use super::row::{Row, Rows};
use super::{Collector, LogonRoute, Notice, Watcher, is_barred};
use crate::observed::{Aspect, Observed};

/// How many machines are asked at once, where each is asked for itself.
const MACHINES_AT_ONCE: usize = 8;

pub(super) async fn read(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    if run.options.logons == LogonRoute::Hunting {
        match hunt(run).await {
            Err(error) if is_barred(&error) => run.watcher.notice(&Notice::Instead {
                aspect: Aspect::Logons,
                way: "one call for each machine",
                because: error.to_string(),
            }),
            other => return other,
        }
    }
    ask_each(run).await
}

/// Accounts of the system itself sign in on every machine and tell nothing about it.
const PEOPLE: &str = "| where ActionType == \"LogonSuccess\" and isnotempty(AccountName)\n\
    | where AccountSid !in (\"S-1-5-18\", \"S-1-5-19\", \"S-1-5-20\") and not(AccountSid startswith \"S-1-5-90-\") and not(AccountSid startswith \"S-1-5-96-\")";

const SUMMARY: &str = "| summarize FirstSeen = min(Timestamp), LastSeen = max(Timestamp), LogonTypes = strcat_array(make_set(LogonType), \",\") by DeviceId, AccountName, AccountDomain, AccountSid";

async fn hunt(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    let from = run.hunting_from();
    let all = format!("DeviceLogonEvents\n| where Timestamp >= datetime({from})\n{PEOPLE}");
    let query = |source| DeviceQuery {
        source,
        rest: SUMMARY.to_owned(),
    };
    let new: Vec<MachineId> = run.listed.new.iter().cloned().collect();
    let Some(since) = run.since(Aspect::Logons) else {
        return hunt_all(run, &query(all)).await;
    };
    if new.len() > NAMED_MAX {
        return hunt_all(run, &query(all)).await;
    }
    // On machines where somebody signed in of late, all are read, so that those who no longer do are told from them.
    let of_late = format!(
        "{all}\n| where DeviceId in ((DeviceLogonEvents | where Timestamp >= datetime({since})\n{PEOPLE}\n| distinct DeviceId))"
    );
    let is_large = run.listed.changed.len() > MACHINES_FEW;
    let mut seen = BTreeSet::from_iter(new.iter().cloned());
    let (client, watcher) = (run.client, run.watcher);
    let observed = &mut run.observed;
    let mut each = |rows: &Rows| add(rows, observed, watcher, &mut seen);
    of_all(client, &query(of_late), is_large, &mut each).await?;
    of_machines(client, &query(all), &new, &mut each).await?;
    for machine in &seen {
        run.observed.covers(Aspect::Logons, machine);
    }
    Ok(())
}

async fn hunt_all(run: &mut Collector<'_>, query: &DeviceQuery) -> Result<(), DefenderError> {
    let is_large = run.listed.count > MACHINES_FEW;
    let (client, watcher) = (run.client, run.watcher);
    let observed = &mut run.observed;
    let mut each = |rows: &Rows| add(rows, observed, watcher, &mut BTreeSet::new());
    of_all(client, query, is_large, &mut each).await?;
    run.observed.covers_all(Aspect::Logons);
    Ok(())
}

fn add(
    rows: &Rows,
    observed: &mut Observed,
    watcher: &dyn Watcher,
    seen: &mut BTreeSet<MachineId>,
) -> Result<(), DefenderError> {
    watcher.read(Aspect::Logons, rows.len() as u64);
    for row in rows.iter() {
        if let Some(machine) = row.machine() {
            observed.logon(&machine, &user(row)?);
            seen.insert(machine);
        }
    }
    Ok(())
}

fn user(row: Row<'_>) -> Result<User, DefenderError> {
    let name = row.text("AccountName").unwrap_or_default();
    let id = match row.text("AccountDomain") {
        Some(domain) => format!("{domain}\\{name}"),
        None => name.to_owned(),
    };
    row.record(
        &[
            ("accountName", "AccountName"),
            ("accountDomain", "AccountDomain"),
            ("accountSid", "AccountSid"),
            ("firstSeen", "FirstSeen"),
            ("lastSeen", "LastSeen"),
            ("logonTypes", "LogonTypes"),
        ],
        [("id", json!(id))],
    )
}

/// One call for each machine that was seen anew.
async fn ask_each(run: &mut Collector<'_>) -> Result<(), DefenderError> {
    let machines: Vec<MachineId> = match run.since(Aspect::Logons) {
        Some(_) => run.listed.changed.iter().cloned().collect(),
        None => run.listed.all.iter().cloned().collect(),
    };
    let reader = run.client.reader();
    let ask = |machine: MachineId| {
        let users = reader.machines().logon_users(&machine);
        async move { (machine, users.try_collect::<Vec<User>>().await) }
    };
    let mut answers = stream::iter(machines)
        .map(ask)
        .buffer_unordered(MACHINES_AT_ONCE);
    while let Some((machine, users)) = answers.next().await {
        match users {
            Ok(users) => {
                run.watcher.read(Aspect::Logons, users.len() as u64);
                users
                    .iter()
                    .for_each(|user| run.observed.logon(&machine, user));
                run.observed.covers(Aspect::Logons, &machine);
            }
            // It was deleted since it was listed.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
