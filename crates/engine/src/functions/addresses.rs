//! IPv4 addresses in text.
//!
//! An address may carry a prefix length, as in `192.168.1.0/24`; the shortest prefix that is given
//! decides how many bits count. What is no address gives null, or empty text.

use std::net::Ipv4Addr;

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::text::{map_bool, map_long, text_at};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel::{self, Input};
use crate::kernels::cells::Cells;
use crate::kernels::rows;
use crate::kernels::strings::{Needle, needles_of, terms::Edges};
use crate::value::Value;

const DEFAULT: ResultName = ResultName::Default;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("parse_ipv4", 1..=1, DEFAULT, parse_ipv4),
    function("parse_ipv4_mask", 2..=2, DEFAULT, parse_ipv4_mask),
    function("ipv4_netmask_suffix", 1..=1, DEFAULT, ipv4_suffix),
    function("ipv4_is_private", 1..=1, DEFAULT, ipv4_is_private),
    function("ipv4_compare", 2..=3, DEFAULT, ipv4_compare),
    function("ipv4_is_match", 2..=3, DEFAULT, ipv4_is_match),
    function("ipv4_is_in_range", 2..=2, DEFAULT, ipv4_is_in_range),
    function(
        "ipv4_is_in_any_range",
        2..=64,
        DEFAULT,
        ipv4_is_in_any_range,
    ),
    function(
        "ipv4_range_to_cidr_list",
        2..=2,
        DEFAULT,
        ipv4_range_to_cidr_list,
    ),
    function("format_ipv4", 1..=2, DEFAULT, format_ipv4),
    function("format_ipv4_mask", 2..=2, DEFAULT, format_ipv4_mask),
    function("has_ipv4", 2..=2, DEFAULT, has_ipv4),
    function("has_any_ipv4", 2..=64, DEFAULT, has_ipv4),
    function("has_ipv4_prefix", 2..=2, DEFAULT, has_ipv4_prefix),
    function("has_any_ipv4_prefix", 2..=64, DEFAULT, has_ipv4_prefix),
];

type Call = Result<Bound, CallError>;

/// An address and how many of its bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address<T> {
    /// The address as a number.
    pub(crate) bits: T,
    /// How many of its bits count, from the most significant.
    pub(crate) prefix: u32,
}

pub(crate) type V4 = Address<u32>;

/// The bits that a prefix leaves.
fn mask4(prefix: u32) -> u32 {
    u32::MAX.checked_shl(32 - prefix.min(32)).unwrap_or(0)
}

pub(super) fn split_prefix(text: &str, longest: u32) -> Option<(&str, u32)> {
    let Some((address, prefix)) = text.split_once('/') else {
        return Some((text, longest));
    };
    let prefix = prefix
        .trim()
        .parse()
        .ok()
        .filter(|&prefix| prefix <= longest)?;
    Some((address, prefix))
}

/// The IPv4 address of a text, with or without `/prefix`.
pub(crate) fn v4(text: &str) -> Option<V4> {
    let (address, prefix) = split_prefix(text.trim(), 32)?;
    let address: Ipv4Addr = address.trim().parse().ok()?;
    Some(Address {
        bits: address.to_bits(),
        prefix,
    })
}

/// `parse_ipv4(text)`: the address as a number, without the bits behind the prefix.
///
/// Source: learn.microsoft.com/kusto/query/parse-ipv4-function.
fn parse_ipv4(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let text = Arguments::new(context, arguments).string()?;
    Ok(map_long(context, "parse_ipv4", text, |text| {
        v4(text).map(|address| i64::from(address.bits & mask4(address.prefix)))
    }))
}

/// `parse_ipv4_mask(text, prefix)`.
///
/// Source: learn.microsoft.com/kusto/query/parse-ipv4-mask-function.
fn parse_ipv4_mask(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.string()?, arguments.integer()?];
    Ok(kernel::call(
        "parse_ipv4_mask",
        inputs,
        ScalarType::Long,
        context.span,
        |input| {
            let (texts, prefixes) = (input.strings(0)?, input.longs(1)?);
            rows::longs(input.rows, |row| {
                let address = v4(text_at(&texts, row))?;
                let prefix = known_prefix(rows::at(&prefixes, row)?, 32)?;
                Some(i64::from(address.bits & mask4(address.prefix.min(prefix))))
            })
        },
    ))
}

