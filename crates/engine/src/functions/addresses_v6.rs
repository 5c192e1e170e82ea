//! IPv6 addresses in text; see [`super::addresses`] for prefixes.

use std::net::{Ipv4Addr, Ipv6Addr};

use tesem_kql::types::ScalarType;

use super::addresses::{Address, comparison, in_any_range, known_prefix, split_prefix, v4};
use super::arguments::Arguments;
use super::text::text_at;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel;
use crate::kernels::rows;
use crate::value::Value;

const DEFAULT: ResultName = ResultName::Default;

type Call = Result<Bound, CallError>;
pub(crate) type V6 = Address<u128>;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("parse_ipv6", 1..=1, DEFAULT, parse_ipv6),
    function("parse_ipv6_mask", 2..=2, DEFAULT, parse_ipv6_mask),
    function("ipv6_compare", 2..=3, DEFAULT, ipv6_compare),
    function("ipv6_is_match", 2..=3, DEFAULT, ipv6_is_match),
    function("ipv6_is_in_range", 2..=2, DEFAULT, ipv6_is_in_range),
    function(
        "ipv6_is_in_any_range",
        2..=64,
        DEFAULT,
        ipv6_is_in_any_range,
    ),
];

fn mask6(prefix: u32) -> u128 {
    u128::MAX.checked_shl(128 - prefix.min(128)).unwrap_or(0)
}

/// An IPv6 address; an IPv4 address is taken as the IPv6 address that stands for it.
fn v6(text: &str) -> Option<V6> {
    let text = text.trim();
    if let Some(v4) = v4(text) {
        let bits = Ipv4Addr::from_bits(v4.bits).to_ipv6_mapped().to_bits();
        return Some(Address {
            bits,
            prefix: v4.prefix + 96,
        });
    }
    let longest = if text.contains('.') { 32 } else { 128 };
    let (address, prefix) = split_prefix(text, longest).or_else(|| split_prefix(text, 128))?;
    let bits = address.trim().parse::<Ipv6Addr>().ok()?.to_bits();
    // With dotted digits at its end, an address counts the prefix as IPv4 does.
    Some(Address {
        bits,
        prefix: if longest == 32 && prefix <= 32 {
            prefix + 96
        } else {
            prefix
        },
    })
}

/// An address as it is compared: one that ends in dotted digits stands for that IPv4 address.
pub(crate) fn v6_compared(text: &str) -> Option<V6> {
    let address = v6(text)?;
    let ends_dotted = text.contains('.') && address.bits >> 32 == 0;
    Some(Address {
        bits: if ends_dotted {
            address.bits | 0xffff << 32
        } else {
            address.bits
        },
        ..address
    })
}

fn order6(first: &str, second: &str, prefix: i64) -> Option<i64> {
    let (first, second) = (v6_compared(first)?, v6_compared(second)?);
    let mask = mask6(
        known_prefix(prefix, 128)?
            .min(first.prefix)
            .min(second.prefix),
    );
    Some((first.bits & mask).cmp(&(second.bits & mask)) as i64)
}

/// `ipv6_compare(first, second [, prefix])`.
///
/// Source: learn.microsoft.com/kusto/query/ipv6-compare-function.
fn ipv6_compare(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    comparison(context, arguments, 128, order6, ScalarType::Long)
}

/// `ipv6_is_match(first, second [, prefix])`.
///
/// Source: learn.microsoft.com/kusto/query/ipv6-is-match-function.
fn ipv6_is_match(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    comparison(context, arguments, 128, order6, ScalarType::Bool)
}

/// `ipv6_is_in_range(address, range)`.
///
/// Source: learn.microsoft.com/kusto/query/ipv6-is-in-range-function.
fn ipv6_is_in_range(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    in_any_range(context, arguments, in_range6)
}

/// `ipv6_is_in_any_range(address, ranges…)`.
///
/// Source: learn.microsoft.com/kusto/query/ipv6-is-in-any-range-function.
fn ipv6_is_in_any_range(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    in_any_range(context, arguments, in_range6)
}

fn in_range6(address: &str, range: &str) -> Option<bool> {
    order6(address, range, 128).map(|order| order == 0)
}

/// `parse_ipv6(text)`: all eight groups, without the bits behind the prefix; empty for no address.
///
/// Source: learn.microsoft.com/kusto/query/parse-ipv6-function.
fn parse_ipv6(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let text = Arguments::new(context, arguments).string()?;
    canonical(
        context,
        text,
        Bound::constant(Value::Long(128), context.span),
    )
}

/// `parse_ipv6_mask(text, prefix)`.
///
/// Source: learn.microsoft.com/kusto/query/parse-ipv6-mask-function.
fn parse_ipv6_mask(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let (text, prefix) = (arguments.string()?, arguments.integer()?);
    canonical(context, text, prefix)
}

fn canonical(context: &CallContext<'_>, text: Bound, prefix: Bound) -> Call {
    Ok(kernel::call(
        "parse_ipv6",
        vec![text, prefix],
        ScalarType::String,
        context.span,
        |input| {
            let (texts, prefixes) = (input.strings(0)?, input.longs(1)?);
            rows::texts(input.rows, |row, out| {
                let prefix = rows::at(&prefixes, row).and_then(|prefix| known_prefix(prefix, 128));
                let Some((address, prefix)) = v6(text_at(&texts, row)).zip(prefix) else {
                    return;
                };
                let bits = address.bits & mask6(prefix.min(address.prefix));
                let groups = Ipv6Addr::from_bits(bits)
                    .segments()
                    .map(|group| format!("{group:04x}"));
                out.push_str(&groups.join(":"));
            })
        },
    ))
}
