//! What the engine answers, from the text of a query to its rows.

mod canonical;
mod conformance;
mod functions;
mod laws;
mod limits;
mod operators;
mod schemas;
