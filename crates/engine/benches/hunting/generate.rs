//! A month of telemetry of 5,000 devices, sorted by time.
//!
//! Every value is drawn from a pool whose size and skew are those of its kind: few names of programs, many addresses of which some come
//! again and again, command lines of 30 to 300 characters of which every second comes once or twice.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Int32Builder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::schema::types::ColumnPath;

use crate::queries;
use crate::random::{Random, mixed};

const DEVICES: u64 = 5_000;
const ADDRESSES: u64 = 600_000;
const HOSTS: u64 = 60_000;
const COMMAND_LINES: u64 = 4_000_000;
const IMAGES: u64 = 20_000;
/// Process events, one for so many network events.
const NETWORK_PER_PROCESS: u64 = 8;
/// 2026-05-01T00:00:00Z.
const FIRST_MICROSECOND: i64 = 1_777_593_600_000_000;
const MICROSECONDS: i64 = 30 * 24 * 3_600 * 1_000_000;
const BATCH_ROWS: u64 = 65_536;
const ROW_GROUP_ROWS: usize = 262_144;
const PAGE_ROWS: usize = 20_000;

const PROGRAMS: &[&str] = &[
    "chrome.exe",
    "msedge.exe",
    "svchost.exe",
    "Teams.exe",
    "OUTLOOK.EXE",
    "OneDrive.exe",
    "MsMpEng.exe",
    "powershell.exe",
    "cmd.exe",
    "rundll32.exe",
    "python.exe",
    "java.exe",
    "node.exe",
    "curl.exe",
    "certutil.exe",
    "wscript.exe",
    "explorer.exe",
    "winword.exe",
    "excel.exe",
    "backgroundTaskHost.exe",
];
const FOLDERS: &[&str] = &[
    r"C:\Windows\System32",
    r"C:\Program Files\Google\Chrome\Application",
    r"C:\Program Files (x86)\Microsoft\Edge\Application",
    r"C:\Users\Public\AppData\Local\Microsoft\Teams\current",
    r"C:\ProgramData\Microsoft\Windows Defender\Platform",
];
const ACTIONS: &[&str] = &[
    "ConnectionSuccess",
    "ConnectionSuccess",
    "ConnectionSuccess",
    "ConnectionFailed",
    "ConnectionAttempt",
    "InboundConnectionAccepted",
    "DnsConnectionInspected",
    "ListeningConnectionCreated",
];
const PORTS: &[i32] = &[443, 443, 443, 443, 80, 53, 445, 389, 88, 8_080, 22, 3_389];
const WORDS: &[&str] = &[
    "--type=renderer",
    "--lang=en-US",
    "-k netsvcs",
    "--field-trial-handle",
    "-NoProfile",
    "-ExecutionPolicy Bypass",
    "-WindowStyle Hidden",
    "--no-sandbox",
    "/c start",
    "-jar service.jar",
    r"C:\Users\Public\Documents\report.docx",
    "--user-data-dir=C:\\Temp\\profile",
    "-s Schedule",
    "--enable-features=NetworkService",
    "-Embedding",
    r"/d C:\inetpub\wwwroot",
    "--log-level=info",
    "--device-scale-factor=1",
];

/// Writes `DeviceNetworkEvents.parquet` of `rows` rows, `DeviceProcessEvents.parquet` of fewer, and the addresses that are looked for.
pub(crate) fn write(directory: &Path, rows: u64) {
    std::fs::create_dir_all(directory).unwrap();
    write_table(directory, "DeviceNetworkEvents", rows, network_batch);
    let rows = rows / NETWORK_PER_PROCESS;
    write_table(directory, "DeviceProcessEvents", rows, process_batch);
    let indicators = queries::indicators().collect::<Vec<_>>().join("\n");
    std::fs::write(directory.join("indicators.txt"), indicators).unwrap();
}

/// One of the addresses.
pub(crate) fn address(number: u64) -> String {
    let [a, b, c, ..] = mixed(number ^ 0xadd7).to_le_bytes();
    let [d, e, ..] = number.to_le_bytes();
    format!("{}.{}.{e}.{d}", 11 + a % 180, b ^ c)
}

/// How many addresses the data draws from.
pub(crate) const fn addresses() -> u64 {
    ADDRESSES
}

