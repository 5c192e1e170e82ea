//! What is known about files around the world: the source of `FileProfile()`.
//!
//! Sources: learn.microsoft.com/defender-xdr/advanced-hunting-fileprofile-function for the columns and their types,
//! learn.microsoft.com/defender-endpoint/api/files for the entity.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, UInt64Array};
use datafusion::arrow::compute::{concat_batches, take_record_batch};
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::error::ArrowError;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use tesem_kql::types::ScalarType;

use super::{BuildError, CatalogError, Column, TableBuilder};
use crate::ticks;
use crate::value::Value;

/// The digits of a SHA-1 in hexadecimal.
const SHA1_DIGITS: usize = 40;
/// The digits of a SHA-256 in hexadecimal.
const SHA256_DIGITS: usize = 64;
/// The bytes of the longest digest.
const DIGEST_BYTES: usize = SHA256_DIGITS / 2;
/// The column that the certificate of a file decides.
const SIGNATURE_STATE: &str = "SignatureState";

/// The columns of a profile in their documented order and types, and the member of the file entity that each is read from.
const COLUMNS: [(&str, ScalarType, Option<&str>); 17] = [
    ("SHA1", ScalarType::String, Some("sha1")),
    ("SHA256", ScalarType::String, Some("sha256")),
    ("MD5", ScalarType::String, Some("md5")),
    ("FileSize", ScalarType::Int, Some("size")),
    (
        "GlobalPrevalence",
        ScalarType::Int,
        Some("globalPrevalence"),
    ),
    (
        "GlobalFirstSeen",
        ScalarType::DateTime,
        Some("globalFirstObserved"),
    ),
    (
        "GlobalLastSeen",
        ScalarType::DateTime,
        Some("globalLastObserved"),
    ),
    ("Signer", ScalarType::String, Some("signer")),
    ("Issuer", ScalarType::String, Some("issuer")),
    ("SignerHash", ScalarType::String, Some("signerHash")),
    (
        "IsCertificateValid",
        ScalarType::Bool,
        Some("isValidCertificate"),
    ),
    // The entity does not say whose the root certificate is.
    ("IsRootSignerMicrosoft", ScalarType::Bool, None),
    (SIGNATURE_STATE, ScalarType::String, None),
    ("IsExecutable", ScalarType::Bool, Some("isPeFile")),
    ("ThreatName", ScalarType::String, Some("determinationValue")),
    ("Publisher", ScalarType::String, Some("filePublisher")),
    ("SoftwareName", ScalarType::String, Some("fileProductName")),
];

/// A hash of a file in bytes; the shorter ones end in zeros.
type Digest = [u8; DIGEST_BYTES];

/// How a file is told from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileId {
    Sha1,
    Sha256,
}

impl FileId {
    /// The hash that a text spells, in either case of letters; `None` when it spells none of this kind.
    pub(crate) fn digest(self, text: &str) -> Option<Digest> {
        let digits = match self {
            Self::Sha1 => SHA1_DIGITS,
            Self::Sha256 => SHA256_DIGITS,
        };
        if text.len() != digits {
            return None;
        }
        let mut digest = [0; DIGEST_BYTES];
        for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = pair
                .iter()
                .try_fold(0, |high, &digit| Some(high << 4 | nibble(digit)?))?;
        }
        Some(digest)
    }
}

