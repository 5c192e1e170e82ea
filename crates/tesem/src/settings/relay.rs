//! `[relay]`: who may ask the relay, and how it answers.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Deserialize;
use tesem_defender::{Endpoints, Region};
use tesem_relay::auth::{KEYS_HOSTS_DEFAULT, Mode};
use tesem_relay::ctim::Vocabulary;
use tesem_relay::observe::HUNTING_WINDOW_DEFAULT;
use tesem_relay::reply::Compat;
use tesem_relay::request::EntitiesLimit;
use tesem_relay::respond::Texts;
use tesem_relay::server::{BODY_BYTES_DEFAULT, HEADER_TIME_DEFAULT, REQUEST_TIME_DEFAULT};
use tesem_relay::upstream::Paces;

use super::Settings;
use super::file::{CloudName, EndpointsFile, HuntingName};
use super::secret::{SecretReference, from_environment, literal_refused};
use super::span::span;
use super::tenant::{endpoints, overrides};
use crate::failure::UsageError;

/// Where the relay listens, where nothing says.
pub(crate) const LISTEN_DEFAULT: &str = "127.0.0.1:9301";

/// The environment variable of the public relay, which holds the secret where the file does not say.
const SECRET_VARIABLE: &str = "SECRET_KEY";

/// `[relay]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RelayFile {
    /// Address and port.
    pub(crate) listen: Option<String>,
    /// A certificate, for clients that come without a proxy.
    pub(crate) tls: Option<TlsFile>,

    // Who may ask.
    pub(crate) secret_key: Option<SecretReference>,
    pub(crate) jwks_hosts: Option<Vec<String>>,
    pub(crate) audience: Option<String>,
    pub(crate) auth: AuthFile,
    pub(crate) compat: Option<CompatName>,

    // How it asks.
    pub(crate) hunting: HuntingName,
    pub(crate) quota: QuotaName,
    pub(crate) window: Option<String>,
    pub(crate) cloud: CloudName,
    pub(crate) region: Option<Region>,

    // How it answers.
    pub(crate) entities_limit: Option<i64>,
    pub(crate) vocabulary: VocabularyName,
    pub(crate) count: CountName,
    pub(crate) request_time: Option<String>,
    pub(crate) header_time: Option<String>,
    pub(crate) body_bytes_max: Option<usize>,

    // What it writes.
    pub(crate) audit: Option<PathBuf>,
    pub(crate) comment: Option<String>,
    pub(crate) indicator_title: Option<String>,
    pub(crate) indicator_description: Option<String>,
}

/// `tls = { certificate = "PATH", key = "PATH" }`, PEM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsFile {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// `auth = { mode = … }`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AuthFile {
    pub(crate) mode: Option<ModeName>,
}

/// `mode = …`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ModeName {
    Secret,
    Jwks,
    Auto,
}

/// `compat = …`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CompatName {
    V0,
    V2,
}

/// `quota = …`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum QuotaName {
    /// As Microsoft documents it.
    #[default]
    Documented,
    /// None, as a twin with `--quota off` has.
    Off,
}

/// `vocabulary = …`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VocabularyName {
    #[default]
    Legacy,
    Ctim,
}

/// `count = …`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CountName {
    /// Each sighting counts all of its observable.
    #[default]
    All,
    /// Each sighting counts itself.
    Each,
}

/// A literal secret is refused.
pub(super) fn refuse_literal_secrets(relay: &RelayFile) -> Result<(), UsageError> {
    if SecretReference::is_literal(relay.secret_key.as_ref()) {
        return Err(literal_refused("relay", "secret_key"));
    }
    Ok(())
}

impl RelayFile {
    /// How callers prove who they are: what is said, or what there is something to check by.
    pub(crate) fn mode(&self) -> Mode {
        let has_keys = self.jwks_hosts.is_some() || self.audience.is_some();
        match (self.auth.mode, self.secret_key.is_some(), has_keys) {
            (Some(ModeName::Auto), ..) | (None, true, true) => Mode::Auto,
            (Some(ModeName::Jwks), ..) | (None, false, true) => Mode::Jwks,
            (Some(ModeName::Secret), ..) | (None, _, false) => Mode::Secret,
        }
    }

