use std::time::Duration;

use tesem_intel::{Access, DocumentFeed, FeedKind, Format, Location, Problem, TextFeed};

use crate::service::{Reply, Service};
use crate::support::{World, documents, gzip, zip};

fn text() -> Format {
    Format::Text(TextFeed::default())
}

fn list(service: &Service) -> FeedKind {
    documents(Location::Url(service.at("list.txt")), text())
}

#[tokio::test]
async fn an_unchanged_list_is_not_sent_again() {
    let service = Service::start(|call, _| match call.header("if-none-match") {
        Some("\"v1\"") => Reply::new(304, ""),
        _ => Reply::ok("evil.com\n")
            .with("etag", "\"v1\"")
            .with("last-modified", "Sun, 01 Mar 2026 00:00:00 GMT"),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().with_cache(folder.path());
    for _ in 0..2 {
        let pulled = world.pull(list(&service)).await;
        assert_eq!(pulled.values(), ["evil.com"]);
        assert_eq!(pulled.summary().stale, None);
    }
    let second = &service.calls()[1];
    assert_eq!(
        second.header("if-modified-since"),
        Some("Sun, 01 Mar 2026 00:00:00 GMT")
    );
}

#[tokio::test]
async fn a_fresh_copy_is_taken_without_asking_unless_a_refresh_is_wanted() {
    let service =
        Service::start(|_, before| Reply::ok(format!("evil{before}.com\n")).with("etag", "\"v\""))
            .await;
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new().with_cache(folder.path());
    world.freshness.fresh_for = Duration::from_secs(3_600);
    assert_eq!(world.pull(list(&service)).await.values(), ["evil0.com"]);
    assert_eq!(world.pull(list(&service)).await.values(), ["evil0.com"]);
    world.freshness.refresh = true;
    assert_eq!(world.pull(list(&service)).await.values(), ["evil1.com"]);
    assert_eq!(service.calls()[1].header("if-none-match"), None);
    world.freshness.refresh = false;
    world.clock.advance(Duration::from_secs(3_601));
    assert_eq!(world.pull(list(&service)).await.values(), ["evil2.com"]);
}

#[tokio::test]
async fn old_copies_are_removed_and_other_files_are_not() {
    let service = Service::start(|_, _| Reply::ok("evil.com\n")).await;
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().with_cache(folder.path());
    world.pull(list(&service)).await;
    std::fs::write(folder.path().join("other.txt"), "").unwrap();
    // What a process that was killed leaves.
    std::fs::write(folder.path().join("page.partial"), "").unwrap();
    let names = || {
        let files = std::fs::read_dir(folder.path()).unwrap();
        files
            .map(|file| file.unwrap().path().extension().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().len(), 3);
    world.clock.advance(Duration::from_secs(10 * 365 * 86_400));
    world
        .pull(documents(Location::parse("nowhere.txt").unwrap(), text()))
        .await;
    assert_eq!(names(), ["txt"]);
}

#[tokio::test]
async fn a_kept_copy_stands_in_for_a_service_that_fails_and_is_marked_stale() {
    let service = Service::start(|_, before| match before {
        0 => Reply::ok("evil.com\n"),
        _ => Reply::new(503, "down"),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().with_cache(folder.path());
    world.pull(list(&service)).await;
    let pulled = world.pull(list(&service)).await;
    assert_eq!(pulled.values(), ["evil.com"]);
    let stale = pulled.summary().stale.as_ref().unwrap();
    assert_eq!(stale.since, crate::support::now());
    assert!(stale.because.contains("answered 503: down"), "{stale:?}");
}

#[tokio::test]
async fn a_feed_that_fails_without_a_copy_is_an_error_and_not_empty() {
    let service = Service::start(|_, _| Reply::new(503, "")).await;
    let pulled = World::new().pull(list(&service)).await;
    assert!(pulled.items.is_empty());
    assert!(
        pulled
            .error()
            .starts_with("the feed `c2` failed: http://127.0.0.1:"),
        "{}",
        pulled.error()
    );
    assert_eq!(service.calls().len(), 4);
}

#[tokio::test]
async fn a_refusal_is_neither_repeated_nor_covered_by_a_copy() {
    let service = Service::start(|_, before| match before {
        0 => Reply::ok("evil.com\n"),
        _ => Reply::new(403, r#"{"message": "your subscription has ended"}"#),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().with_cache(folder.path());
    world.pull(list(&service)).await;
    let pulled = world.pull(list(&service)).await;
    assert!(
        pulled
            .error()
            .ends_with("/list.txt answered 403: your subscription has ended"),
        "{}",
        pulled.error()
    );
    assert_eq!(service.calls().len(), 2);
}

#[tokio::test]
async fn tries_wait_as_long_as_the_server_asks() {
    let service = Service::start(|_, before| match before {
        0 => Reply::new(429, "").with("retry-after", "7"),
        1 => Reply::new(503, "").with("retry-after", "Sun, 01 Mar 2026 12:00:37 GMT"),
        2 => Reply::new(500, ""),
        _ => Reply::ok("evil.com\n"),
    })
    .await;
    let world = World::new();
    assert_eq!(world.pull(list(&service)).await.values(), ["evil.com"]);
    let waits = world.clock.waits();
    assert_eq!(
        waits[..2],
        [Duration::from_secs(7), Duration::from_secs(30)]
    );
    assert_eq!(waits.len(), 3);
    assert!(waits[2] >= Duration::from_secs(1), "{waits:?}");
}

#[tokio::test]
async fn a_server_that_asks_to_wait_too_long_ends_the_tries() {
    let service = Service::start(|_, _| Reply::new(429, "").with("retry-after", "86400")).await;
    let world = World::new();
    let pulled = world.pull(list(&service)).await;
    assert!(
        pulled.error().contains("answered 429"),
        "{}",
        pulled.error()
    );
    assert_eq!(service.calls().len(), 1);
    assert!(world.clock.waits().is_empty());
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/list.txt", listener.local_addr().unwrap());
    let mut world = World::new();
    world.settings.idle_timeout = Duration::from_millis(50);
    world.settings.answer_timeout = Duration::from_millis(50);
    world.settings.tries = 1;
    let kind = documents(Location::parse(&url).unwrap(), text());
    let pulled = world.pull(kind).await;
    assert!(
        pulled.error().contains("no complete answer within 50ms"),
        "{}",
        pulled.error()
    );
}

#[tokio::test]
async fn an_error_page_is_no_feed_and_does_not_replace_the_copy() {
    let service = Service::start(|_, before| match before {
        0 => Reply::ok("evil.com\n"),
        1 => Reply::ok("\n<!DOCTYPE html><html>Sign in</html>"),
        _ => Reply::new(500, ""),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().with_cache(folder.path());
    world.pull(list(&service)).await;
    let page = world.pull(list(&service)).await;
    assert!(page.items.is_empty());
    assert!(
        page.error().contains("it is an HTML page"),
        "{}",
        page.error()
    );
    assert_eq!(world.pull(list(&service)).await.values(), ["evil.com"]);
}

#[tokio::test]
async fn the_size_limit_counts_bytes_as_they_unfold() {
    let bomb = gzip(&vec![b'a'; 4 << 20]);
    assert!(bomb.len() < 100_000);
    let plain = Service::start(|_, _| Reply::ok(vec![b'a'; 2 << 20])).await;
    let file = Service::start({
        let bomb = bomb.clone();
        move |_, _| Reply::ok(bomb.clone())
    })
    .await;
    let encoded =
        Service::start(move |_, _| Reply::ok(bomb.clone()).with("content-encoding", "gzip")).await;
    let mut world = World::new();
    world.settings.bytes_max = 1 << 20;
    for service in [plain, file, encoded] {
        let pulled = world.pull(list(&service)).await;
        assert!(pulled.values().is_empty());
        assert!(
            pulled.error().contains("is longer than 1048576 bytes"),
            "{}",
            pulled.error()
        );
    }
}

#[tokio::test]
async fn gzip_is_unfolded_and_a_torn_file_is_an_error() {
    let whole = gzip(b"evil.com\n1.2.3.4\n");
    let pulled = World::new().read(text(), &whole).await;
    assert_eq!(pulled.values(), ["evil.com", "1.2.3.4"]);
    let pulled = World::new().read(text(), &whole[..whole.len() - 9]).await;
    assert!(matches!(
        pulled.end.unwrap_err().problem,
        Problem::Damaged { .. }
    ));
}

fn secret_list(service: &Service) -> FeedKind {
    FeedKind::Documents(DocumentFeed {
        locations: vec![Location::Url(service.at("list.txt?token=hunter2"))],
        access: Access::Bearer("hunter2".into()),
        format: text(),
    })
}

#[tokio::test]
async fn a_redirect_keeps_credentials_at_the_same_host_only() {
    let service = Service::start(|call, _| match call.path.as_str() {
        "/list.txt" => Reply::new(302, "").with("location", "/moved.txt"),
        _ => Reply::ok("evil.com\n"),
    })
    .await;
    assert_eq!(
        World::new().pull(secret_list(&service)).await.values(),
        ["evil.com"]
    );
    assert_eq!(
        service.calls()[1].header("authorization"),
        Some("Bearer hunter2")
    );
    let other = Service::start(|_, _| Reply::ok("evil.com\n")).await;
    let target = other.at("x?token=hunter2").to_string();
    let service =
        Service::start(move |_, _| Reply::new(302, "").with("location", target.clone())).await;
    let pulled = World::new().pull(secret_list(&service)).await;
    assert!(
        pulled
            .error()
            .contains("another host is followed to over https only"),
        "{}",
        pulled.error()
    );
    assert!(!pulled.error().contains("hunter2"));
    assert!(other.calls().is_empty());
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let service = Service::start(|_, _| Reply::new(302, "").with("location", "/list.txt")).await;
    let pulled = World::new().pull(list(&service)).await;
    assert!(
        pulled.error().contains("too many redirects"),
        "{}",
        pulled.error()
    );
    assert_eq!(service.calls().len(), 6);
}

#[tokio::test]
async fn credentials_never_go_over_plain_http_to_another_computer() {
    let kind = FeedKind::Documents(DocumentFeed {
        locations: vec![Location::parse("http://feeds.example/list.txt").unwrap()],
        access: Access::Bearer("hunter2".into()),
        format: text(),
    });
    let shown = format!("{kind:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    let pulled = World::new().pull(kind).await;
    assert!(
        pulled
            .error()
            .contains("credentials are sent over https only"),
        "{}",
        pulled.error()
    );
}

#[tokio::test]
async fn secrets_appear_in_no_error_and_no_debug_output() {
    let service = Service::start(|_, _| Reply::new(500, "")).await;
    let kind = secret_list(&service);
    let shown = format!("{kind:?}");
    let pulled = World::new().pull(kind).await;
    let error = pulled.end.unwrap_err();
    for text in [shown, error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert_eq!(service.calls()[0].parameter("token"), Some("hunter2"));
}

#[test]
fn an_address_with_credentials_is_refused() {
    let error = Location::parse("https://me:hunter2@feeds.example/")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("give them as `user` and `password`") && !error.contains("hunter2"),
        "{error}"
    );
}

#[tokio::test]
async fn a_missing_file_is_an_error_that_names_it() {
    let kind = documents(Location::parse("nowhere/list.txt").unwrap(), text());
    let pulled = World::new().pull(kind).await;
    assert!(
        pulled.error().contains("nowhere/list.txt cannot be read"),
        "{}",
        pulled.error()
    );
}

#[tokio::test]
async fn a_pull_that_is_abandoned_stops() {
    let text_with_many_lines = "evil.com\n".repeat(100_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    std::fs::write(&path, text_with_many_lines).unwrap();
    let world = World::new();
    let clock: std::sync::Arc<dyn tesem_intel::Clock> = world.clock.clone();
    let fetcher = tesem_intel::Fetcher::new(world.settings.clone(), clock).unwrap();
    let feed = std::sync::Arc::new(tesem_intel::Feed {
        name: "c2".to_owned(),
        kind: documents(Location::File(path), text()),
        policy: world.policy.clone(),
    });
    let mut pull = feed.pull(&fetcher, world.freshness, &std::sync::Arc::default());
    assert!(pull.next().await.is_some());
    assert!(matches!(
        pull.finish().await.unwrap_err().problem,
        Problem::Stopped
    ));
}

#[tokio::test]
async fn the_only_file_of_an_archive_is_read_from_a_file_and_from_an_address() {
    let archive = zip(&["folder/list.txt"], b"evil.com\n1.2.3.4\n");
    let sent = archive.clone();
    let service = Service::start(move |_, _| Reply::ok(sent.clone())).await;
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().with_cache(folder.path());
    let pulled = [
        world.read(text(), &archive).await,
        world.pull(list(&service)).await,
    ];
    for pulled in pulled {
        assert_eq!(pulled.values(), ["evil.com", "1.2.3.4"], "{:?}", pulled.end);
    }
}

#[tokio::test]
async fn an_archive_that_is_no_single_sound_file_is_an_error() {
    let whole = zip(&["list.txt"], &b"evil.com\n".repeat(100));
    let at = |signature: &[u8]| {
        let mut places = whole.windows(4).enumerate();
        places.find(|(_, bytes)| *bytes == signature).unwrap().0
    };
    // The checksum, in the directory's entry; there is one for the folder before it.
    let mut altered = whole.clone();
    let last_entry = whole.windows(4).rposition(|bytes| bytes == b"PK\x01\x02");
    altered[last_entry.unwrap() + 16] ^= 1;
    let mut encrypted = whole.clone();
    encrypted[last_entry.unwrap() + 8] |= 1;
    let cases = [
        (zip(&[], b""), "it holds none"),
        (zip(&["a.txt", "b.txt"], b"evil.com"), "it holds several"),
        (encrypted, "it is encrypted"),
        (altered, "breaks off or is damaged"),
        (
            whole[..whole.len() / 2].to_vec(),
            "breaks off or is damaged",
        ),
        (
            whole[..at(b"PK\x01\x02")].to_vec(),
            "breaks off or is damaged",
        ),
        (zip(&["a.zip"], &whole), "is not text"),
    ];
    for (bytes, expected) in cases {
        let pulled = World::new().read(text(), &bytes).await;
        assert!(pulled.error().contains(expected), "{}", pulled.error());
    }
}

#[tokio::test]
async fn the_size_limit_counts_what_an_archive_unfolds_to() {
    let bomb = zip(&["a.txt"], &vec![b'a'; 4 << 20]);
    assert!(bomb.len() < 100_000);
    let mut world = World::new();
    world.settings.bytes_max = 1 << 20;
    let pulled = world.read(text(), &bomb).await;
    assert!(
        pulled.error().contains("is longer than 1048576 bytes"),
        "{}",
        pulled.error()
    );
}