pub(super) fn known_prefix(prefix: i64, longest: u32) -> Option<u32> {
    u32::try_from(prefix)
        .ok()
        .filter(|&prefix| prefix <= longest)
}

/// `ipv4_netmask_suffix(text)`: the prefix length, 32 where there is none.
///
/// Source: learn.microsoft.com/kusto/query/ipv4-netmask-suffix-function.
fn ipv4_suffix(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let text = Arguments::new(context, arguments).string()?;
    Ok(map_long(context, "ipv4_netmask_suffix", text, |text| {
        v4(text).map(|address| i64::from(address.prefix))
    }))
}

/// `ipv4_is_private(text)`: in 10/8, 172.16/12 or 192.168/16, as a whole where it is a range.
///
/// Source: learn.microsoft.com/kusto/query/ipv4-is-private-function.
fn ipv4_is_private(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    const PRIVATE: [V4; 3] = [
        Address {
            bits: 0x0a00_0000,
            prefix: 8,
        },
        Address {
            bits: 0xac10_0000,
            prefix: 12,
        },
        Address {
            bits: 0xc0a8_0000,
            prefix: 16,
        },
    ];
    let text = Arguments::new(context, arguments).string()?;
    Ok(map_bool(context, "ipv4_is_private", text, |text| {
        let address = v4(text)?;
        let inside = |range: &V4| {
            address.prefix >= range.prefix && address.bits & mask4(range.prefix) == range.bits
        };
        Some(PRIVATE.iter().any(inside))
    }))
}

/// Compares the addresses of two texts under the shortest prefix.
fn compared(
    input: &Input<'_>,
    order: impl Fn(&str, &str, i64) -> Option<i64>,
) -> Result<Vec<Option<i64>>, datafusion::common::DataFusionError> {
    let (first, second, prefixes) = (input.strings(0)?, input.strings(1)?, input.longs(2)?);
    let row = |row| {
        order(
            text_at(&first, row),
            text_at(&second, row),
            rows::at(&prefixes, row)?,
        )
    };
    Ok((0..input.rows).map(row).collect())
}

fn order4(first: &str, second: &str, prefix: i64) -> Option<i64> {
    let (first, second) = (v4(first)?, v4(second)?);
    let mask = mask4(
        known_prefix(prefix, 32)?
            .min(first.prefix)
            .min(second.prefix),
    );
    Some((first.bits & mask).cmp(&(second.bits & mask)) as i64)
}

pub(super) fn comparison(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    longest: i64,
    order: fn(&str, &str, i64) -> Option<i64>,
    returns: ScalarType,
) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let (first, second) = (arguments.string()?, arguments.string()?);
    let prefix = arguments.or(Value::Long(longest), Arguments::integer)?;
    let inputs = vec![first, second, prefix];
    Ok(kernel::call(
        "ip_compare",
        inputs,
        returns,
        context.span,
        move |input| {
            let orders = compared(input, order)?;
            let order = |row: usize| orders.get(row).copied().flatten();
            match returns {
                ScalarType::Bool => {
                    rows::bools(input.rows, |row| order(row).map(|order| order == 0))
                }
                _ => rows::longs(input.rows, order),
            }
        },
    ))
}

/// `ipv4_compare(first, second [, prefix])`: -1, 0 or 1.
///
/// Source: learn.microsoft.com/kusto/query/ipv4-compare-function.
fn ipv4_compare(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    comparison(context, arguments, 32, order4, ScalarType::Long)
}

/// `ipv4_is_match(first, second [, prefix])`.
///
/// Source: learn.microsoft.com/kusto/query/ipv4-is-match-function.
fn ipv4_is_match(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    comparison(context, arguments, 32, order4, ScalarType::Bool)
}

/// `ipv4_is_in_range(address, range)`.
///
/// Source: learn.microsoft.com/kusto/query/ipv4-is-in-range-function.
fn ipv4_is_in_range(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    in_any_range(context, arguments, in_range4)
}

/// `ipv4_is_in_any_range(address, ranges…)`: the ranges may be an array.
///
/// Source: learn.microsoft.com/kusto/query/ipv4-is-in-any-range-function.
fn ipv4_is_in_any_range(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    in_any_range(context, arguments, in_range4)
}

fn in_range4(address: &str, range: &str) -> Option<bool> {
    order4(address, range, 32).map(|order| order == 0)
}

