//! The options and environment names of IBM's connector for Defender for Endpoint, so that schedules written for it go on working.
//!
//! Source: <https://github.com/IBM/cp4s-car-connector-framework>, `car_framework/app.py`, and `connectors/atp/app.py` of
//! <https://github.com/IBM/cp4s-car-connectors>. Its options have one dash and may be cut short where that is unambiguous.

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use crate::failure::UsageError;
use crate::settings::{SecretReference, Settings, SinkFile, SinkKind, connector_tenant};

/// The options that name the sink, the source and the tenant.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of IBM's connector, which it takes with one dash")]
pub(super) struct ConnectorArgs {
    /// Base of Connected Assets and Risk for a key, e.g. https://host/api/car/v2
    #[arg(long, value_name = "URL", env = "CAR_SERVICE_URL")]
    car_service_url: Option<String>,
    /// Key
    #[arg(
        long,
        value_name = "KEY",
        env = "CAR_SERVICE_KEY",
        hide_env_values = true,
        value_parser = secret
    )]
    car_service_key: Option<SecretString>,
    /// Its password; in the environment it is seen by fewer than here
    #[arg(long, value_name = "SECRET", env = "CAR_SERVICE_PASSWORD", hide_env_values = true, value_parser = secret)]
    car_service_password: Option<SecretString>,
    /// Base of Connected Assets and Risk for a token
    #[arg(long, value_name = "URL", env = "CAR_SERVICE_URL_FOR_AUTHTOKEN")]
    car_service_url_for_token: Option<String>,
    /// Token; goes before a key
    #[arg(long, value_name = "SECRET", env = "CAR_SERVICE_AUTHTOKEN", hide_env_values = true, value_parser = secret)]
    car_service_token: Option<SecretString>,
    /// Entra tenant (`-tenantID`)
    #[arg(
        long = "connector-tenant",
        value_name = "ID",
        env = "CONFIGURATION_AUTH_TENANT"
    )]
    tenant_id: Option<String>,
    /// App (`-clientID`)
    #[arg(
        long = "connector-client",
        value_name = "ID",
        env = "CONFIGURATION_AUTH_CLIENTID"
    )]
    client_id: Option<String>,
    /// The app's secret (`-clientSecret`)
    #[arg(long = "connector-secret", value_name = "SECRET", env = "CONFIGURATION_AUTH_CLIENTSECRET", hide_env_values = true, value_parser = secret)]
    client_secret: Option<SecretString>,
    /// Taken and not used (`-subscriptionID`), as the connector does
    #[arg(
        long = "connector-subscription",
        value_name = "ID",
        env = "CONFIGURATION_AUTH_SUBSCRIPTION_ID",
        hide_env_values = true
    )]
    _subscription_id: Option<String>,
    /// Taken and not used (`-name`)
    #[arg(long = "connector-name", value_name = "NAME", env = "CONNECTOR_NAME")]
    _name: Option<String>,
    /// Taken and not used (`-version`)
    #[arg(
        long = "connector-version",
        value_name = "TEXT",
        env = "CONNECTOR_VERSION"
    )]
    _version: Option<String>,
    /// Read one machine, import nothing
    #[arg(long, value_name = "BOOL", env = "DATASOURCE_CONNECTION_TEST", num_args = 0..=1, default_missing_value = "true", value_parser = truth)]
    connection_test: Option<bool>,
    /// Objects of one import into Connected Assets and Risk
    #[arg(long, value_name = "COUNT")]
    export_data_page_size: Option<usize>,
    /// Taken and not used: nothing is spooled to disk
    #[arg(long, value_name = "DIR")]
    export_data_dir: Option<PathBuf>,
    /// Taken and not used
    #[arg(long)]
    keep_export_data_dir: bool,
    /// Leave alerts out (`-alerts True`)
    #[arg(long = "connector-no-alerts", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = truth)]
    no_alerts: Option<bool>,
    /// Leave vulnerabilities out (`-vuln True`)
    #[arg(long = "connector-no-vulnerabilities", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = truth)]
    no_vulnerabilities: Option<bool>,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the parser of arguments asks for a result"
)]
fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(text.into())
}

