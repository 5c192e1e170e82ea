//! Terms of IP addresses and ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tesem_observable::IpRange;
use tesem_observable::address::scope;

use super::{List, NotSearchable, RANGE_ADDRESSES_MAX, Term, side_of};
use crate::map::Side;

/// Most addresses of an IPv6 range that is listed address by address.
pub(super) const IPV6_RANGE_ADDRESSES_MAX: u128 = 256;

/// The terms of one address.
pub(super) fn single(address: IpAddr, any_side: bool) -> Result<Vec<Term>, NotSearchable> {
    let address = address.to_canonical();
    let side = side_of(scope(address), any_side)?;
    Ok(match address {
        IpAddr::V4(address) => vec![Term::new(List::Addresses(side), address.to_string())],
        IpAddr::V6(address) => ipv6(address, side),
    })
}

/// The terms of an IPv6 address: itself with all digits, as `parse_ipv6` gives every spelling of it, and what is found in each of them.
fn ipv6(address: Ipv6Addr, side: Side) -> Vec<Term> {
    let mut terms = vec![Term::new(List::Ipv6(side), all_digits(address))];
    terms.extend(groups(address, side));
    terms
}

/// The terms of an IPv6 address that is the host of a URL.
pub(super) fn url_host(address: Ipv6Addr) -> Vec<Term> {
    let mut terms = vec![Term::new(List::UrlHosts6, all_digits(address))];
    terms.extend(groups(address, Side::Remote));
    terms
}

fn groups(address: Ipv6Addr, side: Side) -> impl Iterator<Item = Term> {
    let common = common_groups(address.segments()).into_iter();
    common.map(move |text| Term::new(List::Ipv6Groups(side), text))
}

/// The address with all digits of all groups, as `parse_ipv6` gives it.
pub(super) fn all_digits(address: Ipv6Addr) -> String {
    let groups = address.segments().map(|group| format!("{group:04x}"));
    groups.join(":")
}

/// The last group of four digits, which no spelling shortens; else both spellings of the longest one, or of the first.
fn common_groups(groups: [u16; 8]) -> Vec<String> {
    // Behind the prefix for translated addresses (RFC 6052) stands an IPv4 address, which may be written with dots.
    let hex = match groups {
        [0x64, 0xff9b, ..] => groups.get(..6).unwrap_or_default(),
        _ => groups.as_slice(),
    };
    let whole = hex.iter().rev().find(|group| **group >= 0x1000);
    if let Some(group) = whole {
        return vec![format!("{group:x}")];
    }
    let longest = groups.iter().max().copied().unwrap_or_default();
    let mut both = vec![format!("{longest:x}"), format!("{longest:04x}")];
    if longest < 0x10 {
        both.extend([format!("{longest:02x}"), format!("{longest:03x}")]);
    } else if longest < 0x100 {
        both.push(format!("{longest:03x}"));
    }
    both
}

/// The terms of a range: IPv4 as leading octets and single addresses that cover exactly the range.
pub(super) fn range(range: &IpRange, any_side: bool) -> Result<Vec<Term>, NotSearchable> {
    let count = range.count();
    match (range.first(), range.last()) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            if count > RANGE_ADDRESSES_MAX {
                return Err(NotSearchable::WideRange { count });
            }
            let side = range_side(first, last, any_side)?;
            Ok(range
                .networks()
                .into_iter()
                .flat_map(|(address, length)| pieces(address, length))
                .map(|(octets, text)| Term::new(octets_list(side, octets), text))
                .collect())
        }
        _ if count > IPV6_RANGE_ADDRESSES_MAX => Err(NotSearchable::WideIpv6Range { count }),
        _ => ipv6_range(range, any_side),
    }
}

fn ipv6_range(range: &IpRange, any_side: bool) -> Result<Vec<Term>, NotSearchable> {
    let side = side_of(scope(range.first()), any_side)?;
    let listed = usize::try_from(IPV6_RANGE_ADDRESSES_MAX).unwrap_or(usize::MAX);
    let terms = |address: IpAddr| match address.to_canonical() {
        IpAddr::V4(address) => vec![Term::new(List::Addresses(side), address.to_string())],
        IpAddr::V6(address) => ipv6(address, side),
    };
    Ok(range.addresses(listed).flat_map(terms).collect())
}

fn octets_list(side: Side, octets: u8) -> List {
    match octets {
        4 => List::Addresses(side),
        fewer => List::Octets(side, fewer),
    }
}

/// A range inside an internal block is looked for on the local side, one that reaches in and out of one on either.
fn range_side(first: Ipv4Addr, last: Ipv4Addr, any_side: bool) -> Result<Side, NotSearchable> {
    let side = side_of(scope(first.into()), any_side)?;
    let (first, last) = (u32::from(first), u32::from(last));
    let inside = |(low, high): &(u32, u32)| *low <= first && last <= *high;
    let touches = |(low, high): &(u32, u32)| *low <= last && first <= *high;
    if any_side || INTERNAL_BLOCKS.iter().any(inside) || !INTERNAL_BLOCKS.iter().any(touches) {
        return Ok(side);
    }
    Ok(Side::Either)
}

