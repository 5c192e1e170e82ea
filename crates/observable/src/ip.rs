//! Single IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Reason;

/// Reads an address of either family. An IPv4 address mapped into IPv6 (`::ffff:1.2.3.4`) becomes the
/// IPv4 address, because telemetry shows one connection in either form. A zone (`%eth0`) is dropped.
pub(crate) fn parse(text: &str) -> Result<IpAddr, Reason> {
    if !text.contains(':') {
        return parse_v4(text).map(IpAddr::V4);
    }
    let address = text
        .split_once('%')
        .map_or(text, |(address, _zone)| address);
    let address: Ipv6Addr = address.parse().map_err(|_| Reason::Ipv6Syntax)?;
    Ok(address
        .to_ipv4_mapped()
        .map_or(IpAddr::V6(address), IpAddr::V4))
}

/// Reads four decimal octets without leading zeros.
pub(crate) fn parse_v4(text: &str) -> Result<Ipv4Addr, Reason> {
    if !is_dotted_number(text) {
        return Err(Reason::Unrecognised);
    }
    let mut octets = [0_u8; 4];
    let parts = text.split('.').count();
    if parts != octets.len() {
        return Err(Reason::OctetCount(parts));
    }
    for (octet, part) in octets.iter_mut().zip(text.split('.')) {
        *octet = parse_octet(part)?;
    }
    Ok(octets.into())
}

fn parse_octet(part: &str) -> Result<u8, Reason> {
    if part.len() > 1 && part.starts_with('0') {
        return Err(Reason::OctetLeadingZero(part.into()));
    }
    part.parse()
        .map_err(|_| Reason::OctetOutOfRange(part.into()))
}

/// Whether the text is two or more numbers with a dot between them.
pub(crate) fn is_dotted_number(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.contains('.') && text.split('.').all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_canonical_form() {
        let cases = [
            ("1.2.3.4", "1.2.3.4"),
            ("0.0.0.0", "0.0.0.0"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("::FFFF:0102:0304", "1.2.3.4"),
        ];
        for (given, expected) in cases {
            assert_eq!(
                parse(given).map(|address| address.to_string()),
                Ok(expected.to_owned()),
                "{given}"
            );
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        let cases = [
            ("999.999.999.999", Reason::OctetOutOfRange("999".into())),
            ("1.2.3.256", Reason::OctetOutOfRange("256".into())),
            (
                "1.2.3.99999999999999999999",
                Reason::OctetOutOfRange("99999999999999999999".into()),
            ),
            ("192.168.001.1", Reason::OctetLeadingZero("001".into())),
            ("1.2.3", Reason::OctetCount(3)),
            ("1.2.3.4.5", Reason::OctetCount(5)),
            ("1.2.3.", Reason::Unrecognised),
            ("1.2.3.x", Reason::Unrecognised),
            ("1.2.3.٤", Reason::Unrecognised),
            ("", Reason::Unrecognised),
            ("1::2::3", Reason::Ipv6Syntax),
            ("12:34:56", Reason::Ipv6Syntax),
        ];
        for (given, expected) in cases {
            assert_eq!(parse(given), Err(expected), "{given}");
        }
    }
}