/// Words that the connector's platform writes for yes and no. The connector itself took every word for yes.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the parser of arguments asks for a result"
)]
fn truth(text: &str) -> Result<bool, Infallible> {
    let no = ["", "0", "false", "no", "off", "none"];
    Ok(!no.contains(&text.trim().to_ascii_lowercase().as_str()))
}

/// The connector's options, and ours for them.
const OPTIONS: [(&str, &str); 20] = [
    ("car-service-url", "car-service-url"),
    ("car-service-key", "car-service-key"),
    ("car-service-password", "car-service-password"),
    ("car-service-url-for-token", "car-service-url-for-token"),
    ("car-service-token", "car-service-token"),
    ("source", "source"),
    ("name", "connector-name"),
    ("version", "connector-version"),
    ("connection-test", "connection-test"),
    ("export-data-dir", "export-data-dir"),
    ("keep-export-data-dir", "keep-export-data-dir"),
    ("export-data-page-size", "export-data-page-size"),
    ("tenantID", "connector-tenant"),
    ("clientID", "connector-client"),
    ("clientSecret", "connector-secret"),
    ("subscriptionID", "connector-subscription"),
    ("alerts", "connector-no-alerts"),
    ("vuln", "connector-no-vulnerabilities"),
    ("d", "verbose"),
    ("h", "help"),
];

/// Arguments with the connector's options, which have one dash, as ours; others as they are. Only those of `assets import` are looked at.
pub(crate) fn with_two_dashes(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let arguments: Vec<OsString> = arguments.collect();
    let place = |word: &str| arguments.iter().position(|argument| argument == word);
    let Some(import) =
        place("import").filter(|import| place("assets").is_some_and(|assets| assets < *import))
    else {
        return arguments;
    };
    let translated = arguments.iter().enumerate().map(|(number, argument)| {
        let ours = argument.to_str().filter(|_| number > import).and_then(ours);
        ours.map_or_else(|| argument.clone(), OsString::from)
    });
    translated.collect()
}

/// Our option for one of the connector's, as it is written or cut short.
fn ours(argument: &str) -> Option<String> {
    let word = argument
        .strip_prefix('-')
        .filter(|word| !word.starts_with('-'))?;
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let mut known = OPTIONS.iter();
    let exact = known.find(|(theirs, _)| *theirs == name);
    let (_, ours) = match exact {
        Some(found) => found,
        // Short options of ours stay what they are.
        None if name.len() < 2 => return None,
        None => {
            let mut beginning = OPTIONS
                .iter()
                .filter(|(theirs, _)| theirs.starts_with(name));
            match (beginning.next(), beginning.next()) {
                (Some(only), None) => only,
                _ => return None,
            }
        }
    };
    let value = value.map(|value| format!("={value}")).unwrap_or_default();
    Some(format!("--{ours}{value}"))
}

impl ConnectorArgs {
    /// The name of the tenant that the options describe, which is added to the settings; nothing where they describe none.
    pub(super) fn add_tenant(&self, settings: &mut Settings) -> anyhow::Result<Option<String>> {
        let tenant = given(self.tenant_id.as_deref());
        let client = given(self.client_id.as_deref());
        let secret = present(self.client_secret.as_ref());
        let (tenant, client, secret) = match (tenant, client, secret) {
            (None, None, None) => return Ok(None),
            (Some(tenant), Some(client), Some(secret)) => (tenant, client, secret),
            (tenant, client, secret) => {
                let missing = [
                    ("-tenantID", tenant.is_none()),
                    ("-clientID", client.is_none()),
                    ("-clientSecret", secret.is_none()),
                ];
                let missing: Vec<&str> = missing
                    .into_iter()
                    .filter(|(_, is_missing)| *is_missing)
                    .map(|(name, _)| name)
                    .collect();
                let message = format!(
                    "the tenant is described in part: {} is missing",
                    missing.join(" and ")
                );
                return Err(UsageError::new(message)
                    .with_hint("give all three, in the environment or as options, or name a tenant of the configuration with --tenant")
                    .into());
            }
        };
        settings.file.tenants.insert(
            tenant.to_owned(),
            connector_tenant(tenant, client, SecretReference::Literal(secret.clone())),
        );
        Ok(Some(tenant.to_owned()))
    }

