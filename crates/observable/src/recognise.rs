//! One observable out of one item, such as a line of a list.

use crate::file_name::has_file_extension;
use crate::refang::refang;
use crate::{
    DeviceName, DomainName, EmailAddress, FileName, IpRange, Md5, Observable, ObservableKind,
    Reason, Refusal, Sha1, Sha256, Thumbprint, Url, hash, ip,
};

/// Longest item that is looked at, in bytes. Anything longer is refused at once.
pub const ITEM_BYTES_MAX: usize = 16_384;

/// Recognises one item: a line of a list, a cell, an argument.
///
/// White space, a byte-order mark, quotes or brackets around the item and a comma or semicolon behind
/// it are dropped, and defanging is undone. Then:
///
/// - 64, 40 or 32 hex digits are a file hash (a thumbprint only if written with separators, because
///   plain digits do not tell); `sha256:`, `md5=` and the like before them are dropped;
/// - `1.2.3.4`, `1.2.3.4:443`, `[2001:db8::1]:443` are addresses, the port is dropped; private ones too;
/// - `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, `10.0.0.1-9` are ranges; a range of one is its address;
/// - anything with a scheme, or a host with a path, is a URL;
/// - a domain must end in a known top-level domain; `*.evil.com`, `.evil.com`, `@evil.com` and
///   `evil.com:443` are `evil.com`; a name such as `update.zip` that could be a file is a domain here;
/// - anything with an `@` is an e-mail address or an account, also at a name that no registry sells (`ada@contoso.local`,
///   `ada@contoso`, `ada@contoso.priv`);
/// - a name in an internal zone (`dc01.corp.local`) is a device; a dotted name with the extension of
///   a file that is no domain (`evil.exe`) is a file name.
///
/// ```
/// use tesem_observable::{ObservableKind, recognise};
///
/// let observable = recognise("hxxp://Evil[.]com/a").unwrap();
/// assert_eq!((observable.kind(), observable.to_string()), (ObservableKind::Url, "http://evil.com/a".into()));
/// assert_eq!(recognise("1.2.3.256").unwrap_err().to_string(), "`1.2.3.256` is not an IPv4 address: octet 256 is over 255");
/// ```
///
/// # Errors
/// A [`Refusal`] that says why the item is none of these.
pub fn recognise(text: &str) -> Result<Observable, Refusal> {
    with_clean_item(text, classify)
}

/// Recognises one item whose kind the caller knows.
///
/// The way to tell a thumbprint from a SHA-1 hash, a device from a domain, or a file from a domain.
/// A range of a single address gives that address.
///
/// # Errors
/// A [`Refusal`] that says why the item is not of that kind.
pub fn recognise_as(kind: ObservableKind, text: &str) -> Result<Observable, Refusal> {
    with_clean_item(text, |item| classify_as(kind, item))
}

/// Reads a value of a known kind as it stands.
pub(crate) fn read_as(kind: ObservableKind, value: &str) -> Result<Observable, Refusal> {
    let control = value.chars().find(|character| character.is_control());
    let read = match control {
        Some(control) => Err(Reason::ControlCharacter(control)),
        None => classify_as(kind, value),
    };
    read.map_err(|reason| reason.of(value))
}

fn with_clean_item(
    text: &str,
    classify: impl FnOnce(&str) -> Result<Observable, Reason>,
) -> Result<Observable, Refusal> {
    if text.len() > ITEM_BYTES_MAX {
        return Err(Reason::TooLong {
            bytes: text.len(),
            bytes_max: ITEM_BYTES_MAX,
        }
        .of(text));
    }
    let refanged = refang(unwrap(text));
    let item = unwrap(&refanged);
    let control = item
        .chars()
        .find(|character| character.is_control() && !character.is_whitespace());
    let classified = match control {
        _ if item.is_empty() => Err(Reason::Empty),
        Some(control) => Err(Reason::ControlCharacter(control)),
        None => classify(item),
    };
    classified.map_err(|reason| reason.of(text.trim()))
}

/// Marks that may enclose an item.
const ENCLOSING: [(char, char); 10] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('<', '>'),
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('“', '”'),
    ('‘', '’'),
    ('«', '»'),
];

/// Drops white space, enclosing marks and trailing commas, as often as there are some.
fn unwrap(text: &str) -> &str {
    let mut item = text;
    loop {
        let is_blank = |character: char| character.is_whitespace() || character == '\u{feff}';
        let trimmed = item.trim_matches(is_blank).trim_end_matches([',', ';']);
        let bare = ENCLOSING
            .iter()
            .find_map(|(open, close)| enclosed_in(trimmed, *open, *close));
        let next = bare.unwrap_or(trimmed);
        if next.len() == item.len() {
            return item;
        }
        item = next;
    }
}

