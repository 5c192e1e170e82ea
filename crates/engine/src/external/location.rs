//! Where a query says that its external data lies.

use std::fmt;
use std::fmt::Write as _;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

/// A location, without what in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// A URL.
    Url(String),
    /// A local file.
    Path(PathBuf),
}

/// How a file is packed, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    /// Not at all.
    None,
    /// `.gz`.
    Gzip,
    /// `.zip`.
    Zip,
}

impl Location {
    /// Reads a location as a query writes it: a URL or a path, possibly followed by `;` and credentials.
    ///
    /// Source: learn.microsoft.com/kusto/api/connection-strings/storage-connection-strings.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Some(path) = strip_scheme(text, "file") {
            return Self::Path(PathBuf::from(percent_decoded(path)));
        }
        match text.split_once("://") {
            Some((scheme, _)) if is_scheme(scheme) => Self::Url(public_part(text)),
            _ => Self::Path(PathBuf::from(text)),
        }
    }

    /// How the file is packed, and its extension without that of the packing, in lower case.
    pub(crate) fn file_kind(&self) -> (Compression, String) {
        let name = self.file_name().to_ascii_lowercase();
        let (compression, inner) = match name.rsplit_once('.') {
            Some((inner, "gz")) => (Compression::Gzip, inner),
            Some((inner, "zip")) => (Compression::Zip, inner),
            _ => (Compression::None, name.as_str()),
        };
        let extension = inner
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension);
        (compression, extension.to_owned())
    }

    /// The last part of the path.
    fn file_name(&self) -> String {
        match self {
            Self::Url(url) => {
                let end = url.find(['?', '#']).unwrap_or(url.len());
                let path = url.get(..end).unwrap_or_default();
                let path = path.split_once("://").map_or(path, |(_, rest)| rest);
                let name = path.rsplit_once('/').map_or("", |(_, name)| name);
                name.to_owned()
            }
            Self::Path(path) => {
                let name = path.file_name().and_then(std::ffi::OsStr::to_str);
                name.unwrap_or_default().to_owned()
            }
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

/// The file in a snapshot directory that holds the content of a URL: the SHA-256 of the URL in lower-case hexadecimal digits.
///
/// What is secret in a URL is no part of it: everything from the first `;` on, `user:password@`, and a query with a shared access
/// signature (`sig=`).
#[must_use]
pub fn snapshot_file_name(url: &str) -> String {
    let digest = Sha256::digest(public_part(url.trim()).as_bytes());
    digest
        .iter()
        .fold(String::with_capacity(64), |mut name, byte| {
            // Writing to a string cannot fail.
            let _ = write!(name, "{byte:02x}");
            name
        })
}

/// A URL without credentials.
fn public_part(url: &str) -> String {
    let url = url.split_once(';').map_or(url, |(url, _)| url).trim_end();
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(authority_end).unwrap_or((rest, ""));
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let path = match path.split_once('?') {
        Some((path, query)) if is_signed(query) => path,
        _ => path,
    };
    format!("{scheme}://{host}{path}")
}

fn is_signed(query: &str) -> bool {
    let mut parameters = query.split('&');
    parameters.any(|parameter| parameter.to_ascii_lowercase().starts_with("sig="))
}

fn strip_scheme<'t>(text: &'t str, scheme: &str) -> Option<&'t str> {
    let (given, rest) = text.split_once("://")?;
    given.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Longer than one letter: `C://` is a drive.
fn is_scheme(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
}

/// A path out of a URL; what is no valid escape stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after.split_at_checked(2).filter(|_| first == b'%');
        let decoded = escaped.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = decoded.unwrap_or((first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_no_part_of_a_location() {
        let cases = [
            ("https://a.example/x.csv", "https://a.example/x.csv"),
            (
                "https://a.example/x.csv;managed_identity=system",
                "https://a.example/x.csv",
            ),
            (
                "https://a.example/x.csv?sv=2020&sig=secret",
                "https://a.example/x.csv",
            ),
            (
                "https://a.example/x.csv?version=2",
                "https://a.example/x.csv?version=2",
            ),
            (
                "https://me:secret@a.example/x.csv",
                "https://a.example/x.csv",
            ),
            ("https://a.example/@x", "https://a.example/@x"),
        ];
        for (text, expected) in cases {
            assert_eq!(Location::parse(text).to_string(), expected, "{text}");
            assert_eq!(
                snapshot_file_name(text),
                snapshot_file_name(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn the_name_of_a_snapshot_is_the_digest_of_its_url() {
        assert_eq!(
            snapshot_file_name("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn paths_and_urls_are_told_apart() {
        let path = |text: &str| Location::Path(PathBuf::from(text));
        let cases = [
            ("lists/a.csv", path("lists/a.csv")),
            ("/etc/passwd", path("/etc/passwd")),
            ("C:\\a.csv", path("C:\\a.csv")),
            ("file:///tmp/a%20b.csv", path("/tmp/a b.csv")),
            ("FILE:///tmp/100%", path("/tmp/100%")),
            (
                "abfss://c@h.example/x",
                Location::Url("abfss://h.example/x".to_owned()),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(Location::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn names_say_how_a_file_is_packed() {
        let cases = [
            ("https://a.example/x.CSV", Compression::None, "csv"),
            ("https://a.example/x.json.gz", Compression::Gzip, "json"),
            ("https://a.example/x.txt.zip?raw=1", Compression::Zip, "txt"),
            ("https://a.example/x.gz", Compression::Gzip, ""),
            ("https://a.example/a.b/", Compression::None, ""),
            ("https://a.example", Compression::None, ""),
            ("lists/x.tsv", Compression::None, "tsv"),
        ];
        for (text, compression, extension) in cases {
            let found = Location::parse(text).file_kind();
            assert_eq!(found, (compression, extension.to_owned()), "{text}");
        }
    }
}
