//! A tenant of many machines, as a data directory of the twin: what imports of assets are measured with.
//!
//! The same arguments give the same bytes. `--day N` is the same tenant N days later: on each of these days one machine in a hundred
//! reports again, with another address, a user more and one less, a vulnerability more and one less; two machines have been silent for
//! more than 15 days, two are new, three alerts are resolved and three are raised.

mod columns;
mod entities;
mod plan;
mod tables;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use plan::Plan;

/// The twin serves no directory that holds this.
const UNFINISHED: &str = ".unfinished";

/// Which tenant is written, and where.
#[derive(Debug, Args)]
pub(crate) struct AssetTenantArgs {
    /// Directory to write; it must be empty or not be there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Machines on day 0
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    machines: u32,
    /// Users that logged on to each machine, of 20,000
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=600))]
    logons: u32,
    /// Vulnerabilities of each machine, ten to a program
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    vulnerabilities: u32,
    /// Alerts on day 0
    #[arg(long, value_name = "COUNT", default_value_t = 500, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    alerts: u32,
    /// How many days later
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=i64::from(plan::DAYS_MAX)))]
    day: u32,
    /// What time it is on day 0; on day N it is N days later
    #[arg(long, value_name = "TIME", default_value = "2026-11-28T00:00:00Z")]
    now: Timestamp,
}

/// Writes the tenant, and says what time it is there.
pub(crate) fn run(args: &AssetTenantArgs) -> anyhow::Result<Timestamp> {
    let plan = Plan::new(args);
    let now = Timestamp::from_second(plan.now()).context("`--now` is out of range")?;
    let out = &args.out;
    prepare(out).with_context(|| format!("cannot use {}", out.display()))?;
    let mark = out.join(UNFINISHED);
    fs::write(&mark, "")?;
    write_all(&plan, out).with_context(|| format!("cannot write into {}", out.display()))?;
    fs::remove_file(&mark)?;
    Ok(now)
}

fn prepare(out: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(out)?;
    if fs::read_dir(out)?.next().is_some() {
        bail!("it is not empty");
    }
    Ok(fs::create_dir(out.join("tables"))?)
}

fn write_all(plan: &Plan, out: &Path) -> anyhow::Result<()> {
    let tenant = serde_json::to_vec_pretty(&entities::tenant())?;
    fs::write(out.join("tenant.json"), tenant)?;
    let at_risk = plan.at_risk();
    let shown = |machine| entities::machine(plan, &machine, &at_risk);
    let machines = plan.machines().map(shown);
    write_list(&out.join("machines.json"), machines)?;
    let alerts = plan.alerts().map(|alert| entities::alert(plan, &alert));
    write_list(&out.join("alerts.json"), alerts)?;
    let fixed = plan
        .machines()
        .filter_map(|machine| entities::fixed(plan, &machine));
    write_list(&out.join("vulnerabilitychanges.json"), fixed)?;
    write_users(plan, &out.join("logonusers.json"))?;
    tables::write(plan, &out.join("tables"))
}

/// A JSON array, an item a line.
fn write_list(path: &Path, items: impl Iterator<Item = impl Serialize>) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut mark = "[";
    for item in items {
        writeln!(file, "{mark}")?;
        serde_json::to_writer(&mut file, &item)?;
        mark = ",";
    }
    let end = if mark == "[" { "[]" } else { "\n]" };
    writeln!(file, "{end}")?;
    Ok(file.flush()?)
}

