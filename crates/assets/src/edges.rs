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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::{Draft, NAME, TAGS, texts};

    fn tagged(tag: &str) -> Properties {
        let tags = texts([Text::from(tag)]);
        Draft::default().with(TAGS, tags).done()
    }

    fn edges(ends: &[(&str, &str)]) -> Edges {
        let mut edges = Edges::default();
        for (from, to) in ends {
            edges.put(Ends::new(*from, *to), tagged("x"));
        }
        edges
    }

    fn shown(edges: &Edges) -> Vec<(&str, &str)> {
        let ends = edges.iter().map(|(ends, _)| ends);
        ends.map(|ends| (&**ends.from, &**ends.to)).collect()
    }

    #[test]
    fn edges_are_in_order_and_counted_however_they_came() {
        let mut held = edges(&[("b", "x"), ("a", "y"), ("a", "x"), ("a", "y")]);
        assert_eq!(shown(&held), [("a", "x"), ("a", "y"), ("b", "x")]);
        for (from, to, left) in [("a", "z", 3), ("c", "x", 3), ("a", "x", 2), ("b", "x", 1)] {
            held.remove(&Ends::new(from, to));
            assert_eq!(held.len(), left, "{from} {to}");
        }
        assert_eq!(held, edges(&[("a", "y")]));
    }

    #[test]
    fn what_is_said_of_an_edge_twice_is_joined() {
        let mut held = edges(&[("a", "x")]);
        let kept = |both: Properties| both.overlaid(&Draft::default().text(NAME, Some("n")).done());
        held.join(Ends::new("a", "x"), &tagged("y"), kept);
        let said = held.get("a", "x").unwrap();
        assert_eq!(said.get(TAGS).unwrap().len(), 2);
        assert_eq!(said.get(NAME).as_deref(), Some("n"));
        let mut other = edges(&[("a", "x"), ("b", "z")]);
        for (from, fan) in held.fans() {
            other.join_fan(from, fan);
        }
        assert_eq!(shown(&other), [("a", "x"), ("b", "z")]);
        assert_eq!((other.len(), other.get("a", "x")), (2, held.get("a", "x")));
    }

    #[test]
    fn a_change_to_shared_edges_leaves_those_of_others() {
        let first = edges(&[("a", "x"), ("a", "y")]);
        let mut second = first.clone();
        second.put(Ends::new("a", "x"), tagged("z"));
        second.remove(&Ends::new("a", "y"));
        assert_eq!(first, edges(&[("a", "x"), ("a", "y")]));
        assert_eq!(second.get("a", "x"), Some(&tagged("z")));
    }

    #[test]
    fn what_is_as_it_was_is_shared() {
        let earlier = edges(&[("a", "x"), ("b", "x"), ("c", "x")]);
        let mut next = edges(&[("a", "x"), ("b", "x"), ("b", "y"), ("d", "x")]);
        next.share_with(&earlier);
        assert_eq!(shown(&next).len(), 4);
        let is_shared = |from: &str| earlier.fans.get(from).zip(next.fans.get(from));
        let is_shared = |from: &str| is_shared(from).is_some_and(|(one, other)| one.is_same(other));
        assert_eq!(["a", "b", "c"].map(is_shared), [true, false, false]);
        let [a, b, x] = ["a", "b", "x"].map(Text::from);
        let first = Edges::of_ends(vec![(&b, &x), (&a, &x), (&b, &x)], &earlier);
        assert_eq!(
            (shown(&first), first.len()),
            (vec![("a", "x"), ("b", "x")], 2)
        );
        let second = Edges::of_ends(vec![(&b, &x)], &first);
        let fans = first.fans.get("b").zip(second.fans.get("b"));
        assert!(fans.is_some_and(|(one, other)| one.is_same(other)));
    }

    #[test]
    fn edges_that_are_kept_are_copied_only_where_some_go() {
        let held = edges(&[("a", "x"), ("a", "y")]);
        let fan = &held.fans["a"];
        assert!(fan.kept(|_| true).unwrap().is_same(fan));
        let kept = fan.kept(|to| **to == *"y").unwrap();
        assert_eq!(kept.iter().map(|(to, _)| &**to).collect::<Vec<_>>(), ["y"]);
        assert_eq!(fan.kept(|_| false), None);
    }
}
