//! Runs, journal, quota ledger and clock.
