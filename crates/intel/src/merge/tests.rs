use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tesem_observable::{Observable, recognise};

use super::*;
use crate::{Details, Place, Source};

fn text() -> impl Strategy<Value = Box<str>> {
    prop_oneof![".{0,20}", "[a-zé]{60,80}"].prop_map(Into::into)
}

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    let whole = (-377_705_023_201_i64..=253_402_207_200, Just(0));
    let any = (0_i64..=253_402_207_200, 0..1_000_000_000);
    let before = (-377_705_023_200_i64..0, -999_999_999..=0);
    let time = prop_oneof![whole, any, before]
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap());
    option::of(time)
}

fn tlp() -> impl Strategy<Value = Tlp> {
    prop::sample::select(vec![
        Tlp::Clear,
        Tlp::Green,
        Tlp::Amber,
        Tlp::AmberStrict,
        Tlp::Red,
    ])
}

prop_compose! {
    fn details()(
        object_id in option::of(text()),
        times in (time(), time(), time(), time()),
        confidence in option::of((0..=100_u8).prop_map(|value| Confidence::new(value).unwrap())),
        tlp in option::of(tlp()),
        labels in vec(text(), 0..4),
        comment in option::of(text()),
        references in vec(text(), 0..3),
    ) -> Details {
        let (first_seen, last_seen, valid_from, valid_until) = times;
        Details {
            object_id, first_seen, last_seen, valid_from, valid_until, confidence, tlp, labels, comment, references,
        }
    }
}

prop_compose! {
    fn provenance()(feed in "[ab]", number in any::<u64>(), details in details()) -> Provenance {
        let source = Source { feed: feed.into(), document: "list.csv".into() };
        Provenance {
            place: Place { source: Arc::new(source), number },
            details: details.shared(),
        }
    }
}

fn evil() -> Observable {
    recognise("evil.com").unwrap()
}

fn merged(all: impl IntoIterator<Item = Provenance>) -> Merged {
    let mut merged = Merged::default();
    for provenance in all {
        merged.add(Indicator {
            observable: evil(),
            provenance,
        });
    }
    merged
}

fn at(number: u64, details: Details) -> Provenance {
    let source = Source {
        feed: "c2".into(),
        document: "list.csv".into(),
    };
    Provenance {
        place: Place {
            source: Arc::new(source),
            number,
        },
        details: details.shared(),
    }
}

proptest! {
    #[test]
    fn what_is_merged_comes_out_as_it_went_in(mut all in vec(provenance(), 1..6)) {
        let merged = merged(all.clone());
        let out: Vec<Provenance> = merged.get(&evil()).unwrap().iter().collect();
        let mut seen = Vec::new();
        all.retain(|one| {
            let is_new = !seen.contains(one);
            seen.push(one.clone());
            is_new
        });
        prop_assert_eq!(out, all);
    }

    #[test]
    fn the_sum_is_that_of_its_statements(all in vec(provenance(), 1..6)) {
        let merged = merged(all);
        let sum = merged.get(&evil()).unwrap();
        let all: Vec<Provenance> = sum.iter().collect();
        let details = || all.iter().map(Provenance::details);
        prop_assert_eq!(sum.confidence(), details().filter_map(|one| one.confidence).max());
        prop_assert_eq!(sum.tlp(), details().filter_map(|one| one.tlp).max());
        prop_assert_eq!(sum.first_seen(), details().filter_map(|one| one.first_seen).min());
        prop_assert_eq!(sum.last_seen(), details().filter_map(|one| one.last_seen).max());
        let has_end = details().all(|one| one.valid_until.is_some());
        let last_end = details().filter_map(|one| one.valid_until).max();
        prop_assert_eq!(sum.valid_until(), last_end.filter(|_| has_end));
        let mut labels: Vec<&str> = Vec::new();
        for label in details().flat_map(|one| &one.labels) {
            if !labels.contains(&&**label) {
                labels.push(label);
            }
        }
        prop_assert_eq!(sum.labels(), labels);
    }
}

#[test]
fn a_statement_that_comes_again_counts_once_however_many_there_are() {
    let numbers = || (1..=2_000).map(|number| at(number, Details::NOTHING));
    let merged = merged(numbers().chain(numbers()));
    assert!(!merged.crowds.is_empty());
    let all = merged.get(&evil()).unwrap();
    assert!(all.iter().eq(numbers()));
}

#[test]
fn a_long_text_is_kept_once() {
    let comment = |number| Details {
        comment: Some("long ".repeat(1_000).into()),
        object_id: Some(format!("{number}").into()),
        ..Details::NOTHING
    };
    let merged = merged((1..=100).map(|number| at(number, comment(number))));
    let statements = &merged.observables[&evil()];
    assert!(statements.len() < 2_000, "{}", statements.len());
    let last = merged.get(&evil()).unwrap().iter().last();
    assert_eq!(last, Some(at(100, comment(100))));
}
