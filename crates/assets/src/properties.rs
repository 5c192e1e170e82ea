//! What a node or an edge says.

use std::sync::Arc;

use crate::property::{Key, Property};
use crate::text::{Text, clean};
use crate::value::{Typed, Value, texts};

/// Properties of a node or an edge, by property. Copies share their storage.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Properties(Arc<[(Property, Value)]>);

/// Changes of properties: a new value, or none for one that is gone.
pub type Patch = Vec<(Property, Option<Value>)>;

impl Properties {
    /// The value of a property.
    #[must_use]
    pub fn get<T: Typed>(&self, key: Key<T>) -> Option<T> {
        T::from_value(self.value(key.property())?)
    }

    /// Whether a flag is set.
    #[must_use]
    pub fn is(&self, key: Key<bool>) -> bool {
        self.get(key).unwrap_or_default()
    }

    /// The value of a property, whatever its type.
    #[must_use]
    pub fn value(&self, property: Property) -> Option<&Value> {
        let found = self.0.binary_search_by_key(&property, |(other, _)| *other);
        found
            .ok()
            .and_then(|index| self.0.get(index))
            .map(|(_, value)| value)
    }

    /// All that have a value, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Property, &Value)> {
        self.0.iter().map(|(property, value)| (*property, value))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both share their storage.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What two observations of one thing say together, whichever came first: the earlier beginning, the later end, lists united, and
    /// where they disagree the greater value.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        self.combined(other, join)
    }

    /// These with what `newer` says instead, as far as that says anything.
    #[must_use]
    pub fn overlaid(&self, newer: &Self) -> Self {
        self.combined(newer, |_, _, newer| newer.clone())
    }

    /// What makes `other` of these.
    #[must_use]
    pub fn patch_to(&self, other: &Self) -> Patch {
        if self.is_same(other) {
            return Patch::new();
        }
        let gone = |(property, _): (Property, &Value)| {
            other.value(property).is_none().then_some((property, None))
        };
        let new = |(property, value): (Property, &Value)| {
            (self.value(property) != Some(value)).then(|| (property, Some(value.clone())))
        };
        let mut patch: Patch = self.iter().filter_map(gone).collect();
        patch.extend(other.iter().filter_map(new));
        patch.sort_by_key(|(property, _)| *property);
        patch
    }

    /// These with the changes of `patch`.
    #[must_use]
    pub fn patched(&self, patch: &Patch) -> Self {
        let is_kept = |property: Property| !patch.iter().any(|(changed, _)| *changed == property);
        let kept = self.0.iter().filter(|(property, _)| is_kept(*property));
        let new = patch
            .iter()
            .filter_map(|(property, value)| Some((*property, value.clone()?)));
        kept.cloned().chain(new).collect()
    }

    fn combined(&self, other: &Self, rule: impl Fn(Property, &Value, &Value) -> Value) -> Self {
        if self.is_same(other) || other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        let ours = self.iter().map(|(property, value)| {
            let value = match other.value(property) {
                Some(theirs) => rule(property, value, theirs),
                None => value.clone(),
            };
            (property, value)
        });
        let theirs = other
            .iter()
            .filter(|(property, _)| self.value(*property).is_none())
            .map(|(property, value)| (property, value.clone()));
        ours.chain(theirs).collect()
    }
}

fn join(property: Property, one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Texts(one), Value::Texts(other)) => {
            let both = one.iter().chain(other.iter()).cloned();
            Value::Texts(texts(both).unwrap_or_default())
        }
        _ if property == Property::FirstSeen => one.min(other).clone(),
        _ => one.max(other).clone(),
    }
}

/// Of several values of one property the last counts.
impl FromIterator<(Property, Value)> for Properties {
    fn from_iter<I: IntoIterator<Item = (Property, Value)>>(values: I) -> Self {
        let mut sorted: Vec<(Property, Value)> = values.into_iter().collect();
        sorted.sort_by_key(|(property, _)| *property);
        let mut unique: Vec<(Property, Value)> = Vec::with_capacity(sorted.len());
        for (property, value) in sorted {
            match unique.last_mut() {
                Some(last) if last.0 == property => last.1 = value,
                _ => unique.push((property, value)),
            }
        }
        Self(unique.into())
    }
}

/// Properties that are being written down.
#[derive(Debug, Default)]
pub struct Draft(Vec<(Property, Value)>);

impl Draft {
    /// Says that a property has a value; nothing where there is none.
    #[must_use]
    pub fn with<T: Typed>(mut self, key: Key<T>, value: Option<T>) -> Self {
        let value = value.map(|value| (key.property(), value.into_value()));
        self.0.extend(value);
        self
    }

    /// [`Draft::with`] for a text: nothing where it is empty or blank.
    #[must_use]
    pub fn text(self, key: Key<Text>, value: Option<&str>) -> Self {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        self.with(key, value.map(|value| Text::from(clean(value))))
    }

    /// What was written.
    #[must_use]
    pub fn done(self) -> Properties {
        self.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::millis::Millis;
    use crate::property::{FIRST_SEEN, NAME, TAGS};

    fn properties(first: i64, name: &str, tags: &[&str]) -> Properties {
        Draft::default()
            .with(TAGS, texts(tags.iter().map(|tag| Text::from(*tag))))
            .with(FIRST_SEEN, Some(Millis::new(first)))
            .text(NAME, Some(name))
            .done()
    }

    #[test]
    fn observations_join_alike_in_either_order() {
        let (one, other) = (properties(5, "a", &["x"]), properties(3, "b", &["y", "x"]));
        let joined = one.joined(&other);
        assert_eq!(joined, other.joined(&one));
        assert_eq!(joined, joined.joined(&one));
        assert_eq!(joined, properties(3, "b", &["x", "y"]));
        assert_eq!(Properties::default().joined(&one), one);
    }

    #[test]
    fn a_newer_observation_says_what_counts_and_leaves_the_rest() {
        let newer = Draft::default().text(NAME, Some("b")).done();
        assert_eq!(
            properties(5, "c", &["x"]).overlaid(&newer),
            properties(5, "b", &["x"])
        );
    }

    #[test]
    fn a_patch_leads_from_one_to_the_other() {
        let (one, other) = (properties(5, "a", &[]), properties(5, "b", &["x"]));
        let patch = one.patch_to(&other);
        assert_eq!(patch.len(), 2);
        assert_eq!(one.patched(&patch), other);
        let back = other.patch_to(&one);
        assert!(back.contains(&(Property::Tags, None)));
        assert_eq!(other.patched(&back), one);
        assert!(one.patch_to(&one.clone()).is_empty());
    }
}
