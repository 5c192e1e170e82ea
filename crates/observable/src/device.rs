//! Names of computers.

use std::fmt;
use std::str::FromStr;

use crate::domain::{NAME_BYTES_MAX, check_labels};
use crate::{Reason, Refusal};

/// Longest NetBIOS name of a computer.
/// Source: "Naming conventions in Active Directory", learn.microsoft.com.
const NETBIOS_BYTES_MAX: usize = 15;

/// The name of a computer: a NetBIOS name (`DESKTOP-7F3K2`) or a full DNS name (`dc01.corp.local`).
///
/// Kept in lower case. A full name may lie in any zone, public or internal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceName(Box<str>);

impl DeviceName {
    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first label: `dc01` of `dc01.corp.local`.
    #[must_use]
    pub fn host_label(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }

    /// Whether the name has more than its first label.
    #[must_use]
    pub fn is_fully_qualified(&self) -> bool {
        self.0.contains('.')
    }

    /// The name in a text that is known to be one: also a host name without domain that is longer than NetBIOS allows, as Linux has them.
    ///
    /// # Errors
    /// [`Refusal`] for what is no name of a computer.
    pub fn known(text: &str) -> Result<Self, Refusal> {
        Self::within(text, NAME_BYTES_MAX).map_err(|reason| reason.of(text))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        Self::within(text, NETBIOS_BYTES_MAX)
    }

    /// A name without domain has at most `short_max` bytes.
    fn within(text: &str, short_max: usize) -> Result<Self, Reason> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
        let bytes_max = if name.contains('.') {
            NAME_BYTES_MAX
        } else {
            short_max
        };
        if name.len() > bytes_max || name.rsplit('.').next().is_none_or(is_number) {
            return Err(Reason::DeviceName);
        }
        check_labels(&name)?;
        Ok(Self(name.into()))
    }
}

impl FromStr for DeviceName {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).map_err(|reason| reason.of(text))
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for DeviceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DeviceName({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_known_to_be_a_name_may_be_long() {
        let name = DeviceName::known("Build-Agent-Linux-0042").unwrap();
        assert_eq!(name.as_str(), "build-agent-linux-0042");
        assert!(DeviceName::known("two words").is_err());
        assert!(DeviceName::known(&"x".repeat(64)).is_err());
    }

    #[test]
    fn device_names() {
        let cases = [
            ("DESKTOP-7F3K2", Ok("desktop-7f3k2")),
            ("dc01.Corp.Local", Ok("dc01.corp.local")),
            ("srv_1", Ok("srv_1")),
            ("web.contoso.com.", Ok("web.contoso.com")),
            ("", Err("device-name")),
            ("12345", Err("device-name")),
            ("1.2.3.4", Err("device-name")),
            ("sixteen-letters-", Err("device-name")),
            ("a..b", Err("label-empty")),
            ("-a", Err("label-hyphen")),
            ("a b", Err("name-character")),
            ("a' or 1", Err("name-character")),
        ];
        for (given, expected) in cases {
            let parsed = DeviceName::parse(given);
            let shown = parsed
                .as_ref()
                .map(DeviceName::as_str)
                .map_err(Reason::code);
            assert_eq!(shown, expected, "{given}");
        }
    }
}