/// Whether an address is in one of the ranges; null if none of them is a range.
pub(super) fn in_any_range(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    is_in: fn(&str, &str) -> Option<bool>,
) -> Call {
    let (inputs, types) = text_and_list(context, arguments)?;
    Ok(kernel::call(
        "ip_in_range",
        inputs,
        ScalarType::Bool,
        context.span,
        move |input| {
            let texts = input.strings(0)?;
            let lists = Lists::new(input, &types)?;
            let mut cache = ListCache::default();
            rows::bools(input.rows, |row| {
                let text = text_at(&texts, row);
                let answers = cache
                    .list(&lists, row)
                    .iter()
                    .map(|range| is_in(text, range));
                answers.fold(None, |any, answer| match (any, answer) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (any, answer) => any.or(answer),
                })
            })
        },
    ))
}

/// A text, and either texts or one array of them.
fn text_and_list(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<(Vec<Bound>, Vec<ScalarType>), CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = vec![arguments.string_or_dynamic()?];
    while arguments.has_more() {
        let value = arguments.any()?;
        let is_list = value.scalar_type == ScalarType::Dynamic && inputs.len() == 1;
        if !is_list && value.scalar_type != ScalarType::String {
            return Err(arguments.wrong_type(&value, "a string"));
        }
        inputs.push(value);
    }
    let types = inputs.iter().map(|input| input.scalar_type).collect();
    Ok((inputs, types))
}

/// The arguments behind the first, as texts.
struct Lists(Vec<Cells>);

impl Lists {
    fn new(
        input: &Input<'_>,
        types: &[ScalarType],
    ) -> Result<Self, datafusion::common::DataFusionError> {
        super::text::all_cells(input, 1, types).map(Self)
    }

    fn texts(&self, row: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for cells in &self.0 {
            if let Cells::Dynamic(_) = cells {
                texts.extend(needles_of(cells.dynamic(row)));
            } else {
                let mut text = String::new();
                cells.push_text(row, &mut text);
                texts.push(text);
            }
        }
        texts
    }

    /// Whether two rows have the same lists.
    fn is_same(&self, left: usize, right: usize) -> bool {
        self.0.iter().all(|cells| match cells {
            Cells::Dynamic(_) => cells.dynamic(left).bytes() == cells.dynamic(right).bytes(),
            _ => cells.view(left) == cells.view(right),
        })
    }
}

/// The list of the last row: mostly it is the same in every row.
#[derive(Default)]
struct ListCache {
    row: Option<usize>,
    texts: Vec<String>,
}

impl ListCache {
    fn list(&mut self, lists: &Lists, row: usize) -> &[String] {
        if self.row.is_none_or(|last| !lists.is_same(last, row)) {
            self.texts = lists.texts(row);
            self.row = Some(row);
        }
        &self.texts
    }
}

/// `ipv4_range_to_cidr_list(first, last)`: the fewest ranges that make up the addresses.
///
/// Source: learn.microsoft.com/kusto/query/ipv4-range-to-cidr-list-function.
fn ipv4_range_to_cidr_list(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.string()?, arguments.string()?];
    Ok(kernel::call(
        "ipv4_range_to_cidr_list",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let (firsts, lasts) = (input.strings(0)?, input.strings(1)?);
            rows::dynamics(input.rows, |row, writer| {
                let (Some(first), Some(last)) =
                    (v4(text_at(&firsts, row)), v4(text_at(&lasts, row)))
                else {
                    return Ok(());
                };
                writer.open_array()?;
                for (from, prefix) in ranges(first.bits, last.bits) {
                    writer.string(&format!("{}/{prefix}", Ipv4Addr::from_bits(from)));
                }
                writer.close()
            })
        },
    ))
}

/// The ranges between two addresses, both included.
fn ranges(first: u32, last: u32) -> Vec<(u32, u32)> {
    let (mut from, end) = (u64::from(first), u64::from(last) + 1);
    let mut ranges = Vec::new();
    while from < end {
        let aligned = if from == 0 {
            32
        } else {
            from.trailing_zeros().min(32)
        };
        let fitting = (end - from).ilog2();
        let size = aligned.min(fitting);
        ranges.push((u32::try_from(from).unwrap_or_default(), 32 - size));
        from += 1 << size;
    }
    ranges
}

