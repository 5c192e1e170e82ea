//! Which indicators the service takes.
//!
//! Source: learn.microsoft.com/defender-endpoint/indicators-overview and learn.microsoft.com/defender-endpoint/api/post-ti-indicator.

use std::net::{IpAddr, Ipv6Addr};

use jiff::Timestamp;
use serde_json::{Value, json};
use url::{Host, Url};

use crate::data::Entity;
use crate::iso;
use crate::options::UnverifiedBehaviour;
use crate::refusal::Refusal;
use crate::request_body::RequestBody;
use crate::wire_time;

const TYPES: &[&str] = &[
    "FileSha1",
    "FileSha256",
    "FileMd5",
    "CertificateThumbprint",
    "IpAddress",
    "DomainName",
    "Url",
];
pub(crate) const ACTIONS: &[&str] = &[
    "Warn",
    "Block",
    "Audit",
    "Alert",
    "AlertAndBlock",
    "BlockAndRemediate",
    "Allowed",
];
pub(crate) const SEVERITIES: &[&str] = &["Informational", "Low", "Medium", "High"];

/// Parts of a written-out IPv6 address.
const IPV6_GROUPS: usize = 8;

/// Fields that are taken over as they come when they are texts.
const FREE_TEXTS: [&str; 3] = ["recommendedActions", "application", "educateUrl"];

/// What decides about an indicator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IndicatorRules {
    pub(crate) unverified: UnverifiedBehaviour,
    pub(crate) now: Timestamp,
}

/// A valid indicator, before it has an id.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Submission {
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) action: String,
    pub(crate) expires: Option<Timestamp>,
    /// The fields that the submission sets, as on the wire.
    pub(crate) fields: Entity,
}

/// Why an indicator is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndicatorFault {
    pub(crate) refusal: Refusal,
    /// An expired one spoils a whole import; others only themselves.
    pub(crate) spoils_import: bool,
}

impl From<Refusal> for IndicatorFault {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            spoils_import: false,
        }
    }
}

impl IndicatorRules {
    /// Checks a submission.
    pub(crate) fn read(&self, body: &RequestBody) -> Result<Submission, IndicatorFault> {
        let value = body.required("indicatorValue")?;
        let kind = required_choice(body, "indicatorType", TYPES)?;
        let action = required_choice(body, "action", ACTIONS)?;
        let (title, description) = (body.required("title")?, body.required("description")?);
        let severity = body.choice("severity", SEVERITIES)?;
        self.check_action(kind, action)?;
        self.check_value(kind, value)?;
        let alerts = generate_alert(body, action)?;
        let expires = self.expiry(body, value)?;
        let mut fields = Entity::new();
        for (name, text) in [
            ("indicatorValue", value),
            ("indicatorType", kind),
            ("action", action),
            ("title", title),
            ("description", description),
            ("severity", severity.unwrap_or("Informational")),
        ] {
            fields.insert(name.to_owned(), json!(text));
        }
        for name in FREE_TEXTS {
            fields.insert(name.to_owned(), json!(body.optional(name)?));
        }
        fields.insert("generateAlert".to_owned(), json!(alerts));
        fields.insert(
            "rbacGroupNames".to_owned(),
            json!(body.texts("rbacGroupNames")?.unwrap_or_default()),
        );
        fields.insert(
            "expirationTime".to_owned(),
            json!(expires.map(wire_time::text)),
        );
        Ok(Submission {
            kind: kind.to_owned(),
            value: value.to_owned(),
            action: action.to_owned(),
            expires,
            fields,
        })
    }

    fn check_action(&self, kind: &str, action: &str) -> Result<(), Refusal> {
        let is_file = kind.starts_with("File");
        let fits = match (kind, action) {
            ("CertificateThumbprint", action) => matches!(action, "Allowed" | "BlockAndRemediate"),
            (_, "BlockAndRemediate") => is_file || self.unverified.remediates_network_indicators,
            _ => true,
        };
        if !fits {
            return Err(Refusal::bad(
                "InvalidInput",
                format!("The action {action} is not supported for indicators of type {kind}"),
            ));
        }
        if kind == "FileMd5" && !self.unverified.accepts_md5_indicators {
            return Err(Refusal::bad(
                "InvalidInput",
                "Indicators of type FileMd5 are not supported",
            ));
        }
        Ok(())
    }