fn nibble(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// Profiles of files, found by SHA-1 or SHA-256. They are no table of the database: only `invoke FileProfile()` shows them.
#[derive(Debug)]
pub struct FileProfiles {
    /// The profiles, and behind them one whose cells are all empty.
    rows: RecordBatch,
    by_sha1: HashMap<Digest, u64>,
    by_sha256: HashMap<Digest, u64>,
}

impl FileProfiles {
    /// Profiles from the file entities of the Defender for Endpoint API (`sha1`, `sha256`, `md5`, `size`, `globalPrevalence`,
    /// `globalFirstObserved`, `globalLastObserved`, `signer`, `issuer`, `signerHash`, `isValidCertificate`, `isPeFile`,
    /// `determinationValue`, `filePublisher`, `fileProductName`). Members that are missing or null give empty cells, others are
    /// ignored; of two entities with the same hash the first is taken. Numbers beyond `int`, the documented type, give nulls.
    ///
    /// `SignatureState` follows from `signer` and `isValidCertificate`: a signer with a valid certificate is `SignedValid`, with an
    /// invalid one `SignedInvalid`; a `signer` that is null or empty is `Unsigned`; what the entity leaves open is `Unknown`. This
    /// reading of the entity is ours. `IsRootSignerMicrosoft` is null, as the entity does not tell.
    ///
    /// # Errors
    /// [`CatalogError::FileProfile`] when a member is of another type than the entity's.
    pub fn from_entities<'e>(
        entities: impl IntoIterator<Item = &'e Map<String, Json>>,
    ) -> Result<Self, CatalogError> {
        let mut builder = TableBuilder::new(Self::columns().collect());
        let (mut by_sha1, mut by_sha256) = (HashMap::new(), HashMap::new());
        for (place, entity) in (0_u64..).zip(entities) {
            add_row(&mut builder, place, entity)?;
            let digest = |id: FileId, member| id.digest(text(entity, member)?);
            if let Some(digest) = digest(FileId::Sha1, "sha1") {
                by_sha1.entry(digest).or_insert(place);
            }
            if let Some(digest) = digest(FileId::Sha256, "sha256") {
                by_sha256.entry(digest).or_insert(place);
            }
        }
        builder.finish_row()?;
        let batches = builder.finish()?;
        let schema = batches
            .first()
            .map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
        let rows = concat_batches(&schema, &batches)
            .map_err(|error| BuildError::Arrow(error.to_string()))?;
        Ok(Self {
            rows,
            by_sha1,
            by_sha256,
        })
    }

    /// Profiles from a JSON array of file entities; see [`FileProfiles::from_entities`].
    ///
    /// # Errors
    /// [`CatalogError::File`] when the file cannot be read or is no array of objects, and as [`FileProfiles::from_entities`].
    pub fn read(path: &Path) -> Result<Self, CatalogError> {
        let failed = |message: String| CatalogError::File {
            path: path.to_owned(),
            message,
        };
        let bytes = fs::read(path).map_err(|error| failed(error.to_string()))?;
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let entities: Vec<Map<String, Json>> =
            serde_json::from_slice(text).map_err(|error| failed(error.to_string()))?;
        Self::from_entities(&entities).map_err(|error| failed(error.to_string()))
    }

    /// The columns of a profile.
    pub(crate) fn columns() -> impl Iterator<Item = Column> {
        COLUMNS
            .iter()
            .map(|(name, scalar_type, _)| Column::new(*name, *scalar_type))
    }

    /// The place of a file's profile.
    pub(crate) fn find(&self, id: FileId, digest: &Digest) -> Option<u64> {
        match id {
            FileId::Sha1 => self.by_sha1.get(digest).copied(),
            FileId::Sha256 => self.by_sha256.get(digest).copied(),
        }
    }

    /// The place of the profile whose cells are all empty.
    pub(crate) fn nothing(&self) -> u64 {
        u64::try_from(self.rows.num_rows().saturating_sub(1)).unwrap_or(u64::MAX)
    }

    /// The profiles at these places, column by column.
    pub(crate) fn at(&self, places: &UInt64Array) -> Result<Vec<ArrayRef>, ArrowError> {
        Ok(take_record_batch(&self.rows, places)?.columns().to_vec())
    }
}

fn add_row(
    builder: &mut TableBuilder,
    place: u64,
    entity: &Map<String, Json>,
) -> Result<(), CatalogError> {
    for (index, (name, scalar_type, member)) in COLUMNS.iter().enumerate() {
        let value = match member {
            Some(member) => cell(place, member, *scalar_type, entity.get(*member))?,
            None if *name == SIGNATURE_STATE => Value::String(signature_state(entity).to_owned()),
            None => Value::null(*scalar_type),
        };
        builder.value(index, &value)?;
    }
    Ok(builder.finish_row()?)
}

