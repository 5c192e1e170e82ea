//! Throughput of extraction, recognition and decoding.
//!
//! `cargo bench -p tesem-observable`; the report text is made up from a fixed seed.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use tesem_observable::{Extractor, decode, recognise, refang};

fn main() {
    divan::main();
}

/// Size of the large text: 100 MB.
const LARGE_BYTES: usize = 100 * 1024 * 1024;

/// Size of the small texts, for the shapes that are only compared with each other.
const SMALL_BYTES: usize = 8 * 1024 * 1024;

/// A small generator of numbers, so that the text is the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Lines of a threat report: mostly prose, a list of indicators now and then.
fn report(bytes: usize) -> String {
    const PROSE: [&str; 6] = [
        "The actor gained initial access through a phishing message that carried a link to a password-protected archive.",
        "Once executed, the loader enumerates running processes (see Figure 3), and resolves its imports by hash.",
        "Persistence is achieved by a scheduled task; its command line starts powershell.exe with an encoded command.",
        "We assess with moderate confidence that the same operators were active in 2023, e.g. against logistics firms.",
        "Telemetry shows lateral movement with WMI: process creation events follow within seconds on several hosts.",
        "Défenseurs: vérifiez les journaux – l’accès initial précède souvent l’exfiltration de plusieurs semaines.",
    ];
    let mut numbers = Numbers(0x5eed);
    let mut text = String::with_capacity(bytes + 1024);
    while text.len() < bytes {
        for _ in 0..numbers.below(4) + 2 {
            text.push_str(PROSE[usize::try_from(numbers.below(6)).unwrap_or(0)]);
            text.push('\n');
        }
        push_indicator(&mut text, &mut numbers);
    }
    text
}

fn push_indicator(text: &mut String, numbers: &mut Numbers) {
    let number = numbers.next();
    let line = match numbers.below(7) {
        0 => format!(
            "SHA-256: {number:016x}{:016x}{:016x}{:016x}\n",
            numbers.next(),
            numbers.next(),
            numbers.next()
        ),
        1 => format!(
            "* {}[.]{}[.]{}[.]{}\n",
            number % 223 + 1,
            number % 251,
            number % 241,
            number % 239
        ),
        2 => format!(
            "C2: hxxps[:]//cdn-{:x}[.]example[.]com/gate.php?id={}\n",
            number % 9999,
            number % 77
        ),
        3 => format!(
            "update-{:x}[.]net, mail{}.example.org\n",
            number % 99_999,
            number % 50
        ),
        4 => format!(
            "sent from billing{}@example{}[.]com\n",
            number % 99,
            number % 9
        ),
        5 => format!("MD5 {number:016x}{:016x}\n", numbers.next()),
        _ => format!(
            "beacons to {}.{}.{}.{}:8443 every minute\n",
            number % 223 + 1,
            number % 251,
            number % 241,
            number % 239
        ),
    };
    text.push_str(&line);
}

fn bench_extraction(bencher: Bencher<'_, '_>, text: &str) {
    bencher
        .counter(BytesCount::of_str(text))
        .bench_local(|| Extractor::new(black_box(text)).count());
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn extract_100_mb_report(bencher: Bencher<'_, '_>) {
    bench_extraction(bencher, &report(LARGE_BYTES));
}

/// Shapes that would betray anything worse than linear time.
#[divan::bench(sample_count = 5, sample_size = 1, args = ["report", "one line", "no blanks", "dots", "colons", "slashes", "brackets", "schemes", "at signs", "hex", "backslashes", "other scripts"])]
fn extract_shapes(bencher: Bencher<'_, '_>, shape: &str) {
    let text = match shape {
        "report" => report(SMALL_BYTES),
        "one line" => report(SMALL_BYTES).replace('\n', " "),
        "no blanks" => "x".repeat(SMALL_BYTES),
        "dots" => "a.".repeat(SMALL_BYTES / 2),
        "colons" => "a:".repeat(SMALL_BYTES / 2),
        "slashes" => "a.com/".repeat(SMALL_BYTES / 6),
        "brackets" => "[.".repeat(SMALL_BYTES / 2),
        "schemes" => "http://".repeat(SMALL_BYTES / 7),
        "at signs" => "a@".repeat(SMALL_BYTES / 2),
        "hex" => "0123456789abcdef".repeat(SMALL_BYTES / 16),
        "backslashes" => "\\n.com".repeat(SMALL_BYTES / 6),
        _ => "http://例え".repeat(SMALL_BYTES / 13),
    };
    bench_extraction(bencher, &text);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn refang_report(bencher: Bencher<'_, '_>) {
    let text = report(SMALL_BYTES);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| refang(black_box(&text)).len());
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn decode_utf16(bencher: Bencher<'_, '_>) {
    let bytes: Vec<u8> = report(SMALL_BYTES)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench_local(|| decode(black_box(&bytes)).map(|decoded| decoded.text.len()));
}

#[divan::bench(args = ["44d88612fea8a8f36de82e1278abb02f", "203.0.113.7", "www.evil[.]example[.]com", "hxxps[:]//evil[.]com/gate.php?id=1", "eve@evil.com", "not an observable"])]
fn recognise_item(bencher: Bencher<'_, '_>, item: &str) {
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench(|| recognise(black_box(item)).is_ok());
}

#[divan::bench]
fn recognise_refuses_200_mb(bencher: Bencher<'_, '_>) {
    let line = "a".repeat(200 * 1024 * 1024);
    bencher.bench_local(|| recognise(black_box(&line)).is_err());
}