    fn check_value(&self, kind: &str, value: &str) -> Result<(), Refusal> {
        let (is_valid, code, what) = match kind {
            "FileSha1" | "CertificateThumbprint" => (is_hex(value, 40), "InvalidHashValue", "hash"),
            "FileSha256" => (is_hex(value, 64), "InvalidHashValue", "hash"),
            "FileMd5" => (is_hex(value, 32), "InvalidHashValue", "hash"),
            "IpAddress" => (is_public_address(value), "InvalidIpAddress", "IP address"),
            "DomainName" => (is_domain(value), "InvalidDomainName", "domain name"),
            _ => (is_url(value), "InvalidUrl", "URL"),
        };
        if is_valid {
            return Ok(());
        }
        Err(Refusal::bad(
            code,
            format!("The value '{value}' is not a valid {what} for an indicator of type {kind}"),
        ))
    }

    fn expiry(&self, body: &RequestBody, value: &str) -> Result<Option<Timestamp>, IndicatorFault> {
        let Some(text) = body.optional("expirationTime")? else {
            return Ok(None);
        };
        let expires = iso::instant(text).ok_or_else(|| Refusal::invalid("expirationTime", text))?;
        if expires > self.now {
            return Ok(Some(expires));
        }
        let message = format!(
            "Indicator {value} is inactive. (Expiration time should be set to a future date time)"
        );
        Err(IndicatorFault {
            refusal: Refusal::bad("BadRequest", message),
            spoils_import: true,
        })
    }
}

fn required_choice<'a>(
    body: &'a RequestBody,
    name: &str,
    allowed: &[&str],
) -> Result<&'a str, Refusal> {
    body.choice(name, allowed)?
        .ok_or_else(|| Refusal::missing(name))
}

/// `Audit` needs an alert: without it nobody would learn of a match.
fn generate_alert(body: &RequestBody, action: &str) -> Result<bool, Refusal> {
    let alerts = match body.0.get("generateAlert") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(alerts)) => *alerts,
        Some(other) => return Err(Refusal::invalid("generateAlert", &other.to_string())),
    };
    if action == "Audit" && !alerts {
        return Err(Refusal::bad(
            "InvalidInput",
            "The action Audit needs generateAlert to be true",
        ));
    }
    Ok(alerts)
}

fn is_hex(value: &str, length: usize) -> bool {
    value.len() == length && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A single external address; IPv6 with all eight groups.
fn is_public_address(value: &str) -> bool {
    match value.parse() {
        Ok(IpAddr::V4(ip)) => {
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
                || ip.is_multicast())
        }
        Ok(IpAddr::V6(ip)) => value.split(':').count() == IPV6_GROUPS && is_public_v6(ip),
        Err(_) => false,
    }
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    !(ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unique_local()
        || ip.is_unicast_link_local())
}

