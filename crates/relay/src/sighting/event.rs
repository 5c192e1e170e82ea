//! Rows of the event tables.

use super::target::target;
use super::{EventTable, HashBook, Hashes, Maker, Row, SOURCE};
use crate::ctim::{
    Column, DataTable, Observable, ObservedTime, Relation, RelationName, Relations, Sighting,
    Vocabulary,
};

impl Maker<'_> {
    /// The sighting that a row of an event table is.
    #[must_use]
    pub fn event(&self, table: EventTable, row: &Row<'_>) -> Sighting {
        let time = row.text("Timestamp").map(str::to_owned);
        let time = ObservedTime::at(time.unwrap_or_else(|| self.now.to_string()));
        let common = self.common(&format!("event\0{table:?}\0{}", row.key()), time.clone());
        let device = row.text("DeviceId");
        Sighting {
            relations: relations(table, row, &self.facts.hashes, self.style.vocabulary),
            targets: vec![target(row.text("DeviceName"), device, self.facts, time)],
            data: Some(action(row.text("ActionType"))),
            ..common
        }
    }
}

fn action(kind: Option<&str>) -> DataTable {
    let column = Column {
        name: "ActionType",
        kind: "string",
    };
    DataTable {
        columns: kind.map(|_| column).into_iter().collect(),
        rows: kind.map(|kind| vec![kind.to_owned()]).into_iter().collect(),
    }
}

/// The hashes of the process that did it.
pub(crate) fn process_hashes(row: &Row<'_>) -> Hashes {
    Hashes::of(
        row.text("InitiatingProcessSHA1"),
        row.text("InitiatingProcessSHA256"),
        row.text("InitiatingProcessMD5"),
    )
}

/// The hashes of the file that it was done to.
pub(crate) fn file_hashes(row: &Row<'_>) -> Hashes {
    Hashes::of(row.text("SHA1"), row.text("SHA256"), row.text("MD5"))
}

fn relations(
    table: EventTable,
    row: &Row<'_>,
    book: &HashBook,
    vocabulary: Vocabulary,
) -> Vec<Relation> {
    let mut relations = Relations::new(SOURCE, vocabulary);
    let process = book.complete(process_hashes(row)).observables();
    match table {
        EventTable::Network => connection(row, &process, &mut relations),
        EventTable::File => {
            let file = book.complete(file_hashes(row)).observables();
            file_event(row, &file, &process, &mut relations);
        }
    }
    relations.into_list()
}

fn connection(row: &Row<'_>, process: &[Observable], relations: &mut Relations) {
    let url = row.text("RemoteUrl").map(Observable::url_or_domain);
    let remote = row.text("RemoteIP").and_then(Observable::address);
    let local = row.text("LocalIP").and_then(Observable::address);
    if let (Some(url), Some(remote)) = (&url, &remote) {
        relations.add(url, RelationName::ResolvedTo, remote);
    }
    if let (Some(remote), Some(local)) = (&remote, &local) {
        match relations.vocabulary() {
            Vocabulary::Legacy => relations.add(remote, RelationName::ConnectedTo, local),
            Vocabulary::Ctim => relations.add(local, RelationName::ConnectedTo, remote),
        }
    }
    for hash in process {
        for address in url.iter().chain(&remote) {
            relations.add(hash, RelationName::ConnectedTo, address);
        }
        names_of_process(row, hash, relations);
    }
}

fn names_of_process(row: &Row<'_>, hash: &Observable, relations: &mut Relations) {
    let typed = |kind, column| Some(Observable::new(kind, row.text(column)?));
    if let Some(name) = typed("file_name", "InitiatingProcessFileName") {
        relations.add(&name, RelationName::FileNameOf, hash);
        if let Some(parent) = typed("file_name", "InitiatingProcessParentFileName") {
            relations.add(&parent, RelationName::ParentOf, hash);
        }
    }
    if let Some(path) = typed("file_path", "InitiatingProcessFolderPath") {
        relations.add(&path, RelationName::FilePathOf, hash);
    }
}

fn file_event(
    row: &Row<'_>,
    file: &[Observable],
    process: &[Observable],
    relations: &mut Relations,
) {
    for hash in file {
        names_of_file(row, hash, relations);
    }
    for hash in process {
        names_of_process(row, hash, relations);
    }
    for file in file {
        for process in process {
            match relations.vocabulary() {
                Vocabulary::Legacy => relations.add(file, RelationName::ParentOf, process),
                Vocabulary::Ctim => relations.add(process, RelationName::Created, file),
            }
        }
    }
    renaming(row, relations);
}

fn names_of_file(row: &Row<'_>, hash: &Observable, relations: &mut Relations) {
    let typed = |kind, column| Some(Observable::new(kind, row.text(column)?));
    if let Some(name) = typed("file_name", "FileName") {
        relations.add(&name, RelationName::FileNameOf, hash);
    }
    if let Some(path) = typed("file_path", "FolderPath") {
        relations.add(&path, RelationName::FilePathOf, hash);
    }
    if let Some(origin) = typed("url", "FileOriginUrl") {
        match relations.vocabulary() {
            Vocabulary::Legacy => relations.add(&origin, RelationName::DownloadedFrom, hash),
            Vocabulary::Ctim => relations.add(hash, RelationName::DownloadedFrom, &origin),
        }
        if let Some(referrer) = typed("url", "FileOriginReferrerUrl") {
            relations.add(&origin, RelationName::RefersTo, &referrer);
        }
    }
}

fn renaming(row: &Row<'_>, relations: &mut Relations) {
    let typed = |column| Some(Observable::new("file_name", row.text(column)?));
    if let ("FileRenamed", Some(before), Some(after)) = (
        row.text("ActionType").unwrap_or_default(),
        typed("PreviousFileName"),
        typed("FileName"),
    ) {
        relations.add(&before, RelationName::RenamedTo, &after);
    }
}