    /// The secret that tokens are signed with. `None` where its environment variable is not set: the relay starts all the same, and
    /// says so to whoever asks.
    pub(crate) fn secret(&self) -> anyhow::Result<Option<SecretString>> {
        let by_default = SecretReference::Environment(SECRET_VARIABLE.to_owned());
        match self.secret_key.as_ref().unwrap_or(&by_default) {
            SecretReference::Environment(name) => {
                Ok(from_environment(name).ok().map(SecretString::from))
            }
            other => match other.resolve() {
                Ok(secret) => Ok(Some(secret)),
                Err(error) => Err(UsageError::new(format!(
                    "the `secret_key` of [relay] cannot be had: {error:#}"
                ))
                .into()),
            },
        }
    }

    /// The hosts whose keys are trusted: names as in URLs, perhaps with a port.
    pub(crate) fn keys_hosts(&self) -> Result<Vec<String>, UsageError> {
        let Some(hosts) = &self.jwks_hosts else {
            return Ok(KEYS_HOSTS_DEFAULT.map(str::to_owned).to_vec());
        };
        hosts.iter().map(|host| checked_host(host)).collect()
    }

    /// The address that tokens with published keys are made for.
    pub(crate) fn audience(&self) -> Result<&str, UsageError> {
        match (&self.audience, self.mode()) {
            (Some(audience), _) => Ok(audience),
            (None, Mode::Secret) => Ok(""),
            (None, Mode::Jwks | Mode::Auto) => {
                Err(UsageError::new("[relay] has no `audience`").with_hint(
                    r#"say under which address clients reach the relay: audience = "https://relay.example.com""#,
                ))
            }
        }
    }

    /// Most sightings of one observable: `given` (of the environment or the command line), else the file's; 100 for anything but a
    /// whole number above zero, as in the public relay.
    pub(crate) fn limit(&self, given: Option<&str>) -> EntitiesLimit {
        match (given, self.entities_limit) {
            (Some(text), _) => EntitiesLimit::from_setting(Some(text)),
            (None, Some(limit)) => EntitiesLimit::from_setting(Some(&limit.to_string())),
            (None, None) => EntitiesLimit::default(),
        }
    }

    /// How far back events are hunted for.
    pub(crate) fn window(&self) -> Result<SignedDuration, UsageError> {
        let window = self.window.as_deref().map(|text| time("window", text));
        let window = window.unwrap_or(Ok(HUNTING_WINDOW_DEFAULT))?;
        match window > HUNTING_WINDOW_DEFAULT {
            true => Err(UsageError::new(
                "the `window` of [relay] is longer than 30d, and hunting keeps no more",
            )),
            false => Ok(window),
        }
    }

    /// How long a request may take.
    pub(crate) fn request_time(&self) -> Result<Duration, UsageError> {
        duration(
            "request_time",
            self.request_time.as_deref(),
            REQUEST_TIME_DEFAULT,
        )
    }

    /// How long its headers may take.
    pub(crate) fn header_time(&self) -> Result<Duration, UsageError> {
        duration(
            "header_time",
            self.header_time.as_deref(),
            HEADER_TIME_DEFAULT,
        )
    }

    /// Most bytes of a body.
    pub(crate) fn body_bytes_max(&self) -> usize {
        self.body_bytes_max.unwrap_or(BODY_BYTES_DEFAULT)
    }

    /// What is written to the tenant beside actions.
    pub(crate) fn texts(&self) -> Texts {
        let known = Texts::default();
        Texts {
            comment: self.comment.clone().unwrap_or(known.comment),
            title: self.indicator_title.clone().unwrap_or(known.title),
            description: self
                .indicator_description
                .clone()
                .unwrap_or(known.description),
        }
    }
}

/// The services that the relay asks, whoever's tenant it is.
pub(crate) fn relay_endpoints(settings: &Settings) -> Result<Endpoints, UsageError> {
    let relay = &settings.file.relay;
    let overrides = overrides(&settings.file.endpoints, &EndpointsFile::default());
    endpoints("[relay]", relay.cloud, relay.region, &overrides)
}

fn checked_host(host: &str) -> Result<String, UsageError> {
    let url = url::Url::parse(&format!("https://{host}/"));
    let is_host = url.is_ok_and(|url| {
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        is_bare && url.username().is_empty() && url.password().is_none()
    });
    match is_host && !host.contains(['/', '?', '#', '@', '\\']) {
        true => Ok(host.to_owned()),
        false => Err(UsageError::new(format!(
            "`jwks_hosts` of [relay] names `{host}`, which is no host"
        ))
        .with_hint("write names without a scheme, such as visibility.amp.cisco.com")),
    }
}

fn duration(key: &str, text: Option<&str>, otherwise: Duration) -> Result<Duration, UsageError> {
    let Some(text) = text else {
        return Ok(otherwise);
    };
    time(key, text)?
        .try_into()
        .map_err(|_| UsageError::new(format!("`{key}` of [relay] is too long")))
}

