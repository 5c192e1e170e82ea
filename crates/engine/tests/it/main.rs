//! What the engine answers, from the text of a query to its rows.

mod canonical;
mod conformance;
mod operators;
mod schemas;
