//! OData as Microsoft's services speak it: filters from values, pages that cannot be trusted.

mod filter;
mod next;
mod page;
mod paging;

pub use filter::{Comparison, Filter, FilterValue};
pub(crate) use page::Page;
pub(crate) use paging::{Listing, Pages, Stepping};

/// What to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Which items; all of them where there is none.
    pub filter: Option<Filter>,
    /// Most items; all of them where there is none.
    pub limit: Option<u64>,
    /// Items per page, where other than the largest page that the service documents.
    pub page_size: Option<u32>,
}

impl ListQuery {
    /// Everything that `filter` lets through.
    #[must_use]
    pub fn filtered(filter: Filter) -> Self {
        Self {
            filter: Some(filter),
            ..Self::default()
        }
    }
}
