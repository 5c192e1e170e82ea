//! Why a text is not an observable.

use std::fmt;

use crate::ObservableKind;

/// Most bytes of the refused text that a [`Refusal`] keeps.
const EXCERPT_BYTES_MAX: usize = 120;

/// A text that is not an observable, and why.
///
/// Displays as one sentence that names the text, the reason and, where there is one, the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{excerpt}` {reason}")]
pub struct Refusal {
    excerpt: Box<str>,
    reason: Reason,
}

impl Refusal {
    /// A refusal of `text` for `reason`. A long text is cut; control characters are escaped.
    #[must_use]
    pub fn new(text: &str, reason: Reason) -> Self {
        Self {
            excerpt: excerpt(text),
            reason,
        }
    }

    /// Why the text was refused.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The text, cut to a length that a terminal can show, with control characters escaped.
    #[must_use]
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }
}

fn excerpt(text: &str) -> Box<str> {
    let kept = text
        .get(..text.floor_char_boundary(EXCERPT_BYTES_MAX))
        .unwrap_or(text);
    let mut shown = String::with_capacity(kept.len());
    for character in kept.chars() {
        match character.is_control() {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    if kept.len() < text.len() {
        shown.push('…');
    }
    shown.into()
}

/// Why a text is not an observable.
///
/// [`Reason::code`] is a stable short name for reports; [`fmt::Display`] is a sentence for people
/// without its subject, as in "is more than one word".
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing is left after trimming.
    #[error("is empty")]
    Empty,
    /// Longer than any observable can be.
    #[error("is {bytes} bytes long; an observable has at most {bytes_max}")]
    TooLong {
        /// Length of the text in bytes.
        bytes: usize,
        /// Longest that is accepted.
        bytes_max: usize,
    },
    /// Holds a control character.
    #[error("holds the control character U+{:04X}", u32::from(*.0))]
    ControlCharacter(char),
    /// Holds several words where one observable was expected.
    #[error("is more than one word; extract observables from running text instead")]
    SeveralWords,
    /// Has the shape of no observable.
    #[error("is neither a hash, an address, a domain, a URL nor an e-mail address")]
    Unrecognised,
    /// Is an observable, but not of the kind that was asked for.
    #[error("is not {}", wanted.with_article())]
    WrongKind {
        /// The kind that was asked for.
        wanted: ObservableKind,
    },
    /// An octet of an IPv4 address is over 255.
    #[error("is not an IPv4 address: octet {0} is over 255")]
    OctetOutOfRange(Box<str>),
    /// An octet of an IPv4 address has a leading zero, which some programs read as octal.
    #[error(
        "is not an IPv4 address: octet {0} has a leading zero, which some programs read as octal; write it without"
    )]
    OctetLeadingZero(Box<str>),
    /// Dotted numbers, but not four of them.
    #[error("is not an IPv4 address: it has {0} parts instead of four")]
    OctetCount(usize),
    /// Not a well-formed IPv6 address.
    #[error("is not a well-formed IPv6 address")]
    Ipv6Syntax,
    /// The prefix length of a network is too large or not a number.
    #[error("is not a network: prefix length {given} is not a number from 0 to {most}")]
    PrefixLength {
        /// The text after the slash.
        given: Box<str>,
        /// 32 for IPv4, 128 for IPv6.
        most: u8,
    },
    /// The end of a range is of another family, or lies before its start.
    #[error("is not a range: its end does not follow its start")]
    RangeOrder,
    /// The end of a range is given by its last octet only, in running text.
    #[error("may be a range or a version number; write the end of a range in full")]
    RangeAbbreviated,
    /// Hex digits, but as many as no known hash has.
    #[error("has {digits} hex digits; {nearest} has {nearest_digits}")]
    HashLength {
        /// How many digits there are.
        digits: usize,
        /// The hash whose length is nearest.
        nearest: &'static str,
        /// How many digits that one has.
        nearest_digits: usize,
    },
    /// A hash that Microsoft Defender does not keep.
    #[error(
        "is a {0} hash, which Microsoft Defender does not record; use the file's SHA-256, SHA-1 or MD5"
    )]
    UnsupportedHash(&'static str),
    /// One digit repeated: a filler, not a hash.
    #[error("is one digit repeated, not a hash")]
    FillerHash,
    /// A character that is not a hex digit where only those may be.
    #[error("holds {0:?}, which is not a hex digit")]
    NotHex(char),
    /// The last label is no top-level domain of the public suffix list.
    #[error("does not end in a known top-level domain: `.{0}`")]
    UnknownTopLevel(Box<str>),
    /// A public suffix, under which everybody can register names.
    #[error("is a public suffix, under which anybody can register names; give a name below it")]
    PublicSuffix,
    /// A single word without a dot.
    #[error("is a single label, not a domain; say that it is a device name if it is one")]
    SingleLabel,
    /// A name in a zone that exists only inside an organisation.
    #[error("is a name in the internal zone `.{0}`, not a public domain")]
    InternalName(Box<str>),
    /// A label of a name is empty.
    #[error("has an empty label (two dots in a row, or one at the start)")]
    LabelEmpty,
    /// A label of a name is longer than 63 bytes.
    #[error("has a label of {0} bytes; the most is 63")]
    LabelTooLong(usize),
    /// A label of a name starts or ends with a hyphen.
    #[error("has a label that starts or ends with a hyphen")]
    LabelHyphen,
    /// A character that no name may hold.
    #[error("holds {0:?}, which no such name may hold")]
    NameCharacter(char),
    /// A name is longer than 253 bytes.
    #[error("is a name of {0} bytes; the most is 253")]
    NameTooLong(usize),
    /// An internationalised name breaks the rules of Unicode Technical Standard 46.
    #[error("is not a valid internationalised domain name")]
    Internationalised,
    /// A scheme other than http, https, ftp, ws and wss.
    #[error("has the scheme `{0}`; http, https, ftp, ws and wss are known")]
    Scheme(Box<str>),
    /// Not a well-formed URL.
    #[error("is not a well-formed URL: {0}")]
    UrlSyntax(Box<str>),
    /// The part of an e-mail address before the `@` is empty, too long or malformed.
    #[error(
        "is not an e-mail address: the part before `@` is empty, longer than 64 bytes or malformed"
    )]
    LocalPart,
    /// The name of a file.
    #[error("looks like the name of a file")]
    FileName,
    /// A part of a path in a file system.
    #[error("is a path in a file system, or a part of one")]
    FilePath,
    /// The number of a version or of a section.
    #[error("is read as the number of a version or section, because of the text before it")]
    VersionNumber,
    /// A hardware address.
    #[error("is a hardware (MAC) address, which is not searched")]
    HardwareAddress,
    /// The identifier of an e-mail message.
    #[error("identifies an e-mail message; it is not an address")]
    MessageId,
    /// Two sentences or two names of a program, joined by a full stop.
    #[error("is read as program text or as two words joined by a full stop")]
    JoinedWords,
    /// Not a device name.
    #[error(
        "is not a device name: 1 to 15 letters, digits, hyphens or underscores, or a full DNS name"
    )]
    DeviceName,
}

