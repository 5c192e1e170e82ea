//! Typed observables: recognise, refang, extract, validate, normalise.
//!
//! An *observable* is something that shows up on a device or on the wire: the hash of a file, an
//! address, a domain, a URL, an e-mail address, a thumbprint, the name of a device or a file. Each kind
//! is a type of its own whose value is proof that it is well formed and in canonical form, so that two
//! spellings of one thing are equal.
//!
//! - [`recognise`] reads one item, such as a line of a list; [`recognise_as`] when the kind is known.
//! - [`extract`] finds all observables in any text and says where; [`Extractor`] gives them one by one.
//! - [`decode`] turns bytes into text first; [`refang`] undoes defanging.
//! - [`address`] says what an IP address is for.
//!
//! Nothing here does I/O. Everything runs in time linear in the length of its input, and takes
//! hostile input: whatever is not an observable is refused with a [`Reason`].

pub mod address;
mod decode;
mod device;
mod domain;
mod email;
mod extract;
mod file_name;
mod hash;
mod ip;
mod kind;
mod observable;
mod range;
mod recognise;
mod refang;
mod refusal;
mod script;
mod web;

pub use decode::{DecodeError, Decoded, TextEncoding, decode};
pub use device::DeviceName;
pub use domain::DomainName;
pub use email::EmailAddress;
pub use extract::{Extracted, Extraction, Extractor, Found, RefusedItem, extract, extract_unique};
pub use file_name::FileName;
pub use hash::{Md5, Sha1, Sha256, Thumbprint};
pub use kind::{ObservableKind, UnknownKind};
pub use observable::Observable;
pub use range::{IpRange, Network};
pub use recognise::{ITEM_BYTES_MAX, recognise, recognise_as};
pub use refang::refang;
pub use refusal::{Reason, Refusal};
pub use web::{Host, URL_BYTES_MAX, Url};
