//! How much memory a process takes at most that imports a large tenant into a database.
//!
//! `cargo run --release -p tesem-assets --example memory -- FOLDER WHAT`, where WHAT is `first` (a full import into an empty database),
//! `again` (a full import over what `first` left) or `day` (one machine in a hundred read anew). `TESEM_BENCH_MACHINES` sets the number of
//! machines, which is 10,000 else. The database is of SQLite, in FOLDER, unless `TESEM_BENCH_POSTGRES` gives the address of a PostgreSQL server,
//! whose schema `tesem_assets` then has to be empty for `first`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for who measures"
)]

#[path = "../benches/tenant/mod.rs"]
#[allow(dead_code, reason = "each program uses what it needs of it")]
mod tenant;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tesem_assets::sink::{PostgresSink, Sink, SqliteSink};
use tesem_assets::{Aspect, AssetGraph, Import, Millis, Observed, SavePoint, Source};
use tesem_defender::MachineId;
use tesem_state::store::StateUrl;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(what)) = (arguments.next(), arguments.next()) else {
        return Err("FOLDER WHAT".into());
    };
    let asked = std::env::var("TESEM_BENCH_MACHINES").ok();
    let machines = asked.map_or(Ok(10_000), |number| number.parse())?;
    let sink = sink(Path::new(&folder)).await?;
    import(&*sink, &what, machines).await
}

async fn sink(folder: &Path) -> Result<Box<dyn Sink>, Box<dyn Error>> {
    let Ok(url) = std::env::var("TESEM_BENCH_POSTGRES") else {
        return Ok(Box::new(SqliteSink::open(&folder.join("assets.db")).await?));
    };
    match url.parse()? {
        StateUrl::Postgres(address) => Ok(Box::new(PostgresSink::open(&address).await?)),
        _ => Err("TESEM_BENCH_POSTGRES is no address of PostgreSQL".into()),
    }
}

async fn import(sink: &dyn Sink, what: &str, machines: u32) -> Result<(), Box<dyn Error>> {
    let clock = Instant::now();
    let tell = |step: &str| {
        let seconds = clock.elapsed().as_secs_f64();
        println!("{what:6} {step:8} {seconds:5.1} s {}", memory());
    };
    let source = Source::new("conn-1", "Contoso")?;
    let earlier = sink.earlier(&source).await?;
    let earlier = Arc::new(earlier.map(|earlier| earlier.graph).unwrap_or_default());
    tell("earlier");
    let observed = match what {
        "first" => tenant::observed(machines, 0, &earlier),
        "again" => tenant::observed(machines, 1, &earlier),
        "day" => changed(machines, &earlier),
        _ => return Err("first, again or day".into()),
    };
    tell("read");
    let next = Arc::new(observed.next(&earlier).graph);
    tell("next");
    drop(observed);
    let at = Millis::new(i64::from(what != "first"));
    let save_point = SavePoint::at(at);
    let written = sink
        .write(Arc::new(Import {
            source,
            at,
            earlier,
            next,
            passed: Vec::new(),
            save_point,
        }))
        .await?;
    tell("write");
    println!("{written:?}");
    Ok(())
}

/// One machine in a hundred as it is two days later.
fn changed(machines: u32, earlier: &AssetGraph) -> Observed {
    let mut observed = tenant::started(earlier);
    for number in (0..machines).step_by(100) {
        tenant::read(&mut observed, number, 2);
        for aspect in Aspect::ALL {
            observed.covers(aspect, &MachineId::new(tenant::id(number)));
        }
    }
    observed
}

/// Memory in use and at most, as the system counts it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines = status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}