/// What one pair of marks around all of `text` encloses.
fn enclosed_in(text: &str, open: char, close: char) -> Option<&str> {
    let inner = text.strip_prefix(open)?.strip_suffix(close)?;
    (!inner.contains([open, close])).then_some(inner)
}

fn classify(item: &str) -> Result<Observable, Reason> {
    let item = without_hash_label(item);
    if let Some(result) = as_hash(item).or_else(|| as_pairs(item)) {
        return result;
    }
    if let Some(result) = as_address(item) {
        return result;
    }
    if item.contains("://") {
        return as_url(item);
    }
    if item.contains(char::is_whitespace) {
        return Err(Reason::SeveralWords);
    }
    if is_file_path(item) {
        return Err(Reason::FilePath);
    }
    if item.contains(['/', '?', '#']) {
        return as_url_without_scheme(item);
    }
    match item.contains('@') {
        true => as_email(item),
        false => as_name(item),
    }
}

/// `/etc/passwd`, `~/x`, `\\server\share`, `C:\x`, `C:/x`, `folder\x`.
fn is_file_path(item: &str) -> bool {
    let has_drive = item.get(1..3).is_some_and(|rest| rest == ":/");
    has_drive || item.contains('\\') || item.starts_with(['/', '~'])
}

/// Drops what some lists write before a hash: `sha256:`, `MD5=`.
fn without_hash_label(item: &str) -> &str {
    const LABELS: [&str; 5] = ["sha256", "sha-256", "sha1", "sha-1", "md5"];
    match item.split_once([':', '=']) {
        Some((label, rest))
            if LABELS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(label.trim())) =>
        {
            rest.trim()
        }
        _ => item,
    }
}

/// Fewest hex digits that are taken for an attempt at a hash.
pub(crate) const HASH_DIGITS_MIN: usize = 24;

fn as_hash(item: &str) -> Option<Result<Observable, Reason>> {
    let is_hash_like =
        item.len() >= HASH_DIGITS_MIN && item.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let strange = item
        .chars()
        .find(|character| !character.is_ascii_hexdigit());
    match strange {
        _ if !is_hash_like => None,
        None => Some(hash_of(item)),
        // A label of a name can be as long; only the length of a hash together with digits speaks for one.
        Some(strange) => {
            let is_attempt = [32, 40, 64].contains(&item.len())
                && item.bytes().any(|byte| byte.is_ascii_digit());
            is_attempt.then_some(Err(Reason::NotHex(strange)))
        }
    }
}

/// The file hash with these hex digits.
pub(crate) fn hash_of(digits: &str) -> Result<Observable, Reason> {
    match digits.len() {
        32 => Md5::parse(digits).map(Observable::Md5),
        40 => Sha1::parse(digits).map(Observable::Sha1),
        64 => Sha256::parse(digits).map(Observable::Sha256),
        other => Err(hash::length_reason(other)),
    }
}

/// Bytes written as pairs of hex digits: a hardware address or the thumbprint of a certificate.
pub(crate) fn as_pairs(item: &str) -> Option<Result<Observable, Reason>> {
    let separator = item
        .chars()
        .nth(2)
        .filter(|found| matches!(found, ':' | '-' | ' '))?;
    let is_pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !item.split(separator).all(is_pair) {
        return None;
    }
    match item.split(separator).count() {
        6 => Some(Err(Reason::HardwareAddress)),
        16 => Some(Err(Reason::UnsupportedHash("certificate's MD5"))),
        20 => Some(Thumbprint::parse(item).map(Observable::CertificateThumbprint)),
        32 => Some(Err(Reason::UnsupportedHash("certificate's SHA-256"))),
        _ => None,
    }
}

/// Anything that starts out as an address: alone, with a port, with a prefix length, as a range.
///
/// `None` where it goes on as a name or as a URL.
pub(crate) fn as_address(item: &str) -> Option<Result<Observable, Reason>> {
    match item.strip_prefix('[') {
        Some(rest) => as_bracketed_address(rest),
        None if item.bytes().filter(|byte| *byte == b':').count() >= 2 => as_v6(item),
        None => as_v4(item),
    }
}

/// `2001:db8::1]:443`, after the opening bracket.
fn as_bracketed_address(rest: &str) -> Option<Result<Observable, Reason>> {
    let (address, port) = rest.split_once(']')?;
    let is_alone = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    (is_alone && address.contains(':')).then(|| ip::parse(address).map(Observable::from))
}

fn as_v6(item: &str) -> Option<Result<Observable, Reason>> {
    let is_v6_byte = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let (head, tail) = item.split_at_checked(item.bytes().take_while(is_v6_byte).count())?;
    if !head.contains(':') {
        return as_v4(item);
    }
    let tail = tail.trim();
    match tail.chars().next() {
        // `:%3A` begins a URL's user.
        Some('%') if ip::parse(head).is_err() => None,
        None | Some('%') => Some(ip::parse(item).map(Observable::from)),
        Some('/') if tail == "/" => Some(ip::parse(head).map(Observable::from)),
        Some('/' | '-' | '–' | '—') => Some(IpRange::parse(item).map(Observable::from)),
        Some(_) => None,
    }
}

