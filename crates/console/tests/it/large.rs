//! Large hunts still give a file that a browser opens.

use tesem_console::hunt_report::Limits;

use crate::world::{Planted, World, html, hunt};

#[test]
fn the_size_follows_the_limits_and_not_the_input() {
    let name = |index: usize| format!("d{index}.example.org");
    let list: String = (0..6_000).map(|index| name(index) + "\n").collect();
    let planted = (0..2_000)
        .map(|index| {
            Planted::domain(
                &name(index),
                &format!("desk-{index}"),
                &["2026-11-02T12:00:00Z"],
            )
        })
        .collect();
    let world = World {
        planted,
        refuse: |_| None,
    };
    let ran = hunt("list.txt", &list, &world);
    let limits = Limits {
        indicators: 10,
        devices: 10,
        coverage_per_verdict: 10,
        ..Limits::default()
    };
    let html = html(&[ran.as_searched("demo")], limits);
    assert!(html.contains("Shown are 10 of 2,000 indicators"));
    assert!(html.contains("Shown are 10 of 4,000 rows that are clear"));
    assert!(html.len() < 60_000, "{}", html.len());
}
