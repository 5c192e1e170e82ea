//! Ranges of IP addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::ip;
use crate::{Reason, Refusal};

/// Adjacent addresses of one family, from a network (`10.0.0.0/8`) or a pair (`10.0.0.1-10.0.0.9`).
///
/// Kept as first and last address, so that the same addresses are the same range however they were
/// written. Bits of a network's host part are dropped: `10.1.2.3/8` is `10.0.0.0/8`. Displays as a
/// network where it is one, else as `first-last`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IpRange(Bounds);

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Bounds {
    V4 { first: Ipv4Addr, last: Ipv4Addr },
    V6 { first: Ipv6Addr, last: Ipv6Addr },
}

/// A network: its first address and its prefix length.
pub type Network = (IpAddr, u8);

impl IpRange {
    /// The range from `first` to `last`, both included. `None` when the families differ or `last`
    /// lies before `first`.
    #[must_use]
    pub fn new(first: IpAddr, last: IpAddr) -> Option<Self> {
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
                Some(Self(Bounds::V4 { first, last }))
            }
            (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
                Some(Self(Bounds::V6 { first, last }))
            }
            _ => None,
        }
    }

    /// The network around `address` with a prefix of `length` bits. `None` when there are not so
    /// many bits.
    #[must_use]
    pub fn network(address: IpAddr, length: u8) -> Option<Self> {
        let bits = family_bits(address);
        let host = host_mask(bits.checked_sub(length)?);
        let start = number(address) & !host;
        Self::new(
            from_number(address, start),
            from_number(address, start | host),
        )
    }

    /// The first address.
    #[must_use]
    pub fn first(&self) -> IpAddr {
        match self.0 {
            Bounds::V4 { first, .. } => first.into(),
            Bounds::V6 { first, .. } => first.into(),
        }
    }

    /// The last address; it belongs to the range.
    #[must_use]
    pub fn last(&self) -> IpAddr {
        match self.0 {
            Bounds::V4 { last, .. } => last.into(),
            Bounds::V6 { last, .. } => last.into(),
        }
    }

    /// Whether the address lies in the range. One of another family never does.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first().is_ipv4()
            && (self.first()..=self.last()).contains(&address)
    }

    /// How many addresses there are. All of IPv6 counts as [`u128::MAX`], one less than it is.
    #[must_use]
    pub fn count(&self) -> u128 {
        (number(self.last()) - number(self.first())).saturating_add(1)
    }

    /// The addresses one by one, in order, but at most `limit`.
    pub fn addresses(&self, limit: usize) -> impl Iterator<Item = IpAddr> + use<> {
        let family = self.first();
        (number(self.first())..=number(self.last()))
            .take(limit)
            .map(move |value| from_number(family, value))
    }

    /// The fewest networks that cover exactly this range, in order (at most 62 for IPv4, 254 for IPv6).
    #[must_use]
    pub fn networks(&self) -> Vec<Network> {
        let family = self.first();
        let bits = family_bits(family);
        let (mut start, last) = (number(family), number(self.last()));
        let mut networks = Vec::new();
        loop {
            let host_bits = largest_block(start, last, bits);
            networks.push((from_number(family, start), bits - host_bits));
            let end = start | host_mask(host_bits);
            if end >= last {
                return networks;
            }
            start = end + 1;
        }
    }

    /// The prefix length, where the range is exactly one network.
    #[must_use]
    pub fn prefix_length(&self) -> Option<u8> {
        let bits = family_bits(self.first());
        let host_bits = largest_block(number(self.first()), number(self.last()), bits);
        let is_whole = number(self.first()) | host_mask(host_bits) == number(self.last());
        is_whole.then_some(bits - host_bits)
    }

    /// The only address, where there is just one.
    #[must_use]
    pub fn single(&self) -> Option<IpAddr> {
        (self.first() == self.last()).then_some(self.first())
    }

    /// Reads `address/length`, `first-last` or, for IPv4, `first-octet`.
    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        if let Some((address, length)) = text.split_once('/') {
            return Self::parse_network(address.trim(), length.trim());
        }
        match text.split_once(['-', '–', '—']) {
            Some((first, last)) => Self::parse_pair(first.trim(), last.trim()),
            None => ip::parse(text)
                .and_then(|address| Self::new(address, address).ok_or(Reason::RangeOrder)),
        }
    }

    fn parse_network(address: &str, length: &str) -> Result<Self, Reason> {
        let address = ip::parse(address)?;
        let most = family_bits(address);
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let parsed = length.parse().ok().filter(|_| is_number);
        let network = parsed.and_then(|length| Self::network(address, length));
        network.ok_or_else(|| Reason::PrefixLength {
            given: length.into(),
            most,
        })
    }

    fn parse_pair(first: &str, last: &str) -> Result<Self, Reason> {
        let first = ip::parse(first)?;
        let last = match (first, last.parse::<u8>()) {
            (IpAddr::V4(first), Ok(octet)) => {
                let [a, b, c, _] = first.octets();
                Ipv4Addr::new(a, b, c, octet).into()
            }
            _ => ip::parse(last)?,
        };
        Self::new(first, last).ok_or(Reason::RangeOrder)
    }
}

