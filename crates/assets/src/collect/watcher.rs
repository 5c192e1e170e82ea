//! Being told how reading goes.

use std::fmt;

use crate::observed::Aspect;

/// Is told what an import reads. Calls must return quickly.
pub trait Watcher: fmt::Debug + Send + Sync {
    /// A part begins.
    fn began(&self, aspect: Aspect);

    /// That many more records of it were read.
    fn read(&self, aspect: Aspect, records: u64);

    /// Something that a person should know.
    fn notice(&self, notice: &Notice);

    /// What was read is being written; nothing more is read before that is done.
    fn writing(&self);
}

/// A watcher that does nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Silent;

impl Watcher for Silent {
    fn began(&self, _aspect: Aspect) {}

    fn read(&self, _aspect: Aspect, _records: u64) {}

    fn notice(&self, _notice: &Notice) {}

    fn writing(&self) {}
}

/// Something that a person should know about what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Another way was gone, because the tenant bars the first one.
    Instead {
        /// What is read.
        aspect: Aspect,
        /// The way that was gone.
        way: &'static str,
        /// Why, in the service's words.
        because: String,
    },
    /// Something is missing in what was read.
    Missing {
        /// What.
        what: &'static str,
        /// Why, in the service's words.
        because: String,
    },
    /// The addresses of export files had run out and were asked for anew.
    Renewed,
    /// Ids of machines that no query can name.
    StrangeIds {
        /// How many.
        count: usize,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instead {
                aspect,
                way,
                because,
            } => write!(f, "{} are read through {way}: {because}", aspect.name()),
            Self::Missing { what, because } => write!(f, "{what} could not be read: {because}"),
            Self::Renewed => {
                f.write_str("the addresses of the export files ran out; they were asked for anew")
            }
            Self::StrangeIds { count } => write!(
                f,
                "{count} machines have ids that a query cannot name; what hunting knows of them is left out"
            ),
        }
    }
}