fn text<'e>(entity: &'e Map<String, Json>, member: &str) -> Option<&'e str> {
    entity.get(member)?.as_str()
}

fn signature_state(entity: &Map<String, Json>) -> &'static str {
    let is_valid = entity.get("isValidCertificate").and_then(Json::as_bool);
    match (entity.get("signer"), is_valid) {
        (None, _) => "Unknown",
        (Some(signer), _) if signer.as_str().is_none_or(str::is_empty) => "Unsigned",
        (Some(_), Some(true)) => "SignedValid",
        (Some(_), Some(false)) => "SignedInvalid",
        (Some(_), None) => "Unknown",
    }
}

fn cell(
    place: u64,
    member: &'static str,
    scalar_type: ScalarType,
    json: Option<&Json>,
) -> Result<Value, CatalogError> {
    let Some(json) = json.filter(|json| !json.is_null()) else {
        return Ok(Value::null(scalar_type));
    };
    let (expected, value) = match scalar_type {
        ScalarType::Int => ("an integer", integer(json)),
        ScalarType::Bool => ("a boolean", json.as_bool().map(Value::Bool)),
        ScalarType::DateTime => ("a time", json.as_str().and_then(time)),
        _ => (
            "a text",
            json.as_str().map(|text| Value::String(text.to_owned())),
        ),
    };
    value.ok_or(CatalogError::FileProfile {
        number: place.saturating_add(1),
        member,
        expected,
    })
}

fn integer(json: &Json) -> Option<Value> {
    if !json.is_i64() && !json.is_u64() {
        return None;
    }
    let fitting = json.as_i64().and_then(|value| i32::try_from(value).ok());
    Some(fitting.map_or(Value::null(ScalarType::Int), Value::Int))
}

fn time(text: &str) -> Option<Value> {
    let time: Timestamp = text.parse().ok()?;
    Some(Value::DateTime(ticks::from_timestamp(time)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hash_is_of_its_kind_or_none() {
        let cases = [
            (FileId::Sha1, "aB".repeat(20), true),
            (FileId::Sha1, "ab".repeat(32), false),
            (FileId::Sha256, "0f".repeat(32), true),
            (FileId::Sha256, "0g".repeat(32), false),
            (FileId::Sha1, "é".repeat(20), false),
            (FileId::Sha1, String::new(), false),
        ];
        for (id, text, expected) in cases {
            assert_eq!(id.digest(&text).is_some(), expected, "{text}");
        }
        let digest = |text: &str| FileId::Sha1.digest(&text.repeat(20));
        assert_eq!(digest("AB"), digest("ab"));
        assert_ne!(digest("ab"), digest("ba"));
    }

    #[test]
    fn the_signature_follows_from_signer_and_certificate() {
        let cases = [
            (json!({}), "Unknown"),
            (json!({"signer": null}), "Unsigned"),
            (json!({"signer": ""}), "Unsigned"),
            (
                json!({"signer": "A", "isValidCertificate": true}),
                "SignedValid",
            ),
            (
                json!({"signer": "A", "isValidCertificate": false}),
                "SignedInvalid",
            ),
            (json!({"signer": "A"}), "Unknown"),
        ];
        for (entity, expected) in cases {
            assert_eq!(
                signature_state(entity.as_object().unwrap()),
                expected,
                "{entity}"
            );
        }
    }

    #[test]
    fn a_member_of_another_type_is_named_with_its_file() {
        let cases = [
            (
                json!({"size": "7"}),
                "file profile 2: `size` is not an integer",
            ),
            (
                json!({"size": 7.5}),
                "file profile 2: `size` is not an integer",
            ),
            (
                json!({"isPeFile": 1}),
                "file profile 2: `isPeFile` is not a boolean",
            ),
            (
                json!({"globalFirstObserved": "yesterday"}),
                "file profile 2: `globalFirstObserved` is not a time",
            ),
            (json!({"sha1": []}), "file profile 2: `sha1` is not a text"),
        ];
        for (entity, expected) in cases {
            let entities = [Map::new(), entity.as_object().unwrap().clone()];
            let error = FileProfiles::from_entities(&entities).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
