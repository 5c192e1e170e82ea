//! Documents.

use std::borrow::Cow;

use super::workday::Workday;
use super::{DeviceDay, WindowsTree};
use crate::generate::calendar::{MINUTE, SECOND};
use crate::generate::catalogue::App;
use crate::generate::digest::Digests;
use crate::generate::process::ProcessRef;
use crate::generate::random::{Stream, Topic};
use crate::generate::rows::Item;

const TOPICS: [&str; 16] = [
    "Budget",
    "Offer",
    "Minutes",
    "Roadmap",
    "Forecast",
    "Contract",
    "Travel",
    "Inventory",
    "Training",
    "Survey",
    "Invoice",
    "Newsletter",
    "Plan",
    "Review",
    "Schedule",
    "Summary",
];

/// A kind of document: the program, the ending of its files, the registry key under which the program remembers them.
struct Kind {
    app: App,
    ending: &'static str,
    recent: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        app: App::Word,
        ending: "docx",
        recent: "Word",
    },
    Kind {
        app: App::Excel,
        ending: "xlsx",
        recent: "Excel",
    },
    Kind {
        app: App::PowerPoint,
        ending: "pptx",
        recent: "PowerPoint",
    },
    Kind {
        app: App::AcrobatReader,
        ending: "pdf",
        recent: "",
    },
];

/// Writes a workday's documents.
pub(super) fn write<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    workday: &Workday<'t>,
) {
    let mut stream = day.stream(Topic::Office);
    for _ in 0..stream.between(1, 5) {
        let at = workday.moment(&mut stream);
        let kind = stream.pick(&KINDS);
        let name = format!(
            "{} {} {}.{}",
            stream.pick(&TOPICS),
            2024 + stream.below(3),
            stream.below(30),
            kind.ending
        );
        work_on(day, tree, kind, &name, at, &mut stream);
    }
}

fn work_on<'t>(
    day: &mut DeviceDay<'_, 't>,
    tree: &WindowsTree<'t>,
    kind: &Kind,
    name: &str,
    at: i64,
    stream: &mut Stream,
) {
    let folder = format!(
        r"C:\Users\{}\OneDrive - Contoso\Documents",
        tree.account.name
    );
    let command_line = format!(r#""{}" /n "{folder}\{name}""#, day.file(kind.app).name);
    let program = tree.open(day, kind.app, at, command_line);
    day.load_image(program, at + SECOND, Item::of(day.file(App::MsoDll), ""));
    if kind.recent.is_empty() {
        return;
    }
    remember(
        day,
        program,
        kind,
        &format!(r"{folder}\{name}"),
        at + 2 * SECOND,
    );
    let mut saved = at;
    for revision in 0..stream.between(1, 4) {
        saved += stream.between(MINUTE, 15 * MINUTE);
        let label = format!(
            "document {} {name} {} {revision}",
            tree.account.sid, day.day.0
        );
        save(day, program, &folder, name, &label, saved, stream);
    }
}

/// Office writes a temporary file and renames it.
fn save(
    day: &mut DeviceDay<'_, '_>,
    program: ProcessRef,
    folder: &str,
    name: &str,
    label: &str,
    at: i64,
    stream: &mut Stream,
) {
    let item = Item {
        name: Cow::Owned(name.to_owned()),
        path: Cow::Owned(format!(r"{folder}\{name}")),
        digests: Some(Cow::Owned(Digests::of(label))),
        has_sha256: stream.chance(700),
        size: Some(stream.between(12_000, 900_000)),
    };
    if let Some(row) = day.change_file(program, at, "FileRenamed", item) {
        row.previous = Some((
            Cow::Owned(folder.to_owned()),
            Cow::Owned(format!("~WRD{:04}.tmp", at.rem_euclid(9_999))),
        ));
        row.label = if at.rem_euclid(5) == 0 {
            "Confidential"
        } else {
            "General"
        };
    }
}

fn remember(day: &mut DeviceDay<'_, '_>, program: ProcessRef, kind: &Kind, path: &str, at: i64) {
    let sid = &day.process(program).account.sid;
    let key = format!(
        r"HKEY_CURRENT_USER\{sid}\Software\Microsoft\Office\16.0\{}\User MRU",
        kind.recent
    );
    day.set_registry(
        program,
        at,
        key,
        "Item 1",
        format!("[F00000000][T01DC5A]*{path}"),
    );
}
