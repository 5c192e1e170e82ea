//! From a file to a pack, by the file's form.

use std::collections::BTreeMap;

use tesem_observable::decode;

use super::error::PackError;
use super::list::stem;
use super::{LeftOut, Pack, PackQuery, markdown, toml_form, yaml};

/// The packs that this program carries: name and text.
const BUILTIN: [(&str, &str); 2] = [
    ("c2", include_str!("../../../../examples/packs/c2.toml")),
    (
        "devices",
        include_str!("../../../../examples/packs/devices.toml"),
    ),
];

/// The names of the built-in packs.
#[must_use]
pub fn builtin_names() -> Vec<&'static str> {
    BUILTIN.iter().map(|(name, _)| *name).collect()
}

/// What a form found in a file.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) name: Option<String>,
    pub(super) description: String,
    pub(super) version: Option<String>,
    pub(super) parameters: BTreeMap<String, super::ParameterValue>,
    pub(super) queries: Vec<PackQuery>,
    pub(super) left_out: Vec<LeftOut>,
}

/// A mistake in a file: its line, from 1, and what it is.
pub(super) type Mistake = (u64, String);

impl Pack {
    /// Reads a pack file; the form goes by the extension: `.toml`, `.yaml` and `.yml`, `.md` and `.markdown`.
    ///
    /// # Errors
    /// [`PackError`]: with the line where the file breaks the rules of its form.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, PackError> {
        let form = form(file).ok_or_else(|| PackError::Form {
            file: file.to_owned(),
        })?;
        let text = text(file, bytes)?;
        form.pack(file, &text)
    }

    /// Reads a file that holds one query, which is named as the file is.
    ///
    /// # Errors
    /// [`PackError`] for a file that is no text or empty.
    pub fn read_query(file: &str, bytes: &[u8]) -> Result<Self, PackError> {
        let text = text(file, bytes)?;
        let found = Found {
            queries: vec![PackQuery::new(stem(file), text.clone(), 1)],
            ..Found::default()
        };
        if text.trim().is_empty() {
            return Err(no_query(file, "it is empty"));
        }
        Ok(pack(file, found, true))
    }

    /// The built-in pack of that name.
    ///
    /// # Errors
    /// [`PackError::Unknown`] names those that there are.
    pub fn builtin(name: &str) -> Result<Self, PackError> {
        let text = BUILTIN.iter().find(|(known, _)| *known == name);
        let (name, text) = text.ok_or_else(|| PackError::Unknown {
            name: name.to_owned(),
        })?;
        Form::Toml.pack(name, text)
    }
}

/// The forms of pack files.
#[derive(Debug, Clone, Copy)]
enum Form {
    Toml,
    Yaml,
    Markdown,
}

fn form(file: &str) -> Option<Form> {
    let (_, extension) = file.rsplit_once('.')?;
    match extension.to_ascii_lowercase().as_str() {
        "toml" => Some(Form::Toml),
        "yaml" | "yml" => Some(Form::Yaml),
        "md" | "markdown" => Some(Form::Markdown),
        _ => None,
    }
}

impl Form {
    fn pack(self, file: &str, text: &str) -> Result<Pack, PackError> {
        let found = match self {
            Self::Toml => toml_form::read(text),
            Self::Yaml => yaml::read(text),
            Self::Markdown => Ok(markdown::read(text)),
        };
        let found =
            found
                .and_then(unique_names)
                .map_err(|(line, message)| PackError::Document {
                    file: file.to_owned(),
                    line,
                    message,
                })?;
        if found.queries.is_empty() {
            return Err(no_query(file, self.expected()));
        }
        Ok(pack(file, found, matches!(self, Self::Toml)))
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Toml => "a [[query]] with `name` and `kql` is expected",
            Self::Yaml => "a document with `name` and `query` is expected",
            Self::Markdown => {
                "a code block marked `kql` or `kusto`, or an unmarked one under a heading that names Defender, is expected"
            }
        }
    }
}

fn text(file: &str, bytes: &[u8]) -> Result<String, PackError> {
    match decode(bytes) {
        Ok(decoded) => Ok(decoded.text.to_string()),
        Err(error) => Err(PackError::NoText {
            file: file.to_owned(),
            reason: error.to_string(),
        }),
    }
}

fn no_query(file: &str, expected: &'static str) -> PackError {
    PackError::NoQuery {
        file: file.to_owned(),
        expected,
    }
}

/// Two queries of one name could not be told apart in reports.
fn unique_names(found: Found) -> Result<Found, Mistake> {
    let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
    for query in &found.queries {
        if let Some(line) = lines.insert(&query.name, query.line) {
            let message = format!("query `{}` was named on line {line} before", query.name);
            return Err((query.line, message));
        }
    }
    Ok(found)
}

fn pack(file: &str, found: Found, is_native: bool) -> Pack {
    Pack {
        file: file.to_owned(),
        name: found.name.unwrap_or_else(|| stem(file).to_owned()),
        description: found.description,
        version: found.version,
        parameters: found.parameters,
        queries: found.queries,
        left_out: found.left_out,
        is_native,
    }
}
