//! Rules without a list.

use std::net::IpAddr;

use tesem_observable::address::{Scope, scope};
use tesem_observable::{Observable, Url};

use super::Stop;

/// The name of the rule for addresses.
const ADDRESSES: &str = "not-public-addresses";

/// The name of the rule for suffixes.
const SUFFIXES: &str = "shared-suffixes";

/// Networks wider than these hold more strangers than hostile hosts.
const WIDEST_V4: u128 = 1 << 24;
const WIDEST_V6: u128 = 1 << 108;

pub(super) fn stop(observable: &Observable) -> Option<Stop> {
    match observable {
        Observable::IpRange(range) => {
            let widest = if range.first().is_ipv4() {
                WIDEST_V4
            } else {
                WIDEST_V6
            };
            match range.count() > widest {
                true => Some(of(ADDRESSES, "a range wider than /8 or IPv6 /20")),
                false => address(range.first()).or_else(|| address(range.last())),
            }
        }
        Observable::Domain(domain) if domain.is_shared_suffix() => {
            Some(of(SUFFIXES, "anybody can register names below it"))
        }
        Observable::Url(url) if is_shared(url) => {
            Some(of(SUFFIXES, "anybody can register names below it"))
        }
        other => other.address().and_then(address),
    }
}

fn is_shared(url: &Url) -> bool {
    let host = match url.host() {
        tesem_observable::Host::Domain(domain) => domain,
        tesem_observable::Host::Ip(_) => return false,
    };
    url.is_bare() && host.is_shared_suffix()
}

fn address(address: IpAddr) -> Option<Stop> {
    let scope = scope(address);
    (scope != Scope::Public).then(|| of(ADDRESSES, scope.as_str()))
}

fn of(list: &str, entry: &str) -> Stop {
    Stop {
        list: list.into(),
        entry: entry.into(),
    }
}