    /// The sink that the options describe; nothing where they describe none.
    ///
    /// # Errors
    /// What is missing, in the connector's words.
    pub(super) fn sink(&self, source: Option<&str>) -> Result<Option<SinkFile>, UsageError> {
        let (url, url_for_token) = (
            given(self.car_service_url.as_deref()),
            given(self.car_service_url_for_token.as_deref()),
        );
        let key = present(self.car_service_key.as_ref());
        let password = present(self.car_service_password.as_ref());
        let token = present(self.car_service_token.as_ref());
        let is_named = url.is_some() || url_for_token.is_some() || key.is_some();
        if !is_named && password.is_none() && token.is_none() {
            return Ok(None);
        }
        let has_key = key.is_some() && password.is_some();
        let wrong = if token.is_none() && !has_key {
            Some(
                "Either -car-service-token or -car-service-key and -car-service-password arguments are required.",
            )
        } else if url.is_none() && url_for_token.is_none() {
            Some("Either -car-service-url or -car-service-url-for-token is required.")
        } else if url.is_some() && !has_key {
            Some(
                "If -car-service-url is provided then -car-service-key and -car-service-password arguments are required.",
            )
        } else if url_for_token.is_some() && token.is_none() {
            Some(
                "If -car-service-url-for-token is provided then -car-service-token argument is required.",
            )
        } else if source.is_none() {
            Some("Missing required -source argument.")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            return Err(UsageError::new(wrong));
        }
        Ok(Some(self.described(url, url_for_token, source)))
    }

    fn described(
        &self,
        url: Option<&str>,
        for_token: Option<&str>,
        source: Option<&str>,
    ) -> SinkFile {
        let literal = |text: &str| SecretReference::Literal(text.into());
        let token = present(self.car_service_token.as_ref());
        let token = token.filter(|_| for_token.is_some());
        let url = if token.is_some() { for_token } else { url };
        SinkFile {
            url: url.map(literal),
            key: self.car_service_key.clone().map(SecretReference::Literal),
            password: self
                .car_service_password
                .clone()
                .map(SecretReference::Literal),
            token: token.cloned().map(SecretReference::Literal),
            page_size: self.export_data_page_size,
            source: source.map(str::to_owned),
            ..SinkFile::new(SinkKind::Car)
        }
    }

    /// Whether only the way to the tenant is tried.
    pub(super) fn is_connection_test(&self) -> bool {
        self.connection_test == Some(true)
    }

    /// Whether alerts are left out.
    pub(super) fn has_no_alerts(&self) -> bool {
        self.no_alerts == Some(true)
    }

    /// Whether vulnerabilities are left out.
    pub(super) fn has_no_vulnerabilities(&self) -> bool {
        self.no_vulnerabilities == Some(true)
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn present(secret: Option<&SecretString>) -> Option<&SecretString> {
    secret.filter(|secret| !secret.expose_secret().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(line: &str) -> String {
        let words = line.split(' ').map(OsString::from);
        let ours = with_two_dashes(words);
        let ours: Vec<String> = ours
            .into_iter()
            .map(|word| word.into_string().unwrap())
            .collect();
        ours.join(" ")
    }

    #[test]
    fn options_with_one_dash_become_ours() {
        let cases = [
            (
                "tesem assets import -car-service-url u -car-service-key k -source s",
                "tesem assets import --car-service-url u --car-service-key k --source s",
            ),
            (
                "tesem assets import -tenantID=t -clientI c -clientS x -vuln False",
                "tesem assets import --connector-tenant=t --connector-client c --connector-secret x --connector-no-vulnerabilities False",
            ),
            // Not told apart, not ours, or not of this command.
            (
                "tesem assets import -car-service x",
                "tesem assets import -car-service x",
            ),
            (
                "tesem assets import -qv --to x",
                "tesem assets import -qv --to x",
            ),
            ("tesem hunt -source s", "tesem hunt -source s"),
            (
                "tesem -q assets import -d",
                "tesem -q assets import --verbose",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(translated(line), expected);
        }
    }

    #[test]
    fn words_for_no_mean_no() {
        for (text, expected) in [
            ("True", true),
            ("1", true),
            ("False", false),
            ("", false),
            ("0", false),
        ] {
            assert_eq!(truth(text), Ok(expected), "{text}");
        }
    }
}
