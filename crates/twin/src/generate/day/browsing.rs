//! People on the web.

use std::borrow::Cow;

use super::workday::Workday;
use super::{DeviceDay, WindowsTree};
use crate::generate::calendar::{MILLISECOND, MINUTE, SECOND};
use crate::generate::catalogue::App;
use crate::generate::digest::Digests;
use crate::generate::process::{Integrity, ProcessRef, Start};
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::Item;
use crate::generate::web::Host;

const RENDERER: &str =
    "--type=renderer --lang=en-US --device-scale-factor=1 --num-raster-threads=4";
const NETWORK_SERVICE: &str =
    "--type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-US";
const DOWNLOADS: [&str; 8] = [
    "price-list.pdf",
    "minutes.docx",
    "order-form.pdf",
    "logo.png",
    "statement.pdf",
    "brochure.pdf",
    "figures.xlsx",
    "photos.zip",
];

/// Writes a workday's visits to the web: one browser process, and a burst of connections per session.
pub(super) fn write<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    workday: &Workday<'t>,
) {
    let mut stream = day.stream(Topic::Browsing);
    let favourite = if stream.chance(550) {
        App::Chrome
    } else {
        App::Edge
    };
    let opened = workday.begins + stream.between(MINUTE, 30 * MINUTE);
    let browser = tree.open(day, favourite, opened, browser_command(favourite));
    let command_line = child_command(day, browser, NETWORK_SERVICE);
    let started = opened + 400 * MILLISECOND;
    let network = WindowsTree::child(day, browser, favourite, started, command_line);
    for _ in 0..stream.between(3, 8) {
        let at = workday.moment(&mut stream).max(opened + SECOND);
        session(day, browser, network, favourite, at, &mut stream);
    }
}

fn browser_command(app: App) -> &'static str {
    match app {
        App::Chrome => r#""C:\Program Files\Google\Chrome\Application\chrome.exe""#,
        _ => {
            r#""C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe" --profile-directory=Default"#
        }
    }
}

/// Browsers start themselves again for each duty.
fn child_command(day: &DeviceDay<'_, '_>, browser: ProcessRef, duty: &str) -> String {
    format!("\"{}\" {duty}", day.process(browser).path)
}

/// A burst of pages that belong together.
fn session(
    day: &mut DeviceDay<'_, '_>,
    browser: ProcessRef,
    network: ProcessRef,
    app: App,
    mut at: i64,
    stream: &mut Stream,
) {
    if stream.chance(400) {
        renderer(day, browser, app, at);
    }
    for _ in 0..stream.between(2, 6) {
        at += stream.between(200 * MILLISECOND, 45 * SECOND);
        let host = day.tenant.web.visited(stream);
        day.visit(network, at, host, stream);
        if stream.chance(35) {
            download(day, browser, host, at + SECOND, stream);
        }
    }
}

/// A process that draws pages; it may do next to nothing.
fn renderer(day: &mut DeviceDay<'_, '_>, browser: ProcessRef, app: App, at: i64) {
    let start = Start {
        file: day.file(app),
        parent: Some(browser),
        account: day.process(browser).account,
        command_line: Cow::Owned(child_command(day, browser, RENDERER)),
        integrity: Integrity::Low,
        at,
    };
    day.create(start);
}

/// A file from the web: written under a temporary name, then renamed.
fn download<'t>(
    day: &mut DeviceDay<'_, 't>,
    browser: ProcessRef,
    host: &'t Host,
    at: i64,
    stream: &mut Stream,
) {
    let name = *stream.pick(&DOWNLOADS);
    let folder = format!(r"C:\Users\{}\Downloads", day.process(browser).account.name);
    let item = Item {
        name: Cow::Borrowed(name),
        path: Cow::Owned(format!(r"{folder}\{name}")),
        digests: Some(Cow::Owned(Digests::of(&format!(
            "download {} {name} {}",
            host.name,
            stream.below(40)
        )))),
        has_sha256: stream.chance(850),
        size: Some(stream.between(20_000, 4_000_000)),
    };
    let temporary = format!("Unconfirmed {}.crdownload", 100_000 + stream.below(900_000));
    if let Some(row) = day.change_file(browser, at, "FileRenamed", item) {
        row.previous = Some((Cow::Owned(folder), Cow::Owned(temporary)));
        row.origin_url = Cow::Owned(format!("https://{}/files/{name}", host.name));
        row.origin_referrer = Cow::Owned(format!("https://{}{}", host.name, host.path));
        row.origin_ip = Cow::Borrowed(&host.ip);
    }
}