fn write_table(
    directory: &Path,
    name: &str,
    rows: u64,
    batch: impl Fn(u64, u64, u64) -> RecordBatch,
) {
    let file = File::create(directory.join(format!("{name}.parquet"))).unwrap();
    let schema = batch(0, 0, rows).schema();
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties())).unwrap();
    for from in (0..rows).step_by(usize::try_from(BATCH_ROWS).unwrap()) {
        let to = rows.min(from + BATCH_ROWS);
        writer.write(&batch(from, to, rows)).unwrap();
    }
    writer.close().unwrap();
    println!("{name}: {rows} rows");
}

/// Pages and row groups that a filter can skip; Bloom filters where single values are looked for.
fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS);
    for name in [
        "DeviceId",
        "DeviceName",
        "RemoteIP",
        "InitiatingProcessSHA1",
        "SHA1",
    ] {
        let column = ColumnPath::from(name);
        properties = properties.set_column_bloom_filter_enabled(column, true);
    }
    properties.build()
}

fn microsecond(row: u64, rows: u64) -> i64 {
    let share = i128::from(row) * i128::from(MICROSECONDS) / i128::from(rows.max(1));
    FIRST_MICROSECOND + i64::try_from(share).unwrap()
}

fn device_id(device: u64) -> String {
    format!(
        "{:016x}{:016x}{:08x}",
        mixed(device),
        mixed(device + 1),
        device
    )
}

fn device_name(device: u64) -> String {
    format!(
        "{}-{device:05}.corp.contoso.com",
        ["pc", "lt", "srv"][pick(device, 3)]
    )
}

fn sha1(image: u64) -> String {
    format!(
        "{:016x}{:016x}{:08x}",
        mixed(image ^ 0x51),
        mixed(image ^ 0xa1),
        image
    )
}

fn pick(number: u64, of: usize) -> usize {
    usize::try_from(mixed(number) % of as u64).unwrap()
}

fn program(image: u64) -> &'static str {
    PROGRAMS[pick(image, PROGRAMS.len())]
}

/// 30 to 300 characters; some name what hunters look for.
fn command_line(line: u64, program: &str, out: &mut String) {
    let mut random = Random::new(line);
    let folder = FOLDERS[pick(line, FOLDERS.len())];
    write!(out, "\"{folder}\\{program}\"").unwrap();
    for _ in 0..random.below(5) {
        write!(out, " {}", WORDS[pick(random.next(), WORDS.len())]).unwrap();
    }
    write!(out, " --client-id={}", random.below(100_000)).unwrap();
    match random.below(4_000) {
        0 => out.push_str(" sekurlsa::logonpasswords mimikatz.exe"),
        1..=400 => write!(out, " -EncodedCommand {:016x}", random.next()).unwrap(),
        401..=1_500 => write!(
            out,
            " -p {} /handle:{:x}",
            random.below(65_536),
            random.next()
        )
        .unwrap(),
        _ => {}
    }
}

struct Text {
    builder: StringBuilder,
    scratch: String,
}

impl Text {
    fn new() -> Self {
        Self {
            builder: StringBuilder::new(),
            scratch: String::new(),
        }
    }

    fn push(&mut self, text: &str) {
        self.builder.append_value(text);
    }

    fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        self.scratch.clear();
        write(&mut self.scratch);
        self.builder.append_value(&self.scratch);
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.builder.finish())
    }
}

