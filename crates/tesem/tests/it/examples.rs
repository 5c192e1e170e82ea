//! The examples say of themselves what a hunt finds.

use std::collections::BTreeMap;

use crate::world::World;

/// The value and the promised verdict of each line of `examples/indicators.txt`.
fn promises(list: &str) -> impl Iterator<Item = (&str, &str)> {
    list.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (value, comment) = line.split_once("  # ")?;
            let verdict = comment.split([':', ' ']).next()?;
            Some((value.trim(), verdict))
        })
}

#[test]
fn the_example_list_keeps_its_promises() {
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/indicators.txt");
    let text = std::fs::read_to_string(list).unwrap();
    let world = World::new();
    world.tesem(&["hunt", list]).exits(0);
    let mut by_line: BTreeMap<usize, String> = BTreeMap::new();
    for row in world.csv("coverage.csv") {
        for place in row["Input"].split_whitespace() {
            let line = place.rsplit(':').next().unwrap().parse().unwrap();
            by_line.insert(line, row["Verdict"].clone());
        }
    }
    let mut checked = 0;
    for (value, promised) in promises(&text) {
        let line = text
            .lines()
            .position(|line| line.starts_with(value))
            .unwrap()
            + 1;
        assert_eq!(
            by_line.get(&line).map(String::as_str),
            Some(promised),
            "line {line}: {value}"
        );
        checked += 1;
    }
    assert!(checked >= 30, "{checked}");
}