/// How many bits an address of the family of `address` has.
fn family_bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// The address of the family of `family` with the value `number`.
fn from_number(family: IpAddr, number: u128) -> IpAddr {
    match family {
        IpAddr::V4(_) => Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)).into(),
        IpAddr::V6(_) => Ipv6Addr::from(number).into(),
    }
}

/// A number whose lowest `bits` bits are set.
fn host_mask(bits: u8) -> u128 {
    u128::MAX
        .checked_shr(128 - u32::from(bits.min(128)))
        .unwrap_or(0)
}

/// Host bits of the largest network that starts at `start` and does not reach beyond `last`.
fn largest_block(start: u128, last: u128, bits: u8) -> u8 {
    let fits = |host_bits: &u8| {
        let mask = host_mask(*host_bits);
        start & mask == 0 && start | mask <= last
    };
    (0..=bits).take_while(fits).last().unwrap_or(0)
}

impl FromStr for IpRange {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).map_err(|reason| reason.of(text))
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix_length() {
            Some(length) => write!(formatter, "{}/{length}", self.first()),
            None => write!(formatter, "{}-{}", self.first(), self.last()),
        }
    }
}

impl fmt::Debug for IpRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "IpRange({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> IpRange {
        IpRange::parse(text).unwrap_or_else(|reason| panic!("{text}: {reason}"))
    }

    #[test]
    fn one_range_has_one_form() {
        let cases = [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.0.0.0-10.255.255.255", "10.0.0.0/8"),
            ("10.0.0.1 - 10.0.0.9", "10.0.0.1-10.0.0.9"),
            ("10.0.0.1–9", "10.0.0.1-10.0.0.9"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("1.2.3.4/32", "1.2.3.4/32"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("2001:db8::1-2001:db8::2", "2001:db8::1-2001:db8::2"),
        ];
        for (given, expected) in cases {
            assert_eq!(range(given).to_string(), expected, "{given}");
            assert_eq!(range(expected), range(given), "{given}");
        }
    }

    #[test]
    fn what_is_no_range_says_why() {
        let prefix = |given: &str, most| Reason::PrefixLength {
            given: given.into(),
            most,
        };
        let cases = [
            ("10.0.0.0/33", prefix("33", 32)),
            ("10.0.0.0/", prefix("", 32)),
            ("10.0.0.0/+8", prefix("+8", 32)),
            ("10.0.0.0/255.0.0.0", prefix("255.0.0.0", 32)),
            ("2001:db8::/129", prefix("129", 128)),
            ("10.0.0.9-10.0.0.1", Reason::RangeOrder),
            ("10.0.0.9-1", Reason::RangeOrder),
            ("10.0.0.9-::1", Reason::RangeOrder),
            ("10.0.0.256/8", Reason::OctetOutOfRange("256".into())),
        ];
        for (given, expected) in cases {
            assert_eq!(IpRange::parse(given), Err(expected), "{given}");
        }
    }

    #[test]
    fn networks_cover_exactly_the_range() {
        let shown = |text: &str| -> Vec<String> {
            range(text)
                .networks()
                .iter()
                .map(|(start, length)| format!("{start}/{length}"))
                .collect()
        };
        assert_eq!(shown("10.0.0.0/8"), ["10.0.0.0/8"]);
        assert_eq!(
            shown("10.0.0.1-10.0.0.6"),
            ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"]
        );
        assert_eq!(shown("0.0.0.0/0"), ["0.0.0.0/0"]);
        assert_eq!(shown("::/0"), ["::/0"]);
        assert_eq!(range("0.0.0.1-255.255.255.254").networks().len(), 62);
        let widest = IpRange::new(
            Ipv6Addr::from(1).into(),
            Ipv6Addr::from(u128::MAX - 1).into(),
        )
        .unwrap();
        assert_eq!(widest.networks().len(), 254);
    }

    #[test]
    fn addresses_are_counted_and_listed() {
        assert_eq!(range("10.0.0.0/30").count(), 4);
        assert_eq!(range("::/0").count(), u128::MAX);
        let listed: Vec<String> = range("10.0.0.254-10.0.1.1")
            .addresses(3)
            .map(|a| a.to_string())
            .collect();
        assert_eq!(listed, ["10.0.0.254", "10.0.0.255", "10.0.1.0"]);
        assert_eq!(range("255.255.255.255/32").addresses(9).count(), 1);
        assert!(range("10.0.0.0/8").contains("10.255.255.255".parse().unwrap()));
        assert!(!range("10.0.0.0/8").contains("11.0.0.0".parse().unwrap()));
        assert!(!range("0.0.0.0/0").contains("::1".parse().unwrap()));
    }
}
