//! Whose turn it is among the processes that share a budget.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

/// How long a waiting process keeps its turn after the instant it was told to come back at. One that died
/// holds up the others for this long, once.
const GRACE: Duration = Duration::from_secs(2);

/// A process's turn: a place in the order of asking, and when it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Lower ones asked first.
    pub(crate) ticket: u64,
    /// The instant that the process was told to wait for.
    pub(crate) due: Timestamp,
}

/// The turns of all processes that were told to wait.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Turns {
    waiting: BTreeMap<u64, Turn>,
}

/// Processes whose turn comes before somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ahead {
    pub(crate) count: usize,
    /// When the first of them loses its turn.
    pub(crate) first_lapse: Timestamp,
}

impl Turns {
    pub(crate) fn restore(waiting: BTreeMap<u64, Turn>) -> Self {
        Self { waiting }
    }

    pub(crate) fn waiting(&self) -> &BTreeMap<u64, Turn> {
        &self.waiting
    }

    /// Takes the turn from those that did not come back in time.
    pub(crate) fn forget_absent(&mut self, now: Timestamp) {
        self.waiting.retain(|_, turn| turn.lapses() > now);
    }

    /// Those before `holder` that are due at `instant`; none where nobody is.
    pub(crate) fn ahead_of(&self, holder: u64, instant: Timestamp) -> Option<Ahead> {
        let own = self
            .waiting
            .get(&holder)
            .map_or(u64::MAX, |turn| turn.ticket);
        let is_ahead = |(other, turn): &(&u64, &Turn)| {
            **other != holder && turn.ticket < own && turn.due <= instant && turn.lapses() > instant
        };
        let lapses = self
            .waiting
            .iter()
            .filter(is_ahead)
            .map(|(_, turn)| turn.lapses());
        let (count, first_lapse) = lapses.fold((0, Timestamp::MAX), |(count, first), lapse| {
            (count + 1, first.min(lapse))
        });
        (count > 0).then_some(Ahead { count, first_lapse })
    }

    /// `holder` comes back at `due`, and keeps the place it has or gets the last one.
    pub(crate) fn wait(&mut self, holder: u64, due: Timestamp) {
        let last = self.waiting.values().map(|turn| turn.ticket).max();
        let next = last.map_or(0, |ticket| ticket.saturating_add(1));
        let turn = self
            .waiting
            .entry(holder)
            .or_insert(Turn { ticket: next, due });
        turn.due = due;
    }

    /// `holder` had its turn.
    pub(crate) fn leave(&mut self, holder: u64) {
        self.waiting.remove(&holder);
    }
}

impl Turn {
    fn lapses(&self) -> Timestamp {
        self.due.checked_add(GRACE).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn who_asked_first_is_ahead_while_due() {
        let mut turns = Turns::default();
        turns.wait(7, at(60));
        turns.wait(8, at(60));
        let ahead = |holder, instant| {
            turns
                .ahead_of(holder, at(instant))
                .map_or(0, |ahead| ahead.count)
        };
        assert_eq!(ahead(7, 60), 0, "nobody is before the first");
        assert_eq!(ahead(8, 60), 1);
        assert_eq!(ahead(9, 60), 2, "a newcomer is the last");
        assert_eq!(ahead(9, 59), 0, "who is not due yet holds up nobody");
        assert_eq!(ahead(9, 62), 0, "nor who did not come back");
    }

    #[test]
    fn coming_back_keeps_the_place_and_leaving_gives_it_up() {
        let mut turns = Turns::default();
        turns.wait(1, at(10));
        turns.wait(2, at(10));
        turns.wait(1, at(20));
        assert_eq!(turns.ahead_of(2, at(20)).unwrap().count, 1);
        turns.leave(1);
        turns.wait(1, at(10));
        assert_eq!(turns.ahead_of(2, at(10)), None);
        turns.forget_absent(at(12));
        assert!(turns.waiting().is_empty());
    }
}
