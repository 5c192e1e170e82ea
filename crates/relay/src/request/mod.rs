//! What is asked: bodies of requests, read and checked.

mod action;
mod complaint;
mod limit;
mod observables;
mod subject;

pub use action::ActionForm;
pub use complaint::InvalidBody;
pub use limit::{ENTITIES_LIMIT_DEFAULT, ENTITIES_LIMIT_MAX, EntitiesLimit};
pub use observables::{ObservableType, SentObservable, observables, supported};
pub use subject::Subject;
pub(crate) use subject::machine;