/// The users by id of the machine, a machine a line.
fn write_users(plan: &Plan, path: &Path) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut mark = "{";
    for machine in plan.machines() {
        write!(file, "{mark}\n\"{}\": ", machine.id())?;
        let users: Vec<_> = machine.logons(plan).collect();
        let users = users.iter().map(|logon| entities::user(&machine, logon));
        serde_json::to_writer(&mut file, &users.collect::<Vec<_>>())?;
        mark = ",";
    }
    writeln!(file, "\n}}")?;
    Ok(file.flush()?)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use serde_json::Value;

    use super::*;

    fn args(out: &Path, day: u32) -> AssetTenantArgs {
        AssetTenantArgs {
            out: out.to_owned(),
            machines: 10,
            logons: 3,
            vulnerabilities: 20,
            alerts: 5,
            day,
            now: "2026-11-28T00:00:00Z".parse().unwrap(),
        }
    }

    /// All files below a directory.
    fn bytes(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(bytes(&path));
            } else {
                found.insert(path.clone(), fs::read(path).unwrap());
            }
        }
        found
    }

    fn written(day: u32) -> (tempfile::TempDir, Timestamp) {
        let directory = tempfile::tempdir().unwrap();
        let now = run(&args(directory.path(), day)).unwrap();
        (directory, now)
    }

    fn list(directory: &tempfile::TempDir, name: &str) -> Vec<Value> {
        let text = fs::read(directory.path().join(name)).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    fn instant(value: &Value, name: &str) -> Timestamp {
        value[name].as_str().unwrap().parse().unwrap()
    }

    #[test]
    fn two_runs_give_the_same_bytes() {
        let ((first, _), (second, _)) = (written(3), written(3));
        let names = |files: &BTreeMap<PathBuf, Vec<u8>>, base: &Path| -> Vec<(PathBuf, Vec<u8>)> {
            let own = |(path, bytes): (&PathBuf, &Vec<u8>)| {
                (path.strip_prefix(base).unwrap().to_owned(), bytes.clone())
            };
            files.iter().map(own).collect()
        };
        let first = names(&bytes(first.path()), first.path());
        assert_eq!(first, names(&bytes(second.path()), second.path()));
        assert_eq!(first.len(), 11, "the mark of an unfinished one is gone");
    }

    #[test]
    fn a_day_later_one_in_a_hundred_has_reported_again() {
        let ((before, then), (after, now)) = (written(0), written(1));
        let (before, after) = (
            list(&before, "machines.json"),
            list(&after, "machines.json"),
        );
        assert_eq!((before.len(), after.len()), (10, 12));
        let is_late = |machine: &&Value| instant(machine, "lastSeen") > then;
        assert_eq!(before.iter().filter(is_late).count(), 0);
        let late: Vec<&Value> = after.iter().filter(is_late).collect();
        assert_eq!(late.len(), 3, "one that was there, two new ones");
        assert!(
            late.iter()
                .all(|machine| instant(machine, "lastSeen") <= now)
        );
        assert_eq!(late[0]["id"], before[1]["id"]);
        assert_ne!(late[0]["lastIpAddress"], before[1]["lastIpAddress"]);
        let silent = |machines: &[Value], now: Timestamp| {
            let days = |machine: &Value| now.duration_since(instant(machine, "lastSeen"));
            machines
                .iter()
                .filter(|machine| days(machine).as_hours() > 15 * 24)
                .count()
        };
        assert_eq!((silent(&before, then), silent(&after, now)), (0, 2));
    }

    #[test]
    fn a_day_later_a_user_came_and_one_went() {
        let ((before, _), (after, _)) = (written(0), written(1));
        let users = |directory: &tempfile::TempDir| {
            let text = fs::read(directory.path().join("logonusers.json")).unwrap();
            let all: BTreeMap<String, Vec<Value>> = serde_json::from_slice(&text).unwrap();
            let pairs = all.iter().flat_map(|(machine, users)| {
                users
                    .iter()
                    .map(move |user| format!("{machine} {}", user["id"]))
            });
            (all.len(), pairs.collect::<BTreeSet<String>>())
        };
        let ((_, before), (machines, after)) = (users(&before), users(&after));
        assert_eq!((machines, before.len(), after.len()), (12, 30, 36));
        assert_eq!(before.difference(&after).count(), 1);
        assert_eq!(after.difference(&before).count(), 1 + 2 * 3);
    }

    #[test]
    fn a_day_later_a_vulnerability_is_closed_and_alerts_are_resolved() {
        let ((before, then), (after, now)) = (written(0), written(1));
        assert!(list(&before, "vulnerabilitychanges.json").is_empty());
        let fixed = list(&after, "vulnerabilitychanges.json");
        assert_eq!(
            (fixed.len(), &fixed[0]["status"]),
            (1, &Value::from("Fixed"))
        );
        let at = instant(&fixed[0], "eventTimestamp");
        assert!(then < at && at <= now);
        let resolved = |directory| {
            let alerts = list(directory, "alerts.json");
            let done = alerts.iter().filter(|alert| alert["status"] == "Resolved");
            (alerts.len(), done.count())
        };
        assert_eq!((resolved(&before), resolved(&after)), ((5, 0), (8, 3)));
    }

    /// The cells of some columns, a row joined to a text.
    fn rows(directory: &tempfile::TempDir, table: &str, columns: &[&str]) -> BTreeSet<String> {
        let path = directory.path().join(format!("tables/{table}.parquet"));
        let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
        let mut found = BTreeSet::new();
        for row in reader.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            let cell = |wanted: &&str| {
                let mut cells = row.get_column_iter();
                let (_, cell) = cells.find(|(name, _)| name.as_str() == *wanted).unwrap();
                cell.to_string().replace('"', "")
            };
            let row: Vec<String> = columns.iter().map(cell).collect();
            assert!(found.insert(row.join(" ")), "{row:?} is there twice");
        }
        found
    }

    #[test]
    fn tables_tell_the_same_logons_as_the_users_of_machines() {
        let (directory, _) = written(2);
        let text = fs::read(directory.path().join("logonusers.json")).unwrap();
        let all: BTreeMap<String, Vec<Value>> = serde_json::from_slice(&text).unwrap();
        let users = all.iter().flat_map(|(machine, users)| {
            users.iter().map(move |user| {
                let at = instant(user, "lastSeen").strftime("%Y-%m-%d %H:%M:%S.%3f +00:00");
                format!("{machine} {} {at}", user["accountName"].as_str().unwrap())
            })
        });
        let columns = ["DeviceId", "AccountName", "Timestamp"];
        let logons = rows(&directory, "DeviceLogonEvents", &columns);
        assert_eq!(logons, users.collect::<BTreeSet<String>>());
    }

    #[test]
    fn tables_lose_what_was_fixed_and_hold_what_is_new() {
        let ((before, _), (after, _)) = (written(0), written(1));
        let weaknesses = |directory| {
            rows(
                directory,
                "DeviceTvmSoftwareVulnerabilities",
                &["DeviceId", "CveId"],
            )
        };
        let (then, now) = (weaknesses(&before), weaknesses(&after));
        assert_eq!((then.len(), now.len()), (200, 240));
        let fixed = list(&after, "vulnerabilitychanges.json");
        let fixed = fixed
            .iter()
            .map(|row| format!("{} {}", row["deviceId"], row["cveId"]));
        let fixed: BTreeSet<String> = fixed.map(|pair| pair.replace('"', "")).collect();
        assert_eq!(
            then.difference(&now).cloned().collect::<BTreeSet<_>>(),
            fixed
        );
        assert_eq!(now.difference(&then).count(), 1 + 2 * 20);
        let known = rows(&after, "DeviceTvmSoftwareVulnerabilitiesKB", &["CveId"]);
        let is_known = |pair: &String| known.contains(pair.split(' ').next_back().unwrap());
        assert!(now.iter().all(is_known));
        let programs = rows(
            &after,
            "DeviceTvmSoftwareInventory",
            &["DeviceId", "SoftwareName"],
        );
        let columns = ["DeviceId", "SoftwareName", "CveId"];
        let through = rows(&after, "DeviceTvmSoftwareVulnerabilities", &columns);
        let is_installed = |row: &String| programs.contains(row.rsplit_once(' ').unwrap().0);
        assert!(through.iter().all(is_installed));
    }

    #[test]
    fn what_lies_in_the_way_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("mine"), "mine").unwrap();
        let error = run(&args(directory.path(), 0)).unwrap_err();
        assert!(format!("{error:#}").contains("is not empty"), "{error:#}");
        assert_eq!(bytes(directory.path()).len(), 1);
    }
}
