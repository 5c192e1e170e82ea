//! What an IP address is for: public, private, loopback and so on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for, after the IANA special-purpose address registries.
///
/// Sources: <https://www.iana.org/assignments/iana-ipv4-special-registry>,
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Routed on the internet.
    Public,
    /// Inside an organisation: RFC 1918, unique local IPv6 (RFC 4193).
    Private,
    /// Shared between a provider and its customers: 100.64.0.0/10 (RFC 6598).
    Shared,
    /// This machine: 127.0.0.0/8, `::1`.
    Loopback,
    /// This link: 169.254.0.0/16, fe80::/10.
    LinkLocal,
    /// A group of receivers: 224.0.0.0/4, ff00::/8.
    Multicast,
    /// For examples in documents (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// No address: 0.0.0.0, `::`.
    Unspecified,
    /// Set aside: 0.0.0.0/8, benchmarking, protocol assignments, 240.0.0.0/4, broadcast.
    Reserved,
}

impl Scope {
    /// Stable name, such as `link-local`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Shared => "shared",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Multicast => "multicast",
            Self::Documentation => "documentation",
            Self::Unspecified => "unspecified",
            Self::Reserved => "reserved",
        }
    }

    /// Whether such an address belongs to machines of an organisation itself (private, shared,
    /// link-local), so that telemetry shows it on the local side of a connection.
    #[must_use]
    pub fn is_internal(self) -> bool {
        matches!(self, Self::Private | Self::Shared | Self::LinkLocal)
    }
}

/// The scope of an address. An IPv4 address mapped into IPv6 has the scope of the IPv4 address.
#[must_use]
pub fn scope(address: IpAddr) -> Scope {
    match address {
        IpAddr::V4(address) => scope_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => scope_v4(mapped),
            None => scope_v6(address),
        },
    }
}

/// Whether the address is routed on the internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    scope(address) == Scope::Public
}

/// Whether the address is for use inside an organisation: RFC 1918 or RFC 4193.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    scope(address) == Scope::Private
}

/// The scope of an IPv4 address.
#[must_use]
pub fn scope_v4(address: Ipv4Addr) -> Scope {
    match address.octets() {
        [0, 0, 0, 0] => Scope::Unspecified,
        [0, ..] => Scope::Reserved,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Scope::Private,
        [100, 64..=127, ..] => Scope::Shared,
        [127, ..] => Scope::Loopback,
        [169, 254, ..] => Scope::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Scope::Documentation,
        [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] => Scope::Reserved,
        [224..=239, ..] => Scope::Multicast,
        [240..=255, ..] => Scope::Reserved,
        _ => Scope::Public,
    }
}

/// The scope of an IPv6 address that is not a mapped IPv4 address.
#[must_use]
pub fn scope_v6(address: Ipv6Addr) -> Scope {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Scope::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Scope::Loopback,
        [0xfe80..=0xfebf, ..] => Scope::LinkLocal,
        [0xfc00..=0xfdff, ..] => Scope::Private,
        [0xff00..=0xffff, ..] => Scope::Multicast,
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Scope::Documentation,
        // Teredo and 6to4 are tunnels of public addresses; NAT64 stands for public IPv4 addresses.
        [0x2001, 0, ..] | [0x2002, ..] | [0x64, 0xff9b, 0, ..] => Scope::Public,
        [0x2001, 0..=0x01ff, ..] => Scope::Reserved,
        [0x2000..=0x3fff, ..] => Scope::Public,
        _ => Scope::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes() {
        let cases = [
            ("8.8.8.8", Scope::Public),
            ("9.255.255.255", Scope::Public),
            ("10.0.0.0", Scope::Private),
            ("172.15.255.255", Scope::Public),
            ("172.16.0.0", Scope::Private),
            ("172.31.255.255", Scope::Private),
            ("172.32.0.0", Scope::Public),
            ("192.168.1.1", Scope::Private),
            ("192.169.0.0", Scope::Public),
            ("100.63.255.255", Scope::Public),
            ("100.64.0.0", Scope::Shared),
            ("100.127.255.255", Scope::Shared),
            ("100.128.0.0", Scope::Public),
            ("127.0.0.53", Scope::Loopback),
            ("169.254.169.254", Scope::LinkLocal),
            ("0.0.0.0", Scope::Unspecified),
            ("0.1.2.3", Scope::Reserved),
            ("198.18.0.1", Scope::Reserved),
            ("198.51.100.7", Scope::Documentation),
            ("203.0.113.7", Scope::Documentation),
            ("224.0.0.251", Scope::Multicast),
            ("240.0.0.1", Scope::Reserved),
            ("255.255.255.255", Scope::Reserved),
            ("::", Scope::Unspecified),
            ("::1", Scope::Loopback),
            ("fe80::1", Scope::LinkLocal),
            ("fec0::1", Scope::Reserved),
            ("fd00::1", Scope::Private),
            ("ff02::fb", Scope::Multicast),
            ("2001:db8::1", Scope::Documentation),
            ("2001:0:53aa:64c::1", Scope::Public),
            ("2001:2::1", Scope::Reserved),
            ("2606:4700::1111", Scope::Public),
            ("4000::1", Scope::Reserved),
            ("::ffff:192.168.1.1", Scope::Private),
            ("64:ff9b::8.8.8.8", Scope::Public),
        ];
        for (text, expected) in cases {
            assert_eq!(scope(text.parse().unwrap()), expected, "{text}");
        }
    }
}
