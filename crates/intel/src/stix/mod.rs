//! STIX 2.1 (and what 2.0 shares with it): bundles, indicators, cyber-observable objects.
//!
//! Source: STIX Version 2.1, OASIS Standard.

mod bundle;
mod object;
pub mod pattern;
pub(crate) mod sco;

pub(crate) use bundle::{Envelope, damaged, read_objects};
pub(crate) use object::Objects;

use std::io::BufRead;

use crate::Problem;
use crate::output::Output;

/// Reads a bundle, a TAXII envelope or a list of objects.
pub(crate) fn read(
    reader: impl BufRead,
    objects: &mut Objects,
    output: &mut Output,
) -> Result<Envelope, Problem> {
    read_objects(reader, output, &mut |raw, number, output| {
        objects.read(raw, number, output)
    })
}