impl Reason {
    /// A stable name of the reason for machine-readable reports, such as `unknown-top-level`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too-long",
            Self::ControlCharacter(_) => "control-character",
            Self::SeveralWords => "several-words",
            Self::Unrecognised => "unrecognised",
            Self::WrongKind { .. } => "wrong-kind",
            Self::OctetOutOfRange(_) => "octet-out-of-range",
            Self::OctetLeadingZero(_) => "octet-leading-zero",
            Self::OctetCount(_) => "octet-count",
            Self::Ipv6Syntax => "ipv6-syntax",
            Self::PrefixLength { .. } => "prefix-length",
            Self::RangeOrder => "range-order",
            Self::RangeAbbreviated => "range-abbreviated",
            Self::HashLength { .. } => "hash-length",
            Self::UnsupportedHash(_) => "unsupported-hash",
            Self::FillerHash => "filler-hash",
            Self::NotHex(_) => "not-hex",
            Self::UnknownTopLevel(_) => "unknown-top-level",
            Self::PublicSuffix => "public-suffix",
            Self::SingleLabel => "single-label",
            Self::InternalName(_) => "internal-name",
            Self::LabelEmpty => "label-empty",
            Self::LabelTooLong(_) => "label-too-long",
            Self::LabelHyphen => "label-hyphen",
            Self::NameCharacter(_) => "name-character",
            Self::NameTooLong(_) => "name-too-long",
            Self::Internationalised => "internationalised",
            Self::Scheme(_) => "scheme",
            Self::UrlSyntax(_) => "url-syntax",
            Self::LocalPart => "local-part",
            Self::FileName => "file-name",
            Self::FilePath => "file-path",
            Self::VersionNumber => "version-number",
            Self::HardwareAddress => "hardware-address",
            Self::MessageId => "message-id",
            Self::JoinedWords => "joined-words",
            Self::DeviceName => "device-name",
        }
    }

    /// This reason, as the answer to a caller who gave `text`.
    pub(crate) fn of(self, text: &str) -> Refusal {
        Refusal::new(text, self)
    }
}

impl fmt::Display for ObservableKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
