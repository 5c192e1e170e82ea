//! Sets of words that Microsoft may extend.

/// Declares an enum of words with `Other` for those that are not documented. Letter case is not told apart in
/// reading, because APIs of the same word differ in it.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$word_meta:meta])* $variant:ident = $word:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$word_meta])* $variant, )*
            /// A word that this version does not know, as it came.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                $( if word.eq_ignore_ascii_case($word) { return Self::$variant; } )*
                Self::Other(word.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)
                    .map(|word| Self::from(&*word))
            }
        }

        impl $crate::wire::Wire for $name {
            fn read(value: Option<serde_json::Value>) -> Result<Self, $crate::wire::WireProblem> {
                <String as $crate::wire::Wire>::read(value).map(|word| Self::from(word.as_str()))
            }
        }

        impl $crate::wire::Wire for Option<$name> {
            fn read(value: Option<serde_json::Value>) -> Result<Self, $crate::wire::WireProblem> {
                let word = <Option<String> as $crate::wire::Wire>::read(value)?;
                Ok(word.map(|word| <$name>::from(word.as_str())))
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro makes public enums")]
mod tests {
    open_enum! {
        /// How bad.
        pub enum Badness {
            /// Not very.
            Low = "Low",
            /// Very.
            High = "High",
        }
    }

    #[test]
    fn new_words_are_kept_and_case_is_not_told_apart() {
        assert_eq!(Badness::from("high"), Badness::High);
        let new = Badness::from("Unheard of");
        assert_eq!(
            (new.as_str(), new.to_string()),
            ("Unheard of", "Unheard of".to_owned())
        );
        let read: Vec<Badness> = serde_json::from_str(r#"["LOW","x"]"#).unwrap();
        assert_eq!(read, [Badness::Low, Badness::Other("x".to_owned())]);
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"["Low","x"]"#);
    }
}
