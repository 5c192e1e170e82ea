//! Terms of IP addresses and ranges.

use std::net::{IpAddr, Ipv4Addr};

use tesem_observable::IpRange;
use tesem_observable::address::scope;

use super::{List, NotSearchable, RANGE_ADDRESSES_MAX, Term, side_of, tail};
use crate::map::Side;

/// Most addresses of an IPv6 range that is listed address by address.
pub(super) const IPV6_RANGE_ADDRESSES_MAX: u128 = 256;

/// The terms of one address.
pub(super) fn single(address: IpAddr, any_side: bool) -> Result<Vec<Term>, NotSearchable> {
    let side = side_of(scope(address), any_side)?;
    let list = List::Addresses(side);
    let mut terms: Vec<Term> = spellings(address)
        .into_iter()
        .map(|text| Term::new(list, text))
        .collect();
    if address.is_ipv4() && side.meets(Side::Remote) {
        terms.push(Term::new(List::Tails, tail(&address.to_string())));
    }
    Ok(terms)
}

/// The ways in which telemetry writes an address, apart from letter case: IPv6 as RFC 5952 has it, with all eight groups, and with
/// all digits of all groups.
fn spellings(address: IpAddr) -> Vec<String> {
    let IpAddr::V6(address) = address else {
        return vec![address.to_string()];
    };
    let groups = address.segments();
    let joined = |write: fn(&u16) -> String| groups.iter().map(write).collect::<Vec<_>>().join(":");
    let mut all = vec![
        address.to_string(),
        joined(|group| format!("{group:x}")),
        joined(|group| format!("{group:04x}")),
    ];
    all.dedup();
    all
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
    let list = List::Addresses(side_of(scope(range.first()), any_side)?);
    let listed = usize::try_from(IPV6_RANGE_ADDRESSES_MAX).unwrap_or(usize::MAX);
    Ok(range
        .addresses(listed)
        .flat_map(spellings)
        .map(|text| Term::new(list, text))
        .collect())
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
    use std::net::Ipv6Addr;

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
    fn an_ipv6_address_is_looked_for_in_three_spellings() {
        let address: Ipv6Addr = "2001:db8::8a2e:1".parse().unwrap();
        assert_eq!(
            spellings(address.into()),
            [
                "2001:db8::8a2e:1",
                "2001:db8:0:0:0:0:8a2e:1",
                "2001:0db8:0000:0000:0000:0000:8a2e:0001"
            ]
        );
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
