//! Which words the documents use.

use uuid::Uuid;

/// Which words the documents use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Vocabulary {
    /// Those of the public relay, names and directions of relations included.
    #[default]
    Legacy,
    /// Those of the model's own vocabularies: names that are in it, and directions from the one who acts.
    Ctim,
}

/// A relation, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationName {
    /// A name resolves to an address.
    ResolvedTo,
    /// A process or an address speaks to another.
    ConnectedTo,
    /// A name of a file.
    FileNameOf,
    /// A folder of a file.
    FilePathOf,
    /// A process starts another.
    ParentOf,
    /// A file is from an address.
    DownloadedFrom,
    /// A page links to another.
    RefersTo,
    /// A file has another name.
    RenamedTo,
    /// What the public relay says of a process and its parent.
    InjectedInto,
    /// A process makes a file.
    Created,
}

impl RelationName {
    pub(super) fn word(self, vocabulary: Vocabulary) -> &'static str {
        match (self, vocabulary) {
            (Self::ConnectedTo, Vocabulary::Legacy) => "Connect_To",
            (Self::ConnectedTo, Vocabulary::Ctim) => "Connected_To",
            (Self::ResolvedTo, _) => "Resolved_To",
            (Self::FileNameOf, _) => "File_Name_Of",
            (Self::FilePathOf, _) => "File_Path_Of",
            (Self::ParentOf, _) => "Parent_Of",
            (Self::DownloadedFrom, _) => "Downloaded_From",
            (Self::RefersTo, _) => "Refers_To",
            (Self::RenamedTo, _) => "Renamed_To",
            (Self::InjectedInto, _) => "Injected_Into",
            (Self::Created, _) => "Created",
        }
    }
}

impl Vocabulary {
    /// The version of the model that documents name.
    #[must_use]
    pub fn schema_version(self) -> &'static str {
        match self {
            Self::Legacy => "1.0.17",
            Self::Ctim => "1.3.29",
        }
    }

    /// A sighting's id for this session of the client.
    #[must_use]
    pub fn sighting_id(self, id: Uuid) -> String {
        match self {
            Self::Legacy => format!("transient-sighting:{id}"),
            Self::Ctim => format!("transient:sighting-{id}"),
        }
    }
}
