//! What an entity set is called, and what can be asked of it.

/// The type of a property, as far as `$filter` and `$orderby` need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string, an enumeration or a GUID.
    Text,
    /// An integer or a real.
    Number,
    /// True or false.
    Flag,
    /// A date with a time.
    Instant,
    /// A list of strings, for `any()`.
    Texts,
    /// An object or a list of objects: neither filtered nor ordered by.
    Nested,
}

/// A property of an entity set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Property {
    /// As on the wire.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether the documentation names it for `$filter`.
    pub(crate) is_filterable: bool,
}

impl Property {
    /// A property that `$filter` may use.
    pub(crate) const fn filtered(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            is_filterable: true,
        }
    }

    /// A property that is only shown.
    pub(crate) const fn shown(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            is_filterable: false,
        }
    }
}

/// A collection of one service.
#[derive(Debug)]
pub(crate) struct EntitySet {
    /// What stands behind `$metadata#`.
    pub(crate) context: &'static str,
    /// The name of the type in refusals.
    pub(crate) type_name: &'static str,
    /// In no order.
    pub(crate) properties: &'static [Property],
    /// The most entities on a page, and the most that `$top` may ask for.
    pub(crate) page_rows: usize,
    /// What `$expand` may name.
    pub(crate) expandable: &'static [&'static str],
    /// Whether a page says `@odata.count` without being asked, as vulnerability management does.
    pub(crate) always_counts: bool,
    /// Whether `$top` is the size of a page, as in Graph, and not the number of all entities.
    pub(crate) top_is_page: bool,
}

impl EntitySet {
    /// The property of a name, in the letter case of the wire; the documentation also begins some with a capital.
    pub(super) fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| {
            let own = property.name.char_indices().map(|(_, own)| own);
            let given = name.chars().enumerate().map(|(place, given)| {
                if place == 0 {
                    given.to_ascii_lowercase()
                } else {
                    given
                }
            });
            own.eq(given)
        })
    }
}
