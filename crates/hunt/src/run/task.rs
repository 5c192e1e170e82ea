//! Queries to be asked, and how one is split.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::record::Stage;
use crate::cost::Work;
use crate::indicator::IndicatorId;
use crate::map::{Place, SearchTable};
use crate::plan::Plan;
use crate::query::{self, Missing, Part, Shape, TimeWindow};

/// Windows are not split into parts shorter than this.
const WINDOW_MIN: SignedDuration = SignedDuration::from_hours(1);

/// A query to be asked.
#[derive(Debug, Clone)]
pub(super) struct Task {
    /// Name of the query it was split from, itself if it was not split.
    pub(super) root: String,
    /// Its name, without what tells repetitions apart.
    pub(super) name: String,
    /// How often it has been repeated without a missing table.
    pub(super) repeated: u32,
    pub(super) stage: Stage,
    pub(super) parts: Vec<TaskPart>,
    pub(super) window: TimeWindow,
}

/// A set of indicators that are searched together.
#[derive(Debug, Clone)]
pub(super) struct TaskPart {
    /// Sorted.
    pub(super) indicators: Vec<IndicatorId>,
    /// Where they are searched.
    pub(super) places: Vec<Place>,
    /// How many rows at most, the newest.
    pub(super) newest: Option<u32>,
}

/// A query as it is asked.
#[derive(Debug)]
pub(super) struct Written {
    /// Its text; nothing where the tenant lacks every table it would look into.
    pub(super) text: Option<String>,
    /// The tables that it looks into.
    pub(super) tables: Vec<&'static SearchTable>,
    /// How much reading that is.
    pub(super) work: Work,
}

/// What to try first where a query is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitFirst {
    /// Fewer indicators give fewer rows.
    Indicators,
    /// A shorter window gives less to read; fewer indicators hardly do.
    Window,
}

impl Task {
    pub(super) fn new(
        name: String,
        stage: Stage,
        parts: Vec<TaskPart>,
        window: TimeWindow,
    ) -> Self {
        Self {
            root: name.clone(),
            name,
            repeated: 0,
            stage,
            parts,
            window,
        }
    }

    /// Its name in the journal.
    pub(super) fn key(&self) -> String {
        match self.repeated {
            0 => self.name.clone(),
            repeated => format!("{}~{repeated}", self.name),
        }
    }

    /// The same once more, after something missing became known.
    pub(super) fn again(mut self) -> Self {
        self.repeated += 1;
        self
    }

    /// Its indicators, sorted and each once.
    pub(super) fn indicators(&self) -> Vec<IndicatorId> {
        let mut all: Vec<_> = self
            .parts
            .iter()
            .flat_map(|part| &part.indicators)
            .copied()
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What it comes to in a tenant that lacks `missing`.
    pub(super) fn written(&self, plan: &Plan, missing: &Missing) -> Written {
        let part = |part: &TaskPart| plan.part(&part.indicators, part.places.clone(), part.newest);
        let parts: Vec<Part> = self.parts.iter().map(part).collect();
        let shape = match self.stage {
            Stage::Summary => plan.options.counting(),
            Stage::Details | Stage::Pack => Shape::Details,
        };
        let tables = query::tables(&parts, missing);
        Written {
            text: query::write(&parts, self.window, shape, missing),
            work: Work::of(&tables, self.window),
            tables,
        }
    }

    /// Two tasks that ask the same together; nothing where it cannot be split any further.
    pub(super) fn split(&self, first: SplitFirst) -> Option<[Self; 2]> {
        match first {
            SplitFirst::Indicators => self.split_indicators().or_else(|| self.split_window()),
            SplitFirst::Window => self.split_window().or_else(|| self.split_indicators()),
        }
    }

    pub(super) fn split_indicators(&self) -> Option<[Self; 2]> {
        let (left, right) = match self.parts.as_slice() {
            [] => return None,
            [part] => {
                let (left, right) = halves(&part.indicators)?;
                (vec![part.with(left)], vec![part.with(right)])
            }
            parts => {
                let (left, right) = halves(parts)?;
                (left.to_vec(), right.to_vec())
            }
        };
        Some([
            Self {
                parts: left,
                ..self.child(1)
            },
            Self {
                parts: right,
                ..self.child(2)
            },
        ])
    }

    pub(super) fn split_window(&self) -> Option<[Self; 2]> {
        let TimeWindow { start, end } = self.window;
        let length = end.duration_since(start);
        if length < WINDOW_MIN * 2 {
            return None;
        }
        let middle = whole_second(start.checked_add(length / 2).ok()?);
        Some([
            Self {
                window: TimeWindow { start, end: middle },
                ..self.child(1)
            },
            Self {
                window: TimeWindow { start: middle, end },
                ..self.child(2)
            },
        ])
    }

    fn child(&self, number: u8) -> Self {
        Self {
            name: format!("{}.{number}", self.key()),
            repeated: 0,
            ..self.clone()
        }
    }
}

impl TaskPart {
    fn with(&self, indicators: &[IndicatorId]) -> Self {
        Self {
            indicators: indicators.to_vec(),
            ..self.clone()
        }
    }
}

fn halves<T>(items: &[T]) -> Option<(&[T], &[T])> {
    if items.len() < 2 {
        None
    } else {
        items.split_at_checked(items.len() / 2)
    }
}

fn whole_second(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(indicators: u32, hours: i64) -> Task {
        let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let window = TimeWindow {
            start,
            end: start + SignedDuration::from_hours(hours),
        };
        let part = TaskPart {
            indicators: (0..indicators).map(IndicatorId).collect(),
            places: Vec::new(),
            newest: None,
        };
        Task::new(
            "summary-0001".to_owned(),
            Stage::Summary,
            vec![part],
            window,
        )
    }

    #[test]
    fn indicators_are_halved_and_then_the_window() {
        let [left, right] = task(3, 720).split(SplitFirst::Indicators).unwrap();
        assert_eq!((left.indicators().len(), right.indicators().len()), (1, 2));
        assert_eq!(
            (left.name.as_str(), right.name.as_str()),
            ("summary-0001.1", "summary-0001.2")
        );
        let [early, late] = left.split(SplitFirst::Indicators).unwrap();
        assert_eq!(early.window.end, late.window.start);
        assert_eq!(
            (early.window.start, late.window.end),
            (left.window.start, left.window.end)
        );
        assert!(task(1, 1).split(SplitFirst::Indicators).is_none());
    }

    #[test]
    fn the_window_is_halved_first_where_time_is_the_trouble() {
        let [early, late] = task(2, 720).split(SplitFirst::Window).unwrap();
        assert_eq!(early.indicators().len(), 2);
        assert!(early.window.end < late.window.end);
        assert_eq!(
            task(2, 1).split(SplitFirst::Window).unwrap()[0]
                .indicators()
                .len(),
            1
        );
    }

    #[test]
    fn a_repetition_has_a_name_of_its_own() {
        let again = task(2, 720).again();
        assert_eq!(again.key(), "summary-0001~1");
        assert_eq!(
            again.split(SplitFirst::Indicators).unwrap()[0].key(),
            "summary-0001~1.1"
        );
    }
}
