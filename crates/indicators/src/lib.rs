//! A tenant's custom indicators as desired state.
//!
//! 1. [`Desired`] is what feeds and files want, each value mapped to the service's types by [`entries`] and dressed by its
//!    [`Policy`]; what the service would refuse is refused here, with a reason.
//! 2. [`Actual`] is what the tenant has, ours and others'.
//! 3. [`plan()`] compares both: create, change, renew, withdraw, and what is left alone, within the tenant's capacity. It is a pure
//!    function of its input: the same state gives the same bytes, in whatever order it was read.
//! 4. [`lint_plan`] tells where an indicator does less, or more, than it says: what the service enforces only in part, and what others of
//!    its tenant undo.
//! 5. [`PlanFile`] keeps a plan and what it was made from.
//! 6. [`apply`] does what a plan says, and goes on where it was stopped.
//! 7. [`rollback()`] is the plan that undoes an apply.
//! 8. [`Memory`] is what plans and applies remember beside the tenant.
//!
//! [`Listing`] is what the tenant has with every field, for people and files: a [`Filter`] chooses among it, a [`Summary`] counts it, and
//! [`export`] writes it.

mod actual;
pub mod apply;
mod capacity;
mod compare;
mod content;
mod desired;
pub mod export;
mod file;
mod filter;
mod index;
mod key;
mod limit;
mod lint;
mod listing;
mod memory;
mod names;
mod options;
mod plan;
mod policy;
mod prevalence;
mod rollback;
mod summary;
#[cfg(test)]
mod testing;
mod value;
mod word;

pub use actual::{APPLICATION_DEFAULT, Actual, Item, Owner};
pub use capacity::{CAPACITY, Fate, Room};
pub use content::Content;
pub use desired::{Desired, DesiredItem, Rank, RefusedEntry, Source};
pub use file::{FORMAT_VERSION, PlanFile, PlanFileError};
pub use filter::Filter;
pub use key::Key;
pub use limit::{Limit, LimitError, Percent};
pub use lint::{Lint, LintKind, lint, lint_plan, time_to_act};
pub use listing::{Listed, Listing};
pub use memory::{Memory, ShrinkRule};
pub use options::{Known, PlanOptions};
pub use plan::{Change, ChangedField, Keep, Kept, Left, LeftBecause, Plan, Step, plan};
pub use policy::{Expiry, Policy, PolicyError, Template, TemplateError};
pub use prevalence::{Downgraded, Instead, Prevalence, downgrade, needs_asking, observable};
pub use rollback::{Rollback, Skipped, rollback};
pub use summary::{ENDS_SOON, Summary};
pub use value::{EntryRefusal, RANGE_ADDRESSES_MAX, entries};
pub use word::{UnknownWord, action_named, severity_named, type_named};