/// A name of at least two labels.
pub(crate) fn is_domain(value: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let last = value.rsplit('.').next().unwrap_or_default();
    value.len() <= 253
        && value.contains('.')
        && value.split('.').all(is_label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// An address of the web; the scheme may be left out.
fn is_url(value: &str) -> bool {
    if value.contains(char::is_whitespace) {
        return false;
    }
    let with_scheme = if value.contains("://") {
        value.to_owned()
    } else {
        format!("http://{value}")
    };
    let Ok(url) = Url::parse(&with_scheme) else {
        return false;
    };
    let has_host = match url.host() {
        Some(Host::Domain(domain)) => is_domain(domain),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    };
    has_host && matches!(url.scheme(), "http" | "https" | "ftp")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(unverified: UnverifiedBehaviour) -> IndicatorRules {
        let now = "2026-10-15T12:00:00Z".parse().unwrap();
        IndicatorRules { unverified, now }
    }

    fn code(kind: &str, value: &str, action: &str, unverified: UnverifiedBehaviour) -> String {
        let body = json!({"indicatorValue": value, "indicatorType": kind, "action": action, "title": "t",
                          "description": "d", "generateAlert": true});
        let Value::Object(body) = body else {
            return String::new();
        };
        match rules(unverified).read(&RequestBody(body)) {
            Ok(_) => "ok".to_owned(),
            Err(fault) => fault.refusal.code.to_owned(),
        }
    }

    #[test]
    fn values_fit_their_type() {
        let (sha1, sha256, md5) = ("a".repeat(40), "B".repeat(64), "0".repeat(32));
        let cases = [
            ("FileSha1", sha1.as_str(), "ok"),
            ("FileSha1", &sha256, "InvalidHashValue"),
            ("FileSha1", "zz", "InvalidHashValue"),
            ("FileSha256", &sha256, "ok"),
            ("FileMd5", &md5, "ok"),
            ("IpAddress", "203.0.113.7", "ok"),
            ("IpAddress", "203.0.113.0/24", "InvalidIpAddress"),
            ("IpAddress", "10.0.0.1", "InvalidIpAddress"),
            ("IpAddress", "172.16.1.1", "InvalidIpAddress"),
            ("IpAddress", "127.0.0.1", "InvalidIpAddress"),
            ("IpAddress", "2001:db8::1", "InvalidIpAddress"),
            ("IpAddress", "2001:db8:0:0:0:0:0:1", "ok"),
            ("IpAddress", "fd00:0:0:0:0:0:0:1", "InvalidIpAddress"),
            ("IpAddress", "nonsense", "InvalidIpAddress"),
            ("DomainName", "evil.example", "ok"),
            ("DomainName", "evil", "InvalidDomainName"),
            ("DomainName", "http://evil.example", "InvalidDomainName"),
            ("DomainName", "a..b", "InvalidDomainName"),
            ("DomainName", "203.0.113.7", "InvalidDomainName"),
            ("Url", "https://evil.example/a?b=c", "ok"),
            ("Url", "evil.example/a", "ok"),
            ("Url", "http://203.0.113.7/gate.php", "ok"),
            ("Url", "not a url", "InvalidUrl"),
            ("Url", "file:///etc/passwd", "InvalidUrl"),
            ("WebCategory", "x", "InvalidInput"),
        ];
        for (kind, value, expected) in cases {
            let found = code(kind, value, "Allowed", UnverifiedBehaviour::default());
            assert_eq!(found, expected, "{kind} {value}");
        }
    }

    #[test]
    fn actions_fit_their_type() {
        let (sha1, ip) = ("a".repeat(40), "203.0.113.7");
        let strict = UnverifiedBehaviour::default();
        let lenient = UnverifiedBehaviour {
            remediates_network_indicators: true,
            ..strict
        };
        for action in ["Allowed", "Audit", "Warn", "Block", "BlockAndRemediate"] {
            assert_eq!(code("FileSha1", &sha1, action, strict), "ok", "{action}");
        }
        for action in ["Allowed", "Audit", "Warn", "Block"] {
            assert_eq!(code("IpAddress", ip, action, strict), "ok", "{action}");
        }
        assert_eq!(
            code("IpAddress", ip, "BlockAndRemediate", strict),
            "InvalidInput"
        );
        assert_eq!(code("IpAddress", ip, "BlockAndRemediate", lenient), "ok");
        assert_eq!(
            code("CertificateThumbprint", &sha1, "Block", strict),
            "InvalidInput"
        );
        assert_eq!(
            code("CertificateThumbprint", &sha1, "BlockAndRemediate", strict),
            "ok"
        );
        let without_md5 = UnverifiedBehaviour {
            accepts_md5_indicators: false,
            ..strict
        };
        assert_eq!(
            code("FileMd5", &"0".repeat(32), "Block", without_md5),
            "InvalidInput"
        );
        assert_eq!(code("FileSha1", &sha1, "Delete", strict), "InvalidInput");
    }
}
