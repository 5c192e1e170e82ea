//! Long lists of indicators of which a known number occurs in the tenant.

use std::collections::BTreeSet;

use super::random::{Stream, Topic};
use super::story::{Planted, PlantedKind, planted};
use super::tenant::Tenant;
use super::{GenerateError, GenerateOptions, check, digest};

/// Ends of invented names.
const TOP_LEVELS: [&str; 7] = ["com", "net", "org", "info", "biz", "top", "xyz"];
/// Letters of invented names: such names look like those that malware makes up, and nobody has registered them.
const LETTERS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";
/// Addresses in 198.19.0.0/16, the half of the benchmark range (RFC 2544) that the tenant never talks to.
const ADDRESSES: usize = 65_536;

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MixedIndicator {
    /// The indicator as a list would hold it.
    pub value: String,
    /// Whether it occurs in the tenant.
    pub is_planted: bool,
}

/// A list of `count` different indicators (hashes, IPv4 and IPv6 addresses, domains, URLs), of which `planted_count` occur in the tenant
/// of these options and the others do not, in a random but fixed order.
///
/// The others cannot occur: their addresses are of networks that the generator never uses, their names have parts it never uses, their
/// digests are of labels that no file has. Some of them are close to planted ones.
///
/// # Errors
/// When the options are out of range, or `planted_count` is more than are planted or than `count`.
pub fn mixed_indicators(
    options: &GenerateOptions,
    count: usize,
    planted_count: usize,
) -> Result<Vec<MixedIndicator>, GenerateError> {
    check(options)?;
    let planted = searchable(&Tenant::new(options));
    if planted_count > planted.len().min(count) {
        return Err(GenerateError::TooFewPlanted {
            count,
            wanted: planted_count,
            available: planted.len(),
        });
    }
    let mut seen: BTreeSet<String> = planted
        .iter()
        .map(|planted| planted.value.clone())
        .collect();
    let mut stream = Stream::new(options.seed, count as u64, 0, Topic::Mixed);
    let chosen = planted
        .iter()
        .take(planted_count)
        .map(|planted| planted.value.clone());
    let mut list: Vec<MixedIndicator> = chosen
        .map(|value| MixedIndicator {
            value,
            is_planted: true,
        })
        .collect();
    for place in 0_usize.. {
        if list.len() == count {
            break;
        }
        let value = absent(place, &planted, &mut stream);
        if seen.insert(value.clone()) {
            list.push(MixedIndicator {
                value,
                is_planted: false,
            });
        }
    }
    shuffle(&mut list, &mut stream);
    Ok(list)
}

/// The planted indicators of the kinds that such lists hold, without repetition.
fn searchable(tenant: &Tenant) -> Vec<Planted> {
    use PlantedKind::{Certificate, Email, FileName};
    let mut seen = BTreeSet::new();
    let is_listed = |planted: &Planted| !matches!(planted.kind, Certificate | Email | FileName);
    planted(tenant)
        .into_iter()
        .filter(is_listed)
        .filter(|planted| seen.insert(planted.value.clone()))
        .collect()
}

/// An indicator that does not occur; the place chooses its kind.
fn absent(place: usize, planted: &[Planted], stream: &mut Stream) -> String {
    match place % 20 {
        0..6 => digest::sha256(&absent_label(stream)),
        6..8 => digest::sha1(&absent_label(stream)),
        8..10 => digest::sha256(&absent_label(stream)).split_off(32),
        10..14 => address(place / 20 * 4 + place % 20 - 10),
        14 => format!(
            "2001:db8:2{:03x}::{:x}",
            place / 20 % 4_096,
            0x100 + place / 81_920
        ),
        15..18 => name(stream),
        18 => format!(
            "http://{}/{}.php?id={}",
            name(stream),
            stream.hex(6),
            stream.below(100_000)
        ),
        _ => near(planted, stream),
    }
}

fn absent_label(stream: &mut Stream) -> String {
    format!("absent {}", stream.word())
}

fn address(number: usize) -> String {
    let number = number % ADDRESSES;
    format!("198.19.{}.{}", number / 256, number % 256)
}

fn name(stream: &mut Stream) -> String {
    let length = 11 + stream.index(6);
    let label: String = (0..length)
        .map(|_| char::from(*stream.pick(LETTERS)))
        .collect();
    format!("{label}.{}", stream.pick(&TOP_LEVELS))
}

/// Something close to a planted indicator: a digest with another first digit, a name with more letters in front.
fn near(planted: &[Planted], stream: &mut Stream) -> String {
    let Some(chosen) = planted.get(stream.index(planted.len())) else {
        return name(stream);
    };
    match chosen.kind {
        PlantedKind::Sha256 | PlantedKind::Sha1 | PlantedKind::Md5 => {
            let first = if chosen.value.starts_with('0') {
                "1"
            } else {
                "0"
            };
            format!("{first}{}", &chosen.value[1..])
        }
        PlantedKind::Domain => format!("{}{}", stream.hex(3), chosen.value),
        _ => name(stream),
    }
}

fn shuffle<T>(items: &mut [T], stream: &mut Stream) {
    for last in (1..items.len()).rev() {
        items.swap(last, stream.index(last + 1));
    }
}
