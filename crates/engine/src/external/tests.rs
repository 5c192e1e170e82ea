use std::fs;

use super::*;

fn url(name: &str) -> Location {
    Location::parse(&format!("https://lists.example/{name}"))
}

fn store() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("snapshots.json"),
        r#"{"https://lists.example/named": "named.csv", "https://lists.example/lost": "lost.csv",
            "https://lists.example/out": "../out.csv"}"#,
    )
    .unwrap();
    fs::write(directory.path().join("named.csv"), "a").unwrap();
    let hashed = snapshot_file_name("https://lists.example/hashed");
    fs::write(directory.path().join(hashed), "b").unwrap();
    directory
}

#[test]
fn a_url_is_found_by_manifest_or_digest() {
    let store = store();
    let allowed = ExternalData::none().with_snapshots(store.path());
    for name in ["named", "hashed"] {
        assert!(allowed.find(&url(name)).is_ok(), "{name}");
    }
    let error = allowed.find(&url("absent")).unwrap_err();
    let advice = snapshot_file_name("https://lists.example/absent");
    assert!(error.to_string().contains(&advice), "{error}");
    assert!(matches!(
        allowed.find(&url("lost")),
        Err(ExternalDataError::Unreadable { .. })
    ));
}

#[test]
fn nothing_is_allowed_by_default() {
    let allowed = ExternalData::none();
    assert_eq!(
        allowed.find(&url("named")),
        Err(ExternalDataError::NoSnapshots)
    );
    let path = Location::parse("/etc/hostname");
    assert_eq!(allowed.find(&path), Err(ExternalDataError::NoDirectory));
}

#[test]
fn no_path_leads_out_of_its_directory() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(outer.path().join("secret"), "s").unwrap();
    fs::write(inner.join("open"), "o").unwrap();
    let allowed = ExternalData::none().with_directory(&inner);
    let absolute = inner.join("open").display().to_string();
    for path in ["open", "./open", "../inner/open", absolute.as_str()] {
        assert!(allowed.find(&Location::parse(path)).is_ok(), "{path}");
    }
    let secret = outer.path().join("secret").display().to_string();
    let file_url = format!("file://{secret}");
    for path in [
        "../secret",
        secret.as_str(),
        file_url.as_str(),
        "/etc/../etc/passwd",
    ] {
        let found = allowed.find(&Location::parse(path));
        assert!(
            matches!(found, Err(ExternalDataError::Outside { .. })),
            "{path}: {found:?}"
        );
    }
    for path in ["absent", "."] {
        assert_eq!(
            allowed.find(&Location::parse(path)),
            Err(ExternalDataError::NotThere),
            "{path}"
        );
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outer.path().join("secret"), inner.join("link")).unwrap();
        let found = allowed.find(&Location::parse("link"));
        assert!(
            matches!(found, Err(ExternalDataError::Outside { .. })),
            "{found:?}"
        );
    }
}

#[test]
fn the_manifest_leads_nowhere_else() {
    let outer = tempfile::tempdir().unwrap();
    fs::write(outer.path().join("out.csv"), "x").unwrap();
    let inner = outer.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let allowed = ExternalData::none().with_snapshots(&inner);
    let cases = [
        (
            r#"{"https://lists.example/out": "../out.csv"}"#,
            "lies outside",
        ),
        ("[]", "no JSON object"),
        ("", "no JSON object"),
    ];
    for (manifest, expected) in cases {
        fs::write(inner.join("snapshots.json"), manifest).unwrap();
        let error = allowed.find(&url("out")).unwrap_err().to_string();
        assert!(error.contains(expected), "{manifest}: {error}");
    }
}
