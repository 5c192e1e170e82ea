//! What the files in `examples/` say is true of the default seed.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::{for_each_table, host, options};
use crate::generate::table::Cells;
use crate::generate::tenant::Tenant;
use crate::generate::{Planted, PlantedKind, Story, planted};

fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Undoes the ways of defanging that the examples use.
fn refang(text: &str) -> String {
    let ways = [
        ("[:]//", "://"),
        ("[://]", "://"),
        ("[.]", "."),
        ("{.}", "."),
        ("(dot)", "."),
        ("[@]", "@"),
        ("hxxp", "http"),
    ];
    let lower = text.to_lowercase();
    ways.into_iter().fold(lower, |text, (defanged, plain)| {
        text.replace(defanged, plain)
    })
}

/// All texts of a tenant in lower case, and all names of hosts with those above them.
struct Seen {
    texts: HashSet<String>,
    hosts: HashSet<String>,
}

impl Seen {
    fn of(tenant: &Tenant) -> Self {
        let mut seen = Self {
            texts: HashSet::new(),
            hosts: HashSet::new(),
        };
        for_each_table(tenant, |table| {
            for (column, cells) in &table.columns {
                if let Cells::Text(cells) = cells {
                    seen.add(column, &cells.iter().copied().collect());
                }
            }
        });
        seen
    }

    fn add(&mut self, column: &str, cells: &HashSet<&str>) {
        self.texts
            .extend(cells.iter().map(|cell| cell.to_lowercase()));
        if column.contains("Url") || column.ends_with("Domain") {
            let hosts = cells.iter().map(|cell| host(cell));
            let with_parents = |host: &str| -> Vec<String> {
                let above = host
                    .match_indices('.')
                    .map(|(dot, _)| host[dot + 1..].to_owned());
                std::iter::once(host.to_owned()).chain(above).collect()
            };
            self.hosts.extend(hosts.flat_map(with_parents));
        }
    }

    fn holds(&self, indicator: &str) -> bool {
        match indicator.split_once("://") {
            Some((_, rest)) if !rest.contains('/') => self.texts.contains(&format!("{indicator}/")),
            _ => self.texts.contains(indicator) || self.hosts.contains(indicator),
        }
    }
}

/// The items of the list, refanged, with the word that says what becomes of them.
fn list() -> Vec<(String, String)> {
    let text = example("indicators.txt");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let items = lines.map(|line| {
        let (item, comment) = line.split_once("  # ").unwrap();
        let word = comment.split(':').next().unwrap();
        (refang(item), word.to_owned())
    });
    items.collect()
}

#[test]
fn the_list_says_what_is_found() {
    let list = list();
    let seen = Seen::of(&Tenant::new(&options(14, 30)));
    for (item, word) in &list {
        let expected = match word.as_str() {
            "hit" => true,
            "clear" | "not-searchable" => false,
            other => panic!("{item}: {other}"),
        };
        assert_eq!(seen.holds(item), expected, "{item}");
    }
    let hits = list.iter().filter(|(_, word)| word == "hit").count();
    assert!(
        (28..=36).contains(&list.len()) && (12..list.len()).contains(&hits),
        "{hits}"
    );
}

#[test]
fn the_list_has_a_duplicate_and_garbage() {
    let list = list();
    let distinct: HashSet<&str> = list.iter().map(|(item, _)| item.as_str()).collect();
    assert_eq!(distinct.len() + 1, list.len());
    assert!(list.iter().any(|(_, word)| word == "not-searchable"));
}

#[test]
fn the_report_tells_two_stories_in_full() {
    let report = refang(&example("report.txt"));
    let told = [Story::InvoiceMacro, Story::TrojanisedInstaller];
    for Planted {
        kind, value, story, ..
    } in planted(&options(300, 30)).unwrap()
    {
        if kind != PlantedKind::FileName {
            let is_told = report.contains(&value.to_lowercase());
            assert_eq!(is_told, told.contains(&story), "{story}: {value}");
        }
    }
}

#[test]
fn what_the_report_could_not_tie_to_victims_does_not_occur() {
    let report = refang(&example("report.txt"));
    let (_, rest) = report.split_once("could not tie to victims").unwrap();
    let (section, _) = rest.split_once("what to do").unwrap();
    let seen = Seen::of(&Tenant::new(&options(14, 30)));
    let words = section
        .split_whitespace()
        .map(|word| word.trim_end_matches([',', '.']));
    let indicators: Vec<&str> = words
        .filter(|word| word.contains(['.', ':']) || word.len() == 64)
        .collect();
    assert_eq!(indicators.len(), 9, "{indicators:?}");
    for indicator in indicators {
        assert!(!seen.holds(indicator), "{indicator}");
    }
}