fn time(key: &str, text: &str) -> Result<SignedDuration, UsageError> {
    let span = span(text)
        .map_err(|error| UsageError::new(format!("`{key}` of [relay] cannot be used: {error}")))?;
    match span.is_zero() {
        true => Err(UsageError::new(format!("`{key}` of [relay] is nothing"))),
        false => Ok(span),
    }
}

impl From<CompatName> for Compat {
    fn from(name: CompatName) -> Self {
        match name {
            CompatName::V0 => Self::V0,
            CompatName::V2 => Self::V2,
        }
    }
}

impl From<QuotaName> for Paces {
    fn from(name: QuotaName) -> Self {
        match name {
            QuotaName::Documented => Self::DOCUMENTED,
            QuotaName::Off => Self::NONE,
        }
    }
}

impl From<VocabularyName> for Vocabulary {
    fn from(name: VocabularyName) -> Self {
        match name {
            VocabularyName::Legacy => Self::Legacy,
            VocabularyName::Ctim => Self::Ctim,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SettingsFile;
    use super::*;

    fn relay(text: &str) -> RelayFile {
        SettingsFile::parse(&format!("[relay]\n{text}"))
            .unwrap()
            .relay
    }

    #[test]
    fn what_there_is_to_check_tokens_by_decides_the_mode() {
        let secret = "secret_key = { env = \"A\" }\n";
        let cases = [
            ("", Mode::Secret),
            (secret, Mode::Secret),
            ("audience = \"https://r.test\"\n", Mode::Jwks),
            ("jwks_hosts = [\"k.test\"]\n", Mode::Jwks),
            ("auth = { mode = \"auto\" }\n", Mode::Auto),
            ("auth = { mode = \"jwks\" }\n", Mode::Jwks),
        ];
        for (text, mode) in cases {
            assert_eq!(relay(text).mode(), mode, "{text}");
        }
        let both = format!("{secret}audience = \"https://r.test\"\n");
        assert_eq!(relay(&both).mode(), Mode::Auto);
        let only = format!("{both}auth = {{ mode = \"secret\" }}\n");
        assert_eq!(relay(&only).mode(), Mode::Secret);
    }

    #[test]
    fn a_limit_is_a_whole_number_above_zero_or_100() {
        let cases = [
            ("", None, 100),
            ("entities_limit = 7\n", None, 7),
            ("entities_limit = 7\n", Some("9"), 9),
            ("entities_limit = 7\n", Some("many"), 100),
            ("entities_limit = 0\n", None, 100),
            ("entities_limit = -3\n", None, 100),
        ];
        for (text, given, limit) in cases {
            assert_eq!(relay(text).limit(given).get(), limit, "{text} {given:?}");
        }
    }

    #[test]
    fn mistakes_are_told_by_name() {
        type Use = fn(&RelayFile) -> Result<(), UsageError>;
        let cases: [(&str, Use, &str); 8] = [
            ("window = \"31d\"", |r| r.window().map(drop), "`window`"),
            ("window = \"0d\"", |r| r.window().map(drop), "`window`"),
            (
                "request_time = \"45\"",
                |r| r.request_time().map(drop),
                "`request_time`",
            ),
            (
                "header_time = \"-1s\"",
                |r| r.header_time().map(drop),
                "`header_time`",
            ),
            (
                "auth = { mode = \"jwks\" }",
                |r| r.audience().map(drop),
                "`audience`",
            ),
            (
                "jwks_hosts = [\"https://k.test\"]",
                |r| r.keys_hosts().map(drop),
                "no host",
            ),
            (
                "jwks_hosts = [\"k.test@evil.test\"]",
                |r| r.keys_hosts().map(drop),
                "no host",
            ),
            (
                "jwks_hosts = [\"k.test/x\"]",
                |r| r.keys_hosts().map(drop),
                "no host",
            ),
        ];
        for (text, used, told) in cases {
            let error = used(&relay(text)).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn a_secret_is_a_reference_and_may_be_unset() {
        let literal = SettingsFile::parse("[relay]\nsecret_key = \"hunter2\"").unwrap_err();
        assert!(!literal.to_string().contains("hunter2"));
        let unset = relay("secret_key = { env = \"TESEM_TEST_NOT_SET\" }");
        assert!(unset.secret().unwrap().is_none());
        let missing = relay("secret_key = { file = \"no/such/file\" }");
        assert!(missing.secret().is_err());
    }
}
