//! How long reading and planning take.

use std::fmt::Write as _;

use divan::Bencher;
use jiff::SignedDuration;
use tesem_hunt::{InputForm, InputSource, Intake, PlanOptions, TableReach, plan};

fn main() {
    divan::main();
}

fn list(count: u64) -> String {
    let mut list = String::new();
    for n in 0..count {
        let written = match n % 6 {
            0 => writeln!(list, "{n:064x}"),
            1 => writeln!(list, "{:040x}", n + (1 << 40)),
            2 => writeln!(list, "{:032x}", n + (1 << 40)),
            3 => writeln!(
                list,
                "{}.{}.{}.7",
                11 + n / 65_536 % 80,
                n / 256 % 256,
                n % 256
            ),
            4 => writeln!(list, "host-{n}.example-{}.com", n % 7_919),
            _ => writeln!(list, "https://site-{}.org/path/{n}/file.exe", n % 104_729),
        };
        assert!(written.is_ok());
    }
    list
}

fn intake(list: &str) -> Intake {
    Intake::read(&[InputSource {
        name: "list.txt",
        bytes: list.as_bytes(),
        form: InputForm::Auto,
    }])
}

fn options() -> PlanOptions {
    let now = jiff::Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000);
    PlanOptions::new(now, SignedDuration::from_hours(720), TableReach::All)
}

/// Reading a list of indicators, one a line.
#[divan::bench(args = [1_000, 100_000])]
fn read(bencher: Bencher<'_, '_>, indicators: u64) {
    let list = list(indicators);
    bencher.bench(|| intake(&list));
}

/// Packing indicators into queries.
#[divan::bench(args = [1_000, 100_000])]
fn pack(bencher: Bencher<'_, '_>, indicators: u64) {
    let intake = intake(&list(indicators));
    bencher
        .with_inputs(|| intake.clone())
        .bench_values(|intake| plan(intake, options()).is_ok());
}

/// Writing the texts of all summary queries.
#[divan::bench(args = [1_000, 100_000])]
fn write(bencher: Bencher<'_, '_>, indicators: u64) {
    let Ok(plan) = plan(intake(&list(indicators)), options()) else {
        return;
    };
    bencher.bench(|| plan.queries().map(|query| query.text.len()).sum::<usize>());
}
