//! What both databases are asked alike, each in its own words.

pub(super) mod find;
pub(super) mod neighbours;

use crate::around::FOLDED_MAX;
use crate::collection::NodeKind;
use crate::property::{Property, ValueType};

/// A database's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// A table by its collection.
    fn table(self, collection: &str) -> String {
        match self {
            Self::Sqlite => format!("\"{collection}\""),
            Self::Postgres => format!("tesem_assets.\"{collection}\""),
        }
    }

    /// The parameter of a number.
    fn parameter(self, number: usize) -> String {
        match self {
            Self::Sqlite => format!("?{number}"),
            Self::Postgres => format!("${number}"),
        }
    }

    /// The first characters of a column with the letters of ASCII in lower case, by bytes: as
    /// [`folded`](crate::around::folded) makes them, and as an index has them.
    fn folded(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("lower(substr({column}, 1, {FOLDED_MAX}))"),
            Self::Postgres => format!("lower(left({column}, {FOLDED_MAX}) COLLATE \"C\")"),
        }
    }

    /// A column in the order of its bytes.
    fn ordered(self, column: &str) -> String {
        match self {
            Self::Sqlite => column.to_owned(),
            Self::Postgres => format!("{column} COLLATE \"C\""),
        }
    }

    /// Columns of properties, lists as text, each after a comma.
    fn read(self, properties: &[Property], table: &str) -> String {
        let names = properties.iter().map(|property| {
            let cast = match (self, property.value_type()) {
                (Self::Postgres, ValueType::Texts) => "::text",
                _ => "",
            };
            format!(", {table}.{}{cast}", property.name())
        });
        names.collect()
    }

    /// The indexes over which nodes are found by what a person types, and edges that are closed by where they end.
    pub(super) fn indexes(self) -> String {
        let mut all = String::new();
        for kind in NodeKind::ALL {
            for column in find::columns(kind) {
                let (table, folded) = (self.table(kind.name()), self.folded(column));
                all += &format!("CREATE INDEX {kind}_by_{column} ON {table} ({folded});\n");
            }
        }
        for kind in crate::EdgeKind::ALL {
            let table = self.table(kind.name());
            all += &format!(
                "CREATE INDEX {kind}_past_to ON {table} (to_id) WHERE valid_to IS NOT NULL;\n"
            );
        }
        all
    }
}
