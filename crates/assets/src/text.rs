//! What many facts share: a machine's id stands in hundreds of edges, and so does what they say.

use std::borrow::{Borrow, Cow};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{AssetGraph, EdgeKey, NodeKey};
use crate::property::{Properties, Texts, Value};

/// A text that is kept once, however many facts name it. It is as large as one pointer, because millions of edges name two.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text(Arc<Box<str>>);

impl Text {
    /// Whether both share their storage.
    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.is_same(other) {
            return Ordering::Equal;
        }
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Texts are found by what they say.
impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl<T: Into<Box<str>>> From<T> for Text {
    fn from(text: T) -> Self {
        Self(Arc::new(text.into()))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// A text without the character that ends texts in C, which PostgreSQL does not take; in its place stands the mark of what cannot be shown.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// [`clean`] for a text that others may share.
pub(crate) fn shown(text: &Text) -> Text {
    match clean(text) {
        Cow::Borrowed(_) => text.clone(),
        Cow::Owned(text) => text.into(),
    }
}

/// Texts, lists and properties that were met, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interner {
    texts: HashSet<Text>,
    lists: HashSet<Texts>,
    properties: HashSet<Properties>,
}

impl Interner {
    pub(crate) fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let new = Text::from(text);
        self.texts.insert(new.clone());
        new
    }

    /// The one text that equals `text`.
    pub(crate) fn shared(&mut self, text: &Text) -> Text {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        self.texts.insert(text.clone());
        text.clone()
    }

    /// The same node, whose key is the one that equals it.
    pub(crate) fn node(&mut self, node: &NodeKey) -> NodeKey {
        NodeKey::new(node.kind, self.shared(&node.key))
    }

    /// The same for an edge.
    pub(crate) fn edge(&mut self, edge: &EdgeKey) -> EdgeKey {
        let (from, to) = (&edge.ends.from, &edge.ends.to);
        EdgeKey::new(edge.kind, self.shared(from), self.shared(to))
    }

    /// The one set of properties that equals `said`.
    pub(crate) fn properties(&mut self, said: &Properties) -> Properties {
        if let Some(known) = self.properties.get(said) {
            return known.clone();
        }
        let new: Properties = said
            .iter()
            .map(|(property, value)| (property, self.value(value)))
            .collect();
        self.properties.insert(new.clone());
        new
    }

    /// What a graph says is what equals it from now on.
    pub(crate) fn meet(&mut self, graph: &AssetGraph) {
        for (key, said) in NodeKind::ALL.into_iter().flat_map(|kind| graph.nodes(kind)) {
            self.shared(key);
            self.meet_properties(said);
        }
        for (from, fan) in EdgeKind::ALL.into_iter().flat_map(|kind| graph.fans(kind)) {
            self.shared(from);
            for (to, said) in fan.iter() {
                self.shared(to);
                self.meet_properties(said);
            }
        }
    }

    fn meet_properties(&mut self, said: &Properties) {
        if !self.properties.insert(said.clone()) {
            return;
        }
        for (_, value) in said.iter() {
            match value {
                Value::Text(text) => {
                    self.shared(text);
                }
                Value::Texts(list) => {
                    self.lists.insert(list.clone());
                    list.iter().for_each(|text| {
                        self.shared(text);
                    });
                }
                _ => {}
            }
        }
    }

    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Text(text) => Value::Text(self.shared(text)),
            Value::Texts(list) => Value::Texts(self.list(list)),
            other => other.clone(),
        }
    }

    fn list(&mut self, list: &Texts) -> Texts {
        if let Some(known) = self.lists.get(list) {
            return known.clone();
        }
        let new: Texts = list.iter().map(|text| self.shared(text)).collect();
        self.lists.insert(new.clone());
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::millis::Millis;
    use crate::property::{Draft, FIRST_SEEN, NAME, TAGS, texts};

    #[test]
    fn what_is_equal_is_kept_once() {
        let said = |first: i64| {
            Draft::default()
                .text(NAME, Some("pc"))
                .with(FIRST_SEEN, Some(Millis::new(first)))
                .with(TAGS, texts(["a".into(), "b".into()]))
                .done()
        };
        let mut interner = Interner::default();
        let one = interner.properties(&said(1));
        let (same, other) = (interner.properties(&said(1)), interner.properties(&said(2)));
        assert_eq!((&one, &other), (&said(1), &said(2)));
        assert!(one.is_same(&same) && !one.is_same(&other));
        let list = |said: &Properties| said.get(TAGS).unwrap();
        assert!(list(&one).is_same(&list(&other)));
        let tag = interner.text("a");
        assert!(list(&one).iter().any(|text| text.is_same(&tag)));
    }
}