/// `format_ipv4(address [, prefix])`: text or number as text, without the bits behind the prefix.
///
/// Source: learn.microsoft.com/kusto/query/format-ipv4-function.
fn format_ipv4(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    formatted(context, arguments, false)
}

/// `format_ipv4_mask(address, prefix)`: with the prefix.
///
/// Source: learn.microsoft.com/kusto/query/format-ipv4-mask-function.
fn format_ipv4_mask(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    formatted(context, arguments, true)
}

fn formatted(context: &CallContext<'_>, arguments: Vec<Bound>, with_prefix: bool) -> Call {
    use crate::dynamic::View;
    let mut arguments = Arguments::new(context, arguments);
    let address = arguments.any()?;
    let kind = address.scalar_type;
    if !matches!(
        kind,
        ScalarType::String | ScalarType::Int | ScalarType::Long
    ) {
        return Err(arguments.wrong_type(&address, "a string or an integer"));
    }
    let prefix = arguments.or(Value::Long(32), Arguments::integer)?;
    let inputs = vec![address, prefix];
    Ok(kernel::call(
        "format_ipv4",
        inputs,
        ScalarType::String,
        context.span,
        move |input| {
            let (addresses, prefixes) = (Cells::of(input, 0, kind)?, input.longs(1)?);
            rows::texts(input.rows, |row, out| {
                let address = match addresses.view(row) {
                    View::String(text) => v4(text),
                    View::Long(bits) => u32::try_from(bits)
                        .ok()
                        .map(|bits| Address { bits, prefix: 32 }),
                    _ => None,
                };
                let prefix = rows::at(&prefixes, row).and_then(|prefix| known_prefix(prefix, 32));
                let Some((address, prefix)) = address.zip(prefix) else {
                    return;
                };
                let prefix = prefix.min(address.prefix);
                out.push_str(&Ipv4Addr::from_bits(address.bits & mask4(prefix)).to_string());
                if with_prefix {
                    out.push_str(&format!("/{prefix}"));
                }
            })
        },
    ))
}

/// `has_ipv4(text, address)`, `has_any_ipv4(text, addresses…)`: an address that stands by itself.
///
/// Source: learn.microsoft.com/kusto/query/has-ipv4-function.
fn has_ipv4(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    has_address(context, arguments, |text, address| {
        address.parse::<Ipv4Addr>().is_ok()
            && Needle::new(address, true, Edges::of_term(address)).is_in(text)
    })
}

/// `has_ipv4_prefix(text, prefix)`, `has_any_ipv4_prefix(text, prefixes…)`: an address that begins
/// with whole parts, as `127.0.`.
///
/// Source: learn.microsoft.com/kusto/query/has-ipv4-prefix-function.
fn has_ipv4_prefix(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    has_address(context, arguments, |text, prefix| {
        let is_whole = prefix.parse::<Ipv4Addr>().is_ok();
        if !is_whole && !prefix.ends_with('.') {
            return false;
        }
        let needle = Needle::new(prefix, true, Edges::of_prefix(prefix));
        let mut from = 0;
        while let Some((start, end)) = needle.find(text.as_bytes(), from) {
            if Edges::of_prefix(prefix).accept(text, start, end)
                && starts_with_address(text.get(start..))
            {
                return true;
            }
            from = start + 1;
        }
        false
    })
}

fn starts_with_address(text: Option<&str>) -> bool {
    let Some(text) = text else { return false };
    let length = text
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
        .count();
    let address = text.get(..length).unwrap_or_default().trim_end_matches('.');
    let ends_there = text.get(length..).unwrap_or_default().chars().next();
    let is_delimited =
        ends_there.is_none_or(|next| !crate::kernels::strings::terms::is_term_character(next));
    is_delimited && address.parse::<Ipv4Addr>().is_ok()
}

fn has_address(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    has: fn(&str, &str) -> bool,
) -> Call {
    let (inputs, types) = text_and_list(context, arguments)?;
    Ok(kernel::call(
        "has_ipv4",
        inputs,
        ScalarType::Bool,
        context.span,
        move |input| {
            let texts = input.strings(0)?;
            let lists = Lists::new(input, &types)?;
            let mut cache = ListCache::default();
            rows::bools(input.rows, |row| {
                let text = text_at(&texts, row);
                Some(
                    cache
                        .list(&lists, row)
                        .iter()
                        .any(|address| has(text, address)),
                )
            })
        },
    ))
}

#[cfg(test)]
mod tests;
