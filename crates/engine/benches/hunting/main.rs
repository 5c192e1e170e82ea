//! Hunting queries over millions of rows in Parquet: makes the files, and measures the engine on them. `README.md` says how to run it and
//! its peers on the same files.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench that cannot run should stop, and its answer goes to the standard output"
)]

mod generate;
mod measure;
mod queries;
mod random;

use std::path::Path;

const USAGE: &str = "generate DIRECTORY ROWS | run DIRECTORY THREADS [QUERY]";

fn main() {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["generate", directory, rows] => {
            generate::write(Path::new(directory), rows.parse().unwrap());
        }
        ["run", directory, threads] => {
            measure::run(Path::new(directory), threads.parse().unwrap(), None);
        }
        ["run", directory, threads, query] => {
            measure::run(Path::new(directory), threads.parse().unwrap(), Some(query));
        }
        _ => eprintln!("usage: {USAGE}"),
    }
}
