//! The functions that a query defines for itself.

use super::Part;
use super::text::QueryText;
use crate::map::Holds;
use crate::term::List;

/// An IPv4 address that is written as IPv6, in dots or digits and whatever spelling, as IPv4; any other text as it is.
pub(super) const PLAIN_ADDRESS: &str = "plain_address";

/// The host of a URL that is an address, as [`PLAIN_ADDRESS`] gives it. Of other hosts nothing, or what is no address.
pub(super) const HOST_ADDRESS: &str = "host_address";

/// Writes the functions that queries for `parts` call.
pub(super) fn write(text: &mut QueryText, parts: &[Part]) {
    let lists = || parts.iter().flat_map(|part| part.lists.kinds());
    let is_of_addresses = |list: List| match list {
        List::Addresses(_) | List::Octets(..) => true,
        list => list.is_of_host_addresses(),
    };
    if lists().any(is_of_addresses) {
        text.code(PLAIN_ADDRESS_TEXT);
    }
    let places = || parts.iter().flat_map(|part| &part.places);
    let has_links = places().any(|place| place.column.holds == Holds::Link);
    if has_links && lists().any(List::is_of_host_addresses) {
        text.code(HOST_ADDRESS_TEXT);
    }
}

const PLAIN_ADDRESS_TEXT: &str = r#"let plain_address = (text: string) {
  let digits = parse_ipv6(text);
  iff(text startswith "::ffff:" and text contains ".", substring(text, 7),
    iff(digits startswith "0000:0000:0000:0000:0000:ffff:" and text contains ":",
      format_ipv4(tolong(strcat("0x", substring(digits, 30, 4), substring(digits, 35, 4)))), text))
};
"#;

/// Scheme or `//`, user and brackets before the address; the end of the host, its zone or a port behind it.
const HOST_ADDRESS_TEXT: &str = r#"let host_address = (text: string) {
  plain_address(extract(@"^(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?(?:[^/?#]*@)?\[?([0-9A-Fa-f]*:[0-9A-Fa-f:.]+|\d+(?:\.\d+){3})(?:[\]%]|\.?(?:[:/?#]|$))", 1, text))
};
"#;
