//! The scalar functions, one file per family.
//!
//! A family's file holds its functions and a table of them; `FAMILIES` lists the tables. To add a function: write it in its family's
//! file and add it to that table.

pub(crate) mod addresses;
pub(crate) mod addresses_v6;
pub(crate) mod arguments;
mod array_making;
mod array_order;
mod arrays;
mod bags;
mod bins;
mod common;
mod compression;
mod conditions;
mod conversions;
mod datetime_making;
mod datetimes;
mod digests;
mod encodings;
mod formats;
mod geo;
mod hashes;
mod locators;
mod math;
mod patterns;
mod principals;
mod punycode;
mod random;
mod rowwise;
mod series;
mod series_analysis;
mod series_decomposition;
mod series_filling;
mod series_filters;
mod series_folding;
mod series_lines;
mod series_outliers;
mod series_periods;
mod series_polynomial;
mod series_spectrum;
mod sets;
mod sizes;
mod sketches;
mod special;
#[cfg(test)]
pub(crate) mod testing;
mod text;
mod text_rewriting;
mod trees;
mod units;
mod xml;
mod zones;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use crate::bound::{Bound, CallContext, CallError};

/// Every family's table.
const FAMILIES: &[&[ScalarFunction]] = &[
    addresses::FUNCTIONS,
    addresses_v6::FUNCTIONS,
    arrays::FUNCTIONS,
    array_making::FUNCTIONS,
    array_order::FUNCTIONS,
    bags::FUNCTIONS,
    bins::FUNCTIONS,
    compression::FUNCTIONS,
    conditions::FUNCTIONS,
    conversions::FUNCTIONS,
    datetimes::FUNCTIONS,
    datetime_making::FUNCTIONS,
    encodings::FUNCTIONS,
    formats::FUNCTIONS,
    geo::BUFFERS,
    geo::COVERINGS,
    geo::DENSIFICATION,
    geo::GEOHASH,
    geo::H3,
    geo::LINES,
    geo::POINTS,
    geo::POLYGONS,
    geo::S2_CELLS,
    geo::SETS,
    geo::SIMPLIFICATION,
    geo::WKT,
    hashes::FUNCTIONS,
    locators::FUNCTIONS,
    math::FUNCTIONS,
    patterns::FUNCTIONS,
    punycode::FUNCTIONS,
    series::FUNCTIONS,
    series_folding::FUNCTIONS,
    series_decomposition::FUNCTIONS,
    series_filters::FUNCTIONS,
    series_lines::FUNCTIONS,
    series_outliers::FUNCTIONS,
    series_periods::FUNCTIONS,
    series_polynomial::FUNCTIONS,
    series_spectrum::FUNCTIONS,
    series_filling::FUNCTIONS,
    sets::FUNCTIONS,
    special::FUNCTIONS,
    text::FUNCTIONS,
    text_rewriting::FUNCTIONS,
    principals::FUNCTIONS,
    random::FUNCTIONS,
    sizes::FUNCTIONS,
    sketches::FUNCTIONS,
    trees::FUNCTIONS,
    units::FUNCTIONS,
    xml::FUNCTIONS,
    zones::FUNCTIONS,
];

/// How the result column of an unnamed call is called. The official rule of each function is its `resultName` in Microsoft's symbol
/// tables (github.com/microsoft/Kusto-Query-Language, `Functions.cs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultName {
    /// `Column1`, `print_0`, ….
    Default,
    /// The first argument's name: `tostring(a)` is `a`.
    FirstArgument,
    /// Function and first argument: `strlen(a)` is `strlen_a`.
    NameAndFirstArgument,
    /// A prefix and the first argument: `gettype(a)` is `type_a`.
    PrefixAndFirstArgument(&'static str),
    /// A fixed name.
    Fixed(&'static str),
    /// The argument's name if there is just one argument.
    OnlyArgument,
    /// What [`ScalarFunction::bind`] sets in [`Bound::name`].
    SetByFunction,
}

/// A scalar function.
#[derive(Debug)]
pub struct ScalarFunction {
    /// Its name; names are case-sensitive. An alias is an entry of its own.
    pub name: &'static str,
    /// The fewest arguments it takes.
    pub at_least: usize,
    /// The most arguments it takes.
    pub at_most: usize,
    /// How an unnamed result column is called.
    pub result_name: ResultName,
    /// Makes the bound call. The binder has checked the number of arguments; types are for the function to check and convert.
    pub bind: fn(&CallContext<'_>, Vec<Bound>) -> Result<Bound, CallError>,
}

/// An entry of a family's table.
const fn function(
    name: &'static str,
    arguments: RangeInclusive<usize>,
    result_name: ResultName,
    bind: fn(&CallContext<'_>, Vec<Bound>) -> Result<Bound, CallError>,
) -> ScalarFunction {
    ScalarFunction {
        name,
        at_least: *arguments.start(),
        at_most: *arguments.end(),
        result_name,
        bind,
    }
}

/// The function of that name.
#[must_use]
pub fn scalar(name: &str) -> Option<&'static ScalarFunction> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static ScalarFunction>> =
        LazyLock::new(|| all().map(|function| (function.name, function)).collect());
    BY_NAME.get(name).copied()
}

/// All functions, family by family.
pub fn all() -> impl Iterator<Item = &'static ScalarFunction> {
    FAMILIES.iter().copied().flatten()
}
