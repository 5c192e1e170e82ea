//! OData query options, evaluated: `$filter`, `$top`, `$skip`, `$orderby`, `$select`, `$expand`, `$count`.
//!
//! Each entity set names its properties and which of them `$filter` may use; everything else is refused with the service's
//! `ODataError`. Source: learn.microsoft.com/defender-endpoint/api/exposed-apis-odata-samples and the pages of the single APIs there,
//! docs.oasis-open.org/odata/odata/v4.01 (grammar).

mod evaluate;
mod expression;
mod lexer;
mod options;
mod page;
mod parse;
mod set;

pub(crate) use options::QueryOptions;
pub(crate) use page::{Listing, PageFault, count, list};
pub(crate) use set::{EntitySet, Kind, Property};

use axum::http::StatusCode;

use crate::refusal::Refusal;

/// A query that is no OData query of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryFault(pub(crate) String);

impl QueryFault {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<QueryFault> for Refusal {
    fn from(fault: QueryFault) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "ODataError",
            format!("Invalid OData URI query: {}", fault.0),
        )
    }
}