fn as_v4(item: &str) -> Option<Result<Observable, Reason>> {
    let is_v4_byte = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let (head, tail) = item.split_at_checked(item.bytes().take_while(is_v4_byte).count())?;
    if !ip::is_dotted_number(head) {
        return None;
    }
    let mut rest = tail.trim_start().chars();
    let separator = rest.next();
    let operand = rest.as_str().trim();
    match separator {
        None => Some(ip::parse(head).map(Observable::from)),
        Some('/') if operand.is_empty() => Some(ip::parse(head).map(Observable::from)),
        Some(':') if is_port(operand) => Some(ip::parse(head).map(Observable::from)),
        Some('/' | '-' | '–' | '—') if operand.bytes().all(|byte| is_v4_byte(&byte)) => {
            Some(IpRange::parse(item).map(Observable::from))
        }
        Some(_) => None,
    }
}

/// Whether the text is a port number.
pub(crate) fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn as_url(item: &str) -> Result<Observable, Reason> {
    match item.contains(char::is_whitespace) {
        true => Err(Reason::SeveralWords),
        false => Url::parse(item).map(Observable::Url),
    }
}

/// `evil.com/gate.php`; with nothing behind the slash it is just the host.
fn as_url_without_scheme(item: &str) -> Result<Observable, Reason> {
    let host = item.trim_end_matches('/');
    match host.contains(['/', '?', '#']) {
        true => as_url(item),
        false => as_name(host),
    }
}

fn as_email(item: &str) -> Result<Observable, Reason> {
    let address = match item.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => item.get(7..).unwrap_or_default(),
        _ => item,
    };
    match address.strip_prefix('@') {
        Some(domain) => DomainName::parse(domain).map(Observable::Domain),
        None => EmailAddress::parse(address).map(Observable::Email),
    }
}

/// A domain, or else a device or the name of a file.
fn as_name(item: &str) -> Result<Observable, Reason> {
    let name = item
        .strip_prefix("*.")
        .or_else(|| item.strip_prefix('.'))
        .unwrap_or(item);
    let name = match name.rsplit_once(':') {
        Some((host, port)) if is_port(port) => host,
        _ => name,
    };
    match DomainName::parse(name) {
        Ok(domain) => Ok(Observable::Domain(domain)),
        Err(Reason::InternalName(zone)) => as_device(name, zone),
        Err(Reason::UnknownTopLevel(_) | Reason::NameCharacter(_)) if has_file_extension(name) => {
            FileName::parse(name).map(Observable::FileName)
        }
        Err(reason) => Err(reason),
    }
}

/// A name in an internal zone is a device, the zone itself is nothing.
fn as_device(name: &str, zone: Box<str>) -> Result<Observable, Reason> {
    match name.len() > zone.len() {
        true => DeviceName::parse(name).map(Observable::DeviceName),
        false => Err(Reason::InternalName(zone)),
    }
}

fn classify_as(kind: ObservableKind, item: &str) -> Result<Observable, Reason> {
    match kind {
        ObservableKind::Sha256 => Sha256::parse(without_hash_label(item)).map(Observable::Sha256),
        ObservableKind::Sha1 => Sha1::parse(without_hash_label(item)).map(Observable::Sha1),
        ObservableKind::Md5 => Md5::parse(without_hash_label(item)).map(Observable::Md5),
        ObservableKind::CertificateThumbprint => {
            Thumbprint::parse(without_hash_label(item)).map(Observable::CertificateThumbprint)
        }
        ObservableKind::IpRange => IpRange::parse(item).map(Observable::from),
        ObservableKind::Url => as_url(item),
        ObservableKind::DeviceName => DeviceName::parse(item).map(Observable::DeviceName),
        ObservableKind::FileName => FileName::parse(item).map(Observable::FileName),
        ObservableKind::Email => expect_kind(kind, as_email(item)),
        ObservableKind::Domain => expect_kind(kind, as_name(item)),
        ObservableKind::Ipv4 | ObservableKind::Ipv6 => expect_kind(
            kind,
            as_address(item).unwrap_or(Err(Reason::WrongKind { wanted: kind })),
        ),
    }
}

/// Refuses what was recognised as another kind than `wanted`.
fn expect_kind(
    wanted: ObservableKind,
    result: Result<Observable, Reason>,
) -> Result<Observable, Reason> {
    match result {
        Ok(observable) if observable.kind() != wanted => Err(Reason::WrongKind { wanted }),
        other => other,
    }
}
