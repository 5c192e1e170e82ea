//! Edges of one collection: by where they begin, then by where they end.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use crate::graph::{Ends, EndsRef};
use crate::property::Properties;
use crate::text::Text;

/// The edges that begin at one node, by where they end; never none. Copies share their storage until one of them changes, so that a graph
/// shares with the one before it what did not change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fan(Arc<Vec<(Text, Properties)>>);

impl Fan {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Text, &Properties)> {
        self.0.iter().map(|(to, said)| (to, said))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether both share their storage.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Those of which the end is wanted; nothing where none is.
    pub(crate) fn kept(&self, is_wanted: impl Fn(&Text) -> bool) -> Option<Self> {
        let wanted = self.0.iter().filter(|(to, _)| is_wanted(to)).count();
        if wanted == self.len() {
            return Some(self.clone());
        }
        let mut kept = Vec::with_capacity(wanted);
        kept.extend(self.0.iter().filter(|(to, _)| is_wanted(to)).cloned());
        (wanted > 0).then(|| Self(Arc::new(kept)))
    }

    fn find(&self, to: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(to))
    }

    fn get(&self, to: &str) -> Option<&Properties> {
        let (_, said) = self.0.get(self.find(to).ok()?)?;
        Some(said)
    }

    fn get_mut(&mut self, to: &str) -> Option<&mut Properties> {
        let index = self.find(to).ok()?;
        let (_, said) = Arc::make_mut(&mut self.0).get_mut(index)?;
        Some(said)
    }

    /// Sets an edge that is not there; whether it was not.
    fn insert(&mut self, to: Text, said: &Properties) -> bool {
        let Err(index) = self.find(&to) else {
            return false;
        };
        let edges = Arc::make_mut(&mut self.0);
        if edges.len() == edges.capacity() {
            // Millions of edges are held: less room to spare than a vector takes on its own.
            edges.reserve_exact(edges.len() / 4 + 1);
        }
        edges.insert(index, (to, said.clone()));
        true
    }
}

/// Edges of one collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edges {
    fans: BTreeMap<Text, Fan>,
    len: usize,
}

impl Edges {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Edges that say nothing, from their ends in any order. What was there before is shared with that.
    pub(crate) fn of_ends(mut ends: Vec<(&Text, &Text)>, earlier: &Self) -> Self {
        ends.sort_unstable();
        ends.dedup();
        let fans = ends.chunk_by(|(one, _), (other, _)| one == other);
        let fan = |ends: &[(&Text, &Text)]| {
            let (from, _) = ends.first()?;
            let says_nothing = ends.iter().map(|(_, to)| Text::clone(to));
            let says_nothing = says_nothing.map(|to| (to, Properties::default()));
            let fan = Fan(Arc::new(says_nothing.collect()));
            Some((Text::clone(from), earlier.before(from, fan)))
        };
        Self {
            fans: fans.filter_map(fan).collect(),
            len: ends.len(),
        }
    }

    /// The same edges as they are held here, where they are.
    fn before(&self, from: &str, fan: Fan) -> Fan {
        match self.fans.get(from) {
            Some(before) if *before == fan => before.clone(),
            _ => fan,
        }
    }

    /// By ends.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (EndsRef<'_>, &Properties)> {
        self.fans().flat_map(|(from, fan)| {
            let edges = fan.iter();
            edges.map(move |(to, said)| (EndsRef { from, to }, said))
        })
    }

    /// By where they begin.
    pub(crate) fn fans(&self) -> impl Iterator<Item = (&Text, &Fan)> {
        self.fans.iter()
    }

    /// Those that begin at a node.
    pub(crate) fn from(&self, from: &str) -> impl Iterator<Item = (EndsRef<'_>, &Properties)> {
        let found = self.fans.get_key_value(from).into_iter();
        found.flat_map(|(from, fan)| {
            let edges = fan.iter();
            edges.map(move |(to, said)| (EndsRef { from, to }, said))
        })
    }

    pub(crate) fn get(&self, from: &str, to: &str) -> Option<&Properties> {
        self.fans.get(from)?.get(to)
    }

    pub(crate) fn get_mut(&mut self, ends: &Ends) -> Option<&mut Properties> {
        self.fans.get_mut(&ends.from)?.get_mut(&ends.to)
    }

    pub(crate) fn put(&mut self, ends: Ends, said: Properties) {
        let fan = self.fans.entry(ends.from).or_default();
        if fan.insert(ends.to.clone(), &said) {
            self.len += 1;
        } else if let Some(known) = fan.get_mut(&ends.to) {
            *known = said;
        }
    }

    /// Adds what an observation says to what others said; what both say together is what `kept` makes of it.
    pub(crate) fn join(
        &mut self,
        ends: Ends,
        said: &Properties,
        kept: impl FnOnce(Properties) -> Properties,
    ) {
        let fan = self.fans.entry(ends.from).or_default();
        let Some(known) = fan.get(&ends.to) else {
            self.len += 1;
            fan.insert(ends.to, said);
            return;
        };
        let both = known.joined(said);
        if !known.is_same(&both)
            && let Some(known) = fan.get_mut(&ends.to)
        {
            *known = kept(both);
        }
    }

    /// [`Edges::join`] for all that begin at a node.
    pub(crate) fn join_fan(&mut self, from: &Text, more: &Fan) {
        match self.fans.entry(from.clone()) {
            Entry::Vacant(new) => {
                self.len += more.len();
                new.insert(more.clone());
            }
            Entry::Occupied(known) if known.get().is_same(more) => {}
            Entry::Occupied(_) => {
                for (to, said) in more.iter() {
                    let ends = Ends::new(from.clone(), to.clone());
                    self.join(ends, said, |both| both);
                }
            }
        }
    }

    pub(crate) fn remove(&mut self, ends: &Ends) {
        let Entry::Occupied(mut fan) = self.fans.entry(ends.from.clone()) else {
            return;
        };
        let Ok(index) = fan.get().find(&ends.to) else {
            return;
        };
        self.len -= 1;
        if fan.get().len() == 1 {
            fan.remove();
        } else {
            Arc::make_mut(&mut fan.get_mut().0).remove(index);
        }
    }

    /// Shares with an earlier graph what is as it was.
    pub(crate) fn share_with(&mut self, earlier: &Self) {
        for (from, fan) in &mut self.fans {
            *fan = earlier.before(from, std::mem::take(fan));
        }
    }
}
