//! Bad input is normal: a clear word, nothing lost, no crash.

use crate::world::World;

#[test]
fn empty_input_is_said_to_be_empty() {
    let world = World::new();
    world.write("empty.txt", "");
    let run = world.tesem(&["hunt", "empty.txt"]).exits(2);
    assert!(
        run.stderr().contains("empty.txt holds no indicator"),
        "{}",
        run.stderr()
    );
    assert_eq!(world.statuses().len(), 0);
}

#[test]
fn binary_input_is_refused_with_its_reason() {
    let world = World::new();
    world.write(
        "binary.bin",
        [0_u8, 159, 146, 150, 0, 1, 2, 3, 0xff, 0xfe, 0, 0, 0],
    );
    world.tesem(&["hunt", "binary.bin"]).exits(3);
    let coverage = world.csv("coverage.csv");
    assert_eq!(coverage[0]["Verdict"], "not-searchable");
    assert!(!coverage[0]["Reason"].is_empty());
}

#[test]
fn a_huge_line_is_refused_quickly() {
    let world = World::new();
    let mut list = vec![b'a'; 20_000_000];
    list.extend_from_slice(b"\ngoogle.com\n");
    world
        .tesem_with_input(&["hunt", "-", "--form", "list"], &list)
        .exits(0);
    let verdicts: Vec<_> = world
        .csv("coverage.csv")
        .into_iter()
        .map(|mut row| row.remove("Verdict").unwrap())
        .collect();
    assert_eq!(verdicts, ["not-searchable", "hit"]);
}

#[test]
fn encodings_line_ends_quotes_and_duplicates_are_undone() {
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(
            "google.com\r\n\"GOOGLE.COM\"\r\ngoogle[.]com\r\n"
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    let world = World::new();
    world.tesem_with_input(&["hunt", "-"], &utf16).exits(0);
    let coverage = world.csv("coverage.csv");
    assert_eq!(coverage.len(), 1, "{coverage:?}");
    assert_eq!(coverage[0]["Input"], "'-:1 -:2 -:3");
}

#[test]
fn a_missing_file_is_named() {
    let world = World::new();
    let run = world.tesem(&["hunt", "no-such-file.txt"]).exits(2);
    assert!(
        run.stderr().contains("cannot read no-such-file.txt"),
        "{}",
        run.stderr()
    );
}
