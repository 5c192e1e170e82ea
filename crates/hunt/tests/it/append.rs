//! One CSV file over many runs.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;
use tesem_hunt::CancelToken;
use tesem_hunt::output::{OutputError, OutputOptions, append_hits};

use crate::backend::{Planted, Scripted, tenant};
use crate::support::{begin, go, plan_of};

fn append(path: &Path) -> Result<u64, OutputError> {
    let results = tempfile::tempdir().unwrap();
    let plan = plan_of("evil.com");
    let mut folder = begin(results.path(), &plan);
    let seen = Planted {
        form: "domains2",
        value: "evil.com",
        table: "DeviceNetworkEvents",
        column: "RemoteUrl",
        device: "desk-1",
        times: vec!["2026-11-01T10:00:00Z"],
    };
    let report = go(
        &plan,
        &mut folder,
        &Scripted::new(tenant(vec![seen])),
        CancelToken::never(),
    );
    let options = OutputOptions {
        time_zone: TimeZone::UTC,
        tenant: "demo".to_owned(),
    };
    append_hits(path, &folder, &plan, &report, &options)
}

#[test]
fn a_file_grows_and_keeps_one_header() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("all.csv");
    for count in 1..=3 {
        assert_eq!(append(&path).unwrap(), 1);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), count + 1);
        assert_eq!(text.matches("UtcOffset").count(), 1);
    }
}

#[test]
fn a_torn_line_does_not_swallow_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("all.csv");
    append(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}2026-11-01 10:0")).unwrap();
    append(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        text.lines().filter(|line| line.ends_with(",demo")).count(),
        2
    );
}

#[test]
fn a_file_of_others_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("all.csv");
    fs::write(&path, "a,b,c\n1,2,3\n").unwrap();
    let error = append(&path).unwrap_err();
    assert!(matches!(error, OutputError::OtherColumns { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "a,b,c\n1,2,3\n");
}
