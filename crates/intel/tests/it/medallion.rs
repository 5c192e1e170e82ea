//! The TAXII client against medallion, the OASIS reference server, started on this computer.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tesem_intel::{Access, FeedKind, TaxiiFeed};

use crate::support::World;

/// Names the program where it is not in the path.
const PROGRAM: &str = "TESEM_MEDALLION";

/// Set where a missing server is a failure and no reason to leave the test out.
const REQUIRED: &str = "TESEM_REQUIRE_MEDALLION";

#[expect(
    clippy::disallowed_methods,
    reason = "looks for a program where a shell would; the test task sets the others"
)]
fn program() -> Option<PathBuf> {
    if let Ok(named) = std::env::var(PROGRAM) {
        return Some(named.into());
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join("medallion"))
        .find(|program| program.exists());
    let is_required = std::env::var(REQUIRED).is_ok_and(|value| value == "1");
    assert!(
        found.is_some() || !is_required,
        "medallion is missing, and {REQUIRED} is set"
    );
    found
}

struct Medallion {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Medallion {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const COLLECTION: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";

fn indicator(number: u32) -> serde_json::Value {
    json!({"type": "indicator", "spec_version": "2.1", "id": format!("indicator--{number:08}-0000-4000-8000-000000000000"),
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "valid_from": "2026-01-01T00:00:00Z",
        "pattern_type": "stix", "pattern": format!("[domain-name:value = 'evil{number}.com']")})
}

/// What the server holds: `count` indicators, a second apart.
fn data(count: u32) -> serde_json::Value {
    let objects: Vec<_> = (0..count).map(indicator).collect();
    let manifest: Vec<_> = objects
        .iter()
        .zip(0..)
        .map(|(object, second)| {
            json!({"id": object["id"], "date_added": format!("2026-02-01T00:{:02}:{:02}.000000Z", second / 60, second % 60),
                "version": object["modified"], "media_type": "application/stix+json;version=2.1"})
        })
        .collect();
    json!({
        "/discovery": {"title": "test", "description": "", "contact": "", "default": "http://127.0.0.1/trustgroup1/", "api_roots": ["trustgroup1"]},
        "trustgroup1": {
            "information": {"title": "x", "description": "", "versions": ["application/taxii+json;version=2.1"], "max_content_length": 104_857_600},
            "status": [],
            "collections": [{"id": COLLECTION, "title": "C2", "description": "", "can_read": true, "can_write": true,
                "media_types": ["application/stix+json;version=2.1"], "objects": objects, "manifest": manifest}],
        },
    })
}

impl Medallion {
    async fn start(program: &PathBuf, count: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_file = folder.path().join("data.json");
        std::fs::write(&data_file, data(count).to_string()).unwrap();
        let config = json!({
            "backend": {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend", "filename": data_file},
            "users": {"me": "hunter2"},
            "taxii": {"max_page_size": 100},
        });
        let config_file = folder.path().join("config.json");
        std::fs::File::create(&config_file)
            .unwrap()
            .write_all(config.to_string().as_bytes())
            .unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .arg(&config_file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            child,
            port,
            _folder: folder,
        };
        server.wait().await;
        server
    }

    async fn wait(&self) {
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port))
                .await
                .is_ok()
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("medallion did not start");
    }

    fn feed(&self, path: &str) -> TaxiiFeed {
        TaxiiFeed {
            url: format!("http://127.0.0.1:{}/{path}", self.port)
                .parse()
                .unwrap(),
            access: Access::Basic {
                user: "me".to_owned(),
                password: "hunter2".into(),
            },
            api_root: None,
            collections: vec!["C2".to_owned()],
            added_after: None,
            limit: 10,
        }
    }
}

#[tokio::test]
async fn a_reference_server_is_read_to_its_end() {
    let Some(program) = program() else {
        println!(
            "left out: medallion is not installed (`pip install medallion`, then {PROGRAM}=PATH)"
        );
        return;
    };
    let server = Medallion::start(&program, 35).await;
    let world = World::new();
    let pulled = world
        .pull(FeedKind::Taxii(server.feed("trustgroup1/")))
        .await;
    let expected: Vec<String> = (0..35).map(|number| format!("evil{number}.com")).collect();
    assert_eq!(pulled.values(), expected, "{:?}", pulled.end);

    let mut later = server.feed("trustgroup1/");
    later.added_after = Some("2026-02-01T00:00:30Z".parse().unwrap());
    let pulled = world.pull(FeedKind::Taxii(later)).await;
    assert_eq!(pulled.values(), expected[31..], "{:?}", pulled.end);

    let folder = tempfile::tempdir().unwrap();
    let world = world.with_cache(folder.path());
    for _ in 0..2 {
        let pulled = world
            .pull(FeedKind::Taxii(server.feed("trustgroup1/")))
            .await;
        assert_eq!(pulled.values(), expected, "{:?}", pulled.end);
    }

    let mut stranger = server.feed("trustgroup1/");
    stranger.access = Access::Open;
    assert!(
        world
            .pull(FeedKind::Taxii(stranger))
            .await
            .error()
            .contains("answered 401")
    );
}