/// Blocks of addresses that belong to an organisation itself: RFC 1918, RFC 6598, RFC 3927.
const INTERNAL_BLOCKS: [(u32, u32); 5] = [
    block([10, 0, 0, 0], 8),
    block([172, 16, 0, 0], 12),
    block([192, 168, 0, 0], 16),
    block([100, 64, 0, 0], 10),
    block([169, 254, 0, 0], 16),
];

const fn block(octets: [u8; 4], length: u32) -> (u32, u32) {
    let first = u32::from_be_bytes(octets);
    (first, first | (u32::MAX >> length))
}

/// A network as texts of whole octets: how many octets, and the texts.
fn pieces(address: IpAddr, length: u8) -> Vec<(u8, String)> {
    let IpAddr::V4(address) = address else {
        return Vec::new();
    };
    let octets = length.div_ceil(8).clamp(1, 4);
    let step = 1_u32 << (32 - u32::from(octets) * 8);
    let count = 1_u32 << (u32::from(octets) * 8 - u32::from(length));
    (0..count)
        .map(|index| {
            let start = u32::from(address).saturating_add(index.saturating_mul(step));
            (octets, leading(Ipv4Addr::from(start), octets))
        })
        .collect()
}

fn leading(address: Ipv4Addr, octets: u8) -> String {
    let texts: Vec<String> = address
        .octets()
        .iter()
        .take(usize::from(octets))
        .map(u8::to_string)
        .collect();
    texts.join(".")
}

/// The address that a text of telemetry means: zone dropped, mapped IPv4 as IPv4.
pub(crate) fn read(text: &str) -> Option<IpAddr> {
    let bare = text.split('%').next().unwrap_or(text);
    bare.parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {

    use super::*;

    fn range_of(first: &str, last: &str) -> IpRange {
        IpRange::new(first.parse().unwrap(), last.parse().unwrap()).unwrap()
    }

    fn written(first: &str, last: &str) -> Vec<String> {
        range(&range_of(first, last), false)
            .unwrap()
            .into_iter()
            .map(|term| format!("{} {}", term.list, term.text))
            .collect()
    }

    #[test]
    fn a_range_becomes_whole_octets() {
        let cases: [(&str, &str, &[&str]); 5] = [
            (
                "198.51.100.0",
                "198.51.100.255",
                &["octets3_remote 198.51.100"],
            ),
            ("10.0.0.0", "10.255.255.255", &["octets1_local 10"]),
            (
                "198.18.0.0",
                "198.19.255.255",
                &["octets2_remote 198.18", "octets2_remote 198.19"],
            ),
            (
                "203.0.113.255",
                "203.0.114.0",
                &[
                    "addresses_remote 203.0.113.255",
                    "addresses_remote 203.0.114.0",
                ],
            ),
            (
                "192.168.255.255",
                "192.169.0.0",
                &[
                    "addresses_either 192.168.255.255",
                    "addresses_either 192.169.0.0",
                ],
            ),
        ];
        for (first, last, expected) in cases {
            assert_eq!(written(first, last), expected, "{first}-{last}");
        }
    }

    #[test]
    fn wide_ranges_are_refused() {
        for (first, last) in [("0.0.0.1", "255.0.0.0"), ("11.0.0.0", "12.0.0.0")] {
            let refused = range(&range_of(first, last), false).unwrap_err();
            assert!(
                matches!(refused, NotSearchable::WideRange { .. }),
                "{first}"
            );
        }
        let refused = range(&range_of("2001:db8::", "2001:db8::1:0"), false).unwrap_err();
        assert!(matches!(refused, NotSearchable::WideIpv6Range { .. }));
    }

    #[test]
    fn an_ipv6_address_is_looked_for_by_its_digits_and_a_group_of_every_spelling() {
        let cases: [(&str, &[&str]); 6] = [
            ("2001:db8::8a2e:1", &["8a2e"]),
            ("2001:db8::1", &["2001"]),
            ("fd00::1", &["fd00"]),
            ("64:ff9b::c000:201", &["ff9b"]),
            ("100::abc", &["abc", "0abc"]),
            ("::5", &["5", "0005", "05", "005"]),
        ];
        for (text, groups) in cases {
            let terms = ipv6(text.parse().unwrap(), Side::Remote);
            let of = |list: List| -> Vec<&str> {
                let of_list = terms.iter().filter(|term| term.list == list);
                of_list.map(|term| term.text.as_str()).collect()
            };
            assert_eq!(of(List::Ipv6Groups(Side::Remote)), groups, "{text}");
            let full = of(List::Ipv6(Side::Remote));
            assert_eq!(
                full[0].parse::<IpAddr>().unwrap(),
                text.parse::<IpAddr>().unwrap()
            );
            assert_eq!(full[0].len(), 39);
        }
    }

    #[test]
    fn telemetry_spellings_are_read() {
        for text in ["::ffff:192.0.2.1", "192.0.2.1", "::FFFF:c000:0201"] {
            assert_eq!(
                read(text),
                Some(IpAddr::V4([192, 0, 2, 1].into())),
                "{text}"
            );
        }
        assert_eq!(read("fe80::1%eth0"), "fe80::1".parse().ok());
        assert_eq!(read("evil.com"), None);
    }
}
