//! Indicators to planned queries to verdicts and hits.
