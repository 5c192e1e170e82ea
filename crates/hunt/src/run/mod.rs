//! Running a plan: query by query, each answer on disk before the next query starts.

mod answer;
mod attribution;
mod budget;
mod details;
mod events;
mod findings;
mod folder;
mod judge;
mod packs;
mod question;
mod record;
mod runner;
mod saved;
mod task;

pub use answer::{Answer, AnswerError};
pub(crate) use answer::{Cells, text as cell_text};
pub(crate) use attribution::Attribution;
pub use budget::Budget;
pub use events::{HuntEvent, HuntObserver, NoObserver, Progress};
pub(crate) use findings::Finding;
pub use findings::Sighting;
pub use folder::write_whole;
pub use folder::{FolderError, RunFolder};
pub use packs::PackReport;
pub(crate) use packs::{PackAsking, tasks as pack_tasks};
pub use record::{QueryLog, QueryOutcome, Stage};
pub use runner::{Hunt, HuntError};
pub use saved::SavedPlanError;
pub use task::SplitFirst;