fn network_batch(from: u64, to: u64, rows: u64) -> RecordBatch {
    let mut random = Random::new(from);
    let mut time = TimestampMicrosecondBuilder::new().with_timezone("UTC");
    let [mut id, mut name, mut action, mut remote, mut url, mut local] =
        std::array::from_fn(|_| Text::new());
    let [
        mut hash,
        mut file,
        mut line,
        mut folder,
        mut account,
        mut protocol,
    ] = std::array::from_fn(|_| Text::new());
    let (mut remote_port, mut local_port) = (Int32Builder::new(), Int32Builder::new());
    let (mut process, mut report) = (Int64Builder::new(), Int64Builder::new());
    for row in from..to {
        let device = random.skewed(DEVICES);
        let image = random.skewed(IMAGES);
        time.append_value(microsecond(row, rows));
        id.push(&device_id(device));
        name.push(&device_name(device));
        action.push(ACTIONS[pick(random.next(), ACTIONS.len())]);
        remote.push(&address(random.skewed(ADDRESSES)));
        remote_port.append_value(PORTS[pick(random.next(), PORTS.len())]);
        url.push_with(|out| url_of(&mut random, out));
        let [_, _, c, d, ..] = mixed(device).to_le_bytes();
        local.push(&format!("10.{}.{c}.{d}", device % 200));
        local_port.append_value(i32::try_from(49_152 + random.below(16_384)).unwrap());
        protocol.push(["Tcp", "Tcp", "Tcp", "Udp"][pick(random.next(), 4)]);
        hash.push(&sha1(image));
        file.push(program(image));
        process.append_value(process_id(random.next()));
        let drawn = random.skewed(COMMAND_LINES);
        line.push_with(|out| command_line(drawn, program(image), out));
        folder.push(FOLDERS[pick(image, FOLDERS.len())]);
        account.push(&format!("user{}", mixed(device) % 7_000));
        report.append_value(i64::try_from(row % 100_000).unwrap());
    }
    RecordBatch::try_from_iter([
        ("Timestamp", Arc::new(time.finish()) as ArrayRef),
        ("DeviceId", id.finish()),
        ("DeviceName", name.finish()),
        ("ActionType", action.finish()),
        ("RemoteIP", remote.finish()),
        ("RemotePort", Arc::new(remote_port.finish())),
        ("RemoteUrl", url.finish()),
        ("LocalIP", local.finish()),
        ("LocalPort", Arc::new(local_port.finish())),
        ("Protocol", protocol.finish()),
        ("InitiatingProcessSHA1", hash.finish()),
        ("InitiatingProcessFileName", file.finish()),
        ("InitiatingProcessId", Arc::new(process.finish())),
        ("InitiatingProcessCommandLine", line.finish()),
        ("InitiatingProcessFolderPath", folder.finish()),
        ("InitiatingProcessAccountName", account.finish()),
        ("ReportId", Arc::new(report.finish())),
    ])
    .unwrap()
}

/// Every third event has no address of a page.
fn url_of(random: &mut Random, out: &mut String) {
    if random.below(3) == 0 {
        return;
    }
    let host = random.skewed(HOSTS);
    let top = ["com", "net", "org", "io"][pick(host, 4)];
    write!(
        out,
        "https://cdn{host}.example-{}.{top}/v{}",
        mixed(host) % 997,
        random.below(20)
    )
    .unwrap();
    if random.below(2) == 0 {
        write!(
            out,
            "/item/{:x}?session={}",
            random.next() >> 40,
            random.below(1_000_000)
        )
        .unwrap();
    }
}

/// Process ids are multiples of four.
fn process_id(drawn: u64) -> i64 {
    i64::try_from(drawn % 8_000).unwrap() * 4
}

fn process_batch(from: u64, to: u64, rows: u64) -> RecordBatch {
    let mut random = Random::new(!from);
    let mut time = TimestampMicrosecondBuilder::new().with_timezone("UTC");
    let [mut id, mut name, mut file, mut hash, mut line, mut account] =
        std::array::from_fn(|_| Text::new());
    let mut process = Int64Builder::new();
    for row in from..to {
        let device = random.skewed(DEVICES);
        let image = random.skewed(IMAGES);
        time.append_value(microsecond(row, rows));
        id.push(&device_id(device));
        name.push(&device_name(device));
        file.push(program(image));
        hash.push(&sha1(image));
        process.append_value(process_id(random.next()));
        let drawn = random.skewed(COMMAND_LINES);
        line.push_with(|out| command_line(drawn, program(image), out));
        account.push(&format!("user{}", mixed(device) % 7_000));
    }
    RecordBatch::try_from_iter([
        ("Timestamp", Arc::new(time.finish()) as ArrayRef),
        ("DeviceId", id.finish()),
        ("DeviceName", name.finish()),
        ("FileName", file.finish()),
        ("SHA1", hash.finish()),
        ("ProcessId", Arc::new(process.finish())),
        ("ProcessCommandLine", line.finish()),
        ("AccountName", account.finish()),
    ])
    .unwrap()
}
