//! What a data directory may hold.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tesem_twin::generate::GenerateOptions;
use tesem_twin::{PreparedTenant, TwinError, TwinOptions, TwinSource, TwinWarning, start};

use crate::harness::{TestTwin, directory};

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

async fn refusal(directory: &Path) -> TwinError {
    let options = TwinOptions::new(TwinSource::Directory(directory.to_owned()));
    start(options, SocketAddr::from(LOOPBACK))
        .await
        .map(drop)
        .unwrap_err()
}

#[tokio::test]
async fn an_empty_directory_is_a_tenant_with_one_app() {
    let twin = TestTwin::on(tempfile::tempdir().unwrap(), |_| {}).await;
    let tenant = twin.twin.tenant();
    assert_eq!(tenant.apps.len(), 1);
    assert!(tenant.apps[0].roles.len() > 20);
    assert!(twin.twin.prepared().table_rows().is_empty());
}

#[tokio::test]
async fn a_missing_directory_and_wrong_files_are_named() {
    let missing = tempfile::tempdir().unwrap().path().join("nowhere");
    assert!(refusal(&missing).await.to_string().contains("nowhere"));
    let cases = [
        ("tenant.json", "{\"tenant_id\": 7}", "`tenant.json`"),
        ("tenant.json", "{\n\"apps\": [{}]}", "line 2, column"),
        ("alerts.json", "[1]", "line 1, column"),
        ("tables", "not a directory", "tables"),
    ];
    for (file, content, words) in cases {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(file), content).unwrap();
        let error = refusal(directory.path()).await.to_string();
        assert!(
            error.contains(file) && error.contains(words.trim_matches('`')),
            "{file}: {error}"
        );
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(
        refusal(file.path())
            .await
            .to_string()
            .contains("is not a directory")
    );
}

#[tokio::test]
async fn one_prepared_tenant_serves_many_twins() {
    let directory = directory();
    let source = TwinSource::Directory(directory.path().to_owned());
    let prepared = PreparedTenant::load(&source).unwrap();
    for _ in 0..3 {
        let options = TwinOptions::new(TwinSource::Prepared(Arc::clone(&prepared)));
        let twin = start(options, SocketAddr::from(LOOPBACK)).await.unwrap();
        assert!(Arc::ptr_eq(twin.prepared(), &prepared));
        twin.shutdown().await;
    }
}

#[tokio::test]
async fn a_generated_tenant_is_the_same_for_the_same_seed() {
    let until: Timestamp = "2026-10-15T00:00:00Z".parse().unwrap();
    let load = |seed| {
        let options = GenerateOptions {
            seed,
            devices: 3,
            days: 2,
            until,
            activity: 0,
        };
        PreparedTenant::load(&TwinSource::Generated(options)).unwrap()
    };
    let (one, same, other) = (load(1), load(1), load(2));
    assert_eq!(one.tenant().tenant_id, same.tenant().tenant_id);
    assert_eq!(one.table_rows(), same.table_rows());
    assert_ne!(one.tenant().tenant_id, other.tenant().tenant_id);
}

#[tokio::test]
async fn listening_beyond_loopback_is_warned_about() {
    let directory = tempfile::tempdir().unwrap();
    let options = TwinOptions::new(TwinSource::Directory(directory.path().to_owned()));
    let twin = start(
        options.clone(),
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
    )
    .await
    .unwrap();
    assert_eq!(twin.warnings(), [TwinWarning::NotLoopback(twin.address())]);
    assert!(
        twin.base_url().starts_with("http://127.0.0.1:"),
        "{}",
        twin.base_url()
    );
    let taken = start(options, twin.address()).await.map(drop).unwrap_err();
    assert!(
        taken.to_string().starts_with("cannot listen on 0.0.0.0:"),
        "{taken}"
    );
}
