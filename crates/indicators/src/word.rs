//! Words that people type for what the service knows.

use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity, IndicatorType};

/// A word that stands for nothing the service has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} `{word}`; there are {allowed}")]
pub struct UnknownWord {
    /// What it should have named.
    pub what: &'static str,
    /// The word.
    pub word: String,
    /// What there is.
    pub allowed: String,
}

/// A meaning, and short words for it beside the service's own.
type Meaning<T> = (T, &'static [&'static str]);

const TYPES: [Meaning<IndicatorType>; 8] = [
    (IndicatorType::FileSha1, &["sha1"]),
    (IndicatorType::FileSha256, &["sha256"]),
    (IndicatorType::FileMd5, &["md5"]),
    (
        IndicatorType::CertificateThumbprint,
        &["certificate", "thumbprint"],
    ),
    (IndicatorType::IpAddress, &["ip", "address"]),
    (IndicatorType::DomainName, &["domain"]),
    (IndicatorType::Url, &[]),
    (IndicatorType::WebCategory, &["category"]),
];

const ACTIONS: [Meaning<IndicatorAction>; 7] = [
    (IndicatorAction::Allowed, &["allow"]),
    (IndicatorAction::Audit, &[]),
    (IndicatorAction::Warn, &[]),
    (IndicatorAction::Block, &[]),
    (IndicatorAction::BlockAndRemediate, &["remediate"]),
    (IndicatorAction::Alert, &[]),
    (IndicatorAction::AlertAndBlock, &[]),
];

const SEVERITIES: [Meaning<IndicatorSeverity>; 4] = [
    (IndicatorSeverity::Informational, &["info"]),
    (IndicatorSeverity::Low, &[]),
    (IndicatorSeverity::Medium, &[]),
    (IndicatorSeverity::High, &[]),
];

/// The type that `word` stands for: the service's name or a short one such as `sha256`, `ip`, `domain`, in any letter case.
///
/// # Errors
/// [`UnknownWord`], which lists what there is.
pub fn type_named(word: &str) -> Result<IndicatorType, UnknownWord> {
    named("type", word, &TYPES)
}

/// The action that `word` stands for, in any letter case, with or without hyphens.
///
/// # Errors
/// [`UnknownWord`], which lists what there is.
pub fn action_named(word: &str) -> Result<IndicatorAction, UnknownWord> {
    named("action", word, &ACTIONS)
}

/// The severity that `word` stands for, in any letter case.
///
/// # Errors
/// [`UnknownWord`], which lists what there is.
pub fn severity_named(word: &str) -> Result<IndicatorSeverity, UnknownWord> {
    named("severity", word, &SEVERITIES)
}

fn named<T: Clone + ToString>(
    what: &'static str,
    word: &str,
    meanings: &[Meaning<T>],
) -> Result<T, UnknownWord> {
    let wanted = plain(word);
    let is_meant = |(meaning, short): &&Meaning<T>| {
        plain(&meaning.to_string()) == wanted || short.iter().any(|short| plain(short) == wanted)
    };
    let found = meanings.iter().find(is_meant);
    found
        .map(|(meaning, _)| meaning.clone())
        .ok_or_else(|| UnknownWord {
            what,
            word: word.to_owned(),
            allowed: meanings.iter().map(shown).collect::<Vec<_>>().join(", "),
        })
}

/// `FileSha1 (sha1)`; a short word that is only another spelling is not worth a mention.
fn shown<T: ToString>((meaning, short): &Meaning<T>) -> String {
    let name = meaning.to_string();
    let other = |short: &&&str| plain(short) != plain(&name);
    let others: Vec<&str> = short.iter().filter(other).copied().collect();
    match others.as_slice() {
        [] => name,
        others => format!("{name} ({})", others.join(", ")),
    }
}

fn plain(word: &str) -> String {
    let is_filler = |c: char| matches!(c, '-' | '_' | ' ');
    word.to_lowercase().replace(is_filler, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_services_own_and_short_ones_in_any_case() {
        let types = [
            ("FileSha1", IndicatorType::FileSha1),
            ("FILESHA256", IndicatorType::FileSha256),
            ("sha256", IndicatorType::FileSha256),
            ("md5", IndicatorType::FileMd5),
            ("Certificate", IndicatorType::CertificateThumbprint),
            ("ip", IndicatorType::IpAddress),
            ("ip-address", IndicatorType::IpAddress),
            ("domain", IndicatorType::DomainName),
            ("URL", IndicatorType::Url),
        ];
        for (word, expected) in types {
            assert_eq!(type_named(word), Ok(expected), "{word}");
        }
        let actions = [
            ("block", IndicatorAction::Block),
            ("block-and-remediate", IndicatorAction::BlockAndRemediate),
            ("AlertAndBlock", IndicatorAction::AlertAndBlock),
            ("allow", IndicatorAction::Allowed),
        ];
        for (word, expected) in actions {
            assert_eq!(action_named(word), Ok(expected), "{word}");
        }
        assert_eq!(severity_named("HIGH"), Ok(IndicatorSeverity::High));
    }

    #[test]
    fn an_unknown_word_is_refused_with_what_there_is() {
        assert_eq!(
            type_named("sha512").unwrap_err().to_string(),
            "there is no type `sha512`; there are FileSha1 (sha1), FileSha256 (sha256), FileMd5 (md5), \
             CertificateThumbprint (certificate, thumbprint), IpAddress (ip, address), DomainName (domain), Url, WebCategory (category)"
        );
        let severity = severity_named("critical").unwrap_err().to_string();
        assert!(severity.ends_with("there are Informational (info), Low, Medium, High"));
        assert!(action_named("").is_err());
    }
}
