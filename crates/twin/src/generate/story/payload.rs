//! The files that the intruders brought.

use crate::generate::catalogue::File;
use crate::generate::certificate::Certificate;
use crate::generate::digest::Digests;

/// Who signed the trojanised installer.
pub(super) const STOLEN_SIGNER: &str = "Relecloud Software Ltd";

/// A file of an intruder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::generate) enum Payload {
    Invoice,
    Stager,
    Dumper,
    RemoteService,
    Setup,
    SetupLibrary,
    MeterBridge,
    MeterLibrary,
    UsbLibrary,
    Miner,
    LinuxMiner,
    /// A harmless file whose digests differ from those of the invoice in one digit each.
    InvoiceNearMiss,
}

/// Name, folder and size of each payload, in the order of [`Payload`].
const FACTS: [(Payload, &str, &str, i64); 12] = [
    (
        Payload::Invoice,
        "Invoice_88213.docm",
        r"C:\Users\{user}\Downloads",
        148_734,
    ),
    (
        Payload::Stager,
        "update.ps1",
        r"C:\Users\{user}\AppData\Local\Temp",
        7_402,
    ),
    (Payload::Dumper, "pd64.exe", r"C:\Users\Public", 412_160),
    (
        Payload::RemoteService,
        "svcupd.exe",
        r"C:\Windows\Temp",
        96_256,
    ),
    (
        Payload::Setup,
        "FreeScanSetup.exe",
        r"C:\Users\{user}\Downloads",
        5_812_224,
    ),
    (
        Payload::SetupLibrary,
        "scanhelper.dll",
        r"C:\ProgramData\FreeScan",
        221_696,
    ),
    (
        Payload::MeterBridge,
        "MeterConsole.exe",
        r"C:\Program Files\Adatum\Meter Console",
        1_204_224,
    ),
    (
        Payload::MeterLibrary,
        "meterlink.dll",
        r"C:\Program Files\Adatum\Meter Console",
        318_976,
    ),
    (Payload::UsbLibrary, "thumbs.dll", r"E:\RECYCLER", 54_272),
    (
        Payload::Miner,
        "svchosts.exe",
        r"C:\Windows\Temp",
        3_145_728,
    ),
    (Payload::LinuxMiner, "kworkerds", "/var/tmp/.x", 2_883_584),
    (
        Payload::InvoiceNearMiss,
        "Invoice_88214.docm",
        r"C:\Users\{user}\Downloads",
        148_120,
    ),
];

/// All payloads. They do not depend on the tenant's seed.
#[derive(Debug)]
pub(in crate::generate) struct Payloads(Vec<File>);

impl Payloads {
    pub(super) fn new() -> Self {
        Self(
            FACTS
                .iter()
                .map(|(payload, name, folder, size)| file(*payload, name, folder, *size))
                .collect(),
        )
    }

    /// All of them.
    pub(in crate::generate) fn all(&self) -> impl Iterator<Item = &File> {
        self.0.iter()
    }

    /// All but the near miss and the trusted program that loads a bad library.
    pub(in crate::generate) fn harmful(&self) -> impl Iterator<Item = &File> {
        let is_harmful =
            |payload: &Payload| !matches!(payload, Payload::InvoiceNearMiss | Payload::MeterBridge);
        let payloads = FACTS.iter().map(|(payload, ..)| *payload);
        payloads.filter(is_harmful).map(|payload| self.get(payload))
    }

    pub(in crate::generate) fn get(&self, payload: Payload) -> &File {
        &self.0[payload as usize]
    }
}

fn file(payload: Payload, name: &str, folder: &str, size: i64) -> File {
    let (company, product, certificate) = match payload {
        Payload::Setup => (
            STOLEN_SIGNER,
            "FreeScan",
            Some(Certificate::of(STOLEN_SIGNER, true)),
        ),
        Payload::MeterBridge | Payload::MeterLibrary => (
            "Adatum Corporation",
            "Meter Console",
            Some(Certificate::of("Adatum Corporation", true)),
        ),
        _ => ("", "", None),
    };
    File {
        name: name.to_owned(),
        folder: folder.to_owned(),
        digests: digests(payload),
        size,
        company: company.to_owned(),
        product: product.to_owned(),
        version: if product.is_empty() {
            String::new()
        } else {
            "4.2.1".to_owned()
        },
        description: product.to_owned(),
        certificate,
    }
}

fn digests(payload: Payload) -> Digests {
    let of = |payload: Payload| Digests::of(&format!("payload {payload:?}"));
    match payload {
        Payload::InvoiceNearMiss => {
            let invoice = of(Payload::Invoice);
            Digests {
                sha1: with_other_last_digit(&invoice.sha1),
                sha256: with_other_last_digit(&invoice.sha256),
                md5: with_other_last_digit(&invoice.md5),
            }
        }
        other => of(other),
    }
}

/// The same hex digits but for the last.
fn with_other_last_digit(hex: &str) -> String {
    let (kept, last) = hex.split_at(hex.len().saturating_sub(1));
    let other = if last == "0" { "1" } else { "0" };
    format!("{kept}{other}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_payload_is_found_under_its_name() {
        let payloads = Payloads::new();
        for (payload, name, _, _) in FACTS {
            assert_eq!(payloads.get(payload).name, name);
        }
    }

    #[test]
    fn the_near_miss_is_one_digit_away() {
        let payloads = Payloads::new();
        let (invoice, miss) = (
            payloads.get(Payload::Invoice),
            payloads.get(Payload::InvoiceNearMiss),
        );
        for (one, other) in [
            (&invoice.digests.sha256, &miss.digests.sha256),
            (&invoice.digests.md5, &miss.digests.md5),
        ] {
            let differing = one
                .bytes()
                .zip(other.bytes())
                .filter(|(a, b)| a != b)
                .count();
            assert_eq!(differing, 1);
        }
    }
}
