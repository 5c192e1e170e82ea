//! `[state]`: where the processes of one app find the budgets they share.

use anyhow::Context;
use secrecy::ExposeSecret;
use tesem_state::store::{StateUrl, StoreError};

use super::Settings;
use super::secret::SecretReference;
use crate::failure::UsageError;

/// The address of the shared state; `None` keeps budgets in the memory of this process.
pub(crate) fn state_url(settings: &Settings) -> anyhow::Result<Option<StateUrl>> {
    let Some(state) = &settings.file.state else {
        return Ok(None);
    };
    let text = state.url.resolve().map_err(|error| {
        UsageError::new(format!("the `url` of [state] cannot be had: {error:#}"))
    })?;
    let url: StateUrl = text
        .expose_secret()
        .parse()
        .map_err(|error: StoreError| UsageError::new(error.to_string()))
        .context("[state] cannot be used")?;
    if url.holds_password() && matches!(state.url, SecretReference::Literal(_)) {
        return Err(UsageError::new("[state] holds a password as a literal")
            .with_hint(r#"say where the address is instead: url = { env = "NAME" }, { file = "PATH" } or { command = ["…"] }"#)
            .into());
    }
    Ok(Some(url))
}

#[cfg(test)]
mod tests {
    use super::super::SettingsFile;
    use super::*;

    fn url(text: &str) -> anyhow::Result<Option<StateUrl>> {
        state_url(&Settings {
            file: SettingsFile::parse(text)?,
            path: None,
        })
    }

    #[test]
    fn without_a_section_nothing_is_shared() {
        assert_eq!(url("").unwrap(), None);
        let found = url("[state]\nurl = \"sqlite:tesem.db\"").unwrap();
        assert_eq!(found, Some(StateUrl::Sqlite("tesem.db".into())));
    }

    #[test]
    fn mistakes_are_told_without_the_password() {
        let cases = [
            ("[state]\nurl = \"mysql://x\"", "sqlite:"),
            (
                "[state]\nurl = \"postgres://u:hunter2@h/d\"",
                "as a literal",
            ),
            (
                "[state]\nurl = { env = \"TESEM_NO_SUCH_NAME\" }",
                "TESEM_NO_SUCH_NAME",
            ),
            ("[state]\nuri = \"x\"", "unknown field `uri`"),
        ];
        for (text, told) in cases {
            let error = format!("{:#}", url(text).unwrap_err());
            assert!(
                error.contains(told) && !error.contains("hunter2"),
                "{error}"
            );
        }
    }
}
