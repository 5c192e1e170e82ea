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

mod actual;
mod capacity;
mod content;
mod desired;
mod file;
mod key;
mod limit;
mod lint;
mod names;
mod plan;
mod policy;
mod value;

pub use actual::{Actual, Item, Owner};
pub use capacity::{CAPACITY, Fate, Room};
pub use content::Content;
pub use desired::{Desired, DesiredItem, Rank, RefusedEntry, Source};
pub use file::{FORMAT_VERSION, PlanFile, PlanFileError};
pub use key::Key;
pub use limit::{Limit, LimitError, Percent};
pub use lint::{Lint, LintKind, lint, lint_plan, time_to_act};
pub use plan::{
    Change, ChangedField, Keep, Kept, Known, Left, LeftBecause, Plan, PlanOptions, Step, plan,
};
pub use policy::{Expiry, Policy, PolicyError, Template, TemplateError};
pub use value::{EntryRefusal, RANGE_ADDRESSES_MAX, entries};
