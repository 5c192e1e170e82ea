//! An observable as a STIX pattern.
//!
//! Source: STIX Version 2.1, section 9.

use tesem_observable::{IpRange, Observable};

/// The pattern that finds an observable.
pub(super) fn of(observable: &Observable) -> String {
    let equals = |path: &str| format!("[{path} = {}]", literal(&observable.to_string()));
    match observable {
        Observable::Sha256(_) => equals("file:hashes.'SHA-256'"),
        Observable::Sha1(_) => equals("file:hashes.'SHA-1'"),
        Observable::Md5(_) => equals("file:hashes.MD5"),
        Observable::CertificateThumbprint(_) => equals("x509-certificate:hashes.'SHA-1'"),
        Observable::Ipv4(_) => equals("ipv4-addr:value"),
        Observable::Ipv6(_) => equals("ipv6-addr:value"),
        Observable::IpRange(range) => of_range(range),
        Observable::Domain(_) => equals("domain-name:value"),
        Observable::Url(_) => equals("url:value"),
        Observable::Email(_) => equals("email-addr:value"),
        // The standard has no object for the name of a computer, and lets others be named behind `x-`.
        Observable::DeviceName(_) => equals("x-tesem-device:value"),
        Observable::FileName(_) => equals("file:name"),
    }
}

/// One test per network: a pattern has no ranges that are none.
fn of_range(range: &IpRange) -> String {
    let object = if range.first().is_ipv4() {
        "ipv4-addr"
    } else {
        "ipv6-addr"
    };
    let tests: Vec<String> = range
        .networks()
        .iter()
        .map(|(address, length)| {
            format!(
                "{object}:value ISSUBSET {}",
                literal(&format!("{address}/{length}"))
            )
        })
        .collect();
    format!("[{}]", tests.join(" OR "))
}

/// A text in quotes.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use tesem_observable::{ObservableKind, recognise_as};

    use super::*;

    #[test]
    fn every_kind_has_its_object_path_and_no_value_ends_its_quotes() {
        use ObservableKind as Kind;
        let cases = [
            (Kind::Sha256, &*"ab".repeat(32), format!("[file:hashes.'SHA-256' = '{}']", "ab".repeat(32))),
            (Kind::Sha1, &*"cd".repeat(20), format!("[file:hashes.'SHA-1' = '{}']", "cd".repeat(20))),
            (Kind::Md5, &*"ef".repeat(16), format!("[file:hashes.MD5 = '{}']", "ef".repeat(16))),
            (Kind::CertificateThumbprint, &*"12".repeat(20), format!("[x509-certificate:hashes.'SHA-1' = '{}']", "12".repeat(20))),
            (Kind::Ipv4, "198.51.100.7", "[ipv4-addr:value = '198.51.100.7']".to_owned()),
            (Kind::Ipv6, "2001:db8::1", "[ipv6-addr:value = '2001:db8::1']".to_owned()),
            (Kind::IpRange, "198.51.100.0/24", "[ipv4-addr:value ISSUBSET '198.51.100.0/24']".to_owned()),
            (Kind::IpRange, "198.51.100.1-198.51.100.4", "[ipv4-addr:value ISSUBSET '198.51.100.1/32' OR ipv4-addr:value ISSUBSET '198.51.100.2/31' OR ipv4-addr:value ISSUBSET '198.51.100.4/32']".to_owned()),
            (Kind::IpRange, "2001:db8::/126", "[ipv6-addr:value ISSUBSET '2001:db8::/126']".to_owned()),
            (Kind::Domain, "evil.com", "[domain-name:value = 'evil.com']".to_owned()),
            (Kind::Url, "http://evil.com/it's", "[url:value = 'http://evil.com/it\\'s']".to_owned()),
            (Kind::Email, "o'neil@evil.com", "[email-addr:value = 'o\\'neil@evil.com']".to_owned()),
            (Kind::DeviceName, "ws-0042", "[x-tesem-device:value = 'ws-0042']".to_owned()),
            (Kind::FileName, "it's.exe", "[file:name = 'it\\'s.exe']".to_owned()),
        ];
        for (kind, text, expected) in cases {
            assert_eq!(of(&recognise_as(kind, text).unwrap()), expected, "{text}");
        }
        assert_eq!(literal(r"a\b'c"), r"'a\\b\'c'");
    }
}
