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

#[test]
fn indicators_with_few_events_leave_the_room_to_others() {
    let names: Vec<String> = (0..10)
        .map(|index| format!("d{index}.example.org"))
        .collect();
    let planted = names
        .iter()
        .map(|name| Planted::domain(name, "desk", &["2026-11-02T12:00:00Z"]))
        .collect();
    let world = World {
        planted,
        refuse: |_| None,
    };
    let ran = hunt("list.txt", &(names.join("\n") + "\n"), &world);
    let limits = Limits {
        events: 9,
        events_per_indicator: 5,
        ..Limits::default()
    };
    let html = html(&[ran.as_searched("demo")], limits);
    assert_eq!(html.matches("1 event shown").count(), 9);
    assert_eq!(html.matches("0 events shown").count(), 1);
}
