//! What the engine answers, from the text of a query to its rows.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "a failing test panics, tables of cases are long, and tests print what they skip"
)]

mod canonical;
mod catalog;
mod column_names;
mod conformance;
mod corpus;
mod decimals;
mod documentation;
mod expressions;
mod external;
mod file_profiles;
mod functions;
mod laws;
mod limits;
mod make_series;
mod operators;
mod parse_kv;
mod plugins;
mod scan;
mod schemas;
mod search;
mod series;
mod several_results;
mod sketches;
mod stored;
mod subqueries;
mod support;
mod tops;
mod windows;
