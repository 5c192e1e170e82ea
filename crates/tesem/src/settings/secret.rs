//! Secrets are references: the file says where a secret is, never what it is.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};
use secrecy::SecretString;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::failure::UsageError;

/// Where a secret comes from.
#[derive(Clone)]
pub(crate) enum SecretReference {
    /// `{ env = "NAME" }`.
    Environment(String),
    /// `{ file = "PATH" }`; one trailing line end is dropped.
    File(PathBuf),
    /// `{ command = ["program", "argument"] }`, started without a shell; one trailing line end is dropped.
    Command(Vec<String>),
    /// A literal, which only the demo tenant may have.
    Literal(SecretString),
}

impl fmt::Debug for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Command(words) => {
                write!(f, "command {}", words.first().map_or("", String::as_str))
            }
            Self::Literal(_) => f.write_str("literal ****"),
        }
    }
}

/// What is said of a secret that stands in the file itself, under `key` in `table`.
pub(in crate::settings) fn literal_refused(table: &str, key: &str) -> UsageError {
    UsageError::new(format!("[{table}] holds `{key}` as a literal")).with_hint(format!(
        r#"say where the secret is instead: {key} = {{ env = "NAME" }}, {{ file = "PATH" }} or {{ command = ["…"] }}"#
    ))
}

impl SecretReference {
    /// Whether the secret stands in the file itself.
    pub(in crate::settings) fn is_literal(reference: Option<&Self>) -> bool {
        matches!(reference, Some(Self::Literal(_)))
    }

    /// Fetches the secret.
    pub(crate) fn resolve(&self) -> anyhow::Result<SecretString> {
        let text = match self {
            Self::Environment(name) => from_environment(name)?,
            Self::File(path) => std::fs::read_to_string(path)
                .with_context(|| format!("the secret's file {} cannot be read", path.display()))?,
            Self::Command(words) => from_command(words)?,
            Self::Literal(secret) => return Ok(secret.clone()),
        };
        let secret = text.strip_suffix('\n').unwrap_or(&text);
        let secret = secret.strip_suffix('\r').unwrap_or(secret);
        if secret.is_empty() {
            bail!("the secret from {self:?} is empty");
        }
        Ok(SecretString::from(secret))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is where settings read the environment"
)]
pub(super) fn from_environment(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("the environment variable {name} holds no secret"))
}

fn from_command(words: &[String]) -> anyhow::Result<String> {
    let (program, arguments) = words
        .split_first()
        .context("the secret's command is empty")?;
    let output = Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("the secret's command `{program}` cannot be started"))?;
    if !output.status.success() {
        bail!("the secret's command `{program}` failed: {}", output.status);
    }
    String::from_utf8(output.stdout)
        .map_err(|_| anyhow::anyhow!("the secret's command `{program}` wrote no UTF-8"))
}

impl<'de> Deserialize<'de> for SecretReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReferenceVisitor)
    }
}

struct ReferenceVisitor;

impl<'de> Visitor<'de> for ReferenceVisitor {
    type Value = SecretReference;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a secret: { env = "NAME" }, { file = "PATH" } or { command = ["program", "argument"] }"#)
    }

    fn visit_str<E: de::Error>(self, literal: &str) -> Result<SecretReference, E> {
        Ok(SecretReference::Literal(SecretString::from(literal)))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<SecretReference, E> {
        Err(de::Error::custom(
            r#"expected a secret: { env = "NAME" }, { file = "PATH" } or { command = […] }"#,
        ))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretReference, A::Error> {
        let Some(key) = map.next_key::<String>()? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let reference = match key.as_str() {
            "env" => SecretReference::Environment(map.next_value()?),
            "file" => SecretReference::File(map.next_value()?),
            "command" => SecretReference::Command(map.next_value()?),
            other => return Err(de::Error::unknown_field(other, &["env", "file", "command"])),
        };
        match map.next_key::<String>()? {
            None => Ok(reference),
            Some(second) => Err(de::Error::custom(format!(
                "a secret has one source, but `{key}` and `{second}` are given"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Holder {
        secret: SecretReference,
    }

    fn parse(text: &str) -> Result<SecretReference, String> {
        toml::from_str::<Holder>(text)
            .map(|holder| holder.secret)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_has_one_known_source() {
        let wrong = [
            ("secret = { envv = \"X\" }", "unknown field `envv`"),
            (
                "secret = { env = \"X\", file = \"Y\" }",
                "`env` and `file` are given",
            ),
            ("secret = {}", "invalid length 0"),
            ("secret = 5", "expected a secret: { env"),
        ];
        for (text, expected) in wrong {
            let error = parse(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn debug_never_shows_a_literal() {
        let secret = parse("secret = \"hunter2\"").unwrap();
        assert_eq!(format!("{secret:?}"), "literal ****");
    }

    #[test]
    fn a_file_loses_one_line_end_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "a b \r\n").unwrap();
        let secret = SecretReference::File(path).resolve().unwrap();
        assert_eq!(secret.expose_secret(), "a b ");
    }

    #[test]
    fn missing_sources_are_named() {
        let missing = [
            (
                SecretReference::Environment("TESEM_TEST_NOT_SET".into()),
                "TESEM_TEST_NOT_SET",
            ),
            (SecretReference::File("no/such/file".into()), "no/such/file"),
            (
                SecretReference::Command(vec!["no-such-program-here".into()]),
                "no-such-program-here",
            ),
            (SecretReference::Command(vec![]), "is empty"),
        ];
        for (reference, name) in missing {
            let error = format!("{:#}", reference.resolve().unwrap_err());
            assert!(error.contains(name), "{error}");
        }
    }
}
