//! Entities, declared by their fields.

/// Declares an entity: its fields with their types and names on the wire, and what tells it from others.
///
/// Each gets a field `extra` with everything else that the service wrote. Serialised, an entity has the
/// service's names again.
macro_rules! entity {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident $(keyed by $key:ident)? {
            $( $(#[$field_meta:meta])* $field:ident: $type:ty = $wire:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[non_exhaustive]
        $vis struct $name {
            $( $(#[$field_meta])* #[serde(rename = $wire)] pub $field: $type, )*
            /// What else the service wrote.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl $crate::wire::Entity for $name {
            fn read(
                mut object: serde_json::Map<String, serde_json::Value>,
            ) -> Result<Self, $crate::wire::WireProblem> {
                $( let $field = $crate::wire::take(&mut object, $wire)?; )*
                object.retain(|name, _| !matches!(name.as_str(), $( $wire )|*));
                Ok(Self {
                    $( $field, )*
                    extra: object,
                })
            }

            $(
                fn key(&self) -> Option<&str> {
                    Some(self.$key.as_ref())
                }
            )?
        }
    };
}

pub(crate) use entity;

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use crate::wire::Entity;

    entity! {
        /// A thing.
        struct Thing keyed by id {
            /// Its id.
            id: String = "id",
            /// Its size.
            size: Option<i64> = "theSize",
            /// Its parts.
            parts: Vec<Thing> = "parts",
        }
    }

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn fields_that_nobody_knows_are_kept() {
        let wire = json!({"id": "a", "theSize": 3, "parts": [], "later": {"x": 1}});
        let thing = Thing::read(object(&wire)).unwrap();
        assert_eq!((thing.size, thing.key()), (Some(3), Some("a")));
        assert_eq!(serde_json::to_value(&thing).unwrap(), wire);
    }

    #[test]
    fn a_problem_names_the_way_to_its_field() {
        let wire = json!({"id": "a", "parts": [{"id": "b"}, {"id": "c", "parts": [{"id": "d", "theSize": []}]}]});
        let problem = Thing::read(object(&wire)).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "`parts[1].parts[0].theSize` is a list, a whole number was expected"
        );
    }
}
